"""A changed pass list over two files of lines, against pairs that a person confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recon.backtest.judge import ALONE, GROUPS, PAIRS, TOLD, Backtest, Claimed, Truth, judge, with_facts
from recon.errors import ConfigError, DataError
from recon.linefiles import read_lines, read_passes
from recon.linefiles.lines import DateOrder
from recon.matching import Matched, match

RUN = "lines"
_FACTS = ("date", "reference", "text", "amount")
_YES, _NO = ("yes", "y", "true", "1", "x"), ("no", "n", "false", "0")
_NOTHING = Claimed(pl.DataFrame(schema=PAIRS), pl.DataFrame(schema=GROUPS))
_SHAPES = "left, right (a pair a row), or match_id, side, id with confirmed or decided_by"


@dataclass(frozen=True)
class LinesAsk:
    """Which pass list is tried on which lines; `before` is the pass list as it was, if there is one."""

    left: Path
    right: Path
    passes: Path
    truth: Path
    before: Path | None = None
    dates: DateOrder = "mdy"


@dataclass(frozen=True)
class LinesAnswer:
    """What the back-test found, and how many pairs and lines people decided about."""

    backtest: Backtest
    decided: int
    notes: tuple[tuple[str, str], ...]


def over_lines(ask: LinesAsk) -> LinesAnswer:
    """The changed pass list beside the one as it was, or beside the earlier answer where that is the truth's file.

    Without either, the figures are those of the changed list alone, and nothing is gained or lost.

    Raises: ConfigError for a pass list, DataError for a file that cannot be read.
    """
    left, right = (_collected(read_lines(path, dates=ask.dates)) for path in (ask.left, ask.right))
    listed = _read_truth(ask.truth)
    truth = truth_of_rows(listed, ask.truth.name)
    after = claimed_of(match(left, right, read_passes(ask.passes)))
    before = _earlier(listed, ask.truth)
    if ask.before is not None:
        before = claimed_of(match(left, right, read_passes(ask.before)))
    found = judge(before or _NOTHING, after, truth)
    if before is None:
        is_new = pl.col("rule") != "was"
        found = Backtest(found.figures.filter(is_new), found.wrong, found.gained.clear(), found.lost.clear())
    facts = [_facts(side) for side in (left, right)]
    told = (with_facts(frame, *facts) for frame in (found.wrong, found.gained, found.lost))
    decided = truth.together.height + truth.apart.height + truth.alone.height
    return LinesAnswer(Backtest(found.figures, *told), decided, tuple(_strangers(truth, facts, ask.truth.name)))


def _collected(lines: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    return lines.collect() if isinstance(lines, pl.LazyFrame) else lines


def _facts(lines: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in _FACTS if name in lines.columns]
    return lines.select(pl.lit(RUN).alias("run"), pl.col("id").cast(pl.String), *names)


def claimed_of(matched: Matched) -> Claimed:
    """What an answer of the matcher holds for certain, as pairs: every left line of a group with every right one."""
    heads = matched.groups.filter(pl.col("kind").cast(pl.String) == "match").select(
        pl.lit(RUN).alias("run"), pl.col("match_id").cast(pl.String).alias("group"), pl.col("pass").cast(pl.String),
        "explanation",
    )  # fmt: skip
    lines = matched.matches.select(
        pl.col("match_id").cast(pl.String), pl.col("side").cast(pl.String), pl.col("id").cast(pl.String)
    )
    certain = lines.join(heads.select(match_id="group"), on="match_id", how="semi")
    return Claimed(_crossed(certain), heads.select(*GROUPS))


def _crossed(lines: pl.DataFrame) -> pl.DataFrame:
    left = lines.filter(pl.col("side") == "left").select("match_id", left="id")
    right = lines.filter(pl.col("side") == "right").select("match_id", right="id")
    pairs = left.join(right, on="match_id", maintain_order="left_right")
    return pairs.select(pl.lit(RUN).alias("run"), "left", "right", pl.col("match_id").alias("group"))


def _earlier(listed: pl.DataFrame, file: Path) -> Claimed | None:
    """The earlier answer that the truth was written into, without what it was unsure of; None for a list of pairs."""
    if "match_id" not in listed.columns:
        return None
    heads = listed.select(group="match_id").unique().with_columns(
        pl.lit("earlier").alias("pass"), pl.lit("Stands in the earlier answer").alias("explanation")
    )  # fmt: skip
    beside = _matches_file(file).with_name("groups.parquet")
    if beside.is_file():
        told = pl.read_parquet(beside).filter(pl.col("kind").cast(pl.String) == "match")
        heads = told.select(group=pl.col("match_id").cast(pl.String), **{"pass": pl.col("pass").cast(pl.String)},
                            explanation="explanation")  # fmt: skip
    certain = listed.join(heads.select(match_id="group"), on="match_id", how="semi")
    return Claimed(_crossed(certain), heads.with_columns(run=pl.lit(RUN)).select(*GROUPS))


def _matches_file(path: Path) -> Path:
    return path / "matches.parquet" if path.is_dir() else path


def _read_truth(path: Path) -> pl.DataFrame:
    """The rows of the truth's file, every column as text; headings without case."""
    path = _matches_file(path)
    try:
        if path.suffix.lower() == ".parquet":
            rows = pl.read_parquet(path)
        else:
            rows = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
    except (OSError, pl.exceptions.PolarsError) as cause:
        raise DataError("the truth cannot be read: give a CSV or Parquet file", file=path) from cause
    rows = rows.select(pl.col(name).cast(pl.String).alias(name.strip().lower()) for name in rows.columns)
    rows = rows.with_columns(pl.all().str.strip_chars())
    rows = rows.with_columns(pl.when(pl.all() != "").then(pl.all()))
    shapes: Sequence[Sequence[str]] = (("left", "right"), ("match_id", "side", "id"))
    if not any(set(shape) <= set(rows.columns) for shape in shapes):
        raise ConfigError(f"the truth needs the columns {_SHAPES}", file=path, columns=", ".join(rows.columns))
    return rows


def truth_of_rows(rows: pl.DataFrame, file: str) -> Truth:
    """Pairs that a person confirmed, from a list of pairs or from an earlier answer with a person's mark.

    A pair (left, right) is the truth unless `confirmed` says no: then the two belong apart. A row with one side
    empty says that its line belongs to none. Of an earlier answer only the groups with a mark count: `confirmed`
    (yes or no), or `decided_by`.

    Raises: DataError for a mark that is neither yes nor no.
    """
    verdict = _verdicts(rows, file)
    marked = rows.with_columns(_verdict=verdict, _said=_said(rows, file))
    if "match_id" in rows.columns and "left" not in rows.columns:
        groups = marked.filter(pl.col("_verdict").is_not_null())
        heads = groups.group_by("match_id", maintain_order=True).agg(pl.col("_verdict", "_said").first())
        pairs = _crossed(rows.join(heads, on="match_id", how="semi"))
        told = pairs.join(heads, left_on="group", right_on="match_id", maintain_order="left").rename({"_said": "said"})
    else:
        told = marked.with_columns(pl.lit(RUN).alias("run"), pl.col("_verdict").fill_null(value=True))
        told = told.rename({"_said": "said"})
    whole = told.filter(pl.col("left").is_not_null(), pl.col("right").is_not_null())
    halves = told.filter(pl.col("left").is_null() != pl.col("right").is_null())
    is_left = pl.col("left").is_not_null()
    alone = halves.select(
        "run", pl.coalesce("left", "right").alias("id"), "said",
        side=pl.when(is_left).then(pl.lit("left")).otherwise(pl.lit("right")),
    )  # fmt: skip
    return Truth(
        whole.filter(pl.col("_verdict")).select(*TOLD),
        whole.filter(~pl.col("_verdict")).select(*TOLD),
        alone.select(*ALONE),
    )


def _verdicts(rows: pl.DataFrame, file: str) -> pl.Series:
    """True where a row was confirmed, false where it was denied, null where nobody said anything."""
    said: pl.Expr = pl.lit(None, pl.Boolean)
    if "decided_by" in rows.columns:
        said = pl.when(pl.col("decided_by").is_not_null()).then(pl.lit(value=True))
    if "confirmed" in rows.columns:
        word = pl.col("confirmed").str.to_lowercase()
        bad = rows.with_row_index("row", 2).filter(~word.is_in([*_YES, *_NO]))
        if bad.height:
            row, value = bad.select("row", "confirmed").row(0)
            raise DataError(f"{file} row {row}: `confirmed` is {value!r}: write yes or no, or leave it empty")
        said = pl.when(word.is_in(_YES)).then(pl.lit(value=True)).when(word.is_in(_NO)).then(pl.lit(value=False))
        said = said.otherwise(pl.lit(None, pl.Boolean))
    return rows.with_columns(said.alias("_verdict"))["_verdict"]


def _said(rows: pl.DataFrame, file: str) -> pl.Expr:
    """Who said so and why: "Decided by ann in truth.csv: same transfer."."""
    who = pl.format("Decided by {} in ", "decided_by") if "decided_by" in rows.columns else pl.lit(None, pl.String)
    note = pl.format(": {}", pl.col("note").str.strip_chars_end(".")) if "note" in rows.columns else pl.lit("")
    return pl.concat_str(who.fill_null("Decided in "), pl.lit(file), note.fill_null(""), pl.lit("."))


def _strangers(truth: Truth, facts: Sequence[pl.DataFrame], file: str) -> list[tuple[str, str]]:
    """A note for each side of which the truth names lines that are not there."""
    notes = []
    for side, lines in zip(("left", "right"), facts, strict=True):
        pairs = [frame.select(id=side) for frame in (truth.together, truth.apart)]
        named = pl.concat([*pairs, truth.alone.filter(pl.col("side") == side).select("id")]).unique()
        absent = named.join(lines, on="id", how="anti").sort("id")
        if absent.height:
            notes.append((RUN, f"{file} names {absent.height:,} {side} ids that the {side} file lacks, such as "
                               f"{absent['id'][0]}"))  # fmt: skip
    return notes
