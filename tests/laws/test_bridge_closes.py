"""Law: the bridge closes for every account and location, to 0.00."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
from hypothesis import given
from make import compare, framed
from small_months import TWO_ENTITIES, Month, compared_lines, months, sum_by_cell

Cells = dict[tuple[str, str | None], Decimal]
OPENING = Decimal("12.34")


def trial_balance(actual: pl.DataFrame) -> pl.DataFrame:
    """BALANCES of a ledger whose every account and location opened at 12.34."""
    september = (pl.col("posting_date").dt.month() == 9) & (pl.col("state") == "Posted")
    posted = actual.filter(september)
    cells = actual.select("account", "location").unique().rows()
    moved, turnover = sum_by_cell(posted), {}
    for side in (posted.filter(pl.col("amount") > 0), posted.filter(pl.col("amount") < 0)):
        turnover[len(turnover)] = sum_by_cell(side)
    rows = [
        {"account": account, "location": location, "period": "2026-09", "opening": OPENING}
        | {"debits": turnover[0].get((account, location), 0), "credits": -turnover[1].get((account, location), 0)}
        | {"closing": OPENING + moved.get((account, location), 0)}
        for account, location in cells
    ]
    return framed("balances", rows)


def row(bridge: pl.DataFrame, *names: str) -> Cells:
    return sum_by_cell(bridge.filter(pl.col("row").is_in(names)))


def without_zeros(cells: Cells) -> Cells:
    return {cell: amount for cell, amount in cells.items() if amount}


def sums(*parts: Cells) -> Cells:
    cells = {cell for part in parts for cell in part}
    return without_zeros({cell: sum((part.get(cell, Decimal(0)) for part in parts), Decimal(0)) for cell in cells})


def negative(cells: Cells) -> Cells:
    return {cell: -amount for cell, amount in cells.items()}


@given(months())
def test_the_ledger_plus_every_finding_is_what_the_sources_say(month: Month) -> None:
    actual = month.actual
    balances = trial_balance(actual)

    found = compare(month.expected, actual, only=month.only, locations=TWO_ENTITIES, balances=balances)

    bridge = found.frames["bridge"]
    whole = bridge.filter(pl.col("reconciliation").is_null())
    compared = compared_lines(actual, found, month.only)
    foreign = actual.join(compared, on="line_id", how="anti").filter(
        (pl.col("posting_date").dt.month() == 9) & (pl.col("state") == "Posted")
    )
    opening, expected = sum_by_cell(balances, "opening"), sum_by_cell(found.frames["expected"])
    assert row(whole, "C") == sum_by_cell(balances, "closing")
    assert row(whole, "E", "F", "G", "H", "I") == row(whole, "J")
    assert row(whole, "J") == sums(opening, expected, sum_by_cell(foreign))
    for name in month.only:
        own = bridge.filter(pl.col("reconciliation") == name)
        documents = found.frames["expected"].filter(pl.col("reconciliation") == name)
        assert row(own, "E", "F", "G", "H", "I") == row(own, "J") == sum_by_cell(documents)
        assert row(own, "I") == {}
    parts = [row(bridge.filter(pl.col("reconciliation") == name), *"DFGH") for name in month.only]
    assert sums(*parts) == row(whole, *"DFGH")
