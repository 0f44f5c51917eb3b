"""What people decided of lines, read from CSV, a workbook or Parquet: groups they formed, pairs they told apart."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from recon.errors import DataError
from recon.linefiles.lines import scan_lines

_PAIR, _GROUP = ("left", "right"), ("match_id", "side", "id")
_SHOWN = 5
_ROW = "row"


def read_rejected(path: Path) -> pl.DataFrame:
    """left, right: one row per pair of ids that a person said never belong together, as text.

    Raises: DataError naming file, row and column for what is missing.
    """
    return _read(path, _PAIR)


def read_decided(path: Path) -> pl.DataFrame:
    """match_id, side, id: one row per line of a group that a person formed, as text; sides in small letters.

    Raises: DataError naming file, row and column for what is missing.
    """
    return _read(path, _GROUP).with_columns(pl.col("side").str.to_lowercase())


def _read(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    if path.suffix.lower() == ".parquet":
        frame = scan_lines(path).collect()
        has = tuple(frame.columns)
        rows = frame.with_row_index(_ROW, 1)
    else:
        from recon.linefiles.written import read_texts  # noqa: PLC0415 (Parquet needs none of what reads text)

        rows, has = read_texts(path, columns, number=_ROW)
    if lacking := [name for name in columns if name not in rows.columns]:
        raise DataError(
            f"{path.name}: columns are missing",
            lacks=", ".join(lacking),
            expects=", ".join(columns),
            has=", ".join(has),
        )
    cells = {name: pl.col(name).cast(pl.String).str.strip_chars() for name in columns}
    read = rows.select(_ROW, **{name: pl.when(cell != "").then(cell) for name, cell in cells.items()})
    blank = [
        f"{path.name} row {row[_ROW]}: `{name}` is empty: fill it in, or delete the row"
        for row in read.iter_rows(named=True)
        for name in columns
        if row[name] is None
    ]
    if blank:
        raise DataError("; ".join(blank[:_SHOWN]), bad_cells=len(blank))
    return read.select(columns)
