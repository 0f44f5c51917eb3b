"""Business days: on which days banks fund, when a batch closes, when a deposit is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import holidays
import polars as pl
from holidays.registry import EntityLoader

from recon.errors import ConfigError

# The names alone: to ask the package what it supports, and where, would import every calendar of the world.
_FINANCIAL = frozenset(EntityLoader.get_financial_codes())
_COUNTRIES = frozenset(EntityLoader.get_country_codes())
_WEEKEND = 5  # Monday is 0
_ONE_DAY = dt.timedelta(days=1)


def is_calendar(name: str) -> bool:
    """True for a name under which the `holidays` package knows a financial market's or a country's holidays."""
    return name in _FINANCIAL or name in _COUNTRIES


@lru_cache(maxsize=64)
def _holidays_of(calendar: str, year: int) -> frozenset[dt.date]:
    if calendar in _FINANCIAL:
        return frozenset(holidays.financial_holidays(calendar, years=year))
    if calendar in _COUNTRIES:
        return frozenset(holidays.country_holidays(calendar, years=year))
    raise ConfigError("unknown bank calendar", field="calendar.bank", value=calendar)


@dataclass(frozen=True)
class BankCalendar:
    """The days on which a bank moves money: not on weekends, not on its holidays."""

    name: str
    extra: frozenset[dt.date] = frozenset()

    def is_open(self, day: dt.date) -> bool:
        """True on a banking day."""
        return day.weekday() < _WEEKEND and day not in self.extra and day not in _holidays_of(self.name, day.year)

    def next_open(self, day: dt.date) -> dt.date:
        """The day itself if banks work, else the next banking day."""
        while not self.is_open(day):
            day += _ONE_DAY
        return day

    def add(self, day: dt.date, banking_days: int) -> dt.date:
        """The banking day that lies so many banking days after `day`."""
        for _ in range(banking_days):
            day = self.next_open(day + _ONE_DAY)
        return self.next_open(day)

    def nth_of_month(self, day: dt.date, n: int) -> dt.date:
        """The n-th banking day of the month of `day`."""
        return self.add(day.replace(day=1) - _ONE_DAY, n)

    def days_apart(self, start: dt.date, end: dt.date) -> int:
        """Banking days after `start` up to and including `end`; below zero if `end` is earlier."""
        if end < start:
            return -self.days_apart(end, start)
        span = ((start + dt.timedelta(days=n)) for n in range(1, (end - start).days + 1))
        return sum(self.is_open(day) for day in span)


def bank_calendar(name: str, extra: Iterable[dt.date] = ()) -> BankCalendar:
    """The calendar of that name in the `holidays` package; raises ConfigError for an unknown one."""
    _holidays_of(name, 2026)
    return BankCalendar(name, frozenset(extra))


def local_moment(created_at: str, timezone: str, zones: Iterable[str]) -> pl.Expr:
    """Naive local time of a UTC column, by the time zone that stands in another column.

    Polars converts whole columns only, so every zone in use is one branch. Times that a DST change
    skips or repeats need no care here: from UTC to local every moment has exactly one answer.
    """
    moment = pl.col(created_at)
    result = moment.dt.replace_time_zone(None)
    for zone in sorted(set(zones)):
        here = moment.dt.convert_time_zone(zone).dt.replace_time_zone(None)
        result = pl.when(pl.col(timezone) == zone).then(here).otherwise(result)
    return result


def batch_day(local: pl.Expr, cutoff: pl.Expr) -> pl.Expr:
    """The date of the batch that closes at `cutoff` (HH:MM): a later sale belongs to the next day."""
    late = local.dt.strftime("%H:%M") >= cutoff
    return local.dt.date() + pl.duration(days=late.cast(pl.Int64))
