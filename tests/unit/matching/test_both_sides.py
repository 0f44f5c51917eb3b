"""Lines of one side are grouped with lines of the other by equal sums, and what else claims them is told."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recon.matching.both_sides import BothSearched, find_both_sides
from recon.matching.sums import Bounds

WIDE = Bounds(max_size=5, work=1_000_000)


def both(left: list[int], right: list[int], bounds: Bounds = WIDE) -> BothSearched:
    return find_both_sides(np.array(left, dtype=np.int64), np.array(right, dtype=np.int64), bounds)


def test_two_sales_meet_a_payout_and_a_chargeback() -> None:
    till, bank = [983_00, 637_00, 288_00, 500_00, 818_00], [-475_00, 2095_00, -725_00]

    (group,) = both(till, bank).groups

    assert (group.left, group.right) == ((0, 1), (0, 1))
    assert group.is_unique


def test_groups_that_share_no_line_are_all_found() -> None:
    found = both([10_01, 20_03, 70_07], [30_04, 35_03, 35_04])

    assert [(group.left, group.right) for group in found.groups] == [((0, 1), (0,)), ((2,), (1, 2))]
    assert all(group.is_unique for group in found.groups)


def test_a_pair_is_the_group_and_not_the_larger_one_around_it() -> None:
    found = both([10_01, 20_03], [20_03, 10_01])

    assert [(group.left, group.right) for group in found.groups] == [((0,), (1,)), ((1,), (0,))]


def test_a_void_within_one_side_is_no_part_of_a_group() -> None:
    (group,) = both([50_00, -50_00, 10_01], [10_01]).groups

    assert (group.left, group.right, group.alternatives) == ((2,), (0,), 0)


def test_a_line_that_two_groups_claim_is_ambiguous() -> None:
    (group,) = both([30_04, 10_01], [15_00, 15_04, 10_00, 20_04]).groups

    assert (group.left, group.alternatives, group.distinct_alternatives) == ((0,), 1, 1)
    assert not group.is_unique
    assert group.chance > 0.5


def test_equal_lines_on_both_sides_are_swapped_without_difference() -> None:
    found = both([5_00] * 3, [5_00] * 3)

    assert [(group.left, group.right) for group in found.groups] == [((0,), (0,)), ((1,), (1,)), ((2,), (2,))]
    assert {(group.alternatives, group.distinct_alternatives) for group in found.groups} == {(4, 0)}


def test_nothing_meets_an_empty_side() -> None:
    assert both([], [1_00, -1_00]) == BothSearched((), bounded=False)


def test_one_component_of_five_thousand_lines_is_bounded_and_certain_of_nothing() -> None:
    left = [number * 7_919_317 % 49_999 + 1 for number in range(2_500)]
    right = [number * 6_700_417 % 49_993 + 1 for number in range(2_500)]

    found = both(left, right)

    assert found.bounded
    assert not any(group.is_unique for group in found.groups)


def test_twenty_lines_in_groups_of_any_size_say_that_the_search_was_bounded() -> None:
    assert both([3 << number for number in range(10)], [5 << number for number in range(10)], Bounds(20, 10**6)).bounded


sides = st.lists(st.integers(-4, 9), max_size=5)


@given(sides, sides, st.integers(2, 6))
def test_every_balanced_group_is_shown_or_shares_a_line_with_one_that_is(
    left: list[int], right: list[int], most: int
) -> None:
    lines = [(0, at, cents) for at, cents in enumerate(left)] + [(1, at, -cents) for at, cents in enumerate(right)]
    every: list[frozenset[tuple[int, int, int]]] = []
    for size in range(2, most + 1):
        for group in combinations(lines, size):
            parts = (part for smaller in range(1, size) for part in combinations(group, smaller))
            balanced = sum(line[2] for line in group) == 0 and len({line[0] for line in group}) == 2
            if balanced and all(sum(line[2] for line in part) for part in parts):
                every.append(frozenset(group))

    claimed: set[tuple[int, int, int]] = set()
    for one in both(left, right, Bounds(most, 10**6)).groups:
        group = frozenset([(0, at, left[at]) for at in one.left] + [(1, at, -right[at]) for at in one.right])
        assert group in every
        assert not group & claimed
        assert one.alternatives == sum(bool(group & other) for other in every) - 1
        claimed |= group
    assert all(group & claimed for group in every)
