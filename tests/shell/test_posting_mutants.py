"""The tests are tested: a protocol that lacks one step of safety is caught, whichever step it is."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import posting_scenarios as scenarios
import pytest
from posting_scenarios import SCENARIOS, Make

from recon.bench.posting.schedule import FusedStore
from recon.bench.posting.stores import MemoryStore
from recon.intacct.entries import Entry, Found, Outcome, State
from recon.lifecycle import (
    Act,
    Approved,
    Correction,
    Refused,
    Renewed,
    Reviewed,
    Sent,
    Unsure,
    name_of,
    transition,
)
from recon.lifecycle import transition as _transition
from recon.posting import poster as protocol
from recon.posting.model import Done
from recon.posting.poster import Ledger, Poster
from recon.posting.standing import Standing
from recon.posting.steps import Answered, Step
from recon.state import store as state_store

_NEVER = 10**9


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
def test_the_protocol_stands_in_every_scenario(scenario: Callable[[Make], None]) -> None:
    scenario(Poster)


class NoIntent(Poster):
    """Sends without an intent on record."""

    def intend(self, correction: Correction) -> Correction:
        return replace(correction, state="intent")

    async def send(self, correction: Correction, step: Step) -> tuple[Correction, Answered]:
        await self.ledger.writer.create(self._entry(correction), "Posted")
        return await super().send(correction, step)


class NoRequestOnRecord(Poster):
    """Sends first, and writes down afterwards that it did."""

    async def send(self, correction: Correction, step: Step) -> tuple[Correction, Answered]:
        outcome = await self.ledger.writer.create(self._entry(correction), "Posted")
        now = self.tools.now()
        sent = self._apply(correction, Sent(now, now + self.settings.quiet))
        return self._judged(sent, outcome, alone=True)


class Rekeyed:
    """A writer that sends under another key."""

    def __init__(self, writer: Any, key_of: Callable[[str], str]) -> None:
        self._writer, self._key_of = writer, key_of
        self.update_state, self.find, self.tagged = writer.update_state, writer.find, writer.tagged

    async def create(self, entry: Entry, state: State) -> Outcome:
        return await self._writer.create(replace(entry, key=self._key_of(entry.key)), state)


class RandomKey(Poster):
    """Every request has a key of its own."""

    numbers = itertools.count()

    def __init__(self, store: Any, ledger: Ledger, **more: Any) -> None:
        writer = Rekeyed(ledger.writer, lambda key: f"{key[:-4]}{next(self.numbers):04d}")
        super().__init__(store, replace(ledger, writer=writer), **more)


class ConflictIsSuccess(Poster):
    """Takes 409 for a success."""

    def _judged(self, correction: Correction, outcome: Outcome, *, alone: bool) -> tuple[Correction, Answered]:
        if outcome.kind == "unknown" and "being processed" in outcome.reason:
            return self.confirm(correction, outcome.record_no or "0"), Answered("done", record_no="0")
        return super()._judged(correction, outcome, alone=alone)


class FailureIsRefusal(Poster):
    """Takes 5xx and silence for a refusal."""

    def _judged(self, correction: Correction, outcome: Outcome, *, alone: bool) -> tuple[Correction, Answered]:
        if outcome.kind == "unknown":
            return self._apply(correction, Refused("500", outcome.reason)), Answered("refused", outcome.reason)
        return super()._judged(correction, outcome, alone=alone)


class NoConfirmation(Poster):
    """Believes done without reading."""

    def _judged(self, correction: Correction, outcome: Outcome, *, alone: bool) -> tuple[Correction, Answered]:
        if outcome.kind == "done":
            return self.confirm(correction, outcome.record_no or ""), Answered("done")
        return super()._judged(correction, outcome, alone=alone)


class NoCompareAndSet(Poster):
    """Changes what is on record by now, not what it looked at."""

    def _apply(self, correction: Correction, act: Act) -> Correction:
        now = self.store.get(correction.identity)
        return super()._apply(now or correction, act)


class SplitStore:
    """State first, its event in a second commit."""

    def __init__(self, fused: Any) -> None:
        self._store: MemoryStore = fused._store
        self._fuse, self.login = fused._fuse, fused.login
        self.get, self.all, self.by_key = self._store.get, self._store.all, self._store.by_key
        self.events, self.record, self.head = self._store.events, self._store.record, self._store.head
        self.check_chain = self._store.check_chain

    def apply(
        self, before: Correction, act: Act, *, actor: str, details: Mapping[str, str] | None = None
    ) -> Correction:
        self._fuse.point()
        after = transition(before, act)
        self._store._keep(after)
        self._fuse.point()
        self._store.record(name_of(act), before.identity, actor=actor)
        return after


class AuditApart(Poster):
    """Writes the event after the state was committed."""

    def __init__(self, store: Any, ledger: Ledger, **more: Any) -> None:
        super().__init__(SplitStore(store) if isinstance(store, FusedStore) else store, ledger, **more)


class NextGenerationUnread(Poster):
    """After an unsure answer takes another key, without a refusal and without reading."""

    def _judged(self, correction: Correction, outcome: Outcome, *, alone: bool) -> tuple[Correction, Answered]:
        if outcome.kind != "unknown":
            return super()._judged(correction, outcome, alone=alone)
        refused = self._apply(self._apply(correction, Unsure("?")), Refused("500", outcome.reason))
        again = self._apply(refused, Renewed(self.by, "once more"))
        again = self._apply(again, Reviewed("bob", again.digest))
        again = self._apply(again, Approved("bob", again.digest))
        return self.intend(again), Answered()


class NoWait(Poster):
    """Sends the same again at once."""

    def __init__(self, store: Any, ledger: Ledger, **more: Any) -> None:
        super().__init__(store, ledger, **more)
        self.settings = replace(self.settings, quiet=dt.timedelta(0))


class TrustsAnyLedger(Poster):
    """Relies on the memory of a ledger that has none."""

    def __init__(self, store: Any, ledger: Ledger, **more: Any) -> None:
        super().__init__(store, ledger, **more)
        self.settings = replace(self.settings, trusts_keys=True)


class ChoiceInMemory(Poster):
    """Chooses a draft without writing down which."""

    def choose(self, correction: Correction, record_no: str) -> Correction:
        return replace(correction, chosen=record_no)

    async def send(self, correction: Correction, step: Step) -> tuple[Correction, Answered]:
        after, answered = await super().send(replace(correction, chosen=None), step)
        return replace(after, chosen=correction.chosen), answered


class OwnChoiceKept(Poster):
    """Stays with the draft that it chose first, whatever shows up before it is posted."""

    async def look(self, correction: Correction) -> Standing:
        found = await super().look(correction)
        if found.kind == "drafts" and correction.chosen in found.record_nos:
            return replace(found, record_nos=tuple(sorted(found.record_nos, key=lambda one: one != correction.chosen)))
        return found


class BooksUnread(Poster):
    """Does not look whether the books take it."""

    async def objection(self, correction: Correction) -> str | None:
        return None


class AttachmentUnasked(Poster):
    """Sends entries whether their attachment stands or not."""

    def attached(self, correction: Correction) -> str | None:
        return None


class ApprovalUnasked(Poster):
    """Takes an approval for good, whatever became of the people and the policy."""

    async def bring(self, correction: Correction, *, sends: bool) -> Done:
        self.tools = replace(self.tools, check=lambda _: None)
        return await super().bring(correction, sends=sends)


class HoldIgnored(Poster):
    """Goes on with what a person froze."""

    async def _not_ready(self, correction: Correction) -> Done | None:
        return None


class LinesUncompared(Poster):
    """Takes whatever stands under the key for its own."""

    def stands(self, correction: Correction, found: Sequence[Found]) -> Standing:
        return Standing("booked", tuple(one.record_no for one in found)) if found else Standing("nothing")


class DoublesUncounted(Poster):
    """Takes several entries for one."""

    def stands(self, correction: Correction, found: Sequence[Found]) -> Standing:
        told = super().stands(correction, found)
        return Standing("booked", told.record_nos[:1], told.orphans) if told.kind == "several" else told


class NoCircuit(Poster):
    """Never stops."""

    async def _not_sent(self, correction: Correction, answered: Answered, sent: int, sends: bool) -> Done | None:
        self._unsure_in_row = 0
        return await super()._not_sent(correction, answered, sent, sends)

    async def _locked(self, correction: Correction, *, sends: bool) -> Done:
        self._unsure_in_row = 0
        done = await super()._locked(correction, sends=sends)
        self._unsure_in_row = 0
        return done


class NoPatience(Poster):
    """Does not wait as long as it is asked to."""

    async def _pause(self, sent: int, answered: Answered) -> bool:
        return True


class RefusalAlwaysCertain(Poster):
    """Takes a refusal for certain although an older request is under way."""

    def _judged(self, correction: Correction, outcome: Outcome, *, alone: bool) -> tuple[Correction, Answered]:
        return super()._judged(correction, outcome, alone=True)


@dataclass(frozen=True)
class Mutant:
    """A protocol without one step, and the scenario that must catch it."""

    make: Make
    caught_by: Callable[[Make], None]
    patch: Callable[[pytest.MonkeyPatch], None] = lambda _patch: None


def _digest_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(_transition.__globals__, "_check_digest", lambda _correction, _act: None)


MUTANTS = {
    "no intent": Mutant(NoIntent, scenarios.nothing_leaves_without_an_intent_and_a_request_on_record),
    "request not on record": Mutant(
        NoRequestOnRecord, scenarios.nothing_leaves_without_an_intent_and_a_request_on_record
    ),
    "random key": Mutant(RandomKey, scenarios.a_late_request_is_not_sent_again_before_it_cannot_arrive),
    "conflict is success": Mutant(ConflictIsSuccess, scenarios.a_conflict_is_no_success),
    "failure is refusal": Mutant(FailureIsRefusal, scenarios.an_answer_that_is_not_certain_decides_nothing),
    "no confirmation": Mutant(NoConfirmation, scenarios.a_draft_is_not_taken_for_booked),
    "no compare-and-set": Mutant(NoCompareAndSet, scenarios.two_processes_do_not_send_the_same_entry),
    "audit apart": Mutant(AuditApart, scenarios.every_change_has_its_event),
    "next generation unread": Mutant(
        NextGenerationUnread, scenarios.a_late_request_is_not_sent_again_before_it_cannot_arrive
    ),
    "no wait": Mutant(NoWait, scenarios.a_late_request_is_not_sent_again_before_it_cannot_arrive),
    "trusts any ledger": Mutant(TrustsAnyLedger, scenarios.a_late_request_is_not_sent_again_before_it_cannot_arrive),
    "choice in memory": Mutant(ChoiceInMemory, scenarios.the_chosen_draft_is_posted_and_no_other),
    "own choice kept": Mutant(OwnChoiceKept, scenarios.a_draft_that_shows_late_is_chosen_before_one_is_posted),
    "books unread": Mutant(BooksUnread, scenarios.books_that_do_not_take_it_are_sent_nothing),
    "attachment unasked": Mutant(AttachmentUnasked, scenarios.an_entry_does_not_leave_before_its_attachment_stands),
    "approval unasked": Mutant(ApprovalUnasked, scenarios.an_approval_that_does_not_count_now_sends_nothing),
    "signature unread": Mutant(BooksUnread, scenarios.what_a_signed_period_does_not_take_is_not_sent),
    "trail unread": Mutant(
        Poster,
        scenarios.an_approval_that_is_not_on_the_trail_sends_nothing,
        lambda patch: patch.setattr(state_store, "check_borne_out", lambda _connection, _one: None),
    ),
    "hold ignored": Mutant(HoldIgnored, scenarios.what_is_frozen_is_not_sent),
    "digest unchecked": Mutant(Poster, scenarios.lines_that_were_not_approved_are_not_sent, _digest_unchecked),
    "lines uncompared": Mutant(LinesUncompared, scenarios.other_lines_under_the_key_freeze),
    "doubles uncounted": Mutant(DoublesUncounted, scenarios.schedules_come_out_right),
    "no circuit": Mutant(NoCircuit, scenarios.five_unsure_answers_stop_posting),
    "endless resends": Mutant(
        Poster,
        scenarios.one_run_sends_an_entry_four_times_at_most,
        lambda patch: patch.setattr(protocol, "RESENDS", 9),
    ),
    "no patience": Mutant(NoPatience, scenarios.the_ledger_is_left_alone_as_long_as_it_asks),
    "reversing half unknown": Mutant(
        Poster,
        scenarios.the_reversing_half_is_no_duplicate,
        lambda patch: patch.setattr(Found, "mirrors", lambda _self, _entry: False),
    ),
    "same lines unread": Mutant(
        Poster,
        scenarios.another_correction_of_the_same_lines_waits,
        lambda patch: patch.setattr(protocol, "other_in_the_way", lambda _one, _every: None),
    ),
    "same lines unread in schedules": Mutant(
        Poster,
        scenarios.schedules_come_out_right,
        lambda patch: patch.setattr(protocol, "other_in_the_way", lambda _one, _every: None),
    ),
    "refusal always certain": Mutant(
        RefusalAlwaysCertain, scenarios.a_refusal_is_not_certain_while_an_older_request_may_arrive
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_protocol_without_a_step_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    mutant.patch(monkeypatch)

    with pytest.raises(AssertionError):
        mutant.caught_by(mutant.make)


def test_sixteen_steps_at_least_are_taken_out() -> None:
    assert len(MUTANTS) >= 16
