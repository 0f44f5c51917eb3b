"""Money is exact."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.money import MONEY, accounting, from_cents, round_cents, to_cents, to_money


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("0.005", "0.00"), ("0.015", "0.02"), ("0.025", "0.02"), ("-0.015", "-0.02"), ("1.004999", "1.00")],
)
def test_half_a_cent_goes_to_the_even_cent(amount: str, rounded: str) -> None:
    assert round_cents(Decimal(amount)) == Decimal(rounded)


@given(st.lists(st.integers(-(10**15), 10**15), max_size=5))
def test_cents_survive_the_way_through_money_and_back(cents: list[int]) -> None:
    money = pl.DataFrame({"cents": cents}, schema={"cents": pl.Int64}).select(amount=to_money("cents"))

    assert money.schema["amount"] == MONEY
    assert money["amount"].to_list() == [from_cents(one) for one in cents]
    assert money.select(to_cents("amount")).to_series().to_list() == cents


@pytest.mark.parametrize(
    ("amount", "written"), [("1234.5", "1,234.50"), ("-1234.5", "(1,234.50)"), ("0", "0.00"), ("-0.001", "0.00")]
)
def test_credits_are_written_in_parentheses(amount: str, written: str) -> None:
    assert accounting(Decimal(amount)) == written
