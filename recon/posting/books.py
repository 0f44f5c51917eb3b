"""What the ledger's books must say before an entry is sent: the difference still there, periods open, lines complete.

Pure but for the port; `recon.posting.reading` reads the books from either API.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

import polars as pl

from recon.errors import RemoteError
from recon.frames import dimensions_in
from recon.identity import digest_fields, posting_key_in
from recon.lifecycle import Content, ContentLine
from recon.money import ZERO
from recon.period import Period

_DAY = dt.timedelta(days=1)
AND = " | "  # between the parts of a basis
_ALIKE = " alike"  # of a part of a basis that is about lines of the content's own amounts alone
_IN_LINE = {
    "location": "location", "department": "department", "class": "class_", "project": "project", "customer": "customer",
}  # fmt: skip
_KEY = posting_key_in(pl.col("reference").fill_null(""))
_COMPARED = ("posting_date", "account", "location", "department", "amount")


@dataclass(frozen=True)
class Group:
    """Where a correction books: its accounts at its places, some days around its own."""

    accounts: tuple[str, ...]
    locations: tuple[str, ...]  # empty: lines without a location alone
    start: dt.date
    end: dt.date
    amounts: frozenset[Decimal] = frozenset()  # of these alone, debit or credit; empty: of any


@dataclass(frozen=True)
class Masters:
    """What chart and places ask of lines."""

    required: Mapping[str, frozenset[str]] = field(default_factory=dict)  # dimensions by account
    inactive: frozenset[str] = frozenset()  # accounts
    entities: Mapping[str, str] = field(default_factory=dict)  # by location
    unplaced: frozenset[str] = frozenset()  # locations whose entity nobody told, and that are the entity of no other
    closed_through: dt.date | None = None  # as a person says of books whose interface does not tell

    def entity_of(self, line: ContentLine) -> str:
        """The entity of the line's location; the top level is empty."""
        return self.entities.get(line.location, line.location) if line.location else ""


class Books(Protocol):
    """The books as they stand in this moment."""

    async def lines(self, group: Group) -> pl.DataFrame:
        """LEDGER of the posted lines of the group.

        Raises: RemoteError.
        """
        ...

    async def open_from(self) -> Mapping[str, dt.date]:
        """The first open day of the general ledger by entity; an entity that is not told is absent.

        Raises: RemoteError.
        """
        ...

    async def entities(self) -> Mapping[str, str]:
        """The entity at the top of each location; a location at the top is its own.

        Raises: RemoteError.
        """
        ...


def masters_of(accounts: pl.DataFrame, locations: pl.DataFrame) -> Masters:
    """What ACCOUNTS and LOCATIONS ask of lines."""
    asked = accounts.select("account", "required_dimensions", "status").iter_rows()
    rows = [(account, dimensions_in(needed), status) for account, needed, status in asked]
    places = dict(locations.select("location", "entity").drop_nulls().iter_rows())
    known = {*places, *places.values()}
    return Masters(
        {account: needed for account, needed, _ in rows if needed},
        frozenset(account for account, _, status in rows if status == "inactive"),
        places,
        frozenset(place for place in locations["location"] if place not in known),
    )


async def with_places(masters: Masters, books: Books) -> Masters:
    """What chart and places ask, with the entities that the ledger knows and LOCATIONS does not.

    A store is closed when its entity is, so that it must not be taken for one. Raises: RemoteError where the ledger
    may tell another time; where it never does, such a store stays `unplaced`.
    """
    if not masters.unplaced:
        return masters
    try:
        told = await books.entities()
    except RemoteError as fault:
        if fault.retryable:
            raise
        return masters
    return replace(masters, entities={**told, **masters.entities}, unplaced=masters.unplaced.difference(told))


def group_of(content: Content, period: Period, window_days: int) -> Group:
    """Where the content books: some days around its own, within the period, which is what a run reads for certain."""
    around = dt.timedelta(days=window_days)
    start, end = max(content.posting_date - around, period.start), min(content.posting_date + around, period.end)
    return group_around(content, start, end)


def groups_in(content: Content, basis: str) -> list[tuple[str, Group]]:
    """Each part of the basis, with where the content books on the days that it is about; none for an empty basis."""
    found = []
    for part in filter(None, basis.split(AND)):
        start, end, _, *alike = part.split(" ")
        group = group_around(content, dt.date.fromisoformat(start), dt.date.fromisoformat(end))
        amounts = frozenset(abs(line.amount) for line in content.lines) if alike else frozenset()
        found.append((part, replace(group, amounts=amounts)))
    return found


def group_around(content: Content, start: dt.date, end: dt.date) -> Group:
    """Where the content books, between two days."""
    accounts = tuple(sorted({line.account for line in content.lines}))
    locations = tuple(sorted({line.location for line in content.lines if line.location}))
    return Group(accounts, locations, start, end)


def basis_of(ledger: pl.DataFrame, group: Group) -> str:
    """First day, last day and digest in hex of the group's posted lines in LEDGER, without what was booked by recon.

    Where the group is of some amounts alone, a last word says so.

    Told by content, not by line id: the ledger of a run may have come from a file.
    """
    lines = _posted(lines_of(ledger, group)).filter(_KEY.is_null())
    rows = sorted(tuple("" if one is None else str(one) for one in row) for row in lines.select(_COMPARED).iter_rows())
    digest = digest_fields(word for row in rows for word in row).hex()
    return f"{group.start} {group.end} {digest}{_ALIKE if group.amounts else ''}"


def lines_of(ledger: pl.DataFrame, group: Group) -> pl.DataFrame:
    """The lines of LEDGER that the group is about, posted or not."""
    place = pl.col("location")
    return ledger.filter(
        pl.col("account").is_in(group.accounts),
        place.is_in(group.locations) if group.locations else place.is_null(),
        pl.col("posting_date").is_between(group.start, group.end),
        pl.col("amount").abs().is_in(sorted(group.amounts)) if group.amounts else pl.lit(value=True),
    )


def keys_in(ledger: pl.DataFrame) -> frozenset[str]:
    """The posting keys under which LEDGER shows something as posted."""
    return frozenset(_posted(ledger).select(_KEY).to_series().drop_nulls())


def _posted(ledger: pl.DataFrame) -> pl.DataFrame:
    is_posted = pl.col("state").is_null() | (pl.col("state") == "Posted")
    return ledger.filter(is_posted & ~pl.col("statistical").fill_null(value=False))


def objections(
    content: Content, masters: Masters, open_from: Mapping[str, dt.date], base_location: str | None
) -> Iterator[str]:
    """Why the books, as they are kept, do not take the content; nothing where they do."""
    yield from _closed(content, masters, open_from)
    for number, line in enumerate(content.lines, start=1):
        yield from _incomplete(line, number, masters)
    off = entities_off(content.lines, masters)
    if off and base_location is None:
        told = ", ".join(f"{entity or 'without entity'} by {amount:+.2f}" for entity, amount in off.items())
        lacking = sorted(masters.unplaced.intersection(off))
        mend = _place_it(lacking) if lacking else "book it between the entities by hand"
        yield f"its lines do not balance in every entity ({told}): {mend}"


def entities_off(lines: Sequence[ContentLine], masters: Masters) -> dict[str, Decimal]:
    """Debits less credits of the entities in which the lines do not balance."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        sums[masters.entity_of(line)] += line.amount
    return {entity: amount for entity, amount in sorted(sums.items()) if amount != ZERO}


def _closed(content: Content, masters: Masters, open_from: Mapping[str, dt.date]) -> Iterator[str]:
    """The entities in which a day of the content is closed; a line of the top level touches all of them."""
    touched = {masters.entity_of(line) for line in content.lines}
    concerned = touched | open_from.keys() if "" in touched else touched
    unknown = sorted(touched & masters.unplaced - open_from.keys()) if open_from else []
    if unknown:
        yield f"whether its books are open is not known, as nobody told its entity: {_place_it(unknown)}"
    for day in (content.posting_date, content.reversal_date):
        for entity in sorted(concerned):
            last = _last_closed(entity, masters, open_from)
            if day is not None and last is not None and day <= last:
                yield (
                    f"the general ledger{f' of entity {entity}' if entity else ''} is closed through {last}, the "
                    f"entry is of {day}: open the period in Intacct, and under [books] of sources.toml where it is "
                    "closed there, or decline the entry; its date is never shifted"
                )


def _place_it(locations: Iterable[str]) -> str:
    return f"fill `entity` of {', '.join(locations)} in locations.csv and close again"


def _last_closed(entity: str, masters: Masters, open_from: Mapping[str, dt.date]) -> dt.date | None:
    """The last closed day as the interface tells it, else as a person does; the top level is closed as its entities."""
    if entity in open_from:
        return open_from[entity] - _DAY
    return None if not entity and open_from else masters.closed_through


def _incomplete(line: ContentLine, number: int, masters: Masters) -> Iterator[str]:
    if line.account in masters.inactive:
        yield f"line {number}: account {line.account} is inactive in the chart"
    for name in sorted(masters.required.get(line.account, ())):
        if not getattr(line, _IN_LINE.get(name, name), None):
            yield f"line {number}: account {line.account} requires a {name}: complete the posting rule and close again"
