"""A pool of few lines is answered by adding up every set: the answers are those that halves of sets give."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recon.matching.fees import Fee
from recon.matching.sums import Bounds, find_sum, find_sums

BOUNDS = Bounds(max_size=5, work=2_000_000)
HALVES = replace(BOUNDS, few_sets=0)

pools = st.lists(st.integers(-9, 20) | st.integers(1, 50_000), max_size=12)
fees = st.builds(
    Fee,
    rate=st.sampled_from([Decimal(0), Decimal("0.029"), Decimal("0.1")]),
    per_item_cents=st.sampled_from([0, 1, 30]),
    cap_cents=st.sampled_from([0, 5, 60]),
    per_deposit_cents=st.sampled_from([0, 25]),
    rounded=st.sampled_from(["once", "each_line"]),
)


@given(pools, st.data(), st.lists(fees, max_size=2), st.integers(2, 6), st.sampled_from([2_000_000, 5_000, 300, 20]))
def test_few_lines_are_answered_as_many_are(
    pool: list[int], data: st.DataObject, schedules: list[Fee], most: int, work: int
) -> None:
    sums = st.lists(st.sampled_from(pool), min_size=1, max_size=5).map(sum) if pool else st.just(7)
    targets = data.draw(st.lists(sums | st.integers(-20, 90), min_size=1, max_size=5))
    lines, wanted, bounds = np.array(pool, dtype=np.int64), np.array(targets, dtype=np.int64), Bounds(most, work)

    each, halves = (find_sums(lines, wanted, one, *schedules) for one in (bounds, replace(bounds, few_sets=0)))

    assert each == halves


def test_a_fee_on_each_of_three_card_slips_is_seen_among_few_lines_and_by_halves() -> None:
    slips = np.array([101_00, 57_30, 249_99, 18_00], dtype=np.int64)
    fee = Fee(Decimal("0.029"), per_item_cents=30, cap_cents=0, rounded="each_line")

    # 2.93 + 1.66 + 7.25 and 0.90 of 408.29
    found = [find_sum(slips, 395_55, bounds, fee) for bounds in (BOUNDS, HALVES)]

    assert [(one.members, one.fee_cents, one.fee_kind, one.is_unique) for one in found] == [
        ((0, 1, 2), 12_74, "rated", True)
    ] * 2


def test_equal_lines_of_a_small_pool_are_counted_as_twins() -> None:
    dues = np.array([25_00, 25_00, 25_00, 40_00], dtype=np.int64)

    each, halves = find_sum(dues, 65_00, BOUNDS), find_sum(dues, 65_00, HALVES)

    assert each == halves
    assert (each.members, each.alternatives, each.distinct_alternatives) == ((0, 3), 2, 0)


def test_of_two_pairs_below_the_cap_the_smaller_fee_is_kept() -> None:
    lines = np.array([50_00, 51_00, 60_00], dtype=np.int64)
    fee = Fee(Decimal(0), 0, cap_cents=20_00)

    each, halves = find_sum(lines, 100_00, BOUNDS, fee), find_sum(lines, 100_00, HALVES, fee)

    assert each == halves
    assert (each.members, each.fee_cents, each.fee_kind, each.distinct_alternatives) == ((0, 1), 1_00, "capped", 2)


def test_two_sets_that_fit_are_told_in_one_order_however_they_are_searched() -> None:
    lines, wanted = np.array([2, 14, 1, 15], dtype=np.int64), np.array([16], dtype=np.int64)

    each, halves = (find_sums(lines, wanted, replace(one, max_size=2))[0].each for one in (BOUNDS, HALVES))

    assert (each, halves) == (((0, 1), (2, 3)), ((0, 1), (2, 3)))
