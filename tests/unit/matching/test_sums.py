"""A sum is found with all that speaks against it: others that do as well, accident, a search cut short."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recon.errors import InvariantBroken
from recon.matching.sums import Bounds, Fee, SumFound, find_sum, find_sums

WIDE = Bounds(max_size=6, work=5_000_000)
CARD_FEE = Fee(rate=Decimal("0.029"), per_item_cents=30, cap_cents=0)

Cents = NDArray[np.int64]


def cents(*dollars: float | str) -> Cents:
    return np.array([int(Decimal(str(one)) * 100) for one in dollars], dtype=np.int64)


def certificate(found: SumFound) -> tuple[int, int, bool, bool]:
    return found.alternatives, found.distinct_alternatives, found.alternatives_exact, found.bounded


def test_the_only_two_vouchers_that_make_a_bank_line_are_certified() -> None:
    vouchers = cents("51200.00", "3120.50", "37050.00", "9911.25")

    found = find_sum(vouchers, 88_250_00, WIDE)

    assert found.members == (0, 2)
    assert found.is_unique
    assert certificate(found) == (0, 0, True, False)
    assert found.chance < 0.01


def test_one_line_of_the_amount_beats_two_that_sum_to_it() -> None:
    found = find_sum(cents(100, 200, 300), 300_00, WIDE)

    assert (found.singles, found.members) == ((2,), ())
    assert certificate(found) == (1, 1, True, False)  # 100 and 200 would have done


def test_all_lines_together_are_a_sum() -> None:
    assert find_sum(cents(100, 200, 300), 600_00, WIDE).members == (0, 1, 2)


def test_what_no_lines_sum_to_is_not_found() -> None:
    found = find_sum(cents(100, 200, 300), 250_00, WIDE)

    assert (found.members, found.singles, found.chance) == ((), (), 1.0)
    assert certificate(found) == (0, 0, True, False)


def test_the_oldest_lines_first_would_have_missed_the_sum() -> None:
    found = find_sum(cents(100, 200, 300), 500_00, WIDE)

    assert found.members == (1, 2)
    assert found.is_unique


def test_a_sum_whose_lines_are_amounts_of_every_day_is_no_certainty() -> None:
    assert find_sum(cents(100, 200, 300), 500_00, WIDE).chance > 0.05


def test_a_fee_outside_the_deposit_leaves_the_net() -> None:
    # Gross 100.00 over two tickets, fee 5.00 (2 % and 1.50 a ticket), 95.00 at the bank.
    found = find_sum(cents(61.35, 38.65, 20.11), 95_00, WIDE, Fee(Decimal("0.02"), 150, 0))

    assert (found.members, found.fee_cents, found.fee_kind) == ((0, 1), 5_00, "rated")


def test_seven_of_fees_leave_ninety_five_of_a_hundred_and_two() -> None:
    found = find_sum(cents(62.10, 39.90, 18.03), 95_00, WIDE, Fee(Decimal(0), 0, 7_00))

    assert (found.members, found.fee_cents, found.fee_kind) == ((0, 1), 7_00, "capped")


def test_a_fee_above_the_cap_is_a_missing_booking_and_no_fee() -> None:
    assert find_sum(cents(62.10, 39.90, 18.03), 95_00, WIDE, Fee(Decimal(0), 0, 6_99)).members == ()


def test_a_bank_that_pays_more_than_the_lines_has_taken_no_fee() -> None:
    assert find_sum(cents(62.10, 39.90, 18.03), 104_00, WIDE, Fee(Decimal("0.02"), 0, 5_00)).members == ()


def test_a_fee_on_payments_adds_to_what_leaves_the_bank() -> None:
    found = find_sum(cents(-62.10, -39.90, -18.03), -127_03, WIDE, Fee(Decimal(0), 0, 25_00))

    assert (found.members, found.fee_cents) == ((0, 1, 2), 7_00)


def test_an_exact_sum_of_more_lines_wins_over_a_fee_on_fewer() -> None:
    found = find_sum(cents(60, 42, 10, 25), 95_00, WIDE, Fee(Decimal(0), 0, 10_00))

    assert (found.members, found.fee_kind) == ((0, 2, 3), "none")


def test_a_fee_by_the_rate_wins_over_a_smaller_one_below_the_cap() -> None:
    # 103.31 less 2.9 % and 30 cents a ticket is 99.71; 51.00 and 49.00 leave 29 cents that only the cap allows.
    found = find_sum(cents(60.31, 43.00, 51.00, 49.00), 99_71, WIDE, Fee(Decimal("0.029"), 30, 1_00))

    assert (found.members, found.fee_cents, found.fee_kind) == ((0, 1), 3_60, "rated")


def test_every_net_of_a_rated_fee_leads_back_to_its_gross() -> None:
    gross = 48_17 + 112_09 + 7_35
    fee = 4_86 + 90  # 2.9 % of 167.61, half even, and 30 cents for each of three

    found = find_sum(cents(48.17, 112.09, 7.35, 300.00), gross - fee, WIDE, CARD_FEE)

    assert (found.members, found.fee_cents) == ((0, 1, 2), fee)


def test_equal_lines_are_alternatives_that_do_not_differ() -> None:
    found = find_sum(cents(20, 20, 20, 13.37), 53_37, WIDE)

    assert found.members == (0, 1, 3)
    assert certificate(found) == (2, 0, True, False)
    assert not found.is_unique


def test_of_two_sets_of_the_same_size_neither_is_certain() -> None:
    found = find_sum(cents(10.01, 20.02, 13.01, 17.02), 30_03, WIDE)

    assert certificate(found) == (1, 1, True, False)
    assert found.chance > 0.5


def test_a_correction_below_zero_is_part_of_a_sum() -> None:
    assert find_sum(cents(983, 637, -112.5), 1507_50, WIDE).members == (0, 1, 2)


def test_lines_that_undo_each_other_sum_to_zero() -> None:
    found = find_sum(cents(75.20, -75.20, 31.00), 0, WIDE)

    assert found.members == (0, 1)
    assert found.is_unique


def test_a_pool_of_fewer_than_two_lines_holds_no_sum() -> None:
    assert find_sum(cents(), 100, WIDE) == SumFound()
    assert find_sum(cents(1), 100, WIDE) == SumFound(singles=(0,))


def test_three_true_lines_among_twelve_of_a_ledger_are_no_accident() -> None:
    pool = cents(4.31, 12.87, 38.40, 77.12, 163.09, 250.75, 418.22, 733.64, 1291.58, 2804.17, 5120.66, 9043.93)

    for members in combinations(range(12), 3):
        found = find_sum(pool, int(pool[list(members)].sum()), Bounds(5, 1_000_000))
        if found.is_unique:
            assert found.members == members
            assert found.chance < 0.01


def test_twenty_thousand_equal_amounts_are_counted_at_once() -> None:
    found = find_sum(np.full(20_000, 25_00), 75_00, WIDE)

    assert found.members == (0, 1, 2)
    assert certificate(found) == (20_000 * 19_999 * 19_998 // 6 - 1, 0, True, False)
    assert found.chance == 1.0


def test_twenty_thousand_equal_amounts_in_sets_of_thousands_are_ambiguous() -> None:
    found = find_sum(np.full(20_000, 25_00), 3_000 * 25_00, Bounds(max_size=20_000, work=5_000_000))

    assert found.bounded or found.alternatives > 10**50
    assert not found.is_unique


def test_sixty_lines_in_sets_of_any_size_are_counted_by_cents() -> None:
    pool = np.arange(1, 61) * 7_00

    found = find_sum(pool, 7_00 * 61, Bounds(max_size=60, work=5_000_000))

    ways = [1] + [0] * 61  # of 61 as a sum of different whole numbers up to 60
    for part in range(1, 61):
        for total in range(61, part - 1, -1):
            ways[total] += ways[total - part]
    assert found.alternatives + 1 == ways[61] == 12_075
    assert len(found.members) == 2
    assert (found.alternatives_exact, found.bounded) == (True, False)


def test_sixty_lines_to_the_cent_in_sets_of_any_size_say_that_the_search_was_bounded() -> None:
    pool = np.array([(number * 7_919_317) % 499_979 + 100 for number in range(60)])

    found = find_sum(pool, int(pool[:30].sum()), Bounds(max_size=60, work=5_000_000))

    assert found.bounded
    assert not found.alternatives_exact
    assert not found.is_unique


def test_five_thousand_lines_show_what_was_proven_before_the_bound() -> None:
    pool = np.array([(number * 7_919_317) % 49_999_991 for number in range(5_000)])

    found = find_sum(pool, int(pool[10] + pool[4_000]), Bounds(max_size=5, work=1_000_000))

    assert len(found.members) == 2
    assert found.bounded
    assert not found.is_unique


def test_a_search_that_is_cut_short_among_many_candidates_still_proves_that_there_are_several() -> None:
    pool = np.arange(1, 121) * 7 + np.arange(120) % 3

    found = find_sum(pool, 2_547, Bounds(max_size=6, work=5_000_000))  # 10,110,854 sets of six, none smaller

    assert len(found.members) == 6
    assert 1_000 < found.alternatives < 10_110_853
    assert (found.alternatives_exact, found.bounded) == (False, True)


def test_a_search_without_work_is_bounded_and_finds_nothing() -> None:
    found = find_sum(cents(20.01, 33.36, 40), 53_37, Bounds(max_size=3, work=0))

    assert (found.members, found.bounded, found.alternatives_exact) == ((), True, False)


def test_a_set_of_one_line_is_no_sum_to_ask_for() -> None:
    with pytest.raises(InvariantBroken, match="two lines"):
        find_sum(cents(1, 2), 3_00, Bounds(max_size=1, work=100))


def test_amounts_that_no_sum_can_hold_are_refused() -> None:
    with pytest.raises(InvariantBroken, match="too large"):
        find_sum(np.array([2**62, 1]), 3, WIDE)


amounts = st.lists(st.integers(-9, 20), max_size=12)
sizes = st.integers(2, 7)


def brute(pool: list[int], target: int, most: int) -> list[tuple[int, ...]]:
    numbers = range(len(pool))
    every = (set_ for size in range(2, most + 1) for set_ in combinations(numbers, size))
    return [members for members in every if sum(pool[at] for at in members) == target]


@given(amounts, st.integers(-15, 50), sizes, st.sampled_from([5_000_000, 300]))
def test_all_sets_are_counted_as_by_trying_each(pool: list[int], target: int, most: int, work: int) -> None:
    found = find_sum(np.array(pool, dtype=np.int64), target, Bounds(most, work))

    sets = brute(pool, target, most)
    distinct = {tuple(sorted(pool[at] for at in members)) for members in sets}
    shown = bool(sets) and target not in pool
    if found.alternatives_exact:
        assert (found.alternatives, found.distinct_alternatives) == (len(sets) - shown, len(distinct) - shown)
        assert len(found.members) == (len(sets[0]) if shown else 0)
    else:
        assert found.bounded
        assert found.alternatives + bool(found.members) <= len(sets)
    assert not found.members or sum(pool[at] for at in found.members) == target


@given(amounts, st.integers(-15, 50), sizes, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_decides_nothing(pool: list[int], target: int, most: int, dice: Random) -> None:
    shuffled = list(pool)
    dice.shuffle(shuffled)

    before, after = (find_sum(np.array(one, dtype=np.int64), target, Bounds(most, 10**6)) for one in (pool, shuffled))

    assert certificate(before) == certificate(after)
    assert sorted(pool[at] for at in before.members) == sorted(shuffled[at] for at in after.members)
    assert before.chance == pytest.approx(after.chance)


@given(st.lists(st.integers(-900, 2_000), max_size=10), st.integers(-500, 3_000), st.integers(0, 60))
def test_members_are_the_target_and_the_fee(pool: list[int], target: int, cap: int) -> None:
    fee = Fee(Decimal("0.03"), 7, cap)

    found = find_sum(np.array(pool, dtype=np.int64), target, Bounds(4, 10**6), fee)

    total = sum(pool[at] for at in found.members)
    if found.members:
        assert total - found.fee_cents == target
        assert (found.fee_cents > 0) == (found.fee_kind != "none")
    if found.fee_kind == "rated":
        assert found.fee_cents == round(Decimal("0.03") * abs(total)) + 7 * len(found.members)
    if found.fee_kind == "capped":
        assert found.fee_cents <= cap


@given(amounts, st.lists(st.integers(-15, 50), min_size=1, max_size=6), st.sampled_from([10**6, 500]))
def test_many_questions_at_once_are_answered_as_one_by_one(pool: list[int], targets: list[int], work: int) -> None:
    lines, bounds, fee = np.array(pool, dtype=np.int64), Bounds(5, work), Fee(Decimal("0.1"), 1, 2)

    together = find_sums(lines, np.array(targets, dtype=np.int64), bounds, fee)

    assert together == [find_sum(lines, target, bounds, fee) for target in targets]
