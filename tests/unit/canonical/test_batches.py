"""Which payments close in one batch, in the store's own time, and when the batch is due at the bank."""

from __future__ import annotations

import polars as pl
import pytest
from make import canonical, locations, payments, policy

from recon.canonical.batches import batches_due, merchants, placed_payments

NEW_YORK, LOS_ANGELES = "100", "101 timezone:America/Los_Angeles"


def placed(*lines: str, stores: tuple[str, ...] = (NEW_YORK, LOS_ANGELES)) -> list[str]:
    """Payment, business date and batch date of every payment."""
    books = canonical(payments=payments(*lines), locations=locations(*stores))
    rows = placed_payments(books, policy()).select("payment_id", "business_date", "batch_date", "group").collect()
    return [" ".join(str(value) for value in row) for row in rows.sort("payment_id").iter_rows()]


@pytest.mark.parametrize(
    ("moment", "days"),
    [
        ("2026-09-04T02:59:00+00:00", "2026-09-03 2026-09-03"),  # 22:59 in New York: one minute before the batch closes
        ("2026-09-04T03:00:00+00:00", "2026-09-03 2026-09-04"),  # 23:00: the day's sale, tomorrow's batch
        ("2026-09-04T03:59:59+00:00", "2026-09-03 2026-09-04"),
        ("2026-09-04T04:00:00+00:00", "2026-09-04 2026-09-04"),  # midnight
        # 8 March 2026, 02:00: clocks go forward.
        ("2026-03-08T03:59:00+00:00", "2026-03-07 2026-03-07"),  # still 22:59 the evening before
        ("2026-03-08T04:00:00+00:00", "2026-03-07 2026-03-08"),
        ("2026-03-09T02:59:00+00:00", "2026-03-08 2026-03-08"),  # 22:59, an hour earlier in UTC than yesterday
        ("2026-03-09T03:00:00+00:00", "2026-03-08 2026-03-09"),
        # 1 November 2026, 02:00: clocks go back, 01:30 comes twice.
        ("2026-11-01T05:30:00+00:00", "2026-11-01 2026-11-01"),
        ("2026-11-01T06:30:00+00:00", "2026-11-01 2026-11-01"),
        ("2026-11-02T03:59:00+00:00", "2026-11-01 2026-11-01"),
        ("2026-11-02T04:00:00+00:00", "2026-11-01 2026-11-02"),
    ],
)
def test_the_batch_closes_at_the_cutoff_in_the_time_of_the_store(moment: str, days: str) -> None:
    assert placed(f"P1 visa 10.00 at:{moment}") == [f"P1 {days} card"]


def test_one_moment_is_two_days_in_two_time_zones() -> None:
    moment = "at:2026-09-04T05:00:00+00:00"
    found = placed(f"P1 visa 10.00 {moment} M:M100", f"P2 visa 10.00 {moment} M:M101")

    assert found == ["P1 2026-09-04 2026-09-04 card", "P2 2026-09-03 2026-09-03 card"]


def test_a_store_may_close_its_batch_earlier_than_the_company() -> None:
    found = placed("P1 visa 10.00 at:2026-09-03T21:00:00+00:00", stores=("100 cutoff:17:00",))

    assert found == ["P1 2026-09-03 2026-09-04 card"]


def test_a_merchant_that_no_store_claims_keeps_the_time_of_the_company() -> None:
    found = placed("P1 visa 10.00 at:2026-09-04T03:30:00+00:00 M:M999", stores=(LOS_ANGELES,))

    assert found == ["P1 2026-09-03 2026-09-04 card"]


def test_the_processors_own_batch_date_wins_over_the_clock() -> None:
    found = placed("P1 visa 10.00 at:2026-09-04T03:30:00+00:00 batch_date:2026-09-03")

    assert found == ["P1 2026-09-03 2026-09-03 card"]


def test_amex_is_funded_apart_unless_the_store_is_on_optblue() -> None:
    noon = "at:2026-09-03T16:00:00+00:00"
    stores = ("100 amex:direct", "101 amex:optblue")
    found = placed(f"P1 amex 10.00 {noon} M:M100", f"P2 amex 10.00 {noon} M:M101", stores=stores)

    assert [line.split()[-1] for line in found] == ["amex", "card"]


def test_chargebacks_are_in_no_batch_of_the_day() -> None:
    noon = "at:2026-09-03T16:00:00+00:00"

    assert placed(f"P1 visa -10.00 {noon} kind:chargeback", f"P2 visa -5.00 {noon} kind:refund") == [
        "P2 2026-09-03 2026-09-03 card"
    ]


def test_a_batch_sums_sales_less_refunds_and_is_due_by_its_slowest_brand() -> None:
    noon = "at:2026-09-03T16:00:00+00:00"
    lines = (f"P1 visa 10.00 {noon}", f"P2 visa -4.00 {noon} kind:refund", f"P3 amex 20.00 {noon}")

    apart = batches_due(canonical(payments=payments(*lines)), policy())
    optblue = batches_due(canonical(payments=payments(*lines), locations=locations("100 amex:optblue")), policy())

    columns = ("group", "cents", pl.col("due_date").dt.to_string())
    assert apart.select(columns).rows() == [("amex", 2000, "2026-09-08"), ("card", 600, "2026-09-04")]
    assert optblue.select(columns).rows() == [("card", 2600, "2026-09-08")]


def test_a_location_that_does_not_say_how_amex_is_funded_has_it_apart_for_batches_and_rules_alike() -> None:
    facts = merchants(locations("100", "101 amex:optblue"))

    assert facts.select("location", "amex").rows() == [("100", "direct"), ("101", "optblue")]
