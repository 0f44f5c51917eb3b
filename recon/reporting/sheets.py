"""Sheets of the workpaper: accounting formats, tables with live totals, text that stays text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from recon.money import ZERO

MONEY_FORMAT = "#,##0.00;(#,##0.00);–"
TEXT_LIMIT = 32_000  # a cell holds 32,767 characters
FIRST_ROW = 5  # headings above, data from here on (counted from 0)
Kind = Literal["text", "money", "count", "date"]
Format = dict[str, Any]
_FONT: Format = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
_HEAD: Format = {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1, "bottom_color": "#1B2430"}
_FORMATS: dict[str, Format] = {
    "title": {"bold": True, "font_size": 15},
    "heading": {"bold": True, "font_size": 11, "font_color": "#1F5F8B"},
    "note": {"font_color": "#5B6675"},
    "wrapped": {"text_wrap": True},
    "head": _HEAD | {"indent": 1},
    "head_right": _HEAD | {"align": "right"},
    "text": {"indent": 1},
    "bold": {"bold": True},
    "money": {"num_format": MONEY_FORMAT},
    "count": {"num_format": "#,##0"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left", "indent": 1},
    "money_total": {"bold": True, "top": 1, "bottom": 6, "num_format": MONEY_FORMAT},
    "tie": {"num_format": '#,##0.00;(#,##0.00);"0.00"', "bold": True, "font_color": "#23693F"},
    "open_money": {"num_format": '#,##0.00;(#,##0.00);"0.00"'},
    "absent": {"align": "right", "font_color": "#5B6675"},
    "tick": {"indent": 1, "font_color": "#23693F", "italic": True},
    "blank": {"bottom": 1},
}


@dataclass(frozen=True)
class Column:
    """One column of a table: heading, width in characters, kind of value, whether it has a total."""

    heading: str
    width: int
    kind: Kind = "text"
    total: bool = False


@dataclass(frozen=True)
class Table:
    """A table as it was written: its sheet, rows counted from 0, and the totals of its columns."""

    sheet: str
    first_row: int
    last_row: int
    columns: tuple[Column, ...]
    totals: Mapping[str, Decimal]

    def total_cell(self, heading: str) -> str:
        """The address of a column's total, with the sheet."""
        return f"'{self.sheet}'!{cell(FIRST_ROW - 2, self.position(heading))}"

    def position(self, heading: str) -> int:
        """The number of the column, counted from 0."""
        return next(number for number, column in enumerate(self.columns) if column.heading == heading)


def column_letter(number: int) -> str:
    """The letters of a column counted from 0: A, B, … Z, AA."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell(row: int, column: int) -> str:
    """The address of a cell, both counted from 0."""
    return f"{column_letter(column)}{row + 1}"


def span(first_row: int, last_row: int, column: int) -> str:
    """The address of a stretch of one column."""
    return f"{cell(first_row, column)}:{cell(last_row, column)}"


class Book:
    """A workbook with the formats of the house."""

    def __init__(self, workbook: Any, subtitle: str, rows_limit: int) -> None:
        self.workbook = workbook
        self.subtitle = subtitle
        self.rows_limit = rows_limit
        self.formats = {name: workbook.add_format(_FONT | options) for name, options in _FORMATS.items()}

    def sheet(self, name: str, title: str, widths: Sequence[int], *, freeze: int | None = FIRST_ROW) -> Any:
        """A new sheet with its title; rows above `freeze` stay in sight."""
        sheet = self.workbook.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&8" + self.subtitle.replace("&", "&&") + "&R&8page &P of &N")
        for number, width in enumerate(widths):
            sheet.set_column(number, number, width)
        if freeze is not None:
            sheet.freeze_panes(freeze, 0)
            sheet.repeat_rows(FIRST_ROW - 1)
        sheet.set_row(0, 24)
        sheet.write_string(0, 0, title, self.formats["title"])
        sheet.write_string(1, 0, self.subtitle, self.formats["note"])
        return sheet

    def write(self, sheet: Any, row: int, column: int, value: Any, kind: Kind = "text") -> None:
        """One value in its kind's format; text is never taken for a formula, a number or a link."""
        if value is None or value == "":
            return
        if kind in ("money", "count"):
            sheet.write_number(row, column, value, self.formats[kind])
        elif kind == "date" and isinstance(value, dt.date):
            sheet.write_datetime(row, column, value, self.formats["date"])
        else:
            sheet.write_string(row, column, str(value)[:TEXT_LIMIT], self.formats["text"])

    def heads(self, sheet: Any, row: int, columns: Sequence[Column]) -> None:
        """The headings of a table; a long one may take two lines."""
        sheet.set_row(row, 28)
        for number, column in enumerate(columns):
            right = column.kind in ("money", "count")
            sheet.write_string(row, number, column.heading, self.formats["head_right" if right else "head"])

    def table(self, name: str, title: str, columns: tuple[Column, ...], rows: pl.DataFrame, *, frame: str) -> Table:
        """A sheet that is one table: a live total above each summed column, then the rows.

        `rows` has its columns in the order of `columns`. Beyond the limit of rows the sheet says so and
        points to the data folder. Cells are written from the top down, as a large workbook demands.
        """
        sheet = self.sheet(name, title, [column.width for column in columns])
        shown = rows.head(self.rows_limit)
        if rows.height > shown.height:
            where = f"{rows.height:,} rows; the first {shown.height:,} stand here, all of them in data/{frame}.parquet"
            sheet.write_string(2, 0, where, self.formats["bold"])
        sums = {
            column.heading: sum(shown.to_series(number).drop_nulls(), ZERO)
            for number, column in enumerate(columns)
            if column.total
        }
        table = Table(name, FIRST_ROW, FIRST_ROW + shown.height - 1, columns, sums)
        self.totals(sheet, table)
        self.heads(sheet, FIRST_ROW - 1, columns)
        if rows.is_empty():
            sheet.write_string(FIRST_ROW, 0, "none", self.formats["note"])
        kinds = [column.kind for column in columns]
        for row, values in enumerate(shown.iter_rows(), FIRST_ROW):
            for number, value in enumerate(values):
                self.write(sheet, row, number, value, kinds[number])
        sheet.autofilter(FIRST_ROW - 1, 0, max(table.last_row, FIRST_ROW - 1), len(columns) - 1)
        return table

    def totals(self, sheet: Any, table: Table) -> None:
        """The total of each summed column as a live SUM with its value."""
        row = FIRST_ROW - 2
        if table.totals:
            sheet.write_string(row, 0, "Total", self.formats["bold"])
        for heading, value in table.totals.items():
            position = table.position(heading)
            if table.last_row < table.first_row:
                sheet.write_number(row, position, 0, self.formats["money_total"])
                continue
            formula = f"=SUM({span(table.first_row, table.last_row, position)})"
            sheet.write_formula(row, position, formula, self.formats["money_total"], value)

    def tie(self, sheet: Any, row: int, column: int, formula: str, value: Decimal) -> None:
        """A live check that ought to be 0.00, with its value."""
        sheet.write_formula(row, column, formula, self.formats["tie"], value)
