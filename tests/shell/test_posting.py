"""Approved entries into the books of the sandbox through either API: once, checked before, found again, undone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
from conftest import StatePlace
from make_books import tell_open_books_by_xml
from make_corrections import content
from posting_rig import FEE, Rig, numbered, run

from recon.bench.posting.ledger import SmallBooks
from recon.bench.posting.schedule import EMPTY_LEDGER, MASTERS, SEPTEMBER
from recon.bench.posting.switches import Api
from recon.errors import NotAllowed
from recon.lifecycle import Approved, Confirmed, Content, Held, Intended, Reviewed, Sent
from recon.posting.books import basis_of, group_of
from recon.posting.sweeping import sweep
from recon.wire import Answer, Ask, Throttled, Unreachable

NOON = dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC)
APIS: tuple[Api, ...] = ("xml", "rest")


@pytest.mark.parametrize("mode", ["direct", "draft"])
@pytest.mark.parametrize("api", APIS)
def test_an_approved_entry_is_booked_once_and_confirmed(api: Api, mode: str) -> None:
    rig = Rig(api)
    rig.approved()

    (done,) = run(rig.poster(mode=mode).post()).done

    assert done.what == "confirmed", done
    assert rig.books.booked(FEE.key) == [int(rig.now().record_no or 0)]
    acts = [event.act for event in rig.store.events(subject=FEE.identity)][3:]
    sends = ["sent", "chosen", "sent"] if mode == "draft" else ["sent"]
    assert acts == ["intended", *sends, "confirmed"]
    assert run(rig.poster(mode=mode).post()).done == ()
    assert len(rig.books.booked(FEE.key)) == 1


def test_the_ledger_says_which_run_made_an_entry_and_where_its_trail_stood() -> None:
    for api, table, column in (
        ("xml", "intacct_batch", "history_comment"),
        ("rest", "intacct_line", "description"),  # this API has no history comment
    ):
        rig = Rig(api)  # type: ignore[arg-type]
        rig.approved()
        rig.books.attach("CLOSE-2026-09")
        run(rig.poster(attachment="CLOSE-{period}").post())

        (link,) = [event for event in rig.store.events(subject=FEE.identity) if event.act == "intended"]
        (note,) = set(rig.books.world.query(f"SELECT {column} FROM {table}"))
        assert note[0].startswith("recon run 0123456789ab: fee_unbooked, period 2026-09; recon-trail:")
        assert f":{link.sequence}:{link.hash}" in note[0]
        assert rig.books.world.one("SELECT supdocid FROM intacct_batch") == ("CLOSE-2026-09",)


@pytest.mark.parametrize("api", APIS)
def test_an_answer_that_was_lost_is_found_by_reading_and_nothing_is_sent_again(api: Api) -> None:
    rig = Rig(api)
    rig.approved()

    (done,) = run(rig.poster(wire=Losing(rig)).post()).done

    assert done.what == "confirmed"
    assert rig.wire.sent == [FEE.key]


class Losing:
    """A wire on which the answers to the first so many writes are lost, done or not."""

    def __init__(self, rig: Rig, *, times: int = 1, done: bool = True, wait_seconds: float | None = None) -> None:
        self.rig, self.times, self.done, self.wait_seconds = rig, times, done, wait_seconds

    async def ask(self, ask: Ask) -> Answer:
        """The answer of the ledger, or none."""
        is_write = b"<create>" in ask.body or ask.path.endswith("/general-ledger/journal-entry")
        if not is_write or self.times == 0:
            return await self.rig.wire.ask(ask)
        self.times -= 1
        if self.done:
            await self.rig.wire.ask(ask)
        if self.wait_seconds is not None:
            raise Throttled("asked too often", wait_seconds=self.wait_seconds)
        raise Unreachable("the service fell silent")


def test_what_did_not_arrive_is_sent_again_only_when_it_cannot_arrive_any_more() -> None:
    rig = Rig("rest")
    rig.approved()
    wire = Losing(rig, done=False)

    (first,) = run(rig.poster(wire=wire).post()).done
    (second,) = run(rig.poster(wire=wire).post()).done
    rig.later(minutes=21)
    (third,) = run(rig.poster(wire=wire).post()).done

    assert [one.what for one in (first, second, third)] == ["waiting", "waiting", "confirmed"]
    assert "nothing is sent again before 2026-10-02 12:20" in second.words
    assert rig.books.booked(FEE.key)


def test_a_ledger_that_refuses_twins_is_asked_again_at_once_with_growing_patience() -> None:
    rig = Rig("rest")
    rig.approved()

    (done,) = run(rig.poster(wire=Losing(rig, done=False, times=3), trusts_keys=True).post()).done
    waited, rig.waits = rig.waits, []

    assert done.what == "confirmed"
    assert waited == [1.0, 2.0, 4.0]

    other = rig.approved(numbered(2))
    (tired,) = run(rig.poster(wire=Losing(rig, done=False, times=9), trusts_keys=True).post()).done
    assert (tired.correction.identity, tired.what) == (other.identity, "waiting")
    assert len(rig.waits) == 3


def test_the_wait_that_the_ledger_asks_for_is_kept_or_left_to_a_later_run() -> None:
    rig = Rig("rest")
    rig.approved()
    run(rig.poster(wire=Losing(rig, done=False, wait_seconds=45.0), trusts_keys=True).post())
    assert rig.waits == [46.0]

    rig.approved(numbered(2))
    (done,) = run(rig.poster(wire=Losing(rig, done=False, wait_seconds=600.0), trusts_keys=True).post()).done
    assert (done.what, done.words) == ("waiting", "the ledger asks to wait 600 seconds")


def test_five_unsure_answers_in_a_row_stop_posting() -> None:
    rig = Rig("rest")
    for number in range(8):
        rig.approved(numbered(number))

    report = run(rig.poster(wire=Losing(rig, done=False, times=99)).post())

    assert [one.what for one in report.done] == ["waiting"] * 5 + ["not_tried"] * 3
    assert "nothing more is sent" in report.stopped


def test_an_entry_in_a_closed_period_is_blocked_and_goes_on_when_the_period_opens() -> None:
    rig = Rig("rest")
    rig.approved()
    rig.books.close_period()

    (blocked,) = run(rig.poster().post()).done
    assert blocked.what == "blocked"
    assert "general ledger of entity 10 is closed through 2026-09-30" in blocked.words
    assert (rig.now().state, rig.wire.sent) == ("approved", [])

    rig.books.world.write("UPDATE intacct_location SET open_from = '2026-09-01'")
    assert [one.what for one in run(rig.poster().post()).done] == ["confirmed"]


@pytest.mark.parametrize("api", APIS)
def test_an_entry_is_not_sent_over_books_that_changed_since_it_was_proposed(api: Api) -> None:
    rig = Rig(api)
    basis = basis_of(EMPTY_LEDGER, group_of(FEE.content, SEPTEMBER, 5))
    rig.approved(replace(FEE, basis=basis))
    by_hand = replace(numbered(7), content=content("6400 12.00 101", "1250 -12.00 101", memo="by hand"))
    run(rig.ledger(rig.wire).writer.create(entry_by_hand(rig, by_hand.key.replace("RCN", "GJ-")), "Posted"))

    (done,) = run(rig.poster().post()).done

    assert (done.what, rig.wire.sent) == ("blocked", ["GJ-" + by_hand.key[3:]])
    assert "changed since the entry was proposed: pull and close again" in done.words


@pytest.mark.parametrize("api", APIS)
def test_a_correction_of_a_signed_month_is_not_sent_once_its_amounts_were_booked_where_it_books(api: Api) -> None:
    rig = Rig(api)
    since = replace(group_of(FEE.content, SEPTEMBER, 30), amounts=frozenset({Decimal("12.00")}))
    kept = rig.approved(replace(FEE, basis=basis_of(EMPTY_LEDGER, since)))
    other = content("6400 13.00 101", "1250 -13.00 101", memo="the business of every day")
    run(rig.ledger(rig.wire).writer.create(entry_by_hand(rig, "GJ-1", other), "Posted"))
    assert run(rig.poster().objection(kept)) is None

    run(rig.ledger(rig.wire).writer.create(entry_by_hand(rig, "GJ-2"), "Posted"))
    (done,) = run(rig.poster().post()).done

    assert (done.what, rig.wire.sent) == ("blocked", ["GJ-1", "GJ-2"])
    assert "lines of the same amounts in accounts 1250, 6400 between 2026-09-01 and 2026-09-30 changed" in done.words
    assert f"recon reject {FEE.key}, then recon correct again" in done.words


def entry_by_hand(rig: Rig, reference: str, said: Content = FEE.content):  # type: ignore[no-untyped-def]
    """The same fee, booked by a person under a number of their own."""
    from recon.posting.entry import entry_of
    from recon.posting.model import Settings

    return replace(entry_of(replace(FEE, content=said), Settings(), MASTERS, None), key=reference)


def test_what_was_posted_under_other_keys_meanwhile_does_not_count_as_a_change() -> None:
    rig = Rig("rest")
    basis = basis_of(EMPTY_LEDGER, group_of(FEE.content, SEPTEMBER, 5))
    for number in (1, 2):
        rig.approved(replace(numbered(number), basis=basis))

    assert [one.what for one in run(rig.poster().post()).done] == ["confirmed", "confirmed"]


def test_an_entry_without_a_required_dimension_is_not_sent() -> None:
    rig = Rig("rest")
    rig.approved()
    strict = replace(MASTERS, required={"6400": frozenset({"location", "department"})})

    (done,) = run(rig.poster(masters=strict).post()).done

    assert (done.what, rig.wire.sent) == ("blocked", [])
    assert "line 1: account 6400 requires a department" in done.words


def test_an_entry_over_two_entities_is_sent_only_with_a_location_that_owns_it() -> None:
    rig = Rig("rest")
    rig.books.world.write("UPDATE intacct_location SET entity = '20' WHERE locationid = '10'")
    rig.approved(replace(FEE, content=content("6400 12.00 101", "1250 -12.00 10")))
    two = replace(MASTERS, entities={"101": "10", "10": "20"})

    (done,) = run(rig.poster(masters=two).post()).done
    assert (done.what, rig.wire.sent) == ("blocked", [])
    assert "do not balance in every entity (10 by +12.00, 20 by -12.00)" in done.words

    (done,) = run(rig.poster(masters=two, base_location="10").post()).done
    assert done.what == "confirmed"
    assert rig.books.world.one("SELECT baselocation_no FROM intacct_batch") == ("10",)


def test_other_lines_under_the_key_freeze_the_entry() -> None:
    rig = Rig("rest")
    rig.approved()
    other = Rig("rest", books=rig.books)
    other.approved(replace(FEE, content=content("6400 13.00 101", "1250 -13.00 101")))
    run(other.poster().post())

    (done,) = run(rig.poster().post()).done

    assert done.what == "frozen"
    assert rig.now().hold is not None
    assert [one.what for one in run(rig.poster().post()).done] == ["frozen"]
    (finding,) = run(sweep(rig.poster())).findings
    assert (finding.kind, finding.record_nos) == ("other_lines", ("1",))
    assert finding.words not in done.words  # the sweep tells the mend, not the same once more


def test_an_entry_in_a_closed_period_is_blocked_by_xml_too_where_the_gateway_tells_open_books(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell_open_books_by_xml(monkeypatch)
    rig = Rig("xml")
    rig.approved()
    rig.books.close_period()

    (blocked,) = run(rig.poster().post()).done

    assert "general ledger of entity 10 is closed through 2026-09-30" in blocked.words
    assert (blocked.what, rig.now().state, rig.wire.sent) == ("blocked", "approved", [])


def test_a_refused_entry_is_refused_for_certain_and_not_in_the_books() -> None:
    rig = Rig("xml")  # this API does not tell which books are open
    rig.approved()
    rig.books.close_period()

    (done,) = run(rig.poster().post()).done

    assert (done.what, rig.now().state) == ("rejected", "rejected")
    assert "within a period that's been closed" in done.words
    assert rig.books.booked(FEE.key) == []


def test_a_refused_entry_is_renewed_under_the_next_key_only_while_nothing_stands_under_the_old_one() -> None:
    rig = Rig("xml")
    rig.approved()
    rig.books.close_period()
    run(rig.poster().post())
    rig.books.world.write("UPDATE intacct_location SET open_from = '2026-09-01'")
    other = Rig("xml", books=rig.books)
    other.approved()
    run(other.poster().post())

    with pytest.raises(NotAllowed, match="holds booked under its key: records 1"):
        run(rig.poster().renew(FEE.identity, "the period is open again"))
    rig.books.world.write("DELETE FROM intacct_batch")
    renewed = run(rig.poster().renew(FEE.identity, "the period is open again"))

    assert (renewed.state, renewed.generation, renewed.approved_by) == ("proposed", 2, None)
    assert renewed.hands == (FEE.prepared_by, rig.poster().by)  # who proposed it again does not approve it


@pytest.mark.parametrize("api", APIS)
def test_what_was_sent_and_then_blocked_for_good_is_ended_by_a_person_once_nothing_can_arrive(api: Api) -> None:
    rig = Rig(api)
    basis = basis_of(EMPTY_LEDGER, group_of(FEE.content, SEPTEMBER, 5))
    rig.approved(replace(FEE, basis=basis))
    run(rig.poster(wire=Losing(rig, done=False)).post())
    run(rig.ledger(rig.wire).writer.create(entry_by_hand(rig, "GJ-1"), "Posted"))  # the fee, by a person

    with pytest.raises(NotAllowed, match="nothing holds the entry"):
        run(rig.poster().abandon(FEE.identity, "booked by hand"))
    rig.later(minutes=21)
    (done,) = run(rig.poster().post()).done
    assert (done.what, rig.now().state) == ("blocked", "uncertain")

    ended = run(rig.poster().abandon(FEE.identity, "booked by hand"))

    assert (ended.state, ended.hold, ended.reason) == ("withdrawn", None, "booked by hand")
    assert [event.act for event in rig.store.events(subject=FEE.identity)][-2:] == ["held", "abandoned"]
    assert run(rig.poster().post()).done == ()
    assert run(sweep(rig.poster())).findings == ()


def test_what_the_ledger_knows_by_its_key_and_keeps_nothing_under_is_ended_by_a_person() -> None:
    rig = Rig("rest")
    rig.approved()
    torn = {"key": FEE.key, "digest": "of half a request", "status": 400, "body": "{}", "seen_at": rig.books.time.now}
    rig.books.world.insert("intacct_replay", [torn])

    run(rig.poster().post())
    rig.later(minutes=21)
    run(rig.poster().post())

    assert (rig.now().state, rig.books.references()) == ("uncertain", [])
    assert "used for another request" in (rig.now().reason or "")
    with pytest.raises(NotAllowed, match="may still arrive: wait until"):
        run(rig.poster().abandon(FEE.identity, "its key is spent"))
    rig.later(minutes=21)
    assert run(rig.poster().abandon(FEE.identity, "its key is spent")).state == "withdrawn"


def test_what_stands_in_the_ledger_is_not_ended_by_hand() -> None:
    rig = Rig("rest")
    rig.approved()
    run(rig.poster(wire=Losing(rig, done=False)).post())
    rig.store.apply(rig.now(), Held("blocked", "closed"), actor="ann")
    rig.later(minutes=21)
    other = Rig("rest", books=rig.books)
    other.approved()
    run(other.poster().post())

    with pytest.raises(NotAllowed, match=r"is not ended by hand while the ledger holds booked .* records 1"):
        run(rig.poster().abandon(FEE.identity, "closed"))
    assert rig.now().state == "uncertain"
    with pytest.raises(NotAllowed, match="no such entry"):
        run(rig.poster().abandon("0" * 64, "closed"))


@pytest.mark.parametrize("mode", ["direct", "draft"])
@pytest.mark.parametrize("api", APIS)
def test_the_half_that_the_ledger_makes_on_the_day_of_reversal_is_no_duplicate(api: Api, mode: str) -> None:
    rig = Rig(api)
    accrual = replace(
        FEE, content=content("6400 12.00 101", "1250 -12.00 101", kind="accrual", reversal_date=dt.date(2026, 10, 1))
    )
    rig.approved(accrual)

    (done,) = run(rig.poster(mode=mode).post()).done
    rig.later(hours=25)
    swept = run(sweep(rig.poster(mode=mode)))

    assert done.what == "confirmed", done
    assert len(rig.books.booked(FEE.key)) == 2
    assert (swept.entries_count, swept.findings) == (2, ())
    assert rig.now().state == "settled"


def test_a_surplus_entry_is_frozen_and_its_reversal_is_proposed_not_done() -> None:
    rig = Rig("rest")
    rig.approved()
    run(rig.poster().post())
    double(rig)

    swept = run(sweep(rig.poster()))

    assert [one.kind for one in swept.findings] == ["duplicate"]
    assert rig.now().hold is not None
    (reversal,) = swept.proposed
    assert (reversal.state, reversal.content.kind, reversal.variance_ids) == ("proposed", "reversal", ("2",))
    assert reversal.prepared_by == "ann"  # who swept made it: another person decides
    assert len(rig.books.booked(FEE.key)) == 2
    assert run(sweep(rig.poster())).proposed == (reversal,)  # proposed once, however often it is swept

    kept = rig.store.apply(reversal, Reviewed("bob", reversal.digest), actor="bob")
    rig.store.apply(kept, Approved("bob", reversal.digest), actor="bob")
    (done,) = run(rig.poster().post()).done
    assert done.what == "confirmed"
    assert rig.now().state == "confirmed"  # the first entry stands
    assert run(sweep(rig.poster())).findings == ()


def double(rig: Rig) -> None:
    """Book the same once more, as a ledger without a memory would."""
    rig.books.world.write("DELETE FROM intacct_replay")
    poster = rig.poster()
    run(poster.ledger.writer.create(poster._entry(rig.now()), "Posted"))


def test_the_sweep_tells_entries_without_an_event_and_events_without_an_entry() -> None:
    rig = Rig("rest")
    rig.approved()
    run(rig.poster().post())
    rig.books.world.write("DELETE FROM intacct_batch")
    stranger = Rig("rest", books=rig.books)
    stranger.approved(numbered(9))
    rig.books.world.write("DELETE FROM intacct_replay")
    run(stranger.poster().post())

    findings = run(sweep(rig.poster())).findings

    assert [(one.kind, one.key) for one in findings] == [
        ("entry_without_event", numbered(9).key),
        ("event_without_entry", FEE.key),
    ]


def test_drafts_that_nobody_chose_are_told_and_left_alone() -> None:
    rig = Rig("rest")
    rig.approved()
    poster = rig.poster(mode="draft")
    for _ in range(2):
        rig.books.world.write("DELETE FROM intacct_replay")
        run(poster.ledger.writer.create(poster._entry(rig.now()), "Draft"))

    (done,) = run(poster.post()).done
    swept = run(sweep(poster))

    assert (done.what, rig.now().record_no) == ("confirmed", "1")
    assert [(one.kind, one.record_nos) for one in swept.findings] == [("orphan_draft", ("2",))]
    assert rig.books.world.one("SELECT count(*) FROM intacct_batch") == (2,)


@pytest.mark.parametrize("mode", ["direct", "draft"])
@pytest.mark.parametrize("api", APIS)
def test_two_machines_with_two_databases_and_one_ledger_book_one_entry(api: Api, mode: str) -> None:
    books = SmallBooks()
    one, other = Rig(api, books=books), Rig(api, books=books)
    for rig in (one, other):
        rig.approved()

    for rig in (one, other):
        (done,) = run(rig.poster(mode=mode).post()).done
        assert done.what == "confirmed", done

    assert len(books.booked(FEE.key)) == 1
    assert one.now().record_no == other.now().record_no


@pytest.mark.parametrize("api", APIS)
def test_two_machines_at_once_collide_on_the_key_instead_of_booking_twice(api: Api) -> None:
    books = SmallBooks()
    one, other = Rig(api, books=books), Rig(api, books=books)
    for rig in (one, other):
        rig.approved()
    meanwhile = Meanwhile(one, lambda: other.poster().post())

    (done,) = run(one.poster(wire=meanwhile).post()).done

    assert done.what == "confirmed", done
    assert other.now().state == "confirmed"
    assert len(books.booked(FEE.key)) == 1


class Meanwhile:
    """A wire on which something happens between the look and the write."""

    def __init__(self, rig: Rig, happens) -> None:  # type: ignore[no-untyped-def]
        self.rig, self.happens = rig, happens

    async def ask(self, ask: Ask) -> Answer:
        """The answer, after what happens before the first write."""
        if self.happens and (b"<create>" in ask.body or ask.path.endswith("/general-ledger/journal-entry")):
            happens, self.happens = self.happens, None
            await happens()
        return await self.rig.wire.ask(ask)


def test_a_second_process_leaves_an_entry_alone_that_the_first_works_on(state_place: StatePlace) -> None:
    rig = Rig("rest")
    rig.approved()
    poster = rig.poster()
    lock = state_place.open().database.lock
    poster.tools = replace(poster.tools, lock=lock)

    # The other process is another user's, maybe on another machine: what they share is the database.
    with state_place.open().database.lock(FEE.key) as mine:
        (busy,) = run(poster.post()).done
    (done,) = run(poster.post()).done

    assert (mine, busy.what, done.what) == (True, "elsewhere", "confirmed")


def test_what_another_process_brought_in_meanwhile_stands_as_it_should() -> None:
    rig = Rig("rest")
    rig.approved()
    poster = rig.poster()

    @contextmanager
    def late(_key: str) -> Iterator[bool]:
        one = rig.now()
        for act in (Intended(one.digest), Sent(NOON, NOON), Confirmed("47")):
            one = rig.store.apply(one, act, actor="carla")
        yield True

    poster.tools = replace(poster.tools, lock=late)

    (done,) = run(poster.post()).done
    assert (done.what, done.words) == ("confirmed", "record 47, by another process")
