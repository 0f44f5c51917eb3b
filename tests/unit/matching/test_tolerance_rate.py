"""A tolerance in per cent finds its pairs where keys alone carry them."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_lines import groups, lines, pairs

from recon.matching import Near, match


def near(rate: str, cents: int = 0) -> Near:
    """Lines of one store a day apart at most, off by so much of the larger amount, or by so many cents."""
    return Near(
        "n",
        ("within_tolerance",),
        before=1,
        after=1,
        agree=("key_store",),
        tolerance_cents=cents,
        tolerance_rate=Decimal(rate),
        confirmed=("within_tolerance",),
    )


def of_store(*jotted: str, store: str = "S1") -> pl.DataFrame:
    """Lines of one store."""
    return lines(*jotted).with_columns(key_store=pl.lit(store))


@pytest.mark.parametrize("sign", ["", "-"])
def test_amounts_within_one_per_cent_match_by_their_store_alone(sign):
    found = match(of_store(f"b {sign}100.00 1"), of_store(f"g {sign}100.50 1"), [near("0.01")])
    assert pairs(found) == {"b = g": "match"}
    assert "within the tolerance of 1 %" in groups(found)["b = g"][1]
    assert "of 0.00" not in groups(found)["b = g"][1]


def test_the_last_cent_of_the_tolerance_counts_and_the_next_does_not():
    assert pairs(match(of_store("b 99.00 1"), of_store("g 100.00 1"), [near("0.01")])) == {"b = g": "match"}
    assert pairs(match(of_store("b 98.99 1"), of_store("g 100.00 1"), [near("0.01")])) == {}


def test_another_store_or_the_opposite_sign_is_no_pair():
    assert pairs(match(of_store("b 100 1"), of_store("g 100.50 1", store="S2"), [near("0.01")])) == {}
    assert pairs(match(of_store("b 100 1"), of_store("g -100.50 1"), [near("0.01")])) == {}


def test_cents_and_per_cent_stand_side_by_side():
    assert pairs(match(of_store("b 1.00 1"), of_store("g 1.05 1"), [near("0.01", 5)])) == {"b = g": "match"}
    assert pairs(match(of_store("b 900 1"), of_store("g 905 1"), [near("0.01", 5)])) == {"b = g": "match"}
    assert pairs(match(of_store("b 1.00 1"), of_store("g 1.06 1"), [near("0.01", 5)])) == {}


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 10**9), st.integers(0, 10**6), st.sampled_from(["0.000001", "0.01", "0.333333", "0.9"]))
def test_whatever_is_within_the_share_is_found(cents, less, rate):
    size, other = Decimal(cents) / 100, Decimal(max(cents - less % max(int(cents * Decimal(rate)) + 2, 1), 1)) / 100
    found = match(of_store(f"b {size} 1"), of_store(f"g {other} 1"), [near(rate)], reasons=False)
    assert bool(found.groups.height) == (0 < size - other <= Decimal(rate) * size)
