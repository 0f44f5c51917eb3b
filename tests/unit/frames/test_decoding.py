"""Raw rows as columns of text: every figure as the wire wrote it, whether it came just now or was kept."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from recon.frames.decoding import columns, parts
from recon.store import content_text


def column(*bodies: str) -> list[str | None]:
    return columns(pl.DataFrame({"body": bodies}), {"a": ("a",)})["a"].to_list()


def test_whole_numbers_flags_and_missing_values_stand_in_the_column_as_text() -> None:
    assert column('{"a":12}', '{"a":true}', '{"a":null}', '{"b":1}', '{"a":"x"}') == ["12", "true", None, None, "x"]


@pytest.mark.parametrize("digits", ["0.00001", "12.34", "-999999999999.99", "100000000000.001", "1234567890123456"])
def test_an_amount_without_quotes_keeps_its_value_to_the_last_digit(digits: str) -> None:
    (found,) = column(f'{{"a":{digits}}}')

    assert found is not None
    assert Decimal(found) == Decimal(digits)
    assert "e" not in found.lower()


@pytest.mark.parametrize("digits", ["12345678901234567.89", "100000000000000.005", "1e5", "-1.5E-7", "9" * 25])
def test_a_number_that_binary_would_change_keeps_its_value_too_and_is_written_out(digits: str) -> None:
    fine, found = column('{"a":"fine"}', f'{{"a":{digits}}}')

    assert fine == "fine"
    assert found is not None
    assert Decimal(found) == Decimal(digits)
    assert "e" not in found.lower()


@pytest.mark.parametrize("digits", ["1e38", "1e300", "-1e-300", "0." + "1" * 39, "1.3234567890123456e-25", "9" * 60])
def test_a_number_longer_than_a_frame_keeps_is_text_with_all_its_digits_among_texts_and_alone(digits: str) -> None:
    (alone,), (fine, beside) = column(f'{{"a":{digits}}}'), column('{"a":"fine"}', f'{{"a":{digits}}}')

    assert fine == "fine"
    assert alone == beside == f"{Decimal(digits):f}"


def test_a_few_letters_that_stand_for_very_many_digits_stay_few() -> None:
    assert column('{"a":1e999999999}', '{"a":1e-999999999}') == ["1E+999999999", "1E-999999999"]


def test_a_row_of_another_shape_lacks_what_is_looked_for_and_the_others_have_it() -> None:
    rows = pl.DataFrame({"body": ['{"a":"text in place of an object"}', '{"a":{"b":"found"}}']})

    assert columns(rows, {"b": ("a", "b")})["b"].to_list() == [None, "found"]


def test_a_blank_text_is_none() -> None:
    assert column('{"a":""}', '{"a":"  "}', '{"a":" x "}') == [None, None, "x"]


def test_ledger_lines_with_bare_line_numbers_come_as_columns_and_keep_large_amounts() -> None:
    line = {"key": "7", "lineNumber": 3, "baseAmount": "12.50"}
    large = {"key": "8", "lineNumber": 4, "baseAmount": Decimal("12345678901234567.89")}
    kept = pl.DataFrame({"body": [content_text(row) for row in (line, large)]})

    found = columns(kept, {name: (name,) for name in line})

    assert found.rows() == [("7", "3", "12.50"), ("8", "4", "12345678901234567.89")]


ROWS: list[dict[str, Any]] = [
    {"id": 1, "card": {"brand": "VISA"}, "lines": [{"sku": "a", "tax": {"rate": Decimal("0.0825")}}, {"sku": "b"}]},
    {"id": 2, "card": None, "lines": []},
    {"id": 3, "lines": None},
    {"id": 4, "card": {"brand": ""}, "lines": [{"tax": None}]},
]
ODD: list[dict[str, Any]] = [{"id": 5, "card": "none", "lines": [None, {"sku": ["a", "list"]}]}]


@pytest.mark.parametrize("rows", [ROWS, ODD, ROWS + ODD, []])
def test_rows_of_the_wire_and_rows_that_were_kept_say_the_same(rows: list[dict[str, Any]]) -> None:
    kept = pl.DataFrame({"body": [content_text(row) for row in rows]}, schema={"body": pl.String})
    wanted = {"id": ("id",), "brand": ("card", "brand")}
    of_lines = {"sku": ("sku",), "rate": ("tax", "rate")}

    assert columns(kept, wanted).equals(columns(rows, wanted))
    assert parts(kept, "lines", of_lines).equals(parts(rows, "lines", of_lines))


def test_the_elements_of_a_list_know_their_row() -> None:
    found = parts(ROWS, "lines", {"sku": ("sku",), "rate": ("tax", "rate")})

    assert found.rows() == [(0, "a", "0.0825"), (0, "b", None), (3, None, None)]


def test_more_rows_than_are_taken_apart_at_once_keep_their_order_and_their_numbers() -> None:
    rows = [{"id": str(n), "lines": [{"sku": f"s{n}"}]} for n in range(12_001)]
    kept = pl.DataFrame({"body": [content_text(row) for row in rows]})

    assert columns(kept, {"id": ("id",)})["id"].to_list() == [row["id"] for row in rows]
    assert parts(kept, "lines", {"sku": ("sku",)}).rows() == [(n, f"s{n}") for n in range(12_001)]
