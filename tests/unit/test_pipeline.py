"""The core end to end: from events to findings, on days that fit on a page."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from make import (
    SEPTEMBER,
    as_ledger,
    balances,
    booked,
    canonical,
    deposits,
    ledger,
    locations,
    no_sales_due,
    payroll,
    policy,
    sales,
    tenders,
    told,
)

from recon.errors import ConfigError
from recon.expected import derive_expected
from recon.period import Period
from recon.pipeline import reconcile

CLOSED = policy(**no_sales_due())
EVENTS = {
    "sales": sales("T1 revenue/food 100.00", "T1 tax 8.00", "T1 tip 15.00", "T2 revenue/food 20.00 L101"),
    "tenders": tenders("T1 card/visa 123.00", "T2 cash 20.00 L101"),
    "deposits": deposits("DEP-1 card @2026-09-04 sales:123.00 fees:-3.57", "DEP-2 card M:M101 sales:1.00"),
    "payroll": payroll(
        "R1 E1 earning/REG 50.00 P:FOH",
        "R1 E1 net_pay/NET 50.00",
        "R1 E2 earning/REG 9.00 L101 P:FOH",
        "R1 E2 net_pay/NET 9.00 L101 P:FOH",
    ),
}
RIGHT = as_ledger(derive_expected(canonical(**EVENTS), CLOSED, SEPTEMBER, only=("sales", "deposits", "payroll")).lines)


def test_a_ledger_booked_from_the_same_events_is_clean_in_every_reconciliation() -> None:
    found = reconcile(canonical(RIGHT, **EVENTS), CLOSED, SEPTEMBER)

    assert told(found) == []
    assert [(one.name, one.status) for one in found.statuses] == [
        ("sales", "explained"),
        ("deposits", "explained"),
        ("payroll", "explained"),
    ]


def test_a_month_in_which_nothing_was_booked_yields_every_entry() -> None:
    events = {name: frame for name, frame in EVENTS.items() if name in ("sales", "tenders")}

    found = reconcile(canonical(ledger(), **events), CLOSED, SEPTEMBER, only=("sales",))

    assert booked(found) == [
        "correction single 2026-09-03: 1030@101 20.00, 4010@101 -20.00",
        "correction single 2026-09-03: 1250 123.00, 2200 -8.00, 2350 -15.00, 4010 -100.00",
    ]
    assert (found.entries_count, str(found.entries_debits), str(found.pretax_effect)) == (2, "143.00", "120.00")


def test_only_the_reconciliations_that_are_asked_for_are_run() -> None:
    found = reconcile(canonical(ledger(), **EVENTS), CLOSED, SEPTEMBER, only=("deposits",))

    assert set(found.frames["variances"]["reconciliation"]) == {"deposits"}


def test_a_reconciliation_that_the_policy_lacks_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="wanted=inventory"):
        reconcile(canonical(ledger()), CLOSED, SEPTEMBER, only=("inventory",))


def test_one_deposit_traces_to_every_ticket_behind_it() -> None:
    day = [f"T{n} card/visa 1.25" for n in range(40)]
    events = {"sales": sales(*[f"T{n} revenue/food 1.25" for n in range(40)]), "tenders": tenders(*day)}

    found = reconcile(canonical(ledger(), **events), CLOSED, SEPTEMBER, only=("sales",))

    assert set(found.frames["variances"]["source_ids"][0]) == {f"T{n}" for n in range(40)}


def test_an_unmapped_tender_is_a_finding_even_where_the_ledger_agrees_in_money() -> None:
    by = policy("vouchers tenders debit - tender:other", **no_sales_due())
    events = {
        "sales": sales("T1 revenue/merchandise 5.00", "T1 revenue/food 10.00"),
        "tenders": tenders("T1 cash 15.00"),
    }
    actual = ledger("A1 1030 15.00 D:SALES-100-20260903 J:SJ", "A2 4010 -15.00")

    found = reconcile(canonical(actual, **events), by, SEPTEMBER, only=("sales",))

    assert told(found) == ["unmapped ask: 4010 5.00, ? -5.00"]
    assert booked(found) == []


def test_an_unmapped_pay_code_is_named() -> None:
    events = {"payroll": payroll("R1 E1 memo_earning/CAR 5.00", "R1 E1 earning/REG 10.00", "R1 E1 net_pay/NET 10.00")}
    actual = ledger("A1 6010 10.00 D:PR-R1-20260903 J:PYRJ", "A2 1020 -10.00")

    found = reconcile(canonical(actual, **events), CLOSED, SEPTEMBER, only=("payroll",))

    assert [line.split(":")[0] for line in told(found)] == ["unmapped ask"]
    assert "memo_earning" in found.frames["variances"]["explanation"][0]


def test_a_deposit_of_an_unknown_merchant_is_asked_about_not_booked() -> None:
    events = {"deposits": deposits("DEP-1 card sales:40.00 M:M999", "DEP-2 card sales:10.00")}
    actual = ledger("A1 1010 10.00 D:DEP-2", "A2 1250 -10.00")

    found = reconcile(canonical(actual, **events), CLOSED, SEPTEMBER, only=("deposits",))

    assert told(found) == ["unmapped ask: 1010@M999 40.00, 1250@M999 -40.00"]


def test_a_period_need_not_be_a_month() -> None:
    week = Period("week 36", dt.date(2026, 8, 31), dt.date(2026, 9, 6))

    found = reconcile(canonical(RIGHT, **EVENTS), CLOSED, week)

    assert set(found.frames["expected"]["document"]) == {
        "SALES-100-20260903", "SALES-101-20260903", "DEP-1", "DEP-2", "PR-R1-20260903",
    }  # fmt: skip


def test_the_opening_balance_and_foreign_journals_lead_the_bridge_to_the_trial_balance() -> None:
    actual = ledger("A1 1010 40.00 D:DEP-1", "A2 1250 -40.00", "B1 1250 7.00 J:GJ D:-", "B2 2100 -7.00")
    proof = balances(
        "1010 100 opening:10.00 closing:50.00", "1250 100 opening:5.00 closing:-28.00", "2100 100 closing:-7.00"
    )
    events = {"deposits": deposits("DEP-1 card sales:42.00")}

    found = reconcile(canonical(actual, balances=proof, **events), CLOSED, SEPTEMBER, only=("deposits",))

    clearing = found.frames["bridge"].filter((pl.col("account") == "1250") & pl.col("reconciliation").is_null())
    rows = [f"{row} {label}: {amount}" for row, label, amount in clearing.select("row", "label", "amount").iter_rows()]
    assert rows == [
        "A Opening balance: 5.00",
        "B Activity, journal CRJ: -40.00",
        "B Activity, journal GJ: 7.00",
        "C Balance per ledger: -28.00",
        "D Booked with another amount: -2.00",
        "E Adjusted ledger: -30.00",
        "I Unexplained: 0.00",
        "J Balance per source: -30.00",
        "K In transit within normal lag: 0.00",
        "L Past due: 0.00",
        "O Open since earlier periods: 0.00",
        "P Supported: 0.00",
        "Q Not supported: -30.00",
    ]
    (control,) = (one for one in found.checks if one.name == "trial_balance")
    assert (control.passed, str(control.amount)) == (True, "0.00")


def test_a_ledger_that_lacks_lines_of_the_trial_balance_is_told_by_account_and_amount() -> None:
    actual = ledger("A1 1010 40.00 D:DEP-1", "A2 1250 -40.00")
    proof = balances("1010 100 closing:45.00", "1250 100 closing:-40.00")

    found = reconcile(canonical(actual, balances=proof, **EVENTS), CLOSED, SEPTEMBER, only=("deposits",))

    (control,) = (one for one in found.checks if one.name == "trial_balance")
    assert (control.passed, str(control.amount)) == (False, "5.00")
    assert "1010 at 100: -5.00" in control.detail


def test_two_stores_of_one_day_are_two_documents() -> None:
    found = derive_expected(canonical(**EVENTS, locations=locations("100", "101")), CLOSED, SEPTEMBER, only=("sales",))

    assert set(found.lines["document"]) == {"SALES-100-20260903", "SALES-101-20260903"}
