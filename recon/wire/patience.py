"""How long to wait before asking again: what the service asks for, and otherwise an even draw."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_EPOCH_FROM = 1_000_000_000.0  # a number above it is a time since 1970, not a wait
_LONGEST_TOLD = 366 * 86_400.0  # beyond it a wait is the same: nobody sits it out
_SECONDS = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(ms|s|secs?|seconds?|mins?|minutes?)?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d+):([0-5]?\d):([0-5]?\d)")
_UNITS = {"ms": 0.001, "m": 60.0}
# A header that came twice reads "3, 3"; the comma behind the name of a day belongs to a date.
_NEXT = re.compile(r"(?<!Mon)(?<!Tue)(?<!Wed)(?<!Thu)(?<!Fri)(?<!Sat)(?<!Sun)(?<!day),", re.IGNORECASE)
_IS_THROTTLING = {429, 503}


def asked_wait(status: int, headers: Mapping[str, str], now: dt.datetime, *, unreadable: float) -> float | None:
    """The longest wait in seconds that the headers ask for; None where they ask for none.

    Read are Retry-After and every X-IA-...Retry... header, several values of one header too: as seconds, with their
    unit or a remark behind, as hours:minutes:seconds, as a date of HTTP, as a date of ISO 8601 or as seconds since
    1970. Dates are held against the answer's own Date, so that a wrong clock here changes nothing. Beside a success,
    a header of the X-IA family counts only while its limit is used up. What asks for a wait that cannot be read asks
    for `unreadable` seconds.
    """
    told = _told_date(headers.get("date", "")) or now
    asked = [
        _wait_of(part, told)
        for name, value in headers.items()
        if _asks(name) and (status >= 300 or _is_used_up(name, headers))
        for text in _NEXT.split(value)
        if (part := text.partition(";")[0].strip())
    ]
    waits = [unreadable if wait is None and status in _IS_THROTTLING else wait for wait in asked]
    return max((wait for wait in waits if wait is not None), default=None)


def longest_draw(first_wait: float, longest: float, failures: int) -> float:
    """Up to where the wait after the n-th failure in a row may be drawn, in seconds."""
    return min(longest, first_wait * 2.0 ** min(failures - 1, 60))


def _asks(name: str) -> bool:
    lower = name.lower()
    return lower == "retry-after" or (lower.startswith("x-ia-") and "retry" in lower)


def _is_used_up(name: str, headers: Mapping[str, str]) -> bool:
    """True unless the limit that the header belongs to says that something remains."""
    lower = name.lower()
    if lower == "retry-after":
        return True
    family = lower[: lower.index("retry")].rstrip("-").removesuffix("-remaining")
    remaining = [value.strip() for other, value in headers.items() if other.lower() == f"{family}-remaining"]
    return not any(re.fullmatch(r"0*[1-9]\d*", value) for value in remaining)


def _wait_of(text: str, told: dt.datetime) -> float | None:
    """Seconds from now; None where the text says nothing that can be read."""
    if number := _SECONDS.fullmatch(text):
        unit = (number[2] or "s").lower()
        wait = float(number[1]) * _UNITS.get(unit, _UNITS.get(unit[0], 1.0))
        if wait >= _EPOCH_FROM * 1000:
            wait /= 1000.0
        if wait >= _EPOCH_FROM:
            wait -= told.timestamp()
    elif clock := _CLOCK.fullmatch(text):
        wait = float(clock[1]) * 3600.0 + float(clock[2]) * 60.0 + float(clock[3])
    else:
        date = _told_date(text)
        if date is None:
            return None
        wait = (date - told).total_seconds()
    return min(max(wait, 0.0), _LONGEST_TOLD)


def _told_date(value: str) -> dt.datetime | None:
    """A date of HTTP or of ISO 8601 in UTC."""
    for read in (parsedate_to_datetime, dt.datetime.fromisoformat):
        try:
            date = read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return date if date.tzinfo else date.replace(tzinfo=dt.UTC)
    return None
