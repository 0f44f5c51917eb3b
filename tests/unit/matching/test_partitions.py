"""The ways to share payments out over bank lines are counted: more than one is never automatic."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from recon.matching.partitions import Partitions, count_partitions


def test_ten_payments_of_one_over_seven_bank_lines() -> None:
    found = count_partitions([1] * 10, [3, 2, 1, 1, 1, 1, 1], work=100_000)

    assert found == Partitions(ways=302_400, distinct=2_520, exact=True)


def test_one_way_is_one_way() -> None:
    assert count_partitions([70, 25, 5], [75, 25], work=1_000) == Partitions(1, 1, exact=True)


def test_parts_that_do_not_sum_to_the_totals_are_shared_out_in_no_way() -> None:
    assert count_partitions([70, 25], [75, 25], work=1_000) == Partitions(0, 0, exact=True)
    assert count_partitions([50, 50], [75, 25], work=1_000) == Partitions(0, 0, exact=True)


def test_a_total_of_zero_needs_lines_that_undo_each_other() -> None:
    assert count_partitions([10, -10, 7], [0, 7], work=1_000) == Partitions(1, 1, exact=True)
    assert count_partitions([10], [10, 0], work=1_000) == Partitions(0, 0, exact=True)


def test_beyond_the_work_bound_the_count_is_a_lower_bound() -> None:
    parts, totals = list(range(1, 13)), [26, 26, 26]

    cut, whole = count_partitions(parts, totals, work=2_500), count_partitions(parts, totals, work=100_000)

    assert (cut.exact, whole.exact) == (False, True)
    assert 0 < cut.ways < whole.ways


def test_thousands_of_different_payments_do_not_nest_too_deep() -> None:
    assert count_partitions(list(range(1, 3_001)), [1, 3_001 * 1_500 - 1], work=10**6) == Partitions(1, 1, exact=True)


@given(st.lists(st.tuples(st.integers(-2, 4), st.integers(0, 2)), min_size=1, max_size=6))
def test_all_ways_are_counted_as_by_trying_each(placed: list[tuple[int, int]]) -> None:
    parts = [amount for amount, _ in placed]
    totals = [sum(amount for amount, at in placed if at == total) for total in range(3)]

    ways = 0
    for places in product(range(3), repeat=len(parts)):
        sums = [sum(amount for amount, at in zip(parts, places, strict=True) if at == total) for total in range(3)]
        ways += sums == totals and set(places) == {0, 1, 2}

    found = count_partitions(parts, totals, work=10**6)
    assert (found.ways, found.exact) == (ways, True)
