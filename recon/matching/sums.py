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
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recon.errors import check
from recon.matching.chance import chance_of, learn_each, sets_like
from recon.matching.fees import Fee, fee_of, grain_of, gross_range, likely_gross
from recon.matching.listed import ANSWERS_AT_ONCE, FEW_READINGS, FeeKind, Listed, Met, Places
from recon.matching.subsets import (
    Hits,
    Level,
    Lines,
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

_LARGEST = 2**61  # cents: what a sum, and the difference of two, may reach
_FEE_KINDS: tuple[FeeKind, ...] = ("rated", "capped")
_STEPS_A_CANDIDATE = 4  # to take a set apart and compare it costs more than to list it
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


_NOTHING = SumFound()


@dataclass(frozen=True)
class Asked:
    """A pool of amounts, and the amounts that sets of it may sum to.

    `among`: by target the amounts of all lines that may be behind it, where there are more than the pool has: a pool
    of two lines cannot tell how often amounts come again, the other lines of their party can.
    """

    pool: Sequence[int]
    targets: Sequence[int]
    among: Sequence[Sequence[int]] | None = None


class _Pools(Protocol):
    """Pools made ready for many questions; a question is the number of a pool and an amount."""

    @property
    def bounded(self) -> bool:
        """Larger sets were asked for than the work allows."""
        ...

    def ask(self, pools: Places, targets: Cents, kind: FeeKind, fees: Sequence[Fee]) -> dict[int, Met]:
        """By number of the question the sets that were met; questions that met none are left out."""
        ...


@dataclass(frozen=True)
class _Search:
    """One pool of any size, of which halves of sets are listed; beyond the work its sums are counted in a table."""

    pool: Cents
    bounds: Bounds
    lines: Lines
    levels: tuple[Level, ...]
    largest: int  # size that is listed
    bounded: bool  # larger sets were asked for than the work allows
    candidates: int  # how many one amount may look at

    def ask(self, pools: Places, targets: Cents, kind: FeeKind, fees: Sequence[Fee]) -> dict[int, Met]:  # noqa: ARG002
        """By number of the question the sets that were met; questions that met none are left out."""
        met: dict[int, Met] = {}
        for size in range(2, self.largest + 1):
            for asked, hits in self._hits(targets, size, kind, fees):
                found = self._met(hits)
                met[asked] = met[asked].joined(found) if asked in met else found
        return met | self._counted(targets) if self.bounded and kind == "none" else met

    def _counted(self, targets: Cents) -> dict[int, Met]:
        """By number of the question what dynamic programming counts, where its table fits the work bound."""
        met: dict[int, Met] = {}
        for at, target in enumerate(targets.tolist()):
            table = count_in_table(self.pool, target, self.bounds.max_size, self.bounds.work * _CELLS_A_STEP)
            if table is not None:
                rivals = max(table.distinct - 1, 0)
                met[at] = Met(table.members, table.sets, table.distinct, rivals, exact=table.exact, bounded=False)
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

    def _met(self, hits: Hits) -> Met:
        bounded = self.bounded or not hits.complete
        count = len(hits.members)
        if not count:
            return Met((), 0, 0, 0, exact=not bounded, bounded=bounded)
        # Rows are ascending by amount: the smallest sum is the smallest fee; then the smallest amounts.
        first = 0
        if count > 1:
            first = np.lexsort((*hits.members.T[::-1], self.lines.amounts[hits.members].sum(axis=1)))[0]
        best = tuple(sorted(self.lines.origin[hits.members[first]].tolist()))
        sets = count if self.lines.plain else int(count_swaps(self.lines, hits.members).sum())
        few = hits.members if count <= FEW_READINGS else hits.members[:0]
        each = tuple(tuple(sorted(self.lines.origin[members].tolist())) for members in few)
        return Met(best, sets, count, count - 1, exact=not bounded, bounded=bounded, each=each)


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
    return find_each([Asked(pool.tolist(), targets.tolist())], bounds, *fees)[0]


def find_each(asked: Sequence[Asked], bounds: Bounds, *fees: Fee) -> list[list[SumFound]]:
    """For each pool what `find_sums` gives; small pools of one shape are looked through together.

    Raises: InvariantBroken if an amount is too large to be added safely.
    """
    every = chain.from_iterable((*one.pool, *one.targets) for one in asked)
    check_amounts(np.array([*every], dtype=np.int64), bounds)
    found: list[list[SumFound]] = [[] for _ in asked]
    believed: list[_Believed] = []
    for pools, numbers in _prepared(asked, bounds):
        nothing = Met((), 0, 0, 0, exact=not pools.bounded, bounded=pools.bounded)
        alone = [_singles(asked[number]) for number in numbers]
        for row, met in enumerate(_met_of(pools, [asked[number].targets for number in numbers], alone, fees)):
            number = numbers[row]
            for at, target in enumerate(asked[number].targets):
                if at not in met and target not in alone[row] and not pools.bounded:
                    found[number].append(_NOTHING)
                    continue
                best, kind = met.get(at, (nothing, "none"))
                cut = best.bounded or (pools.bounded and bool(fees) and not best.best)
                singles = alone[row].get(target, ())
                if best.best and not singles:
                    believed.append(_Believed(number, at, best, kind, cut))
                exact = best.exact and not cut
                found[number].append(SumFound((), singles, 0, "none", None, best.sets, best.distinct, exact, 1.0, cut))
    for one, answer in zip(believed, _weighed(asked, believed, fees), strict=True):
        found[one.number][one.at] = answer
    return found


def _singles(asked: Asked) -> dict[int, tuple[int, ...]]:
    """By target the lines of the pool that are it by themselves."""
    both = {*asked.pool}.intersection(asked.targets)
    return {one: tuple(at for at, amount in enumerate(asked.pool) if amount == one) for one in both}


def _met_of(
    pools: _Pools, targets: Sequence[Sequence[int]], alone: Sequence[dict[int, tuple[int, ...]]], fees: Sequence[Fee]
) -> list[dict[int, tuple[Met, FeeKind]]]:
    """For each pool by number of the target the sets that were met, those without a fee before those with one."""
    found: list[dict[int, tuple[Met, FeeKind]]] = [{} for _ in targets]
    asked = [(row, at) for row, some in enumerate(targets) for at in range(len(some))]
    kinds = [kind for kind in _FEE_KINDS if kind == "rated" or any(fee.cap > 0 for fee in fees)]
    for kind in ("none", *(kinds if fees else ())):
        if kind != "none":  # whoever has an answer asks no further
            asked = [
                (row, at)
                for row, at in asked
                if targets[row][at] not in alone[row] and not (at in found[row] and found[row][at][0].best)
            ]
        if not asked:
            break
        rows = np.array([row for row, _ in asked], dtype=np.intp)
        wanted = np.array([targets[row][at] for row, at in asked], dtype=np.int64)
        for number, met in pools.ask(rows, wanted, kind, fees).items():
            row, at = asked[number]
            found[row][at] = (found[row][at][0].joined(met) if at in found[row] else met), kind
    return found


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


def _prepared(asked: Sequence[Asked], bounds: Bounds) -> Iterator[tuple[_Pools, list[int]]]:
    """The pools made ready for their targets, small ones of one shape together, and which of those asked they are."""
    shapes: dict[bytes, list[tuple[int, Lines]]] = {}
    for number, one in enumerate(asked):
        pool = np.array(one.pool, dtype=np.int64)
        lines = collapse(pool, bounds.max_size)
        largest, left = largest_size(len(lines), bounds)
        bounded, candidates = largest < min(bounds.max_size, len(lines)), left // _STEPS_A_CANDIDATE
        sets, matched = subsets_of(len(lines), largest)
        few = 0 < sets <= bounds.few_sets and sets * len(one.targets) <= ANSWERS_AT_ONCE
        if few and not bounded and matched <= candidates:  # where halves would have been cut short, the answer says so
            shapes.setdefault(lines.shape, []).append((number, lines))
            continue
        levels = build_levels(lines, (largest + 1) // 2) if largest > 1 else ()
        yield _Search(pool, bounds, lines, levels, largest, bounded, candidates), [number]
    for alike in shapes.values():
        lines = alike[0][1]
        amounts, origin = (np.stack([getattr(one, name) for _, one in alike]) for name in ("amounts", "origin"))
        subsets = list_subsets(lines, largest_size(len(lines), bounds)[0])
        yield Listed(lines, subsets, amounts, origin), [number for number, _ in alike]


def _taken_sums(target: int, size: int, kind: FeeKind, fees: Sequence[Fee]) -> Cents:
    """Every sum of lines that would have been taken before or as the one that was."""
    if kind == "none":
        return np.array([target], dtype=np.int64)
    rated = [gross for fee in fees for gross in likely_gross(target, size, fee)]
    reach = max(fee.cap for fee in fees) if kind == "capped" else 0
    grain = max((grain_of(fee.scale) for fee in fees), default=1)
    return np.union1d(np.arange(target, target + reach + 1, grain), np.array(rated, dtype=np.int64))


@dataclass(frozen=True)
class _Believed:
    """A target that met sets of its pool and no single line."""

    number: int  # of the pool
    at: int  # of the target
    met: Met
    kind: FeeKind
    bounded: bool


def _weighed(asked: Sequence[Asked], believed: Sequence[_Believed], fees: Sequence[Fee]) -> list[SumFound]:
    """The best set of each, with how likely it is by accident."""
    numbers = [*dict.fromkeys(one.number for one in believed)]
    pools = [np.array(asked[number].pool, dtype=np.int64) for number in numbers]
    accidents = dict(zip(numbers, learn_each(pools), strict=True))
    amounts = [np.array([asked[one.number].pool[at] for at in one.met.best], dtype=np.int64) for one in believed]
    targets = [asked[one.number].targets[one.at] for one in believed]
    sums = [
        _taken_sums(target, len(one.met.best), one.kind, fees) for one, target in zip(believed, targets, strict=True)
    ]
    of_pools = (accidents[one.number] for one in believed)
    among = (asked[one.number].among for one in believed)
    every = [None if some is None else some[one.at] for some, one in zip(among, believed, strict=True)]
    expected = sets_like([*zip(of_pools, amounts, sums, every, strict=True)])
    return [_answer(*one, fees) for one in zip(believed, targets, amounts, expected, strict=True)]


def _answer(one: _Believed, target: int, amounts: Cents, expected: float, fees: Sequence[Fee]) -> SumFound:
    missing, met = int(amounts.sum()) - target, one.met
    explains = (fee for fee in fees if one.kind == "rated" and int(fee_of(amounts[None, :], fee)[0]) == missing)
    return SumFound(
        members=met.best,
        fee_cents=missing,
        fee_kind=one.kind,
        fee=next(explains, None),
        alternatives=met.sets - 1,
        distinct_alternatives=met.distinct - 1,
        alternatives_exact=met.exact,
        chance=chance_of(expected, met.rivals),
        bounded=one.bounded,
        each=tuple(sorted(met.each)),
        chance_alone=chance_of(expected, 0),
    )
