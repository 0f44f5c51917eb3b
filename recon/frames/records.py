"""Records that all have the same fields: rows for whoever wants rows, columns at once for whoever wants columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, overload

import polars as pl

Row = Mapping[str, Any]


class Records(Sequence[Row]):
    """Rows of text by field, kept as a frame: one row per record, in order; null where a record has None."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return self.frame.height

    def __iter__(self) -> Iterator[Row]:
        return self.frame.iter_rows(named=True)

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> Records: ...

    def __getitem__(self, at: int | slice) -> Row | Records:
        return self.frame.row(at, named=True) if isinstance(at, int) else Records(self.frame[at])


def values(rows: Sequence[Row], field: str) -> list[Any]:
    """The field's value in each row. Raises: KeyError where a row lacks it."""
    if not isinstance(rows, Records):
        return [*map(itemgetter(field), rows)]
    if field not in rows.frame.columns:
        raise KeyError(field)
    return rows.frame[field].to_list()
