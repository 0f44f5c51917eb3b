"""Windows of a pull: every day in one, cut from the calendar and never from the period."""

from __future__ import annotations

import datetime as dt
import itertools

from hypothesis import given
from hypothesis import strategies as st

from recon.period import Period
from recon.pulling.windows import days_around, windows_of
from recon.store import Window

DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))


def test_a_month_with_ten_days_around_it_is_five_thirds() -> None:
    period = Period("2026-09", dt.date(2026, 9, 1), dt.date(2026, 9, 30))

    found = windows_of(*days_around(period, 10))

    assert [(str(one.start)[5:], str(one.end)[5:]) for one in found] == [
        ("08-21", "08-31"), ("09-01", "09-10"), ("09-11", "09-20"), ("09-21", "09-30"), ("10-01", "10-10"),
    ]  # fmt: skip


@given(first=DAYS, length=st.integers(0, 120))
def test_windows_follow_each_other_without_gap_and_hold_every_day(first: dt.date, length: int) -> None:
    last = first + dt.timedelta(days=length)

    found = windows_of(first, last)

    assert found[0].start <= first
    assert found[-1].end >= last
    assert all(one.end + dt.timedelta(days=1) == other.start for one, other in itertools.pairwise(found))
    assert all(one.end.month == one.start.month for one in found)


@given(first=DAYS, other=DAYS)
def test_two_periods_cut_a_day_that_they_share_into_the_same_window(first: dt.date, other: dt.date) -> None:
    day = max(first, other)

    def holding(windows: tuple[Window, ...]) -> Window:
        return next(one for one in windows if one.start <= day <= one.end)

    longest = dt.timedelta(days=1)
    assert holding(windows_of(day, day)) == holding(windows_of(day - 40 * longest, day + 7 * longest))
