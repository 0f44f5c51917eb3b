"""How two amounts relate, each rule on both sides of its bound, and what a pool says about accidents."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from recon.errors import InvariantBroken
from recon.matching.amounts import RELATIONS, amount_relation, are_slipped, digits_of, is_decimal_slip, swapped_places
from recon.matching.chance import learn_accidents
from recon.matching.fees import Fee
from recon.matching.odds import odds


def cents(*amounts: int) -> np.ndarray:
    return np.array(amounts, dtype=np.int64)


@pytest.mark.parametrize(
    ("small", "large", "slipped"),
    [
        (10, 100, True),
        (9, 90, False),  # below ten cents every digit would do
        (11, 110, True),
        (1234, 12_340, True),
        (1234, 12_349, True),  # the cents that fell off
        (1234, 12_350, False),
        (1234, 12_331, True),
        (1234, 12_330, False),
        (1234, 123_400, True),
        (1234, 1_234_000, True),
        (1234, 12_340_000, True),
        (1234, 123_400_000, False),
        (1234, -12_340, False),
    ],
)
def test_a_point_slips_by_up_to_four_places(small: int, large: int, slipped: bool) -> None:
    assert are_slipped(cents(small, large), cents(large, small)).tolist() == [slipped, slipped]
    assert is_decimal_slip(small, large) is slipped


@pytest.mark.parametrize(
    ("left", "right", "relation"),
    [
        (100_00, 100_50, "within_tolerance"),  # fifty cents
        (100_00, 100_51, "none"),
        (1_000_00, 1_001_00, "within_tolerance"),  # one in a thousand
        (1_000_00, 1_001_01, "none"),
        (-1_000_00, -1_001_00, "within_tolerance"),
        (25, -25, "none"),
        (0, 50, "none"),
    ],
)
def test_the_tolerance_is_what_allows_more(left: int, right: int, relation: str) -> None:
    given = {"tolerance_cents": 50, "tolerance_rate": Decimal("0.001"), "relations": ("within_tolerance",)}
    [code] = amount_relation(cents(left), cents(right), **given)
    assert RELATIONS[code] == relation


@pytest.mark.parametrize(
    ("net", "gross", "relation"),
    [
        (985_00, 1_000_00, "fee_capped"),
        (984_99, 1_000_00, "none"),
        (40_00, 50_00, "fee_capped"),  # a fifth of the gross
        (39_99, 50_00, "none"),
        (1_000_00, 985_00, "none"),
    ],
)
def test_a_fee_is_capped_by_money_and_by_a_fifth(net: int, gross: int, relation: str) -> None:
    fees = [Fee(Decimal(0), 0, 15_00), Fee(Decimal(0), 0, 10_00)]
    [code] = amount_relation(cents(net), cents(gross), fees=fees, relations=("fee_capped",))
    assert RELATIONS[code] == relation


def test_an_amount_beyond_what_can_be_compared_is_refused() -> None:
    largest = 2**60
    assert amount_relation(cents(largest - 1), cents(largest - 1)).tolist() == [1]
    with pytest.raises(InvariantBroken):
        amount_relation(cents(largest), cents(1))


@pytest.mark.parametrize(
    ("first", "second", "places"),
    [(124_300, 123_400, (3, 4)), (1_023, 123, (1, 2)), (123, 1_023, (1, 2)), (-12_54, -12_45, (3, 4))],
)
def test_swapped_digits_are_counted_from_the_left(first: int, second: int, places: tuple[int, int]) -> None:
    assert swapped_places(first, second) == places


def test_digits_are_counted_each_in_its_own_place() -> None:
    one, nine, twelve, eleven, none = digits_of(cents(1, 9, 120, -1_01, 0)).tolist()
    assert (one, nine, twelve, eleven, none) == (1, 1 << 48, 1 + (1 << 6), 2, 0)


@pytest.mark.parametrize(
    ("pool", "once", "again"),
    [
        ((100, 203, 307, 411), 0.0556, None),  # four of one: 1 - 4.25 / 4.5
        ((100, 100, 203, 307), 0.25, 0.375),
        ((100, 100, 100, 203, 203, 307), 0.1071, 0.7143),
    ],
)
def test_what_stood_once_rarely_comes_again_and_what_stood_twice_often_does(
    pool: tuple[int, ...], once: float, again: float | None
) -> None:
    lines = cents(*pool)
    found = learn_accidents(lines)
    assert round(found.recurring(cents(307), lines), 4) == once
    assert pool.count(100) == 1 or round(found.recurring(cents(100), lines), 4) == again


def test_what_a_party_pays_each_week_makes_two_bills_no_evidence_and_what_it_pays_once_does() -> None:
    bills = cents(100, 203)
    never_again, each_week = cents(100, 203, 55, 71, 310, 12, 90, 8), cents(100, 203, 100, 203, 100, 203)

    found = learn_accidents(bills)
    assert found.recurring(bills, never_again) < 1e-4 < found.recurring(bills, bills) < 0.02
    assert found.recurring(bills, each_week) > 0.5


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (1e-6, "by accident less than once in a million such cases"),
        (2e-6, "by accident once in 500,000 such cases"),
        (0.4, "by accident once in 2 such cases"),
        (1.0, "by accident once in 1 such cases"),
    ],
)
def test_odds_are_told_as_one_in_so_many(chance: float, words: str) -> None:
    assert odds(chance) == words
