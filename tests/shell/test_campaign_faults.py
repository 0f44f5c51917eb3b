"""Every fault of the sandbox at every call of Portico, Heartland Retail and both Intacct APIs; GP-API has its own.

A fault that passes costs a retry and no row; one that stays ends in one sentence and exit code 3. What is written is
never written twice, and nobody is told that it was refused when it stands.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from make_books import small_world

from recon.errors import ConfigError, RemoteError
from recon.heartland.portico import Portico, SecretKey, portico_sources
from recon.heartland.retail import Retail, retail_sources
from recon.heartland.retail_tokens import Application, RetailSignIn, Token
from recon.heartland.retail_windows import READINGS as RETAIL_READINGS
from recon.intacct.attachments import ATTACHMENT as ATTACHMENT_OBJECT
from recon.intacct.attachments import FOLDER as FOLDER_OBJECT
from recon.intacct.attachments import RestAttachments, XmlAttachments
from recon.intacct.credentials import RestCredentials, XmlCredentials
from recon.intacct.entries import Entry, EntryLine, State
from recon.intacct.gateway import XmlGateway
from recon.intacct.readings import LOCATIONENTITY, REST_ENTITY, REST_READINGS, XML_READINGS
from recon.intacct.rest import RestApi
from recon.intacct.rest_sources import RestSource, rest_sources
from recon.intacct.rest_writer import RestWriter
from recon.intacct.xml_sources import XmlSource, read_by_query, read_keys, xml_sources
from recon.intacct.xml_writer import XmlWriter
from recon.sandbox import retail
from recon.sandbox.app import make_app
from recon.sandbox.faults import KINDS, Fault, check_reach, has
from recon.sandbox.refusals import REST_PATH, XML_PATH
from recon.sandbox.world import DEMO_ACCESS, World
from recon.store.port import Source, Window
from recon.wire import HttpWire, Retries, Secret, in_process, run

HOME = "http://127.0.0.1:8700"
DAYS = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 3))
HASTY = Retries(tries=3, first_wait_seconds=0.001, longest_wait_seconds=0.002, total_seconds=20, failures_to_pause=999)
SWITCHES = [name for name in KINDS if name != "churn"]  # rows that come and go are the pull campaign's
HARMLESS = {"slow_body", "duplicate", "null_modified", "epoch_modified", "null_arrays", "extra_fields", "keeps_drafts"}
PAPERS, FOLDER = "CLOSE-2026-09", "Reconciliations"
NO_SESSION = ("expired",)  # a static key or token has none that could end
SIGNING_IN = ("expired", "no_permission")
Work = Callable[[HttpWire], Awaitable[list[str]]]


async def no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


def gateway(wire: HttpWire) -> XmlGateway:
    held = {name: DEMO_ACCESS[f"intacct.{name}"] for name in ("sender_id", "company_id", "user_id")}
    passwords = {name: Secret(DEMO_ACCESS[f"intacct.{name}"]) for name in ("sender_password", "user_password")}
    return XmlGateway(wire, XmlCredentials(**held, **passwords), base_url=HOME, pause=no_wait)


def rest(wire: HttpWire) -> RestApi:
    user = f"{DEMO_ACCESS['intacct.user_id']}@{DEMO_ACCESS['intacct.company_id']}"
    secret = Secret(DEMO_ACCESS["intacct.client_secret"])
    return RestApi(wire, RestCredentials(DEMO_ACCESS["intacct.client_id"], secret, user), pause=no_wait)


def site(wire: HttpWire) -> Portico:
    return Portico(wire, SecretKey(Secret(DEMO_ACCESS["portico.secret_api_key"])), pause=no_wait)


def shop(wire: HttpWire) -> Retail:
    return Retail(wire, RetailSignIn(wire, Token(Secret(DEMO_ACCESS["retail.token"]))))


def application(wire: HttpWire) -> Retail:
    secret = Secret(DEMO_ACCESS["retail.client_secret"])
    return Retail(wire, RetailSignIn(wire, Application(DEMO_ACCESS["retail.client_id"], secret)))


@dataclass(frozen=True)
class Call:
    """One request of one surface: which requests the fault meets, and what is read with it.

    `unmoved`: faults that change nothing here however long they stay; `spent`: harmless ones that do if they stay.
    """

    path: str
    contains: str
    work: Work
    base: str = ""
    unmoved: tuple[str, ...] = ()
    spent: tuple[str, ...] = ()

    @property
    def met(self) -> str:
        """A path of the surface at which the call arrives."""
        begins = {"xmlgw": XML_PATH, "query": REST_PATH, "oauth2": REST_PATH, "PosGateway": "/Hps.Exchange.PosGateway"}
        return begins.get(self.path) or next((one for one in begins.values() if self.path.startswith(one)), "/api")


def reading(made: Callable[[HttpWire], Mapping[str, Source]], name: str) -> Work:
    """The ids of a source's rows in the window."""

    async def work(wire: HttpWire) -> list[str]:
        source = made(wire)[name]
        return [source.row_id(row) async for page in source.pages(DAYS, None) for row in page.rows]

    return work


def portico_calls() -> Iterator[tuple[str, Call]]:
    reports = {
        "portico.activity": "ReportActivity", "portico.transactions": "FindTransactions",
        "portico.batches": "ReportBatchHistory", "portico.batch_details": "ReportBatchDetail",
        "portico.batch_summaries": "ReportBatchSummary",
    }  # fmt: skip
    for name, report in reports.items():
        work = reading(lambda wire: portico_sources(site(wire)), name)
        yield f"portico {report}", Call("PosGateway", report, work)


def retail_calls() -> Iterator[tuple[str, Call]]:
    for one in RETAIL_READINGS:
        work = reading(lambda wire: retail_sources(shop(wire)), one.name)
        yield one.name, Call(f"/api/{one.path}", "", work, "/api", NO_SESSION)
    signed_in = reading(lambda wire: retail_sources(application(wire)), "retail.locations")
    yield "retail token", Call("/api/oauth/token", "", signed_in, "/api", SIGNING_IN)

    async def lines(wire: HttpWire) -> list[str]:
        _, tickets = await shop(wire).get("/sales/tickets", [("per_page", "1")])
        status, told = await shop(wire).get(f"/sales/tickets/{tickets['results'][0]['id']}/lines")
        assert status == 200
        return [str(line["id"]) for line in (told if isinstance(told, list) else told["results"])]

    yield "retail lines of a ticket", Call("/lines", "", lines, "/api", NO_SESSION)


def xml_calls() -> Iterator[tuple[str, Call]]:
    for one in XML_READINGS:
        work = reading(lambda wire: xml_sources(gateway(wire)), f"intacct.{one.name}")
        yield f"xml {one.object}", Call("xmlgw", f"<object>{one.object}</object>", work)
    special = {"intacct.trialbalance": "get_trialbalance", "intacct.formatting": "readUserFormatting"}
    for name, function in special.items():
        own = ("no_permission",) if function == "readUserFormatting" else ()  # everybody may read his own
        yield (
            f"xml {function}",
            Call("xmlgw", function, reading(lambda wire: xml_sources(gateway(wire)), name), unmoved=own),
        )

    async def by_query(wire: HttpWire) -> list[str]:
        rows = await read_by_query(gateway(wire), "GLBATCH", "RECORDNO < 30", fields=("RECORDNO",), page_size=10)
        return [str(row["RECORDNO"]) for row in rows]

    async def by_keys(wire: HttpWire) -> list[str]:
        return [str(row["RECORDNO"]) for row in await read_keys(gateway(wire), "GLACCOUNT", ("1", "2"))]

    async def by_name(wire: HttpWire) -> list[str]:
        rows = await read_keys(gateway(wire), "GLACCOUNT", ("1010",), by_name=True)
        return [str(row["RECORDNO"]) for row in rows]

    async def papers(wire: HttpWire) -> list[str]:
        held = XmlAttachments(gateway(wire))
        return [PAPERS] if await held.stands(PAPERS) and await held.folder_stands(FOLDER) else []

    entities = reading(lambda wire: {"": XmlSource(gateway(wire), LOCATIONENTITY)}, "")
    yield "xml LOCATIONENTITY", Call("xmlgw", "<object>LOCATIONENTITY</object>", entities)
    yield "xml attachment", Call("xmlgw", 'object="supdoc"', papers)
    yield "xml folder of attachments", Call("xmlgw", 'object="supdocfolder"', papers)
    yield "xml readByQuery", Call("xmlgw", "<readByQuery>", by_query)
    yield "xml readMore", Call("xmlgw", "<readMore>", by_query, unmoved=("no_permission",), spent=("duplicate",))
    yield "xml read", Call("xmlgw", "<read>", by_keys)
    yield "xml readByName", Call("xmlgw", "<readByName>", by_name)
    yield "xml getAPISession", Call("xmlgw", "getAPISession", by_keys, unmoved=SIGNING_IN)


def rest_calls() -> Iterator[tuple[str, Call]]:
    for one in REST_READINGS:
        work = reading(lambda wire: rest_sources(rest(wire)), f"intacct.{one.name}")
        yield f"rest {one.object}", Call("query", f'"{one.object}"', work)

    async def papers(wire: HttpWire) -> list[str]:
        held = RestAttachments(rest(wire))
        return [PAPERS] if await held.stands(PAPERS) and await held.folder_stands(FOLDER) else []

    yield "rest attachment", Call("query", f'"{ATTACHMENT_OBJECT}"', papers)
    yield "rest folder of attachments", Call("query", f'"{FOLDER_OBJECT}"', papers)
    entities = reading(lambda wire: {"": RestSource(rest(wire), REST_ENTITY)}, "")
    yield f"rest {REST_ENTITY.object}", Call("query", f'"{REST_ENTITY.object}"', entities)
    accounts = reading(lambda wire: rest_sources(rest(wire)), "intacct.account")
    yield "rest token", Call("oauth2", "", accounts, unmoved=SIGNING_IN)


CALLS: dict[str, Call] = {
    name: call for calls in (portico_calls, retail_calls, xml_calls, rest_calls) for name, call in calls()
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World.of_demo(stores=2)
    made.app = make_app(made)  # type: ignore[attr-defined]
    paid = {
        "id": 1,
        "deposit": True,
        "status": "complete",
        "amount": Decimal(5),
        "completed_at": "2026-09-02T16:00:00Z",
    }
    ahead = {**paid, "local_completed_at": "2026-09-02T12:00:00"}  # on an order
    made.insert("intacct_attachment", [{"recordno": 1, "supdocid": PAPERS, "supdocname": PAPERS, "folder": FOLDER}])
    made.insert("retail_payments", retail.kept("payments", [ahead]))
    yield made
    made.close()


@pytest.fixture(scope="module")
def undisturbed(world: World) -> dict[str, list[str]]:
    found = {name: asked(world, call) for name, call in CALLS.items()}
    assert [name for name, rows in found.items() if not rows] == []
    return found


def asked(world: World, call: Call) -> list[str]:
    async def work() -> list[str]:
        transport = in_process(world.app)  # type: ignore[attr-defined]
        async with HttpWire(HOME + call.base, transport=transport, retries=HASTY) as wire:
            return await call.work(wire)

    try:
        return run(work())
    finally:
        world.left = list(world.faults.switches)  # type: ignore[attr-defined]
        world.faults.clear()


def check_is_told(fault: RemoteError) -> None:
    """A final fault is one sentence of words that say what to do, and exit code 3."""
    said = str(fault)
    assert fault.exit_code == 3
    assert len(fault.message) > 40
    assert "\n" not in said
    assert "Traceback" not in said
    assert not any(secret in said for name, secret in DEMO_ACCESS.items() if "secret" in name or "password" in name)


TABLE = [(switch, name) for switch in SWITCHES for name, call in CALLS.items() if has(call.met, switch)]


def test_the_table_has_every_switch_at_every_call_but_those_that_the_sandbox_refuses(world: World) -> None:
    refused = {(switch, name) for switch in SWITCHES for name, call in CALLS.items() if not has(call.met, switch)}

    assert len(TABLE) + len(refused) == len(SWITCHES) * len(CALLS)
    for switch, name in refused:
        with pytest.raises(ConfigError, match="can have"):
            check_reach(Fault(switch), CALLS[name].met)


@pytest.mark.parametrize(("switch", "name"), TABLE)
def test_a_fault_at_a_call_costs_a_retry_or_ends_in_a_sentence(
    switch: str, name: str, world: World, undisturbed: dict[str, list[str]]
) -> None:
    call = CALLS[name]
    fault = Fault(switch, path=call.path, contains=call.contains, seconds=0.01)
    # Who lacks a right lacks it the next time too, and Retail's words under status 200 come when it has had enough.
    is_final = (switch == "no_permission" and switch not in call.unmoved) or (
        switch == "throttled_in_200" and call.base == "/api"
    )
    world.faults.switch_on(fault)
    if is_final:
        with pytest.raises(RemoteError) as caught:
            asked(world, call)
        check_is_told(caught.value)
    else:
        assert asked(world, call) == undisturbed[name]
    assert world.left == [], "the fault must have happened"  # type: ignore[attr-defined]

    world.faults.switch_on(Fault(switch, path=call.path, contains=call.contains, seconds=0.01, times=None))
    if switch in call.unmoved or switch in HARMLESS.difference(call.spent):
        assert asked(world, call) == undisturbed[name]
    else:
        with pytest.raises(RemoteError) as caught:
            asked(world, call)
        check_is_told(caught.value)


ENTRY = Entry(
    "RCNAAAABBBBCCCCDDDDEEEE1",
    "GJ",
    dt.date(2026, 9, 30),
    "Fees of September",
    (EntryLine("6800", Decimal("10.50"), location="100"), EntryLine("1010", Decimal("-10.50"), location="100")),
)
WRITERS: dict[str, Callable[[HttpWire], XmlWriter | RestWriter]] = {
    "xml": lambda wire: XmlWriter(gateway(wire)),
    "rest": lambda wire: RestWriter(rest(wire)),
}
WRITES = {"xml": ("xmlgw", "<create>"), "rest": ("objects/general-ledger/journal-entry", "")}


def written(world: World, api: str, fault: Fault, state: State) -> tuple[Any, Any, list[Any]]:
    """What came of creating the entry under a fault, of asking for the same again, and what stands then."""

    async def work() -> tuple[Any, Any, list[Any]]:
        async with HttpWire(HOME, transport=in_process(make_app(world)), retries=HASTY) as wire:
            writer = WRITERS[api](wire)
            world.faults.switch_on(fault)
            first = await writer.create(ENTRY, state)
            world.faults.clear()
            stands = list(await writer.find(ENTRY.key))
            again = await writer.create(ENTRY, state) if not stands else None
            return first, again, [*stands, *((await writer.find(ENTRY.key)) if again else ())]

    return run(work())


@pytest.mark.parametrize("api", WRITERS)
@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("switch", SWITCHES)
def test_an_entry_created_under_a_fault_stands_once_and_nobody_is_misled(
    switch: str, times: int | None, api: str
) -> None:
    world = small_world(20)
    path, create = WRITES[api]
    fault = Fault(switch, path=path, contains=create, seconds=0.01, times=times)

    first, again, stands = written(world, api, fault, "Draft")

    if (switch, api) == ("no_permission", "rest"):
        # The key remembers the refusal, and says it again when the right has been given: a new key is needed then.
        assert (first.kind, again.kind, stands) == ("refused", "refused", [])
        return
    assert len(stands) == 1
    if first.kind == "done":
        assert (again, first.record_no) == (None, stands[0].record_no)
    elif first.kind == "refused":
        assert again is not None, "an entry that was refused for sure stands nowhere"
    else:
        assert first.kind == "unknown"
        assert len(first.reason) > 20
    assert again is None or again.kind == "done"
