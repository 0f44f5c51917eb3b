"""Candidate pairs by blocking: lines meet only where a key is equal, and no block grows without bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.matching.at_once import both
from recon.matching.repeated import Numbers, group_numbers, in_order, repeated_in

MOST_IN_BLOCK = 1_000_000  # candidate pairs of one block
_DAY_KEY = 1 << 24  # beyond any number of days
MOST_IN_ALL = 60_000_000  # candidate pairs of one search


@dataclass(frozen=True)
class Candidates:
    """Possible pairs, with the columns of both sides, and the blocks that were too large to look into.

    `pairs`: the columns of the left side, and those of the right side with `_right` behind the name.
    `bounded`: the key of each block left out.
    """

    pairs: pl.DataFrame
    bounded: pl.Series


@dataclass(frozen=True)
class NearPairs:
    """Possible pairs of near dates, and the lines of each side of which not every candidate is among them."""

    pairs: pl.DataFrame
    left: pl.DataFrame
    right: pl.DataFrame


def blocked_pairs(left: pl.DataFrame, right: pl.DataFrame, key: str, *, most: int = MOST_IN_BLOCK) -> Candidates:
    """All pairs whose `key` (a whole number) is equal on both sides, but for blocks with too many pairs.

    A block of n left and m right lines has n * m pairs. Beyond `most`, or where the smaller blocks already
    fill MOST_IN_ALL, it is left out and named. Time and memory are those of the pairs that come out.
    """
    if left.height * right.height <= min(most, MOST_IN_ALL):  # then no block can be too large
        return Candidates(left.join(right, on=key, suffix="_right"), left[key].clear())
    keys = left[key], right[key]
    ordered = both(lambda at: in_order(keys[at]), left.height + right.height)
    longest = [_longest_run(some) for some in ordered]
    pairs_at_most = min(left.height * longest[1], right.height * longest[0])
    if longest[0] * longest[1] <= most and pairs_at_most <= MOST_IN_ALL:
        return Candidates(left.join(right, on=key, suffix="_right"), left[key].clear())
    several = pl.Series(np.concatenate([repeated_in(some) for some in ordered]), dtype=keys[0].dtype).unique()
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


def near_pairs(left: pl.DataFrame, right: pl.DataFrame, key: str, *, window: tuple[int, int]) -> NearPairs:
    """All pairs whose `key` is equal and whose dates lie within the window, but for days with too many of them.

    Both sides have `row` and `date`; a line without a date meets every line of a small key, and none of a larger one.
    The right date is at most `window[0]` days earlier and `window[1]`
    days later. A key of too many lines is looked at by stretches of days as long as the window, as `blocked_pairs`
    bounds them. Lines of small keys may come with pairs outside the window.
    """
    found = blocked_pairs(left, right, key)
    crowds = [frame.filter(pl.col(key).is_in(found.bounded.implode())) for frame in (left, right)]
    if not found.bounded.len():
        return NearPairs(found.pairs, crowds[0], crowds[1])
    before, after = window
    width, day = before + after + 1, pl.col("date").to_physical().cast(pl.Int64)
    first, last = (day - before) // width, (day + after) // width  # a window reaches into one stretch more than its own
    asked = pl.concat([crowds[0].with_columns(_at=first), crowds[0].with_columns(_at=last).filter(first != last)])
    stretches = [
        frame.with_columns(_stretch=frame.select(key, "_at").hash_rows(seed=8)).drop("_at")
        for frame in (asked, crowds[1].with_columns(_at=day // width))
    ]
    met = blocked_pairs(stretches[0], stretches[1], "_stretch")
    apart = (pl.col("date_right") - pl.col("date")).dt.total_days()
    close = met.pairs.filter(pl.col(key) == pl.col(f"{key}_right"), apart.is_between(-before, after))
    is_cut = pl.col("_stretch").is_in(met.bounded.implode()) | pl.col("date").is_null()
    cut = [frame.filter(is_cut)["row"] for frame in stretches]
    left_out = [frame.filter(pl.col("row").is_in(rows.implode())) for frame, rows in zip(crowds, cut, strict=True)]
    return NearPairs(pl.concat([found.pairs, close.select(found.pairs.columns)]), left_out[0], left_out[1])


def _longest_run(ordered: Numbers) -> int:
    """How many rows share one key, at most, by the keys in order."""
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return int(np.diff(starts, prepend=0, append=len(ordered)).max(initial=0))


def without_near(lines: pl.DataFrame, others: pl.DataFrame, keys: Sequence[str], *, days: int) -> pl.DataFrame:
    """The lines, in their order, that no other one equals in every key (nulls are equal) within so many days.

    Both have `date`, never null. The others are counted, not met, so that
    time and memory are O(n log n) however many lines are equal.
    """
    return lines.filter(pl.Series(count_near(lines, others, keys, days=days) == 0)) if others.height else lines


def count_near(asked: pl.DataFrame, among: pl.DataFrame, on: Sequence[str], *, days: int) -> NDArray[np.int64]:
    """For each line of `asked` how many of `among` equal it in `on` (nulls too) within so many days.

    Lines without a date are near every other. O(n log n).
    """
    if not among.height:
        return np.zeros(asked.height, dtype=np.int64)
    group = np.concatenate(group_numbers(asked, among, [*dict.fromkeys(on)]))
    days_of = pl.concat([asked["date"], among["date"]]).to_physical().cast(pl.Int64)
    day = (days_of.fill_null(0) if days_of.null_count() else days_of).to_numpy()
    dated = days_of.is_not_null().to_numpy()
    mine, theirs = slice(0, asked.height), slice(asked.height, None)
    key = group * _DAY_KEY + day + _DAY_KEY // 2
    sorted_key = np.sort(key[theirs][dated[theirs]])
    width = np.where(dated[mine], days, _DAY_KEY // 4)
    middle = np.where(dated[mine], key[mine], group[mine] * _DAY_KEY + _DAY_KEY // 2)
    near = np.searchsorted(sorted_key, middle + width, "right") - np.searchsorted(sorted_key, middle - width, "left")
    undated = np.bincount(group[theirs][~dated[theirs]], minlength=int(group.max()) + 1)
    found: NDArray[np.int64] = near + undated[group[mine]]
    return found
