"""The first page: what is open, what it is worth, and whether the controls hold."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from make import balances, chart, compare, expected, ledger, sales

from recon.canonical import SourceFileFact
from recon.found import Check
from recon.pipeline import Reconciled
from recon.summary import pretax_effect, rows_outside_check

DAY = (
    "E1 1250 66.00 D:S-1 J:SJ role:card",
    "E2 4010 -50.00 role:revenue",
    "E3 2200 -4.00 role:tax",
    "E4 2350 -12.00 role:tip",
)
BOOKED = ("A1 1250 66.00 D:S-1 J:SJ", "A2 4010 -60.00", "A3 2200 -4.00", "A4 2350 -2.00")


def headline(found: Reconciled, measure: str) -> tuple[str, str, str]:
    (one,) = (line for line in found.headlines if line.measure == measure)
    return str(one.per_source), str(one.per_ledger), str(one.to_book)


def status(found: Reconciled, name: str) -> str:
    return next(one.status for one in found.statuses if one.name == name)


def test_headlines_read_per_source_per_ledger_and_to_book_in_their_natural_sign() -> None:
    found = compare(expected(*DAY), ledger(*BOOKED))

    assert headline(found, "net_sales") == ("50.00", "60.00", "-10.00")
    assert headline(found, "card") == ("66.00", "66.00", "0.00")
    assert headline(found, "tax") == ("4.00", "4.00", "0.00")


def test_a_clean_reconciliation_is_explained_an_asked_one_open_and_one_without_source_not_compared() -> None:
    clean = compare(
        expected(*DAY), ledger("A1 1250 66.00 D:S-1 J:SJ", "A2 4010 -50.00", "A3 2200 -4.00", "A4 2350 -12.00")
    )
    asked = compare(expected(*DAY), ledger("B1 1250 1.00 D:ODD J:SJ", "B2 4010 -1.00"))
    blind = compare(expected(*DAY).clear(), ledger(*BOOKED), sales=sales())

    assert [status(found, "sales") for found in (clean, asked, blind)] == ["explained", "open", "not compared"]


def test_a_status_counts_documents_and_what_is_to_book() -> None:
    found = compare(expected(*DAY, "F1 1250 9.00 D:S-2 J:SJ", "F2 4010 -9.00"), ledger(*BOOKED))

    sold = next(one for one in found.statuses if one.name == "sales")
    assert (sold.entries_expected, sold.entries_matched, sold.variances) == (2, 1, 2)
    assert (str(sold.to_book), str(sold.asked), str(sold.unexplained)) == ("19.00", "0.00", "0.00")


@pytest.mark.parametrize("typed", [True, False])
def test_credits_to_income_raise_pretax_income_and_balance_sheet_accounts_do_not(typed: bool) -> None:
    accounts = chart("1250", "4010", "6510")
    if not typed:
        accounts = accounts.with_columns(type=None)
    lines = compare(expected("E1 1250 97.10", "E2 6510 2.90", "E3 4010 -100.00"), ledger()).frames["adjustment_lines"]

    assert str(pretax_effect(lines, accounts)) == "97.10"


def test_without_a_trial_balance_its_control_is_neither_passed_nor_failed() -> None:
    found = compare(expected(*DAY), ledger(*BOOKED))

    (control,) = (one for one in found.checks if one.name == "trial_balance")
    assert (control.passed, control.amount) == (None, None)
    assert "not provided" in control.detail
    opening = found.frames["bridge"].filter(found.frames["bridge"]["row"] == "A")
    assert set(opening["label"]) == {"Opening not provided"}
    assert opening["amount"].null_count() == opening.height


def test_what_is_asked_is_summed_on_page_one() -> None:
    found = compare(expected(*DAY), ledger(*BOOKED, "B1 1250 30.00 D:ODD J:SJ", "B2 4010 -30.00"))

    assert (str(found.asked), str(found.unexplained)) == ("30.00", "0.00")


def trial_balance(stated: pl.DataFrame) -> Check:
    """The control of a ledger with 100.00 on 1250 and -100.00 on 4010, against a stated trial balance."""
    found = compare(expected(*SOLD), ledger("A1 1250 100.00 D:S-1 J:SJ", "A2 4010 -100.00"), balances=stated)
    (control,) = (one for one in found.checks if one.name == "trial_balance")
    return control


SOLD = ("E1 1250 100.00 D:S-1 J:SJ role:card", "E2 4010 -100.00 role:revenue")
STATED = balances("1250 100 opening:5.00 closing:105.00", "4010 100 closing:-100.00")


def test_a_trial_balance_that_foots_and_agrees_with_the_ledger_passes() -> None:
    control = trial_balance(STATED)

    assert (control.passed, str(control.amount), control.detail) == (True, "0.00", "2 account balances agree")


def test_a_trial_balance_row_that_does_not_foot_is_named_with_its_amount() -> None:
    off = STATED.with_columns(debits=pl.when(pl.col("account") == "1250").then(Decimal("1.00")).otherwise("debits"))
    control = trial_balance(off)

    assert (control.passed, str(control.amount)) == (False, "99.00")
    assert "do not foot: opening + debits - credits is not the closing: 1250 at 100: -99.00" in control.detail
    assert "turnover that differs from the ledger's activity: 1250 at 100: 99.00" in control.detail


def test_a_turnover_that_foots_but_is_not_the_ledgers_is_told() -> None:
    moved = balances("1250 100 opening:15.00 closing:105.00", "4010 100 closing:-100.00")
    control = trial_balance(moved)

    assert not control.passed
    assert "rows have a turnover that differs from the ledger's activity: 1250 at 100: 10.00" in control.detail


def test_a_total_row_and_a_trial_balance_of_another_month_are_told_with_their_mend() -> None:
    total = balances("Total -").with_columns(period=pl.lit("2026-08"))
    control = trial_balance(pl.concat([STATED, total]))

    assert not control.passed
    assert "it is of 2026-08, not of 2026-09: download the trial balance of the period" in control.detail
    assert "1 rows name an account that the chart lacks: Total at -: 0.00" in control.detail
    assert "[[file.skip]]" in control.detail


def test_a_file_of_which_half_lies_outside_the_margin_is_the_wrong_month() -> None:
    files = [SourceFileFact(f"{name}.csv", name, 10, "", outside) for name, outside in (("sales", 4), ("deposits", 5))]

    right, wrong = rows_outside_check(files[:1]), rows_outside_check(files)

    assert (right.passed, wrong.passed) == (True, False)
    assert wrong.detail.endswith("were not used; deposits.csv: 5 of 10, the wrong month?")


def test_a_headline_names_the_accounts_that_it_sums() -> None:
    found = compare(expected(*DAY), ledger(*BOOKED))

    assert {one.measure: one.accounts for one in found.headlines}["net_sales"] == ("4010",)
