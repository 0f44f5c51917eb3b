"""Assignment of few lines: the best pairs by the Hungarian method, and exactly which of them other readings hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_FAR = np.iinfo(np.int64).max // 4
_FEW = 8  # lines that are paired here: what pairs more of them sooner takes a third of a second to load


def solve_hungarian(
    edges: tuple[Ints, Ints, Ints], left_count: Ints, right_count: Ints, *, limit: int, margin: int
) -> tuple[Ints, NDArray[np.bool_]]:
    """Lines per edge (left node, right node, cost) of least total cost, and which edges are tied.

    A node stands for so many equal lines; a left line alone costs `limit`. An edge is tied where a reading of at
    most `margin` more holds fewer or more of its lines. Time grows with the cube of the lines, once per edge used.
    """
    i, j, cost = edges
    rows, columns = (
        np.repeat(np.arange(len(left_count)), left_count),
        np.repeat(np.arange(len(right_count)), right_count),
    )
    copy = np.arange(len(rows)) - np.searchsorted(rows, rows)  # which of its twins a row is
    of_edge = np.full((len(left_count), len(right_count)), -1, dtype=np.int64)
    of_edge[i, j] = np.arange(len(cost))
    at = np.full(
        (len(rows), len(columns) + len(rows)), -1, dtype=np.int64
    )  # the edge of each cell, right the places alone
    at[:, : len(columns)] = of_edge[np.ix_(rows, columns)]
    never = limit * (len(rows) + 1) + 1
    costs = np.where(at >= 0, cost[at], never)
    costs[:, len(columns) :] = limit
    best, flow = _least(costs, at, len(cost))
    unsure = np.zeros(len(flow), dtype=np.bool_)
    for edge in np.flatnonzero(flow):
        held, here = flow[edge], at == edge
        fewer = np.where(here & (copy[:, None] >= held - 1), never, costs)  # the others of its lines pair elsewhere
        readings = [fewer]
        if held < min(left_count[i[edge]], right_count[j[edge]]):
            of_node = (rows == i[edge]) & (copy <= held)
            readings.append(np.where(of_node[:, None] & ~here, never, costs))  # so many of its lines pair here
        unsure[edge] = min(_least(reading, at, len(cost))[0] for reading in readings) - best <= margin
    if unsure.any():
        unsure |= (flow == 0) & (_regrets(edges, flow, left_count, right_count, limit) <= margin)
    return flow, unsure


def _least(costs: Ints, at: Ints, count: int) -> tuple[int, Ints]:
    """The least total, and the lines on each edge."""
    rows, columns = np.arange(len(costs)), _columns(costs)
    found = at[rows, columns]
    return int(costs[rows, columns].sum()), np.bincount(found[found >= 0], minlength=count)


def _columns(costs: Ints) -> Ints:
    """The column of each row, no column twice, at the least total; no fewer columns than rows."""
    if len(costs) <= _FEW:
        return np.array(_columns_of_few(costs.tolist()), dtype=np.int64)
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 (slow to load, and seldom needed)

    found: Ints = linear_sum_assignment(costs)[1]
    return found


def _columns_of_few(costs: list[list[int]]) -> list[int]:
    """The column of each row: one row more at a time takes a place by the cheapest chain of moves to a free column.

    What a cell costs beyond the prices of its row and its column is never below zero, and zero where a row stands.
    """
    row_price, column_price = [0] * len(costs), [0] * len(costs[0])
    row_at = [-1] * len(costs[0])
    for first in range(len(costs)):
        way, before = [_FAR] * len(row_at), [-1] * len(row_at)
        left, passed = [*range(len(row_at))], []
        row, column, gone = first, -1, 0
        while row >= 0:
            for other in left:
                reach = gone + costs[row][other] - row_price[row] - column_price[other]
                if reach < way[other]:
                    way[other], before[other] = reach, column
            column = min(left, key=way.__getitem__)
            left.remove(column)
            passed.append(column)
            row, gone = row_at[column], way[column]
        for other in passed[:-1]:
            row_price[row_at[other]] += gone - way[other]
            column_price[other] -= gone - way[other]
        row_price[first] += gone
        while column >= 0:
            row_at[column] = row_at[before[column]] if before[column] >= 0 else first
            column = before[column]
    return sorted(range(len(row_at)), key=lambda column: (row_at[column] < 0, row_at[column]))[: len(costs)]


def _regrets(edges: tuple[Ints, Ints, Ints], flow: Ints, left_count: Ints, right_count: Ints, limit: int) -> Ints:
    """Of each edge without a line, what one line on it would add to the total: its cost and the cheapest way back.

    A way leads from a left node to a right one by a pair more, and back by a pair less; one node more stands for
    being alone. All ways are found at once (Floyd and Warshall).
    """
    i, j, cost = edges
    lefts, alone = len(left_count), len(left_count) + len(right_count)
    used_left, used_right = np.bincount(i, flow, lefts), np.bincount(j, flow, alone - lefts)
    way = np.full((alone + 1, alone + 1), _FAR, dtype=np.int64)
    np.fill_diagonal(way, 0)
    way[i, lefts + j] = cost
    made = flow > 0
    way[lefts + j[made], i[made]] = -cost[made]
    way[:lefts, alone] = limit
    way[alone, :lefts] = np.where(used_left < left_count, -limit, _FAR)
    way[lefts:alone, alone] = np.where(used_right < right_count, 0, _FAR)
    way[alone, lefts:alone] = np.where(used_right > 0, 0, _FAR)
    for node in range(alone + 1):
        np.minimum(way, way[:, node, None] + way[node], out=way)
    regrets: Ints = cost + way[lefts + j, i]
    return regrets
