"""What a person does to corrections: each act is judged by the control first, for all of them before any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from recon.desk.seat import Seat
from recon.desk.warrant import Warrant, signed_objection, warrant_of
from recon.errors import ApprovalError, NotAllowed
from recon.lifecycle import Act, Correction, Declined, Reapproved, Released, Reviewed, allowed_from
from recon.money import ZERO
from recon.posting.overlap import IN_THE_WAY, other_in_the_way
from recon.posting.undoing import check_stands_on, undo

DEBITS = "debits"  # of an approval, in its event: what the entry books
_FIRST = {
    "proposed": "review it first: recon review --mark KEY",
    "withdrawn": "no run proposes it any more",
    "rejected": "the ledger does not have it; to propose it again: recon settle --renew KEY --note WHY",
    "reversed": "it was taken back; to propose it again: recon settle --renew KEY --note WHY",
}


def mark_reviewed(seat: Seat, ones: Sequence[Correction]) -> tuple[Correction, ...]:
    """The corrections after this person has reviewed exactly what they say.

    Raises: ApprovalError; then none of them was marked.
    """
    _check_all(ones, lambda one: _check_review(seat, one))
    return _done(seat, ones, lambda one: Reviewed(seat.name, one.digest, seat.login))


def approve(seat: Seat, ones: Sequence[Correction]) -> tuple[Correction, ...]:
    """The corrections after this person has approved exactly what they say, for the ledger that is set up now.

    Raises: ApprovalError; then none of them was approved. ConfigError where sources.toml cannot be used.
    """
    warrant, others = warrant_of(seat), seat.store.all(states=IN_THE_WAY)
    _check_all(ones, lambda one: _check_approval(warrant, one, others))
    return _approved(warrant, ones)


def approve_named(seat: Seat, ones: Sequence[Correction]) -> tuple[Correction, ...]:
    """As `approve`, where of class single there is no more than one: each of these is looked at by itself.

    Raises: NotAllowed for several, and as `approve`.
    """
    singles = [one.key for one in ones if one.approval == "single"]
    if len(singles) > 1:
        raise NotAllowed(
            f"{len(singles)} of these are of class single, which are approved one by one, each after a look at it: "
            f"recon review --key {singles[0]}, then recon approve {singles[0]}, and so each"
        )
    return approve(seat, ones)


def approve_bulk(seat: Seat, ones: Iterable[Correction]) -> tuple[tuple[Correction, ...], list[tuple[Correction, str]]]:
    """Those that this person approved together, and the others with the reason. Raises: Stale, ConfigError."""
    ready: list[Correction] = []
    left: list[tuple[Correction, str]] = []
    warrant, others = warrant_of(seat), seat.store.all(states=IN_THE_WAY)
    total = _approved_today(seat)
    for one in ones:
        problem = next(seat.control.bulk_problems(one), "") or _problem(partial(_check_approval, warrant, one, others))
        problem = problem or seat.control.bulk_sum_problem(total + one.content.gross, seat.who, seat.today())
        if problem:
            left.append((one, problem))
        else:
            ready.append(one)
            total += one.content.gross
    return _approved(warrant, ready), left


def _approved(warrant: Warrant, ones: Sequence[Correction]) -> tuple[Correction, ...]:
    store, name = warrant.seat.store, warrant.seat.name
    return tuple(
        store.apply(one, warrant.approved(one), actor=name, details={DEBITS: f"{one.content.gross:.2f}"})
        for one in ones
    )


def _approved_today(seat: Seat) -> Decimal:
    """The debits of what this person approved on this day, singly or in bulk, under any of their names."""
    events = (one for one in seat.store.events() if DEBITS in one.details and one.at.date() == seat.today())
    mine = (one for one in events if seat.control.people.same(one.actor, seat.name))
    once = {one.subject: Decimal(one.details[DEBITS]) for one in mine}  # approved again, it is the same entry
    return sum(once.values(), ZERO)


def decline(seat: Seat, ones: Sequence[Correction], note: str) -> tuple[Correction, ...]:
    """The corrections after this person decided that they are not to be booked.

    Raises: ApprovalError; then none of them was declined.
    """
    _check_note(note, "say why it is not to be booked")
    _check_all(ones, lambda one: seat.control.check_decline(one, seat.who))
    return _done(seat, ones, lambda _: Declined(seat.name, note))


def release(seat: Seat, one: Correction, note: str) -> Correction:
    """The correction without its hold: a person looked at it in the ledger.

    Raises: NotAllowed where nothing holds it; SamePerson, NotAllowed where this person may not.
    """
    _check_note(note, "say what you saw in the ledger")
    if one.hold is None:
        raise NotAllowed("nothing holds this entry", key=one.key)
    seat.control.check_review(one, seat.who)
    return seat.store.apply(one, Released(seat.name, note), actor=seat.name)


def propose_undo(seat: Seat, one: Correction, note: str, day: dt.date | None = None) -> Correction:
    """The reversing entry of a booked one, proposed as of its own day or of the one that is named.

    Raises: NotAllowed where it is not booked, or this person may not prepare entries; Stale.
    """
    _check_note(note, "say why it is undone")
    seat.control.check_prepare(seat.who)
    on = day or one.content.posting_date
    check_stands_on(one, on)
    signed = signed_objection(seat, replace(one, content=replace(one.content, posting_date=on)))
    if signed is not None:
        raise NotAllowed(f"{signed}{_another_day(one)}", key=one.key)
    return undo(seat.store, one.identity, by=seat.name, day=on, reason=note)


def _another_day(one: Correction) -> str:
    """The way around a signed day, where there is one."""
    taken_back = one.content.reversal_date
    if taken_back is None:
        return ", or undo it on a day that is open: --date"
    return f"; nothing of it stands from {taken_back} on, when Intacct takes it back by itself"


def _check_review(seat: Seat, one: Correction) -> None:
    if one.state != "proposed":
        raise NotAllowed(f"it is {one.state} already", key=one.key)
    seat.control.check_review(one, seat.who)


def _check_approval(warrant: Warrant, one: Correction, others: Sequence[Correction]) -> None:
    """Raises: ApprovalError. What was approved is approved again only where that approval does not count now.

    `others` are all that are booked or on their way there.
    """
    seat = warrant.seat
    is_outdated = one.state in allowed_from(Reapproved) and warrant.problem(one)
    if one.state != "reviewed" and not is_outdated:
        raise NotAllowed(f"it is {one.state}: {_FIRST.get(one.state, 'it was approved before')}", key=one.key)
    seat.control.check_approve(one, seat.who, seat.today())
    signed = signed_objection(seat, one)
    if signed is not None:
        raise NotAllowed(signed, key=one.key)
    other = other_in_the_way(one, others)
    if other is not None:
        raise NotAllowed(other, key=one.key)


def _check_note(note: str, mend: str) -> None:
    if not note.strip():
        raise NotAllowed(f"the note is empty: {mend}")


def _check_all(ones: Sequence[Correction], check_one: Callable[[Correction], None]) -> None:
    """Raise the first fault, with the words of all, before anything is done."""
    faults: list[ApprovalError] = []
    for one in ones:
        try:
            check_one(one)
        except ApprovalError as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise type(faults[0])("nothing was done:" + "".join(f"\n  - {fault}" for fault in faults))


def _problem(check_it: Callable[[], None]) -> str:
    try:
        check_it()
    except ApprovalError as fault:
        return str(fault)
    return ""


def _done(seat: Seat, ones: Sequence[Correction], act: Callable[[Correction], Act]) -> tuple[Correction, ...]:
    return tuple(seat.store.apply(one, act(one), actor=seat.name) for one in ones)
