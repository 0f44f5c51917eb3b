"""What a person accepted is signed over like what is left open, unless another person than the preparer accepted it."""

from __future__ import annotations

import pytest
from conftest import StatePlace
from make import SEPTEMBER, expected, ledger
from make_signing import BOB, CARLA, books, rules
from make_signing import closed as close_at

from recon.decisions import DecisionTable, Wish
from recon.errors import NotAllowed
from recon.reporting.model import RunRecord
from recon.signoff.gate import Subject
from recon.signoff.kept import frame_of, waived_of
from recon.signoff.signing import Books, open_signing, sign

DEPOSITS = Subject("reconciliation", "deposits")
WANTED = expected("E1 1010 97.10 D:DEP1000904", "E2 6510 2.90", "E3 1250 -100.00")
SHORT = ledger("A1 1010 87.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -90.00")


@pytest.fixture
def desk(state_place: StatePlace) -> Books:
    return books(state_place.open(), state_place.workspace / "reports", rules(SEPTEMBER, "15.00"))


def accepted_by(desk: Books, login: str) -> None:
    """The person accepts the difference of 10.00."""
    DecisionTable(desk.store, lambda: login).record(Wish("accept", ("E1",), (), "the bank owes it"))


def closed(desk: Books, overall: str = "15.00") -> RunRecord:
    """Ann's close with the decisions as they stand."""
    decisions = DecisionTable(desk.store, lambda: "ann").read()
    return close_at(desk, "0123456789ab", SEPTEMBER, WANTED, SHORT, by=rules(SEPTEMBER, overall), decisions=decisions)


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
