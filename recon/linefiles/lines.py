"""Lines to be matched, read from CSV, a workbook or Parquet; every bad cell is told, none is dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import polars as pl

from recon.errors import DataError

DateOrder = Literal["mdy", "dmy", "ymd"]


def read_lines(path: Path, *, dates: DateOrder = "mdy") -> pl.DataFrame | pl.LazyFrame:
    """One row per line of the file: id, amount Decimal(18, 2), and date, text, reference, currency, key_* if there.

    A Parquet file is scanned as it is, with its own types. Of a CSV or workbook the headings count without
    case, and the delimiter is the one that splits them: comma, semicolon, tab or bar. Amounts may be written as
    bookkeepers do, 1,234.50, (12.00) or 12.00 CR, or all with a decimal comma, 1.234,50; dates in ISO or in the
    order `dates`. Other columns come along as text. A file without a column `id` gets the row as id.

    Raises: DataError naming file, row, field, value and the mend for the first cells that cannot be read.
    """
    if path.suffix.lower() == ".parquet":
        return scan_lines(path)
    from recon.linefiles.written import read_written  # noqa: PLC0415 (Parquet needs none of what reads text)

    return read_written(path, dates)


def scan_lines(path: Path) -> pl.LazyFrame:
    """A Parquet file as it is. Raises: DataError where it cannot be read."""
    try:
        lines = pl.scan_parquet(path, glob=False)
        lines.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as cause:
        raise DataError(f"{path.name}: not a readable Parquet file: write it again", detail=str(cause)) from cause
    return lines
