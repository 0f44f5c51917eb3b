"""Both of Intacct's APIs against the sandbox in this process: reading, writing, ended sessions, entities."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

import pytest

from recon.intacct.credentials import RestCredentials, XmlCredentials
from recon.intacct.entries import Entry, EntryLine
from recon.intacct.frames import accounts, balances, ledger, rest_ledger, rest_locations, written
from recon.intacct.frames import locations as xml_locations
from recon.intacct.gateway import XmlGateway
from recon.intacct.readings import GLDETAIL, JOURNAL_ENTRY_LINE
from recon.intacct.rest import RestApi
from recon.intacct.rest_sources import RestSource, rest_sources
from recon.intacct.rest_writer import RestWriter
from recon.intacct.xml_sources import XmlSource, read_by_query, xml_sources
from recon.intacct.xml_writer import XmlWriter
from recon.sandbox.app import make_app
from recon.sandbox.world import DEMO_ACCESS, World
from recon.store.port import Window
from recon.wire import HttpWire, NotSignedIn, Secret, in_process, run

Got = TypeVar("Got")
HOME = "http://127.0.0.1:8700"
SEPTEMBER = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
BY_XML = XmlCredentials(
    DEMO_ACCESS["intacct.sender_id"],
    Secret(DEMO_ACCESS["intacct.sender_password"]),
    DEMO_ACCESS["intacct.company_id"],
    DEMO_ACCESS["intacct.user_id"],
    Secret(DEMO_ACCESS["intacct.user_password"]),
)
BY_REST = RestCredentials(
    DEMO_ACCESS["intacct.client_id"],
    Secret(DEMO_ACCESS["intacct.client_secret"]),
    f"{DEMO_ACCESS['intacct.user_id']}@{DEMO_ACCESS['intacct.company_id']}",
)
FEES = Entry(
    "RCNAAAABBBBCCCCDDDDEEEE1",
    "GJ",
    dt.date(2026, 9, 30),
    "Fees of September",
    (
        EntryLine("6510", Decimal("10.50"), location="100", department="FOH", document="D-1", memo="fee & tax"),
        EntryLine("1250", Decimal("-10.50"), location="100", department="FOH"),
    ),
)


@pytest.fixture(scope="module")
def september() -> Iterator[World]:
    """A demo month that no test changes."""
    world = World.of_demo()
    yield world
    world.close()


@pytest.fixture
def world() -> Iterator[World]:
    """A demo month of one's own."""
    world = World.of_demo(stores=2)
    yield world
    world.close()


def using(world: World, work: Callable[[HttpWire], Awaitable[Got]]) -> Got:
    async def opened() -> Got:
        async with HttpWire(HOME, transport=in_process(make_app(world))) as wire:
            return await work(wire)

    return run(opened())


async def all_rows(source: XmlSource | RestSource) -> list[dict[str, object]]:
    return [dict(row) async for page in source.pages(SEPTEMBER, None) for row in page.rows]


def gateway(wire: HttpWire, credentials: XmlCredentials = BY_XML) -> XmlGateway:
    return XmlGateway(wire, credentials, base_url=HOME)


def test_a_month_read_through_either_api_is_the_same_ledger(september: World) -> None:
    async def work(wire: HttpWire) -> tuple[dict[str, list[dict[str, object]]], dict[str, list[dict[str, object]]]]:
        by_xml = xml_sources(gateway(wire))
        by_rest = rest_sources(RestApi(wire, BY_REST))
        return (
            {name: await all_rows(source) for name, source in by_xml.items()},  # type: ignore[arg-type]
            {name: await all_rows(source) for name, source in by_rest.items()},
        )

    xml, rest = using(september, work)
    by_xml = ledger(xml["intacct.gldetail"], how=written(xml["intacct.formatting"]), batches=xml["intacct.glbatch"])
    by_rest = rest_ledger(
        rest["intacct.journal_entry_line"],
        entries=rest["intacct.journal_entry"],
        books=rest["intacct.journal"],
        places=rest["intacct.rest_location"],
    )

    assert by_xml.frame.height > 5000
    assert by_xml.rejected.is_empty()
    assert by_rest.rejected.is_empty()
    # A journal tells one book only; GLDETAIL tells the book of every line.
    same = by_xml.frame.drop("book").sort("line_id")
    assert same.equals(by_rest.frame.drop("book").sort("line_id"))
    assert by_xml.frame["amount"].sum() == Decimal("0.00")
    places = xml_locations(xml["intacct.location"]).frame
    assert places.equals(rest_locations(rest["intacct.rest_location"]).frame)
    assert accounts(xml["intacct.glaccount"]).frame["required_dimensions"].unique().to_list() == ["location"]


def test_the_trial_balance_is_what_the_ledger_lines_add_up_to(september: World) -> None:
    async def work(wire: HttpWire) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
        sources = xml_sources(gateway(wire))
        return await all_rows(sources["intacct.trialbalance"]), await all_rows(sources["intacct.gldetail"])  # type: ignore[arg-type]

    totals, lines = using(september, work)
    found = balances(totals, period="2026-09")

    assert found.rejected.is_empty()
    moved = found.frame["debits"].sum() - found.frame["credits"].sum()
    assert moved == Decimal("0.00")
    assert len(lines) > 5000


@pytest.mark.parametrize("page_size", [2, 7, 500])
def test_small_pages_give_the_same_lines(world: World, page_size: int) -> None:
    async def work(wire: HttpWire) -> tuple[list[str], list[str], list[str]]:
        books, api = gateway(wire), RestApi(wire, BY_REST)
        few = Window(dt.date(2026, 9, 14), dt.date(2026, 9, 14))
        by_xml = XmlSource(books, GLDETAIL, page_size=page_size)
        by_rest = RestSource(api, JOURNAL_ENTRY_LINE, page_size=page_size)
        whole = XmlSource(books, GLDETAIL)
        return (
            [by_xml.row_id(row) async for page in by_xml.pages(few, None) for row in page.rows],
            [by_rest.row_id(row) async for page in by_rest.pages(few, None) for row in page.rows],
            [whole.row_id(row) async for page in whole.pages(few, None) for row in page.rows],
        )

    by_xml, by_rest, whole = using(world, work)

    assert by_xml == by_rest == whole
    assert len(whole) > 7


def test_read_more_gives_every_batch_of_the_month(world: World) -> None:
    async def work(wire: HttpWire) -> tuple[int, int]:
        books = gateway(wire)
        old = await read_by_query(books, "GLBATCH", "BATCH_DATE >= '01/01/2020'", fields=("RECORDNO",), page_size=50)
        return len(old), await xml_sources(books)["intacct.glbatch"].probe()  # type: ignore[union-attr]

    old, new = using(world, work)

    assert old == new > 50


@pytest.mark.parametrize("api", ["xml", "rest"])
def test_an_entry_is_drafted_found_posted_and_never_doubled(world: World, api: str) -> None:
    async def work(wire: HttpWire) -> None:
        writer = XmlWriter(gateway(wire)) if api == "xml" else RestWriter(RestApi(wire, BY_REST))
        assert await writer.find(FEES.key) == ()
        drafted = await writer.create(FEES, "Draft")
        assert drafted.kind == "done", drafted
        (found,) = await writer.find(FEES.key)
        assert (found.record_no, found.state) == (drafted.record_no, "draft")
        assert found.holds(FEES)

        await writer.create(FEES, "Draft")
        assert len(await writer.find(FEES.key)) == 1

        posted = await writer.update_state(found.record_no, FEES, "Posted")
        assert posted.kind == "done", posted
        (found,) = await writer.find(FEES.key)
        assert found.state == "posted"
        assert found.holds(FEES)

    using(world, work)


@pytest.mark.parametrize("api", ["xml", "rest"])
def test_an_entry_on_an_account_that_does_not_exist_is_refused_for_sure(world: World, api: str) -> None:
    wrong = replace(FEES, lines=(replace(FEES.lines[0], account="9876"), FEES.lines[1]))

    async def work(wire: HttpWire) -> None:
        writer = XmlWriter(gateway(wire)) if api == "xml" else RestWriter(RestApi(wire, BY_REST))
        outcome = await writer.create(wrong, "Posted")
        assert outcome.kind == "refused", outcome
        assert outcome.reason
        assert await writer.find(wrong.key) == ()

    using(world, work)


@pytest.mark.parametrize("api", ["xml", "rest"])
def test_a_pull_goes_on_when_the_session_ends_between_two_pages(world: World, api: str) -> None:
    async def work(wire: HttpWire) -> tuple[int, int]:
        source: XmlSource | RestSource = (
            XmlSource(gateway(wire), GLDETAIL, page_size=100)
            if api == "xml"
            else RestSource(RestApi(wire, BY_REST), JOURNAL_ENTRY_LINE, page_size=100)
        )
        found = 0
        async for page in source.pages(SEPTEMBER, None):
            found += len(page.rows)
            world.end_sessions()
        return found, len(await all_rows(source))

    interrupted, whole = using(world, work)

    assert interrupted == whole > 200


@pytest.mark.parametrize("wrong", ["sender_password", "user_password"])
def test_wrong_credentials_are_told_in_a_sentence(world: World, wrong: str) -> None:
    async def work(wire: HttpWire) -> None:
        await gateway(wire, replace(BY_XML, **{wrong: Secret("not-this-one")})).session()

    with pytest.raises(NotSignedIn, match="check") as caught:
        using(world, work)

    assert caught.value.exit_code == 3
    assert "not-this-one" not in str(caught.value)


def test_an_entity_sees_its_own_lines_only_through_either_api(world: World) -> None:
    async def work(wire: HttpWire) -> tuple[set[object], set[object], set[object]]:
        every = await all_rows(XmlSource(gateway(wire), GLDETAIL))
        entity = next(str(row["CHILDENTITY"]) for row in every)
        by_xml = await all_rows(XmlSource(gateway(wire, replace(BY_XML, entity=entity)), GLDETAIL))
        by_rest = await all_rows(RestSource(RestApi(wire, replace(BY_REST, entity=entity)), JOURNAL_ENTRY_LINE))
        mine = {row["LOCATIONID"] for row in every if row["CHILDENTITY"] == entity}
        return mine, {row["LOCATIONID"] for row in by_xml}, {row["dimensions.location.id"] for row in by_rest}

    mine, by_xml, by_rest = using(world, work)

    assert by_xml == by_rest == mine
