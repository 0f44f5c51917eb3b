"""What a close of the demo company proposes is registered, approved and posted into the very books it was read from."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from posting_rig import run

from recon.bench.posting.ledger import Time
from recon.bench.posting.schedule import BY_XML, HOME
from recon.bench.posting.stores import MemoryStore
from recon.compute import CloseRequest, compute, plan_close
from recon.demo import DemoMonth
from recon.intacct.attachments import XmlAttachments
from recon.intacct.gateway import XmlGateway
from recon.intacct.xml_writer import XmlWriter
from recon.lifecycle import Approved, Reviewed
from recon.posting.books import masters_of
from recon.posting.model import Settings, Tools
from recon.posting.poster import Ledger, Poster
from recon.posting.reading import XmlBooks
from recon.posting.registering import Proposed, register
from recon.posting.sweeping import sweep
from recon.reporting.model import RunRecord
from recon.sandbox.app import make_app
from recon.sandbox.world import Clock, World
from recon.wire import HttpWire, in_process
from recon.workspace import init_workspace


def closed(month: DemoMonth, scratch: Path) -> RunRecord:
    """The demo month, closed from its downloads."""
    init_workspace(scratch / "company")
    request = CloseRequest(period="2026-09", workspace=scratch / "company", sources=month.folder)
    return compute(plan_close(request), scratch / "staging")


def test_what_a_close_proposes_is_booked_once_each_into_the_books_it_was_read_from(
    tmp_path: Path, demo_month: DemoMonth
) -> None:
    record = closed(demo_month, tmp_path)
    found, company, time = record.found, record.policy.company, Time()
    store = MemoryStore(time.tell)
    proposed = Proposed(
        record.run_id, company.name, company.entity, found.period, company.currency, "ann", found.frames,
        found.ledger, record.policy.tolerances.window_days,
    )  # fmt: skip

    added = register(store, proposed, actor="ann").added
    for one in added:
        reviewed = store.apply(one, Reviewed("bob", one.digest), actor="bob")
        store.apply(reviewed, Approved("bob", reviewed.digest), actor="bob")
    again = register(store, proposed, actor="ann")
    world = World.of_demo(clock=Clock(time.tell))
    app = make_app(world)
    before = world.one("SELECT count(*) FROM intacct_batch") or (0,)

    async def posted() -> tuple[list[str], int, list[str]]:
        async with HttpWire(HOME, transport=in_process(app)) as wire:
            gateway = XmlGateway(wire, BY_XML, base_url=HOME, clock=time.tell)
            books = XmlBooks(gateway, currency=company.currency)
            masters = masters_of(record.accounts, record.locations)
            ledger = Ledger(XmlWriter(gateway), books, masters, XmlAttachments(gateway))
            poster = Poster(store, ledger, by="ann", settings=Settings(), tools=Tools(now=time.tell))
            done = (await poster.post()).done
            time.now += dt.timedelta(hours=25)
            swept = await sweep(poster)
            told = [f"{one.what}: {one.words}" for one in done if one.what != "confirmed"]
            return told, swept.entries_count, [one.words for one in swept.findings]

    told, entries_count, findings = run(posted())

    assert len(added) == found.entries_count > 5
    assert [len(ones) for ones in (again.kept, again.added, again.revised, again.reaffirmed)] == [len(added), 0, 0, 0]
    assert told == []
    halves = sum(one.content.reversal_date is not None for one in added)
    assert entries_count == len(added) + halves
    assert findings == []
    assert (world.one("SELECT count(*) FROM intacct_batch") or (0,))[0] == before[0] + entries_count
    assert {one.state for one in store.all()} == {"settled"}
    world.close()
