"""The sweep: exactly one entry per key, one entry per event and one event per entry. It sends nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from recon.identity import POSTING_KEY_PREFIX
from recon.intacct.entries import Found
from recon.lifecycle import IN_BOOKS, ON_THE_WAY, Correction, Held, Settled, State, allowed_from
from recon.posting.entry import heads_count, heads_with
from recon.posting.family import RIGHT, family_of, times
from recon.posting.model import Done, Finding, Swept
from recon.posting.overlap import unknown_to_each_other
from recon.posting.poster import Poster
from recon.posting.standing import BOOKED, DRAFT, Standing, Times
from recon.posting.undoing import DUPLICATE, propose_reversal
from recon.trail import Event, unlike

_REVERSED = "reversed"
NOT_BOOKED: tuple[State, ...] = ("proposed", "reviewed", "approved", "rejected", "withdrawn")
_NOT_OURS = (
    "nobody here sent what stands under this key: see whether recon posts from other records too (records.json of each "
    "workspace), else look at it in Intacct and reverse it there"
)


async def sweep(poster: Poster) -> Swept:
    """What stands in the ledger under every posting key, against what is on record.

    Due after the quiet time, after 24 hours and when the period closes. Surplus entries are frozen and their
    reversal is proposed, never done; what was confirmed and is still there once is settled.

    Raises: RemoteError where the ledger cannot be read.
    """
    tagged = await poster.ledger.writer.tagged(POSTING_KEY_PREFIX)
    by_key = _by_reference(tagged)
    findings: list[Finding] = []
    proposed: list[Correction] = []
    done: list[Done] = []
    for key, found in by_key.items():
        correction = poster.store.by_key(key)
        if correction is None:
            numbers = tuple(one.record_no for one in found)
            findings.append(Finding("entry_without_event", key, numbers, _NOT_OURS))
        elif key != correction.key:
            findings += _of_older_key(poster, correction, key, found)
        else:
            standing = poster.stands(correction, found)
            ones, reversals = _judged(poster, correction, standing)
            findings += ones
            proposed += reversals
            done += _settled(poster, correction, standing)
    booked = poster.store.all(states=IN_BOOKS)
    findings += _missing(booked, by_key)
    findings += _out_of_step(poster, by_key, {one.key for one in findings})
    findings += _of_the_same_lines(booked)
    findings += _of_another_trail(poster.store.events(), tagged)
    told = {"entries": str(len(tagged)), "keys": str(len(by_key)), "findings": str(len(findings))}
    poster.store.record("swept", "ledger", actor=poster.by, details=told)
    return Swept(tuple(done), tuple(findings), tuple(proposed), len(tagged), heads_count(tagged))


def _of_another_trail(events: Sequence[Event], tagged: Iterable[Found]) -> Iterator[Finding]:
    """Entries that show a head which this trail does not hold: it was written anew or cut, or another one sent them."""
    for one in tagged:
        for broken in unlike(events, heads_with([one])):
            words = f"{broken.sentence}, or recon posted it from another database: recon audit verify --ledger"
            yield Finding("other_trail", one.reference, (one.record_no,), words)


def _by_reference(tagged: Iterable[Found]) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {}
    for one in tagged:
        found.setdefault(one.reference, []).append(one)
    return dict(sorted(found.items()))


def _of_older_key(poster: Poster, correction: Correction, key: str, found: Sequence[Found]) -> Iterator[Finding]:
    """What stands under a key of an earlier generation: nothing, or an entry whose reversal is on record."""
    events = poster.store.events(subject=correction.identity)
    if any(event.act == _REVERSED for event in events):
        return
    numbers = tuple(one.record_no for one in found if one.state in BOOKED)
    drafts = tuple(one.record_no for one in found if one.state == DRAFT)
    if numbers:
        _freeze(poster, correction, f"records {', '.join(numbers)} stand under its refused key {key}")
        yield Finding("duplicate", key, numbers, "booked under a key that the ledger had refused")
    if drafts:
        yield _orphans(key, drafts)


def _judged(poster: Poster, correction: Correction, standing: Standing) -> tuple[list[Finding], list[Correction]]:
    findings: list[Finding] = []
    reversals: list[Correction] = []
    if standing.kind == "several":
        words = f"booked {len(standing.record_nos)} times: reversals of all but the first are proposed"
        _freeze(poster, correction, words)
        findings.append(Finding("duplicate", correction.key, standing.record_nos, words))
        reversals = [_surplus(poster, correction, number) for number in standing.record_nos[1:]]
    elif standing.kind == "foreign":
        _freeze(poster, correction, f"other lines stand under its key: records {', '.join(standing.record_nos)}")
        words = "not what was approved: look at them in Intacct, then recon settle --release KEY, or recon reject KEY"
        findings.append(Finding("other_lines", correction.key, standing.record_nos, words))
    elif standing.kind == "drafts" and (correction.hold is not None or correction.state not in ON_THE_WAY):
        why = correction.hold.reason if correction.hold is not None else f"it is {correction.state} here"
        words = f"a draft stands in Intacct that is not posted ({why}): post the entry, or delete the draft there"
        findings.append(Finding("standing_draft", correction.key, standing.record_nos, words))
    elif standing.kind == "booked" and correction.state in NOT_BOOKED:
        mend = "a post after its approval finds it there and books no other one; else reverse the record in Intacct"
        words = f"it is {correction.state} here, yet record {standing.first} is booked: {mend}"
        findings.append(Finding("entry_without_event", correction.key, standing.record_nos, words))
    if standing.orphans:
        findings.append(_orphans(correction.key, standing.orphans))
    return findings, reversals


def _orphans(key: str, record_nos: tuple[str, ...]) -> Finding:
    return Finding("orphan_draft", key, record_nos, "drafts that nobody chose: delete them in Intacct after a look")


def _surplus(poster: Poster, correction: Correction, record_no: str) -> Correction:
    reason = f"record {record_no} is a surplus copy of {correction.key}"
    store, day = poster.store, correction.content.posting_date
    return propose_reversal(store, correction, DUPLICATE, by=poster.by, day=day, reason=reason, record_no=record_no)


def _freeze(poster: Poster, correction: Correction, reason: str) -> None:
    if not correction.frozen and correction.state in allowed_from(Held):
        poster.store.apply(correction, Held("frozen", reason), actor=poster.by)


def _settled(poster: Poster, correction: Correction, standing: Standing) -> Iterator[Done]:
    """Confirmed, still there once, and the quiet time is over."""
    quiet = correction.attempt.deadline if correction.attempt else dt.datetime.min.replace(tzinfo=dt.UTC)
    if standing.kind != "booked" or correction.state != "confirmed" or correction.hold is not None:
        return
    if poster.tools.now() >= quiet and standing.first == correction.record_no:
        settled = poster.store.apply(correction, Settled(), actor=poster.by)
        yield Done(settled, "settled", f"record {standing.first} stands alone after the quiet time")


def _out_of_step(poster: Poster, by_key: Mapping[str, Sequence[Found]], told: Collection[str]) -> Iterator[Finding]:
    """Corrections that with all that takes them back stand in the ledger neither once nor not at all."""
    every = poster.store.all()
    parents = {one.reverses for one in every}
    for one in every:
        if one.reverses is not None or (one.identity not in parents and one.generation == 1):
            continue
        family = family_of(one, every)
        keys = dict(family.posting_keys())
        standing = Times()
        for key, member in keys.items():
            standing = standing.plus(poster.counts(member, by_key.get(key, ())), family.signs[member.identity])
        wrong = next((number for number in (standing.at_first, standing.for_good) if number not in RIGHT), None)
        if wrong is not None and not keys.keys() & told:
            numbers = tuple(found.record_no for key in keys for found in by_key.get(key, ()))
            words = f"it and what takes it back stand in the ledger {times(wrong)} in all: a person must mend it"
            yield Finding("out_of_step", one.key, numbers, words)
        elif one.state == _REVERSED and standing.at_first:
            lost = next((member.key for member in family.members if member.state == "rejected"), "KEY")
            words = f"it is {_REVERSED} here, yet it stands in the ledger: recon settle --renew {lost} --note WHY"
            yield Finding("out_of_step", one.key, (one.record_no or "",), words)


def _of_the_same_lines(booked: Sequence[Correction]) -> Iterator[Finding]:
    """Pairs that correct the same lines, each proposed without knowing of the other: one error booked twice."""
    for first, second in unknown_to_each_other(booked):
        numbers = (first.record_no or "", second.record_no or "")
        words = f"it and {second.key} correct the same lines: after a look take one of them back: recon undo KEY"
        yield Finding("same_lines", first.key, numbers, words)


def _missing(booked: Iterable[Correction], by_key: Mapping[str, object]) -> Iterator[Finding]:
    for one in booked:
        if one.key not in by_key:
            words = (
                f"it is {one.state} here, yet record {one.record_no} is not in the ledger any more: look who deleted "
                f"it, then recon settle --lost {one.key} --note WHY, and --renew to book it again"
            )
            yield Finding("event_without_entry", one.key, (one.record_no or "",), words)
