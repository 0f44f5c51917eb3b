"""Which of two decisions on the same lines holds: every pair of actions, and what is no contradiction."""

from __future__ import annotations

import pytest
from make import compare, decisions, expected, ledger

from recon.matching.decided import effective


@pytest.mark.parametrize(
    ("earlier", "later", "standing", "told"),
    [
        ("match E1 A1", "match E1 A1", ["D2"], False),
        ("match E1 A1", "match E1 A2", ["D2"], True),
        ("match E1 A1", "match E2 A2", ["D1", "D2"], False),
        ("match E1 A1", "unmatch E1 A1", ["D2"], True),
        ("match E1 A1", "reject E1 A2", ["D1", "D2"], False),
        ("match E1,E2 A1", "reject E2 A1", ["D2"], True),
        ("reject E1 A1", "reject E1 A1", ["D2"], False),
        ("reject E1 A1", "reject E1 A1,A2", ["D2"], False),
        ("reject E1 A1,A2", "reject E1 A1", ["D1", "D2"], False),
        ("reject E1 A1", "unmatch E1 A1", ["D2"], False),
        ("reject E1 A1", "match E1 A1,A2", ["D2"], True),
        ("accept E1 -", "accept E1 -", ["D2"], False),
        ("accept E1 -", "accept E2 -", ["D1", "D2"], False),
        ("accept E1 -", "match E1 A1", ["D2"], True),
        ("accept E1 A1", "reject E1 A1", ["D2"], True),
        ("accept E1 -", "assign E1 -", ["D1", "D2"], False),
        ("assign E1 -", "assign E1 -", ["D2"], False),
        ("note E1 -", "note E1 -", ["D1", "D2"], False),
        ("match E1 A1", "accept E1 A1", ["D1", "D2"], False),
        ("match E1 A1", "note E1 A1", ["D1", "D2"], False),
    ],
)
def test_of_two_decisions_the_later_holds_where_both_cannot(
    earlier: str, later: str, standing: list[str], told: bool
) -> None:
    found = effective(decisions(earlier, later))
    assert [one.decision_id for one in found.standing] == standing
    assert [(one.earlier.decision_id, one.later.decision_id) for one in found.overruled] == [("D1", "D2")] * told


def test_rejected_pairs_are_those_of_every_separation_less_what_was_matched_later() -> None:
    found = effective(decisions("reject E1 A1,A2", "unmatch E2 A1", "match E1 A2", "accept E3 A3"))
    assert found.rejected() == {("E1", "A1"), ("E2", "A1")}
    assert [one.decision_id for one in found.of("match", "accept")] == ["D3", "D4"]


def test_a_match_is_overruled_by_telling_apart_other_lines_of_the_same_two_documents() -> None:
    wanted = expected("E1 1010 97.10 D:DEP1000903 role:net", "E2 1250 -97.10 role:sales")
    booked = ledger("B1 1010 60.00 D:TRANSFER @2026-09-20", "B2 1250 -60.00")
    found = compare(wanted, booked, decisions=decisions("match E1 B1", "reject E2 B2"))
    assert "decided" not in found.frames["match_groups"]["pass"].to_list()
    (control,) = (one for one in found.checks if one.name == "decisions")
    assert (control.passed, control.detail) == (
        False,
        "2 decisions of people; D1 (match by ann) does not hold, for D2 (reject by ann) is later and names the "
        "same lines: undo one of them",
    )
