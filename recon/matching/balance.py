"""Pass for several lines against several: the smallest groups of both sides with equal sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from pydantic import with_config

from recon.matching.allowed import Count, Days, Name, Odds, Several, Share, UndatedColumns
from recon.matching.both_sides import BothFound, find_both_sides
from recon.matching.claims import MEMBERS, NOTES, SETS, STRICT, Claims, Open, claims_of
from recon.matching.odds import odds
from recon.matching.packing import tangles
from recon.matching.partitions import Partitions, count_partitions
from recon.matching.sums import Bounds

Places = tuple[int, ...]  # of lines in the order of dates, sides and ids, ascending
Amounts = dict[int, int]  # place of a line to its units
_MOST_LISTED = 24  # lines of a question that a person looks through


@with_config(STRICT)
@dataclass(frozen=True)
class Balance:
    """Groups of several lines of both sides that sum to the same, of which no part does.

    Candidates agree on `agree` and the currency and lie within `days` of one another. A group of up to
    `most_lines` lines is claimed where nothing else within the bounds claims any of its lines: a match below
    the chance `suggest_from`, a suggestion above it; what such pools hold by accident more often than `most_chance`
    says nothing. Groups that claim the same lines are one *ambiguous* group with
    the lines of all of them, where they are few. Where all lines of a pool can be shared out in more than
    one way, the pool is *ambiguous* and its ways are counted. Pools of more than `most_pool` lines are not
    searched: their lines say so, where they stay open.

    Time per pool of n lines is O(n^h log n), h half of `most_lines`; a pool is the lines of one span of days.
    """

    name: Name
    agree: UndatedColumns = ()
    days: Days = 2
    most_lines: Several = 5
    most_pool: Several = 24
    work: Count = 2_000_000
    suggest_from: Odds = 0.01
    most_chance: Share = 1.0

    def learned(self, lines: Open) -> Balance:
        """The pass with its key columns spelled out."""
        return replace(self, agree=lines.spelled(self.agree))

    def find(self, lines: Open) -> Claims:
        """The groups that are certain, and those that contend for lines, each with the groups it contends with."""
        both = self._agreeing(lines)
        sides, rows = both["side"].to_list(), both["came"].to_list()
        rejected = self._rejected(both, lines.rejected)
        shared: dict[Places, _Contender] = {}
        found: dict[Places, list[tuple[BothFound, Places]]] = {}
        cut: list[int] = []
        for left, right in self._pools(both):
            if len(left) + len(right) > self.most_pool:
                cut += [*left, *right]
                continue
            ways = self._ways(left, right)
            if ways is not None and ways.ways > 1:
                shared[*left, *right] = _all_ways((*left, *right), ways)
                continue
            for places, every, group in self._groups(left, right):
                if not any((a, b) in rejected for a in places for b in places):
                    found.setdefault(places, []).append((group, every))
        groups = (_contender(places, seen) for places, seen in found.items())
        contenders = [*shared.values(), *(one for one in groups if (one.chance or 0.0) <= self.most_chance)]
        told, unlisted = _told(contenders, self.suggest_from)
        bounded = f"search bounded by the pass {self.name}: more than {self.most_pool} lines within {self.days} days"
        notes = [(place, bounded) for place in dict.fromkeys(cut)]
        notes += [(place, f"{_too_many(count)} ({self.name})") for place, count in unlisted.items()]
        agreed = ", ".join([*(name.removeprefix("key_") for name in self.agree), "the sum"])
        members = [(number, sides[at], rows[at]) for number, one in enumerate(told) for at in one.places]
        sets = [(number, *one.evidence(agreed)) for number, one in enumerate(told)]
        claims = claims_of(
            None, pl.DataFrame(members, schema=MEMBERS, orient="row"), pl.DataFrame(sets, schema=SETS, orient="row")
        )
        noted = [(sides[place], rows[place], words) for place, words in notes]
        return replace(claims, notes=pl.DataFrame(noted, schema=NOTES, orient="row"))

    def _agreeing(self, lines: Open) -> pl.DataFrame:
        """The dated lines of both sides that agree with some of the other: side, came (their row), units, date ...

        By date, side and id; `row` is the place in that order, which no order of the sides changes.
        """
        keys = [*self.agree, "currency"]
        sides = [
            frame.drop_nulls("date").select("id", "units", "date", *keys, came="row", side=pl.lit(name))
            for name, frame in (("left", lines.left), ("right", lines.right))
        ]
        name = pl.col("id").cast(pl.String)
        both = pl.concat(sides).filter(pl.col("side").n_unique().over(keys) > 1)
        ordered = both.sort("date", "side", name.str.len_chars(), name)
        return ordered.with_columns(row=pl.int_range(pl.len(), dtype=pl.UInt32))

    def _rejected(self, both: pl.DataFrame, rejected: pl.DataFrame) -> set[tuple[int, int]]:
        """The places of rejected pairs."""
        left, right = (both.filter(side=side).select("row", **{side: "came"}) for side in ("left", "right"))
        pairs = rejected.join(left, on="left").join(right, on="right", suffix="_right")
        return set(pairs.select("row", "row_right").iter_rows())

    def _pools(self, both: pl.DataFrame) -> Iterator[tuple[Amounts, Amounts]]:
        """Lines of each span of days that agree: place to units, of both sides, too many to be searched or not."""
        for part in both.partition_by(*self.agree, "currency", maintain_order=True):
            seen: set[Places] = set()
            lines, days = part[["row", "units", "side"]], part["date"].to_physical().to_numpy()
            for day in np.unique(days):
                start, end = np.searchsorted(days, (day, day + self.days + 1)).tolist()
                near = lines[start:end].rows()
                left, right = ({row: units for row, units, side in near if side == name} for name in ("left", "right"))
                places = (*left, *right)
                if left and right and len(places) > 2 and places not in seen:
                    seen.add(places)
                    yield left, right

    def _ways(self, left: Amounts, right: Amounts) -> Partitions | None:
        """How the side with more lines can be shared out over the other; None where the sums differ."""
        parts, totals = sorted((list(left.values()), list(right.values())), key=len, reverse=True)
        if sum(parts) != sum(totals) or min(*parts, *totals) <= 0 or len(totals) < 2:
            return None
        return count_partitions(parts, totals, self.work)

    def _groups(self, left: Amounts, right: Amounts) -> Iterator[tuple[Places, Places, BothFound]]:
        """The places of each group, those of all groups that contend with it, and what is known of it."""
        places = [*left], [*right]
        lefts, rights = (np.array(list(side.values()), dtype=np.int64) for side in (left, right))
        for group in find_both_sides(lefts, rights, Bounds(self.most_lines, self.work)).groups:
            own, every = (
                (*(places[0][at] for at in some[0]), *(places[1][at] for at in some[1]))
                for some in ((group.left, group.right), (group.every_left, group.every_right))
            )
            yield own, every, group


@dataclass(frozen=True)
class _Contender:
    """A group, or a pool that can be shared out in several ways, and what else uses its lines."""

    places: Places
    every: frozenset[int]  # its lines, and those of every group that uses one of them
    alternatives: int
    exact: bool
    chance: float | None
    words: str
    certain: bool = False  # no other group uses its lines
    likely: bool = False  # it may be an accident

    def evidence(self, agreed: str) -> tuple[object, ...]:
        """kind, cause, agreed, alternatives, alternatives_exact, chance, words."""
        kind = "ambiguous" if not self.certain else "suggestion" if self.likely else "match"
        return kind, None, agreed, self.alternatives, self.exact, self.chance, self.words

    @property
    def order(self) -> tuple[float, int, Places]:
        """Pools shared out come first, then what is least likely by accident, then the smallest."""
        return (-1.0 if self.chance is None else self.chance), len(self.places), self.places


def _all_ways(places: Places, ways: Partitions) -> _Contender:
    words = f"{ways.ways:,} ways to share them out, {ways.distinct:,} up to equal lines"
    return _Contender(places, frozenset(places), ways.ways - 1, ways.exact, None, words)


def _contender(places: Places, seen: list[tuple[BothFound, Places]]) -> _Contender:
    """A group as several pools know it: what one of them holds against it counts."""
    groups = [group for group, _ in seen]
    chance = max(group.chance for group in groups)
    return _Contender(
        places,
        frozenset(at for _, every in seen for at in every),
        max(group.alternatives for group in groups),
        all(group.alternatives_exact for group in groups) and (len(groups) == 1 or all(g.is_unique for g in groups)),
        chance,
        f"no other group uses these lines; {odds(chance)}",
        certain=all(group.is_unique for group in groups),
    )


def _told(contenders: list[_Contender], suggest_from: float) -> tuple[list[_Contender], dict[int, int]]:
    """The groups to claim, none of which share a line; lines of questions too large to list, with their size."""
    met = _with_contending(contenders)
    believed = [one for one in met if one.chance is None or one.chance < suggest_from or one.certain]
    told: list[_Contender] = []
    unlisted: dict[int, int] = {}
    for tangle in tangles([one.every for one in believed]):
        some = sorted((believed[at] for at in tangle), key=lambda one: one.order)
        if len(some) == 1 and (some[0].certain or some[0].chance is None):
            told.append(replace(some[0], likely=(some[0].chance or 0.0) >= suggest_from))
            continue
        # One that is certain but for the others of its tangle, and a likely accident, says nothing.
        some = [one for one in some if one.chance is None or one.chance < suggest_from]
        every = frozenset(at for one in some for at in one.every)
        if some and len(every) <= _MOST_LISTED:
            told.append(_joined(some, every))
        elif some:
            taken: set[int] = set()
            for one in some:
                if taken.isdisjoint(one.places):
                    taken.update(one.places)
                    told.append(replace(_joined([one], frozenset(one.places)), words=_too_many(len(every))))
            unlisted |= dict.fromkeys(sorted(every - taken), len(every))
    return sorted(told, key=lambda one: one.places), unlisted


def _with_contending(contenders: list[_Contender]) -> list[_Contender]:
    """Each with the lines of those that use one of its own, which make it uncertain."""
    using: dict[int, set[int]] = {}
    for number, one in enumerate(contenders):
        for at in one.every:
            using.setdefault(at, set()).add(number)
    found = []
    for number, one in enumerate(contenders):
        others = {other for at in one.places for other in using[at]} - {number}
        lines = [contenders[other] for other in sorted(others)]
        own = {*one.places}
        every = one.every.union(*(other.every if own.isdisjoint(other.places) else other.places for other in lines))
        found.append(replace(one, every=every, certain=one.certain and not others))
    return found


def _joined(some: list[_Contender], every: frozenset[int]) -> _Contender:
    """One question about all of these groups and pools."""
    others = max(len(some) - 1, 1, *(one.alternatives for one in some))
    words = [one.words for one in some if one.chance is None]
    if not words or every != {*some[0].places}:
        words.append("other groups use the same lines")
    chances = [one.chance for one in some if one.chance is not None]
    exact = len(some) == 1 and some[0].exact and (some[0].alternatives > 0)
    return _Contender(tuple(sorted(every)), every, others, exact, max(chances, default=None), "; ".join(words))


def _too_many(count: int) -> str:
    return f"search bounded: groups that use the same lines have {count} lines in all, more than are listed"
