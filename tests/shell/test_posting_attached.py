"""Entries with an attachment into the books of the sandbox: it stands before they leave, and it stands once."""

from __future__ import annotations

import asyncio
import contextlib
import json
from random import Random

import pytest
from make_attachments import PACK
from posting_rig import FEE, Rig, numbered, run

from recon.bench.posting.ledger import FOLDER, HostileWire, SmallBooks
from recon.bench.posting.schedule import Crash, Fuse, FusedWire
from recon.bench.posting.stores import MemoryStore
from recon.bench.posting.switches import Api, Dedupe, Mode, Switches
from recon.errors import RemoteError
from recon.posting.preview import preview
from recon.wire import Answer, Ask, Unreachable

APIS: tuple[Api, ...] = ("xml", "rest")
ID = "RECON-0123456789ab"
OWN = {"attachment": "RECON-{run_id}", "attachment_folder": FOLDER}


@pytest.mark.parametrize("api", APIS)
def test_an_entry_whose_attachment_does_not_stand_is_blocked_and_goes_on_when_it_does(api: Api) -> None:
    rig = Rig(api)
    rig.approved()

    (done,) = run(rig.poster(attachment="CLOSE-{period}").post()).done

    assert done.what == "blocked"
    assert "attachment CLOSE-2026-09 does not stand in Intacct: make it there" in done.words
    assert rig.wire.sent == []
    assert rig.now().state == "approved"

    rig.books.attach("CLOSE-2026-09")

    assert [one.what for one in run(rig.poster(attachment="CLOSE-{period}").post()).done] == ["confirmed"]
    assert rig.books.world.query("SELECT supdocid FROM intacct_batch") == [("CLOSE-2026-09",)]


@pytest.mark.parametrize("api", APIS)
def test_the_ledger_itself_refuses_an_entry_with_an_attachment_that_it_does_not_know(api: Api) -> None:
    rig = Rig(api)
    rig.approved()
    rig.books.attach("CLOSE-2026-09")
    poster = rig.poster(attachment="CLOSE-{period}")
    assert run(poster.attaching.objection(FEE, "CLOSE-2026-09")) is None
    rig.books.world.write("DELETE FROM intacct_attachment")  # somebody deletes it while the run goes on

    (done,) = run(poster.post()).done

    assert done.what == "rejected"
    assert "Attachment 'CLOSE-2026-09' is not valid" in done.words


@pytest.mark.parametrize("api", APIS)
def test_the_pack_of_the_run_is_made_once_for_all_its_entries_before_the_first_of_them(api: Api) -> None:
    rig = Rig(api)
    for number in range(1, 4):
        rig.approved(numbered(number))
    wire = Watching(rig)

    report = run(rig.poster(wire=wire, **OWN).post())

    assert [one.what for one in report.done] == ["confirmed"] * 3
    assert wire.made == 1
    assert wire.entries_before == 0
    assert rig.books.attached() == [ID]
    assert rig.books.world.query("SELECT DISTINCT supdocid FROM intacct_batch") == [(ID,)]
    (files,) = rig.books.world.query("SELECT files FROM intacct_attachment")
    assert json.loads(files[0]) == {one.name: len(one.data) for one in PACK}


@pytest.mark.parametrize("api", APIS)
def test_a_dry_run_names_what_would_be_made_first_and_makes_nothing(api: Api) -> None:
    rig = Rig(api)
    rig.approved()

    (shown,) = run(preview(rig.poster(**OWN)))
    (blocked,) = run(preview(rig.poster(attachment="CLOSE-{period}")))

    assert shown.words.startswith(f"attachment {ID} is made in folder {FOLDER} of workpaper.xlsx and pack.pdf, then")
    assert ID in shown.text
    assert "nothing: blocked, attachment CLOSE-2026-09 does not stand" in blocked.words
    assert rig.books.attached() == []


@pytest.mark.parametrize("api", APIS)
def test_a_folder_that_does_not_stand_is_named_and_nothing_is_sent(api: Api) -> None:
    rig = Rig(api)
    rig.approved()

    (done,) = run(rig.poster(attachment="RECON-{run_id}", attachment_folder="Elsewhere").post()).done

    assert (done.what, rig.wire.sent, rig.books.attached()) == ("blocked", [], [])
    assert "Intacct has no folder Elsewhere for attachments" in done.words


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("arrives", [True, False])
def test_a_lost_answer_leaves_one_attachment_and_no_entry_goes_before_it_is_seen(api: Api, arrives: bool) -> None:
    rig = Rig(api)
    rig.approved()

    (done,) = run(rig.poster(wire=Watching(rig, loses=1, arrives=arrives), **OWN).post()).done

    assert done.what == ("confirmed" if arrives else "blocked")
    assert len(rig.wire.sent) == int(arrives)
    assert [one.what for one in run(rig.poster(**OWN).post()).done] == ([] if arrives else ["confirmed"])
    assert rig.books.attached() == [ID]
    assert len(rig.books.booked(FEE.key)) == 1


@pytest.mark.parametrize("api", APIS)
def test_a_request_that_arrives_late_is_refused_since_the_next_run_has_made_it(api: Api) -> None:
    rig = Rig(api)
    rig.approved()
    wire = Watching(rig, loses=1, arrives=False)
    run(rig.poster(wire=wire, **OWN).post())
    run(rig.poster(**OWN).post())
    assert wire.kept is not None

    late = run(rig.wire.ask(wire.kept))

    assert b"already exists" in late.body
    assert rig.books.attached() == [ID]


@pytest.mark.parametrize("api", APIS)
def test_two_machines_with_records_of_their_own_make_one_attachment_and_one_entry(api: Api) -> None:
    books = SmallBooks()
    rigs = [Rig(api, books=books, store=MemoryStore(books.time.tell)) for _ in range(2)]
    for one in rigs:
        one.approved()

    async def at_once() -> None:
        await asyncio.gather(*(one.poster(wire=Yielding(one), mode="draft", **OWN).post() for one in rigs))

    run(at_once())
    for one in rigs:
        one.later(hours=1)
        run(one.poster(mode="draft", **OWN).post())

    assert books.attached() == [ID]
    assert len(books.booked(FEE.key)) == 1


@pytest.mark.parametrize("seed", range(24))
def test_whatever_goes_wrong_there_is_one_attachment_and_no_entry_left_before_it_stood(seed: int) -> None:
    api: Api = APIS[seed % 2]
    mode: Mode = "draft" if seed % 4 < 2 else "direct"
    dedupe: Dedupe = "none" if mode == "draft" else "full"  # else the entry itself may be doubled, and be found
    rig = Rig(api)
    ones = [rig.approved(numbered(number)) for number in range(1, 3)]
    draw = Random(seed)
    rig.wire = HostileWire(rig.books, Switches(api, mode, dedupe), draw)
    before = 0
    for round_no in range(14):
        rig.wire.calm = round_no >= 7
        fuse = Fuse(0 if rig.wire.calm else draw.randint(1, 40))
        wire = Watching(rig, inner=FusedWire(rig.wire, fuse))
        with contextlib.suppress(RemoteError, Crash):
            run(rig.poster(wire=wire, mode=mode, **OWN).post())
        before += wire.entries_before
        rig.later(seconds=draw.uniform(30.0, 1800.0))
    rig.later(days=1)

    assert before == 0
    assert len(rig.books.attached()) <= 1
    for one in ones:
        booked = rig.books.booked(one.key)
        state = rig.now(one).state
        assert len(booked) == (state in ("confirmed", "settled")) or rig.now(one).hold is not None, (state, booked)
        assert not booked or rig.books.attached() == [ID]


def makes(ask: Ask) -> bool:
    """True for a request that makes an attachment."""
    return b"<create_supdoc>" in ask.body or (ask.method == "POST" and ask.path.endswith("company-config/attachment"))


def books(ask: Ask) -> bool:
    """True for a request that makes an entry."""
    return b"<create>" in ask.body or (ask.method == "POST" and ask.path.endswith("general-ledger/journal-entry"))


class Watching:
    """A wire that counts attachments made and entries that left before one stood, and loses the first so many."""

    def __init__(self, rig: Rig, *, loses: int = 0, arrives: bool = True, inner: FusedWire | None = None) -> None:
        self.rig, self.loses, self.arrives = rig, loses, arrives
        self.inner = inner or rig.wire
        self.made = self.entries_before = 0
        self.kept: Ask | None = None

    async def ask(self, ask: Ask) -> Answer:
        """The answer of the ledger, or none."""
        self.entries_before += books(ask) and not self.rig.books.attached()
        if not makes(ask):
            return await self.inner.ask(ask)
        self.made += 1
        if self.made > self.loses:
            return await self.inner.ask(ask)
        self.kept = ask
        if self.arrives:
            await self.inner.ask(ask)
        raise Unreachable("the service fell silent")


class Yielding:
    """A wire that lets the other machine have its turn before every request."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig

    async def ask(self, ask: Ask) -> Answer:
        """The answer of the ledger."""
        await asyncio.sleep(0)
        return await self.rig.wire.ask(ask)
