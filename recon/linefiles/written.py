"""Lines as people write them, in CSV or a workbook: headings without case, amounts and dates of bookkeepers."""

from __future__ import annotations

import csv
import tempfile
from itertools import islice
from pathlib import Path
from typing import Literal

import polars as pl

from recon.connectors.cells import moment_formats, read_amounts, read_moments
from recon.connectors.detect import number_style
from recon.connectors.profiles import FileStyle
from recon.connectors.tables import EXCEL, EXTRA, ROW, Table, normal_heading, open_table
from recon.errors import DataError
from recon.matching.lines import KEY_PREFIX, OPTIONAL

_COLUMNS = ("id", "amount", *OPTIONAL)
_SHOWN = 5
_DELIMITERS = (",", ";", "\t", "|")
_LOOK = 200  # lines among which the headings are looked for


def read_written(path: Path, dates: Literal["mdy", "dmy", "ymd"]) -> pl.DataFrame:
    """One row per line of a CSV or workbook, as `read_lines` says.

    Raises: DataError naming file, row, field, value and the mend for the first cells that cannot be read.
    """
    with tempfile.TemporaryDirectory() as staging:
        table = open_table(path, _file_style(path, _COLUMNS), [(name,) for name in _COLUMNS], Path(staging))
        return _typed(table, table.rows.collect(), dates)


def read_texts(path: Path, columns: tuple[str, ...], *, number: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Those of the columns that a CSV or workbook has, as text, and where each row stands; and all its headings.

    Raises: DataError where the file cannot be read.
    """
    with tempfile.TemporaryDirectory() as staging:
        table = open_table(path, _file_style(path, columns), [(name,) for name in columns], Path(staging))
        found = {name: place for name in columns if (place := table.find((name,)))}
        return table.rows.select(pl.col(ROW).alias(number), **found).collect(), tuple(table.headings)


def _file_style(path: Path, headings: tuple[str, ...]) -> FileStyle:
    """The style of a CSV whose delimiter (comma, semicolon, tab, bar) finds most of these headings in one line."""
    if path.suffix.lower() in EXCEL or not path.is_file():
        return FileStyle()
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        head = [*islice(stream, _LOOK)]
    return FileStyle(delimiter=max(_DELIMITERS, key=lambda delimiter: _headings_found(head, delimiter, headings)))


def _headings_found(head: list[str], delimiter: str, headings: tuple[str, ...]) -> int:
    """How many of the headings the best line has under a delimiter; 0 where it cannot split the lines."""
    try:
        rows = [{normal_heading(cell) for cell in cells} for cells in csv.reader(head, delimiter=delimiter)]
    except csv.Error:
        return 0
    return max((len(cells & {*headings}) for cells in rows), default=0)


def _typed(table: Table, rows: pl.DataFrame, dates: Literal["mdy", "dmy", "ymd"]) -> pl.DataFrame:
    names = [heading.strip() for heading in table.headings]
    known = {name: name.lower() for name in names if name.lower() in _COLUMNS or name.lower().startswith(KEY_PREFIX)}
    twice = sorted({name for name in known.values() if list(known.values()).count(name) > 1})
    if twice:
        raise DataError(f"{table.path.name}: two columns are headed alike; keep one", columns=", ".join(twice))
    renamed = {str(number): known.get(name, name) for number, name in enumerate(names)}
    if "amount" not in renamed.values():
        raise DataError(f"{table.path.name}: no column 'amount'; the headings are {', '.join(names)}")
    rows = rows.rename(renamed).with_columns(pl.col(pl.String).str.strip_chars())
    rows = rows.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep())
    if "id" not in rows.columns:
        rows = rows.with_columns(id=pl.lit(f"{table.path.name}:") + pl.col(ROW).cast(pl.String))
    style = number_style([rows["amount"].drop_nulls()])
    amounts = read_amounts(rows["amount"], style)
    problems = _read(table, rows, "amount", amounts, f"write it as 1234{style.decimal}50")
    rows = rows.with_columns(amount=amounts)
    if "date" in rows.columns:
        read = read_moments(rows["date"], moment_formats(dates)).cast(pl.Date)
        problems += _read(
            table, rows, "date", read, "write it as 2026-09-30, or name the order of its parts", blank=True
        )
        rows = rows.with_columns(date=read)
    problems += _blank_ids(table, rows) + _extra_cells(table, rows)
    if problems:
        raise DataError("; ".join(problems[:_SHOWN]), bad_cells=len(problems))
    ordered = dict.fromkeys((*_COLUMNS, *rows.columns))
    return rows.select(name for name in ordered if name in rows.columns and name not in (ROW, EXTRA))


def _read(
    table: Table, rows: pl.DataFrame, field: str, read: pl.Series, mend: str, *, blank: bool = False
) -> list[str]:
    bad = read.is_null() & (rows[field].is_not_null() if blank else True)
    return [
        f"{table.path.name} row {row}: `{field}` is {value!r}: {mend}"
        if value
        else f"{table.path.name} row {row}: `{field}` is empty: fill it in, or delete the row"
        for row, value in rows.filter(bad).select(ROW, field).iter_rows()
    ]


def _extra_cells(table: Table, rows: pl.DataFrame) -> list[str]:
    """An amount such as 1,234.50 without quotes makes a cell too many, and every cell behind it another column's."""
    found = rows.filter(pl.col(EXTRA).is_not_null()).select(ROW, EXTRA) if EXTRA in rows.columns else rows.clear()
    return [
        f"{table.path.name} row {row}: {value!r} stands behind the last heading: put amounts with commas in quotes"
        for row, value in found.select(ROW, EXTRA).iter_rows()
    ]


def _blank_ids(table: Table, rows: pl.DataFrame) -> list[str]:
    bad = rows.filter(pl.col("id").is_null())
    return [f"{table.path.name} row {row}: `id` is empty: number the lines" for row in bad[ROW]]
