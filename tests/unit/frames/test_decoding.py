"""Kept rows decoded into columns: every figure as the wire wrote it, or not by columns at all."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from recon.frames.decoding import decoded
from recon.pulling.intacct import raw_columns
from recon.store import content_text


def column(*bodies: str) -> list[str | None] | None:
    rows = pl.DataFrame({"body": bodies})
    found = decoded(rows, pl.Struct({"a": pl.String}), lambda part: part.select(pl.col("body").struct.field("a")))
    return None if found is None else found["a"].to_list()


def test_whole_numbers_flags_and_missing_values_stand_in_the_column_as_text() -> None:
    assert column('{"a":12}', '{"a":true}', '{"a":null}', '{"b":1}', '{"a":"x"}') == ["12", "true", None, None, "x"]


@pytest.mark.parametrize("digits", ["0.00001", "12.34", "-999999999999.99", "100000000000.001", "1234567890123456"])
def test_an_amount_without_quotes_keeps_its_value_to_the_last_digit(digits: str) -> None:
    (found,) = column(f'{{"a":{digits}}}') or [None]

    assert found is not None
    assert Decimal(found) == Decimal(digits)
    assert "e" not in found.lower()


@pytest.mark.parametrize("digits", ["12345678901234567.89", "100000000000000.005", "1e5", "-1.5E-7", "9" * 25])
def test_a_number_that_binary_may_change_is_left_to_be_read_exactly(digits: str) -> None:
    assert column('{"a":"fine"}', f'{{"a":{digits}}}') is None


def test_a_row_of_another_shape_is_left_to_be_read_by_itself() -> None:
    rows = pl.DataFrame({"body": ['{"a":"text in place of an object"}']})
    shape = pl.Struct({"a": pl.Struct({"b": pl.String})})

    assert decoded(rows, shape, lambda part: part.select(pl.col("body").struct.field("a"))) is None


def test_ledger_lines_with_bare_line_numbers_come_as_columns_and_keep_large_amounts() -> None:
    line = {"key": "7", "lineNumber": 3, "baseAmount": "12.50"}
    large = {"key": "8", "lineNumber": 4, "baseAmount": Decimal("12345678901234567.89")}
    quick, exact = (
        raw_columns("intacct.journal_entry_line", pl.DataFrame({"body": [content_text(row)]})) for row in (line, large)
    )

    assert isinstance(quick, pl.DataFrame)
    assert quick.select("key", "lineNumber", "baseAmount").rows() == [("7", "3", "12.50")]
    assert exact == [large]
