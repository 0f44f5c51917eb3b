"""Every set of a few lines with a wanted sum: halves of sets that meet in the middle.

A set of five is two lines and three lines above them. All twos are sorted by sum once; each three asks
for what it lacks, and nearly all are turned away by a glance at one bit. Equal amounts are kept as at
most as many copies as a set can hold, and a copy is taken only after the copies before it, so that sets
which differ by equal lines are met once and counted by multiplication.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

Cents = NDArray[np.int64]

_REMEMBERED_LINES = 48  # the shapes of pools up to this size are asked for thousands of times
_LOOKUPS_AT_ONCE = 1 << 18  # keeps the memory of one batch of questions at a few megabytes
_FEW_QUESTIONS = 2_000  # so few are looked up sooner than a ring is drawn
_RING, _WIDE_RING = 1 << 16, 1 << 20
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

    @property
    def shape(self) -> bytes:
        """How many lines there are and which of them are equal: what pools must share to have the same sets."""
        return bytes(len(self)) if self.plain else self.copy.tobytes() + self.times.tobytes()


def collapse(pool: Cents, most: int, side: Cents | None = None) -> Lines:
    """The lines of a pool by amount (and side), at most `most` copies of each."""
    order = np.argsort(pool, kind="stable") if side is None else np.lexsort((side, pool))
    amounts = pool[order]
    other = amounts[1:] != amounts[:-1]
    if side is not None:
        other |= side[order][1:] != side[order][:-1]
    if other.all():
        none, one, each = _no_copies(len(pool))
        return Lines(amounts, none, one, order, each, plain=True)
    opens = np.concatenate([[True], other])
    kinds = np.cumsum(opens) - 1
    starts = np.flatnonzero(opens)
    times = np.diff(np.append(starts, len(pool)))
    copy = np.arange(len(pool)) - starts[kinds]
    kept = copy < most
    return Lines(amounts[kept], copy[kept], times[kinds][kept], order[kept], kinds[kept], plain=False)


@lru_cache(maxsize=256)
def _no_copies(count: int) -> tuple[Cents, Cents, Cents]:
    """Of lines of which no two are equal: which copy, how many times, which kind each is."""
    each = np.arange(count)
    return np.zeros_like(each), np.ones_like(each), each


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
    """All sets of one size, and which of them can open a larger set, or close one."""

    shape: Shape
    sums: Cents
    openers: NDArray[np.intp] | None  # rows that hold no copy without the copies before it; None where all do
    closers: NDArray[np.intp] | None  # rows that do so if the right line comes before them; None where all do
    allowed: NDArray[np.bool_] | None  # the closers as a mask

    @cached_property
    def needles(self) -> Cents:
        """The sums of the sets that can close one, by row."""
        return self.sums if self.closers is None else self.sums[self.closers]

    @cached_property
    def by_sum(self) -> tuple[Cents, NDArray[np.intp]]:
        """The sums of the sets that can open one in order, and their rows."""
        if self.openers is None:
            rows = np.argsort(self.sums)
            return self.sums[rows], rows
        rows = self.openers[np.argsort(self.sums[self.openers])]
        return self.sums[rows], rows


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
        return Level(shape, sums, None, None, None)
    allowed = np.ones(len(sums), dtype=np.bool_)
    if below is not None:
        follows = (lines.copy[shape.last] == 0) | (below.shape.last[shape.parent] == shape.last - 1)
        allowed = follows if below.allowed is None else follows & below.allowed[shape.parent]
    openers = np.flatnonzero(allowed & (lines.copy[shape.first] == 0))
    return Level(shape, sums, openers, np.flatnonzero(allowed), allowed)


def steps_of(count: int, size: int) -> tuple[int, int]:
    """Elementary steps to list and to ask all halves of sets of one size over `count` lines."""
    return comb(count, size - size // 2), comb(count, size - size // 2)


@dataclass(frozen=True)
class Subsets:
    """Every set of two lines and more of a small pool, the smallest first, then as their lines stand by amount."""

    inside: Cents  # a row per set, a column per line: 1 where the set holds the line
    sizes: Cents

    def members(self, number: int) -> NDArray[np.intp]:
        """The lines of one set, ascending, as `Lines` counts them."""
        return np.flatnonzero(self.inside[number])


@lru_cache(maxsize=4096)
def subsets_of(count: int, most: int) -> tuple[int, int]:
    """How many sets of 2 to `most` lines `count` lines have, and how often halves of one size may meet for one sum."""
    sizes = range(2, most + 1)
    met = (comb(count, size // 2) * comb(count, size - size // 2) for size in sizes)
    return sum(comb(count, size) for size in sizes), max(met, default=0)


@lru_cache(maxsize=256)
def _every_subset(count: int, most: int) -> tuple[Cents, Cents]:
    """Which lines each set of 2 to `most` of `count` lines holds, and how many."""
    sets = [lines for size in range(2, most + 1) for lines in combinations(range(count), size)]
    sizes = np.array([len(lines) for lines in sets], dtype=np.int64)
    inside = np.zeros((len(sets), count), dtype=np.int64)
    inside[np.repeat(np.arange(len(sets)), sizes), [line for lines in sets for line in lines]] = 1
    return inside, sizes


def list_subsets(lines: Lines, most: int) -> Subsets:
    """All sets of 2 to `most` lines, those that differ by equal lines once. O(sets x lines)."""
    inside, sizes = _every_subset(len(lines), most)
    if not lines.plain:
        later = np.flatnonzero(lines.copy > 0)
        follows = (inside[:, later] <= inside[:, later - 1]).all(axis=1)
        inside, sizes = inside[follows], sizes[follows]
    return Subsets(inside, sizes)


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
    lower = size // 2
    opening, closing = levels[lower - 1], levels[size - lower - 1]
    needles, stock = closing.needles, opening.by_sum[0]
    low, high = between
    if not len(needles) or not len(stock) or not len(low):
        return
    few = len(low) * len(needles) <= _FEW_QUESTIONS
    marks, grain = (None, 0) if few else _mark(stock, int((high - low).max()))
    at_once = max(1, _LOOKUPS_AT_ONCE // len(needles))
    for start in range(0, len(low), at_once):
        wanted = (low[start : start + at_once, None] - needles).ravel()
        likely = (
            np.arange(len(wanted)) if marks is None else np.flatnonzero(marks[(wanted >> grain) & (len(marks) - 1)])
        )
        reach = (high - low)[start + likely // len(needles)]
        wanted = wanted[likely]
        begin = np.searchsorted(stock, wanted)
        present = np.flatnonzero((begin < len(stock)) & (stock[np.minimum(begin, len(stock) - 1)] <= wanted + reach))
        if not len(present):
            continue
        begin = begin[present]
        end = np.searchsorted(stock, (wanted + reach)[present], side="right")
        asked, row = np.divmod(likely[present], len(needles))
        borders = np.flatnonzero(np.diff(asked, prepend=-1))
        for left, right in zip(borders, np.append(borders[1:], len(asked)), strict=True):
            part = slice(left, right)
            found = _join(lines, (opening, closing), (begin[part], end[part], row[part]), most)
            if len(found[0]) or not found[2]:
                members = np.hstack((_members(levels, lower, found[0]), _members(levels, size - lower, found[1])))
                yield start + int(asked[left]), Hits(members, found[2])


def _mark(stock: Cents, reach: int) -> tuple[NDArray[np.bool_], int]:
    """Where in a short ring sums of the stock stand, and the grain of the ring in powers of two cents.

    A wanted sum whose place is not marked is in the stock with no reach up to the one given.
    """
    grain = max(reach, 0).bit_length()
    marks = np.zeros(_RING if len(stock) < _RING >> 4 else _WIDE_RING, dtype=np.bool_)
    places = stock >> grain
    marks[places & (len(marks) - 1)] = True
    if grain:
        # The reach may end in the grain after the one where it begins.
        marks[(places - 1) & (len(marks) - 1)] = True
    return marks, grain


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
        # The last rows begin highest and are above most lower halves: the cut spares what will count.
        back = many[::-1]
        many = np.clip(most - (np.cumsum(back) - back), 0, back)[::-1]
    nth = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    lower = opening.by_sum[1][np.repeat(begin, many) + nth]
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
