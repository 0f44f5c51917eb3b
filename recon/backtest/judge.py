"""How a rule does against what people decided: right, wrong and missed pairs, as it was and as changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

RULES = ("was", "changed")
ALL_RUNS = "all"
_PAIR = ["run", "left", "right"]
PAIRS = dict.fromkeys((*_PAIR, "group"), pl.String())
GROUPS = dict.fromkeys(("run", "group", "pass", "explanation"), pl.String())
TOLD = dict.fromkeys((*_PAIR, "said"), pl.String())
ALONE = dict.fromkeys(("run", "side", "id", "said"), pl.String())
FIGURES = {
    "run": pl.String(),
    "rule": pl.String(),
    "truth": pl.Int64(),
    "made": pl.Int64(),
    "right": pl.Int64(),
    "wrong": pl.Int64(),
    "precision": pl.Float64(),
    "recall": pl.Float64(),
}


@dataclass(frozen=True)
class Claimed:
    """What a rule puts together for certain.

    `pairs`: run, left, right, group: one row per line of the left and line of the right of one group.
    `groups`: run, group, pass, explanation: one row per group.
    """

    pairs: pl.DataFrame
    groups: pl.DataFrame


@dataclass(frozen=True)
class Truth:
    """What people decided, in line ids; `said` is who did, when and why.

    `together` and `apart`: run, left, right, said: one row per pair. `alone`: run, side (left, right), id,
    said: lines that a person left without a partner. A line may stand in `together` and in `apart`.
    """

    together: pl.DataFrame
    apart: pl.DataFrame
    alone: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        """True where nobody decided anything: then no rule can be judged."""
        return self.together.is_empty() and self.apart.is_empty() and self.alone.is_empty()


@dataclass(frozen=True)
class Backtest:
    """A changed rule beside the rule as it was.

    `figures`: run, rule (was, changed), truth (pairs that people put together), made (pairs that touch a line
    people decided about), right, wrong, precision (right of made), recall (right of truth); shares 0 to 1, null
    where there is nothing to divide by.
    `wrong`: run, left, right, group, pass, explanation, said, instead_left (where the left line belongs by the
    truth: right ids), instead_right, was_too (the rule as it was makes the pair too): one row per wrong pair
    that the changed rule makes.
    `gained`, `lost`: run, left, right, group, pass, explanation, verdict (right, wrong; null: nobody decided): pairs
    that only the changed rule makes, and those that only the rule as it was made.
    """

    figures: pl.DataFrame
    wrong: pl.DataFrame
    gained: pl.DataFrame
    lost: pl.DataFrame


def judge(was: Claimed, changed: Claimed, truth: Truth) -> Backtest:
    """The changed rule and the rule as it was, measured against the truth pair by pair.

    A pair is judged where people decided about one of its lines: right if they put the two together, else
    wrong. Pairs of lines that nobody decided about count nowhere but in `gained` and `lost`. Linear in the
    pairs.
    """
    sides = {name: _with_verdict(one.pairs, truth) for name, one in zip(RULES, (was, changed), strict=True)}
    before, after = sides["was"], sides["changed"]
    return Backtest(
        _figures(sides, truth),
        _wrong(after, before, changed.groups, truth),
        _explained(after.join(before, on=_PAIR, how="anti"), changed.groups),
        _explained(before.join(after, on=_PAIR, how="anti"), was.groups),
    )


def _with_verdict(pairs: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    """The pairs, each once, with what the truth says of them: right, wrong, or null."""
    told = pairs.unique(_PAIR, keep="first", maintain_order=True)
    for name, frame in (("_together", truth.together), ("_apart", truth.apart)):
        marks = frame.select(_PAIR).unique().with_columns(pl.lit(value=True).alias(name))
        told = told.join(marks, on=_PAIR, how="left", maintain_order="left")
    for side in ("left", "right"):
        known = pl.concat([_decided_lines(truth, side), truth.apart.clear().select("run", pl.col(side))])
        marks = known.unique().with_columns(pl.lit(value=True).alias(f"_{side}"))
        told = told.join(marks, on=["run", side], how="left", maintain_order="left")
    is_right = pl.col("_together").fill_null(value=False) & pl.col("_apart").is_null()
    is_judged = pl.any_horizontal(pl.col("_apart", "_left", "_right").fill_null(value=False))
    verdict = pl.when(is_right).then(pl.lit("right")).when(is_judged).then(pl.lit("wrong"))
    return told.with_columns(verdict=verdict).select(*PAIRS, "verdict")


def _decided_lines(truth: Truth, side: str) -> pl.DataFrame:
    """Run and line of one side that people put with others, or left alone."""
    alone = truth.alone.filter(pl.col("side") == side).select("run", pl.col("id").alias(side))
    return pl.concat([truth.together.select("run", side), alone])


def _figures(sides: dict[str, pl.DataFrame], truth: Truth) -> pl.DataFrame:
    """FIGURES, one row per run and rule; a run about which nobody decided has none."""
    together = truth.together.unique(_PAIR).join(truth.apart, on=_PAIR, how="anti")
    told = [frame.select("run") for frame in (truth.together, truth.apart, truth.alone)]
    runs = pl.concat(told).unique().sort("run")
    wanted = together.group_by("run").agg(truth=pl.len())
    rules = []
    for rule in RULES:
        verdict = pl.col("verdict")
        made = sides[rule].group_by("run").agg(right=(verdict == "right").sum(), wrong=(verdict == "wrong").sum())
        rows = runs.join(wanted, on="run", how="left").join(made, on="run", how="left")
        rules.append(rows.with_columns(pl.col("truth", "right", "wrong").fill_null(0), rule=pl.lit(rule)))
    return _with_shares(pl.concat(rules)).sort("run", "rule", descending=[False, True])


def _with_shares(counted: pl.DataFrame) -> pl.DataFrame:
    """FIGURES of counts: run, rule, truth, right, wrong."""
    counts = counted.with_columns(pl.col("truth", "right", "wrong").cast(pl.Int64))
    told = counts.with_columns(made=pl.col("right") + pl.col("wrong"))
    return told.with_columns(
        precision=pl.when(pl.col("made") > 0).then(pl.col("right") / pl.col("made")),
        recall=pl.when(pl.col("truth") > 0).then(pl.col("right") / pl.col("truth")),
    ).select(pl.col(name).cast(kind) for name, kind in FIGURES.items())


def total(figures: pl.DataFrame) -> pl.DataFrame:
    """FIGURES of all runs together, one row per rule; none where there are none."""
    summed = figures.group_by("rule").agg(pl.col("truth", "right", "wrong").sum(), run=pl.lit(ALL_RUNS).first())
    return _with_shares(summed).sort("rule", descending=True)


def _wrong(after: pl.DataFrame, before: pl.DataFrame, groups: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    """The wrong pairs of the changed rule with what people decided instead."""
    pairs = _explained(after.filter(pl.col("verdict") == "wrong"), groups)
    apart = truth.apart.group_by(_PAIR, maintain_order=True).agg(_apart=pl.col("said").first())
    pairs = pairs.join(apart, on=_PAIR, how="left", maintain_order="left")
    for side, other in (("left", "right"), ("right", "left")):
        partners = truth.together.group_by("run", side, maintain_order=True).agg(
            pl.col(other).unique().sort().str.join(", ").alias(f"instead_{side}"),
            pl.col("said").first().alias(f"_{side}"),
        )
        alone = truth.alone.filter(pl.col("side") == side).select("run", pl.col("id").alias(side), "said")
        alone = alone.unique(["run", side], keep="first", maintain_order=True).rename({"said": f"_alone_{side}"})
        for frame in (partners, alone):
            pairs = pairs.join(frame, on=["run", side], how="left", maintain_order="left")
    known = before.select(_PAIR).with_columns(was_too=pl.lit(value=True))
    pairs = pairs.join(known, on=_PAIR, how="left", maintain_order="left")
    said = pl.coalesce("_apart", "_left", "_right", "_alone_left", "_alone_right")
    return pairs.select(
        *_PAIR,
        "group",
        "pass",
        "explanation",
        said.alias("said"),
        "instead_left",
        "instead_right",
        pl.col("was_too").fill_null(value=False),
    ).sort(_PAIR)


def _explained(pairs: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """The pairs with the pass and the words of their group."""
    told = pairs.join(groups, on=["run", "group"], how="left", maintain_order="left")
    return told.select(*_PAIR, "group", "pass", "explanation", "verdict").sort(_PAIR)


def join_claimed(parts: Sequence[Claimed]) -> Claimed:
    """The claims of several runs as one."""
    return Claimed(_joined((one.pairs for one in parts), PAIRS), _joined((one.groups for one in parts), GROUPS))


def join_backtests(parts: Sequence[Backtest]) -> Backtest:
    """The back-tests of several runs as one."""
    names = ("figures", "wrong", "gained", "lost")
    return Backtest(*(pl.concat([getattr(one, name) for one in parts], how="diagonal") for name in names))


def _joined(frames: Iterable[pl.DataFrame], schema: dict[str, pl.String]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=schema), *(frame.select(*schema) for frame in frames)])


def with_facts(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """The pairs with what both lines say of themselves: their columns but run and id, as left_* and right_*.

    `left` and `right`: run, id, and any facts (account, date, document, amount …), one row per line of a run.
    """
    for side, lines in (("left", left), ("right", right)):
        facts = {name: f"{side}_{name}" for name in lines.columns if name not in ("run", "id")}
        named = lines.rename({"id": side, **facts})
        pairs = pairs.join(named, on=["run", side], how="left", maintain_order="left")
    return pairs
