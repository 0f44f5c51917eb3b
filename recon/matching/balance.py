"""Pass for several lines against several: the smallest groups of both sides with equal sums."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from pydantic import with_config

from recon.matching.allowed import Count, Days, Name, Odds, Several, UndatedColumns
from recon.matching.both_sides import BothFound, find_both_sides
from recon.matching.claims import MEMBERS, NOTES, SETS, STRICT, Claims, Open, claims_of
from recon.matching.odds import odds
from recon.matching.partitions import Partitions, count_partitions
from recon.matching.sums import Bounds

Rows = tuple[tuple[int, ...], tuple[int, ...]]  # left and right rows of one group
Line = tuple[str, int]  # side and row


def _lines(rows: Rows) -> list[Line]:
    return [("left", row) for row in rows[0]] + [("right", row) for row in rows[1]]


@with_config(STRICT)
@dataclass(frozen=True)
class Balance:
    """Groups of several lines of both sides that sum to the same, of which no part does.

    Candidates agree on `agree` and the currency and lie within `days` of one another. A group of up to
    `most_lines` lines is claimed where nothing else within the bounds claims any of its lines: a match below
    the chance `suggest_from`, a suggestion above it. Where all lines of a pool can be shared out in more than
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

    def learned(self, lines: Open) -> Balance:
        """The pass with its key columns spelled out."""
        return replace(self, agree=lines.spelled(self.agree))

    def find(self, lines: Open) -> Claims:
        """The groups that are certain, then the pools that can be shared out in several ways."""
        rejected = set(lines.rejected.iter_rows())
        found: dict[Rows, list[BothFound]] = {}
        shared: list[tuple[Rows, Partitions]] = []
        cut: list[tuple[str, int]] = []
        for left, right in self._pools(lines):
            if len(left) + len(right) > self.most_pool:
                cut += _lines((tuple(left), tuple(right)))
                continue
            ways = self._ways(left, right)
            if ways is not None and ways.ways > 1:
                shared.append(((tuple(left), tuple(right)), ways))
                continue
            for rows, group in self._groups(left, right):
                if not any((a, b) in rejected for a in rows[0] for b in rows[1]):
                    found.setdefault(rows, []).append(group)
        bounded = f"search bounded by the pass {self.name}: more than {self.most_pool} lines within {self.days} days"
        notes = pl.DataFrame([(*line, bounded) for line in dict.fromkeys(cut)], schema=NOTES, orient="row")
        return replace(self._claims(found, shared), notes=notes)

    def _pools(self, lines: Open) -> Iterator[tuple[dict[int, int], dict[int, int]]]:
        """Lines of each span of days that agree: row to units, of both sides, too many to be searched or not."""
        keys = [*self.agree, "currency"]
        sides = [
            frame.drop_nulls("date").select("row", "units", "date", *keys, side=pl.lit(name))
            for name, frame in (("left", lines.left), ("right", lines.right))
        ]
        both = pl.concat(sides).filter(pl.col("side").n_unique().over(keys) > 1).sort("date", "side", "row")
        for part in both.partition_by(keys, maintain_order=True):
            seen: set[Rows] = set()
            for day in part["date"].unique().sort():
                near = part.filter(pl.col("date").is_between(day, day + dt.timedelta(days=self.days)))
                left, right = (
                    dict(near.filter(side=name).select("row", "units").iter_rows()) for name in ("left", "right")
                )
                rows = (tuple(left), tuple(right))
                if left and right and len(left) + len(right) > 2 and rows not in seen:
                    seen.add(rows)
                    yield left, right

    def _ways(self, left: dict[int, int], right: dict[int, int]) -> Partitions | None:
        """How the side with more lines can be shared out over the other; None where the sums differ."""
        parts, totals = sorted((list(left.values()), list(right.values())), key=len, reverse=True)
        if sum(parts) != sum(totals) or min(*parts, *totals) <= 0 or len(totals) < 2:
            return None
        return count_partitions(parts, totals, self.work)

    def _groups(self, left: dict[int, int], right: dict[int, int]) -> Iterator[tuple[Rows, BothFound]]:
        lefts, rights = (np.array(list(side.values()), dtype=np.int64) for side in (left, right))
        for group in find_both_sides(lefts, rights, Bounds(self.most_lines, self.work)).groups:
            yield (tuple(list(left)[at] for at in group.left), tuple(list(right)[at] for at in group.right)), group

    def _claims(self, found: dict[Rows, list[BothFound]], shared: list[tuple[Rows, Partitions]]) -> Claims:
        agreed = ", ".join([*(name.removeprefix("key_") for name in self.agree), "the sum"])
        told: list[tuple[Rows, tuple[object, ...]]] = []
        for rows, ways in shared:
            words = f"{ways.ways:,} ways to share them out, {ways.distinct:,} up to equal lines"
            told.append((rows, ("ambiguous", None, agreed, ways.ways - 1, ways.exact, None, words)))
        claimants = Counter(line for rows in found for line in _lines(rows))
        for rows, seen in sorted(found.items()):
            alone = all(claimants[line] == 1 for line in _lines(rows))
            evidence = self._evidence(seen, agreed, alone=alone)
            told += [(rows, evidence)] if evidence else []
        return _as_claims(told)

    def _evidence(self, seen: list[BothFound], agreed: str, *, alone: bool) -> tuple[object, ...] | None:
        """kind, cause, agreed, alternatives, alternatives_exact, chance, words; None where it says nothing."""
        chance = max(one.chance for one in seen)
        likely = chance >= self.suggest_from
        if alone and all(one.is_unique for one in seen):
            words = f"no other group uses these lines; {odds(chance)}"
            return "suggestion" if likely else "match", None, agreed, 0, True, chance, words
        others = max(1, *(one.alternatives for one in seen))
        exact = all(one.alternatives_exact for one in seen)
        return None if likely else ("ambiguous", None, agreed, others, exact, chance, "other groups use the same lines")


def _as_claims(told: list[tuple[Rows, tuple[object, ...]]]) -> Claims:
    """The groups that share no line, those told first before those told later."""
    members: list[tuple[int, str, int]] = []
    sets: list[tuple[object, ...]] = []
    taken: set[Line] = set()
    for rows, evidence in told:
        lines = _lines(rows)
        if taken.isdisjoint(lines):
            taken.update(lines)
            members += [(len(sets), *line) for line in lines]
            sets.append((len(sets), *evidence))
    return claims_of(
        None, pl.DataFrame(members, schema=MEMBERS, orient="row"), pl.DataFrame(sets, schema=SETS, orient="row")
    )
