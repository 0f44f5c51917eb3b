"""Subset search: which lines of a pool sum to an amount, whether no others do, and how likely that is by accident.

Amounts are integer cents of either sign. The search counts elementary steps, not seconds: the same
pool gives the same answer on every machine, and a search that would take too long says that it is
bounded and what it has proven until then. The order of the pool decides nothing but which of equal
lines is named: the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from recon.errors import check
from recon.matching.chance import Accidents, chance_of, learn_accidents
from recon.matching.fees import Fee, fee_of, fixed_part, grain_of, gross_range, likely_gross
from recon.matching.subsets import (
    Hits,
    Level,
    Lines,
    Subsets,
    build_levels,
    collapse,
    count_swaps,
    find_hits,
    list_subsets,
    steps_of,
    subsets_of,
)
from recon.matching.tables import count_in_table

Cents = NDArray[np.int64]
FeeKind = Literal["none", "rated", "capped"]

FEW_READINGS = 4  # sets up to equal lines that a person compares one by one
_LARGEST = 2**61  # cents: what a sum, and the difference of two, may reach
_FEE_KINDS: tuple[FeeKind, ...] = ("rated", "capped")
_STEPS_A_CANDIDATE = 4  # to take a set apart and compare it costs more than to list it
_ANSWERS_AT_ONCE = 1 << 20  # targets times sets that are compared in one table
_CELLS_A_STEP = 8  # a cell of a table is cheaper than a step of the listing


@dataclass(frozen=True)
class Bounds:
    """How far a search goes: sets of 2 to `max_size` lines, and elementary steps for each wanted amount.

    A step is a set listed, a question asked or a candidate looked at; five million are about a second. Of up to
    `few_sets` sets each is added up, which is sooner done than halves meet: most pools hold three lines. The
    answers are the same.
    """

    max_size: int
    work: int
    few_sets: int = 2_000


@dataclass(frozen=True)
class SumFound:
    """The best set of lines for a wanted amount, and what speaks against believing it.

    Best is: an exact sum before a fee, a fee by schedule before one below the cap; then the fewest lines;
    then the smallest fee. A single line that is the amount beats every set: then `members` is empty.
    """

    members: tuple[int, ...] = ()  # positions in the pool, ascending; empty where nothing was found
    singles: tuple[int, ...] = ()  # lines that are the wanted amount by themselves
    fee_cents: int = 0  # sum of the members less the wanted amount
    fee_kind: FeeKind = "none"
    fee: Fee | None = None  # the schedule that explains a rated fee, the first one that does
    alternatives: int = 0  # other sets within the same bounds and of the same kind of fee
    distinct_alternatives: int = 0  # of those, the ones that differ by more than equal lines
    alternatives_exact: bool = True  # False: there are at least so many
    chance: float = 1.0  # 0 to 1: that a pool like this holds a set as small by accident; 1 without a set
    bounded: bool = False  # the work bound ended the search
    each: tuple[tuple[int, ...], ...] = ()  # all sets up to equal lines, where there are FEW_READINGS at most
    chance_alone: float = 1.0  # the chance if the other sets were not there

    @property
    def is_unique(self) -> bool:
        """True with the certificate: no other set within the bounds does it."""
        return bool(self.members) and self.alternatives == 0 and self.alternatives_exact


@dataclass(frozen=True)
class _Met:
    """The sets that one wanted amount has met, over all sizes so far."""

    best: tuple[int, ...]  # positions in the pool; of the smallest size
    sets: int
    distinct: int
    rivals: int  # distinct sets as small as the best, it left out
    exact: bool  # False: there are at least so many
    bounded: bool
    each: tuple[tuple[int, ...], ...] = ()  # the distinct sets, where they are few

    def joined(self, larger: _Met) -> _Met:
        """With what a larger size has met."""
        best, rivals = (self.best, self.rivals) if self.best else (larger.best, larger.rivals)
        return _Met(
            best,
            self.sets + larger.sets,
            self.distinct + larger.distinct,
            rivals,
            self.exact and larger.exact,
            self.bounded or larger.bounded,
            (*self.each, *larger.each) if self.distinct + larger.distinct <= FEW_READINGS else (),
        )


class _Asked(Protocol):
    """One pool made ready for many questions."""

    @property
    def bounded(self) -> bool:
        """Larger sets were asked for than the work allows."""
        ...

    def ask(self, targets: Cents, kind: FeeKind, fees: Sequence[Fee]) -> dict[int, _Met]:
        """By number of the target the sets that were met; targets that met none are left out."""
        ...


@dataclass(frozen=True)
class _Listed:
    """A small pool, of which every set is added up: the answers of `_Search` without its halves."""

    lines: Lines
    subsets: Subsets
    bounded: bool = False

    def ask(self, targets: Cents, kind: FeeKind, fees: Sequence[Fee]) -> dict[int, _Met]:
        """By number of the target the sets that were met; targets that met none are left out."""
        asked, sets = self._hits(targets, kind, fees)
        if not len(asked):
            return {}
        borders = [0, *(np.flatnonzero(asked[1:] != asked[:-1]) + 1).tolist(), len(asked)]
        return {int(asked[at]): self._met(sets[at:end]) for at, end in pairwise(borders)}

    def _hits(self, targets: Cents, kind: FeeKind, fees: Sequence[Fee]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Numbers of targets and of sets that answer them, each pair once, by target, then by set."""
        sums, wanted = self.subsets.sums, targets[:, None]
        if kind == "none":
            return _places(wanted == sums)
        if kind == "capped":
            reach = max(fee.cap for fee in fees)
            return _places((wanted < sums) & (sums <= wanted + reach))
        explained = np.zeros((len(targets), len(sums)), dtype=np.bool_)
        if not ((wanted <= sums) & (sums <= wanted + self._highest_fees(fees))).any():
            return _places(explained)
        for fee in fees:
            asked, sets = _places(wanted == self._nets(fee))
            for size in np.unique(self.subsets.sizes[sets]).tolist():
                alike = self.subsets.sizes[sets] == size
                low, high = gross_range(targets[asked[alike]], size, fee)
                gross = sums[sets[alike]]
                explained[asked[alike], sets[alike]] |= (low <= gross) & (gross <= high)
        return _places(explained)

    def _nets(self, fee: Fee) -> Cents:
        """What each set leaves after the fee."""
        apart = fee.rounded == "each_line"
        share = fee_of((self.lines.amounts if apart else self.subsets.sums)[:, None], fee) - fixed_part(fee, 1)
        fixed = np.array([fixed_part(fee, size) for size in range(int(self.subsets.sizes.max(initial=0)) + 1)])
        fixed = fixed[self.subsets.sizes]
        nets: Cents = self.subsets.sums - (self.subsets.inside @ share if apart else share) - fixed
        return nets

    def _highest_fees(self, fees: Sequence[Fee]) -> NDArray[np.float64]:
        """More than any of the schedules takes of each set."""
        most = int(self.subsets.sizes.max(initial=0))
        rate, fixed = max(float(fee.rate) for fee in fees), max(fixed_part(fee, most) for fee in fees)
        rounding = most * max(grain_of(fee.scale) for fee in fees)
        amounts = (self.subsets.inside @ np.abs(self.lines.amounts)).astype(np.float64)
        return amounts * (rate * (1 + 1e-9)) + fixed + rounding

    def _met(self, sets: NDArray[np.intp]) -> _Met:
        """The sets are in order of size: the best one has the smallest sum of those as small as the first."""
        smallest = sets[self.subsets.sizes[sets] == self.subsets.sizes[sets[0]]]
        first = smallest[np.argmin(self.subsets.sums[smallest])] if len(smallest) > 1 else smallest[0]
        best = tuple(sorted(self.lines.origin[self.subsets.members(first)].tolist()))
        count = len(sets)
        swaps = count if self.lines.plain else sum(self._swaps(number) for number in sets)
        few = sets.tolist() if count <= FEW_READINGS else []
        each = tuple(tuple(sorted(self.lines.origin[self.subsets.members(number)].tolist())) for number in few)
        return _Met(best, swaps, count, len(smallest) - 1, exact=True, bounded=False, each=each)

    def _swaps(self, number: int) -> int:
        return int(count_swaps(self.lines, self.subsets.members(number)[None, :])[0])


def _places(table: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of what is true, row by row."""
    found = np.flatnonzero(table)
    return (found, found) if not len(found) else np.divmod(found, table.shape[1])


@dataclass(frozen=True)
class _Search:
    """A pool of any size, of which halves of sets are listed."""

    lines: Lines
    levels: tuple[Level, ...]
    largest: int  # size that is listed
    bounded: bool  # larger sets were asked for than the work allows
    candidates: int  # how many one amount may look at

    def ask(self, targets: Cents, kind: FeeKind, fees: Sequence[Fee]) -> dict[int, _Met]:
        """By number of the target the sets that were met; targets that met none are left out."""
        met: dict[int, _Met] = {}
        for size in range(2, self.largest + 1):
            for asked, hits in self._hits(targets, size, kind, fees):
                found = self._met(hits)
                met[asked] = met[asked].joined(found) if asked in met else found
        return met

    def _hits(self, targets: Cents, size: int, kind: FeeKind, fees: Sequence[Fee]) -> Iterator[tuple[int, Hits]]:
        """For each target that has an answer its number and the sets; one that two schedules explain comes once."""
        if kind != "rated":
            reach = (1, max(fee.cap for fee in fees)) if kind == "capped" else (0, 0)
            between = targets + reach[0], targets + reach[1]
            yield from find_hits(self.lines, self.levels, size, between, self.candidates)
            return
        every: dict[int, list[Hits]] = {}
        for fee in fees:
            between = gross_range(targets, size, fee)
            for asked, hits in find_hits(self.lines, self.levels, size, between, self.candidates):
                amounts = self.lines.amounts[hits.members]
                exact = fee_of(amounts, fee) == amounts.sum(axis=1) - targets[asked]
                if exact.any() or not hits.complete:
                    every.setdefault(asked, []).append(Hits(hits.members[exact], hits.complete))
        for asked, several in every.items():
            members = several[0].members
            if len(several) > 1:
                members = np.unique(np.concatenate([hits.members for hits in several]), axis=0)
            yield asked, Hits(members, all(hits.complete for hits in several))

    def _met(self, hits: Hits) -> _Met:
        bounded = self.bounded or not hits.complete
        count = len(hits.members)
        if not count:
            return _Met((), 0, 0, 0, exact=not bounded, bounded=bounded)
        # Rows are ascending by amount: the smallest sum is the smallest fee; then the smallest amounts.
        first = 0
        if count > 1:
            first = np.lexsort((*hits.members.T[::-1], self.lines.amounts[hits.members].sum(axis=1)))[0]
        best = tuple(sorted(self.lines.origin[hits.members[first]].tolist()))
        sets = count if self.lines.plain else int(count_swaps(self.lines, hits.members).sum())
        few = hits.members if count <= FEW_READINGS else hits.members[:0]
        each = tuple(tuple(sorted(self.lines.origin[members].tolist())) for members in few)
        return _Met(best, sets, count, count - 1, exact=not bounded, bounded=bounded, each=each)


def find_sum(pool: Cents, target: int, bounds: Bounds, *fees: Fee) -> SumFound:
    """The lines of the pool that sum to the target, with their certificate and their chance.

    `fees` are the schedules that may lie between the lines and the target; any of them will do.

    Raises: InvariantBroken if an amount is too large to be added safely.
    """
    return find_sums(pool, np.array([target], dtype=np.int64), bounds, *fees)[0]


def find_sums(pool: Cents, targets: Cents, bounds: Bounds, *fees: Fee) -> list[SumFound]:
    """For each target what `find_sum` gives, the sets of the pool listed once for all of them.

    O(n^h log n) to list the sets of h lines, half of the largest size; O(n^(k - h) log n) for each target.

    Raises: InvariantBroken if an amount is too large to be added safely.
    """
    check_amounts(pool, bounds)
    check_amounts(targets, bounds)
    search = _prepare(pool, len(targets), bounds)
    places: dict[int, list[int]] = {}
    for at, amount in enumerate(pool.tolist()):
        places.setdefault(amount, []).append(at)
    singles = [tuple(places.get(target, ())) for target in targets.tolist()]
    found: dict[int, tuple[_Met, FeeKind]] = {at: (met, "none") for at, met in search.ask(targets, "none", ()).items()}
    if search.bounded:
        found |= {at: (met, "none") for at, met in _ask_tables(pool, targets, bounds).items()}
    kinds = [kind for kind in _FEE_KINDS if kind == "rated" or any(fee.cap > 0 for fee in fees)]
    for kind in kinds if fees else ():
        without = [at for at, alone in enumerate(singles) if not alone and not (at in found and found[at][0].best)]
        if not without:
            break
        for number, met in search.ask(targets[without], kind, fees).items():
            at = without[number]
            found[at] = (found[at][0].joined(met) if at in found else met), kind
    nothing = _Met((), 0, 0, 0, exact=not search.bounded, bounded=search.bounded)
    accidents = learn_accidents(pool) if any(met.best for met, _ in found.values()) else None
    nowhere = _answer((pool, search.bounded), 0, (), (nothing, "none"), (fees, None))
    return [
        nowhere
        if not singles[at] and at not in found
        else _answer((pool, search.bounded), target, singles[at], found.get(at, (nothing, "none")), (fees, accidents))
        for at, target in enumerate(targets.tolist())
    ]


def check_amounts(amounts: Cents, bounds: Bounds) -> None:
    """Raises: InvariantBroken if so many amounts as the bounds allow cannot be added in 64 bits."""
    check(bounds.max_size >= 2 and bounds.work >= 0, "a sum has two lines or more", max_size=bounds.max_size)
    largest = int(np.abs(amounts).max(initial=0))
    check(0 <= largest < _LARGEST // (bounds.max_size + 2), "an amount is too large to be added", cents=largest)


@lru_cache(maxsize=4096)
def largest_size(count: int, bounds: Bounds) -> tuple[int, int]:
    """The largest size whose sets, with all smaller ones, can be listed and asked; the steps that are left."""
    left, listed, size = bounds.work, 0, 1
    while size < min(bounds.max_size, count):
        to_list, to_ask = steps_of(count, size + 1)
        half = (size + 2) // 2
        cost = to_ask + (to_list if half > listed else 0)
        if cost > left:
            break
        left, listed, size = left - cost, half, size + 1
    return size, left


def _prepare(pool: Cents, targets: int, bounds: Bounds) -> _Asked:
    """The pool made ready for so many targets."""
    lines = collapse(pool, bounds.max_size)
    largest, left = largest_size(len(lines), bounds)
    bounded, candidates = largest < min(bounds.max_size, len(lines)), left // _STEPS_A_CANDIDATE
    sets, matched = subsets_of(len(lines), largest)
    # Where halves would have been cut short, the answer says so.
    if not bounded and 0 < sets <= bounds.few_sets and sets * targets <= _ANSWERS_AT_ONCE and matched <= candidates:
        return _Listed(lines, list_subsets(lines, largest))
    levels = build_levels(lines, (largest + 1) // 2) if largest > 1 else ()
    return _Search(lines, levels, largest, bounded, candidates)


def _ask_tables(pool: Cents, targets: Cents, bounds: Bounds) -> dict[int, _Met]:
    """By number of the target what dynamic programming counts, where its table fits the work bound."""
    met: dict[int, _Met] = {}
    for at, target in enumerate(targets.tolist()):
        table = count_in_table(pool, target, bounds.max_size, bounds.work * _CELLS_A_STEP)
        if table is not None:
            rivals = max(table.distinct - 1, 0)
            met[at] = _Met(table.members, table.sets, table.distinct, rivals, exact=table.exact, bounded=False)
    return met


def _taken_sums(target: int, size: int, kind: FeeKind, fees: Sequence[Fee]) -> Cents:
    """Every sum of lines that would have been taken before or as the one that was."""
    if kind == "none":
        return np.array([target], dtype=np.int64)
    rated = [gross for fee in fees for gross in likely_gross(target, size, fee)]
    reach = max(fee.cap for fee in fees) if kind == "capped" else 0
    grain = max((grain_of(fee.scale) for fee in fees), default=1)
    return np.union1d(np.arange(target, target + reach + 1, grain), np.array(rated, dtype=np.int64))


def _answer(
    asked: tuple[Cents, bool],
    target: int,
    singles: tuple[int, ...],
    met: tuple[_Met, FeeKind],
    given: tuple[Sequence[Fee], Accidents | None],
) -> SumFound:
    (found, kind), (fees, accidents), (pool, cut) = met, given, asked
    bounded = found.bounded or (cut and bool(fees) and not found.best)
    if singles or not found.best or accidents is None:
        return SumFound(
            singles=singles,
            alternatives=found.sets,
            distinct_alternatives=found.distinct,
            alternatives_exact=found.exact and not bounded,
            bounded=bounded,
        )
    amounts = pool[list(found.best)]
    sums = _taken_sums(target, len(found.best), kind, fees)
    missing = int(amounts.sum()) - target
    expected = accidents.sets_like(amounts, sums)
    explains = (fee for fee in fees if kind == "rated" and int(fee_of(amounts[None, :], fee)[0]) == missing)
    return SumFound(
        members=found.best,
        fee_cents=missing,
        fee_kind=kind,
        fee=next(explains, None),
        alternatives=found.sets - 1,
        distinct_alternatives=found.distinct - 1,
        alternatives_exact=found.exact,
        chance=chance_of(expected, found.rivals),
        bounded=bounded,
        each=found.each,
        chance_alone=chance_of(expected, 0),
    )
