"""The objects of the REST API as sources of a pull: pages of raw rows, field names with dots."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from recon.errors import check
from recon.frames.records import names_in, values, values_or_none
from recon.intacct.asking import Compare, Condition, both
from recon.intacct.faults import misunderstood
from recon.intacct.fields import ask_known
from recon.intacct.paging import Reader, Slice, place_of, read_pages
from recon.intacct.readings import ID_FIELDS, REST_LOCATION, REST_READINGS, Reading
from recon.intacct.rest import RestApi
from recon.intacct.rest_replies import RESULT
from recon.store.port import Page, Window
from recon.wire.listing import Listing

LARGEST_PAGE = 4000  # says the vendor
USUAL_PAGE = 2000


def rest_sources(api: RestApi) -> dict[str, RestSource]:
    """Every source of the REST API by its name."""
    made = [RestSource(api, reading) for reading in REST_READINGS]
    return {source.name: source for source in made}


class RestSource:
    """The records of one object, read with the query service in the order of their keys.

    Keys are text in JSON, so nothing says how the service compares them: pages are read by place, each beginning
    with the last row of the one before.
    """

    id_fields = ID_FIELDS

    def __init__(
        self, api: RestApi, reading: Reading, *, page_size: int = USUAL_PAGE, condition: Condition | None = None
    ) -> None:
        check(2 <= page_size <= LARGEST_PAGE, "a page of a query holds 2 to 4000 records", page_size=page_size)
        self.name = f"intacct.{reading.name}"
        self.reading = reading
        self.day_fields = (reading.date,) if reading.date else ()
        self.place_fields = reading.places
        self._api = api
        self._page_size = page_size
        self._condition = condition
        self._fields = (*reading.needed, *reading.wished)
        self._members: frozenset[str] | None = None
        self._listing = Listing(RESULT)

    def row_id(self, row: Mapping[str, object]) -> str:
        """The key of the record."""
        return str(row[self.reading.key])

    def row_ids(self, rows: Sequence[Mapping[str, object]]) -> list[str]:
        """The key of the record of each."""
        return [*map(str, values(rows, self.reading.key))]

    async def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:
        """Pages of the records whose date lies in the window; of all records where the object has no date.

        Raises: RemoteError; Misunderstood where a record lies outside the entity that was asked for.
        """
        reading = self.reading
        dated = Compare(reading.date, "between", (window.start, window.end)) if reading.date else None
        wanted = both(self._condition, dated)

        async def fetch(after: str | None, skip: int) -> Slice:
            behind = Compare(reading.key, "greater", (after,)) if after is not None else None
            return await self._ask(both(wanted, behind), skip)

        async for rows, place in read_pages(Reader(fetch, reading.key, reading.object), place_of(cursor, "place")):
            await self._check_entity(rows)
            yield Page(self._known(rows), place.text() if place else None)

    async def probe(self) -> int:
        """How many records there are; the cheapest question that shows whether the user may read them.

        Raises: RemoteError.
        """
        reading = self.reading
        page = await self._api.query(reading.object, reading.needed[:1], None, order=reading.key, skip=0, size=1)
        return page.total

    async def _ask(self, condition: Condition | None, skip: int) -> Slice:
        async def tried(fields: tuple[str, ...], size: int) -> Slice:
            reading = self.reading
            read = self._listing.read
            return await self._api.query(
                reading.object, fields, condition, order=reading.key, skip=skip, size=size, read=read
            )

        self._fields, page = await ask_known(tried, self._fields, self.reading, self._page_size)
        return page

    def _known(self, rows: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
        """The rows without fields that nobody asked for: Intacct adds aliases whose names change."""
        asked = frozenset(self._fields)
        if asked.issuperset(names_in(rows)):
            return rows
        return [{name: row[name] for name in row if name in asked} for row in rows]

    async def _check_entity(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Raise unless every row lies in the entity asked for: a header that is ignored gives everybody's rows."""
        entity, field = self._api.entity, self.reading.location
        if entity is None or field is None or not rows:
            return
        if self._members is None:
            self._members = await members(self._api, entity)
        places = {str(one) for one in values_or_none(rows, field) if one}
        outside = sorted(places - self._members)
        if outside:
            raise misunderstood(
                f"rows of location {outside[0]} came where entity {entity} was asked for; check that the user may "
                "enter this entity",
                locations_outside=len(outside),
            )


async def members(api: RestApi, entity: str) -> frozenset[str]:
    """The ids of an entity and of every location below it.

    Raises: RemoteError.
    """
    parents: dict[str, str] = {}
    reading = Reading(REST_LOCATION.name, REST_LOCATION.object, ("key", "id", "parent.id"), key="key")

    async def fetch(_after: str | None, skip: int) -> Slice:
        return await api.query(reading.object, reading.needed, None, order=reading.key, skip=skip, size=USUAL_PAGE)

    async for rows, _ in read_pages(Reader(fetch, reading.key, reading.object), place_of(None, "place")):
        parents |= {str(row.get("id") or ""): str(row.get("parent.id") or "") for row in rows}
    inside = {entity}
    while found := {child for child, parent in parents.items() if parent in inside and child not in inside}:
        inside |= found
    return frozenset(inside)
