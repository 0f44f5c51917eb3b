"""Amounts in explanations: one writing for both amounts of a pair and for what they differ by."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_lines import lines

from recon.matching import Near, match
from recon.matching.wording import amount_said, amount_words
from recon.money import accounting

TOLERANT = Near("cents", ("within_tolerance",), before=1, after=1, tolerance_cents=500)


def said(amount: str, other: str, kind: pl.DataType) -> str:
    """Why two lines of these amounts under one reference belong together."""
    left, right = lines(f"b {amount} 1 INV1001"), lines(f"g {other} 1 INV1001")
    factor = 100 if kind.is_integer() else 1
    left, right = (
        side.with_columns(amount=(side["amount"].cast(pl.Decimal(38, 4)) * factor).cast(kind)) for side in (left, right)
    )
    explanation: str = match(left, right, [TOLERANT]).groups["explanation"].item()
    return explanation


@pytest.mark.parametrize("kind", [pl.Decimal(18, 2), pl.Decimal(20, 4), pl.Int64()])
def test_a_difference_is_written_as_the_amounts_are(kind):
    assert "; 1,097.00 stands as 1,100.00; off by (3.00);" in said("1097.00", "1100.00", kind)
    assert "; (97.00) stands as (100.00); off by 3.00;" in said("-97.00", "-100.00", kind)


def test_places_beyond_cents_are_shown_where_they_are_not_zero():
    left, right = lines("b 5 1 INV1001"), lines("g 5 1 INV1001")
    left = left.with_columns(amount=pl.Series([Decimal("5.0004")], dtype=pl.Decimal(20, 4)))
    found = match(left, right, [TOLERANT])
    assert "; 5.0004 stands as 5.00; off by 0.0004;" in found.groups["explanation"].item()
    assert found.explain("b").startswith("b (left, 5.0004) ")


@given(st.integers(-(2**54), 2**54), st.integers(0, 6))
def test_one_amount_and_a_column_of_them_are_written_alike(units, scale):
    amount = Decimal(units).scaleb(-scale)
    column = pl.DataFrame({"units": [units]}).select(amount_words(pl.col("units"), scale=scale)).item()
    assert column == amount_said(amount)
    if amount == round(amount, 2):
        assert column == accounting(amount)
