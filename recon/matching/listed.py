"""Small pools of which every set is added up; those of one shape are asked together.

Most pools hold a handful of lines and are asked a few amounts. An array operation on so few costs what it
costs to begin one, so pools of as many lines stand as the rows of one table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recon.matching.fees import Fee, fee_of, fixed_part, grain_of, gross_range
from recon.matching.subsets import Cents, Lines, Subsets, count_swaps

Places = NDArray[np.intp]
FeeKind = Literal["none", "rated", "capped"]

FEW_READINGS = 4  # sets up to equal lines that a person compares one by one
ANSWERS_AT_ONCE = 1 << 20  # amounts times sets that are compared in one table


@dataclass(frozen=True)
class Met:
    """The sets that one wanted amount has met, over all sizes so far."""

    best: tuple[int, ...]  # positions in the pool; of the smallest size
    sets: int
    distinct: int
    rivals: int  # distinct sets as small as the best, it left out
    exact: bool  # False: there are at least so many
    bounded: bool
    each: tuple[tuple[int, ...], ...] = ()  # the distinct sets, where they are few

    def joined(self, larger: Met) -> Met:
        """With what a larger size has met."""
        best, rivals = (self.best, self.rivals) if self.best else (larger.best, larger.rivals)
        return Met(
            best,
            self.sets + larger.sets,
            self.distinct + larger.distinct,
            rivals,
            self.exact and larger.exact,
            self.bounded or larger.bounded,
            (*self.each, *larger.each) if self.distinct + larger.distinct <= FEW_READINGS else (),
        )


@dataclass(frozen=True)
class Listed:
    """Pools of as many lines, of which the same are equal, with every set of each added up."""

    lines: Lines  # of the first pool: which of its lines are equal
    subsets: Subsets
    amounts: Cents  # a row a pool: its lines by amount
    origin: Cents  # beside them: where in the pool each stands
    bounded: bool = False

    @cached_property
    def sums(self) -> Cents:
        """The sum of every set, a row a pool."""
        return self.amounts @ self.subsets.inside.T

    def ask(self, pools: Places, targets: Cents, kind: FeeKind, fees: Sequence[Fee]) -> dict[int, Met]:
        """By number of the question the sets that were met; a question is a row of the pools and an amount.

        Questions that met none are left out.
        """
        met: dict[int, Met] = {}
        at_once = max(1, ANSWERS_AT_ONCE // len(self.subsets.sizes))
        for start in range(0, len(targets), at_once):
            some = slice(start, start + at_once)
            asked, sets = self._hits(pools[some], targets[some], kind, fees)
            ends = [0, *(np.flatnonzero(asked[1:] != asked[:-1]) + 1).tolist(), len(asked)] if len(asked) else []
            for at, end in pairwise(ends):
                number = start + int(asked[at])
                met[number] = self._met(int(pools[number]), sets[at:end])
        return met

    def _hits(self, pools: Places, targets: Cents, kind: FeeKind, fees: Sequence[Fee]) -> tuple[Places, Places]:
        """Numbers of questions and of sets that answer them, each pair once, by question, then by set."""
        sums, wanted = self.sums[pools], targets[:, None]
        if kind == "none":
            return _places(wanted == sums)
        if kind == "capped":
            reach = max(fee.cap for fee in fees)
            return _places((wanted < sums) & (sums <= wanted + reach))
        near = (wanted <= sums) & (sums <= wanted + self._highest_fees(fees)[pools])
        some = np.flatnonzero(near.any(axis=1))
        if not len(some):
            return some, some
        pools, sums, targets = pools[some], sums[some], targets[some]
        explained = np.zeros(sums.shape, dtype=np.bool_)
        for fee in fees:
            asked, sets = _places(targets[:, None] == self._nets(pools, sums, fee))
            for size in np.unique(self.subsets.sizes[sets]).tolist():
                alike = self.subsets.sizes[sets] == size
                low, high = gross_range(targets[asked[alike]], size, fee)
                gross = sums[asked[alike], sets[alike]]
                explained[asked[alike], sets[alike]] |= (low <= gross) & (gross <= high)
        asked, sets = _places(explained)
        return some[asked], sets

    def _nets(self, pools: Places, sums: Cents, fee: Fee) -> Cents:
        """What each set of some pools leaves after the fee."""
        apart = fee.rounded == "each_line"
        gross = self.amounts[pools] if apart else sums
        share = (fee_of(gross.reshape(-1, 1), fee) - fixed_part(fee, 1)).reshape(gross.shape)
        fixed = np.array([fixed_part(fee, size) for size in range(self._largest + 1)])[self.subsets.sizes]
        nets: Cents = sums - (share @ self.subsets.inside.T if apart else share) - fixed
        return nets

    def _highest_fees(self, fees: Sequence[Fee]) -> NDArray[np.float64]:
        """More than any of the schedules takes of each set, a row a pool."""
        rate, fixed = max(float(fee.rate) for fee in fees), max(fixed_part(fee, self._largest) for fee in fees)
        rounding = self._largest * max(grain_of(fee.scale) for fee in fees)
        amounts = (np.abs(self.amounts) @ self.subsets.inside.T).astype(np.float64)
        return amounts * (rate * (1 + 1e-9)) + fixed + rounding

    @property
    def _largest(self) -> int:
        return int(self.subsets.sizes[-1])

    def _met(self, pool: int, sets: Places) -> Met:
        """The sets are in order of size: the best one has the smallest sum of those as small as the first."""
        count, sizes = len(sets), self.subsets.sizes
        smallest = sets if count == 1 else sets[sizes[sets] == sizes[sets[0]]]
        first = smallest[np.argmin(self.sums[pool, smallest])] if len(smallest) > 1 else smallest[0]
        swaps = count if self.lines.plain else sum(self._swaps(number) for number in sets)
        few = sets.tolist() if count <= FEW_READINGS else []
        each = tuple(self._positions(pool, number) for number in few)
        best = self._positions(pool, int(first))
        return Met(best, swaps, count, len(smallest) - 1, exact=True, bounded=False, each=each)

    def _positions(self, pool: int, number: int) -> tuple[int, ...]:
        return tuple(sorted(self.origin[pool, self.subsets.members(number)].tolist()))

    def _swaps(self, number: int) -> int:
        return int(count_swaps(self.lines, self.subsets.members(number)[None, :])[0])


def _places(table: NDArray[np.bool_]) -> tuple[Places, Places]:
    """Rows and columns of what is true, row by row."""
    found = np.flatnonzero(table)
    return (found, found) if not len(found) else np.divmod(found, table.shape[1])
