"""The best set for one sum: what its pools hold, which other readings there are, and how far accident explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import comb

from recon.matching.sums import Asked, SumFound

CLEARER = 100  # of two sets that claim one line, the one so many times less likely by accident is believed
_MOST_LISTED = 24  # lines of a question that a person looks through


@dataclass(frozen=True)
class Option:
    """The best set for one sum in one pool."""

    one: int
    rows: tuple[int, ...]
    pool: int  # lines among which it was found
    found: SumFound
    twins: bool  # every other set only swaps lines of one amount
    every: tuple[int, ...]  # the lines of all its readings, or of the best set where they are too many
    whole: bool  # `every` has them all
    readings: tuple[tuple[int, ...], ...] = ()  # all sets for the sum, where they are few and no lines can be swapped
    shares: tuple[str, ...] = ()  # "2 of 4": lines taken in the order of ids, of so many equal ones
    others: int = 0  # its other readings, which other sums need
    contested: bool = False  # other sets, or single lines, may need some of its lines; a worse choice would come of it

    @property
    def order(self) -> tuple[float, int, int]:
        """The least likely by accident first, then the smallest, then by id."""
        return self.found.chance, len(self.rows), self.one


def option_of(one: int, rows: Sequence[int], asked: Asked, found: SumFound) -> Option:
    """What was found for a sum, by the lines of its pool."""
    best = tuple(rows[at] for at in found.members)
    amounts = {asked.pool[at] for members in found.each for at in members}
    alike = tuple(row for row, amount in zip(rows, asked.pool, strict=True) if amount in amounts)
    whole = 0 < len(alike) <= _MOST_LISTED
    plain = found.alternatives_exact and found.alternatives == found.distinct_alternatives
    readings = tuple(tuple(rows[at] for at in members) for members in found.each) if plain else ()
    is_twins = found.distinct_alternatives == 0
    return Option(one, best, len(rows), found, is_twins, alike if whole else best, whole, readings)


def best_of(options: Sequence[Option]) -> Option:
    """The least likely by accident; where another pool holds another set as good, not the only one."""
    ranked = sorted(options, key=lambda option: (*option.order, option.rows))
    best = ranked[0]
    near = [o for o in ranked if o.found.chance < best.found.chance * CLEARER]
    rivals = {o.rows for o in near} - {best.rows}
    if not rivals:
        return best
    more = replace(
        best.found,
        alternatives=best.found.alternatives + len(rivals),
        distinct_alternatives=best.found.distinct_alternatives + len(rivals),
    )
    every = tuple(sorted({*best.every, *(row for rows in rivals for row in rows)}))
    known = {rows for option in near for rows in option.readings} if all(option.readings for option in near) else set()
    whole = all(option.whole for option in options)
    return replace(best, found=more, twins=False, every=every, whole=whole, readings=tuple(sorted(known)))


def of_several(option: Option, pools: Sequence[int]) -> Option:
    """The set with the chance that any of several pools, of so many lines, holds one as good by accident, at most.

    Each of them holds one as unlikely at most as often as this one does; a small one hardly any.
    """
    size = len(option.rows)
    times = min(len(pools), sum(_sets(lines, size) for lines in pools) / _sets(option.pool, size))
    chance, alone = (min(one * times, 1.0) for one in (option.found.chance, option.found.chance_alone))
    return replace(option, found=replace(option.found, chance=chance, chance_alone=alone))


@cache
def _sets(lines: int, size: int) -> int:
    """How many sets of two lines up to so many there are."""
    return sum(comb(lines, some) for some in range(2, size + 1))
