"""A close of a signed period: changed inputs are findings, and what it would book is an error of a closed period."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import polars as pl
from make import (
    balances,
    booked,
    compare,
    expected,
    framed,
    ledger,
    no_sales_due,
    payments,
    policy,
    told,
    variance,
    working,
)
from make_signing import LAST_DAY, sold_on_the_last_day

from recon.canonical import PriorCorrection, SignedSubject
from recon.found import Reconciled
from recon.identity import POSTING_KEY_PREFIX
from recon.period import parse_period
from recon.variances import known_corrections

WANTED = expected("E1 1010 97.10 D:DEP1000904", "E2 6510 2.90", "E3 1250 -100.00")
BOOKED = ledger("A1 1010 97.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -100.00")
SHORT = ledger("A1 1010 87.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -90.00")


def signed(found: Reconciled, name: str = "deposits") -> SignedSubject:
    """A subject of the run as Bob signed it: so it was compared."""
    [one] = [one for one in found.compared if one.name == name]
    return SignedSubject(one.kind, name, "0123456789ab", "bob", dt.date(2026, 10, 5), one.parts)


SIGNED = signed(compare(WANTED, SHORT))


def test_what_a_signed_period_would_book_is_asked_names_its_cause_and_period_and_is_not_proposed() -> None:
    found = compare(WANTED, SHORT, signed=(SIGNED,))

    assert told(compare(WANTED, SHORT)) == ["amount_other book: 1010 10.00, 1250 -10.00"]
    assert told(found) == ["prior_period ask: 1010 10.00, 1250 -10.00"]
    assert booked(found) == []
    row = variance(found, "prior_period")
    assert row["also"] == ["amount_other"]
    assert "in 2026-09, which is closed: deposits was signed by bob on 2026-10-05." in row["explanation"]
    assert found.frames["open_items"]["cause"].unique().to_list() == ["prior_period"]


def test_a_signed_account_closes_the_books_for_what_would_touch_it_alone() -> None:
    account = replace(SIGNED, kind="account", name="1250", parts=())
    wages = expected("P1 6010 9.00 J:PYRJ D:PR-1", "P2 1020 -9.00")

    found = compare(pl.concat([WANTED, wages]).sort("line_id"), SHORT, signed=(account,))

    assert told(found) == ["missing book: 1020 -9.00, 6010 9.00", "prior_period ask: 1010 10.00, 1250 -10.00"]
    assert "account 1250 was signed by bob" in variance(found, "prior_period")["explanation"]


def test_an_entry_that_left_the_ledger_after_the_signature_is_told_on_page_one_with_the_mend() -> None:
    wages = expected("P1 6010 9.00 J:PYRJ D:PR-1", "P2 1020 -9.00")
    paid = ledger("Q1 6010 9.00 J:PYRJ D:PR-1", "Q2 1020 -9.00")
    both = pl.concat([WANTED, wages]).sort("line_id")
    payroll = signed(compare(both, pl.concat([BOOKED, paid])), "payroll")

    found = compare(both, BOOKED, signed=(payroll,))

    row = variance(found, "source_changed")
    assert (row["reconciliation"], row["document"], row["status"]) == ("payroll", "payroll", "ask")
    assert row["explanation"] == (
        "payroll was signed by bob on 2026-10-05, and since then changed: what stands in the ledger: 2 lines with "
        "debits of 9.00 then, 0 lines with debits of 0.00 now. Look at it; to sign what stands now: recon reopen "
        "payroll --note WHY, and close again."
    )
    assert {one.name: one.status for one in found.statuses}["payroll"] == "open"
    (check,) = [one for one in found.checks if one.name == "inputs_unchanged"]
    assert check.passed is False
    assert "1 changed after they were signed or closed. payroll: payroll was signed by bob" in check.detail


def test_what_was_booked_elsewhere_or_in_the_next_month_is_no_change_of_what_was_signed() -> None:
    others = ledger("X1 6010 9.00 J:PYRJ D:PR-1", "X2 1020 -9.00")
    margin = ledger("Y1 1010 50.00 D:DEP1001009 @2026-10-02", "Y2 1250 -50.00")
    anew = ledger("N1 1250 -100.00 D:DEP1000904", "N2 6510 2.90", "N3 1010 97.10")  # under other line ids
    ours = signed(compare(WANTED, BOOKED))

    found = compare(WANTED, pl.concat([anew, others, margin]), signed=(ours,))

    assert told(found) == ["unexpected ask: 1020 9.00, 6010 -9.00"]
    assert [(one.name, one.passed) for one in found.checks if one.name == "inputs_unchanged"] == [
        ("inputs_unchanged", True)
    ]


def test_what_the_sources_ask_for_otherwise_than_it_was_signed_is_a_change() -> None:
    more = expected("E1 1010 97.00 D:DEP1000904", "E2 6510 3.00", "E3 1250 -100.00")

    row = variance(compare(more, BOOKED, signed=(signed(compare(WANTED, BOOKED)),)), "source_changed")

    words = "what the sources ask for: 3 lines with debits of 100.00 then"
    assert words not in row["explanation"]  # as many lines and debits as there were
    assert "what the sources ask for: other 3 lines with debits of 100.00" in row["explanation"]


def test_a_signed_account_changes_with_its_lines_of_any_journal_its_opening_and_its_transit() -> None:
    wanted, stands, sources = sold_on_the_last_day("100.00")
    by = policy(**LAST_DAY)
    clearing = signed(compare(wanted, stands, by=by, **sources), "1250")
    moved = ledger("G1 1250 5.00 J:GJ D:- @2026-09-29", "G2 6800 -5.00")
    opened = balances("1250 100 opening:7.00 closing:107.00")
    changes = {
        "what stands in the ledger": {"actual": pl.concat([stands, moved])},
        "its opening balance": {"balances": opened},
        "the deposits in transit": {
            "payments": payments("P1 visa 95.00 at:2026-09-30T20:00Z batch_id:B1 batch_date:2026-09-30")
        },
    }
    for words, change in changes.items():
        actual = change.pop("actual", stands)
        found = compare(wanted, actual, by=by, signed=(clearing,), **{**sources, **change})
        row = variance(found, "source_changed")
        assert (row["reconciliation"], row["document"]) == ("ledger", "account 1250")
        assert f"since then changed: {words}: " in row["explanation"]
        assert "; " not in row["explanation"].split("Look at it")[0]


def test_what_this_run_does_not_compare_is_not_judged() -> None:
    ours = signed(compare(WANTED, BOOKED))

    assert told(compare(WANTED.clear(), BOOKED, signed=(ours,), only=("payroll",))) == []


def test_what_passes_below_threshold_and_what_a_person_accepts_is_summed_up_with_its_effect_on_income() -> None:
    wanted = expected("E1 1010 97.08 D:DEP1000904", "E2 6510 2.92", "E3 1250 -100.00")
    passing = policy(**no_sales_due(), materiality={"overall": "0.05", "pass_below": "0.05"})
    before = compare(wanted, BOOKED, by=passing).frames["uncorrected"]

    assert before.select("account", "treatment", "amount", "pretax_effect").rows() == [
        ("1010", "passed", -Decimal("0.02"), Decimal(0)), ("6510", "passed", Decimal("0.02"), -Decimal("0.02")),
    ]  # fmt: skip
    # The next period has the earlier ones of the year before its own.
    again = compare(wanted, BOOKED, by=passing, uncorrected=before.with_columns(period=pl.lit("2026-08")))
    assert again.frames["uncorrected"]["period"].to_list() == ["2026-08", "2026-08", "2026-09", "2026-09"]


OCTOBER = parse_period("2026-10")
KEY = f"{POSTING_KEY_PREFIX}ABCDEFGHIJKLMNOPQRST1"
PRIOR = PriorCorrection(
    KEY,
    "Correction of 2026-09 deposits: amount other",
    (("1010", "100", None, 1000), ("1250", "100", None, -1000)),
    ("deposits:F1",),
)


def october(*lines: str, **frames: object) -> Reconciled:
    """October with one deposit, and what stands in its ledger besides under the posting key."""
    wanted = expected("E1 1010 97.10 D:DEP1001004 @2026-10-04", "E2 1250 -97.10", period=OCTOBER)
    stands = ledger("A1 1010 97.10 D:DEP1001004 @2026-10-04", "A2 1250 -97.10")
    extra = ledger(*lines, memo=KEY, date="2026-10-01")
    rules = policy(**no_sales_due(OCTOBER))
    return compare(wanted, pl.concat([stands, extra]), by=rules, period=OCTOBER, **frames)


def test_the_approved_correction_of_a_signed_period_needs_no_document_of_the_one_that_takes_it() -> None:
    entry = "X1 1010 10.00 D:-", "X2 1250 -10.00 D:-"

    assert told(october(*entry)) == ["unexpected ask: 1010 -10.00, 1250 10.00"]
    found = october(*entry, prior=(PRIOR,))

    assert told(found) == ["prior_period timing: 1010 -10.00, 1250 10.00"]
    assert KEY in variance(found, "prior_period")["explanation"]
    assert found.frames["open_items"].is_empty()


def test_an_entry_under_the_key_of_a_correction_that_is_not_what_was_approved_is_asked_about() -> None:
    assert told(october("X1 1010 10.01 D:-", "X2 1250 -10.01 D:-", prior=(PRIOR,))) == [
        "unexpected ask: 1010 -10.01, 1250 10.01"
    ]


def test_a_reclass_of_departments_is_known_only_where_it_stands_with_its_very_departments() -> None:
    cells = ("6010", "100", "BOH", -1000), ("6010", "100", "FOH", 1000)
    prior = PriorCorrection(KEY, "Correction of 2026-09 payroll: wrong department", cells)
    entry = f"X1 6010 10.00 P:FOH memo:{KEY}", f"X2 6010 -10.00 P:BOH memo:{KEY}"
    opposite = f"X1 6010 -10.00 P:FOH memo:{KEY}", f"X2 6010 10.00 P:BOH memo:{KEY}"

    assert known_corrections([prior], working(ledger(*entry))) == [prior]
    assert known_corrections([prior], working(ledger(*opposite))) == []
    assert known_corrections([prior], working(ledger("X1 6010 10.00 P:FOH"))) == []


def test_what_a_correction_of_an_earlier_period_settles_is_open_no_more_in_whatever_journal_it_stands() -> None:
    lines = expected("deposits:F1 1010 10.00 D:DEP1000831 @2026-09-20")
    item = {"side": "expected", "cause": "missing", "first_seen": dt.date(2026, 9, 20), "age_days": 10}
    items = framed("open_items", [{**row, **item} for row in lines.iter_rows(named=True)])

    assert october(open_items=items, prior=(PRIOR,)).frames["open_items"].height == 1
    elsewhere = "X1 1010 10.00 D:- J:GJ", "X2 1250 -10.00 D:- J:GJ"
    assert october(*elsewhere, open_items=items, prior=(PRIOR,)).frames["open_items"].is_empty()


def test_a_difference_that_was_waived_until_its_document_came_late_is_uncorrected_no_more() -> None:
    lines = expected("deposits:F1 1010 750.00 D:DEP1000831 @2026-09-20", "deposits:F2 1250 -750.00")
    item = {"side": "expected", "cause": "missing", "first_seen": dt.date(2026, 9, 20), "age_days": 10}
    items = framed("open_items", [{**row, **item} for row in lines.iter_rows(named=True)])
    row = {
        "period": "2026-09", "period_end": dt.date(2026, 9, 30), "variance_id": "V-1", "reconciliation": "deposits",
        "location": "100", "cause": "missing", "treatment": "waived", "pretax_effect": Decimal(0),
        "waits_for": ["deposits:F1", "deposits:F2"],
    }  # fmt: skip
    cells = {"1010": Decimal(750), "1250": Decimal(-750)}
    before = framed("uncorrected", [{**row, "account": account, "amount": cells[account]} for account in cells])

    waiting = october(open_items=items, uncorrected=before)
    settled = october("X1 1010 750.00 D:DEP1000831", "X2 1250 -750.00", open_items=items, uncorrected=before)

    assert waiting.frames["uncorrected"]["variance_id"].to_list() == ["V-1", "V-1"]
    assert settled.frames["uncorrected"].is_empty()
