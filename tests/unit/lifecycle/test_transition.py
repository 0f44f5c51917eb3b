"""The life of a correction: what can follow what, and what an approval holds on to."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from make_corrections import approved, correction

from recon.errors import ContentChanged, NotAllowed
from recon.lifecycle import (
    Abandoned,
    Approved,
    Confirmed,
    Content,
    Declined,
    Held,
    Intended,
    Lost,
    Refused,
    Renewed,
    Reviewed,
    Revised,
    Sent,
    transition,
)

NOON = dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(minutes=16)


FEE = correction()


def fee(amount: str) -> Content:
    return correction(amount).content


def test_an_approved_entry_is_sent_only_after_its_intent_and_ends_confirmed() -> None:
    intent = transition(approved(FEE), Intended(FEE.digest))
    sent = transition(intent, Sent(NOON, LATER))
    done = transition(sent, Confirmed("4711"))

    assert (done.state, done.record_no, done.approved_by, done.attempt.number) == ("confirmed", "4711", "bob", 1)  # type: ignore[union-attr]
    with pytest.raises(NotAllowed, match="approved cannot be sent"):
        transition(approved(FEE), Sent(NOON, LATER))


def test_nothing_is_sent_for_an_entry_whose_lines_are_not_the_approved_ones() -> None:
    altered = replace(approved(FEE), content=fee("1200.00"))

    with pytest.raises(ContentChanged):
        transition(altered, Intended(altered.digest))
    with pytest.raises(ContentChanged):
        transition(replace(transition(approved(FEE), Intended(FEE.digest)), content=fee("9.00")), Sent(NOON, LATER))


def test_an_approval_of_another_digest_is_refused() -> None:
    reviewed = transition(FEE, Reviewed("bob", FEE.digest))

    with pytest.raises(ContentChanged):
        transition(reviewed, Approved("bob", fee("12.01").digest(FEE.identity, 1)))


def test_new_lines_void_review_and_approval() -> None:
    revised = transition(approved(FEE), Revised("ann", fee("13.00"), "ba9876543210", "The fee is 13.00.", ("V2",)))

    assert (revised.state, revised.revision, revised.approved_by, revised.approved_digest) == (
        "proposed",
        2,
        None,
        None,
    )
    assert revised.key == FEE.key


def test_a_refused_entry_gets_a_new_key_and_is_approved_again() -> None:
    sent = transition(transition(approved(FEE), Intended(FEE.digest)), Sent(NOON, LATER))
    again = transition(
        transition(sent, Refused("BL03", "Location is required")), Renewed("carla", "nothing under the key", "uid-3")
    )

    assert (again.state, again.approved_by) == ("proposed", None)
    assert again.key == FEE.key[:-1] + "2"
    # Who proposed it again has a hand in it, and changed nothing.
    assert (again.hands, again.logins, again.is_edited) == (("ann", "carla"), ("", "uid-3"), False)


def test_what_was_sent_can_neither_be_declined_nor_revised_and_what_was_only_intended_can() -> None:
    intent = transition(approved(FEE), Intended(FEE.digest))
    sent = transition(intent, Sent(NOON, LATER))

    assert transition(intent, Revised("ann", fee("1.00"), "r", "", ())).approved_by is None
    with pytest.raises(NotAllowed):
        transition(sent, Declined("bob", "not ours"))
    with pytest.raises(NotAllowed):
        transition(sent, Revised("ann", fee("1.00"), "r", "", ()))


def test_a_refused_entry_gets_another_key_when_its_lines_change() -> None:
    refused = transition(
        transition(transition(approved(FEE), Intended(FEE.digest)), Sent(NOON, LATER)), Refused("", "")
    )

    for before in (refused, transition(refused, Declined("bob", "not ours"))):
        assert transition(before, Revised("ann", fee("1.00"), "r", "", ())).generation == 2


def test_what_was_sent_is_ended_by_hand_only_where_it_is_held_and_nothing_can_arrive_any_more() -> None:
    sent = transition(transition(approved(FEE), Intended(FEE.digest)), Sent(NOON, LATER))
    held = transition(sent, Held("blocked", "closed for good"))

    with pytest.raises(NotAllowed, match="nothing holds the entry: settle it"):
        transition(sent, Abandoned("bob", "closed", LATER))
    with pytest.raises(NotAllowed, match="may still arrive: wait until 2026-10-02 12:16 UTC"):
        transition(held, Abandoned("bob", "closed", NOON))
    with pytest.raises(NotAllowed, match="approved cannot be abandoned"):
        transition(transition(approved(FEE), Held("blocked", "closed")), Abandoned("bob", "closed", LATER))

    ended = transition(held, Abandoned("bob", "closed for good", LATER))
    assert (ended.state, ended.hold, ended.approved_by, ended.reason) == ("withdrawn", None, None, "closed for good")
    assert transition(ended, Revised("ann", fee("12.00"), "r", "", ())).key == FEE.key[:-1] + "2"


def test_what_was_booked_and_is_gone_is_called_lost_when_nothing_can_arrive_and_comes_back_under_another_key() -> None:
    sent = transition(transition(approved(FEE), Intended(FEE.digest)), Sent(NOON, LATER))
    booked = transition(transition(sent, Confirmed("4711")), Held("frozen", "it is booked 2 times"))

    with pytest.raises(NotAllowed, match="sent cannot be lost"):
        transition(sent, Lost("bob", "deleted", LATER))
    with pytest.raises(NotAllowed, match="may still arrive: wait until 2026-10-02 12:16 UTC"):
        transition(booked, Lost("bob", "deleted", NOON))

    lost = transition(booked, Lost("bob", "deleted by the auditor", LATER))
    assert (lost.state, lost.hold, lost.reason, lost.record_no) == ("rejected", None, "deleted by the auditor", "4711")
    again = transition(lost, Renewed("carla", "it is due"))
    assert (again.key, again.record_no, again.approved_by) == (FEE.key[:-1] + "2", None, None)


def test_a_held_entry_is_not_sent() -> None:
    held = transition(approved(FEE), Held("blocked", "the period 2026-09 is closed in entity 100"))

    with pytest.raises(NotAllowed, match="blocked: the period 2026-09 is closed"):
        transition(held, Intended(held.digest))


def test_every_field_of_the_content_is_in_the_digest() -> None:
    whole = FEE.content
    other_lines = (replace(whole.lines[0], memo="x"), whole.lines[1])
    others = [
        replace(whole, kind="accrual"), replace(whole, journal="GJ"), replace(whole, memo="Fee"),
        replace(whole, posting_date=dt.date(2026, 9, 29)), replace(whole, reversal_date=dt.date(2026, 10, 1)),
        replace(whole, currency="CAD"), replace(whole, lines=other_lines), replace(whole, lines=whole.lines[::-1]),
    ]  # fmt: skip

    digests = {one.digest(FEE.identity, 1) for one in others} | {
        whole.digest(FEE.identity, 2),
        whole.digest("cd" * 32, 1),
    }

    assert len(digests - {FEE.digest}) == len(others) + 2


def test_each_hand_keeps_the_login_under_which_it_was_vouched_for() -> None:
    by_run = Revised("ann", fee("13.00"), "r2", "", (), prepared_login="uid-1")
    by_hand = Revised("carla", fee("14.00"), "r2", "", (), is_edit=True, prepared_login="uid-3")
    again = Revised("bob", fee("14.00"), "r3", "", (), keeps_edits=True, prepared_login="uid-2")

    edited = transition(transition(FEE, by_hand), replace(by_hand, by="bob", prepared_login="uid-2"))
    assert (edited.hands, edited.logins) == (("ann", "carla", "bob"), ("", "uid-3", "uid-2"))
    edited = transition(transition(FEE, by_run), by_hand)
    assert edited.made_by == ("ann", "carla", "uid-1", "uid-3")
    assert transition(edited, again).made_by == ("bob", "carla", "uid-2", "uid-3")
    assert transition(edited, by_run).made_by == ("ann", "uid-1")
