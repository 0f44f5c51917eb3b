"""The windows in which a source is read: the same ones for every period, so that each day has one."""

from __future__ import annotations

import datetime as dt

from recon.period import Period
from recon.store import Window

_STARTS = (1, 11, 21)
_DAY = dt.timedelta(days=1)
# Master data has no days; one window holds all of it.
ALWAYS = Window(dt.date(1970, 1, 1), dt.date(2199, 12, 31))


def windows_of(first: dt.date, last: dt.date) -> tuple[Window, ...]:
    """The thirds of months that hold the days from first to last, in order.

    Windows are cut from the calendar, never from the period that is asked for: two periods whose margins overlap
    share whole windows, so that a record that is missing in one of them is known to be gone.
    """
    found = []
    start = _start(first)
    while start <= last:
        following = _start(start + 11 * _DAY) if start.day != _STARTS[-1] else _next_month(start)
        found.append(Window(start, following - _DAY))
        start = following
    return tuple(found)


def days_around(period: Period, margin_days: int) -> tuple[dt.date, dt.date]:
    """The first and the last day that a close of the period reads."""
    margin = dt.timedelta(days=margin_days)
    return period.start - margin, period.end + margin


def _start(day: dt.date) -> dt.date:
    return day.replace(day=max(start for start in _STARTS if start <= day.day))


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + 32 * _DAY).replace(day=1)
