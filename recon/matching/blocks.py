"""Candidate pairs by blocking: lines meet only where a key is equal, and no block grows without bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

MOST_IN_BLOCK = 1_000_000  # candidate pairs of one block
MOST_IN_ALL = 60_000_000  # candidate pairs of one search


@dataclass(frozen=True)
class Candidates:
    """Possible pairs, with the columns of both sides, and the blocks that were too large to look into.

    `pairs`: the columns of the left side, and those of the right side with `_right` behind the name.
    `bounded`: the key of each block left out.
    """

    pairs: pl.DataFrame
    bounded: pl.Series


def blocked_pairs(left: pl.DataFrame, right: pl.DataFrame, key: str, *, most: int = MOST_IN_BLOCK) -> Candidates:
    """All pairs whose `key` (a whole number) is equal on both sides, but for blocks with too many pairs.

    A block of n left and m right lines has n * m pairs. Beyond `most`, or where the smaller blocks already
    fill MOST_IN_ALL, it is left out and named. Time and memory are those of the pairs that come out.
    """
    if left.height * right.height <= min(most, MOST_IN_ALL):  # then no block can be too large
        return Candidates(left.join(right, on=key, suffix="_right"), left[key].clear())
    repeated = [frame[key].filter(frame[key].is_duplicated()) for frame in (left, right)]
    several = pl.concat(repeated).unique()
    if not several.len():
        return Candidates(left.join(right, on=key, suffix="_right"), several)
    of_several = [frame[key].is_in(several.implode()) for frame in (left, right)]
    single = left.filter(~of_several[0]).join(right.filter(~of_several[1]), on=key, suffix="_right")
    left, right = left.filter(of_several[0]), right.filter(of_several[1])
    sizes = (
        left.group_by(key)
        .len("lefts")
        .join(right.group_by(key).len("rights"), on=key)
        .with_columns(pairs=pl.col("lefts").cast(pl.Int64) * pl.col("rights"))
        .sort("pairs", key)
    )
    fits = (sizes["pairs"] <= most) & (sizes["pairs"].cum_sum() <= MOST_IN_ALL - single.height)
    bounded = sizes.filter(~fits)[key]
    if bounded.len():
        left = left.filter(~pl.col(key).is_in(bounded.implode()))
    return Candidates(pl.concat([single, left.join(right, on=key, suffix="_right")]), bounded)


def without_near(lines: pl.DataFrame, others: pl.DataFrame, keys: Sequence[str], *, days: int) -> pl.DataFrame:
    """The lines, in their order, that no other one equals in every key (nulls are equal) within so many days.

    Both have `date`, never null, and `row`. Each line asks for the nearest date before and behind it alone, so that
    time and memory are O(n log n) however many lines are equal.
    """
    if not lines.height or not others.height:
        return lines
    group = pl.concat([frame.select(*keys) for frame in (lines, others)]).select(pl.struct(pl.all()).rank("dense"))
    known = others.select(_group=group.to_series().tail(others.height), date="date", _day="date").unique().sort("date")
    asked = lines.select("row", "date", _group=group.to_series().head(lines.height)).sort("date")
    apart = (pl.col("_day") - pl.col("date")).dt.total_days().abs()
    near = [
        asked.join_asof(known, on="date", by="_group", strategy=way, check_sortedness=False)
        .filter(apart <= days)
        .select("row")
        for way in ("backward", "forward")
    ]
    return lines.join(pl.concat(near), on="row", how="anti", maintain_order="left")
