"""Banking days: when money moves, and when it does not."""

from __future__ import annotations

import datetime as dt

import pytest

from recon.canonical.calendar import bank_calendar
from recon.errors import ConfigError

FED = bank_calendar("XFED")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("closed", "why"),
    [
        ("2026-09-07", "Labor Day"),
        ("2026-10-12", "Columbus Day, on which the stock exchange works"),
        ("2026-11-11", "Veterans Day"),
        ("2026-11-26", "Thanksgiving"),
        ("2027-07-05", "Independence Day, a Sunday that is kept on Monday"),
        ("2026-09-05", "Saturday"),
        ("2026-09-06", "Sunday"),
    ],
)
def test_the_federal_reserve_does_not_fund_on(closed: str, why: str) -> None:
    assert not FED.is_open(day(closed)), why


@pytest.mark.parametrize(
    ("open_day", "why"),
    [
        ("2026-07-03", "Independence Day on a Saturday moves no Federal Reserve holiday to Friday"),
        ("2026-04-03", "Good Friday"),
        ("2026-11-27", "the day after Thanksgiving"),
    ],
)
def test_the_federal_reserve_funds_on(open_day: str, why: str) -> None:
    assert FED.is_open(day(open_day)), why


@pytest.mark.parametrize(
    ("batch", "lag", "arrives"),
    [
        ("2026-09-02", 1, "2026-09-03"),  # Wednesday, Thursday
        ("2026-09-02", 2, "2026-09-04"),
        ("2026-09-03", 2, "2026-09-08"),  # Friday, then a weekend and Labor Day
        ("2026-09-04", 1, "2026-09-08"),
        ("2026-09-05", 1, "2026-09-08"),  # three batches of a long weekend arrive on one day
        ("2026-09-06", 1, "2026-09-08"),
        ("2026-09-05", 0, "2026-09-08"),
        ("2026-12-31", 1, "2027-01-04"),  # over the year's end: New Year's Day is a Friday
    ],
)
def test_a_deposit_arrives_so_many_banking_days_after_its_batch(batch: str, lag: int, arrives: str) -> None:
    assert FED.add(day(batch), lag) == day(arrives)


@pytest.mark.parametrize(
    ("month", "third"), [("2026-09-18", "2026-09-03"), ("2026-11-01", "2026-11-04"), ("2027-01-31", "2027-01-06")]
)
def test_the_third_banking_day_of_a_month_skips_weekends_and_holidays(month: str, third: str) -> None:
    assert FED.nth_of_month(day(month), 3) == day(third)


def test_days_apart_count_banking_days_in_both_directions() -> None:
    assert FED.days_apart(day("2026-09-04"), day("2026-09-08")) == 1
    assert FED.days_apart(day("2026-09-08"), day("2026-09-04")) == -1
    assert FED.days_apart(day("2026-09-05"), day("2026-09-07")) == 0


def test_a_company_may_add_days_on_which_its_bank_does_not_work() -> None:
    calendar = bank_calendar("XFED", [day("2026-09-03")])

    assert calendar.add(day("2026-09-02"), 1) == day("2026-09-04")


def test_an_unknown_calendar_is_a_fault_of_policy() -> None:
    with pytest.raises(ConfigError, match="unknown bank calendar"):
        bank_calendar("MARS")
