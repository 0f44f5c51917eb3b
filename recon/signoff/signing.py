"""Signing a reconciliation or a proved account of a period, and opening it again: each act by a person, on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from recon.digests import digest_file
from recon.errors import ConfigError, DigestDiffers, LockHeld, NotAllowed
from recon.found import ComparedPart
from recon.frames import complete
from recon.frames.results import OpenItems
from recon.lifecycle import Acting, Control, Correction, Withdrawn, allowed_from
from recon.money import accounting
from recon.posting.registering import DECLINED, is_drafted
from recon.reporting.manifest import MANIFEST
from recon.reporting.model import RunRecord
from recon.reporting.runs import find_run, is_intact, period_lock, read_record
from recon.signoff.accepted import accepted_alone
from recon.signoff.carried import books_name, company_of
from recon.signoff.closed import Closer, closer_of
from recon.signoff.gate import (
    Case,
    Left,
    Obstacle,
    Subject,
    forced_total,
    obstacles,
    passed_of,
    subjects_of,
    too_much_passed,
)
from recon.signoff.kept import (
    exception_text,
    inputs_text,
    item_rows,
    left_by,
    standing,
    uncorrected_rows,
    waived_of,
)
from recon.signoff.stamp import stamped_or_why
from recon.state.periods import FORCED, REOPENED, SIGNED, Kept, PeriodRow, SignOffRow, keep_sign_off
from recon.state.store import StateStore
from recon.variances import passed_over, uncorrected_of
from recon.variances.controls import LEDGER
from recon.variances.signed import PRIOR, id_before

_TOLD = 3  # obstacles in one message


@dataclass(frozen=True)
class Books:
    """Where signing takes place: the records, the control of who may, and the folder of runs."""

    store: StateStore
    control: Control
    reports: Path


@dataclass(frozen=True)
class Standing:
    """How one subject of a period stands: the newest act on record, and what is in the way of signing it now."""

    subject: Subject
    newest: SignOffRow | None
    obstacles: tuple[Obstacle, ...]
    run_id: str  # of the newest run, over which this is told
    newer: tuple[Obstacle, ...] = ()  # what that run has open and a signature over an earlier one did not waive
    passed: tuple[Left, ...] = ()  # accepted by a second person or passed: not booked, and in nobody's way

    @property
    def is_signed(self) -> bool:
        """True while the newest act is a signature."""
        return self.newest is not None and self.newest.is_signature

    @property
    def final(self) -> tuple[Obstacle, ...]:
        """What nobody can force."""
        return tuple(one for one in self.obstacles if not one.is_forcible)


@dataclass(frozen=True)
class Signed:
    """A signature, or the act that opened it again, on record, and what it withdrew: proposals that nobody sent."""

    row: SignOffRow
    withdrawn: tuple[Correction, ...] = ()
    passed: tuple[Left, ...] = ()  # what it left uncorrected beside what was forced
    unstamped: str = ""  # why the stamp does not stand beside the pack; empty where it does


@dataclass(frozen=True)
class Signing:
    """The newest run of a period, whole, with the records of its period."""

    folder: Path
    record: RunRecord
    case: Case
    company: str
    acts: dict[Subject, SignOffRow]
    closer: Closer | None  # as the trail says; None where it does not know the close
    left: Mapping[Subject, Sequence[tuple[str, Decimal]]]  # by each standing signature of the period: id and amount

    @property
    def preparers(self) -> tuple[str, ...]:
        """Everybody who prepared the run, by name and by login. Raises: NotAllowed where the trail does not know it."""
        if self.closer is None and self.record.closed_by:
            raise NotAllowed(
                "the audit trail does not know the close of this run, so nobody vouches for who prepared it: "
                "close the period again",
                run_id=self.record.run_id,
            )
        return (self.record.prepared_by, self.record.closed_by, *(self.closer.names if self.closer else ()))

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What can be signed of the run."""
        return subjects_of(self.record.found, self.record.policy, self.record.accounts)

    @property
    def standings(self) -> tuple[Standing, ...]:
        """How each subject of the run stands, the reconciliations first."""
        return tuple(map(self.standing_of, self.subjects))

    def standing_of(self, subject: Subject) -> Standing:
        """How the subject stands."""
        newest, passed = self.acts.get(subject), passed_of(subject, self.case)
        too_much = too_much_passed(passed, self.left_beside(subject), self.record.policy.materiality.overall)
        found = obstacles(subject, self.case)
        told = (too_much, *found) if too_much else found
        return Standing(subject, newest, told, self.record.run_id, self._newer(newest, told), passed)

    def _newer(self, newest: SignOffRow | None, found: Sequence[Obstacle]) -> tuple[Obstacle, ...]:
        """What this run has open beyond a signature over an earlier one, whatever its errors are called since."""
        if newest is None or not newest.is_signature or newest.run_id == self.record.run_id:
            return ()
        waived = {one.item_id for one in waived_of(newest)}
        errors = self.record.found.frames["variances"].filter(pl.col("cause") == PRIOR, pl.col("status") == "ask")
        known = {row["variance_id"] for row in errors.iter_rows(named=True) if id_before(row) in waived}
        return tuple(one for one in found if one.item_id not in waived | known)

    def left_beside(self, subject: Subject) -> list[tuple[str, Decimal]]:
        """What standing signatures of other subjects left uncorrected: materiality is one for all of the period."""
        return [item for one, items in self.left.items() if one != subject for item in items]


def open_signing(books: Books, period: str, run_id: str | None = None, *, signer: str = "") -> Signing:
    """The newest run of the period as it may be signed, or the run of that id if it is the newest.

    What the one who would sign accepted counts as open for them.

    Raises: DataError if there is none, DigestDiffers if its pack is not what was written, or the trail knows another
        one, NotAllowed for an older run.
    """
    folder = find_run(books.reports, period)
    if run_id is not None and run_id != folder.name:
        raise NotAllowed("only the newest run of a period is signed", run=run_id, newest=folder.name)
    if not is_intact(folder):
        raise DigestDiffers("the pack of this run is not what was written; run the close again", folder=folder)
    record = read_record(folder)
    closer = closer_of(books.store, folder, record)
    company = company_of(record.policy)
    corrections = books.store.all(period=period)
    case = Case(
        record.found,
        record.policy,
        record.accounts,
        record.files,
        corrections,
        _declined(books.store, corrections),
        accepted_alone(books.store, books.control, record, closer, signer),
        _drafts(books.store, record),
    )
    acts = standing(books.store, company, period)
    left = {one: left_by(books.store, [act]) for one, act in acts.items() if act.is_signature}
    return Signing(folder, record, case, company, acts, closer, left)


def _drafts(store: StateStore, record: RunRecord) -> tuple[Correction, ...]:
    """What persons drafted for days of the run's period, whatever period it takes back."""
    period, company = record.found.period, company_of(record.policy)
    mine = (one for one in store.all() if is_drafted(one) and period.has(one.content.posting_date))
    return tuple(one for one in mine if books_name(one.company, one.entity) == company)


def _declined(store: StateStore, corrections: Sequence[Correction]) -> dict[str, str]:
    """Why a person decided not to book a variance, by its id."""
    found: dict[str, str] = {}
    for one in corrections:
        if one.state == "withdrawn" and store.events(subject=one.identity)[-1].act == DECLINED:
            found |= dict.fromkeys(one.variance_ids, one.reason or "")
    return found


def sign(
    books: Books, period: str, subject: Subject, who: Acting, *, note: str | None = None, force: bool = False
) -> Signed:
    """The signature of the newest run of the period, on record and stamped on its pack, and what it withdrew.

    Open matters below materiality are signed over only with `force` and a note; then it is *signed with exceptions*.

    Raises: SamePerson or NotAllowed where the person may not, or something is in the way; DataError, DigestDiffers
        for a run that is not there or not whole; LockHeld while the period is being closed.
    """
    with _alone(books, period):
        signing = open_signing(books, period, signer=who.person.name)
        record = signing.record
        books.control.check_sign(signing.preparers, who)
        found = signing.standing_of(subject)
        check_signable(signing, found, note, force=force)
        forced = found.obstacles
        kept = SignOffRow(
            company=signing.company,
            period=period,
            kind=subject.kind,
            subject=subject.name,
            act=FORCED if forced else SIGNED,
            actor=who.person.name,
            at=_now(books),
            run_id=record.run_id,
            manifest_digest=digest_file(signing.folder / MANIFEST),
            preparer=record.prepared_by,
            note=(note or "").strip() or None,
            exceptions=tuple(exception_text(one) for one in forced),
            inputs=inputs_text(_compared(subject, record)),
        )
        withdrawn = _withdraw_open(books.store, signing, kept)
        keep_sign_off(books.store, kept, _rows(subject, signing, forced, kept.note))
        unstamped = stamped_or_why(books.store, signing.folder, record)
    return Signed(kept, withdrawn, found.passed, unstamped)


def _withdraw_open(store: StateStore, signing: Signing, signed: SignOffRow) -> tuple[Correction, ...]:
    """Nothing is booked into what is signed: what runs proposed of the reconciliation and nobody sent is withdrawn.

    It is proposed again by a close of the period after it was opened again. What a person drafted would not be: it
    stands, and waits for that.
    """
    if signed.kind != "reconciliation":
        return ()
    reason = f"{signed.subject} of {signed.period} was signed by {signed.actor} without it"
    ended: list[Correction] = []
    for one in signing.case.corrections:
        ours = books_name(one.company, one.entity) == signing.company and one.reconciliation == signed.subject
        if ours and not is_drafted(one) and one.state in allowed_from(Withdrawn):
            store.apply(one, Withdrawn(signed.run_id, reason), actor=signed.actor)
            ended.append(one)
    return tuple(ended)


@contextmanager
def _alone(books: Books, period: str) -> Iterator[None]:
    """One signer of the period at a time, and no close of it meanwhile where this person may write in its folder.

    Who signs need not: the folder is the preparer's, and what is signed is the digest of one run.

    Raises: LockHeld where another one signs it, or closes it.
    """
    with ExitStack() as stack:
        if not stack.enter_context(books.store.database.lock(f"signing-{period}")):
            raise LockHeld("another person is signing this period; try again", period=period)
        with suppress(ConfigError):
            stack.enter_context(period_lock(books.reports, period))
        yield


def reopen(books: Books, period: str, subject: Subject, who: Acting, *, note: str) -> Signed:
    """The act that opens again what was signed, on record and stamped on the pack that was signed.

    What the signature said of the period stays on record until it is signed anew.

    Raises: NotAllowed where the person may not, where nothing is signed, or without a note.
    """
    books.control.check_reopen(who)
    if not note.strip():
        raise NotAllowed(f"opening {subject} again takes a note that says why")
    with _alone(books, period):
        folder = find_run(books.reports, period)
        record = read_record(folder)
        company = company_of(record.policy)
        newest = signature_of(standing(books.store, company, period), subject, period)
        kept = SignOffRow(
            company=company,
            period=period,
            kind=subject.kind,
            subject=subject.name,
            act=REOPENED,
            actor=who.person.name,
            at=_now(books),
            run_id=newest.run_id,
            manifest_digest=newest.manifest_digest,
            preparer=newest.preparer,
            note=note.strip(),
        )
        keep_sign_off(books.store, kept)
        packs = dict.fromkeys((folder.parent / newest.run_id, folder))
        told = [stamped_or_why(books.store, pack, read_record(pack)) for pack in packs if is_intact(pack)]
    return Signed(kept, unstamped=next(filter(None, told), ""))


def signature_of(acts: Mapping[Subject, SignOffRow], subject: Subject, period: str) -> SignOffRow:
    """The signature of the subject among the newest acts of the period. Raises: NotAllowed where none stands."""
    newest = acts.get(subject)
    if newest is None or not newest.is_signature:
        raise NotAllowed(f"{subject} of {period} is not signed: there is nothing to open again")
    return newest


def _now(books: Books) -> dt.datetime:
    return books.store.now().replace(microsecond=0)


def check_signable(signing: Signing, found: Standing, note: str | None, *, force: bool) -> None:
    """Raises: NotAllowed naming what is in the way, and what can be done about it."""
    subject = found.subject
    if found.subject not in signing.subjects:
        raise NotAllowed(f"this run has nothing to sign for {subject}: it does not compare or prove it")
    if found.is_signed and found.newest is not None:
        raise NotAllowed(f"{subject} is signed already by {found.newest.actor}; open it again first: recon reopen")
    if found.final:
        raise NotAllowed(f"{subject} cannot be signed, and nobody can force it: {_listed(found.final)}")
    if not found.obstacles:
        return
    overall = signing.record.policy.materiality.overall
    passed = [(one.item_id, one.amount) for one in found.passed]
    total = forced_total(found.obstacles, [*passed, *signing.left_beside(subject)])
    if not force:
        raise NotAllowed(
            f"{subject} cannot be signed: {_listed(found.obstacles)}. A reviewer may force it with a note while all of "
            f"it is below materiality of {accounting(overall)}"
        )
    if total >= overall:
        raise NotAllowed(
            f"{subject} cannot be forced: {accounting(total)} of the period is not below materiality of "
            f"{accounting(overall)}: {_listed(found.obstacles)}"
        )
    if not (note or "").strip():
        raise NotAllowed(f"forcing {subject} takes a note that says why")


def _listed(found: Sequence[Obstacle]) -> str:
    """The first of them in words, without the stop that the sentence around them sets."""
    told = " | ".join(one.words.removesuffix(".") for one in found[:_TOLD])
    more = len(found) - _TOLD
    return f"{told} | and {more} more, which recon signoff --json lists" if more > 0 else told


def _compared(subject: Subject, record: RunRecord) -> tuple[ComparedPart, ...]:
    """What the run compared for the subject. Raises: NotAllowed for a run of a version that did not keep it."""
    for one in record.found.compared:
        if (one.kind, one.name) == (subject.kind, subject.name):
            return one.parts
    raise NotAllowed(f"this run does not say what it compared for {subject}: close the period again")


def _rows(
    subject: Subject, signing: Signing, forced: Sequence[Obstacle], note: str | None
) -> dict[Kept, Sequence[PeriodRow]]:
    """What the signature says of the period: a reconciliation's differences and open items are kept with it."""
    frames, record = signing.record.found.frames, signing.record
    if subject.kind == "account":
        return {"uncorrected": uncorrected_rows(_unsupported(subject.name, record, note or ""))}
    mine = frames["variances"].filter(pl.col("reconciliation") == subject.name)
    treated = passed_over(mine)
    left = [one for one in forced if one.kind != "accepted"]  # what was accepted is listed as that
    for one in left:
        why = signing.case.declined.get(one.item_id)
        treated[one.item_id] = ("waived", f"{one.words} Waived: {note}") if why is None else ("declined", why)
    rows = uncorrected_of(treated, mine, frames["variance_lines"], record.accounts, record.found.period)
    waived = mine.filter(pl.col("variance_id").is_in([one.item_id for one in left]))
    items = pl.concat([items_of(subject.name, record), waived_items(waived, record)])
    items = items.unique(["side", "line_id"], keep="first", maintain_order=True)
    return {"uncorrected": uncorrected_rows(rows), "open_item": item_rows(items)}


def _unsupported(account: str, record: RunRecord, note: str) -> pl.DataFrame:
    """UNCORRECTED: what of a proved account no document supports, as it would be booked, and was signed over."""
    rows = record.found.frames["bridge"].filter(
        pl.col("row") == "Q", pl.col("account") == account, pl.col("amount") != 0
    )
    name = pl.format("Q:{}:{}", "account", pl.col("location").fill_null(""))
    lines = rows.select("account", "location", variance_id=name, amount=-pl.col("amount"))
    no_lines = pl.lit([], pl.List(pl.String))  # that it could wait for: it is a balance
    heads = lines.select(
        "variance_id",
        reconciliation=pl.lit("balance"),
        cause=pl.lit("unexplained"),
        expected_line_ids=no_lines,
        actual_line_ids=no_lines,
    )
    treated = {str(one): ("waived", f"No document supports it. Waived: {note}") for one in lines["variance_id"]}
    return uncorrected_of(treated, heads, lines, record.accounts, record.found.period)


def waived_items(waived: pl.DataFrame, record: RunRecord) -> pl.DataFrame:
    """OPEN_ITEMS: the lines of waived VARIANCES that stand on one side alone, so that a late posting is known again.

    A document that was booked otherwise than it should be is not open: what differs stands in the sum of uncorrected
    differences.
    """
    ids = ("expected_line_ids", "actual_line_ids")
    sides = (("expected", ids[0], ids[1]), ("actual", ids[1], ids[0]))
    ledgers = {"expected": record.found.frames["expected"], "actual": record.found.ledger}
    parts: list[pl.DataFrame] = [OpenItems.create_empty()]
    for side, mine, other in sides:
        alone = waived.filter(pl.col(other).list.len() == 0, pl.col("first_seen").is_not_null())
        lines = alone.select("cause", "first_seen", "age_days", line_id=mine).explode("line_id").drop_nulls("line_id")
        rows = ledgers[side].join(lines, on="line_id").with_columns(side=pl.lit(side))
        parts.append(complete(rows.lazy(), OpenItems).collect())
    return pl.concat(parts)


def items_of(reconciliation: str, record: RunRecord) -> pl.DataFrame:
    """OPEN_ITEMS of the run that belong to one reconciliation: by its findings, else by document or journal."""
    frames, policy = record.found.frames, record.policy
    sides = [
        frames["variances"].select("reconciliation", line_id=name).explode("line_id")
        for name in ("expected_line_ids", "actual_line_ids")
    ]
    owned = pl.concat(sides).drop_nulls("line_id").unique("line_id", keep="first", maintain_order=True)
    journals = {journal: name for name, one in policy.reconciliations.items() for journal in one.journals}
    by_journal = pl.col("journal").replace_strict(journals, default=LEDGER, return_dtype=pl.String)
    by_kind = pl.when(pl.col("side") == "deposit").then(pl.lit("deposits")).otherwise(by_journal)
    items = frames["open_items"].join(owned, on="line_id", how="left", maintain_order="left")
    owner = pl.coalesce("reconciliation", by_kind)
    # What is nobody's goes with the first reconciliation, so that nothing that is open gets lost.
    first = next(iter(policy.reconciliations))
    owner = pl.when(owner.is_in([*policy.reconciliations])).then(owner).otherwise(pl.lit(first))
    return items.filter(owner == reconciliation).drop("reconciliation")
