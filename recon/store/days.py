"""The day of a raw record, however its service writes it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


def day_in(row: Mapping[str, object], fields: Sequence[str], first: dt.date, last: dt.date) -> dt.date | None:
    """The record's day from the first of the fields that it has; None where it cannot be read.

    Of a day without a telling order, as 05/09/2026, that reading counts which lies from the first to the last day
    of the window in which the record was found.
    """
    text = next((str(row[name]) for name in fields if row.get(name)), "")
    if found := _ISO.match(text):
        return next(_days(found[0][:4], found[0][5:7], found[0][8:]), None)
    if found := _NUMBERS.match(text):
        ways = (_days(found[3], found[1], found[2]), _days(found[3], found[2], found[1]))
        return next((day for way in ways for day in way if first <= day <= last), None)
    return None


def _days(year: str, month: str, day: str) -> Iterator[dt.date]:
    """The day, where there is such a day."""
    try:
        yield dt.date(int(year), int(month), int(day))
    except ValueError:
        return
