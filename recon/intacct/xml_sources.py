"""The objects of the XML gateway as sources of a pull: pages of raw rows, field names in capitals."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from recon.errors import check
from recon.frames.records import values
from recon.intacct.asking import Compare, Condition, as_xml, both, legacy_date, node, wrap
from recon.intacct.faults import misunderstood
from recon.intacct.fields import ask_known
from recon.intacct.gateway import XmlGateway
from recon.intacct.paging import Reader, Slice, place_of, read_pages
from recon.intacct.readings import ID_FIELDS, XML_READINGS, Reading
from recon.intacct.replies import Result, Row
from recon.store.port import Page, Window

LARGEST_PAGE = 2000  # of `query`, says the vendor
LARGEST_OLD_PAGE = 1000  # of `readByQuery`
MOST_KEYS = 100  # of `read` and `readByName`
_RESTARTS = 3


def xml_sources(gateway: XmlGateway) -> dict[str, XmlSource | TrialBalance | Formatting]:
    """Every source of the gateway by its name."""
    made: list[XmlSource | TrialBalance | Formatting] = [XmlSource(gateway, one) for one in XML_READINGS]
    made += [TrialBalance(gateway), Formatting(gateway)]
    return {source.name: source for source in made}


class XmlSource:
    """The records of one object, read with `query` in the order of their record numbers."""

    id_fields = ID_FIELDS

    def __init__(
        self,
        gateway: XmlGateway,
        reading: Reading,
        *,
        page_size: int = LARGEST_PAGE,
        condition: Condition | None = None,
    ) -> None:
        check(2 <= page_size <= LARGEST_PAGE, "a page of `query` holds 2 to 2000 records", page_size=page_size)
        self.name = f"intacct.{reading.name}"
        self.reading = reading
        self.day_fields = (reading.date,) if reading.date else ()
        self.place_fields = reading.places
        self._gateway = gateway
        self._page_size = page_size
        self._condition = condition
        self._fields = (*reading.needed, *reading.wished)

    def row_id(self, row: Mapping[str, object]) -> str:
        """The record number."""
        return str(row[self.reading.key])

    def row_ids(self, rows: Sequence[Mapping[str, object]]) -> list[str]:
        """The record number of each."""
        return [*map(str, values(rows, self.reading.key))]

    async def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:
        """Pages of the records whose date lies in the window; of all records where the object has no date.

        Raises: RemoteError.
        """
        reading = self.reading
        dated = Compare(reading.date, "between", (window.start, window.end)) if reading.date else None
        wanted = both(self._condition, dated)

        async def fetch(after: str | None, skip: int) -> Slice:
            behind = Compare(reading.key, "greater", (after,)) if after is not None else None
            return _slice(await self._ask(both(wanted, behind), skip), skip)

        async for rows, place in read_pages(Reader(fetch, reading.key, reading.object), place_of(cursor, "key")):
            yield Page(rows, place.text() if place else None)

    async def probe(self) -> int:
        """How many records there are; the cheapest question that shows whether the user may read them.

        Raises: RemoteError.
        """
        result = await self._query(self.reading.needed[:1], None, 0, 1)
        return result.count("totalcount") or 0

    async def _ask(self, condition: Condition | None, skip: int) -> Result:
        """One page; fields that this company's Intacct does not know are left out, once and for all."""

        async def tried(fields: tuple[str, ...], page_size: int) -> Result:
            return await self._query(fields, condition, skip, page_size)

        self._fields, result = await ask_known(tried, self._fields, self.reading, self._page_size)
        return result

    async def _query(self, fields: Sequence[str], condition: Condition | None, skip: int, page_size: int) -> Result:
        reading = self.reading
        parts = [
            node("object", reading.object),
            wrap("select", *(node("field", field) for field in fields)),
            *([wrap("filter", as_xml(condition))] if condition else []),
            wrap("orderby", wrap("order", node("field", reading.key), "<ascending/>")),
            # Without it the top level leaves out what entities keep to themselves.
            wrap("options", node("showprivate", "true")),
            node("pagesize", str(page_size)),
            node("offset", str(skip)),
            *([node("docparid", reading.definition)] if reading.definition else []),
        ]
        return await self._gateway.ask_one(wrap("query", *parts))


def _slice(result: Result, skip: int) -> Slice:
    """The page in a result of `query`, its counts as told; where they are not told, as they must be.

    Raises: Misunderstood where the result has no data.
    """
    if not result.has_data:
        raise misunderstood("a query answered without data")
    rows = result.rows
    left, total = result.count("numremaining"), result.count("totalcount")
    if left is None:
        left = 0 if total is None else max(total - skip - len(rows), 0)
    return Slice(rows, skip + len(rows) + left if total is None else total, left)


class TrialBalance:
    """The trial balance of a window by account and location, one page."""

    name = "intacct.trialbalance"
    id_fields = ID_FIELDS

    def __init__(self, gateway: XmlGateway, *, book: str | None = None) -> None:
        self._gateway = gateway
        self._book = book

    def row_id(self, row: Mapping[str, object]) -> str:
        """Account, location and department, and behind them currency and book where the row tells them."""
        place = [str(row.get(name) or "") for name in ("GLACCOUNTNO", "LOCATIONID", "DEPARTMENTID")]
        return "|".join(
            [*place, *(f"{row[name]}" for name in ("CURRENCY", "REPORTINGBOOK", "BOOKID") if row.get(name))]
        )

    async def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:  # noqa: ARG002 (the port's)
        """One page with a row per account and location: opening, debits, credits and closing of the window.

        Raises: RemoteError.
        """
        entity = self._gateway.credentials.entity
        parts = [
            legacy_date("startdate", window.start),
            legacy_date("enddate", window.end),
            node("showzerobalances", "false"),
            node("showdeptdetail", "false"),
            node("showlocdetail", "true"),
            *([node("reportingbook", self._book)] if self._book else []),
            node("statistical", "exclude"),
            *([node("locationid", entity)] if entity else []),
        ]
        result = await self._gateway.ask_one(wrap("get_trialbalance", *parts))
        yield Page(result.rows, None)


class Formatting:
    """How Intacct writes moments for this user: locale, date format, clock and offset; one row."""

    name = "intacct.formatting"
    id_fields = frozenset[str]()

    def __init__(self, gateway: XmlGateway) -> None:
        self._gateway = gateway

    def row_id(self, row: Mapping[str, object]) -> str:
        """The record number of the user."""
        return str(row.get("RECORDNO") or "user")

    async def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:  # noqa: ARG002 (the port's)
        """One page with one row.

        Raises: RemoteError.
        """
        user = self._gateway.credentials.user_id
        result = await self._gateway.ask_one(wrap("readUserFormatting", node("userId", user)))
        yield Page(result.rows[:1], None)


async def read_by_query(
    gateway: XmlGateway, name: str, query: str, *, fields: Sequence[str] = ("*",), page_size: int = LARGEST_OLD_PAGE
) -> list[Row]:
    """All records of the older `readByQuery`, its query in the vendor's words, without doubles.

    A page that went lost cannot be asked for again (the server has moved on), so then all begins anew.

    Raises: RemoteError.
    """
    check(1 <= page_size <= LARGEST_OLD_PAGE, "a page of readByQuery holds 1 to 1000 records", page_size=page_size)
    for attempt in range(1, _RESTARTS + 1):
        rows, total = await _read_once(gateway, name, query, fields, page_size)
        if total is None or len(rows) == total:
            return rows
        if attempt == _RESTARTS:
            raise misunderstood(f"readByQuery of {name} promised {total} records and gave {len(rows)}")
    raise AssertionError("the loop returns or raises")


async def _read_once(
    gateway: XmlGateway, name: str, query: str, fields: Sequence[str], page_size: int
) -> tuple[list[Row], int | None]:
    body = wrap(
        "readByQuery",
        node("object", name),
        node("fields", ",".join(fields)),
        node("query", query),
        node("pagesize", str(page_size)),
    )
    result = await gateway.ask_one(body)
    total, result_id = result.count("totalcount"), result.attributes.get("resultId", "")
    found: dict[object, Row] = {}
    while True:
        found |= {row.get("RECORDNO") or len(found) + at: row for at, row in enumerate(result.rows)}
        if not result.count("numremaining"):
            return list(found.values()), total
        if not result.rows or not result_id:
            raise misunderstood(f"readByQuery of {name} says that records are left and gives no way to them")
        result = await gateway.ask_one(wrap("readMore", node("resultId", result_id)))
        result_id = result.attributes.get("resultId", "") or result_id


def xml_where(field: str, text: str) -> str:
    """`field = 'text'` in the words of readByQuery, quotes escaped."""
    return f"{field} = '{text.replace(chr(92), chr(92) * 2).replace(chr(39), chr(92) + chr(39))}'"


async def read_keys(gateway: XmlGateway, name: str, keys: Sequence[str], *, by_name: bool = False) -> list[Row]:
    """The whole records with these keys (or ids, by name), in portions that the vendor allows.

    Raises: RemoteError.
    """
    tag = "readByName" if by_name else "read"
    found: list[Row] = []
    for at in range(0, len(keys), MOST_KEYS):
        portion = ",".join(keys[at : at + MOST_KEYS])
        body = wrap(tag, node("object", name), node("keys", portion), node("fields", "*"))
        found += (await gateway.ask_one(body)).rows
    return found
