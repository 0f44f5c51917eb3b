"""What must hold of posting whatever goes wrong: each scenario fails for a protocol that lacks a step."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from make_corrections import content
from posting_rig import FEE, Rig, numbered, run
from sqlalchemy import Connection, update

from recon.bench.posting.ledger import BEGAN, FOLDER, SmallBooks
from recon.bench.posting.schedule import Counted, Crash, Fuse, FusedStore, FusedWire, Schedule
from recon.bench.posting.stores import MemoryStore, new_file_store
from recon.bench.posting.switches import FAULTS, FaultName, Switches
from recon.errors import NotAllowed, TrailBroken
from recon.lifecycle import Correction, Held, Hold, Intended
from recon.posting.entry import entry_of
from recon.posting.poster import Poster
from recon.state.links import append
from recon.state.rows import stands
from recon.state.tables import correction
from recon.trail import Told
from recon.wire import Answer, Ask, Throttled, Unreachable

Make = Callable[..., Poster]
_MOST_POINTS = 60


def made(rig: Rig, make: Make, *, wire: Any = None, store: Any = None, **settings: Any) -> Poster:
    """A poster by the protocol in question, over the rig's store and ledger."""
    like = rig.poster(wire=wire, **settings)
    return make(store or rig.store, like.ledger, by="ann", settings=like.settings, tools=like.tools)


class Lossy:
    """A wire whose first so many writes get no answer, and are done, late or never."""

    def __init__(self, rig: Rig, *, times: int = 1, how: str = "never", fault: Exception | None = None) -> None:
        self.rig, self.times, self.how = rig, times, how
        self.fault = fault or Unreachable("the service fell silent")
        self.writes = 0

    async def ask(self, ask: Ask) -> Answer:
        """The answer, if one comes."""
        if b"xml" in ask.body[:8] or "/objects/" not in ask.path:
            return await self.rig.wire.ask(ask)
        self.writes += 1
        if self.writes > self.times:
            return await self.rig.wire.ask(ask)
        if self.how == "late":
            self.rig.wire._later(ask, str(ask.headers.get("idempotency-key", "")), 890.0)
        if self.how == "done":
            await self.rig.wire.ask(ask)
        raise self.fault


def forgetful() -> Rig:
    """A ledger that remembers no key."""
    rig = Rig("rest")
    rig.wire.switches = replace(rig.wire.switches, dedupe="none")
    return rig


def nothing_leaves_without_an_intent_and_a_request_on_record(make: Make) -> None:
    """Died at any point and started again, in either mode: one entry, and never more requests than on record."""
    books = SmallBooks()
    for mode in ("direct", "draft"):
        for point in range(1, _MOST_POINTS):
            rig = Rig("rest", books=books, store=MemoryStore(books.time.tell))
            books.empty()
            rig.approved()
            fuse = Fuse(point)
            died = _died(rig, make, fuse, mode)
            acts = [event.act for event in rig.store.events(subject=FEE.identity)]
            assert rig.wire.sent.count(FEE.key) <= acts.count("sent")
            assert not rig.wire.sent or "intended" in acts
            rig.later(minutes=30)
            run(made(rig, make, mode=mode).post())
            acts = [event.act for event in rig.store.events(subject=FEE.identity)]
            assert (len(books.booked(FEE.key)), rig.now().state) == (1, "confirmed")
            assert acts.count("confirmed") == 1
            if not died:
                break


def _died(rig: Rig, make: Make, fuse: Fuse, mode: str) -> bool:
    try:
        poster = made(rig, make, wire=FusedWire(rig.wire, fuse), store=FusedStore(rig.store, fuse), mode=mode)
        run(poster.post())
    except Crash:
        return True
    return False


def every_change_has_its_event(make: Make) -> None:
    """Died at any point, the trail tells the state that is on record."""
    books = SmallBooks()
    leads = {
        "approved": "approved", "intended": "intent", "sent": "sent", "unsure": "uncertain", "confirmed": "confirmed",
    }  # fmt: skip
    for point in range(1, 14):
        rig = Rig("rest", books=books, store=MemoryStore(books.time.tell))
        books.empty()
        rig.approved()
        fuse = Fuse(point)
        _died(rig, make, fuse, "direct")
        last = [event.act for event in rig.store.events(subject=FEE.identity) if event.act in leads][-1]
        assert leads[last] == rig.now().state


def a_late_request_is_not_sent_again_before_it_cannot_arrive(make: Make) -> None:
    """A ledger without a memory that is fourteen minutes late books once."""
    rig = forgetful()
    rig.approved()
    wire = Lossy(rig, how="late")
    run(made(rig, make, wire=wire).post())
    rig.later(seconds=1)
    run(made(rig, make, wire=wire).post())
    rig.later(minutes=25)
    run(made(rig, make, wire=wire).post())

    assert len(rig.books.booked(FEE.key)) == 1
    assert rig.books.references() == [FEE.key]
    assert rig.now().state == "confirmed"


def an_answer_that_is_not_certain_decides_nothing(make: Make) -> None:
    """Done, and answered by a failure of the server: booked, and known to be."""
    rig = Rig("rest")
    rig.approved()
    run(made(rig, make, wire=Lossy(rig, how="done")).post())

    assert (rig.now().state, rig.now().record_no) == ("confirmed", "1")


def a_conflict_is_no_success(make: Make) -> None:
    """Answered that a twin is running, and nothing arrives: it is not taken for booked."""
    rig = Rig("rest")
    rig.wire.switches = replace(rig.wire.switches, faults=frozenset({"twin_running"}), fault_chance=1.0)
    rig.approved()
    run(made(rig, make).post())
    rig.wire.late.clear()

    assert rig.now().state == "uncertain"


def a_draft_is_not_taken_for_booked(make: Make) -> None:
    """In draft mode the ledger says done to a draft."""
    rig = Rig("rest")
    rig.approved()
    run(made(rig, make, mode="draft").post())

    assert len(rig.books.booked(FEE.key)) == 1


def the_chosen_draft_is_posted_and_no_other(make: Make) -> None:
    """Of two drafts the second shows first; it is being posted when the machine dies and the first one shows too."""
    rig = forgetful()
    rig.approved()
    poster = made(rig, make, mode="draft")
    for _ in range(2):
        run(poster.ledger.writer.create(entry_of(FEE, poster.settings, poster.ledger.masters, None), "Draft"))
    rig.books.world.write("UPDATE intacct_batch SET referenceno = NULL WHERE recordno = 1")
    run(made(rig, make, mode="draft", wire=Lossy(rig, times=9, how="late")).post())
    rig.books.world.write("UPDATE intacct_batch SET referenceno = ? WHERE recordno = 1", (FEE.key,))
    run(made(rig, make, mode="draft").post())
    rig.later(minutes=30)

    assert len(rig.books.booked(FEE.key)) == 1


def a_draft_that_shows_late_is_chosen_before_one_is_posted(make: Make) -> None:
    """Another machine's draft, the older one, shows only at the third look; the other machine posts it."""
    rig = forgetful()
    rig.approved()
    other = Rig("rest", books=rig.books)
    other.wire.switches = rig.wire.switches
    other.approved()
    poster = made(rig, make, mode="draft")
    run(poster.ledger.writer.create(entry_of(FEE, poster.settings, poster.ledger.masters, None), "Draft"))
    hide = "UPDATE intacct_batch SET referenceno = ? WHERE recordno = 1"
    rig.books.world.write(hide, (None,))
    shown: list[str] = []

    class Shows:
        async def ask(self, ask: Ask) -> Answer:
            if any(event.act == "chosen" for event in rig.store.events(subject=FEE.identity)) and not shown:
                shown.append(ask.path)
                rig.books.world.write(hide, (FEE.key,))
            return await rig.wire.ask(ask)

    run(made(rig, make, mode="draft", wire=Shows()).post())
    run(made(other, Poster, mode="draft").post())
    assert rig.books.booked(FEE.key) == [1]


def two_processes_do_not_send_the_same_entry(make: Make) -> None:
    """Between the look and the request of one process another one has sent it."""
    rig = forgetful()
    rig.approved()
    late = Lossy(rig, how="late")

    class Between:
        async def ask(self, ask: Ask) -> Answer:
            answer = await rig.wire.ask(ask)
            if FEE.key.encode() in ask.body and not late.writes:
                late.writes = -1
                await made(rig, make, wire=late).post()
            return answer

    run(made(rig, make, wire=Between()).post())
    rig.later(minutes=30)

    assert len(rig.books.booked(FEE.key)) == 1


def books_that_do_not_take_it_are_sent_nothing(make: Make) -> None:
    """The period is closed."""
    rig = Rig("rest")
    rig.approved()
    rig.books.close_period()
    run(made(rig, make).post())

    assert (rig.wire.sent, rig.now().state) == ([], "approved")


def an_entry_does_not_leave_before_its_attachment_stands(make: Make) -> None:
    """Nobody made it; or the request that makes it is lost, and is sent once for both entries."""
    for folder, lossy in ((None, False), (FOLDER, True)):
        rig = Rig("rest")
        for number in (1, 2):
            rig.approved(numbered(number))
        wire = Lossy(rig, times=9) if lossy else None
        run(made(rig, make, wire=wire, attachment="RECON-{run_id}", attachment_folder=folder).post())

        assert (rig.wire.sent, {one.state for one in rig.store.all()}) == ([], {"approved"})
        assert wire is None or wire.writes == 1


def what_is_frozen_is_not_sent(make: Make) -> None:
    """A person froze it."""
    rig = Rig("rest")
    rig.store.apply(rig.approved(), Held("frozen", "ask the controller"), actor="carla")
    run(made(rig, make).post())

    assert (rig.wire.sent, rig.books.booked(FEE.key)) == ([], [])


def lines_that_were_not_approved_are_not_sent(make: Make) -> None:
    """Somebody changed the lines in the database, behind the program's back."""
    rig = Rig("rest")
    assert isinstance(rig.store, MemoryStore)
    altered = replace(rig.approved(), content=content("6400 1200.00 101", "1250 -1200.00 101"))
    rig.store._kept[FEE.identity] = altered
    run(made(rig, make).post())

    assert (rig.wire.sent, rig.books.booked(FEE.key)) == ([], [])


def an_approval_that_does_not_count_now_sends_nothing(make: Make) -> None:
    """The approver lost the role, before the intent and after it."""
    for at in ("approved", "intent"):
        rig = Rig("rest")
        kept = rig.approved()
        if at == "intent":
            rig.store.apply(kept, Intended(kept.digest), actor="ann")
        poster = made(rig, make)
        poster.tools = replace(poster.tools, check=_refuse)
        (done,) = run(poster.post()).done
        assert (rig.wire.sent, rig.now().state, done.what) == ([], at, "blocked")


def _refuse(one: Correction) -> None:
    raise NotAllowed("bob may not approve this", key=one.key)


def what_a_signed_period_does_not_take_is_not_sent(make: Make) -> None:
    """The period of the entry was signed after its approval."""
    rig = Rig("rest")
    rig.approved()
    poster = made(rig, make)
    poster.tools = replace(poster.tools, signed=lambda _: "signed by carla: open it again first")
    run(poster.post())
    assert (rig.wire.sent, rig.now().hold) == ([], Hold("blocked", "signed by carla: open it again first"))


def an_approval_that_is_not_on_the_trail_sends_nothing(make: Make) -> None:
    """Somebody approved by SQL, and wrote a row into the trail that follows from the one before."""
    with tempfile.TemporaryDirectory() as folder:
        books = SmallBooks()
        store = new_file_store(Path(folder), 1, books.time.tell)
        rig = Rig("rest", books=books, store=store)
        one = store.add(FEE, actor="ann")
        forged = replace(one, state="approved", approved_by="bob", approved_digest=one.digest)
        told = Told("ann", "reaffirmed", one.identity, {"stands": stands(forged)})
        store.database.write(lambda connection: _approved_by_hand(connection, forged, told))
        with contextlib.suppress(TrailBroken):
            run(made(rig, make).post())
        store.close()
        assert rig.wire.sent == []


def _approved_by_hand(connection: Connection, one: Correction, told: Told) -> None:
    said = {"state": one.state, "approved_by": one.approved_by, "approved_digest": one.approved_digest}
    connection.execute(update(correction).values(said))
    append(connection, BEGAN, told)


def other_lines_under_the_key_freeze(make: Make) -> None:
    """Another machine's records hold other lines under the same key."""
    rig = Rig("rest")
    other = Rig("rest", books=rig.books)
    other.approved(replace(FEE, content=content("6400 13.00 101", "1250 -13.00 101")))
    run(other.poster().post())
    rig.approved()
    run(made(rig, make).post())

    assert rig.now().hold is not None
    assert rig.now().hold.kind == "frozen"


def five_unsure_answers_stop_posting(make: Make) -> None:
    """Eight entries, and a ledger that never answers."""
    rig = Rig("rest")
    for number in range(8):
        rig.approved(numbered(number))
    wire = Lossy(rig, times=99)
    run(made(rig, make, wire=wire).post())

    assert wire.writes == 5


def one_run_sends_an_entry_four_times_at_most(make: Make) -> None:
    """A ledger that is known to refuse twins, and for certain is not reached."""
    rig = Rig("rest")
    rig.approved()
    wire = Lossy(rig, times=99, fault=Unreachable("not reached", nothing_arrived=True))
    run(made(rig, make, wire=wire, trusts_keys=True).post())

    assert wire.writes == 4


def the_ledger_is_left_alone_as_long_as_it_asks(make: Make) -> None:
    """Asked too often: 45 seconds, it says."""
    rig = Rig("rest")
    rig.approved()
    wire = Lossy(rig, fault=Throttled("asked too often", wait_seconds=45.0))
    run(made(rig, make, wire=wire, trusts_keys=True).post())

    assert sum(rig.waits) >= 45.0


def the_reversing_half_is_no_duplicate(make: Make) -> None:
    """The ledger makes the second half of an accrual by itself, under the same reference."""
    rig = Rig("rest")
    accrual = content("6400 12.00 101", "1250 -12.00 101", kind="accrual", reversal_date=dt.date(2026, 10, 1))
    rig.approved(replace(FEE, content=accrual))
    run(made(rig, make).post())

    assert (rig.now().state, rig.now().hold) == ("confirmed", None)


def a_refusal_is_not_certain_while_an_older_request_may_arrive(make: Make) -> None:
    """The first request is late, the second is refused: the period had closed in between, for new requests."""
    rig = Rig("rest")
    rig.approved()
    wire = Lossy(rig, how="late")
    refusing = Refusing(wire, rig)
    run(made(rig, make, wire=refusing, trusts_keys=True).post())
    rig.later(minutes=30)
    run(made(rig, make).settle())

    assert (rig.now().state, len(rig.books.booked(FEE.key))) == ("confirmed", 1)


class Refusing:
    """A wire on which every write after the first is refused by the books."""

    def __init__(self, wire: Lossy, rig: Rig) -> None:
        self.wire, self.rig = wire, rig

    async def ask(self, ask: Ask) -> Answer:
        """The answer."""
        if "/objects/" not in ask.path or self.wire.writes == 0:
            return await self.wire.ask(ask)
        told = {"code": "invalidRequest", "message": "not within an open period", "errorId": "GL-1"}
        error = json.dumps({"ia::result": {"ia::error": told}}).encode()
        return Answer(422, {"content-type": "application/json"}, error, ask.path)


def another_correction_of_the_same_lines_waits(make: Make) -> None:
    """A newer run calls the error by another name while its entry is under way: it is booked once."""
    rig = Rig("rest")
    late = Lossy(rig, how="late")
    rounding = replace(FEE, line_ids=("E-D-7", "ledger:4"), cause="rounding")
    first = rig.approved(rounding)
    run(made(rig, make, wire=late).post())
    second = numbered(2, replace(rounding, line_ids=("E-D-7",), cause="amount_other", run_id="0123456789bb"))
    rig.approved(second)

    (while_under_way,) = run(made(rig, make, wire=late).post([second.identity])).done
    rig.later(minutes=30)
    run(made(rig, make).settle())
    after = run(made(rig, make).post()).done

    amounts = rig.books.world.query("SELECT accountno, sum(tr_type * cents) FROM intacct_line GROUP BY 1")
    assert dict(amounts) == {"6400": 1200, "1250": -1200}
    assert rig.now().state == "confirmed"
    assert f"{first.key}, which corrects the same lines, is uncertain: settle it first" in while_under_way.words
    assert "did not see it in the ledger: pull and close again" in after[0].words


def schedules_come_out_right(make: Make, *, faults: Iterator[FaultName] | None = None) -> None:
    """A handful of hostile schedules: every entry once, every double found."""
    books = SmallBooks()
    whole = Counted()
    for seed in range(24):
        draw = Random(seed)
        api, mode = draw.choice(("xml", "rest")), draw.choice(("direct", "draft"))
        switches = Switches(api, mode, "none", frozenset(faults or FAULTS), fault_chance=0.8)  # type: ignore[arg-type]
        counted = Schedule(seed, switches, books, MemoryStore(books.time.tell), make_poster=make).run()
        whole.add(counted)
        assert not counted.failures, counted.failures
        assert mode == "direct" or not counted.doubled
    assert whole.once > 0


SCENARIOS: tuple[Callable[[Make], None], ...] = (
    nothing_leaves_without_an_intent_and_a_request_on_record,
    every_change_has_its_event,
    a_late_request_is_not_sent_again_before_it_cannot_arrive,
    an_answer_that_is_not_certain_decides_nothing,
    a_conflict_is_no_success,
    a_draft_is_not_taken_for_booked,
    the_chosen_draft_is_posted_and_no_other,
    a_draft_that_shows_late_is_chosen_before_one_is_posted,
    two_processes_do_not_send_the_same_entry,
    books_that_do_not_take_it_are_sent_nothing,
    an_entry_does_not_leave_before_its_attachment_stands,
    what_is_frozen_is_not_sent,
    lines_that_were_not_approved_are_not_sent,
    an_approval_that_does_not_count_now_sends_nothing,
    what_a_signed_period_does_not_take_is_not_sent,
    an_approval_that_is_not_on_the_trail_sends_nothing,
    other_lines_under_the_key_freeze,
    five_unsure_answers_stop_posting,
    one_run_sends_an_entry_four_times_at_most,
    the_ledger_is_left_alone_as_long_as_it_asks,
    the_reversing_half_is_no_duplicate,
    a_refusal_is_not_certain_while_an_older_request_may_arrive,
    another_correction_of_the_same_lines_waits,
    schedules_come_out_right,
)
