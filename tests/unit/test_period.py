"""A period is a calendar month, or one that the company named itself."""

from __future__ import annotations

import datetime as dt

import pytest

from recon.errors import ConfigError
from recon.period import Period, parse_period


@pytest.mark.parametrize(
    ("name", "last"),
    [("2026-09", "2026-09-30"), ("2026-12", "2026-12-31"), ("2026-02", "2026-02-28"), ("2028-02", "2028-02-29")],
)
def test_a_month_ends_on_its_last_day(name: str, last: str) -> None:
    period = parse_period(name)

    assert (str(period.start), str(period.end)) == (f"{name}-01", last)
    assert len(period.days) == int(last[-2:])


def test_both_ends_belong_to_the_period() -> None:
    september = parse_period("2026-09")

    inside = [september.has(dt.date(2026, month, day)) for month, day in ((8, 31), (9, 1), (9, 30), (10, 1))]

    assert inside == [False, True, True, False]


def test_a_period_of_the_company_wins_over_the_calendar() -> None:
    own = Period("2026-09", dt.date(2026, 8, 30), dt.date(2026, 9, 26))

    assert parse_period("2026-09", [own]) == own


@pytest.mark.parametrize("name", ["2026-13", "2026-9", "09/2026", "P09", "", "2026-09-01"])
def test_anything_else_is_a_fault_that_names_what_is_known(name: str) -> None:
    own = Period("P9", dt.date(2026, 8, 30), dt.date(2026, 9, 26))
    with pytest.raises(ConfigError, match="known=P9"):
        parse_period(name, [own])
