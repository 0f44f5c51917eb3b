"""What must hold of every run: no line lost or placed twice, every bridge closes, every entry balances."""

from __future__ import annotations

import polars as pl

from recon.errors import check
from recon.money import ZERO
from recon.reporting.balances import compared_lines
from recon.reporting.model import RunRecord


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
