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
