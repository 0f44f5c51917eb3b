"""What people decided about one run: matches, what they told apart, and reconciliations that were signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from recon.backtest.judge import ALONE, TOLD, Truth
from recon.backtest.replay import Case, Sides, lines_of, members_of, pairs_of, sides_of
from recon.frames.causes import CAUSE
from recon.matching.decided import SEPARATES, Effective, decide_slips, effective
from recon.policy import Policy

_VERBS = {"unmatch": "Unmatched", "reject": "Rejected"}
# What nobody can have judged by signing: no source, or partners that fit equally well.
_UNDECIDED = ("not_compared",)
_TIE = "ambiguous"
_GROUPED = {"group": pl.String(), "side": pl.String(), "line": pl.String(), "said": pl.String()}


def truth_of(
    case: Case,
    policy: Policy,
    names: Sequence[str],
    frames: Mapping[str, pl.DataFrame],
    decisions: pl.DataFrame | None,
    *,
    signed: Mapping[str, str],
) -> Truth:
    """What people decided about the documents of one run.

    Three sources: DECISIONS that hold (match; unmatch and reject tell apart); groups of the run's own frames
    with `decided_by`, unless DECISIONS names a line of them, for a later word counts; and, for reconciliations
    that were `signed` (by whom and when), all of their groups, and their lines that stood alone. A decision names
    lines and decides whole documents and entries, as in the close.
    """
    standing = effective(decisions)
    chosen = frozenset(line for one in standing.of("match") for line in one.actual)
    together, apart, every = [], [], []
    for name in names:
        sides = sides_of(case, policy, name, chosen)
        every.append(lines_of(sides))
        found, told_apart = _decided(standing, sides)
        together.append(found)
        apart.append(told_apart)
    lines = pl.concat([pl.DataFrame(schema=every[0].schema), *every])
    groups = [_published(frames, _named(decisions)), *([_signed(frames, signed)] if signed else [])]
    together += [_widened(one, lines) for one in groups]
    alone = _alone(frames, signed, names) if signed else pl.DataFrame(schema=ALONE)
    settled = pl.concat(apart).select("left", "right")
    kept = pl.concat(together).unique(["left", "right"], keep="first", maintain_order=True)
    return Truth(
        _of_run(kept.join(settled, on=["left", "right"], how="anti"), case.run, TOLD),
        _of_run(pl.concat(apart), case.run, TOLD),
        _of_run(_not_chosen(alone, standing), case.run, ALONE),
    )


def _of_run(frame: pl.DataFrame, run: str, schema: Mapping[str, pl.String]) -> pl.DataFrame:
    return frame.with_columns(run=pl.lit(run)).select(*schema)


def _decided(standing: Effective, sides: Sides) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs that people put together and pairs that they told apart: left, right, said."""
    decided = decide_slips(standing, sides.expected, sides.actual)
    forced = {str(number): group for number, group in enumerate(decided.forced)}
    said = pl.DataFrame(
        [(name, group.explanation) for name, group in forced.items()],
        schema={"group": pl.String(), "said": pl.String()},
        orient="row",
    )
    together = pairs_of(members_of(forced.items())).join(said, on="group").select("left", "right", "said")
    lines = lines_of(sides)
    slip_of = {(side, line): slip for side, slip, line, _ in lines.iter_rows()}
    rows = [
        (f"{wanted} {found}", side, slip, one.said(_VERBS[one.action]))
        for one in standing.of(*SEPARATES)
        for wanted, found in {
            (slip_of.get(("left", left), ""), slip_of.get(("right", right), "")) for left, right in one.pairs
        }
        if (wanted, found) in decided.rejected
        for side, slip in (("left", wanted), ("right", found))
    ]
    told = pl.DataFrame(rows, schema=["group", "side", "slip", "said"] if rows else dict.fromkeys(
        ("group", "side", "slip", "said"), pl.String()), orient="row")  # fmt: skip
    words = told.select("group", "said").unique("group", keep="last", maintain_order=True)
    members = told.unique(["group", "side", "slip"]).join(lines, on=["side", "slip"])
    apart = pairs_of(members.select("group", "side", "line", "account")).join(words, on="group")
    return together, apart.select("left", "right", "said")


def _named(decisions: pl.DataFrame | None) -> list[str]:
    """Every line that any decision names, also one that was taken back."""
    if decisions is None:
        return []
    both = [decisions[name].explode().drop_nulls() for name in ("expected_line_ids", "actual_line_ids")]
    return pl.concat(both).unique().to_list()


def _published(frames: Mapping[str, pl.DataFrame], named: Sequence[str]) -> pl.DataFrame:
    """Groups of the run that a person formed: group, side, line, said."""
    heads = frames["match_groups"].filter(pl.col("decided_by").is_not_null()).select("match_id", said="explanation")
    words = heads["said"].to_list()
    lines = frames["matches"].join(heads, on="match_id")
    agreeing = _grouped(lines.select(group="match_id", side="side", line="line_id", said="said"))
    # Lines of a decided group that differ stand in a variance, which repeats the words of the group.
    repeats = [
        (row["variance_id"], said)
        for row in frames["variances"].select("variance_id", "also", "explanation").iter_rows(named=True)
        if "decided" in (row["also"] or ())
        for said in words
        if said and said in row["explanation"]
    ]
    said = pl.DataFrame(repeats, schema={"variance_id": pl.String(), "said": pl.String()}, orient="row")
    every = pl.concat([agreeing, _two_sided(frames["variances"].join(said, on="variance_id"), pl.col("said"))])
    spoken = every.filter(pl.col("line").is_in(list(named)))["group"].unique()
    return every.filter(~pl.col("group").is_in(spoken.implode()))


def _signed(frames: Mapping[str, pl.DataFrame], signed: Mapping[str, str]) -> pl.DataFrame:
    """Every group of the signed reconciliations: group, side, line, said."""
    certain = frames["match_groups"].filter(pl.col("kind") == "match", pl.col("reconciliation").is_in([*signed]))
    lines = frames["matches"].join(certain.select("match_id", "reconciliation"), on="match_id")
    said = pl.format("{}: stood together.", _who(signed))
    agreeing = _grouped(lines.select(group="match_id", side="side", line="line_id", said=said))
    judged = _judged(frames, [*signed])
    title = pl.col("cause").replace_strict({name: one.title for name, one in CAUSE.items()}, return_dtype=pl.String)
    differing = _two_sided(judged, pl.format("{}: stood together, {}.", _who(signed), title.str.to_lowercase()))
    return pl.concat([agreeing, differing])


def _who(signed: Mapping[str, str]) -> pl.Expr:
    return pl.col("reconciliation").replace_strict(dict(signed), return_dtype=pl.String)


def _judged(frames: Mapping[str, pl.DataFrame], names: Sequence[str]) -> pl.DataFrame:
    """The variances of these reconciliations that whoever signed can have judged."""
    return frames["variances"].filter(
        ~pl.col("cause").is_in(_UNDECIDED), ~pl.col("also").list.contains(_TIE), pl.col("reconciliation").is_in(names)
    )


def _grouped(lines: pl.DataFrame) -> pl.DataFrame:
    """Result sides, expected and actual, as left and right."""
    side = pl.when(pl.col("side") == "expected").then(pl.lit("left")).otherwise(pl.lit("right"))
    return lines.with_columns(side=side).select(*_GROUPED)


def _two_sided(variances: pl.DataFrame, said: pl.Expr) -> pl.DataFrame:
    """Variances that name lines of both sides, as groups."""
    both = variances.filter(
        pl.col("expected_line_ids").list.len() > 0, pl.col("actual_line_ids").list.len() > 0
    ).with_columns(said=said)
    parts = [
        both.select(group="variance_id", side=pl.lit(side), line=name, said="said").explode("line")
        for side, name in (("left", "expected_line_ids"), ("right", "actual_line_ids"))
    ]
    return pl.concat(parts).select(*_GROUPED)


def _widened(groups: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Pairs of the groups (left, right, said), each line standing for its whole document or entry."""
    slips = groups.join(lines.select("side", "line", "slip"), on=["side", "line"])
    members = slips.select("group", "side", "slip").unique().join(lines, on=["side", "slip"])
    words = groups.select("group", "said").unique("group", keep="first", maintain_order=True)
    pairs = pairs_of(members.select("group", "side", "line", "account"))
    return pairs.join(words, on="group").select("left", "right", "said")


def _alone(frames: Mapping[str, pl.DataFrame], signed: Mapping[str, str], names: Sequence[str]) -> pl.DataFrame:
    """Lines of the signed reconciliations that stood without a partner: side, id, said."""
    judged = _judged(frames, [name for name in names if name in signed])
    title = pl.col("cause").replace_strict({name: one.title for name, one in CAUSE.items()}, return_dtype=pl.String)
    said = pl.format("{}: stood alone, {}.", _who(signed), title.str.to_lowercase())
    parts = [
        judged.filter(pl.col(other).list.len() == 0)
        .select(side=pl.lit(side), id=pl.col(mine), said=said)
        .explode("id")
        .drop_nulls("id")
        for side, mine, other in (
            ("left", "expected_line_ids", "actual_line_ids"),
            ("right", "actual_line_ids", "expected_line_ids"),
        )
    ]
    return pl.concat(parts)


def _not_chosen(alone: pl.DataFrame, standing: Effective) -> pl.DataFrame:
    """Lines that stood alone, less those that a person has matched since."""
    since: Iterable[str] = (line for one in standing.of("match") for line in one.lines)
    return alone.filter(~pl.col("id").is_in(list(since)))
