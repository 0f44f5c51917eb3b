"""Dynamic programming on cents: how many sets of a pool reach a sum, when they are too many to list."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

Cents = NDArray[np.int64]
Counts = NDArray[Any]  # integers, or floats where integers would not hold the count

_EXACT_COUNT = 2**62
_NONE = np.uint16(65_535)  # no set reaches this sum
_CELLS_A_ROW = 1_000  # what it costs to begin a row, in cells
_EXACT_FLOAT = 2**53  # up to here a float counts without a gap
_ROUNDED_DOWN = 1 - 1e-9  # far more than what sums of a few thousand floats can lose
_MOST_COUNTED = 1e100  # a count that is cut here is a lower bound all the same, and two of them multiply


@dataclass(frozen=True)
class TableCount:
    """How many sets reach the sum, and one with the fewest lines, as positions in the pool."""

    members: tuple[int, ...]
    sets: int
    distinct: int  # up to equal lines
    exact: bool  # False: the counts are lower bounds


@dataclass(frozen=True)
class _Kinds:
    """The amounts of a pool in units of their common divisor, each once, ascending, and what is kept of the sums."""

    amounts: list[int]
    positions: list[list[int]]
    zero: int  # the column of the sum zero
    goal: int  # the column of the target
    width: int


def count_in_table(pool: Cents, target: int, max_size: int, cells: int) -> TableCount | None:
    """The sets of 2 to `max_size` lines that sum to the target; None where the table exceeds `cells`.

    O(lines x sizes x cents) time, with the cents in units of the greatest common divisor; a size bound
    that excludes nothing needs three sizes only: none, one, more.
    """
    unit = int(np.gcd.reduce(pool)) or 1
    if target % unit:
        return TableCount((), 0, 0, exact=True)
    kinds = _kinds(pool // unit, target // unit)
    folded = max_size >= len(pool)
    sizes = 3 if folded else max_size + 1
    most = [min(len(positions), max_size) for positions in kinds.positions]
    if sum(most) * sizes * (kinds.width + _CELLS_A_ROW) > cells or max(most, default=0) >= int(_NONE):
        return None
    if not 0 <= kinds.goal < kinds.width:
        return TableCount((), 0, 0, exact=True)
    exact = sum(comb(len(pool), size) for size in range(min(max_size, len(pool)) + 1)) < _EXACT_COUNT
    tables = _Tables.empty(sizes, kinds, exact=exact)
    layers = [tables.fewest]
    for amount, positions, copies in zip(kinds.amounts, kinds.positions, most, strict=True):
        tables = tables.with_lines(amount, (len(positions), copies), folded=folded)
        layers.append(tables.fewest)
    ways, distinct = (_sum_safely(table[2:, kinds.goal]) for table in (tables.ways, tables.distinct))
    members = _walk_back(layers, kinds, most, folded=folded) if ways else ()
    return TableCount(members, ways, distinct, exact or ways < _EXACT_FLOAT)


def _sum_safely(counts: Counts) -> int:
    """The sum of counts, exact or rounded down: floats that sum to less than 2^53 have lost nothing on the way."""
    total = sum(counts.tolist())
    return int(total) if isinstance(total, int) or total < _EXACT_FLOAT else int(total * _ROUNDED_DOWN)


def _kinds(pool: Cents, target: int) -> _Kinds:
    # With the amounts of one sign first, a sum beyond the target on the other side never comes back.
    lowest, highest = int(pool[pool < 0].sum()), int(pool[pool > 0].sum())
    if max(target, 0) - lowest > highest - min(target, 0):
        pool, target, lowest = -pool, -target, -highest
    amounts, kind = np.unique(pool, return_inverse=True)
    positions = [np.flatnonzero(kind == number).tolist() for number in range(len(amounts))]
    return _Kinds(amounts.tolist(), positions, -lowest, target - lowest, max(target, 0) - lowest + 1)


@dataclass(frozen=True)
class _Tables:
    """By size (the last one, where folded: that many or more) and sum: ways, ways up to equal lines, fewest lines."""

    ways: Counts
    distinct: Counts
    fewest: NDArray[np.uint16]

    @classmethod
    def empty(cls, sizes: int, kinds: _Kinds, *, exact: bool) -> _Tables:
        """The tables before any line: one way to reach nothing."""
        ways = np.zeros((sizes, kinds.width), dtype=np.int64 if exact else np.float64)
        fewest = np.full((sizes, kinds.width), _NONE)
        ways[0, kinds.zero] = 1
        fewest[0, kinds.zero] = 0
        return cls(ways, ways.copy(), fewest)

    def with_lines(self, amount: int, lines: tuple[int, int], *, folded: bool) -> _Tables:
        """The tables after the lines of one amount: how many there are, and how many a set can take."""
        times, copies = lines
        counted = self.ways.dtype == np.float64
        ways, distinct, fewest = self.ways.copy(), self.distinct.copy(), self.fewest.copy()
        sizes, width = self.ways.shape
        for taken in range(1, copies + 1):
            shift = taken * amount
            if abs(shift) >= width:
                break
            source = slice(max(0, -shift), width - max(0, shift))
            goal = slice(max(0, shift), width - max(0, -shift))
            for size in range(sizes if folded else sizes - taken):
                after = min(size + taken, sizes - 1)
                several = min(comb(times, taken), int(_MOST_COUNTED)) if counted else comb(times, taken)
                ways[after, goal] += self.ways[size, source] * several
                distinct[after, goal] += self.distinct[size, source]
                before = self.fewest[size, source]
                more = np.where(before == _NONE, _NONE, before + np.uint16(taken))
                np.minimum(fewest[after, goal], more, out=fewest[after, goal])
        if counted:
            np.minimum(ways, _MOST_COUNTED, out=ways)
            np.minimum(distinct, _MOST_COUNTED, out=distinct)
        return _Tables(ways, distinct, fewest)


def _walk_back(layers: list[NDArray[np.uint16]], kinds: _Kinds, most: list[int], *, folded: bool) -> tuple[int, ...]:
    """The positions of a set with the fewest lines; of two that do, the one with more of the greater amounts."""
    sizes = len(layers[-1])
    size = 2 + int(np.argmin(layers[-1][2:, kinds.goal]))
    at, left = kinds.goal, int(layers[-1][size, kinds.goal])
    members: list[int] = []
    for number in range(len(kinds.amounts) - 1, -1, -1):
        before, amount = layers[number], kinds.amounts[number]
        steps = (
            (taken, from_size)
            for taken in range(min(most[number], left), -1, -1)
            if 0 <= at - taken * amount < kinds.width
            for from_size in range(size + 1)
            if (min(from_size + taken, sizes - 1) if folded else from_size + taken) == size
            if int(before[from_size, at - taken * amount]) == left - taken
        )
        taken, size = next(steps)
        members += kinds.positions[number][:taken]
        at, left = at - taken * amount, left - taken
    return tuple(sorted(members))
