"""How long to wait before asking again: what the service asks for, and otherwise an even draw."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

LONGEST_ASKED = 7 * 86_400.0  # a longer wait is a slip of the header, or a date in another unit
_EPOCH_FROM = 1_000_000_000.0  # a number above it is a time since 1970, not a wait
_SECONDS = re.compile(r"\d+(?:\.\d+)?")


def asked_wait(status: int, headers: Mapping[str, str], now: dt.datetime) -> float | None:
    """The longest wait in seconds that the headers ask for; None where they ask for none.

    Read are Retry-After and every X-IA-...Retry... header, as seconds, as a date of HTTP, as a date of ISO 8601 or as
    seconds since 1970. Dates are held against the answer's own Date, so that a wrong clock here changes nothing.
    Beside a success, a header of the X-IA family counts only while its limit is used up.
    """
    told = _told_date(headers.get("date", "")) or now
    waits = [
        wait
        for name, value in headers.items()
        if _asks(name) and (status >= 300 or _is_used_up(name, headers))
        for wait in [_wait_of(value.strip(), told)]
        if wait is not None
    ]
    return max(waits, default=None)


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


def _wait_of(value: str, told: dt.datetime) -> float | None:
    """Seconds from now; None where the value says nothing or something absurd."""
    if _SECONDS.fullmatch(value):
        wait = float(value)
        if wait >= _EPOCH_FROM * 1000:
            wait /= 1000.0
        if wait >= _EPOCH_FROM:
            wait -= told.timestamp()
    else:
        date = _told_date(value)
        if date is None:
            return None
        wait = (date - told).total_seconds()
    return max(wait, 0.0) if wait <= LONGEST_ASKED else None


def _told_date(value: str) -> dt.datetime | None:
    """A date of HTTP or of ISO 8601 in UTC."""
    for read in (parsedate_to_datetime, dt.datetime.fromisoformat):
        try:
            date = read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return date if date.tzinfo else date.replace(tzinfo=dt.UTC)
    return None
