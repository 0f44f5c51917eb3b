"""Pages of records that change while they are read: behind the last key, or by place where keys do not work.

Each page is a query of its own. Reading behind the last key misses and doubles nothing whatever is inserted or
deleted meanwhile, if the service compares keys as it orders them. Where it does not (numbers as text), the
pages say so by themselves, and the rest is read by place: each page begins with the last row of the one before,
and where that row has moved, the reading steps back until it knows where it is.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import lt
from typing import Literal

from recon.frames.records import values
from recon.intacct.faults import misunderstood
from recon.wire import Misunderstood, redacted

Row = Mapping[str, object]
Way = Literal["key", "place"]
Order = Literal["number", "text"]
ORDERS: tuple[Order, ...] = ("number", "text")
_SHOWN = 200
_MOST_STEPS = 500  # to find the place of one page again


@dataclass(frozen=True)
class Slice:
    """One page as the service gave it."""

    rows: Sequence[Row]
    total: int  # rows that fit the query
    left: int  # of them behind this page


@dataclass(frozen=True)
class Place:
    """How far a reading has come; as text it is the cursor of a pull."""

    last: str | None = None  # key of the last row
    read: int = 0  # where that row stood, from 1
    left: int | None = None  # rows that stood behind it; None before the first page
    way: Way = "key"
    orders: tuple[Order, ...] = ORDERS  # how the keys may be ordered, by what was seen

    def text(self) -> str:
        """The place as JSON."""
        return json.dumps([self.last, self.read, self.left, self.way, self.orders])


def place_of(cursor: str | None, way: Way) -> Place:
    """The place that a cursor names; the start where there is none.

    Raises: Misunderstood for a cursor that is none of ours.
    """
    if cursor is None:
        return Place(way=way)
    try:
        last, read, left, way, orders = json.loads(cursor)
        return Place(last, int(read), left, way, tuple(orders))
    except (ValueError, TypeError) as cause:
        raise misunderstood("the saved cursor of this window cannot be read; pull the window from its start") from cause


@dataclass(frozen=True)
class Reader:
    """One ordered query: how a page of it is fetched, and the key by which it is ordered."""

    fetch: Callable[[str | None, int], Awaitable[Slice]]  # (rows behind this key, rows to skip)
    key: str
    report: str  # what is asked for, as Intacct calls it

    def keys(self, rows: Sequence[Row]) -> list[str]:
        """The keys of the rows.

        Raises: Misunderstood where a row has none.
        """
        try:
            keys = values(rows, self.key)
        except KeyError:
            keys = [None]
        if not all(keys):
            raise self._nameless(next(row for row in rows if not row.get(self.key)))
        return [*map(str, keys)]

    def _nameless(self, row: Row) -> Misunderstood:
        """The fault for a record without its key, with what else it says; nobody can ask for what stands behind it."""
        said = redacted(", ".join(f"{name} {value}" for name, value in row.items() if value))
        return misunderstood(
            f"a record of {self.report} has no {self.key}, so the records behind it cannot be asked for; mend it in "
            f"Intacct, or have Intacct say why, then pull again. It says: {said[:_SHOWN] or 'nothing'}",
            report=self.report,
        )


async def read_pages(reader: Reader, place: Place) -> AsyncIterator[tuple[Sequence[Row], Place | None]]:
    """The rows of each page with the place behind it; None behind the last page.

    Raises: Misunderstood where the service does not order as asked, or says that rows are left and gives none.
    """
    while True:
        if place.way == "key":
            page = await reader.fetch(place.last, 0)
            keys = reader.keys(page.rows)
            orders = orders_of([place.last, *keys] if place.last else keys, place.orders)
            if not orders or not await _is_complete(reader, place, page):
                place = replace(place, way="place")
                continue
            fresh, read = page.rows, place.read + len(keys)
        else:
            page, fresh, read = await _by_place(reader, place)
            orders = orders_of(reader.keys(page.rows), place.orders)
        if not page.rows and page.left > 0:
            raise misunderstood("a page without records says that some are left", left=page.left)
        last = reader.keys(fresh[-1:])[0] if fresh else place.last
        place = Place(last, read, page.left, place.way, orders)
        if page.left <= 0:
            yield fresh, None
            return
        yield fresh, place


async def _is_complete(reader: Reader, place: Place, page: Slice) -> bool:
    """True where the page surely holds all that follows the last key, up to its own last.

    A service that orders record numbers as numbers but compares them as text leaves rows out without a word. It can
    only where the count of digits changes, or behind the last page; there, and where other counts than were left
    are told, the same page is read by place and must agree. Where others changed rows meanwhile it may not, and
    then the rest is read by place, which is slower by one row a page and just as right.
    """
    keys = reader.keys(page.rows)
    if place.last is None:
        return True
    digits = {len(key) for key in (place.last, *keys[-1:])}
    if page.total == place.left and len(digits) == 1 and page.left > 0:
        return True
    other, fresh, _ = await _by_place(reader, place)
    return page.total == len(fresh) + other.left and keys[: len(fresh)] == reader.keys(fresh)


async def _by_place(reader: Reader, place: Place) -> tuple[Slice, Sequence[Row], int]:
    """The page behind a place, its rows that are new, and where the last of its rows stands.

    The last row is looked for by its key; only where it is gone do the keys have to be compared.
    """
    skip, back, orders, last = max(place.read - 1, 0), 1, place.orders, place.last
    joined = False  # this page begins where one that held nothing new ended
    for _ in range(_MOST_STEPS):
        page = await reader.fetch(None, skip)
        keys = reader.keys(page.rows)
        orders = orders_of(keys, orders)
        if not orders:
            raise misunderstood(f"the records do not come in the order of {reader.key}, so none can be told missing")
        read = skip + len(keys)
        if last is None:
            return page, page.rows, read
        if last in keys:
            known = keys.index(last) + 1
        elif skip and not joined and (not keys or follows(last, keys[0], orders[0])):
            # The last row is gone and others before it may be: what follows has moved towards the start.
            skip, back = max(skip - back, 0), back * 4
            continue
        else:
            known = sum(1 for key in keys if not follows(last, key, orders[0]))
        if known < len(keys) or page.left <= 0:
            return page, page.rows[known:], read
        joined = len(keys) == 1  # a service that gives one row a page leaves no room for an overlap
        skip, back = (read if joined else read - 1), 1
    raise misunderstood("records come and go faster than they can be read; pull the window again at a quiet time")


def follows(earlier: str, later: str, order: Order) -> bool:
    """True where the second key is ordered behind the first."""
    if order == "number" and earlier.isdecimal() and later.isdecimal():
        return int(earlier) < int(later)
    return earlier < later


def orders_of(keys: Sequence[str], orders: tuple[Order, ...]) -> tuple[Order, ...]:
    """The orders in which each key follows the one before; none where a key comes twice.

    Most services order record numbers as numbers, some as text; a short page may be in both orders.
    """
    found: list[Order] = []
    if "number" in orders and all(map(str.isdecimal, keys)):
        numbers = list(map(int, keys))
        if all(map(lt, numbers, numbers[1:])):
            found.append("number")
    if "text" in orders and all(map(lt, keys, keys[1:])):
        found.append("text")
    return tuple(found)
