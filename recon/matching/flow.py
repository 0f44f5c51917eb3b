"""Assignment of many equal lines: a transport problem over groups of twins, and which of its pairs are tied."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack
from scipy.sparse.csgraph import connected_components

from recon.errors import check

Ints = NDArray[np.int64]
_TIGHT = 1e-6  # costs are whole points: any reduced cost below is zero


def solve_flow(
    edges: tuple[Ints, Ints, Ints], left_count: Ints, right_count: Ints, *, limit: int, margin: int
) -> tuple[Ints, list[tuple[Ints, Ints]]]:
    """Lines per edge (left node, right node, cost) of least total cost, and the nodes of each tie.

    A line alone costs `limit`. Ties are found from the reduced costs: pairs that another optimal (or, within
    `margin`, nearly optimal) reading could exchange. They are a superset where `margin` is above zero: a tie
    too many is asked about, a tie too few would be a guess.
    """
    i, j, cost = edges
    count, lefts, rights = len(cost), len(left_count), len(right_count)
    one, number = np.ones(count), np.arange(count)
    rows = coo_array((one, (i, number)), shape=(lefts, count))
    columns = coo_array((one, (j, number)), shape=(rights, count))
    solved = linprog(
        cost - limit,
        A_ub=vstack([rows, columns]).tocsr(),
        b_ub=np.concatenate([left_count, right_count]),
        method="highs-ds",
    )
    check(solved.status == 0, "the assignment of a component was not solved", status=solved.message)
    flow: Ints = np.rint(solved.x).astype(np.int64)
    price = -solved.ineqlin.marginals
    reduced = cost - limit + price[i] + price[lefts + j]
    alone = lefts + rights  # a node that stands for having no partner
    tight = reduced <= margin + _TIGHT
    used = flow > 0
    spare = np.concatenate([left_count, right_count]) - np.concatenate(
        [np.bincount(i, flow, lefts), np.bincount(j, flow, rights)]
    )
    cheap = price <= margin + _TIGHT
    nodes = np.arange(lefts + rights)
    is_left = nodes < lefts
    # An exchange runs from a left line to a right one by a tight pair, and back by a pair that was made; a
    # line may be given up where being alone costs nothing, and taken up where one is spare.
    give_up = cheap & (spare < np.concatenate([left_count, right_count]))
    take_up = spare > 0
    arcs = [
        (i[tight], lefts + j[tight]),
        (lefts + j[used], i[used]),
        (np.full((is_left & take_up).sum(), alone), nodes[is_left & take_up]),
        (nodes[is_left & give_up], np.full((is_left & give_up).sum(), alone)),
        (nodes[~is_left & take_up], np.full((~is_left & take_up).sum(), alone)),
        (np.full((~is_left & give_up).sum(), alone), nodes[~is_left & give_up]),
    ]
    start, end = (np.concatenate([arc[side] for arc in arcs]) for side in (0, 1))
    size = lefts + rights + 1
    graph = coo_array((np.ones(len(start), dtype=np.int8), (start, end)), shape=(size, size))
    label = connected_components(graph, directed=True, connection="strong")[1]
    return flow, _exchanges(label, (i, j), tight | used, lefts, rights)


def _exchanges(
    label: Ints, edges: tuple[Ints, Ints], live: NDArray[np.bool_], lefts: int, rights: int
) -> list[tuple[Ints, Ints]]:
    """The nodes of each strong component that holds more live pairs than a tree: there readings differ."""
    i, j = edges
    inside = live & (label[i] == label[lefts + j])
    found: list[tuple[Ints, Ints]] = []
    alone = label[lefts + rights]
    for name in np.unique(label[i[inside]]):
        nodes = np.flatnonzero(label[: lefts + rights] == name)
        pairs = int((inside & (label[i] == name)).sum())
        if pairs > len(nodes) - 1 or (name == alone and pairs):
            found.append((nodes[nodes < lefts], nodes[nodes >= lefts] - lefts))
    return found
