"""Cells of downloads as bookkeepers write them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.connectors.cells import has_card_number, mask_cards, moment_formats, read_amounts, read_flags, read_moments
from recon.connectors.profiles import NumberStyle

POINT, COMMA = NumberStyle(), NumberStyle(decimal=",")


def amount(text: str, style: NumberStyle = POINT, scale: int = 2) -> Decimal | None:
    # A second cell that is not plain keeps the whole column on the careful path.
    return read_amounts(pl.Series([text, "$1.00"]), style, scale)[0]


def moment(text: str, order: str = "mdy", *, to_utc: bool = False) -> dt.datetime | None:
    return read_moments(pl.Series([text]), moment_formats(order), to_utc=to_utc)[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12.00"), ("12.5", "12.50"), (".5", "0.50"), ("12.", "12.00"), ("-0.30", "-0.30"), ("+7.00", "7.00"),
        ("(12.00)", "-12.00"), ("12.00-", "-12.00"), ("12.00 CR", "-12.00"), ("12.00DR", "12.00"),
        ("$1,234.50", "1234.50"), ("-$1,234.50", "-1234.50"), ("($1,234.50)", "-1234.50"), ("$ (12.00)", "-12.00"),
        ("1,234,567.00", "1234567.00"), ("USD 12.00", "12.00"), ("12.00 €", "12.00"), ("−12.00", "-12.00"),
        ("-", "0.00"), ("$ -", "0.00"), (" 12.00 ", "12.00"), ("12.3400", "12.34"),
    ],
)  # fmt: skip
def test_amounts_as_bookkeepers_write_them_are_read(text: str, value: str) -> None:
    assert amount(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    ["NaN", "nan", "1e3", "1E3", "inf", "", "abc", "12,00", "1,23,456.00", "12.345", "(12.00", "--1", "1-2", "."],
)
def test_what_is_no_amount_is_null(text: str) -> None:
    assert amount(text) is None


def test_decimal_commas_are_read_where_the_profile_says_so() -> None:
    assert amount("1.234,50", COMMA) == Decimal("1234.50")
    assert amount("-0,5", COMMA) == Decimal("-0.50")
    assert amount("1,234.50", COMMA) is None


@given(st.integers(-(10**13), 10**13))
def test_an_amount_written_in_any_style_comes_back_to_the_cent(cents: int) -> None:
    value = Decimal(cents).scaleb(-2)
    size = f"{abs(value):,.2f}"
    sign = "-" if cents < 0 else ""
    written = [f"{value:.2f}", f"{sign}${size}", f"({size})" if cents < 0 else size, f"{size}{sign}"]

    assert read_amounts(pl.Series(written), POINT).to_list() == [value] * 4


def test_per_item_fees_keep_six_decimals() -> None:
    assert amount("0.012345", scale=6) == Decimal("0.012345")


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("09/01/2026", "mdy", "2026-09-01"), ("9/1/26", "mdy", "2026-09-01"), ("Sep 1, 2026", "mdy", "2026-09-01"),
        ("01/09/2026", "dmy", "2026-09-01"), ("1.9.2026", "dmy", "2026-09-01"), ("01-Sep-2026", "dmy", "2026-09-01"),
        ("2026-09-01", "ymd", "2026-09-01"), ("20260901", "ymd", "2026-09-01"), ("2026-09-01", "mdy", "2026-09-01"),
        ("09/01/2026 8:05 PM", "mdy", "2026-09-01"), ("2026-09-01T20:05:00", "dmy", "2026-09-01"),
    ],
)  # fmt: skip
def test_dates_of_many_styles_are_read(text: str, order: str, day: str) -> None:
    found = moment(text, order)

    assert found is not None
    assert found.date().isoformat() == day


@pytest.mark.parametrize("text", ["02/30/2026", "13/01/2026", "0001-01-01", "tomorrow", ""])
def test_impossible_dates_are_null(text: str) -> None:
    assert moment(text) is None


def test_an_offset_counts_only_where_utc_is_wanted() -> None:
    assert moment("2026-09-01T20:05:00-05:00", "ymd", to_utc=True) == dt.datetime(2026, 9, 2, 1, 5)  # noqa: DTZ001
    assert moment("2026-09-01T20:05:00-05:00", "ymd") == dt.datetime(2026, 9, 1, 20, 5)  # noqa: DTZ001


def test_a_column_of_mixed_styles_is_read_cell_by_cell() -> None:
    cells = pl.Series(["09/01/2026", "2026-09-02", "09/03/26", "09/04/2026 10:00:01"])

    assert [one.day for one in read_moments(cells, moment_formats("mdy"))] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "number", ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009"]
)
def test_whole_card_numbers_are_found_and_masked(number: str) -> None:
    assert has_card_number(pl.Series([f"card {number}"])).to_list() == [True]
    masked = mask_cards(f"card {number}")
    assert masked.endswith(number[-4:])
    assert sum(char.isdigit() for char in masked) == 4


@pytest.mark.parametrize("text", ["101023947200", "XXXXXXXXXXXX1111", "4111111111111112", "RECORD 1234567890123", None])
def test_other_numbers_are_left_alone(text: str | None) -> None:
    assert not has_card_number(pl.Series([text], dtype=pl.String))[0]


def test_flags_are_words_people_use() -> None:
    assert read_flags(pl.Series(["Yes", "false", "1", "maybe", None])).to_list() == [True, False, True, None, None]
