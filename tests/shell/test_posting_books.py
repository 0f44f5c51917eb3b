"""The books read again before an entry is sent are the ledger of the run: through either API, and by what is closed."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator

import polars as pl
import pytest
from make_corrections import content

from recon.bench.posting.schedule import BY_REST, BY_XML
from recon.intacct.frames import accounts, ledger, locations, written
from recon.intacct.gateway import XmlGateway
from recon.intacct.rest import RestApi
from recon.intacct.xml_sources import xml_sources
from recon.lifecycle import Content
from recon.period import parse_period
from recon.posting.books import Books, basis_of, entities_off, group_of, masters_of, objections
from recon.posting.reading import RestBooks, XmlBooks
from recon.sandbox.app import make_app
from recon.sandbox.world import World
from recon.store.port import Window
from recon.wire import HttpWire, in_process

HOME = "http://127.0.0.1:8700"
SEPTEMBER = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
MONTH = parse_period("2026-09")
DAYS = (dt.date(2026, 9, 8), dt.date(2026, 9, 16), dt.date(2026, 9, 30))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A small month that no test changes but the last."""
    made = World.of_demo(stores=2)
    yield made
    made.close()


async def pulled(wire: HttpWire) -> dict[str, pl.DataFrame]:
    """Ledger, chart and places as a pull of the month gives them."""
    sources = xml_sources(XmlGateway(wire, BY_XML, base_url=HOME))
    rows = {
        name: [row async for page in sources[f"intacct.{name}"].pages(SEPTEMBER, None) for row in page.rows]
        for name in ("gldetail", "glbatch", "glaccount", "location", "formatting")
    }
    how = written(rows["formatting"])
    return {
        "ledger": ledger(rows["gldetail"], how=how, batches=rows["glbatch"]).frame,
        "accounts": accounts(rows["glaccount"]).frame,
        "locations": locations(rows["location"]).frame,
    }


def entry_of_two(run: pl.DataFrame, day: dt.date) -> Content:
    """A correction between two accounts that move on that day at one place."""
    lines = run.filter(pl.col("posting_date") == day, pl.col("location").is_not_null())
    place = lines["location"].sort()[0]
    first, second = lines.filter(pl.col("location") == place)["account"].unique().sort()[:2]
    return content(f"{first} 1.00 {place}", f"{second} -1.00 {place}", posting_date=day)


@pytest.mark.parametrize("api", ["xml", "rest"])
def test_the_books_read_again_are_those_of_the_run_until_a_line_changes(world: World, api: str) -> None:
    async def work() -> None:
        async with HttpWire(HOME, transport=in_process(make_app(world))) as wire:
            run = (await pulled(wire))["ledger"]
            books: Books = XmlBooks(XmlGateway(wire, BY_XML, base_url=HOME), currency="USD")
            if api == "rest":
                books = RestBooks(RestApi(wire, BY_REST), currency="USD")
            for day in DAYS:
                group = group_of(entry_of_two(run, day), MONTH, 5)
                again = await books.lines(group)
                assert again.height > 0
                assert basis_of(again, group) == basis_of(run, group)

                world.write("UPDATE intacct_line SET cents = cents + 1, trx_cents = trx_cents + 1 WHERE recordno = ?",
                            (again["line_id"][0].removeprefix("intacct:"),))  # fmt: skip
                assert basis_of(await books.lines(group), group) != basis_of(run, group)
                world.write("UPDATE intacct_line SET cents = cents - 1, trx_cents = trx_cents - 1 WHERE recordno = ?",
                            (again["line_id"][0].removeprefix("intacct:"),))  # fmt: skip

    asyncio.run(work())


def test_chart_and_places_of_a_pull_say_what_an_entry_lacks(world: World) -> None:
    async def work() -> dict[str, pl.DataFrame]:
        async with HttpWire(HOME, transport=in_process(make_app(world))) as wire:
            return await pulled(wire)

    frames = asyncio.run(work())
    masters = masters_of(frames["accounts"], frames["locations"])
    (place, entity), *_ = sorted(masters.entities.items())
    entry = content(f"6510 12.00 {place}", "1250 -12.00")
    open_from = {entity: dt.date(2026, 10, 1)}

    told = list(objections(entry, masters, open_from, None))

    assert f"the general ledger of entity {entity} is closed through 2026-09-30, the entry is of 2026-09-30" in told[0]
    assert "line 2: account 1250 requires a location" in told[1]
    assert "do not balance in every entity" in told[2]
    assert not entities_off(content(f"6510 12.00 {place}", f"1250 -12.00 {place}").lines, masters)
    assert list(objections(content(f"6510 12.00 {place}", f"1250 -12.00 {place}"), masters, {}, None)) == []
