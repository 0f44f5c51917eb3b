"""A record that changed after its days had been closed is asked about, and nothing is proposed for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from make import SEPTEMBER, as_ledger, canonical, deposits, no_sales_due, policy, sales, tenders, told

from recon.canonical import ChangedRows
from recon.expected import derive_expected
from recon.found import Reconciled
from recon.pipeline import reconcile

CLOSED = policy(**no_sales_due())
EVENTS = {
    "sales": sales("T1 revenue/food 100.00"),
    "tenders": tenders("T1 card/visa 100.00"),
    "deposits": deposits("DEP-1 card @2026-09-04 sales:100.00 fees:-3.57"),
}
RIGHT = as_ledger(derive_expected(canonical(**EVENTS), CLOSED, SEPTEMBER, only=("sales", "deposits")).lines)


def changes(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    """Source, record, frame and what became of it, all of September's first third."""
    days = {
        "window_start": dt.date(2026, 9, 1),
        "window_end": dt.date(2026, 9, 10),
        "closed_through": dt.date(2026, 9, 30),
        "seen_at": dt.datetime(2026, 10, 9, 7, tzinfo=dt.UTC),
    }
    names = ("source", "row_id", "frame", "change")
    found = [{**dict(zip(names, row, strict=True)), **days, "explanation": f"{row[1]} was {row[3]}"} for row in rows]
    return ChangedRows.validate(pl.DataFrame(found), cast=True)


def reconciled(changed: pl.DataFrame, *only: str) -> Reconciled:
    whole = canonical(RIGHT, **EVENTS, changed=changed)
    return reconcile(whole, CLOSED, SEPTEMBER, only=only or ("sales", "deposits"))


def only_variance(found: Reconciled) -> dict[str, Any]:
    (row,) = found.frames["variances"].to_dicts()
    return row


def test_an_edited_deposit_is_asked_about_with_its_entry_and_never_booked() -> None:
    found = reconciled(changes(("gp_api.deposits", "DEP-1", "deposits", "changed")))

    one = only_variance(found)
    assert (one["reconciliation"], one["cause"], one["status"]) == ("deposits", "source_changed", "ask")
    assert one["source_ids"] == ["gp_api.deposits:DEP-1"]
    assert one["expected_line_ids"] == one["actual_line_ids"] == []
    assert all(line.startswith("deposits:DEP-1:") for line in one["candidates"])
    assert one["candidates"]
    assert one["posting_date"] == dt.date(2026, 9, 4)
    assert "DEP-1 was changed. What was booked" in one["explanation"]
    assert found.frames["variance_lines"].is_empty()
    assert found.frames["adjustments"].is_empty()
    assert {one.name: one.status for one in found.statuses} == {"sales": "explained", "deposits": "open"}


def test_an_edited_ledger_line_names_the_line_itself() -> None:
    line = RIGHT["line_id"][0]

    one = only_variance(reconciled(changes(("intacct.gldetail", line.partition(":")[2], "ledger", "changed"))))

    assert (one["reconciliation"], one["cause"], one["candidates"]) == ("ledger", "source_changed", [line])


def test_a_deleted_record_that_no_line_knows_is_told_without_a_day() -> None:
    one = only_variance(reconciled(changes(("intacct.gldetail", "gone", "ledger", "deleted"))))

    assert (one["posting_date"], one["candidates"], one["document"]) == (None, [], "gone")


def test_a_record_that_changed_twice_is_one_finding_that_tells_both() -> None:
    late, edited = ("gp_api.deposits", "DEP-1", "deposits", "late"), ("gp_api.deposits", "DEP-1", "deposits", "changed")

    one = only_variance(reconciled(changes(late, edited)))

    assert one["explanation"].startswith("DEP-1 was late; DEP-1 was changed. ")


def test_one_id_in_two_reports_makes_two_findings_with_names_of_their_own() -> None:
    found = reconciled(
        changes(
            ("gp_api.transactions", "TRN-1", "payments", "changed"),
            ("gp_api.settlement_transactions", "TRN-1", "deposits", "changed"),
        )
    )

    assert found.frames["variances"]["variance_id"].n_unique() == 2


def test_a_change_of_a_reconciliation_that_was_not_asked_for_waits_for_its_own_run() -> None:
    found = reconciled(changes(("gp_api.deposits", "DEP-1", "deposits", "changed")), "sales")

    assert told(found) == []
