"""Approved corrections into the ledger, each exactly once: every state is durable before the next side effect."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence

from recon.errors import ApprovalError, NotAllowed, RemoteError, Stale
from recon.intacct.attachments import Attachments
from recon.intacct.entries import Entry, Found, LedgerWriter, Outcome
from recon.intacct.faults import told
from recon.lifecycle import (
    IN_BOOKS,
    ON_THE_WAY,
    Abandoned,
    Act,
    Chosen,
    Confirmed,
    Correction,
    Held,
    Intended,
    Lost,
    Refused,
    Released,
    Renewed,
    Reversed,
    Sent,
    State,
    Unsure,
)
from recon.posting.attaching import Attaching
from recon.posting.books import Books, Group, Masters, basis_of, groups_in, objections
from recon.posting.entry import attachment_of, entry_of, note_of
from recon.posting.family import family_of
from recon.posting.model import CIRCUIT, FIRST_PAUSE, LONGEST_PAUSE, RESENDS, Done, Report, Settings, Tools, What
from recon.posting.overlap import IN_THE_WAY, other_in_the_way
from recon.posting.standing import Standing, Times, counted, standing
from recon.posting.steps import Answered, Step, next_step
from recon.posting.undoing import DUPLICATE, UNDO, on_record
from recon.state.port import CorrectionStore
from recon.wire.patience import longest_draw

DUE: tuple[State, ...] = ("approved", *ON_THE_WAY)


@dataclasses.dataclass(frozen=True)
class Ledger:
    """The ledger: where entries are written, the books that are read before, and what entries are documented by."""

    writer: LedgerWriter
    books: Books
    masters: Masters
    attachments: Attachments


class Poster:
    """Posts for one person; the protocol's steps are its methods."""

    def __init__(
        self,
        store: CorrectionStore,
        ledger: Ledger,
        *,
        by: str,
        settings: Settings | None = None,
        tools: Tools | None = None,
    ) -> None:
        self.store = store
        self.ledger = ledger
        self.by = by
        self.settings = settings or Settings()
        self.tools = tools or Tools()
        folder, pack = self.settings.attachment_folder, self.tools.pack
        self.attaching = Attaching(ledger.attachments, folder, pack, self.tools.lock, self.tools.sleep)
        self._unsure_in_row = 0

    async def post(self, only: Collection[str] | None = None) -> Report:
        """Bring every approved entry, and every one on its way, as far as it goes; `only` names identities.

        Raises: TrailBroken where the trail does not verify, or does not bear out an entry that is next; RemoteError
            where the records cannot be read. A ledger that cannot be read is told entry by entry.
        """
        self.store.check_chain()
        return await self._each(due_of(self.store, only), sends=True)

    async def settle(self, only: Collection[str] | None = None) -> Report:
        """Find out by reading what became of entries that are on their way; nothing is sent.

        Raises: TrailBroken and RemoteError as `post` does.
        """
        self.store.check_chain()
        self._finish_reversals()
        return await self._each(due_of(self.store, only, ON_THE_WAY), sends=False)

    async def renew(self, identity: str, reason: str) -> Correction:
        """A refused or reversed entry proposed again under its next key, after a look that found nothing to count.

        Raises: RemoteError where the ledger cannot be read; NotAllowed where it is neither, or stands in the ledger.
        """
        correction = on_record(self.store, identity)
        if correction.state == "rejected":
            await self._check_gone(correction, "a refused entry is not renewed")
        objection = await self._family_objection(correction)
        if objection is not None:
            raise NotAllowed(f"it is not proposed again: {objection}", key=correction.key)
        return self._apply(correction, Renewed(self.by, reason, self.store.login or None))

    async def abandon(self, identity: str, note: str) -> Correction:
        """An entry that was sent, and is held or was sent again, withdrawn after a look that found nothing.

        A run that proposes it again does so under the next key.

        Raises: RemoteError where the ledger cannot be read; NotAllowed where something stands there or may still
            arrive, where nothing holds the entry and it was sent once, or where there is none.
        """
        correction = on_record(self.store, identity)
        await self._check_gone(correction, "an entry is not ended by hand")
        return self._apply(correction, Abandoned(self.by, note, self.tools.now()))

    async def lost(self, identity: str, note: str) -> Correction:
        """An entry that was booked and that somebody deleted in the ledger, after a look that found nothing.

        It is `rejected` from then on: it counts no more, and a person may renew it under the next key.

        Raises: RemoteError where the ledger cannot be read; NotAllowed where something stands there or may still
            arrive, where it was not booked, or where there is none.
        """
        correction = on_record(self.store, identity)
        await self._check_gone(correction, "an entry is not called lost")
        return self._apply(correction, Lost(self.by, note, self.tools.now()))

    async def _check_gone(self, correction: Correction, refusal: str) -> None:
        """Raises: NotAllowed where a look finds anything under its key; RemoteError."""
        found = await self.look(correction)
        if found.kind != "nothing":
            words = f"the ledger holds {found.kind} under its key: records {', '.join(found.record_nos)}"
            raise NotAllowed(f"{refusal} while {words}", key=correction.key)

    async def _each(self, due: Iterable[Correction], *, sends: bool) -> Report:
        done: list[Done] = []
        stopped = ""
        for correction in due:
            if self._unsure_in_row >= CIRCUIT:
                stopped = f"{CIRCUIT} answers in a row were unsure: nothing more is sent; run settle, then post again"
                done.append(Done(correction, "not_tried", stopped))
                continue
            done.append(await self._locked(correction, sends=sends))
        return Report(tuple(done), stopped)

    async def _locked(self, correction: Correction, *, sends: bool) -> Done:
        with self.tools.lock(correction.key) as mine:
            fresh = self.store.get(correction.identity) or correction
            if not mine or fresh.state not in DUE:
                return _by_another(fresh)
            try:
                return await self.bring(fresh, sends=sends)
            except Stale:
                return _by_another(self.store.get(correction.identity) or fresh)
            except ApprovalError as fault:
                return Done(fresh, "blocked", fault.message)
            except RemoteError as fault:
                self._unsure_in_row += 1
                now = self.store.get(correction.identity) or fresh
                what: What = "not_read" if now.attempt == fresh.attempt else "waiting"
                return Done(now, what, f"the ledger could not be read: {fault.message}")

    async def bring(self, correction: Correction, *, sends: bool) -> Done:
        """What became of one entry that was brought as far as it goes.

        Raises: RemoteError; Stale where somebody else changed it; ContentChanged where it is not what was approved.
        """
        held = await self._not_ready(correction)
        if held is not None:
            return held
        if correction.state == "approved":
            correction = self.intend(self._free(correction))
        answered, sent = Answered(), 0
        while True:
            found = await self.look(correction)
            step = next_step(correction, found, answered, now=self.tools.now(), trusts_keys=self.settings.trusts_keys)
            if step.kind == "choose":
                correction = self.choose(correction, step.record_no)
                answered, sent = Answered(shown=True), 0
                continue
            ended = self._ended(correction, step, answered) or await self._not_sent(correction, answered, sent, sends)
            if ended is not None:
                return ended
            correction, answered = await self.send(self._free(correction), step)
            sent += 1

    async def _not_ready(self, correction: Correction) -> Done | None:
        """Why an entry is not even looked at."""
        if correction.frozen:
            return Done(correction, "frozen", correction.frozen)
        if correction.state != "approved":
            return None
        self.tools.check(correction)
        return await self.hold_back(correction)

    async def _not_sent(self, correction: Correction, answered: Answered, sent: int, sends: bool) -> Done | None:
        """Why nothing is sent now; None where it may be, after the pause that is due."""
        if not sends and correction.hold is not None:
            return Done(correction, "blocked", correction.hold.reason)
        if not sends:
            return Done(correction, "waiting", "the ledger does not hold it as posted: post sends it")
        if sent > RESENDS or self._unsure_in_row >= CIRCUIT:
            return Done(correction, "waiting", f"sent {sent} times without a certain answer: {answered.reason}")
        if not await self._pause(sent, answered):
            return Done(correction, "waiting", f"the ledger asks to wait {answered.wait_seconds:.0f} seconds")
        return await self.hold_back(correction)

    def intend(self, correction: Correction) -> Correction:
        """The correction with its intent on record, before anything of it leaves this machine.

        Raises: ApprovalError where its approval does not count now.
        """
        self.tools.check(correction)
        return self._apply(correction, Intended(correction.digest))

    async def look(self, correction: Correction) -> Standing:
        """What stands in the ledger under the key.

        Raises: RemoteError.
        """
        return self.stands(correction, await self.ledger.writer.find(correction.key))

    def stands(self, correction: Correction, found: Sequence[Found]) -> Standing:
        """What the entries found under the key mean for the correction."""
        return standing(found, self._entry(correction), self._undone() if len(found) > 1 else ())

    def choose(self, correction: Correction, record_no: str) -> Correction:
        """The correction with the one draft on record that is to be posted."""
        return self._apply(correction, Chosen(record_no))

    async def send(self, correction: Correction, step: Step) -> tuple[Correction, Answered]:
        """The correction after one request, and what the ledger said; the request is on record before it leaves.

        Raises: ApprovalError where its approval does not count now.
        """
        self.tools.check(correction)
        now = self.tools.now()
        before = correction.attempt
        alone = correction.state == "intent" or before is None or now >= before.deadline
        correction = self._apply(correction, Sent(now, now + self.settings.quiet, step.asks))
        entry = self._entry(correction)
        writer = self.ledger.writer
        if step.kind == "post_draft":
            outcome = await writer.update_state(step.record_no, entry, "Posted")
        else:
            outcome = await writer.create(entry, "Draft" if self.settings.mode == "draft" else "Posted")
        return self._judged(correction, outcome, alone=alone)

    async def hold_back(self, correction: Correction) -> Done | None:
        """That nothing is sent for the correction now, and why; None where the books take it as it was approved.

        Its attachment stands then. Raises: RemoteError.
        """
        reason = await self.objection(correction)
        reason = reason or await self.attaching.objection(correction, self.attached(correction))
        if reason is None:
            return None
        if correction.hold is None or correction.hold.reason != reason:
            correction = self._apply(correction, Held("blocked", reason))
        return Done(correction, "blocked", reason)

    def attached(self, correction: Correction) -> str | None:
        """The id of the attachment that its entry names; None where it names none."""
        return attachment_of(correction, self.settings)

    async def objection(self, correction: Correction) -> str | None:
        """Why the books do not take the correction now, read just before it is sent; None where they do.

        Raises: RemoteError.
        """
        on_record = self.tools.signed(correction) or other_in_the_way(correction, self.store.all(states=IN_THE_WAY))
        if on_record is not None:
            return on_record
        open_from = await self.ledger.books.open_from()
        content = correction.content
        for reason in objections(content, self.ledger.masters, open_from, self.settings.base_location):
            return reason
        if correction.reverses is not None or correction.generation > 1:
            unfit = await self._reversal_objection(correction) or await self._family_objection(correction)
            if unfit is not None:
                return unfit
        for part, group in groups_in(content, correction.basis):
            if basis_of(await self.ledger.books.lines(group), group) != part:
                return _changed(correction, group)
        return None

    async def _family_objection(self, correction: Correction) -> str | None:
        """A correction and what takes it back stand in the ledger once, or not at all."""
        family = family_of(correction, self.store.all())
        standing = Times()
        for key, one in family.posting_keys():
            if key != correction.key or correction.state not in DUE:
                counts = self.counts(one, await self.ledger.writer.find(key))
                standing = standing.plus(counts, family.signs[one.identity])
        return family.objection(correction, standing)

    def counts(self, correction: Correction, found: Sequence[Found]) -> Times:
        """How often the correction counts in the books by what was found under one of its keys."""
        return counted(found, self._entry(correction))

    async def _reversal_objection(self, correction: Correction) -> str | None:
        """What is to be reversed must still stand."""
        if correction.reverses is None:
            return None
        original = self.store.get(correction.reverses)
        if original is None:
            return f"the entry that it reverses is not on record: {correction.reverses}"
        found = await self.look(original)
        wanted = correction.variance_ids[0] if correction.cause == DUPLICATE else original.record_no
        if wanted not in found.record_nos:
            words = f"record {wanted}, which it reverses, does not stand under the key {original.key} any more"
            return f"{words}: if somebody deleted it, recon settle --lost {original.key} --note WHY"
        return None

    def _ended(self, correction: Correction, step: Step, answered: Answered) -> Done | None:
        """What became of the entry where the step ends its way for now."""
        if step.kind == "confirm":
            return self._done(self.confirm(correction, step.record_no), "confirmed", f"record {step.record_no}")
        if step.kind == "freeze":
            return self._done(self._apply(correction, Held("frozen", step.reason)), "frozen", step.reason)
        if step.kind == "reject":
            return self._done(self._apply(correction, Refused(step.code, step.reason)), "rejected", step.reason)
        if step.kind == "block":
            return self._done(self._apply(correction, Held("blocked", step.reason)), "blocked", step.reason)
        if step.kind == "wait":
            if correction.state == "sent" and answered.kind != "nothing":
                correction = self._apply(correction, Unsure(step.reason, answered.record_no))
            return Done(correction, "waiting", step.reason)
        return None

    def confirm(self, correction: Correction, record_no: str) -> Correction:
        """The correction confirmed under its record number; what it undoes is reversed by that."""
        correction = self._apply(correction, Confirmed(record_no))
        self._finish_reversal(correction)
        return correction

    def _done(self, correction: Correction, what: What, words: str) -> Done:
        self._unsure_in_row = 0
        return Done(correction, what, words)

    def _judged(self, correction: Correction, outcome: Outcome, *, alone: bool) -> tuple[Correction, Answered]:
        """What an outcome means. Done is believed only after reading; what is not certain is unsure."""
        if outcome.kind == "unknown":
            self._unsure_in_row += 1
            changed = self._apply(correction, Unsure(outcome.reason))
            answered = Answered("unknown", outcome.reason, alone=alone, wait_seconds=outcome.wait_seconds)
            return changed, answered
        self._unsure_in_row = 0
        if outcome.kind == "done":
            return correction, Answered("done", alone=alone, record_no=outcome.record_no)
        if not outcome.faults:
            return correction, Answered("unsent", outcome.reason, alone=alone)
        code = next((one.number or one.error_id for one in outcome.faults), "")
        return correction, Answered("refused", told(outcome.faults), code, alone=alone)

    async def _pause(self, sent: int, answered: Answered) -> bool:
        """Wait before sending again, as long as the ledger asks and a draw more; False where it asks for too much."""
        if not sent or answered.kind == "done":
            return True
        asked = answered.wait_seconds or 0.0
        if asked > LONGEST_PAUSE:
            return False
        await self.tools.sleep(asked + self.tools.draw(longest_draw(FIRST_PAUSE, LONGEST_PAUSE, sent)))
        return True

    def _free(self, correction: Correction) -> Correction:
        """The correction without a hold whose reason is gone."""
        if correction.hold is None:
            return correction
        return self._apply(correction, Released(None, f"no longer: {correction.hold.reason}"))

    def _entry(self, correction: Correction) -> Entry:
        return entry_of(correction, self.settings, self.ledger.masters, note_of(correction, self.store))

    def _undone(self) -> frozenset[str]:
        """Record numbers of surplus entries whose reversal is confirmed."""
        reversals = self.store.all(states=IN_BOOKS)
        return frozenset(number for one in reversals if one.cause == DUPLICATE for number in one.variance_ids)

    def _finish_reversals(self) -> None:
        """Close what was cut off between the confirmation of a reversal and the state of what it reverses."""
        for one in self.store.all(states=IN_BOOKS):
            self._finish_reversal(one)

    def _finish_reversal(self, reversal: Correction) -> None:
        original = self.store.get(reversal.reverses) if reversal.reverses and reversal.cause == UNDO else None
        # It takes back one record: what was proposed again since stands under another one.
        takes_it = original is not None and original.record_no in reversal.variance_ids
        if original is not None and takes_it and original.state in IN_BOOKS:
            self._apply(original, Reversed(reversal.identity))

    def _apply(self, correction: Correction, act: Act) -> Correction:
        return self.store.apply(correction, act, actor=self.by)


def due_of(store: CorrectionStore, only: Collection[str] | None, states: Sequence[State] = DUE) -> list[Correction]:
    """The corrections in these states that are next; `only` names identities, None all of them."""
    return [one for one in store.all(states=states) if only is None or one.identity in only]


def _changed(correction: Correction, group: Group) -> str:
    """That the books are not those over which the entry was proposed, and how it is proposed over these."""
    what = "lines of the same amounts in" if group.amounts else "lines of"
    drafted = f"recon reject {correction.key}, then recon correct again, which searches them"
    return (
        f"{what} accounts {', '.join(group.accounts)} between {group.start} and {group.end} changed since the entry "
        f"was proposed: {drafted if group.amounts else 'pull and close again'}"
    )


def _by_another(one: Correction) -> Done:
    """What became of an entry at the hands of another process."""
    if one.state in ("confirmed", "settled"):
        return Done(one, one.state, f"record {one.record_no}, by another process")
    return Done(one, "elsewhere", f"another process works on this entry: it is {one.state}")
