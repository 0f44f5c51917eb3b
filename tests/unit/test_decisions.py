"""Which decisions hold, and what they do to a month: small ledgers that a controller argued about."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from make import as_ledger, compare, decisions, expected, ledger, told, variance

from recon.matching.decided import effective
from recon.pipeline import Reconciled

WANTED = expected(
    "E1 1010 97.10 D:DEP1000903 role:net", "E2 6510 2.90 role:fees", "E3 1250 -100.00 role:sales",
    "F1 1010 50.00 D:DEP1000904 @2026-09-04 role:net", "F2 1250 -50.00 role:sales",
)  # fmt: skip
BOOKED = ledger(
    "A1 1010 97.10 D:DEP1000903", "A2 6510 2.90", "A3 1250 -100.00",
    "B1 1010 60.00 D:TRANSFER @2026-09-20", "B2 1250 -60.00",
    "C1 1010 50.00 D:MISC @2026-09-05 J:GJ", "C2 1250 -50.00",
)  # fmt: skip


def holding(*lines: str) -> list[str]:
    """The ids of the decisions that hold."""
    return [one.decision_id for one in effective(decisions(*lines)).standing]


def overruled(*lines: str) -> list[tuple[str, str]]:
    """Earlier and later id of each decision that a later one contradicts."""
    return [(one.earlier.decision_id, one.later.decision_id) for one in effective(decisions(*lines)).overruled]


def close(*lines: str) -> Reconciled:
    """The two deposits against what was booked, with what people decided."""
    return compare(WANTED, BOOKED, decisions=decisions(*lines) if lines else None)


def groups(found: Reconciled) -> list[tuple[object, ...]]:
    """Pass, people and counts of every match."""
    columns = ("pass", "decided_by", "expected_count", "actual_count")
    return sorted(found.frames["match_groups"].select(columns).rows(), key=str)


def control(found: Reconciled) -> tuple[bool | None, str]:
    """The verdict and the words of the control of decisions."""
    (one,) = (each for each in found.checks if each.name == "decisions")
    return one.passed, one.detail


def test_a_decision_that_was_taken_back_does_not_hold_and_holds_again_when_that_is_taken_back() -> None:
    said = ("match E1 A1", "match E1 A1 undoes:D1", "match E1 A1 undoes:D2")

    assert [holding(*said[:count]) for count in (1, 2, 3)] == [["D1"], [], ["D1"]]


def test_the_later_match_of_a_line_wins_and_the_earlier_is_told() -> None:
    said = ("match E1 A1", "match E1 B1 by:bob")

    assert holding(*said) == ["D2"]
    assert overruled(*said) == [("D1", "D2")]


def test_a_match_that_is_told_apart_later_does_not_hold_and_the_other_way_round() -> None:
    assert holding("match E1 A1", "reject E1 A1") == ["D2"]
    assert holding("reject E1 A1", "match E1 A1") == ["D2"]
    assert overruled("reject E1 A1", "match E1 A1") == [("D1", "D2")]


def test_of_a_wide_rejection_only_the_matched_pair_is_lifted() -> None:
    both = effective(decisions("reject E1 A1,B1", "match E1 A1"))

    assert both.rejected() == {("E1", "B1")}
    assert [one.decision_id for one in both.standing] == ["D1", "D2"]


def test_an_acceptance_lapses_when_its_lines_are_put_together_otherwise() -> None:
    said = ("accept E1 -", "match E1 B1")

    assert (holding(*said), overruled(*said)) == (["D2"], [("D1", "D2")])


def test_the_same_decision_once_more_is_no_contradiction() -> None:
    for said in (("match E1 A1", "match E1 A1"), ("reject E1 A1", "unmatch E1 A1"), ("accept E1 -", "accept E1 -")):
        assert (holding(*said), overruled(*said)) == (["D2"], [])


def test_the_order_of_rows_decides_nothing() -> None:
    said = decisions("match E1 A1", "match E1 A1 undoes:D1", "note E1 - note:why")

    assert effective(said.reverse()) == effective(said)


def test_a_match_forms_the_group_and_its_difference_is_a_variance_still() -> None:
    found = close("match F1 B1 by:bob note:one-transfer")

    assert told(found) == ["amount_other book: 1010 -10.00, 1250 10.00"]
    assert groups(found) == [("decided", "bob", 0, 0), ("reference", None, 3, 3)]
    one = variance(found, "amount_other")
    assert one["also"] == ["other_document", "other_day", "decided"]
    assert one["explanation"].endswith("Matched by bob on 2026-10-02: one-transfer.")
    assert control(found) == (True, "1 decision of people")


def test_a_match_beats_the_pass_that_found_the_document() -> None:
    found = close("match E1 B1")

    assert ("decided", "ann", 0, 0) in groups(found)
    # The entry that names the document repeats it now: a person chose another one.
    assert "duplicate book: 1010 -97.10, 1250 100.00, 6510 -2.90" in told(found)


def test_an_entry_of_a_foreign_journal_can_be_a_documents_own() -> None:
    found = close("match F1 C1")

    assert told(found) == ["unexpected ask: 1010 -60.00, 1250 60.00"]
    assert groups(found) == [("decided", "ann", 2, 2), ("reference", None, 3, 3)]
    assert found.unexplained == 0
    mine = pl.col("reconciliation").is_not_null() & (pl.col("account") == "1010") & (pl.col("row") == "C")
    assert found.frames["bridge"].filter(mine)["amount"].to_list() == [Decimal("207.10")]


def test_documents_of_two_stores_can_be_one_entry() -> None:
    wanted = expected(
        "E1 1010 30.00 D:DEP-1", "E2 1250 -30.00", "F1 1010 20.00 D:DEP-2 L101", "F2 1250 -20.00"
    )  # fmt: skip
    booked = ledger("A1 1010 55.00 D:BOTH @2026-09-20", "A2 1250 -55.00")

    found = compare(wanted, booked, decisions=decisions("match E1,F1 A1"))

    assert told(found) == ["amount_other book: 1010 -25.00, 1010@101 20.00, 1250 25.00, 1250@101 -20.00"]


@pytest.mark.parametrize("action", ["reject", "unmatch"])
def test_a_rejected_pair_stands_apart_in_matches_and_variances(action: str) -> None:
    found = close(f"{action} E1 A1")

    assert [line for line in told(found) if "97.10" in line] == [
        "missing book: 1010 97.10, 1250 -100.00, 6510 2.90",
        "unexpected ask: 1010 -97.10, 1250 100.00, 6510 -2.90",
    ]
    about = (pl.col("document") == "DEP1000903") & (pl.col("cause") == "missing")
    missing = found.frames["variances"].row(by_predicate=about, named=True)
    assert "Nearest entry: A (DEP1000903), same amounts, told apart by a person." in missing["explanation"]


def test_an_entry_that_was_told_apart_corrects_nothing() -> None:
    assert "corrected_elsewhere" in variance(close(), "corrected_elsewhere")["cause"]

    found = close("reject F1 C1")

    assert "missing book: 1010 50.00, 1250 -50.00" in told(found)


def test_rejecting_one_reading_of_a_tie_leaves_the_other() -> None:
    wanted = expected(
        "E1 1010 45.00 D:DEP-1 @2026-09-03", "E2 1250 -45.00", "F1 1010 45.00 D:DEP-2 @2026-09-03", "F2 1250 -45.00"
    )
    booked = ledger("A1 1010 45.00 D:- @2026-09-03", "A2 1250 -45.00")

    tied = compare(wanted, booked)
    chosen = compare(wanted, booked, decisions=decisions("reject E1 A1"))

    assert variance(tied, "missing")["also"] == ["ambiguous"]
    assert variance(chosen, "missing")["document"] == "DEP-1"
    assert groups(chosen) == [("key", None, 2, 2)]


def test_an_acceptance_passes_the_difference_and_moves_no_money() -> None:
    found = close("accept F1 - note:immaterial")

    before, after = variance(close("match F1 B1"), "amount_other"), close("match F1 B1", "accept F1 - note:too_small")
    assert before["status"] == "book"
    assert told(after) == ["amount_other accepted: 1010 -10.00, 1250 10.00"]
    assert after.frames["adjustments"].is_empty()
    passed = after.frames["bridge"].filter((pl.col("row") == "H") & pl.col("reconciliation").is_null())
    assert passed.select("account", "amount").rows() == [("1010", Decimal("-10.00")), ("1250", Decimal("10.00"))]
    assert variance(after, "amount_other")["explanation"].endswith("Accepted by ann on 2026-10-02: too_small.")
    # What stands corrected elsewhere is nothing to accept, and that is told.
    assert control(found) == (False, "1 decision of people; D1 accepts DEP1000904, but there is nothing to book")


def test_what_was_not_compared_cannot_be_accepted() -> None:
    found = compare(WANTED, BOOKED, deposits=None, decisions=decisions("accept - B1 note:fine"))

    assert {row["status"] for row in found.frames["variances"].to_dicts() if "B1" in row["actual_line_ids"]} == {"ask"}
    assert control(found) == (
        False,
        "1 decision of people; D1 accepts TRANSFER, but it was not compared: bring its source",
    )


def test_a_note_stands_with_the_variance_or_with_the_match_and_an_assignment_names_somebody() -> None:
    found = close("note E1 - note:checked", "assign - B1 note:bob")

    (group,) = found.frames["match_groups"].to_dicts()
    assert group["explanation"] == "same document at the same place. Noted by ann on 2026-10-02: checked."
    one = variance(found, "unexpected")
    assert one["also"] == ["assigned"]
    assert "Assigned to bob by ann on 2026-10-02." in one["explanation"]


def test_lines_that_no_longer_exist_are_told() -> None:
    assert control(close("match E1 Z9")) == (
        False,
        "1 decision of people; D1 (match) names Z9, which no longer exists",
    )


def test_a_decision_of_which_no_line_was_read_is_another_periods_and_proves_nothing() -> None:
    passed, words = control(close("match Y9 Z9"))

    assert passed is None
    assert (
        words == "1 decision of people; D1 (match): no line of this period; another period's, or the ids have changed"
    )


def test_a_decision_made_before_the_period_is_an_earlier_periods() -> None:
    said = decisions("match Y9 Z9").with_columns(pl.col("decided_at").dt.offset_by("-3mo"))

    assert control(compare(WANTED, BOOKED, decisions=said)) == (True, "1 decision of people; 1 of earlier periods")


def test_a_contradiction_is_told_with_both_people() -> None:
    passed, words = control(close("match F1 B1", "reject F1 B1 by:bob"))

    assert passed is False
    assert "D1 (match by ann) does not hold, for D2 (reject by bob) is later and names the same lines" in words


def test_an_acceptance_of_lines_that_agree_is_told() -> None:
    assert control(close("accept E1 A1 note:fine")) == (False, "1 decision of people; D1 accepts E1, A1, which agrees")


def test_without_decisions_there_is_no_control_of_them() -> None:
    assert [one.name for one in close().checks if one.name == "decisions"] == []


def test_a_match_with_a_draft_is_told_and_not_done() -> None:
    booked = pl.concat([BOOKED, ledger("G1 1010 50.00 D:DEP1000904 state:Draft", "G2 1250 -50.00")])

    found = compare(WANTED, booked, decisions=decisions("match F1 G1"))

    assert control(found) == (
        False,
        "1 decision of people; D1 matches lines that are not compared with each other: F1, G1",
    )


def test_a_ledger_that_agrees_and_a_decision_that_says_so_leave_nothing() -> None:
    found = compare(WANTED, as_ledger(WANTED), decisions=decisions("match E1 gl:E1"))

    assert told(found) == []
    assert groups(found) == [("decided", "ann", 3, 3), ("reference", None, 2, 2)]
