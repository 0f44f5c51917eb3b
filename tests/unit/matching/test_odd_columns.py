"""Sides as files give them: columns without a type, a side without rows, keys that cannot be compared."""

from __future__ import annotations

import polars as pl
import pytest
from make_lines import left_over, lines, pairs

from recon.errors import DataError
from recon.linefiles import shipped
from recon.matching import match

NOTHING = pl.DataFrame({"id": [], "amount": []})
BANK, BOOK = lines("b 1010.00 1 K", "c 11 2 X"), lines("g 1010 1 K")
WHOLE = pl.DataFrame({"id": [1], "amount": [101_000]})


def key(side: pl.DataFrame, name: str, value: object) -> pl.DataFrame:
    """The side with one key, equal on every line."""
    return side.with_columns(pl.lit(value).alias(name))


@pytest.mark.parametrize("passes", [[], shipped("bank"), shipped("ledger")], ids=["none", "bank", "ledger"])
@pytest.mark.parametrize("nothing", [NOTHING, pl.DataFrame({"id": [], "amount": [], "date": [], "key_a": []})])
def test_a_side_without_rows_and_types_leaves_the_other_open(passes, nothing):
    assert left_over(match(BANK, nothing, passes)) == ["b", "c"]
    assert left_over(match(nothing, BANK, passes)) == ["b", "c"]
    assert left_over(match(nothing, nothing, passes)) == []


def test_whole_amounts_are_cents_beside_a_side_without_rows_too():
    for found in (match(WHOLE, NOTHING, []), match(NOTHING, WHOLE, [])):
        assert found.explain(1).endswith("(left, 1,010.00)") or "no open line of 1,010.00" in found.explain(1)


def test_a_group_of_people_beside_a_side_without_rows():
    decided = pl.DataFrame({"match_id": ["D1"], "side": ["left"], "id": ["b"]})
    assert pairs(match(BANK, NOTHING, [], decided=decided)) == {"b =": "match"}
    decided = decided.with_columns(side=pl.lit("right"))
    assert pairs(match(NOTHING, BANK, [], decided=decided)) == {"= b": "match"}


def test_dates_without_a_type_are_no_dates():
    undated = BOOK.with_columns(date=pl.lit(None))
    assert pairs(match(BANK, undated, shipped("bank"))) == {"b = g": "match"}


def test_a_key_that_would_not_be_compared_is_refused_by_its_name():
    with pytest.raises(DataError, match=r"may not end in _right: rename .* \(column=key_a_right side=left\)"):
        match(key(key(BANK, "key_a", "1"), "key_a_right", "1"), key(BOOK, "key_a", "1"), shipped("bank"))
    with pytest.raises(DataError, match=r"never a float: cast the column \(column=key_a side=right type=Float64\)"):
        match(key(BANK, "key_a", 1), key(BOOK, "key_a", 1.0), shipped("bank"))
    with pytest.raises(DataError, match=r"one value a line: split the column .*column=key_a side=left"):
        match(BANK.with_columns(key_a=pl.concat_list("id")), key(BOOK, "key_a", "b"), shipped("bank"))
