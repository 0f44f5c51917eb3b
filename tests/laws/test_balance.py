"""Law: every proposed entry balances, for each entity by itself too."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from small_months import TWO_ENTITIES, Month, months, reconciled

from recon.money import to_cents


@given(months())
def test_every_proposed_entry_balances_within_each_entity(month: Month) -> None:
    lines = reconciled(month).frames["adjustment_lines"]

    placed = lines.join(TWO_ENTITIES.select("location", "entity"), on="location", how="left")
    sums = placed.group_by("posting_key", "entity").agg(to_cents("amount").sum().alias("cents"))
    assert sums.filter(pl.col("cents") != 0).is_empty()
