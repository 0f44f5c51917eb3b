"""What must hold of every run: no line lost or placed twice, every bridge closes, every entry balances."""

from __future__ import annotations

import polars as pl

from recon.errors import check
from recon.matching import compares_department
from recon.money import ZERO, to_cents
from recon.reporting.balances import compared_lines
from recon.reporting.model import RunRecord
from recon.variances import untold_cells


def check_lines_conserved(record: RunRecord) -> None:
    """Raise InvariantBroken unless every compared line of both sides stands in one match or one variance."""
    frames = record.found.frames
    compared = [compared_lines(record, one.name).select("line_id") for one in record.found.statuses]
    _check_placed(frames, "expected", frames["expected"].select("line_id"))
    _check_placed(frames, "actual", pl.concat([pl.DataFrame(schema={"line_id": pl.String}), *compared]))


def _check_placed(frames: dict[str, pl.DataFrame], side: str, lines: pl.DataFrame) -> None:
    matched = frames["matches"].filter(pl.col("side") == side).select("line_id")
    named = frames["variances"].select(line_id=f"{side}_line_ids").explode("line_id").drop_nulls()
    placed = pl.concat([matched, named])
    lost = lines.join(placed, on="line_id", how="anti")
    twice = placed.filter(pl.col("line_id").is_duplicated())
    check(lost.is_empty(), "lines stand in no match and in no variance", side=side, lines=lost.height)
    check(twice.is_empty(), "lines stand in two places", side=side, lines=twice.height)


def check_cells_conserved(record: RunRecord) -> None:
    """Raise InvariantBroken unless the variances of each reconciliation tell all that differs at every cell.

    A cell is account, location and department; of a reconciliation one of whose sides keeps no departments it is
    account and location.
    """
    frames = record.found.frames
    for name in (one.name for one in record.found.statuses):
        expected = frames["expected"].filter(pl.col("reconciliation") == name)
        actual, told = _both_placed(record, name)
        by_department = compares_department(expected) and compares_department(_of_own_journals(record, name))
        place = pl.col("department") if by_department else pl.lit(None, pl.String).alias("department")
        sides = [lines.with_columns(place, cents=to_cents("amount")) for lines in (expected, actual, told)]
        off = untold_cells(sides[0], sides[1], sides[2])
        check(off.is_empty(), "cells differ that no variance tells", reconciliation=name, cells=off.rows()[:5])


def _both_placed(record: RunRecord, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The ledger lines that one reconciliation compared, also by a person's choice, and its VARIANCE_LINES."""
    frames, period = record.found.frames, record.found.period
    own = frames["matches"].join(
        frames["match_groups"].filter(pl.col("reconciliation") == name), on="match_id", how="semi"
    )
    matched = record.found.ledger.filter(
        pl.col("line_id").is_in(own.filter(pl.col("side") == "actual")["line_id"].implode()),
        pl.col("posting_date").is_between(period.start, period.end),
    )
    actual = pl.concat([compared_lines(record, name), matched]).unique("line_id")
    variances = frames["variances"].filter(pl.col("reconciliation") == name)
    return actual, frames["variance_lines"].join(variances, on="variance_id", how="semi")


def _of_own_journals(record: RunRecord, name: str) -> pl.DataFrame:
    return compared_lines(record, name).filter(pl.col("journal").is_in(record.policy.journals_of(name)))


def check_bridge_closes(bridge: pl.DataFrame) -> None:
    """Raise InvariantBroken unless E + F + G + H + I = J for every reconciliation, account and location."""
    sign = pl.when(pl.col("row") == "J").then(-1).otherwise(1)
    gaps = (
        bridge.filter(pl.col("row").is_in(list("EFGHIJ")))
        .group_by("reconciliation", "account", "location")
        .agg(gap=(pl.col("amount") * sign).sum())
        .filter(pl.col("gap") != ZERO)
    )
    check(gaps.is_empty(), "the bridge does not arrive at the balance per source", accounts=gaps.height)


def check_entries_balance(lines: pl.DataFrame) -> None:
    """Raise InvariantBroken unless the lines of every proposed entry sum to 0.00."""
    sums = lines.group_by("posting_key").agg(pl.col("amount").sum()).filter(pl.col("amount") != ZERO)
    check(sums.is_empty(), "proposed entries do not balance", entries=sums.height, largest=sums["amount"].abs().max())
