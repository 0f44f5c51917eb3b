"""N:M search: lines of one side that sum to lines of the other, the smallest such groups, with their certificate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recon.matching.chance import learn_accidents
from recon.matching.subsets import Lines, build_levels, collapse, count_swaps, find_hits
from recon.matching.sums import Bounds, Cents, check_amounts, largest_size

Positions = tuple[tuple[int, ...], tuple[int, ...]]  # of the left side and of the right one, ascending

_LEFT, _RIGHT = 0, 1
_PART_STEPS = 6  # powers of two: the parts of a group double with each line, and each costs many steps


@dataclass(frozen=True)
class BothFound:
    """One group of lines of both sides with equal sums, of which no part is equal by itself."""

    left: tuple[int, ...]  # positions, ascending
    right: tuple[int, ...]
    alternatives: int  # other such groups within the bounds that claim one of its lines
    distinct_alternatives: int  # of those, the ones that differ by more than equal lines
    alternatives_exact: bool  # False: there are at least so many
    chance: float  # 0 to 1: that sides like these hold a group as small by accident of digits
    bounded: bool  # the work bound ended the search
    every_left: tuple[int, ...]  # positions of its lines, and of those of every other such group
    every_right: tuple[int, ...]

    @property
    def is_unique(self) -> bool:
        """True with the certificate: nothing else within the bounds claims any of its lines."""
        return self.alternatives == 0 and self.alternatives_exact


@dataclass(frozen=True)
class BothSearched:
    """The groups that claim no line twice, fewest lines first, and whether the work bound ended the search."""

    groups: tuple[BothFound, ...]
    bounded: bool


def find_both_sides(left: Cents, right: Cents, bounds: Bounds) -> BothSearched:
    """Groups of 2 to `max_size` lines, at least one of each side, whose sums are equal on both sides.

    A group has no part that is balanced by itself, so a line of zero is in none. Groups that claim the
    same line are not both shown: the one with fewer lines is, then the one of the smaller sum, and
    the others are its alternatives. The chance speaks of digits: that one line of each side is of an
    amount that both sides use again and again (a price, a rent) is told by the alternatives only.
    O(n^h log n) time, n lines of both sides, h half of the largest size.

    Raises: InvariantBroken if an amount is too large to be added safely.
    """
    check_amounts(left, bounds)
    check_amounts(right, bounds)
    pool = np.concatenate((left, -right))
    side = np.repeat((_LEFT, _RIGHT), (len(left), len(right)))
    lines = collapse(pool, bounds.max_size, side)
    largest, steps = largest_size(len(lines), bounds)
    largest = min(largest, max(steps.bit_length() - _PART_STEPS, 1))
    bounded = largest < min(bounds.max_size, len(lines))
    levels = build_levels(lines, (largest + 1) // 2) if largest > 1 else ()
    zero = np.zeros(1, dtype=np.int64)
    groups: list[NDArray[np.intp]] = []
    for size in range(2, largest + 1):
        for _, hits in find_hits(lines, levels, size, (zero, zero), steps >> size):
            of_both = side[lines.origin[hits.members]]
            both = (of_both.min(axis=1) == _LEFT) & (of_both.max(axis=1) == _RIGHT)
            groups.append(_without_parts(lines, hits.members[both]))
            bounded |= not hits.complete
    return _choose(_Sides(pool, side, lines, tuple(groups)), bounded=bounded, steps=steps)


def _without_parts(lines: Lines, members: NDArray[np.intp]) -> NDArray[np.intp]:
    """The groups of which no smaller part sums to zero: with the part, the rest would too."""
    amounts = lines.amounts[members]
    size = members.shape[1]
    whole = np.ones(len(members), dtype=np.bool_)
    if not len(members):
        return members
    # A part or its rest has the first line: half of the parts tell of all.
    for part in range((1 << (size - 1)) - 1):
        chosen = [0, *(at for at in range(1, size) if part >> (at - 1) & 1)]
        whole &= amounts[:, chosen].sum(axis=1) != 0
    return members[whole]


@dataclass(frozen=True)
class _Sides:
    """Both sides in one pool, the right one negated, and the groups that sum to zero: an array a size."""

    pool: Cents
    side: Cents
    lines: Lines
    groups: tuple[NDArray[np.intp], ...]

    def rivals(self, needed: Cents) -> tuple[int, list[int]]:
        """How many groups claim a line of one that needs so many lines of each kind: all, and distinct by size."""
        every, distinct = 0, []
        for members in self.groups:
            without = count_swaps(self.lines, members, needed)
            claims = count_swaps(self.lines, members) - without
            every += int(claims.sum())
            distinct.append(int((claims > 0).sum()))
        return every, distinct

    def contending(self, needed: Cents) -> NDArray[np.intp]:
        """The kinds of lines of every group that claims a line of one that needs so many of each kind."""
        found = [np.flatnonzero(needed)]
        for members in self.groups:
            claims = count_swaps(self.lines, members) > count_swaps(self.lines, members, needed)
            found.append(self.lines.kinds[members[claims.astype(np.bool_)]].ravel())
        return np.unique(np.concatenate(found))

    def split(self, at: NDArray[np.intp]) -> Positions:
        """Positions of the pool as those of the left side and those of the right one."""
        left, right = at[self.side[at] == _LEFT], at[self.side[at] == _RIGHT]
        return tuple(sorted(left.tolist())), tuple(sorted((right - (self.side == _LEFT).sum()).tolist()))


def _choose(sides: _Sides, *, bounded: bool, steps: int) -> BothSearched:
    """Groups that claim no line twice, in order of size and sum, each with what it excludes."""
    lines, kinds = sides.lines, sides.lines.kinds
    many = int(kinds.max(initial=-1)) + 1
    order = np.lexsort((sides.side, sides.pool))
    left_over = np.zeros(many, dtype=np.int64)
    left_over[kinds] = lines.times
    opens = np.cumsum(left_over) - left_over  # where the lines of each kind begin in the order
    of_kind = np.split(order, opens[1:])
    accidents = learn_accidents(sides.pool) if any(map(len, sides.groups)) else None
    chosen: list[BothFound] = []
    for nth, members in enumerate(sides.groups):
        open_ones = members[np.lexsort((*members.T[::-1], np.abs(lines.amounts[members]).sum(axis=1)))]
        while len(open_ones) and accidents is not None:
            open_ones = open_ones[(left_over[kinds[open_ones]] > lines.copy[open_ones]).all(axis=1)]
            steps -= len(open_ones) + sum(map(len, sides.groups))
            if steps < 0:
                return BothSearched(tuple(chosen), bounded=True)
            if not len(open_ones):
                break
            needed = np.bincount(kinds[open_ones[0]], minlength=many)
            every, distinct = sides.rivals(needed)
            amounts = lines.amounts[open_ones[0]]
            chance = accidents.chance(amounts, np.zeros(1, dtype=np.int64), sum(distinct[: nth + 1]) - 1)
            contending = sides.split(np.concatenate([of_kind[kind] for kind in sides.contending(needed)]))
            # Equal lines are taken in order, and as often as they go round: each round is a group.
            for _ in range(int((left_over[needed > 0] // needed[needed > 0]).min())):
                at = np.concatenate([order[opens[k] : opens[k] + needed[k]] for k in np.flatnonzero(needed)])
                opens, left_over = opens + needed, left_over - needed
                left, right = sides.split(at)
                rest = every - 1, sum(distinct) - 1
                chosen.append(BothFound(left, right, *rest, not bounded, chance, bounded, *contending))
    return BothSearched(tuple(chosen), bounded)
