from __future__ import annotations

import re
from decimal import Decimal

import polars as pl
import pytest
from great_tables import GT
from records import empty_record, run_record

from recon.money import MONEY
from recon.reporting import tables
from recon.reporting.model import RunRecord
from recon.reporting.words import BRIDGE_ROWS, NOT_BOOKED

BUILDERS = (
    tables.checks_table, tables.headline_table, tables.status_table, tables.bridge_table, tables.cause_table,
    tables.variance_table, tables.adjustment_table, tables.tie_out_table, tables.open_items_table, tables.rejects_table,
)  # fmt: skip


@pytest.mark.parametrize("record", [run_record(), empty_record()], ids=["month", "empty"])
def test_every_table_is_the_same_twice_and_escapes_what_it_prints(record: RunRecord) -> None:
    for build in BUILDERS:
        html = build(record).as_raw_html()
        assert html == build(record).as_raw_html(), build.__name__
        assert repr(build(record)) == repr(build(record))
        assert "<img" not in html
        assert "<script" not in html


def test_amounts_are_exact_where_a_float_would_not_be() -> None:
    frame = pl.DataFrame({"amount": [Decimal("-9007199254740993.01"), None]}, schema={"amount": MONEY})

    assert frame.select(tables.money_text("amount"))["amount"].to_list() == [
        "(9,007,199,254,740,993.01)",
        "not provided",
    ]


def test_variances_read_per_ledger_per_source_to_book_and_in_words() -> None:
    html = tables.variance_table(run_record(), "deposits").as_raw_html()

    assert "(970.10)" in html
    assert "(1,000.00)" in html
    assert "Card clearing overstated by 29.90" in html
    assert "difference" not in html.lower()


def test_a_long_table_says_what_it_leaves_out() -> None:
    html = tables.variance_table(run_record(), limit=3).as_raw_html()

    assert "The first 3 of" in html


def test_the_way_of_one_account_ends_at_the_source() -> None:
    assert "Per source" in tables.steps_table(run_record(), "1250").as_raw_html()


def cells(table: GT) -> list[list[str]]:
    """The text of each cell, row by row."""
    rows = re.findall(r"<tr>(.*?)</tr>", table.as_raw_html(), re.DOTALL)
    return [[re.sub(r"<.*?>", "", cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in rows]


def test_the_unexplained_of_a_bridge_is_proved_by_its_zero_and_never_a_dash() -> None:
    unexplained = list(BRIDGE_ROWS).index("I") + 2  # account and title stand before it

    shown = [row[unexplained] for row in cells(tables.bridge_table(run_record())) if len(row) > unexplained]

    assert shown
    assert set(shown) == {"0.00"}


def test_an_entry_says_its_key_cause_and_document_once() -> None:
    record = run_record()
    keys = [row[0] for row in cells(tables.adjustment_table(record, limit=100)) if len(row) > 2]

    assert sorted(key for key in keys if key) == sorted(record.found.frames["adjustments"]["posting_key"])
    assert len(keys) == record.found.frames["adjustment_lines"].height


def test_the_notebook_shows_the_headline_figures_of_page_one() -> None:
    html = tables.headline_table(run_record()).as_raw_html()

    assert NOT_BOOKED in html
    assert "(45.00)" in html  # cash: nothing to book, and yet the two sides are apart


def test_dates_stay_on_one_line() -> None:
    html = tables.variance_table(run_record()).as_raw_html()

    assert re.search(r"<td style=\"white-space: nowrap;\"[^>]*>2026-09-14</td>", html)
