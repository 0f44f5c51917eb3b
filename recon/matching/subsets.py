"""Every set of a few lines with a wanted sum: halves of sets, sorted, that meet in the middle.

A set of five is three lines and two lines above them. All threes are sorted by sum once; each two asks
for what it lacks. Equal amounts are kept as at most as many copies as a set can hold, and a copy is
taken only after the copies before it, so that sets which differ by equal lines are met once and counted
by multiplication.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

Cents = NDArray[np.int64]

_REMEMBERED_LINES = 48  # the shapes of pools up to this size are asked for thousands of times
_LOOKUPS_AT_ONCE = 1 << 18  # keeps the memory of one batch of questions at a few megabytes
_EXACT_PRODUCT = 2.0**62


@dataclass(frozen=True)
class Lines:
    """The lines of a pool by amount; of equal amounts no more copies than a set can hold."""

    amounts: Cents
    copy: Cents  # which copy of its amount a line is, from 0
    times: Cents  # how often its amount stands in the pool
    origin: Cents  # its position in the pool
    kinds: Cents  # the number of its amount, from 0
    plain: bool  # no two amounts are equal

    def __len__(self) -> int:
        return len(self.amounts)


def collapse(pool: Cents, most: int, side: Cents | None = None) -> Lines:
    """The lines of a pool by amount (and side), at most `most` copies of each."""
    order = np.argsort(pool, kind="stable") if side is None else np.lexsort((side, pool))
    amounts = pool[order]
    opens = np.ones(len(pool), dtype=np.bool_)
    opens[1:] = amounts[1:] != amounts[:-1]
    if side is not None:
        opens[1:] |= side[order][1:] != side[order][:-1]
    if opens.all():
        each = np.arange(len(pool))
        return Lines(amounts, np.zeros_like(each), np.ones_like(each), order, each, plain=True)
    kinds = np.cumsum(opens) - 1
    starts = np.flatnonzero(opens)
    times = np.diff(np.append(starts, len(pool)))
    copy = np.arange(len(pool)) - starts[kinds]
    kept = copy < most
    return Lines(amounts[kept], copy[kept], times[kinds][kept], order[kept], kinds[kept], plain=False)


@dataclass(frozen=True)
class Shape:
    """All sets of one size over n lines: the set without its last line, the last and the first line."""

    parent: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


def _extend(count: int, below: Shape | None) -> Shape:
    if below is None:
        each = np.arange(count, dtype=np.int32)
        return Shape(each, each, each)
    room = count - 1 - below.last
    parent = np.repeat(np.arange(len(room), dtype=np.int32), room)
    nth = np.arange(len(parent)) - np.repeat(np.cumsum(room) - room, room)
    return Shape(parent, below.first[parent], (below.last[parent] + 1 + nth).astype(np.int32))


@lru_cache(maxsize=256)
def _small_shape(count: int, size: int) -> Shape:
    return _extend(count, _small_shape(count, size - 1) if size > 1 else None)


@dataclass(frozen=True)
class Level:
    """All sets of one size: their sums, and those that can open a larger set in order of sum."""

    shape: Shape
    sums: Cents
    closers: NDArray[np.intp] | None  # rows that can follow others; None where all can
    sorted_sums: Cents  # of the rows that can open a set
    sorted_rows: NDArray[np.intp]
    allowed: NDArray[np.bool_] | None  # no copy without the copies before it, the first line apart

    @property
    def needles(self) -> Cents:
        """The sums of the sets that can follow others, by row."""
        return self.sums if self.closers is None else self.sums[self.closers]


def build_levels(lines: Lines, most: int) -> tuple[Level, ...]:
    """All sets of 1 to `most` lines by size. O(sets log sets) time, O(sets) memory."""
    levels: list[Level] = []
    for size in range(1, most + 1):
        below = levels[-1] if levels else None
        small = len(lines) <= _REMEMBERED_LINES
        shape = _small_shape(len(lines), size) if small else _extend(len(lines), below.shape if below else None)
        sums = lines.amounts if below is None else below.sums[shape.parent] + lines.amounts[shape.last]
        levels.append(_level(lines, shape, sums, below))
    return tuple(levels)


def _level(lines: Lines, shape: Shape, sums: Cents, below: Level | None) -> Level:
    if lines.plain:
        rows = np.argsort(sums)
        return Level(shape, sums, None, sums[rows], rows, None)
    allowed = np.ones(len(sums), dtype=np.bool_)
    if below is not None:
        follows = (lines.copy[shape.last] == 0) | (below.shape.last[shape.parent] == shape.last - 1)
        allowed = follows if below.allowed is None else follows & below.allowed[shape.parent]
    openers = np.flatnonzero(allowed & (lines.copy[shape.first] == 0))
    rows = openers[np.argsort(sums[openers])]
    return Level(shape, sums, np.flatnonzero(allowed), sums[rows], rows, allowed)


def steps_of(count: int, size: int) -> tuple[int, int]:
    """Elementary steps to list and to ask all halves of sets of one size over `count` lines."""
    return comb(count, size - size // 2), comb(count, size // 2)


@dataclass(frozen=True)
class Hits:
    """The sets that one question found: a row per set, its lines (as `Lines` counts them) ascending."""

    members: NDArray[np.intp]
    complete: bool  # False: the bound cut the list, what is here is true all the same


def find_hits(
    lines: Lines, levels: tuple[Level, ...], size: int, between: tuple[Cents, Cents], most: int
) -> Iterator[tuple[int, Hits]]:
    """For each question that has an answer its number and the sets of `size` lines with a sum in its range.

    `between` holds the least and the greatest wanted sum of each question, one pair a question; at most
    `most` candidates are looked at for each.
    """
    upper = size // 2
    opening, closing = levels[size - upper - 1], levels[upper - 1]
    needles, stock = closing.needles, opening.sorted_sums
    if not len(needles) or not len(stock):
        return
    low, high = between
    at_once = max(1, _LOOKUPS_AT_ONCE // len(needles))
    for start in range(0, len(low), at_once):
        wanted = (low[start : start + at_once, None] - needles).ravel()
        reach = np.repeat(high[start : start + at_once] - low[start : start + at_once], len(needles))
        begin = np.searchsorted(stock, wanted)
        inside = np.flatnonzero(begin < len(stock))
        present = inside[stock[begin[inside]] <= wanted[inside] + reach[inside]]
        if not len(present):
            continue
        begin = begin[present]
        end = np.searchsorted(stock, wanted[present] + reach[present], side="right")
        asked, row = np.divmod(present, len(needles))
        borders = np.flatnonzero(np.diff(asked, prepend=-1))
        for left, right in zip(borders, np.append(borders[1:], len(asked)), strict=True):
            part = slice(left, right)
            found = _join(lines, (opening, closing), (begin[part], end[part], row[part]), most)
            if len(found[0]) or not found[2]:
                members = np.hstack((_members(levels, size - upper, found[0]), _members(levels, upper, found[1])))
                yield start + int(asked[left]), Hits(members, found[2])


def _join(
    lines: Lines,
    halves: tuple[Level, Level],
    runs: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]],
    most: int,
) -> tuple[NDArray[np.intp], NDArray[np.intp], bool]:
    """Rows of the lower and the upper half of each set, each set once, and whether none was cut off."""
    opening, closing = halves
    begin, end, row = runs
    many = end - begin
    complete = int(many.sum()) <= most
    if not complete:
        many = np.clip(most - (np.cumsum(many) - many), 0, many)
    nth = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    lower = opening.sorted_rows[np.repeat(begin, many) + nth]
    upper = np.repeat(row if closing.closers is None else closing.closers[row], many)
    last, first = opening.shape.last[lower], closing.shape.first[upper]
    # Each set is met once for every way to part it; the one that counts has its lower lines below.
    keep = last < first
    if not lines.plain:
        keep &= (lines.copy[first] == 0) | (last == first - 1)
    return lower[keep], upper[keep], complete


def _members(levels: tuple[Level, ...], size: int, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    found = np.empty((len(rows), size), dtype=np.intp)
    for at in range(size - 1, -1, -1):
        shape = levels[at].shape
        found[:, at] = shape.last[rows]
        rows = shape.parent[rows].astype(np.intp)
    return found


def count_swaps(lines: Lines, members: NDArray[np.intp], taken: Cents | None = None) -> NDArray[np.object_]:
    """For each set how many sets of the pool's own lines it stands for; Python integers, never too small.

    `taken` says by kind of amount how many of its lines are not to be used.
    """
    if lines.plain and taken is None:
        return np.ones(len(members), dtype=np.object_)
    times = lines.times if taken is None else lines.times - taken[lines.kinds]
    left = np.maximum(times - lines.copy, 0)
    safe = float(max(left.max(initial=1), members.shape[1])) ** members.shape[1] < _EXACT_PRODUCT
    kind: type[Any] = np.int64 if safe else np.object_
    ways: NDArray[Any] = np.prod(left.astype(kind)[members], axis=1)
    orders: NDArray[Any] = np.prod((lines.copy + 1).astype(kind)[members], axis=1)
    swaps: NDArray[np.object_] = (ways // orders).astype(np.object_)
    return swaps
