"""What people decided of lines: groups that stand before every pass, pairs that never belong together."""

from __future__ import annotations

import polars as pl

from recon.errors import DataError
from recon.matching.claims import SIDE, Claims, claims_of

DECIDED = "decided"  # how groups and reports call what a person formed
_WORDS = "formed by a person"
_LISTED = 5
_PAIRS = {"left": pl.UInt32(), "right": pl.UInt32()}
GONE = {"decision": pl.String(), "match_id": pl.String(), "side": pl.String(), "id": pl.String(), "words": pl.String()}


def chosen_claims(decided: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> Claims:
    """One set per group of `decided` (match_id, side: left or right, id; none null), in the order of the match ids.

    A group of which a line is not there is left out: half of it is not what was decided.

    Raises: DataError for a column that is not there, a null, a line in two groups, or a side that is neither.
    """
    _check_columns(DECIDED, decided, ("match_id", "side", "id"))
    wanted = decided.select("match_id", pl.col("side", "id").cast(pl.String)).unique(maintain_order=True)
    strange = wanted.filter(~pl.col("side").is_in(["left", "right"]))
    if strange.height:
        raise DataError("a decided line stands on no side; say left or right", sides=sorted({*strange["side"]}))
    twice = wanted.filter(pl.struct("side", "id").is_duplicated())
    if twice.height:
        ids = sorted({str(one) for one in twice["id"]})
        raise DataError("people put a line into two groups; decide for one", lines=", ".join(ids))
    there = pl.concat(
        [
            wanted.filter(pl.col("side") == name).join(
                frame.select(pl.col("id").cast(pl.String), "row"), on="id", how="left"
            )
            for name, frame in (("left", left), ("right", right))
        ]
    )
    whole = there.filter(pl.col("row").is_not_null().all().over("match_id"))
    names = whole.select("match_id").unique().sort("match_id").with_row_index("set")
    members = whole.join(names, on="match_id").select("set", pl.col("side").cast(SIDE), "row")
    return claims_of(members=members.sort("set", "side", "row"), sets=names.select("set", words=pl.lit(_WORDS)))


def rejected_rows(rejected: pl.DataFrame | None, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """left, right: the rows of the pairs that people told apart, of which both lines are there; each pair once.

    Raises: DataError for a column that is not there, or a null.
    """
    if rejected is None:
        return pl.DataFrame(schema=_PAIRS)
    _check_columns("rejected", rejected, ("left", "right"))
    ids = rejected.select(pl.col("left", "right").cast(pl.String))
    for name, side in (("left", left), ("right", right)):
        rows = side.select(pl.col("id").cast(pl.String).alias(name), pl.col("row").alias(f"{name}_row"))
        ids = ids.join(rows, on=name)
    return ids.select(left="left_row", right="right_row").unique(maintain_order=True).cast(_PAIRS)  # type: ignore[arg-type]


def gone_lines(
    rejected: pl.DataFrame | None, decided: pl.DataFrame | None, left: pl.Series, right: pl.Series
) -> pl.DataFrame:
    """The lines that decisions name and that are not there any more: one row per decision and line (GONE).

    `left` and `right` are the ids of both sides. Such a decision is not applied, and no fault: a line may have
    been booked anew since. The groups come first, both by their ids.
    """
    named = [pl.DataFrame(schema=GONE)]
    if decided is not None:
        words = pl.format("the group {} is not formed: the {} side has no line {}", "match_id", "side", "id")
        lines = decided.select(pl.lit(DECIDED).alias("decision"), pl.col("match_id", "side", "id").cast(pl.String))
        named.append(lines.with_columns(words=words).sort("match_id", "side", "id"))
    if rejected is not None:
        pairs = rejected.select(pl.col("left", "right").cast(pl.String)).sort("left", "right")
        for side in ("left", "right"):
            said = f"{{}} and {{}} are told apart, but the {side} side has no line {{}}"
            words = pl.format(said, "left", "right", side)
            row = {"decision": pl.lit("rejected"), "match_id": pl.lit(None, pl.String), "side": pl.lit(side)}
            named.append(pairs.select(**row, id=side, words=words))
    every = pl.concat(named).unique(maintain_order=True)
    known = pl.when(pl.col("side") == "left").then(_is_among(left)).otherwise(_is_among(right))
    return every.filter(~known)


def _is_among(ids: pl.Series) -> pl.Expr:
    return pl.col("id").is_in(ids.cast(pl.String).implode()).fill_null(False)


def _check_columns(name: str, frame: pl.DataFrame, expected: tuple[str, ...]) -> None:
    lacking = [column for column in expected if column not in frame.columns]
    blank = [column for column in expected if column not in lacking and frame[column].null_count()]
    if blank:
        rows = frame.select(pl.any_horizontal(pl.col(blank).is_null()).arg_true()).to_series()
        raise DataError(
            f"`{name}` has rows with nothing in them where it names a line: fill them in, or delete the row",
            columns=", ".join(blank),
            rows=rows.head(_LISTED).to_list(),
        )
    if lacking:
        raise DataError(
            f"`{name}` lacks columns: it has one row per line of a decision"
            if name == DECIDED
            else f"`{name}` lacks columns: it has one row per pair",
            lacks=", ".join(lacking),
            expects=", ".join(expected),
            has=", ".join(frame.columns),
        )
