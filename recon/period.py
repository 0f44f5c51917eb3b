"""Posting periods: a name, its first and its last day."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from recon.errors import ConfigError

_MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")


@dataclass(frozen=True)
class Period:
    """One posting period, both days included."""

    name: str
    start: dt.date
    end: dt.date

    @property
    def days(self) -> list[dt.date]:
        """Every day of the period, in order."""
        return [self.start + dt.timedelta(days=n) for n in range((self.end - self.start).days + 1)]

    def has(self, day: dt.date) -> bool:
        """True for a day inside the period."""
        return self.start <= day <= self.end


def parse_period(name: str, named: Iterable[Period] = ()) -> Period:
    """The period of that name: one of the company's own, or a calendar month as YYYY-MM.

    Raises: ConfigError if it is neither.
    """
    own = {period.name: period for period in named}
    if name in own:
        return own[name]
    month = _MONTH.match(name)
    if month is None:
        known = ", ".join(own) or "none are listed in periods.csv"
        raise ConfigError(
            f"the period {name!r} is neither a month written YYYY-MM nor in periods.csv",
            known=known,
        )
    start = dt.date(int(month[1]), int(month[2]), 1)
    end = (start + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return Period(name, start, end)
