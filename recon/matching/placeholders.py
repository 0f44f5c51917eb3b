"""References that name no document: a type code or a word that stands on lines of many days and amounts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.matching.at_once import both
from recon.matching.claims import NOTES
from recon.matching.repeated import in_order

_LINES = 6  # of one side under one reference; of fewer nobody can say what they have in common
_DAYS, _AMOUNTS = 4, 4  # so many different ones: a document that is paid in parts has one amount or few days
_SHORTEST_NUMBER = 4  # letters and digits: a shorter reference may be the code of a type

Sides = tuple[pl.DataFrame, pl.DataFrame]


def placeholders(sides: Sides) -> pl.Series:
    """The references that stand on six lines and more of one side, on four days and over four amounts at least.

    Only words without a digit, and codes of up to three characters: a longer number may be that of a customer or a
    contract, which tells lines apart too. O(n log n) in the lines.
    """
    found = both(lambda at: _of_side(sides[at]), sides[0].height + sides[1].height)
    return pl.concat(found).unique().sort()


def without(sides: Sides, some: pl.Series) -> Sides:
    """The lines without these references. A line that has no other words keeps it as its text."""
    if not some.len():
        return sides
    named = pl.col("reference").is_in(some.implode()).fill_null(False)
    text = pl.when(named).then(pl.coalesce("text", "reference")).otherwise("text").alias("text")
    reference = pl.when(~named).then("reference").alias("reference")
    left, right = (lines.with_columns(text, reference) for lines in sides)
    return left, right


def noted(sides: Sides, some: pl.Series, opened: Sequence[NDArray[np.bool_]]) -> pl.DataFrame:
    """What to tell of the open lines under these references: side, row, words."""
    told = [pl.DataFrame(schema=NOTES)]
    for side, lines, is_open in zip(("left", "right"), sides, opened, strict=True) if some.len() else ():
        mine = lines.filter(pl.Series(is_open) & lines["reference"].is_in(some.implode()).fill_null(False))
        words = pl.format("its reference {} stands on lines of many days and amounts: no document", "reference")
        told.append(mine.select(pl.lit(side).cast(NOTES["side"]).alias("side"), "row", words=words))
    return pl.concat(told)


def _of_side(lines: pl.DataFrame) -> pl.Series:
    named = lines["reference"].drop_nulls()
    ordered = in_order(named.hash(seed=11))
    if not (ordered[_LINES - 1 :] == ordered[: max(len(ordered) - _LINES + 1, 0)]).any():
        return named.clear()
    reference = pl.col("reference")
    vague = ~reference.str.contains(r"\p{Nd}") | (reference.str.len_chars() < _SHORTEST_NUMBER)
    some = lines.lazy().select("reference", "date", "units").drop_nulls().filter(vague).group_by("reference")
    counted = some.agg(pl.len(), days=pl.col("date").n_unique(), amounts=pl.col("units").n_unique()).collect()
    enough = (pl.col("len") >= _LINES) & (pl.col("days") >= _DAYS) & (pl.col("amounts") >= _AMOUNTS)
    return counted.filter(enough)["reference"]
