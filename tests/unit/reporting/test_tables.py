from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from records import empty_record, run_record

from recon.money import MONEY
from recon.reporting import tables
from recon.reporting.model import RunRecord

BUILDERS = (
    tables.checks_table, tables.headline_table, tables.status_table, tables.bridge_table, tables.cause_table,
    tables.variance_table, tables.adjustment_table, tables.tie_out_table, tables.open_items_table, tables.rejects_table,
)  # fmt: skip


@pytest.mark.parametrize("record", [run_record(), empty_record()], ids=["month", "empty"])
def test_every_table_is_the_same_twice_and_escapes_what_it_prints(record: RunRecord) -> None:
    for build in BUILDERS:
        html = build(record).as_raw_html()
        assert html == build(record).as_raw_html(), build.__name__
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
