"""The pairs of least total cost among candidates, with every tie told: by connected components, over twins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import perm
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.matching.claims import MEMBERS
from recon.matching.components import components
from recon.matching.hungarian import solve_hungarian
from recon.matching.repeated import is_repeated

Ints = NDArray[np.int64]
Ranks = tuple[dict[int, int], dict[int, int]]  # of each side: row to its place in the order of ids
_DENSE = 64  # nodes a side up to which each tie is tried by solving again; above it, a linear programme
MOST_TOLD: Final = 10**18  # readings; more are no number that a person reads
_ROWS = 2**32  # more than a side has
MOST_EDGES = 400_000  # candidate pairs of one component beyond which the search says that it was bounded


@dataclass(frozen=True)
class Assigned:
    """Sure pairs, and sets of lines of which several readings do equally well.

    `pairs`: left, right, cost, alternatives (other lines equal in every field). `ties`: set, side, row.
    `counts`: set, alternatives, alternatives_exact, bounded.
    """

    pairs: pl.DataFrame
    ties: pl.DataFrame
    counts: pl.DataFrame


@dataclass(frozen=True)
class Twins:
    """Lines of one side of which those equal in every compared field count as one.

    `first` has the first line of each; `rows` all rows, in the order of ids, of those that have twins.
    """

    first: pl.DataFrame
    rows: dict[int, Ints]

    def of(self, row: int) -> Ints:
        """All rows that are equal to this first one."""
        found = self.rows.get(row)
        return np.array([row], dtype=np.int64) if found is None else found

    def later(self) -> pl.Series:
        """The rows of twins but for the first of each."""
        return pl.Series([row for some in self.rows.values() for row in some[1:].tolist()], dtype=pl.UInt32)


def twins(lines: pl.DataFrame, apart: pl.Series) -> Twins:
    """The open lines by what they say: every column but row and id.

    The rows of `apart` have no twins: a person decided something about just these lines.
    """
    fields = [name for name in lines.columns if name not in ("row", "id")]
    alike = is_repeated(lines[fields].hash_rows(seed=3))
    if apart.len():
        alike &= ~lines["row"].is_in(apart.implode())
    if not alike.any():
        return Twins(lines, {})
    name = pl.col("id").cast(pl.String)  # a longer id is a later one: L9 before L10
    grouped = (
        lines.filter(alike).sort(name.str.len_chars(), name).group_by(fields, maintain_order=True).agg("row", "id")
    )
    first = grouped.with_columns(pl.col("row", "id").list.first()).select(lines.columns)
    several = grouped["row"].filter(grouped["row"].list.len() > 1)
    rows = {int(some[0]): np.asarray(some, dtype=np.int64) for some in several.to_list()}
    return Twins(pl.concat([lines.filter(~alike), first]), rows)


def as_judged(pairs: pl.DataFrame, judged: pl.DataFrame, left: Twins, right: Twins) -> pl.DataFrame:
    """The pairs (left, right, ...) with their first twins (_left, _right) and what was judged of those.

    `judged` has every pair of first twins that can stand in a pair, once, in the order of left and right.
    """
    firsts = {}
    for side, found in (("left", left), ("right", right)):
        of_twins = {int(row): first for first, rows in found.rows.items() for row in rows}
        firsts[f"_{side}"] = pairs[side].replace(of_twins) if of_twins else pairs[side]
    asked = pair_numbers(firsts["_left"], firsts["_right"])
    at = np.searchsorted(pair_numbers(judged["left"], judged["right"]), asked)
    told = judged.drop("left", "right", "cost")[at] if len(at) else judged.drop("left", "right", "cost").clear()
    return pairs.with_columns(**firsts).hstack(told)


def pair_numbers(left: pl.Series, right: pl.Series) -> Ints:
    """One whole number for each pair of rows, in the order of left and right."""
    numbers: Ints = left.to_numpy().astype(np.int64) * _ROWS + right.to_numpy()
    return numbers


@dataclass(frozen=True)
class _Tie:
    lefts: Ints
    rights: Ints
    alternatives: int
    exact: bool
    bounded: bool = False


COPY_DAYS = 5  # an entry made twice is made twice within a working week; the same one later is a recurring one


def later_copies(lines: pl.DataFrame, *, but: Sequence[str] = ()) -> pl.Series:
    """True for each line that says what a line of its own side said up to COPY_DAYS before: of two the original
    is the earlier. Only lines with a reference or a text can say the same; columns of `but` may differ."""
    says = [name for name in lines.columns if name not in ("row", "id", "date", *but)]
    spoken = pl.any_horizontal(pl.col(name).is_not_null() for name in ("reference", "text") if name in says)
    alike = lines[says].hash_rows(seed=7)
    repeated = is_repeated(alike)
    if not repeated.any():
        return repeated
    several = lines.with_columns(_says=alike).filter(repeated & lines.select(spoken).to_series())
    name = pl.col("id").cast(pl.String)
    gap = (pl.col("date") - pl.col("date").shift(1).over("_says")).dt.total_days()
    copies = several.sort("date", name.str.len_chars(), name).filter(gap <= COPY_DAYS)["row"]
    return lines["row"].is_in(copies.implode())


@dataclass
class _Answer:
    pairs: list[tuple[int, int, int, int]] = field(default_factory=list)
    ties: list[_Tie] = field(default_factory=list)


def assign_pairs(candidates: pl.DataFrame, left: Twins, right: Twins, *, limit: int, margin: int) -> Assigned:
    """The pairs whose total cost is least, each line at most once, where a line alone costs `limit`.

    `candidates` has one row per possible pair of first twins: left, right (rows), cost (whole points up to
    `limit`). A pair without which the total would rise by no more than `margin` is a tie: it is told with all
    lines of the other readings, never made. Twins pair in the order of their ids, since every pairing of them
    says the same; the surplus of a side stays open.

    A component of n lines and m candidates takes O(n^3) up to 64 lines a side and a linear programme of m
    variables above; one of more than MOST_EDGES candidates is not solved and told as bounded.
    """
    if candidates.is_empty():
        return none_assigned()
    lonely = ~(is_repeated(candidates["left"]) | is_repeated(candidates["right"]))
    if left.rows or right.rows:
        lonely &= ~(candidates["left"].is_in(list(left.rows)) | candidates["right"].is_in(list(right.rows)))
    plain = candidates.filter(lonely).select("left", "right", "cost", alternatives=pl.lit(0, pl.UInt64))
    rest = candidates.filter(~lonely)
    answer = _Answer()
    if rest.height:
        ranks = _ranks(left.first, rest["left"]), _ranks(right.first, rest["right"])
        edges = tuple(rest[name].to_numpy().astype(np.int64) for name in ("left", "right", "cost"))
        for part in _components(*_cheapest(*edges)):
            _Component(part, left, right, limit, margin).solve(answer, ranks)
    sure = pl.DataFrame(answer.pairs, schema=plain.schema, orient="row")
    return Assigned(pl.concat([plain, sure]), *_tie_frames(answer.ties))


def none_assigned() -> Assigned:
    """What no candidates give: no pairs and no ties."""
    pairs = {"left": pl.UInt32, "right": pl.UInt32, "cost": pl.Int64, "alternatives": pl.UInt64}
    return Assigned(pl.DataFrame(schema=pairs), *_tie_frames([]))


def _tie_frames(ties: list[_Tie]) -> tuple[pl.DataFrame, pl.DataFrame]:
    parts = [pl.DataFrame(schema=MEMBERS)]
    for number, tie in enumerate(ties):
        for side, rows in (("left", tie.lefts), ("right", tie.rights)):
            parts.append(
                pl.select(set=pl.lit(number), side=pl.lit(side), row=pl.Series(np.sort(rows))).cast(MEMBERS)  # type: ignore[arg-type]
            )
    counts = pl.DataFrame(
        [(number, tie.alternatives, tie.exact, tie.bounded) for number, tie in enumerate(ties)],
        schema={"set": pl.UInt32, "alternatives": pl.UInt64, "alternatives_exact": pl.Boolean, "bounded": pl.Boolean},
        orient="row",
    )
    return pl.concat(parts), counts


def _cheapest(i: Ints, j: Ints, cost: Ints) -> tuple[Ints, Ints, Ints]:
    """One edge per pair of nodes, the cheapest, by position."""
    order = np.lexsort((cost, j, i))
    i, j, cost = i[order], j[order], cost[order]
    first = np.ones(len(i), dtype=np.bool_)
    first[1:] = (i[1:] != i[:-1]) | (j[1:] != j[:-1])
    return i[first], j[first], cost[first]


def _components(i: Ints, j: Ints, cost: Ints) -> Iterator[tuple[Ints, Ints, Ints]]:
    for some in _split(i, j):
        yield i[some], j[some], cost[some]


def _split(i: Ints, j: Ints) -> list[Ints]:
    """The edges of each connected component, by position."""
    if not len(i):
        return []
    lefts, at_left = np.unique(i, return_inverse=True)
    rights, at_right = np.unique(j, return_inverse=True)
    label = components(at_left, len(lefts) + at_right, len(lefts) + len(rights))[at_left]
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    return np.split(order, cuts)


class _Component:
    """One connected component of twins: nodes with a number of lines each, and what a pair of nodes costs."""

    def __init__(self, edges: tuple[Ints, Ints, Ints], lefts: Twins, rights: Twins, limit: int, margin: int) -> None:
        self.cost, self.limit, self.margin = edges[2], limit, margin
        self.left_nodes, self.i = np.unique(edges[0], return_inverse=True)
        self.right_nodes, self.j = np.unique(edges[1], return_inverse=True)
        self.left_rows = [lefts.of(int(node)) for node in self.left_nodes]
        self.right_rows = [rights.of(int(node)) for node in self.right_nodes]
        self.left_count = np.array([len(rows) for rows in self.left_rows], dtype=np.int64)
        self.right_count = np.array([len(rows) for rows in self.right_rows], dtype=np.int64)

    def solve(self, answer: _Answer, ranks: Ranks) -> None:
        """Add the sure pairs and the ties of this component to the answer."""
        if len(self.cost) == 1:
            self._take(
                np.minimum(self.left_count[:1], self.right_count[:1]), np.zeros(0, dtype=np.int64), answer, ranks
            )
            return
        if len(self.cost) > MOST_EDGES:
            lefts, rights = np.concatenate(self.left_rows), np.concatenate(self.right_rows)
            answer.ties.append(_Tie(lefts, rights, 1, exact=False, bounded=True))
            return
        edges = self.i, self.j, self.cost
        counts = (
            np.minimum(self.left_count, self.right_count.sum()),
            np.minimum(self.right_count, self.left_count.sum()),
        )
        if max(int(many.sum()) for many in counts) <= _DENSE:
            flow, unsure = solve_hungarian(edges, *counts, limit=self.limit, margin=self.margin)
        else:
            from recon.matching.flow import solve_flow  # noqa: PLC0415 (slow to import, and seldom needed)

            flow, unsure = solve_flow(edges, *counts, limit=self.limit, margin=self.margin)
        self._claim(flow, unsure, answer, ranks)

    def _claim(self, flow: Ints, unsure: NDArray[np.bool_], answer: _Answer, ranks: Ranks) -> None:
        held = np.zeros(len(flow), dtype=np.bool_)
        for edges in _connected(self.i, self.j, unsure):
            lefts, left_degree = np.unique(self.i[edges], return_counts=True)
            rights, right_degree = np.unique(self.j[edges], return_counts=True)
            single = self.left_count[lefts] == 1, self.right_count[rights] == 1
            readings = self._all_readings(edges, *single)
            exact = 0 < readings <= MOST_TOLD
            # A single line is in at most one pair of a reading, so each of its pairs is of another one.
            least = readings or int(max([2, *left_degree[single[0]], *right_degree[single[1]]]))
            rows = [self.left_rows[node] for node in lefts], [self.right_rows[node] for node in rights]
            answer.ties.append(_Tie(_joined(rows[0]), _joined(rows[1]), min(least, MOST_TOLD) - 1, exact))
            held |= np.isin(self.i, lefts) | np.isin(self.j, rights)
        self._take(flow, np.flatnonzero(held), answer, ranks)

    def _all_readings(self, edges: Ints, single_left: NDArray[np.bool_], single_right: NDArray[np.bool_]) -> int:
        """How many readings a tie has where each of its lines may stand with each of the others; 0: nobody counted.

        Then every choice of as many pairs as there can be is within the margin, and no choice of fewer is. Twins
        against one line are one reading: any of them says the same.
        """
        sizes = len(single_left), len(single_right)
        pairs, cost = min(sizes), self.cost[edges]
        is_whole = len(edges) == sizes[0] * sizes[1] and int(cost.max() - cost.min()) * pairs <= self.margin
        if not is_whole or self.limit - int(cost.max()) <= self.margin:
            return 0
        alone = (single_left, single_right)
        if any(len(one) == 1 and one.all() for one in alone) or all(one.all() for one in alone):
            return perm(max(sizes), pairs)
        return 0

    def _order(self, edge: int, ranks: Ranks) -> tuple[int, int]:
        return ranks[0][int(self.left_nodes[self.i[edge]])], ranks[1][int(self.right_nodes[self.j[edge]])]

    def _take(self, flow: Ints, unsure: Ints, answer: _Answer, ranks: Ranks) -> None:
        """Pair the lines of each sure edge in the order of their ids."""
        used_left = np.zeros(len(self.left_rows), dtype=np.int64)
        used_right = np.zeros(len(self.right_rows), dtype=np.int64)
        sure = np.setdiff1d(np.flatnonzero(flow), unsure)
        for edge in sorted(sure, key=lambda edge: self._order(edge, ranks)):
            i, j, count = self.i[edge], self.j[edge], int(flow[edge])
            lefts = self.left_rows[i][used_left[i] : used_left[i] + count]
            rights = self.right_rows[j][used_right[j] : used_right[j] + count]
            twins = max(len(self.left_rows[i]), len(self.right_rows[j])) - 1
            used_left[i] += count
            used_right[j] += count
            cost = int(self.cost[edge])
            answer.pairs += [(int(a), int(b), cost, twins) for a, b in zip(lefts, rights, strict=True)]


def _ranks(first: pl.DataFrame, rows: pl.Series) -> dict[int, int]:
    """The place of each row in the order of ids, which no order of rows changes."""
    name = pl.col("id").cast(pl.String)
    ordered = first.filter(pl.col("row").is_in(rows.unique().implode())).sort(name.str.len_chars(), name)
    return {row: rank for rank, row in enumerate(ordered["row"].to_list())}


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _connected(i: Ints, j: Ints, live: NDArray[np.bool_]) -> Iterator[Ints]:
    """The live edges by connected component, in the order of their first edges."""
    edges = np.flatnonzero(live)
    for some in _split(i[edges], j[edges]):
        yield edges[some]
