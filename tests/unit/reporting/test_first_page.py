"""Page one says what waits, and never calls a month done before it is."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import polars as pl
from records import run_record, with_draft

from recon.money import ZERO
from recon.reporting import views
from recon.reporting.first_page import first_page, is_clean
from recon.reporting.model import RunRecord


def settled(record: RunRecord) -> RunRecord:
    """The record with every control passed and every reconciliation explained."""
    found = record.found
    return dataclasses.replace(
        record,
        found=dataclasses.replace(
            found,
            checks=tuple(dataclasses.replace(one, passed=True) for one in found.checks),
            statuses=tuple(dataclasses.replace(one, status="explained") for one in found.statuses),
            asked=ZERO,
        ),
    )


def test_a_month_whose_entry_waits_as_a_draft_is_not_clean_and_says_so() -> None:
    record = settled(run_record(with_draft()))

    assert not is_clean(record)
    said = first_page(record).conclusion
    assert "Nothing is to be booked. 1 draft entry of amount 640.00 waits to be posted." in said
    assert ("Waits as drafts", "640.00") in first_page(record).entries


def test_the_bridge_parts_drafts_from_the_entries_proposed() -> None:
    grid = views.bridge_accounts(views.bridge_grid(run_record(with_draft()).found.frames["bridge"]))
    wages = grid.filter(pl.col("account") == "6010").row(0, named=True)

    assert wages["D1"] == ZERO
    assert wages["D2"] == Decimal("640.00")
    assert wages["E"] == wages["C"] + wages["D1"] + wages["D2"]


def test_income_accounts_taken_by_number_are_named_so() -> None:
    record = run_record()
    untyped = dataclasses.replace(record, accounts=record.accounts.with_columns(type=pl.lit(None, pl.String)))

    assert "by account number" not in first_page(record).effect_note
    assert "Income accounts by account number (4000 and above)" in first_page(untyped).effect_note


def test_the_effect_on_income_is_written_as_accountants_do() -> None:
    assert ("Effect on pre-tax income, +/(−)", "(112.40)") in first_page(run_record()).entries


def test_the_reconciliations_that_a_person_must_answer_are_named_in_one_sentence() -> None:
    record = settled(run_record())
    names = [one.name for one in record.found.statuses]
    statuses = tuple(dataclasses.replace(one, status="open") for one in record.found.statuses)
    waiting = dataclasses.replace(record, found=dataclasses.replace(record.found, statuses=statuses))

    assert len(names) > 1
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    assert first_page(waiting).conclusion.startswith(f"Still open: {listed}. No check failed.")
    assert first_page(record).conclusion.startswith("Every reconciliation is explained. No check failed.")
