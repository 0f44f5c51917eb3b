"""Lines in the order of their ids, so that the order in which they came decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class ById:
    """Lines by their ids, a longer id after a shorter one (L9 before L10), and the rows that they came with.

    In `lines` the column `row` is the place of the line in that order, from 0; `rows` has the row that it came
    with at each place. O(n log n).
    """

    lines: pl.DataFrame
    rows: list[int]

    @classmethod
    def of(cls, lines: pl.DataFrame) -> ById:
        """The lines, which have row and id, in that order."""
        name = pl.col("id").cast(pl.String)
        ordered = lines.sort(name.str.len_chars(), name)
        places = pl.int_range(pl.len()).cast(ordered.schema["row"]).alias("row")
        return cls(ordered.with_columns(places), ordered["row"].to_list())

    def places(self) -> dict[int, int]:
        """The place of each row that the lines came with."""
        return {row: place for place, row in enumerate(self.rows)}
