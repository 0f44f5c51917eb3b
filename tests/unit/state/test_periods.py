"""What is kept of a period: sign-offs are only added, what they say of the period is replaced, both with an event."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from conftest import StatePlace
from sqlalchemy import text

from recon.errors import ReconError
from recon.state.audit import audit
from recon.state.periods import PeriodRow, SignOffRow, keep_sign_off, read_period_rows, read_sign_offs

NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
SIGNED = SignOffRow(
    company="Small Group", period="2026-09", kind="reconciliation", subject="deposits", act="signed", actor="bob",
    at=NOON, run_id="0123456789ab", manifest_digest="ab" * 32, preparer="ann", note="looked at every dépôt",
)  # fmt: skip
PASSED = PeriodRow("V7", "6400", "rounding", -3, {"variance_id": "V7", "amount": "-0.03", "note": None})
TRANSIT = PeriodRow("deposit:D9", "1250", "deposit_in_transit", 125_000_00, {"line_id": "D9", "amount": "125000.00"})


def test_a_sign_off_is_kept_with_its_event_and_what_it_says_of_the_period(state_place: StatePlace) -> None:
    store = state_place.open()

    event = keep_sign_off(store, SIGNED, {"uncorrected": [PASSED], "open_item": [TRANSIT]})

    assert read_sign_offs(store, "Small Group") == read_sign_offs(store, "Small Group", "2026-09") == (SIGNED,)
    assert read_sign_offs(store, "Small Group", "2026-08") == read_sign_offs(store, "Other") == ()
    assert read_period_rows(store, "uncorrected", "Small Group", ["2026-09"]) == {("2026-09", "deposits"): (PASSED,)}
    assert read_period_rows(store, "open_item", "Small Group", ["2026-09"]) == {("2026-09", "deposits"): (TRANSIT,)}
    assert (event.act, event.actor, event.subject) == ("signed", "bob", "2026-09 deposits")
    assert event.details["manifest_digest"] == "ab" * 32
    assert audit(store) == ()


def test_reopening_keeps_what_was_signed_and_a_new_sign_off_replaces_the_rows_of_its_subject(
    state_place: StatePlace,
) -> None:
    store = state_place.open()
    payroll = replace(SIGNED, subject="payroll")
    keep_sign_off(store, SIGNED, {"uncorrected": [PASSED]})
    keep_sign_off(store, payroll, {"uncorrected": [replace(PASSED, item_id="P1")]})
    reopened = replace(SIGNED, act="reopened", actor="carla", note="a deposit came late")
    again = replace(SIGNED, act="signed with exceptions", run_id="ba9876543210", exceptions=("V9: 4.00 unexplained",))

    keep_sign_off(store, reopened)
    keep_sign_off(store, again, {"uncorrected": [replace(PASSED, item_id="V8")]})

    assert read_sign_offs(store, "Small Group") == (SIGNED, payroll, reopened, again)
    rows = read_period_rows(store, "uncorrected", "Small Group", ["2026-09", "2026-10"])
    assert {subject: [one.item_id for one in of_it] for (_, subject), of_it in rows.items()} == {
        "deposits": ["V8"],
        "payroll": ["P1"],
    }
    assert json.loads(store.events()[-1].details["exceptions"]) == ["V9: 4.00 unexplained"]
    assert audit(store) == ()


def test_a_sign_off_is_never_changed_and_changed_rows_of_a_period_show(state_place: StatePlace) -> None:
    store = state_place.open()
    keep_sign_off(store, SIGNED, {"uncorrected": [PASSED], "open_item": [TRANSIT]})

    for sql in ("UPDATE sign_off SET actor = 'eve'", "DELETE FROM sign_off"):
        with pytest.raises(ReconError, match="rows of sign_off are never changed"):
            store.database.write(lambda connection, sql=sql: connection.execute(text(sql)))
    store.database.write(lambda connection: connection.execute(text("UPDATE open_item SET amount_cents = 1")))
    store.database.write(lambda connection: connection.execute(text("DELETE FROM uncorrected")))

    assert audit(store) == (
        "The rows of uncorrected of Small Group 2026-09 deposits are not those that were signed.",
        "The rows of open_item of Small Group 2026-09 deposits are not those that were signed.",
    )
