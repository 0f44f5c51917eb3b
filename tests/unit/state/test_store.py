"""Corrections in a database: what is kept, what a second writer is told, and what no one can change unseen."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace
from decimal import Decimal

import pytest
from conftest import StatePlace
from make_corrections import correction
from sqlalchemy import text

from recon.errors import ContentChanged, NotAllowed, ReconError, Stale, TrailBroken
from recon.lifecycle import (
    Approved,
    Attempt,
    Chosen,
    Confirmed,
    Correction,
    Declined,
    Held,
    Hold,
    Intended,
    Reaffirmed,
    Refused,
    Released,
    Renewed,
    Reversed,
    Reviewed,
    Revised,
    Sent,
    Settled,
    Unsure,
    transition,
)
from recon.state import tables
from recon.state.rows import stands
from recon.state.store import CHANGES, StateStore
from recon.trail import verify

NOON = dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(minutes=16)
FEE = correction()
OTHER = replace(FEE, identity="cd" * 32, period="2026-08", reconciliation=None)
FREE = Correction(
    **{
        **{field.name: getattr(FEE, field.name) for field in fields(FEE)},
        "rule_authors": ("carla", "dön"), "entity": "100", "reverses": OTHER.identity, "basis": "ef" * 32,
        "edited_by": ("carla",), "edited_from": "12" * 32, "line_ids": ("E-1", "intacct:ä"), "seen": (OTHER.key,),
        "explanation": 'A "fee", not booked;\nasked on 3 May.', "variance_ids": ("V1", "V2"),
    }
)  # fmt: skip


def approve(store: StateStore, one: Correction) -> Correction:
    """The correction after bob's review and approval."""
    reviewed = store.apply(one, Reviewed("bob", one.digest), actor="bob")
    return store.apply(reviewed, Approved("bob", one.digest), actor="bob")


def test_what_is_added_is_read_back_to_the_last_field(state_place: StatePlace) -> None:
    store = state_place.open()

    added = store.add(FREE, actor="ann")

    assert added == FREE
    assert state_place.open().get(FREE.identity) == FREE
    assert store.by_key(FREE.key) == FREE
    assert store.get("00" * 32) is store.by_key("RCN") is None
    assert store.all() == (FREE,)


def test_every_field_of_a_correction_has_its_column() -> None:
    columns = {column.name for table in (tables.correction, tables.revision) for column in table.columns}

    assert {field.name for field in fields(FEE)} - columns == {"attempt", "hold"}


def test_every_act_is_kept_as_the_lifecycle_says_it(state_place: StatePlace) -> None:
    store = state_place.open()
    kept = told = store.add(FREE, actor="ann")
    acts = (
        Reviewed("bob", FREE.digest), Approved("bob", FREE.digest),
        Reaffirmed("0000000000ff", "cd", ("eva",), (FEE.key, OTHER.key)),
        Revised(
            "ann", correction("13.00").content, "ba9876543210", "The fee is 13.00.", ("V3",), "single", basis="ab",
            rule_authors=("dön", "bob"),
        ),
        Revised("carla", correction("14.00").content, "ba9876543210", "The fee is 14.00.", ("V3",), is_edit=True),
    )  # fmt: skip
    for act in acts:
        kept, told = store.apply(kept, act, actor="bob"), transition(told, act)
    digest = kept.digest
    acts_after = (
        Reviewed("bob", digest), Approved("bob", digest), Held("blocked", "closed\x00"), Released("bob", "open again"),
        Intended(digest), Sent(NOON, LATER), Unsure("time ran out"), Sent(LATER, LATER, "post_draft"), Chosen("12"),
        Refused("BL03", "no location"), Renewed("carla", "nothing under the key", "uid-3"),
    )  # fmt: skip
    for act in acts_after:
        kept, told = store.apply(kept, act, actor="bob"), transition(told, act)
        clean = replace(told, hold=Hold("blocked", "closed\\x00")) if told.hold else told
        assert kept == clean
        assert store.get(FREE.identity) == clean
    assert kept.attempt == Attempt(2, LATER, LATER, "post_draft")
    assert store.by_key(FREE.key) == store.by_key(kept.key) == kept
    assert verify(store.links()) is None


def test_the_trail_tells_every_change_and_how_the_correction_stands(state_place: StatePlace) -> None:
    moments = iter(NOON + dt.timedelta(seconds=number) for number in range(99))
    store = state_place.open(now=lambda: next(moments))
    approved = approve(store, store.add(FEE, actor="ann"))
    sent = store.apply(store.apply(approved, Intended(FEE.digest), actor="recon"), Sent(NOON, LATER), actor="recon")

    events = store.events(subject=FEE.identity)

    assert [(event.sequence, event.actor, event.act) for event in events] == [
        (1, "ann", "added"), (2, "bob", "reviewed"), (3, "bob", "approved"), (4, "recon", "intended"),
        (5, "recon", "sent"),
    ]  # fmt: skip
    assert events[-1].at > events[0].at >= NOON
    assert events[-1].details == {
        "before": "intent", "state": "sent", "key": FEE.key, "digest": FEE.digest, "revision": "1", "version": "5",
        "stands": stands(sent), "at": "2026-10-02T12:00:00.000000+00:00",
        "deadline": "2026-10-02T12:16:00.000000+00:00", "asks": "create",
    }  # fmt: skip
    assert (store.head().sequence, store.head().hash) == (5, events[-1].hash)
    assert [event.act for event in store.events(after=3)] == ["intended", "sent"]


def test_an_event_without_a_change_is_kept_too(state_place: StatePlace) -> None:
    store = state_place.open(now=lambda: NOON)

    event = store.record("swept", "2026-09", actor="recon", details={"found": "año \ud800"})

    assert store.events() == (event,)
    assert (event.at, event.details) == (NOON, {"found": "año \\ud800"})
    for name in CHANGES:
        with pytest.raises(ReconError, match="says that a correction changed"):
            store.record(name, FEE.identity, actor="ann")


def test_the_same_mistake_is_kept_once(state_place: StatePlace) -> None:
    store = state_place.open()
    store.add(FEE, actor="ann")

    with pytest.raises(Stale, match="kept already"):
        state_place.open().add(FEE, actor="ann")
    with pytest.raises(Stale, match="kept already"):  # the key has fewer digits than the identity
        store.add(replace(FEE, identity=FEE.identity[:-2] + "00"), actor="ann")

    assert (len(store.all()), store.head().sequence) == (1, 1)


def test_of_two_who_read_the_same_only_one_changes_it(state_place: StatePlace) -> None:
    store, other = state_place.open(), state_place.open()
    one = store.add(FEE, actor="ann")
    store.apply(one, Reviewed("bob", one.digest), actor="bob")

    with pytest.raises(Stale, match="somebody else changed this correction"):
        other.apply(one, Declined("carla", "not ours"), actor="carla")
    with pytest.raises(Stale):
        other.apply(OTHER, Declined("carla", "not ours"), actor="carla")

    assert store.all()[0].state == "reviewed"
    assert store.head().sequence == 2


def test_what_the_lifecycle_refuses_leaves_no_trace(state_place: StatePlace) -> None:
    store = state_place.open()
    one = store.add(FEE, actor="ann")

    with pytest.raises(NotAllowed):
        store.apply(one, Sent(NOON, LATER), actor="recon")
    with pytest.raises(ContentChanged):
        store.apply(one, Reviewed("bob", "00" * 32), actor="bob")

    assert store.get(FEE.identity) == one
    assert store.head().sequence == 1


def test_corrections_are_listed_by_period_reconciliation_and_identity(state_place: StatePlace) -> None:
    store = state_place.open()
    later = replace(FEE, identity="aa" * 32)
    for one in (FEE, OTHER, later):
        store.add(one, actor="ann")
    store.apply(FEE, Reviewed("bob", FEE.digest), actor="bob")

    assert [one.identity for one in store.all()] == [OTHER.identity, later.identity, FEE.identity]
    assert [one.identity for one in store.all(period="2026-09", states=("proposed",))] == [later.identity]
    assert [one.identity for one in store.all(states=("reviewed", "approved"))] == [FEE.identity]


def test_the_act_is_done_to_what_is_kept_not_to_what_is_held_out(state_place: StatePlace) -> None:
    store = state_place.open()
    one = store.add(FEE, actor="ann")
    forged = replace(one, state="approved", approved_by="bob", approved_digest=one.digest)

    with pytest.raises(NotAllowed, match="a correction that is proposed cannot be intended"):
        store.apply(forged, Intended(one.digest), actor="recon")


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE correction SET state = 'approved', approved_by = 'bob', approved_digest = :digest",
        "UPDATE correction SET record_no = '9'",
        "UPDATE correction SET period = '2026-10'",
        "UPDATE correction SET hold_kind = 'blocked', hold_reason = 'x'",
        "UPDATE correction SET version = version + 1",
    ],
)
def test_a_row_that_was_changed_by_hand_is_not_worked_on(state_place: StatePlace, edit: str) -> None:
    store = state_place.open()
    store.add(FEE, actor="ann")
    store.database.write(
        lambda connection: connection.execute(text(edit), {"digest": FEE.digest} if ":" in edit else {})
    )
    edited = store.get(FEE.identity)
    assert edited is not None

    for act in (Intended(FEE.digest), Reviewed("bob", FEE.digest)):
        with pytest.raises(TrailBroken, match="the database was changed by hand"):
            store.apply(edited, act, actor="recon")


def test_an_approved_content_that_was_changed_by_hand_is_not_sent(state_place: StatePlace) -> None:
    store = state_place.open()
    approved = approve(store, store.add(FEE, actor="ann"))
    bare(store, "revision")
    edit = text("UPDATE revision SET content = replace(content, '12.00', '12000.00')")
    store.database.write(lambda connection: connection.execute(edit))

    with pytest.raises(TrailBroken):
        store.apply(approved, Intended(approved.digest), actor="recon")
    edited = store.get(FEE.identity)
    assert edited is not None
    assert edited.content.lines[0].amount == Decimal("12000.00")
    store.database.write(lambda connection: connection.execute(text("UPDATE revision SET content = '{'")))
    with pytest.raises(TrailBroken, match="cannot be read"):
        store.get(FEE.identity)


def bare(store: StateStore, table: str) -> None:
    """Take the guard of a table away, as somebody with all rights would."""
    drop = ["DROP TRIGGER {0}_append_only ON {0}"]
    if store.database.is_sqlite:
        drop = ["DROP TRIGGER {0}_no_UPDATE", "DROP TRIGGER {0}_no_DELETE"]
    for sql in drop:
        store.database.write(lambda connection, sql=sql: connection.execute(text(sql.format(table))))  # type: ignore[misc]


@pytest.mark.parametrize("table", ["trail", "revision", "posting_key", "attempt"])
def test_what_is_only_appended_refuses_change_and_removal(state_place: StatePlace, table: str) -> None:
    store = state_place.open()
    approved = approve(store, store.add(FEE, actor="ann"))
    store.apply(store.apply(approved, Intended(FEE.digest), actor="recon"), Sent(NOON, LATER), actor="recon")
    columns = {"trail": "actor", "revision": "content", "posting_key": "generation", "attempt": "deadline"}

    for sql in (f"UPDATE {table} SET {columns[table]} = {columns[table]}", f"DELETE FROM {table}"):
        with pytest.raises(ReconError, match=f"rows of {table} are never changed"):
            store.database.write(lambda connection, sql=sql: connection.execute(text(sql)))


def test_an_entry_that_was_reversed_keeps_its_whole_life(state_place: StatePlace) -> None:
    store = state_place.open()
    one = approve(store, store.add(FEE, actor="ann"))
    for act in (
        Intended(one.digest), Sent(NOON, LATER), Confirmed("47"), Settled(), Reversed(OTHER.identity),
        Renewed("carla", "again"),
    ):  # fmt: skip
        one = store.apply(one, act, actor="recon", details={"run": "0123456789ab", "state": "a lie"})

    assert (one.state, one.generation, one.revision, one.version) == ("proposed", 2, 2, 9)
    assert store.by_key(FEE.key) == one
    last = store.events()[-1].details
    assert (last["run"], last["state"], last["before"]) == ("0123456789ab", "proposed", "reversed")
