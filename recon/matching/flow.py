"""Assignment of many equal lines: a transport problem over groups of twins, and which of its pairs are tied."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack
from scipy.sparse.csgraph import breadth_first_order, connected_components

from recon.errors import check

Ints = NDArray[np.int64]
_TIGHT = 1e-6  # costs are whole points: any reduced cost below is zero


def solve_flow(
    edges: tuple[Ints, Ints, Ints], left_count: Ints, right_count: Ints, *, limit: int, margin: int
) -> tuple[Ints, NDArray[np.bool_]]:
    """Lines per edge (left node, right node, cost) of least total cost, and which edges are tied.

    A line alone costs `limit`. An edge is tied where another reading holds fewer or more of its lines. Ties are
    found from the reduced costs: what another optimal (or, within `margin`, nearly optimal) reading could
    exchange. They are a superset where `margin` is above zero: a tie too many is asked about, a tie too few
    would be a guess.
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
    j = lefts + j
    made = np.bincount(i, flow, lefts + rights) + np.bincount(j, flow, lefts + rights)
    nodes, alone = np.arange(lefts + rights), lefts + rights  # a node more stands for having no partner
    # An exchange runs from a left line to a right one by a tight pair, and back by a pair that was made; a
    # line may be given up where being alone costs nothing, and taken up where one is spare.
    tight, used = reduced <= margin + _TIGHT, flow > 0
    given, taken = (price <= margin + _TIGHT) & (made > 0), np.concatenate([left_count, right_count]) > made
    away, back = np.where(nodes < lefts, given, taken), np.where(nodes < lefts, taken, given)
    start = np.concatenate([i[tight], j[used], nodes[away], np.full(back.sum(), alone)])
    end = np.concatenate([j[tight], i[used], np.full(away.sum(), alone), nodes[back]])
    return flow, np.isin(i * (alone + 1) + j, _on_circles(start, end, alone + 1))


def _on_circles(start: Ints, end: Ints, size: int) -> Ints:
    """The pairs of nodes (lower x size + higher) that a circle of three arcs or more leads through.

    Within a strong component those are the pairs that are no bridge. A bridge is a pair of the spanning tree
    over which no other pair leads: each pair outside the tree marks the tree's pairs between its two ends.
    """
    ones = np.ones(len(start), dtype=np.int8)
    label = connected_components(
        coo_array((ones, (start, end)), shape=(size, size)), directed=True, connection="strong"
    )[1]
    inside = label[start] == label[end]
    pairs = np.unique(np.minimum(start, end)[inside] * size + np.maximum(start, end)[inside])
    low, high = pairs // size, pairs % size
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (low, high)), shape=(size, size)).tocsr()
    parent, order = np.full(size, -1, dtype=np.int64), []
    for first in np.unique(label[low], return_index=True)[1]:
        reached, before = breadth_first_order(graph, low[first], directed=False)
        parent[reached[1:]] = before[reached[1:]]
        order += reached[:0:-1].tolist()
    outside = (parent[low] != high) & (parent[high] != low)
    marks = np.random.default_rng(0).integers(1, 2**63, len(pairs))
    over = np.zeros(size, dtype=np.int64)  # of each node, the marks that lead over the pair to its parent
    np.bitwise_xor.at(over, low[outside], marks[outside])
    np.bitwise_xor.at(over, high[outside], marks[outside])
    for node in order:
        over[parent[node]] ^= over[node]
    child = np.where(parent[low] == high, low, high)
    found: Ints = pairs[outside | (over[child] != 0)]
    return found
