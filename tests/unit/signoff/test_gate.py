"""What stands in the way of a signature, and which of it a reviewer may force."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from make import (
    SEPTEMBER,
    balances,
    chart,
    compare,
    decisions,
    expected,
    ledger,
    no_sales_due,
    policy,
)
from make import rejected as rejected_rows
from make_corrections import approved, content, correction
from make_signing import LAST_DAY, sold_on_the_last_day

from recon.canonical import SignedSubject, SourceFileFact
from recon.errors import ConfigError
from recon.found import Reconciled
from recon.lifecycle import Correction, Hold, Intended, Sent, transition
from recon.signoff.gate import Case, Obstacle, Subject, forced_total, obstacles, parse_subject, subjects_of

DEPOSITS, CLEARING = Subject("reconciliation", "deposits"), Subject("account", "1250")
WANTED = expected("E1 1010 97.10 D:DEP1000904", "E2 6510 2.90", "E3 1250 -100.00")
BOOKED = ledger("A1 1010 97.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -100.00")
SHORT = ledger("A1 1010 87.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -90.00")
MONTH = compare(WANTED, BOOKED)


def case(found: Reconciled = MONTH, *corrections: Correction, files: tuple[str, ...] = ("deposits",)) -> Case:
    """A run with the corrections on record; each file is named by the frame that it feeds."""
    facts = tuple(SourceFileFact(f"{name}.csv", name, 1, "aa") for name in files)
    return Case(found, policy(**no_sales_due()), chart(), facts, corrections, {})


def told(found: tuple[Obstacle, ...]) -> list[str]:
    """Each obstacle as `kind amount`, with an exclamation mark where nobody can force it."""
    return [f"{one.kind} {'!' if not one.is_forcible else one.amount}" for one in found]


def test_a_month_in_which_everything_agrees_may_be_signed() -> None:
    assert obstacles(DEPOSITS, case()) == ()


def test_what_asks_for_booking_may_be_forced_with_its_gross_amount() -> None:
    found = obstacles(DEPOSITS, case(compare(WANTED, SHORT)))

    assert told(found) == ["to book 10.00"]
    assert found[0].words.startswith("DEP1000904, ")


def test_what_is_declined_is_still_uncorrected_and_says_why() -> None:
    run = case(compare(WANTED, SHORT))
    name = run.found.frames["variances"]["variance_id"].item()

    [found] = obstacles(DEPOSITS, replace(run, declined={name: "the bank owes it"}))

    assert found.words.endswith("It was declined and stays uncorrected: the bank owes it")


def test_what_a_person_accepted_is_in_nobodys_way() -> None:
    found = compare(WANTED, SHORT, decisions=decisions("accept E1 - note:agreed"))

    assert obstacles(DEPOSITS, case(found)) == ()


def test_what_changed_since_one_subject_was_signed_is_in_the_way_of_that_one_alone() -> None:
    wages = expected("P1 6010 9.00 J:PYRJ D:PR-1", "P2 1020 -9.00")
    paid = ledger("Q1 6010 9.00 J:PYRJ D:PR-1", "Q2 1020 -9.00")
    both = pl.concat([WANTED, wages]).sort("line_id")
    before = compare(both, BOOKED)
    signed = tuple(
        SignedSubject(one.kind, one.name, "0123456789ab", "bob", dt.date(2026, 10, 5), one.parts)
        for one in before.compared
        if one.name in {"payroll", "1250"}
    )
    late = ledger("B1 1250 5.00 J:GJ D:- @2026-09-20", "B2 6800 -5.00")

    run = case(compare(both, pl.concat([BOOKED, paid, late]), signed=signed))

    assert obstacles(DEPOSITS, run) == ()
    assert told(obstacles(Subject("reconciliation", "payroll"), run)) == ["asked 0.00"]
    changed = [one.words for one in obstacles(CLEARING, run) if "since then changed" in one.words]
    assert [words.split(",")[0] for words in changed] == ["account 1250"]


def test_an_entry_without_a_document_is_asked_about_and_may_be_forced() -> None:
    stranger = ledger("B1 1010 40.00 D:- @2026-09-20", "B2 1250 -40.00")

    assert told(obstacles(DEPOSITS, case(compare(WANTED, pl.concat([BOOKED, stranger]))))) == ["asked 40.00"]


def test_a_rejected_row_stops_the_reconciliation_of_its_file_alone() -> None:
    found = compare(WANTED, BOOKED, rejected=rejected_rows("deposits document_id:D9 @2026-09-20 duplicate:yes"))

    assert told(obstacles(DEPOSITS, case(found))) == ["rejected !"]
    assert obstacles(Subject("reconciliation", "payroll"), case(found, files=("deposits", "payroll"))) == ()
    # A file of which nothing is known concerns everything.
    assert told(obstacles(Subject("reconciliation", "payroll"), case(found, files=()))) == ["rejected !"]


def test_missing_days_and_missing_sources_are_never_forced() -> None:
    days = compare(WANTED, BOOKED, by=policy())
    none = compare(WANTED, BOOKED, payroll=None)

    assert "not compared !" in told(obstacles(Subject("reconciliation", "sales"), case(days)))
    assert "not compared !" in told(obstacles(Subject("reconciliation", "payroll"), case(none)))


def test_a_failing_trial_balance_is_never_forced_and_an_account_needs_one() -> None:
    wrong = compare(WANTED, BOOKED, balances=balances("1250 100 closing:-99.00"))

    assert told(obstacles(DEPOSITS, case(wrong))) == ["trial balance !"]
    assert obstacles(DEPOSITS, case(MONTH)) == ()
    assert "trial balance !" in told(obstacles(CLEARING, case(MONTH)))


def sent() -> Correction:
    one = approved(correction(period=SEPTEMBER.name))
    one = transition(one, Intended(one.digest))
    moment = dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC)
    return transition(one, Sent(moment, moment))


def test_an_entry_on_its_way_is_never_forced_where_it_concerns_the_subject() -> None:
    frozen = replace(correction(), hold=Hold("frozen", "other lines under its key"))
    elsewhere = correction(reconciliation="payroll", content=content("6010 5.00", "1020 -5.00"))
    unsure = replace(elsewhere, state="uncertain")

    assert told(obstacles(DEPOSITS, case(MONTH, sent()))) == ["on the way !"]
    assert told(obstacles(DEPOSITS, case(MONTH, frozen))) == ["on the way !"]
    assert obstacles(DEPOSITS, case(MONTH, unsure)) == ()
    assert "on the way !" in told(obstacles(Subject("account", "1250"), case(MONTH, sent())))
    assert "on the way !" not in told(obstacles(Subject("account", "1250"), case(MONTH, unsure)))


def proved(paid: str) -> Reconciled:
    """September of a store that sold 100.00 on its last day, of which the processor knows so much."""
    wanted, stands, sources = sold_on_the_last_day(paid)
    return compare(wanted, stands, by=policy(**LAST_DAY), **sources)


def test_an_account_is_signed_when_documents_support_it_and_what_has_none_may_be_forced() -> None:
    assert obstacles(CLEARING, case(proved("100.00"))) == ()
    assert told(obstacles(CLEARING, case(proved("60.00")))) == ["not supported 40.00"]


def test_an_account_whose_ties_have_no_source_is_never_signed() -> None:
    found = obstacles(CLEARING, case(compare(WANTED, BOOKED, balances=balances("1250 100 closing:-100.00"))))

    assert any(one.item_id == "tenders-payments" and not one.is_forcible for one in found)


def test_only_what_the_run_compares_or_proves_can_be_signed() -> None:
    subjects = subjects_of(MONTH, policy(**no_sales_due()), chart())

    assert [str(one) for one in subjects] == ["sales", "deposits", "payroll", "account 1250"]
    assert parse_subject("1250", subjects) == CLEARING
    with pytest.raises(ConfigError, match="nothing to sign that is named '1010'"):
        parse_subject("1010", subjects)


def test_what_was_forced_elsewhere_counts_once_for_each_finding() -> None:
    mine = (Obstacle("asked", "", Decimal("4.00"), is_forcible=True, item_id="V1"),)

    assert forced_total(mine, [("V1", Decimal("3.00")), ("V2", Decimal("2.00"))]) == Decimal("6.00")
