"""Which collections of Heartland Retail are read, and on which day a record happened at its store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recon.store.port import Window

_DAY = dt.timedelta(days=1)
# UTC is at most so far from any store's clock: a day in UTC is widened by it and then compared by local time.
_SLACK = 1


@dataclass(frozen=True)
class Reading:
    """One collection: its path, the times by which it may be filtered (best first), and what rows embed."""

    name: str
    path: str
    days: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    only: str | None = None  # a mark that a row must carry

    def filters(self, window: Window, way: int) -> list[tuple[str, str]]:
        """The query fields that narrow the list to the window; none where the collection has no times.

        A UTC time is asked for a day wider on both sides: evening sales lie on the next day there.
        """
        if way >= len(self.days):
            return []
        field = self.days[way]
        slack = 0 if field.startswith("local") else _SLACK
        first, last = window.start - slack * _DAY, window.end + (1 + slack) * _DAY
        return [(f"~[{field}][$gte]", first.isoformat()), (f"~[{field}][$lt]", last.isoformat())]


_SOLD = ("local_completed_at", "completed_at")
READINGS = (
    Reading("retail.tickets", "sales/tickets", _SOLD, ("lines", "payments")),
    Reading("retail.payments", "payments", _SOLD),
    Reading("retail.prepayments", "payments", _SOLD, only="deposit"),
    Reading("retail.orders", "sales/orders", ("created_at",)),
    Reading("retail.payment_types", "payment_types"),
    Reading("retail.locations", "locations"),
    Reading("retail.items", "items"),
    Reading("retail.customers", "customers"),
    Reading("retail.gift_cards", "gift_cards"),
)


def is_inside(reading: Reading, row: Mapping[str, Any], window: Window) -> bool:
    """True unless the record lacks the mark that is read for, or its store-local day lies outside of the window.

    A record without any time, such as an open ticket, belongs to no window of a dated collection.
    """
    if reading.only is not None and str(row.get(reading.only)).lower() != "true":
        return False
    if not reading.days:
        return True
    text = next((row[field] for field in reading.days if row.get(field)), None)
    if text is None:
        return False
    try:
        day = dt.date.fromisoformat(str(text)[:10])
    except ValueError:
        return True  # what cannot be read is kept, and told when it is used
    return window.start <= day <= window.end
