"""Numbers that stand more than once: what is sorted says the same as what is counted."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.matching.repeated import is_repeated, repeated


@given(numbers=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 3)))
def test_a_number_is_repeated_where_it_is_counted_twice(numbers: list[int]) -> None:
    held = pl.Series("row", numbers, dtype=pl.UInt64)
    assert is_repeated(held).to_list() == [numbers.count(number) > 1 for number in numbers]
    assert repeated(held).to_list() == sorted({number for number in numbers if numbers.count(number) > 1})


@pytest.mark.parametrize("kind", [pl.UInt32, pl.UInt64, pl.Int64])
def test_what_is_repeated_keeps_its_type(kind: type[pl.DataType]) -> None:
    held = pl.Series([5, 7, 5], dtype=kind)
    assert repeated(held).dtype == kind
    assert is_repeated(held).to_list() == [True, False, True]
