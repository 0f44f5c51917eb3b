"""Every fault of the sandbox against a pull of either API: the same rows after all, or one sentence and exit code 3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from recon.errors import RemoteError
from recon.intacct.credentials import RestCredentials, XmlCredentials
from recon.intacct.gateway import XmlGateway
from recon.intacct.readings import GLDETAIL, JOURNAL_ENTRY_LINE
from recon.intacct.rest import RestApi
from recon.intacct.rest_sources import RestSource
from recon.intacct.xml_sources import XmlSource
from recon.sandbox.app import make_app
from recon.sandbox.faults import KINDS, made_fault
from recon.sandbox.world import DEMO_ACCESS, World
from recon.store.port import Window
from recon.wire import HttpWire, Limits, Retries, Secret, in_process, run

HOME = "http://127.0.0.1:8700"
WEEK = Window(dt.date(2026, 9, 14), dt.date(2026, 9, 20))
PASSES = ("slow_body", "duplicate", "null_modified", "epoch_modified", "null_arrays", "extra_fields", "keeps_drafts")
NEVER_PASSES = ("no_permission",)
SURFACES = (("xml", "xmlgw"), ("rest", "oauth2"), ("rest", "query"))
SWITCHES = [kind for kind in KINDS if kind != "churn"]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A small month; the faults are switched off after each test."""
    made = World.of_demo(stores=2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def undisturbed(world: World) -> list[str]:
    """The record numbers of the week's ledger lines."""
    rows = pulled(world, "xml")
    assert rows == pulled(world, "rest")
    assert len(rows) > 40
    return rows


def pulled(world: World, api: str) -> list[str]:
    async def no_wait(_seconds: float) -> None:
        return None

    def xml(wire: HttpWire) -> XmlSource:
        sender, user = (Secret(DEMO_ACCESS[f"intacct.{who}_password"]) for who in ("sender", "user"))
        who = XmlCredentials(
            DEMO_ACCESS["intacct.sender_id"],
            sender,
            DEMO_ACCESS["intacct.company_id"],
            DEMO_ACCESS["intacct.user_id"],
            user,
        )
        return XmlSource(XmlGateway(wire, who, base_url=HOME, pause=no_wait), GLDETAIL, page_size=20)

    def rest(wire: HttpWire) -> RestSource:
        user = f"{DEMO_ACCESS['intacct.user_id']}@{DEMO_ACCESS['intacct.company_id']}"
        who = RestCredentials(DEMO_ACCESS["intacct.client_id"], Secret(DEMO_ACCESS["intacct.client_secret"]), user)
        return RestSource(RestApi(wire, who, pause=no_wait), JOURNAL_ENTRY_LINE, page_size=20)

    async def work() -> list[str]:
        patience = Retries(first_wait_seconds=0.01, failures_to_pause=50)
        async with HttpWire(
            HOME, transport=in_process(make_app(world)), retries=patience, limits=Limits(read_seconds=2.0)
        ) as wire:
            source = xml(wire) if api == "xml" else rest(wire)
            return [source.row_id(row) async for page in source.pages(WEEK, None) for row in page.rows]

    return run(work())


@pytest.mark.parametrize(("api", "path"), SURFACES)
@pytest.mark.parametrize("kind", [kind for kind in SWITCHES if kind not in NEVER_PASSES])
def test_a_fault_that_passes_changes_no_row(
    world: World, undisturbed: list[str], kind: str, api: str, path: str
) -> None:
    skip = 0 if path == "oauth2" else 2
    world.faults.switch_on(made_fault({"name": kind, "path": path, "times": 1, "skip": skip, "seconds": 0.05}))
    try:
        assert pulled(world, api) == undisturbed
    finally:
        world.faults.clear()


@pytest.mark.parametrize(("api", "path"), SURFACES)
@pytest.mark.parametrize("kind", SWITCHES)
def test_a_fault_that_stays_ends_in_a_sentence_or_changes_no_row(
    world: World, undisturbed: list[str], kind: str, api: str, path: str
) -> None:
    world.faults.switch_on(made_fault({"name": kind, "path": path, "times": None, "seconds": 0.05}))
    harmless = kind in PASSES or (path == "oauth2" and kind in ("expired", "no_permission"))
    try:
        if harmless:
            assert pulled(world, api) == undisturbed
        else:
            with pytest.raises(RemoteError) as caught:
                pulled(world, api)
            assert caught.value.exit_code == 3
            assert len(caught.value.message) > 40
    finally:
        world.faults.clear()
