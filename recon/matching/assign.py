"""Optimal assignment on the connected components of candidate pairs; ties are told, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recon.matching.components import components

_ABSENT = 1_000_000  # far above every real cost: a pair that is no candidate


@dataclass(frozen=True)
class Edge:
    """A candidate pair by position, and what it would cost to believe it (whole points)."""

    left: int
    right: int
    cost: int


@dataclass(frozen=True)
class Alone:
    """What it costs to leave a position without a partner."""

    left: int
    right: Callable[[int], int]


@dataclass(frozen=True)
class Assigned:
    """One chosen pair, and the positions that would have done equally well in its place."""

    edge: Edge
    equal_left: tuple[int, ...]
    equal_right: tuple[int, ...]


def assign(edges: Sequence[Edge], alone: Alone | None = None) -> list[Assigned]:
    """The pairs of least total cost, each position at most once, by position.

    Without `alone` as many pairs as can be are made; with it a pair is made only where it costs less
    than leaving both sides alone. Edges to unpaired positions that cost the same are its ties.
    """
    if not edges:
        return []
    chosen = [edge for component in _components(edges) for edge in _solve(component, alone)]
    used_left, used_right = {edge.left for edge in chosen}, {edge.right for edge in chosen}
    by_left: dict[int, list[Edge]] = {}
    by_right: dict[int, list[Edge]] = {}
    for edge in edges:
        by_left.setdefault(edge.left, []).append(edge)
        by_right.setdefault(edge.right, []).append(edge)
    return [
        Assigned(
            edge,
            tuple(e.left for e in by_right[edge.right] if e.left not in used_left and e.cost == edge.cost),
            tuple(e.right for e in by_left[edge.left] if e.right not in used_right and e.cost == edge.cost),
        )
        for edge in sorted(chosen, key=lambda edge: (edge.left, edge.right))
    ]


def _components(edges: Sequence[Edge]) -> list[list[Edge]]:
    lefts, row = np.unique([edge.left for edge in edges], return_inverse=True)
    rights, column = np.unique([edge.right for edge in edges], return_inverse=True)
    parts: dict[int, list[Edge]] = {}
    labels = components(row, len(lefts) + column, len(lefts) + len(rights))
    for edge, label in zip(edges, labels[row].tolist(), strict=True):
        parts.setdefault(label, []).append(edge)
    return [parts[label] for label in sorted(parts)]


def _solve(edges: Sequence[Edge], alone: Alone | None) -> list[Edge]:
    """The best pairs of one component; among equal totals the first by position."""
    lefts = sorted({edge.left for edge in edges})
    rights = sorted({edge.right for edge in edges})
    row = {position: index for index, position in enumerate(lefts)}
    column = {position: index for index, position in enumerate(rights)}
    known: dict[tuple[int, int], Edge] = {}
    for edge in edges:
        at = row[edge.left], column[edge.right]
        if at not in known or edge.cost < known[at].cost:
            known[at] = edge
    cost = np.full((len(lefts), len(rights)), _ABSENT, dtype=np.int64)
    for (i, j), edge in known.items():
        cost[i, j] = edge.cost
    if alone is not None:
        cost = _with_alone(cost, [alone.left] * len(lefts), [alone.right(position) for position in rights])
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 (slow to import, and seldom needed)

    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return [known[int(i), int(j)] for i, j in pairs if (int(i), int(j)) in known]


def _with_alone(cost: NDArray[np.int64], left: list[int], right: list[int]) -> NDArray[np.int64]:
    """The cost matrix with one extra partner for each position, which stands for staying alone."""
    rows, columns = cost.shape
    whole = np.full((rows + columns, rows + columns), _ABSENT, dtype=np.int64)
    whole[:rows, :columns] = cost
    whole[range(rows), range(columns, columns + rows)] = left
    whole[range(rows, rows + columns), range(columns)] = right
    whole[rows:, columns:] = 0
    return whole
