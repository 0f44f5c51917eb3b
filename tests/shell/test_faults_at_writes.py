"""Every fault where a draft is posted or an attachment is made: it stands once or not at all, and is told as it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from make_books import small_world
from test_campaign_faults import ENTRY, HASTY, HOME, SWITCHES, WRITERS, gateway, rest

from recon.intacct.attachments import AttachedFile, Attachment, RestAttachments, XmlAttachments
from recon.sandbox.app import make_app
from recon.sandbox.faults import Fault, has
from recon.sandbox.refusals import REST_PATH, XML_PATH
from recon.wire import HttpWire, in_process, run

PACK = Attachment("CLOSE-2026-09", "September", "Month end", "Working papers", (AttachedFile("paper.txt", b"papers"),))


@dataclass(frozen=True)
class Write:
    """A write of one API: what it is told by, how it is done, and how often its work stands."""

    path: str
    contains: str
    surface: str
    ready: Callable[[HttpWire], Awaitable[str]]
    done: Callable[[HttpWire, str], Awaitable[Any]]
    stands: Callable[[HttpWire], Awaitable[int]]


def posting(api: str, path: str, contains: str, surface: str) -> Write:
    async def ready(wire: HttpWire) -> str:
        made = await WRITERS[api](wire).create(ENTRY, "Draft")
        assert made.record_no
        return str(made.record_no)

    async def done(wire: HttpWire, number: str) -> Any:
        return await WRITERS[api](wire).update_state(number, ENTRY, "Posted")

    async def stands(wire: HttpWire) -> int:
        found = await WRITERS[api](wire).find(ENTRY.key)
        assert len(found) == 1
        assert len(found[0].lines) == len(ENTRY.lines)
        return sum(one.state == "posted" for one in found)

    return Write(path, contains, surface, ready, done, stands)


def attaching(
    held: Callable[[HttpWire], XmlAttachments | RestAttachments], path: str, contains: str, surface: str
) -> Write:
    async def ready(_wire: HttpWire) -> str:
        return ""

    async def done(wire: HttpWire, _number: str) -> Any:
        return await held(wire).create(PACK)

    async def stands(wire: HttpWire) -> int:
        return int(await held(wire).stands(PACK.id))

    return Write(path, contains, surface, ready, done, stands)


WRITES = {
    "xml posts a draft": posting("xml", "xmlgw", "<update>", XML_PATH),
    "rest posts a draft": posting("rest", "objects/general-ledger/journal-entry/", "", REST_PATH),
    "xml attaches": attaching(lambda wire: XmlAttachments(gateway(wire)), "xmlgw", "<create_supdoc>", XML_PATH),
    "rest attaches": attaching(
        lambda wire: RestAttachments(rest(wire)), "objects/company-config/attachment", "", REST_PATH
    ),
}
TABLE = [(switch, name) for switch in SWITCHES for name, write in WRITES.items() if has(write.surface, switch)]


@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize(("switch", "name"), TABLE)
def test_what_is_written_under_a_fault_stands_as_it_is_told(switch: str, name: str, times: int | None) -> None:
    world, write = small_world(20), WRITES[name]
    app = make_app(world)
    world.insert("intacct_folder", [{"recordno": 1, "name": PACK.folder}])
    fault = Fault(switch, path=write.path, contains=write.contains, seconds=0.01, times=times)

    async def work() -> tuple[Any, int, Any, int]:
        async with HttpWire(HOME, transport=in_process(app), retries=HASTY) as wire:
            number = await write.ready(wire)
            world.faults.switch_on(fault)
            first = await write.done(wire, number)
            assert times is None or world.faults.switches == [], "the fault must have happened"
            world.faults.clear()
            before = await write.stands(wire)
            again = None if before else await write.done(wire, number)
            return first, before, again, await write.stands(wire)

    first, before, again, after = run(work())

    assert first.kind in ("done", "refused", "unknown")
    if first.kind == "done" and switch != "keeps_drafts":
        assert before == 1
    if first.kind == "refused" and switch != "duplicate":  # the second delivery is refused, as the first one stands
        assert before == 0
    if first.kind == "unknown":
        assert len(first.reason) > 20
    assert again is None or again.kind == "done"
    assert after == 1
