"""One past run matched again under a policy, blind to what people decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from recon.backtest.judge import GROUPS, PAIRS, Claimed, join_claimed
from recon.matching import Group, Slips, actual_slips, compares_department, expected_slips, match_entries
from recon.matching.passes import SAME_DOCUMENT
from recon.period import Period
from recon.pipeline import limits_of
from recon.policy import Policy

MEMBERS = {"group": pl.String(), "side": pl.String(), "line": pl.String(), "account": pl.String()}
StoreDay = tuple[str | None, dt.date]


@dataclass(frozen=True)
class Case:
    """What one run compared."""

    run: str
    period: Period
    expected: pl.DataFrame  # EXPECTED plus cents, roles, unmapped, in_period; margin and carried lines included
    posted: pl.DataFrame  # the compared population of the ledger, margin included
    uncovered: Mapping[str, frozenset[StoreDay]]  # per reconciliation, location and day without a source


@dataclass(frozen=True)
class Sides:
    """Both sides of one reconciliation as slips."""

    expected: Slips
    actual: Slips


def claimed(case: Case, policy: Policy, names: Sequence[str]) -> Claimed:
    """What the policy's rules put together for certain in these reconciliations, as pairs of lines.

    Only documents of the period count: those of its margin are another run's business. Linear in the lines
    where documents agree, as the close is.
    """
    return join_claimed([_claimed_one(case, policy, name) for name in names])


def _claimed_one(case: Case, policy: Policy, name: str) -> Claimed:
    sides = sides_of(case, policy, name)
    limits = limits_of(policy, case.period, case.posted, case.uncovered.get(name, frozenset()))
    found = match_entries(sides.expected, sides.actual, limits)
    certain = {
        f"{name}:{number}": one
        for number, one in enumerate(found.groups)
        if one.kind == "match" and one.expected  # without documents: ledger slips that undo each other
    }
    pairs = pairs_of(pl.concat([members_of(certain.items()), _agreeing(found.agreed, sides)]))
    heads = [(case.run, group, one.by, _words(one)) for group, one in certain.items()]
    agreed = found.agreed.select(
        pl.lit(case.run).alias("run"),
        pl.col("key").alias("group"),
        pl.lit("reference").alias("pass"),
        pl.lit(SAME_DOCUMENT).alias("explanation"),
    )
    return Claimed(
        pairs.select(run=pl.lit(case.run), left="left", right="right", group="group").select(*PAIRS),
        pl.concat([pl.DataFrame(heads, schema=GROUPS, orient="row"), agreed]),
    )


def _agreeing(agreed: pl.DataFrame, sides: Sides) -> pl.DataFrame:
    """MEMBERS of the pairs of slips about which nothing is left to say."""
    accounts = lines_of(sides).select("side", "line", "account")
    lines = [
        agreed.select(group="key", side=pl.lit(side), line=ids).explode("line")
        for side, ids in (("left", "expected_ids"), ("right", "actual_ids"))
    ]
    return pl.concat(lines).join(accounts, on=["side", "line"]).select(*MEMBERS)


def _words(group: Group) -> str:
    if group.explanation:
        return group.explanation
    days = group.days_apart
    apart = f", {abs(days)} day{'s' if abs(days) != 1 else ''} apart" if days else ""
    return f"Matched by the pass {group.by}{apart}"


def sides_of(case: Case, policy: Policy, name: str, chosen: frozenset[str] = frozenset()) -> Sides:
    """Both sides of one reconciliation; entries of journals that none owns come in by `chosen` ledger lines."""
    wanted = case.expected.filter(pl.col("reconciliation") == name)
    journal = pl.col("journal")
    lines = case.posted.filter(journal.is_in(policy.journals_of(name)))
    free = case.posted.filter(~journal.is_in(policy.journals_of(*policy.reconciliations)))
    entries = free.filter(pl.col("line_id").is_in(list(chosen)))["entry_id"].unique()
    foreign = free.filter(pl.col("entry_id").is_in(entries.implode()))
    by_department = compares_department(wanted) and compares_department(lines)
    left = expected_slips(wanted, by_department=by_department)
    known = frozenset(left.frame["document"].drop_nulls().to_list())
    right = actual_slips(pl.concat([lines, foreign]), known, reconciliation=name, by_department=by_department)
    return Sides(left, right)


def members_of(groups: Iterable[tuple[str, Group]]) -> pl.DataFrame:
    """MEMBERS: one row per line of the groups, documents outside the period left out."""
    rows = [
        (name, side, line, account)
        for name, group in groups
        for side, slips in (("left", group.expected), ("right", group.actual))
        for slip in slips
        if side == "right" or slip.in_period
        for line, (account, _) in zip(slip.line_ids, slip.amounts, strict=True)
    ]
    return pl.DataFrame(rows, schema=MEMBERS, orient="row")


def lines_of(sides: Sides) -> pl.DataFrame:
    """One row per line of the slips: side, slip (its key), line, account; documents of the margin left out."""
    parts = [
        slips.select(side=pl.lit(side), slip="key", line="line_ids", account="accounts").explode("line", "account")
        for side, slips in (
            ("left", sides.expected.frame.filter("in_period")),
            ("right", sides.actual.frame),
        )
    ]
    return pl.concat(parts)


def pairs_of(members: pl.DataFrame) -> pl.DataFrame:
    """MEMBERS to pairs of lines: group, left, right; lines of one group on one account belong together.

    Lines whose account the other side of their group lacks go with each such line of the other side: what was
    booked on another account still is the same money.
    """
    left = members.filter(pl.col("side") == "left").select("group", "account", left="line")
    right = members.filter(pl.col("side") == "right").select("group", "account", right="line")
    same = ["group", "account"]
    agreeing = left.join(right, on=same)
    strangers = left.join(right, on=same, how="anti").join(right.join(left, on=same, how="anti"), on="group")
    every = pl.concat([one.select("group", "left", "right") for one in (agreeing, strangers)])
    return every.unique().sort("group", "left", "right")
