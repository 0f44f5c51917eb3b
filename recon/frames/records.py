"""Records that all have the same fields: rows for whoever wants rows, columns at once for whoever wants columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from operator import eq, itemgetter
from typing import Any, overload

import msgspec
import polars as pl

from recon.frames.shapes import Record, are_records, of_one_type, or_none, slot_values

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
        if isinstance(at, slice):
            return Records(self.frame[at])
        return self.frame.row(range(len(self))[at], named=True)  # a range knows all that is an index, and its faults

    def __eq__(self, other: object) -> bool:
        """True where the other has the same rows in the same order, whatever sequence it is."""
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # as that of a list


def values(rows: Sequence[Row], field: str) -> list[Any]:
    """The field's value in each row. Raises: KeyError where a row lacks it."""
    if isinstance(rows, Records):
        if field not in rows.frame.columns:
            raise KeyError(field)
        return rows.frame[field].to_list()
    shaped = of_one_type(rows)
    if shaped is None:
        return [*map(itemgetter(field), rows)]
    told = [*next(slot_values(*shaped, [field]))]
    if field not in shaped[0].slots or msgspec.UNSET in told:
        raise KeyError(field)
    return told


def values_or_none(rows: Sequence[Row], field: str) -> list[Any]:
    """The field's value in each row; None where a row lacks it."""
    if isinstance(rows, Records):
        return values(rows, field) if field in rows.frame.columns else [None] * len(rows)
    shaped = of_one_type(rows)
    return [row.get(field) for row in rows] if shaped is None else or_none(next(slot_values(*shaped, [field])))


def names_in(rows: Sequence[Row]) -> set[str]:
    """The names of the fields in the rows, and perhaps others that rows of their shape may have."""
    if isinstance(rows, Records):
        return set(rows.frame.columns)
    if are_records(rows):
        return set(chain.from_iterable(kind.slots for kind in set(map(type, rows)) if issubclass(kind, Record)))
    return set(chain.from_iterable(rows))
