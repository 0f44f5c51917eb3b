"""The audit of the state: every row is as its event says, and what somebody did to the database by hand is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.tampering import lay_bare
from conftest import StatePlace
from sqlalchemy import text
from unit.state.test_store import FEE, LATER, NOON, OTHER, approve, bare

from recon.lifecycle import Intended, Sent
from recon.state.audit import anchors_in, audit
from recon.state.links import append
from recon.state.store import StateStore
from recon.trail import Told

SENT = f"The correction {FEE.key} (sent) is not what row 6 of the trail says of it."


@pytest.fixture
def store(state_place: StatePlace) -> StateStore:
    """One correction that is being sent and one that is proposed."""
    made = state_place.open()
    made.add(OTHER, actor="ann")
    intent = made.apply(approve(made, made.add(FEE, actor="ann")), Intended(FEE.digest), actor="recon")
    made.apply(intent, Sent(NOON, LATER), actor="recon")
    return made


def edit(store: StateStore, *statements: str) -> None:
    """What somebody with all rights types."""
    for sql in statements:
        store.database.write(lambda connection, sql=sql: connection.execute(text(sql)))  # type: ignore[misc]


def test_what_nobody_touched_is_whole(store: StateStore, tmp_path: Path) -> None:
    memo = tmp_path / "manifest.json"
    memo.write_text(f'{{"trail": "{store.head()}"}}', encoding="utf-8")
    store.record("swept", "2026-09", actor="recon")

    assert audit(store) == audit(store, anchors_in([memo])) == ()


@pytest.mark.parametrize(
    ("table", "statement", "words"),
    [
        ("", "UPDATE correction SET state = 'confirmed' WHERE state = 'sent'", SENT.replace("sent", "confirmed")),
        ("", "UPDATE correction SET approved_by = 'ann' WHERE state = 'sent'", SENT),
        ("attempt", "UPDATE attempt SET deadline = sent_at", SENT),
        ("revision", "UPDATE revision SET explanation = 'x' WHERE identity LIKE 'ab%'", SENT),
        ("revision", "UPDATE revision SET content = '{'", "The database was changed by hand: a correction"),
        ("trail", "UPDATE trail SET actor = 'eve' WHERE sequence = 3", "The audit trail is broken at row 3: row 3 ("),
    ],
)  # fmt: skip
def test_a_change_by_hand_is_named(store: StateStore, table: str, statement: str, words: str) -> None:
    if table:
        bare(store, table)

    edit(store, statement)

    assert audit(store)[0].startswith(words)


def test_an_altered_amount_is_named_twice_as_correction_and_as_revision(store: StateStore) -> None:
    bare(store, "revision")

    edit(store, "UPDATE revision SET content = replace(content, '12.00', '12000.00') WHERE identity LIKE 'ab%'")

    assert audit(store) == (
        SENT,
        f"Revision 1 of the correction {FEE.identity} is not the one that the trail knows.",
    )


def test_a_correction_that_was_removed_is_named(store: StateStore) -> None:
    for table in ("revision", "posting_key"):
        bare(store, table)
        edit(store, f"DELETE FROM {table} WHERE identity = '{OTHER.identity}'")
    edit(store, f"DELETE FROM correction WHERE identity = '{OTHER.identity}'")

    assert audit(store)[0] == f"The correction {OTHER.identity} was removed; row 1 of the trail has it."


def test_an_event_that_was_appended_by_hand_does_not_carry_the_correction(store: StateStore) -> None:
    # The chain takes it, since it was appended by the rules: what shows it is the correction that did not change.
    said = {"state": "approved", "digest": OTHER.digest, "revision": "1", "stands": "00" * 32}
    forged = Told("bob", "approved", OTHER.identity, said)
    store.database.write(lambda connection: append(connection, NOON, forged))

    assert audit(store) == (f"The correction {OTHER.key} (proposed) is not what row 7 of the trail says of it.",)


def test_a_correction_whose_events_were_cut_off_shows_without_any_head_outside(store: StateStore) -> None:
    lay_bare(store)

    edit(store, "DELETE FROM trail WHERE sequence > 4")

    assert audit(store) == (f"The correction {FEE.key} (sent) is not what row 4 of the trail says of it.",)


def test_a_correction_that_was_put_in_by_hand_is_named(store: StateStore) -> None:
    lay_bare(store)

    edit(store, "DELETE FROM trail")

    assert audit(store)[:2] == tuple(
        f"The correction {one.key} was put in by hand: the trail does not know it." for one in (FEE, OTHER)
    )
