"""Groups that a person formed stand before every pass of a match."""

from __future__ import annotations

import polars as pl
import pytest
from make_lines import groups, left_over, lines, pairs

from recon.errors import DataError
from recon.matching import Equal, match

REFERENCE = Equal("reference", ("reference",))


def chosen(*some: str) -> pl.DataFrame:
    """Groups such as "D1: b = g1 g2"."""
    rows = []
    for line in some:
        name, _, both = line.partition(": ")
        for side, ids in zip(("left", "right"), both.split(" = "), strict=True):
            rows += [(name, side, one) for one in ids.split()]
    return pl.DataFrame(rows, schema=["match_id", "side", "id"], orient="row")


def test_a_group_that_a_person_formed_beats_an_equal_reference():
    left, right = lines("b 10 1 K", "c 10 1 M"), lines("g 10 1 K", "h 10 1 X")

    matched = match(left, right, [REFERENCE], decided=chosen("D1: b = h"))

    assert groups(matched) == {"b = h": ("match", "formed by a person")}
    assert matched.groups["pass"].to_list() == ["decided"]
    assert left_over(matched) == ["c", "g"]


def test_its_difference_and_its_days_are_told():
    matched = match(lines("b 30 1 K"), lines("g1 10 3 X", "g2 15 4 Y"), [], decided=chosen("D1: b = g1 g2"))

    assert pairs(matched) == {"b = g1 g2": "match"}
    assert matched.groups.select("left_count", "right_count", "days_apart").rows() == [(1, 2, 3)]
    assert [str(amount) for amount in matched.groups["difference"]] == ["5.00"]


def test_a_group_of_which_a_line_is_gone_is_not_formed_in_half():
    matched = match(lines("b 10 1 K"), lines("g 10 1 K"), [REFERENCE], decided=chosen("D1: b = g g9"))

    assert matched.groups["pass"].to_list() == ["reference"]


def test_a_line_in_two_groups_and_a_side_that_is_none_are_faults():
    left, right = lines("b 10 1 K"), lines("g 10 1 K", "h 10 1 K")

    with pytest.raises(DataError, match=r"a line into two groups; decide for one \(lines=b\)"):
        match(left, right, [], decided=chosen("D1: b = g", "D2: b = h"))
    with pytest.raises(DataError, match="stands on no side"):
        match(left, right, [], decided=chosen("D1: b = g").with_columns(side=pl.lit("top")))


def test_without_groups_nothing_changes():
    left, right = lines("b 10 1 K"), lines("g 10 1 K")

    assert match(left, right, [REFERENCE], decided=chosen()).groups.equals(match(left, right, [REFERENCE]).groups)


def told_apart(*some: str, names: tuple[str, str] = ("left", "right")) -> pl.DataFrame:
    """Pairs that a person rejected, such as "b g"."""
    return pl.DataFrame([one.split() for one in some], schema=list(names), orient="row")


def test_a_decision_about_a_line_that_is_gone_is_told_and_stops_nothing() -> None:
    left, right = lines("b 10 1 K", "c 20 2 L"), lines("g 10 1 K", "h 20 2 L")
    said = chosen("D2: b = g g9", "D1: b8 = g7")

    found = match(left, right, [REFERENCE], rejected=told_apart("c h", "c h6", "b5 h"), decided=said)

    assert pairs(found) == {"b = g": "match"}
    assert found.gone.rows() == [
        ("decided", "D1", "left", "b8", "the group D1 is not formed: the left side has no line b8"),
        ("decided", "D1", "right", "g7", "the group D1 is not formed: the right side has no line g7"),
        ("decided", "D2", "right", "g9", "the group D2 is not formed: the right side has no line g9"),
        (
            "rejected",
            None,
            "left",
            "b5",
            "b5 and h are told apart, but the left side has no line b5",
        ),
        (
            "rejected",
            None,
            "right",
            "h6",
            "c and h6 are told apart, but the right side has no line h6",
        ),
    ]


def test_where_every_line_is_there_nothing_is_gone() -> None:
    left, right = lines("b 10 1 K"), lines("g 10 1 K")
    assert match(left, right, [REFERENCE]).gone.rows() == []
    found = match(left.lazy(), right.lazy(), [REFERENCE], rejected=told_apart("b g"), decided=chosen())
    assert found.gone.rows() == []
    assert pairs(found) == {}


def test_numbered_lines_are_told_apart_by_their_numbers() -> None:
    left, right = (lines("1 10 1 K").with_columns(id=pl.lit(number)) for number in (1, 7))
    found = match(left, right, [REFERENCE], rejected=pl.DataFrame({"left": [1, 2], "right": ["7", "7"]}))
    assert pairs(found) == {}
    assert found.gone["id"].to_list() == ["2"]


def test_decisions_without_their_columns_are_faults_that_name_them() -> None:
    left, right = lines("b 10 1 K"), lines("g 10 1 K")
    with pytest.raises(DataError) as fault:
        match(left, right, [], rejected=told_apart("b g", names=("left_id", "right")))
    assert str(fault.value) == (
        "`rejected` lacks columns: it has one row per pair (expects=left, right has=left_id, right lacks=left)"
    )
    with pytest.raises(DataError) as fault:
        match(left, right, [], decided=chosen("D1: b = g").rename({"match_id": "group", "id": "line"}))
    assert str(fault.value) == (
        "`decided` lacks columns: it has one row per line of a decision "
        "(expects=match_id, side, id has=group, side, line lacks=match_id, id)"
    )


def test_a_group_of_one_line_says_so() -> None:
    found = match(lines("b 10 1 K"), lines("g 20 1 L"), [], decided=chosen("D1: b = "))
    assert groups(found) == {"b =": ("match", "1 line of one side; off by 10.00; formed by a person")}
