"""What a person accepted is signed over like what is left open, unless another person than the preparer accepted it."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from conftest import StatePlace
from make import SEPTEMBER, expected, ledger
from make_corrections import PEOPLE
from make_signing import BOB, CARLA, books, rules
from make_signing import closed as close_at

from recon.decisions import DecisionTable, Wish
from recon.errors import NotAllowed
from recon.lifecycle import Control
from recon.reporting.model import RunRecord
from recon.signoff.gate import Subject
from recon.signoff.kept import frame_of, waived_of
from recon.signoff.signing import Books, open_signing, reopen, sign

DEPOSITS, PAYROLL = Subject("reconciliation", "deposits"), Subject("reconciliation", "payroll")
WANTED = expected("E1 1010 97.10 D:DEP1000904", "E2 6510 2.90", "E3 1250 -100.00")
SHORT = ledger("A1 1010 87.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -90.00")


@pytest.fixture
def desk(state_place: StatePlace) -> Books:
    return books(state_place.open(), state_place.workspace / "reports", rules(SEPTEMBER, "15.00"))


def accepted_by(desk: Books, login: str) -> None:
    """The person accepts the difference of 10.00."""
    DecisionTable(desk.store, lambda: login).record(Wish("accept", ("E1",), (), "the bank owes it"))


def closed(
    desk: Books,
    overall: str = "15.00",
    pass_below: str = "0.00",
    wanted: pl.DataFrame = WANTED,
    actual: pl.DataFrame = SHORT,
) -> RunRecord:
    """Ann's close with the decisions as they stand."""
    decisions = DecisionTable(desk.store, lambda: "ann").read()
    by = rules(SEPTEMBER, overall, pass_below)
    return close_at(desk, "0123456789ab", SEPTEMBER, wanted, actual, by=by, decisions=decisions)


def test_what_the_preparer_accepted_is_signed_only_as_an_exception_below_materiality(desk: Books) -> None:
    accepted_by(desk, "ann")
    closed(desk)

    with pytest.raises(NotAllowed, match=r"DEP1000904.*It counts as open: ann may not accept a difference for others"):
        sign(desk, "2026-09", DEPOSITS, BOB)
    kept = sign(desk, "2026-09", DEPOSITS, BOB, force=True, note="agreed with the bank").row

    assert kept.act == "signed with exceptions"
    assert [str(one.amount) for one in waived_of(kept)] == ["10.00"]
    rows = frame_of(desk.store, "uncorrected", "Small Group", ["2026-09"])
    assert rows["treatment"].unique().to_list() == ["accepted"]


def test_what_the_preparer_accepted_above_materiality_is_never_signed(desk: Books) -> None:
    accepted_by(desk, "svc-close")
    closed(desk, overall="10.00")

    with pytest.raises(NotAllowed, match=r"cannot be forced: 10.00 of the period is not below materiality of 10.00"):
        sign(desk, "2026-09", DEPOSITS, BOB, force=True, note="agreed")


def test_what_a_reviewer_accepted_is_signed_and_listed(desk: Books) -> None:
    accepted_by(desk, "ann")
    accepted_by(desk, "robert")
    closed(desk, overall="0.00")

    kept = sign(desk, "2026-09", DEPOSITS, CARLA).row

    assert (kept.act, kept.exceptions) == ("signed", ())
    page = open_signing(desk, "2026-09").folder / "signoff.html"
    assert "Accepted by robert on" in page.read_text(encoding="utf-8")


def test_who_accepted_a_difference_signs_over_it_only_by_force_below_materiality(desk: Books) -> None:
    accepted_by(desk, "robert")
    closed(desk)

    with pytest.raises(NotAllowed, match=r"It counts as open: bob accepted it: another person must sign"):
        sign(desk, "2026-09", DEPOSITS, BOB)
    kept = sign(desk, "2026-09", DEPOSITS, BOB, force=True, note="the bank owes it").row

    assert [str(one.amount) for one in waived_of(kept)] == ["10.00"]


def test_nobody_accepts_more_of_a_run_than_their_role_may_approve_under_whatever_name(desk: Books) -> None:
    desk = replace(desk, control=Control.of(rules(SEPTEMBER), PEOPLE))  # nothing is material: the limits alone count
    wages = expected("P1 6010 4995.00 J:PYRJ D:PR-1", "P2 1020 -4995.00")
    accepted_by(desk, "bob")
    closed(desk, "0.00", wanted=pl.concat([WANTED, wages]))
    sign(desk, "2026-09", DEPOSITS, CARLA)
    DecisionTable(desk.store, lambda: "robert").record(Wish("accept", ("P1",), (), "paid by hand"))
    closed(desk, "0.00", wanted=pl.concat([WANTED, wages]))

    words = r"It counts as open: bob may accept up to 5,000\.00 of a run.* and accepted 5,005\.00"
    with pytest.raises(NotAllowed, match=words):
        sign(desk, "2026-09", PAYROLL, CARLA)


def test_what_was_accepted_and_passed_in_a_period_stays_below_materiality_together(desk: Books) -> None:
    wages = expected("P1 6010 5.00 J:PYRJ D:PR-1", "P2 1020 -5.00")
    accepted_by(desk, "bob")

    closed(desk, "15.01", "5.00", pl.concat([WANTED, wages]))
    first = sign(desk, "2026-09", DEPOSITS, CARLA)
    second = sign(desk, "2026-09", PAYROLL, CARLA)
    reopen(desk, "2026-09", PAYROLL, CARLA, note="another look")
    closed(desk, "15.00", "5.00", pl.concat([WANTED, wages]))

    assert [(one.row.act, [str(it.amount) for it in one.passed]) for one in (first, second)] == [
        ("signed", ["10.00"]), ("signed", ["5.00"]),
    ]  # fmt: skip
    with pytest.raises(NotAllowed, match=r"nobody can force it: What was accepted or passed comes to 15\.00"):
        sign(desk, "2026-09", PAYROLL, BOB, force=True, note="small")


def test_what_was_accepted_counts_with_what_is_forced(desk: Books) -> None:
    wages = expected("P1 6010 5.00 J:PYRJ D:PR-1", "P2 1020 -5.00")
    accepted_by(desk, "bob")
    closed(desk, "15.00", wanted=pl.concat([WANTED, wages]))
    sign(desk, "2026-09", DEPOSITS, CARLA)

    with pytest.raises(NotAllowed, match=r"15\.00 of the period is not below materiality of 15\.00"):
        sign(desk, "2026-09", PAYROLL, CARLA, force=True, note="small")


@pytest.mark.parametrize("login", ["mallory", "bob"])
def test_an_acceptance_that_nobody_vouched_for_is_no_second_persons(desk: Books, login: str) -> None:
    """A row that came from a file names whom somebody typed."""
    path = desk.reports.parent / "decisions.jsonl"
    path.write_text(
        '{"decision_id": "D-1", "decided_at": "2026-10-01T12:00:00+00:00", "decided_by": "' + login + '", '
        '"action": "accept", "expected_line_ids": ["E1"], "note": "fine"}\n',
        encoding="utf-8",
    )
    DecisionTable(desk.store, lambda: "ann").take_over(path)
    closed(desk)

    (left,) = open_signing(desk, "2026-09").standing_of(DEPOSITS).obstacles

    assert (left.kind, left.is_forcible) == ("accepted", True)
    assert "no decision on record says who accepted it" in left.words
