"""What a side may look like: references as they are compared, numbers in texts, and what is refused with its rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from recon.errors import DataError
from recon.matching.lines import (
    REFERENCE_MARK,
    normal_references,
    number_in,
    scale_of,
    spoken,
    with_all_keys,
    working_lines,
)
from recon.matching.numbers import numbers_in_text, numbers_of


def side(**columns: list[object]) -> pl.DataFrame:
    """Two lines with an id and an amount, and more columns."""
    return pl.DataFrame({"id": ["a", "b"], "amount": [Decimal("1.00"), Decimal("-2.50")]} | columns)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("inv-7", "INV7"),
        ("INV 0007/a", "INV0007A"),
        ("0010234", "10234"),
        ("000", None),
        ("00-12", "12"),
        ("0A12", "0A12"),
        ("--", None),
        ("", None),
        (None, None),
    ],
)
def test_references_are_compared_without_case_signs_and_leading_zeros(
    written: str | None, compared: str | None
) -> None:
    assert normal_references(pl.Series([written], dtype=pl.String)).to_list() == [compared]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("CHECK 10214", "10214"),
        ("batch ab-2031-x paid", "AB-2031-X"),
        ("10214 then 20315", "20315"),
        ("Check -10214", "10214"),
        ("room 101", None),
        ("", None),
    ],
)
def test_the_last_word_of_four_digits_is_the_number_of_a_text(text: str, number: str | None) -> None:
    assert pl.DataFrame({"text": [text]}).select(number_in("text")).item() == number


def test_a_side_is_read_as_rows_units_and_known_columns() -> None:
    frame = side(
        date=[dt.date(2026, 7, 1), None], reference=["k-1", ""], text=["", "Oak"], key_store=["1", "2"], more=[1, 2]
    )
    found = working_lines(frame, "left", scale=3)
    assert found.columns == ["row", "id", "units", "date", "text", "reference", "currency", "key_store"]
    assert found.drop("date", "key_store").rows() == [
        (0, "a", 1000, None, "K1", None),
        (1, "b", -2500, "Oak", None, None),
    ]
    assert found["row"].dtype == pl.UInt32
    whole = working_lines(pl.DataFrame({"id": [1], "amount": [250]}), "left", scale=0)
    assert whole["units"].to_list() == [250]


@pytest.mark.parametrize(
    ("frame", "words", "context"),
    [
        (side().drop("id"), "lacks a column", {"side": "left", "column": "id"}),
        (side().drop("amount"), "lacks a column", {"side": "left", "column": "amount"}),
        (side(amount=[None, Decimal("1.00")]), "an amount is missing", {"side": "left", "rows": [0]}),
        (side(id=["a", None]), "a line has no id", {"side": "left", "rows": [1]}),
        (side(id=["a", "a"]), "an id stands on two lines", {"side": "left", "ids": ["a"]}),
        (
            side(text=[1, 2]),
            "another type",
            {"side": "left", "column": "text", "type": pl.Int64(), "want": pl.String()},
        ),
        (
            side(date=["1", "2"]),
            "another type",
            {"side": "left", "column": "date", "type": pl.String(), "want": pl.Date()},
        ),
    ],
)
def test_what_cannot_be_matched_is_refused_with_its_place(
    frame: pl.DataFrame, words: str, context: dict[str, object]
) -> None:
    with pytest.raises(DataError, match=words) as refused:
        working_lines(frame, "left", scale=2)
    assert refused.value.context == context


def test_columns_of_names_and_of_nothing_are_read_as_text() -> None:
    frame = side(text=["Oak", "Hill"], reference=[None, None]).with_columns(pl.col("text").cast(pl.Categorical))
    found = working_lines(frame, "left", scale=2)
    assert found["text"].to_list() == ["Oak", "Hill"]
    assert found.schema["text"] == found.schema["reference"] == pl.String


def test_the_places_of_amounts_are_the_most_of_either_side() -> None:
    amounts = {
        scale: pl.DataFrame({"amount": pl.Series([Decimal(1)], dtype=pl.Decimal(18, scale))}) for scale in (2, 4)
    }
    assert scale_of(amounts[2], amounts[4]) == 4
    assert scale_of(pl.DataFrame({"amount": [1]})) == 0
    assert scale_of(pl.DataFrame({"id": [1]})) == 0
    with pytest.raises(DataError, match="never another type"):
        scale_of(pl.DataFrame({"amount": [1.5]}))
    with pytest.raises(DataError, match="give both the same type"):
        scale_of(amounts[2], pl.DataFrame({"amount": [1]}))


def test_all_keys_stand_where_they_were_asked_for_each_once() -> None:
    frame = side(key_store=["1", "2"], key_till=["1", "2"])
    assert with_all_keys(("date", "key_*", "key_store"), frame) == ("date", "key_store", "key_till")
    assert with_all_keys(("date",), frame) == ("date",)


def test_a_line_speaks_with_its_text_and_then_its_reference() -> None:
    frame = pl.DataFrame({"text": ["Oak", None, "Hill", None], "reference": ["K1", "K2", None, None]})
    assert spoken(frame).to_list() == [f"Oak {REFERENCE_MARK}K1", f"{REFERENCE_MARK}K2", "Hill", None]


def test_numbers_stand_in_references_and_in_texts() -> None:
    frame = pl.DataFrame({"row": [0, 1], "reference": ["10214", None], "text": ["Oak", "paid 0010214 and 99"]})
    assert numbers_of(frame).select("row", "number").rows() == [(0, "10214")]
    assert (1, "10214") in numbers_in_text(frame).select("row", "number").rows()
