"""A close of a signed period: changed inputs are findings, and what it would book is an error of a closed period."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import polars as pl
from make import booked, compare, expected, ledger, no_sales_due, policy, told, variance

from recon.canonical import SignedSubject, SourceFileFact

WANTED = expected("E1 1010 97.10 D:DEP1000904", "E2 6510 2.90", "E3 1250 -100.00")
BOOKED = ledger("A1 1010 97.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -100.00")
SHORT = ledger("A1 1010 87.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -90.00")
DEPOSITS, GL, PAYROLL = (
    SourceFileFact("deposits.csv", "deposits", 3, "aa" * 32),
    SourceFileFact("gl.csv", "ledger", 9, "cc" * 32),
    SourceFileFact("payroll.csv", "payroll", 2, "bb" * 32),
)
SIGNED = SignedSubject("reconciliation", "deposits", "0123456789ab", "bob", dt.date(2026, 10, 5), (DEPOSITS, GL))


def test_what_a_signed_period_would_book_is_asked_names_its_cause_and_period_and_is_not_proposed() -> None:
    found = compare(WANTED, SHORT, signed=(SIGNED,), files=(DEPOSITS, GL))

    assert told(compare(WANTED, SHORT)) == ["amount_other book: 1010 10.00, 1250 -10.00"]
    assert told(found) == ["prior_period ask: 1010 10.00, 1250 -10.00"]
    assert booked(found) == []
    row = variance(found, "prior_period")
    assert row["also"] == ["amount_other"]
    assert "in 2026-09, which is closed: deposits was signed by bob on 2026-10-05." in row["explanation"]
    assert found.frames["open_items"]["cause"].unique().to_list() == ["prior_period"]


def test_a_signed_account_closes_the_books_for_what_would_touch_it_alone() -> None:
    account = replace(SIGNED, kind="account", name="1250")
    wages = expected("P1 6010 9.00 J:PYRJ D:PR-1", "P2 1020 -9.00")

    found = compare(pl.concat([WANTED, wages]).sort("line_id"), SHORT, signed=(account,), files=(DEPOSITS, GL))

    assert told(found) == ["missing book: 1020 -9.00, 6010 9.00", "prior_period ask: 1010 10.00, 1250 -10.00"]
    assert "account 1250 was signed by bob" in variance(found, "prior_period")["explanation"]


def test_a_file_that_changed_since_the_signature_is_named_with_both_digests() -> None:
    other = replace(DEPOSITS, sha256="dd" * 32, rows=4)

    row = variance(compare(WANTED, BOOKED, signed=(SIGNED,), files=(other, GL, PAYROLL)), "source_changed")

    assert row["status"] == "ask"
    assert row["document"] == "deposits.csv"
    assert row["explanation"] == (
        "The file deposits.csv was changed (digest aaaaaaaaaaaa, now dddddddddddd, 3 rows then and 4 now) since "
        "deposits was signed by bob on 2026-10-05."
    )


def test_files_that_came_or_went_are_told_and_those_of_other_reconciliations_are_not() -> None:
    new = SourceFileFact("late.csv", "deposits", 1, "ee" * 32)

    found = compare(WANTED, BOOKED, signed=(SIGNED,), files=(DEPOSITS, new, PAYROLL))

    rows = found.frames["variances"].select("reconciliation", "document", "explanation").sort("document").rows()
    assert [(name, document) for name, document, _ in rows] == [("ledger", "gl.csv"), ("deposits", "late.csv")]
    assert "is gone (its digest was cccccccccccc)" in rows[0][2]
    assert "is new (digest eeeeeeeeeeee)" in rows[1][2]


def test_over_the_same_files_nothing_has_changed() -> None:
    assert told(compare(WANTED, BOOKED, signed=(SIGNED,), files=(DEPOSITS, GL, PAYROLL))) == []


def test_what_passes_below_threshold_and_what_a_person_accepts_is_summed_up_with_its_effect_on_income() -> None:
    wanted = expected("E1 1010 97.08 D:DEP1000904", "E2 6510 2.92", "E3 1250 -100.00")
    passing = policy(**no_sales_due(), materiality={"pass_below": "0.05"})
    before = compare(wanted, BOOKED, by=passing).frames["uncorrected"]

    assert before.select("account", "treatment", "amount", "pretax_effect").rows() == [
        ("1010", "passed", -Decimal("0.02"), Decimal(0)), ("6510", "passed", Decimal("0.02"), -Decimal("0.02")),
    ]  # fmt: skip
    # The next period has the earlier ones of the year before its own.
    again = compare(wanted, BOOKED, by=passing, uncorrected=before.with_columns(period=pl.lit("2026-08")))
    assert again.frames["uncorrected"]["period"].to_list() == ["2026-08", "2026-08", "2026-09", "2026-09"]
