"""What a run says about one of its lines, in words a controller understands."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest
from make import compare, decisions, expected, ledger, policy
from unit.reporting.records import run_record

from recon.errors import DataError
from recon.reporting.explained import Explanation, explain_line
from recon.reporting.model import RunRecord

WANTED = expected(
    "E1 1010 97.10 D:DEP-1", "E2 6510 2.90", "E3 1250 -100.00",
    "F1 1010 50.00 D:DEP-2 @2026-09-04", "F2 1250 -50.00", "H1 1010 8.00 D:DEP-3 @2026-09-05", "H2 1250 -8.00",
)  # fmt: skip
BOOKED = ledger(
    "A1 1010 97.10 D:DEP-1 @2026-09-05", "A2 6510 2.90", "A3 1250 -100.00",
    "B1 1010 60.00 D:TRANSFER @2026-09-20", "B2 1250 -60.00",
    "C1 1030 5.00 D:MISC J:GJ", "C2 6800 -5.00",
    "G1 1010 9.00 D:DEP-9 state:Draft", "G2 1250 -9.00",
    "K1 1010 8.00 D:DEP-3 @2026-09-05", "K2 1250 -9.00", "K3 6510 1.00",
)  # fmt: skip


@pytest.fixture(scope="module")
def record() -> RunRecord:
    """The three deposits against what was booked."""
    return recorded()


def recorded(said: pl.DataFrame | None = None) -> RunRecord:
    return dataclasses.replace(run_record(), found=compare(WANTED, BOOKED, decisions=said), policy=policy())


def test_a_line_that_agrees_is_told_with_its_pass_its_days_and_the_other_side(record: RunRecord) -> None:
    assert explain_line(record, "E1").splitlines() == [
        "E1 ought to stand: 97.10 on 1010 at location 100, 2026-09-03, document DEP-1.",
        "It agrees. Matched by the document's number: same document at the same place. 3 expected lines against 3 "
        "ledger lines, posted 2 days later, to the cent.",
        "No other candidate of that pass fits as well.",
        "Against it stand: A1 97.10 on 1010 at location 100; A2 2.90 on 6510 at location 100; A3 (100.00) on 1250 at "
        "location 100.",
    ]


def test_a_ledger_line_is_told_from_its_own_side(record: RunRecord) -> None:
    said = explain_line(record, "A1").splitlines()

    assert said[0] == "A1 stands in journal CRJ, entry A: 97.10 on 1010 at location 100, 2026-09-05, document DEP-1."
    assert said[-1].startswith("Against it stand: E1 97.10 on 1010 at location 100;")


def test_a_line_that_is_missing_is_told_with_what_comes_nearest_and_the_proposed_entry(record: RunRecord) -> None:
    said = explain_line(record, "F1").splitlines()

    assert said[1].endswith(": Not booked (to book).")
    assert said[2].endswith("Nearest entry: B (TRANSFER), 16 days later, off by (10.00) on 1010 and 10.00 on 1250.")
    assert said[3] == "Expected less actual, Dr/(Cr): 50.00 on 1010 at location 100; (50.00) on 1250 at location 100."
    assert said[4].startswith("Proposed entry RCN")
    assert said[4].endswith(" in journal CRJ, 2026-09-04: exactly these amounts.")


def test_a_line_that_differs_is_told_with_its_cause_and_evidence(record: RunRecord) -> None:
    said = explain_line(record, "K2")

    assert ": Booked with another amount (to book).\n" in said
    assert "Expected less actual, Dr/(Cr): 1.00 on 1250 at location 100; (1.00) on 6510 at location 100." in said


def test_a_line_that_nobody_asked_for_waits_for_a_person(record: RunRecord) -> None:
    said = explain_line(record, "B1").splitlines()

    assert said[1].endswith(": In the ledger without a source (to ask).")
    assert said[-1] == "No entry is proposed: a person must say."


def test_lines_that_are_compared_with_nothing_say_why(record: RunRecord) -> None:
    assert explain_line(record, "C1").endswith(
        "No reconciliation owns journal GJ; its lines stand in the bridge as they are."
    )
    assert explain_line(record, "G1").endswith("Its state is Draft: only what is posted is compared.")


def test_what_a_person_decided_is_told_with_the_name() -> None:
    decided = recorded(decisions("match F1 B1 note:one-transfer", "accept F1 - note:small", "note E1 - note:seen"))

    assert "Matched by ann on 2026-10-02: one-transfer. Accepted by ann on 2026-10-02: small." in explain_line(
        decided, "F1"
    )
    assert explain_line(decided, "F1").endswith(
        "No entry is proposed: it was accepted and is listed among the uncorrected misstatements."
    )
    assert "Noted by ann on 2026-10-02: seen." in explain_line(decided, "E1")


def test_an_id_that_is_not_there_names_those_that_read_alike(record: RunRecord) -> None:
    with pytest.raises(DataError, match=r"has no line E11 \(alike=E1,"):
        explain_line(record, "E11")


def test_in_a_notebook_every_thought_is_a_paragraph_and_nothing_runs() -> None:
    assert Explanation("a < b\nc")._repr_html_() == "<p>a &lt; b</p><p>c</p>"
