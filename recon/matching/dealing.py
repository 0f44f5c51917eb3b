"""Equal lines dealt out to the sums that want them, in the order of ids, where every way to do so says the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import comb, prod

from recon.matching.packing import tangles


@dataclass(frozen=True)
class Wanted:
    """The set that one sum wants, and how many sets would do as well, itself included."""

    one: int
    rows: tuple[int, ...]
    readings: int


@dataclass(frozen=True)
class Dealt:
    """The lines that one sum takes, and of how many equal ones: "2 of 4"; empty where it had no choice."""

    rows: tuple[int, ...]
    shares: tuple[str, ...]


def deal(wanted: Sequence[Wanted], equal: Mapping[int, Sequence[int]], contended: AbstractSet[int]) -> dict[int, Dealt]:
    """By sum what it takes, of the sums whose sets differ only by equal lines of which nothing is left over.

    `equal` holds for each line that has twins all of them that are free, in the order of ids; `contended` are lines
    that other sums may need. Sums that want lines of one kind are dealt with together: all of them in the order of
    their ids, or none where they want more of it, or less, than there is. Linear in the lines of the sets.
    """
    some = [one for one in wanted if _swaps_only(one, equal)]
    needs = [Counter(_kind(row, equal)[0] for row in one.rows) for one in some]
    dealt: dict[int, Dealt] = {}
    for together in tangles([frozenset(need) for need in needs]):
        demand = sum((needs[at] for at in together), Counter[int]())
        stock = {kind: _kind(kind, equal) for kind in demand}
        complete = all(len(stock[kind]) == many for kind, many in demand.items())
        if complete and all(contended.isdisjoint(lines) for lines in stock.values()):
            begun = Counter[int]()
            for at in sorted(together, key=lambda at: some[at].one):
                dealt[some[at].one] = _hand_out(needs[at], stock, begun)
    return dealt


def _kind(row: int, equal: Mapping[int, Sequence[int]]) -> Sequence[int]:
    """The free lines that are equal to this one, itself included; the first one names the kind."""
    return equal.get(row, (row,))


def _swaps_only(one: Wanted, equal: Mapping[int, Sequence[int]]) -> bool:
    """True where all readings take so many lines of each kind, whichever they are."""
    need = Counter(_kind(row, equal)[0] for row in one.rows)
    return prod(comb(len(_kind(kind, equal)), many) for kind, many in need.items()) == one.readings


def _hand_out(need: Counter[int], stock: Mapping[int, Sequence[int]], begun: Counter[int]) -> Dealt:
    rows: list[int] = []
    for kind, many in need.items():
        rows += stock[kind][begun[kind] : begun[kind] + many]
        begun[kind] += many
    shares = (f"{many} of {len(stock[kind])}" for kind, many in need.items() if many < len(stock[kind]))
    return Dealt(tuple(sorted(rows)), tuple(shares))
