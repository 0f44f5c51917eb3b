"""The client of Heartland Retail: collections as pages of raw rows, read behind the last id."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recon.heartland.retail_tokens import RetailSignIn, words_of
from recon.heartland.retail_windows import READINGS, Reading, is_inside
from recon.heartland.tickets import ID_FIELDS
from recon.store.content import made_up_id
from recon.store.port import Page, Window
from recon.wire import Answer, Ask, Misunderstood, NotSignedIn, Refused, Secret, Throttled, Wire

PER_PAGE = 200
_AT_ONCE = 4  # calls for parts of tickets; the vendor advises against many in parallel
Row = Mapping[str, Any]


class Retail:
    """The collections of one shop; the wire's base URL ends in `/api`."""

    def __init__(self, wire: Wire, sign_in: RetailSignIn, *, per_page: int = PER_PAGE) -> None:
        self._wire = wire
        self._sign_in = sign_in
        self.per_page = per_page

    async def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> tuple[int, Any]:
        """Status (200, 400 or 404) and JSON of a collection or a record; signs in again once where that helps.

        Raises: NotSignedIn, Refused, Misunderstood; what the wire raises.
        """
        token = await self._sign_in.bearer()
        answer = await self._ask(path, query, token)
        if answer.status == 401 and self._sign_in.renews:
            answer = await self._ask(path, query, await self._sign_in.bearer(token))
        return answer.status, _checked(answer, path)

    async def _ask(self, path: str, query: Sequence[tuple[str, str]], token: Secret) -> Answer:
        headers = {"Authorization": f"Bearer {token.reveal()}", "Accept": "application/json"}
        return await self._wire.ask(Ask("GET", path, query=tuple(query), headers=headers, wants="json"))


def _checked(answer: Answer, path: str) -> Any:
    """The JSON of an answer that may be used.

    Raises: NotSignedIn, Refused, Throttled, Misunderstood.
    """
    if answer.status == 401:
        raise NotSignedIn("Heartland Retail does not know this token; make a new one under My Account, API Tokens")
    if answer.status == 403:
        raise Refused(
            f"Heartland Retail does not allow this token to read {path}; give the token's user the right to read it"
        )
    told = answer.json()
    if answer.status in (400, 404):
        return told
    if answer.status >= 400 or (isinstance(told, Mapping) and told.get("error") and "results" not in told):
        words = words_of(told)
        if "rate limit" in words.casefold() or "throttl" in words.casefold():
            raise Throttled(f"Heartland Retail asks for fewer requests ({words}); pull again later")
        raise Misunderstood(f"Heartland Retail did not take the request ({words})", status=answer.status)
    return told


def retail_sources(retail: Retail) -> dict[str, RetailSource]:
    """Every source of the shop by its name: retail.tickets, retail.payments, retail.payment_types and so on."""
    return {reading.name: RetailSource(retail, reading) for reading in READINGS}


class RetailSource:
    """One collection, read in the order of its ids, each page behind the last id that was seen.

    So nothing is missed or doubled whatever is added or taken away meanwhile. Where the service refuses to filter
    by id, pages are read by number; where it refuses to filter by day, days are compared here.
    """

    id_fields = (*ID_FIELDS, "ticket_id", "portico_transaction_id")

    def __init__(self, retail: Retail, reading: Reading) -> None:
        self.name = reading.name
        self.day_fields = reading.days
        self._retail = retail
        self._reading = reading

    def row_id(self, row: Mapping[str, object]) -> str:
        """Heartland Retail's own id of the record; where it gives none, the digest of the row."""
        return str(row.get("id") or "").strip() or made_up_id(row)

    async def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:
        """Pages of the records whose day at the store lies in the window; of all where the collection has no days.

        Raises: RemoteError.
        """
        place = _Place.read(cursor)
        while True:
            told = await self._page(window, place)
            if isinstance(told, _Place):  # the service refused a filter: ask for the same page without it
                place = told
                continue
            rows = _results(told, self._reading.path)
            behind = place.behind(rows, told, self._retail.per_page)
            kept = [row for row in rows if is_inside(self._reading, row, window)]
            whole = [row async for row in self._with_parts(kept)]
            yield Page(tuple(whole), None if behind is None else behind.text())
            if behind is None:
                return
            place = behind

    async def _page(self, window: Window, place: _Place) -> Any:
        """The JSON of one page, or the place to try instead where a filter or an embedding was refused."""
        query = [("per_page", str(self._retail.per_page)), ("sort[]", "id,asc")]
        if place.by_id and place.last is not None:
            query.append(("~[id][$gt]", str(place.last)))
        if not place.by_id:
            query.append(("page", str(place.page)))
        query += self._reading.filters(window, place.days)
        if place.narrows and self._reading.only is not None:
            query.append((f"~[{self._reading.only}]", "true"))
        if place.embeds:
            query += [("_include[]", part) for part in self._reading.parts]
        status, told = await self._retail.get(f"/{self._reading.path}", query)
        if status == 200:
            return told
        words = words_of(told)
        if status == 400:
            simpler = place.simpler(words, self._reading)
            if simpler is not None:
                return simpler
        raise Misunderstood(f"Heartland Retail does not list {self._reading.path} ({words})", status=status)

    async def _with_parts(self, rows: Sequence[Row]) -> AsyncIterator[Row]:
        """The rows with their lines and payments, asked for one by one where the list does not embed them."""
        for at in range(0, len(rows), _AT_ONCE):
            some = rows[at : at + _AT_ONCE]
            for row in await asyncio.gather(*(self._completed(row) for row in some)):
                yield row

    async def _completed(self, row: Row) -> Row:
        is_named = bool(str(row.get("id") or "").strip())  # nobody can ask for the parts of another one
        missing = [part for part in self._reading.parts if is_named and not isinstance(row.get(part), list)]
        found = {part: await self._part(row["id"], part) for part in missing}
        return {**row, **found} if found else row

    async def _part(self, number: object, part: str) -> list[Any]:
        rows: list[Any] = []
        page = 1
        while True:
            query = [("per_page", str(self._retail.per_page)), ("page", str(page))] if page > 1 else []
            status, told = await self._retail.get(f"/{self._reading.path}/{number}/{part}", query)
            if status != 200:
                words = words_of(told)
                raise Misunderstood(f"Heartland Retail does not tell the {part} of {number} ({words})", status=status)
            if isinstance(told, list):
                return told
            rows += _results(told, f"{self._reading.path}/{number}/{part}")
            pages = told.get("pages")
            if not isinstance(pages, int) or page >= pages:
                return rows
            page += 1


def _results(told: Any, path: str) -> list[Any]:
    """The records of a page; null, which some services write for none, is none.

    Raises: Misunderstood where the page has no list of records.
    """
    if isinstance(told, Mapping) and "results" in told:
        results = told["results"]
        if results is None:
            return []
        if isinstance(results, list) and all(isinstance(row, Mapping) for row in results):
            return results
    raise Misunderstood(
        f"Heartland Retail's page of {path} has no list of records; check that the address ends in /api"
    )


@dataclass(frozen=True)
class _Place:
    """How far a reading has come, and what the service refused so far."""

    last: int | None = None  # the id of the last record
    page: int = 1  # read by number only where ids cannot be filtered
    by_id: bool = True
    days: int = 0  # which of the reading's ways to filter by day is used
    embeds: bool = True
    narrows: bool = True  # asks for rows with the reading's mark alone

    def text(self) -> str:
        """The place as the cursor of a pull."""
        return json.dumps([self.last, self.page, self.by_id, self.days, self.embeds, self.narrows])

    @staticmethod
    def read(cursor: str | None) -> _Place:
        """The place that a cursor names. Raises: Misunderstood for a cursor that is none of ours."""
        if cursor is None:
            return _Place()
        try:
            last, page, by_id, days, embeds, narrows = json.loads(cursor)
            return _Place(last, int(page), bool(by_id), int(days), bool(embeds), bool(narrows))
        except (ValueError, TypeError) as cause:
            raise Misunderstood(
                "the saved cursor of Heartland Retail cannot be read; pull the window from its start"
            ) from cause

    def simpler(self, words: str, reading: Reading) -> _Place | None:
        """The same place without what the service just refused; None if there is nothing left to leave out."""
        refused = words.casefold()
        if self.embeds and reading.parts and "include" in refused:
            return replace(self, embeds=False)
        if self.narrows and reading.only is not None and reading.only in refused:
            return replace(self, narrows=False)
        if self.days < len(reading.days) and reading.days[self.days] in refused:
            return replace(self, days=self.days + 1)
        if self.by_id and self.last is not None:
            return replace(self, by_id=False, last=None, page=1)
        return None

    def behind(self, rows: Sequence[Row], told: Mapping[str, Any], per_page: int) -> _Place | None:
        """The place behind a page; None where the page is the last.

        Where no record of a page has an id to go on from, the rest is read by the number of the page: what was read
        until then comes again, and is known.

        Raises: Misunderstood where the service does not order by id as it was asked to.
        """
        if not self.by_id:
            pages = told.get("pages")
            more = self.page < pages if isinstance(pages, int) else len(rows) >= per_page
            return replace(self, page=self.page + 1) if more and rows else None
        numbers = [number for row in rows if (number := _number(row)) is not None]
        if numbers != sorted(set(numbers)) or (numbers and self.last is not None and numbers[0] <= self.last):
            raise Misunderstood("Heartland Retail does not list records in the order of their ids, as it was asked to")
        # `total` counts what is behind the last id, so it tells the last page even if pages are shorter than asked.
        total = told.get("total")
        more = len(rows) < total if isinstance(total, int) else bool(rows)
        if more and rows and not numbers:
            return replace(self, by_id=False, last=None, page=2 if self.last is None else 1)
        return replace(self, last=numbers[-1]) if more and rows else None


def _number(row: Row) -> int | None:
    """The record's number; None where it has none: it is told when it is used."""
    text = str(row.get("id") or "").strip()
    return int(text) if text.isascii() and text.isdigit() else None
