"""Assignment of few lines: the best pairs by the Hungarian method, and exactly which of them other readings hold."""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_FAR = np.iinfo(np.int64).max // 4


def solve_hungarian(
    edges: tuple[Ints, Ints, Ints], left_count: Ints, right_count: Ints, *, limit: int, margin: int
) -> tuple[Ints, NDArray[np.bool_]]:
    """Lines per edge (left node, right node, cost) of least total cost, and which edges are tied.

    A node stands for so many equal lines; a left line alone costs `limit`. An edge is tied where a reading of at
    most `margin` more holds fewer or more of its lines. Time grows with the cube of the lines.
    """
    i, j, cost = edges
    rows, columns = (np.repeat(np.arange(len(count)), count) for count in (left_count, right_count))
    lefts, rights = len(rows), len(columns)
    nth = np.arange(lefts) - np.searchsorted(rows, rows)  # which of its twins a row is
    of_edge = np.full((len(left_count), len(right_count)), -1, dtype=np.int64)
    of_edge[i, j] = np.arange(len(cost))
    # A square: a column more for each row and a row more for each column, which stand for being alone.
    at = np.full((lefts + rights, lefts + rights), -1, dtype=np.int64)  # the edge of each cell
    at[:lefts, :rights] = of_edge[np.ix_(rows, columns)]
    never = limit * (lefts + 1) + 1
    costs = np.where(at >= 0, cost[at], never)
    costs[range(lefts), range(rights, rights + lefts)] = limit
    costs[range(lefts, lefts + rights), range(rights)] = 0
    costs[lefts:, rights:] = 0
    best = _Seats(costs)
    taken = best.of_seats(at)
    flow: Ints = np.bincount(taken[taken >= 0], minlength=len(cost))
    unsure = np.zeros(len(flow), dtype=np.bool_)
    for edge in np.flatnonzero(flow):
        held, here = flow[edge], at[:lefts] == edge
        closed = [here & (nth[:, None] >= held - 1)]  # the others of its lines pair elsewhere
        if held < min(left_count[i[edge]], right_count[j[edge]]):
            closed.append(~here & ((rows == i[edge]) & (nth <= held))[:, None])  # so many of its lines pair here
        unsure[edge] = min(best.total_without(cells, never) for cells in closed) - best.total <= margin
    if unsure.any():
        unsure |= (flow == 0) & (_regrets(edges, flow, left_count, right_count, limit) <= margin)
    return flow, unsure


class _Seats:
    """A column for each row of a square of costs, each once, so that their total is the least.

    What proves it: a price of each row and each column, which together exceed the cost of no cell and are the cost
    of each seat. Where costs rise the prices still hold, so that only rows that lost their seat are seated again.
    """

    def __init__(self, costs: Ints) -> None:
        nowhere = np.full(len(costs), -1, dtype=np.int64)
        self.costs, self.column, self.row = costs, nowhere, nowhere.copy()  # column of each row, row of each column
        self.row_price, self.column_price = np.zeros_like(nowhere), np.zeros_like(nowhere)
        for row in range(len(costs)):
            self._seat(row)

    @property
    def total(self) -> int:
        """What all seats cost."""
        return int(self.of_seats(self.costs).sum())

    def of_seats(self, square: Ints) -> Ints:
        """By row what stands in the cell of its seat."""
        found: Ints = square[np.arange(len(square)), self.column]
        return found

    def total_without(self, closed: NDArray[np.bool_], never: int) -> int:
        """The least total where these cells (of the first rows) cost `never`, which is no less than they cost."""
        other = copy(self)
        other.costs, other.column, other.row = self.costs.copy(), self.column.copy(), self.row.copy()
        other.row_price, other.column_price = self.row_price.copy(), self.column_price.copy()
        other.costs[: len(closed)][closed] = never
        lost = np.flatnonzero(closed[np.arange(len(closed)), self.column[: len(closed)]])
        other.row[self.column[lost]] = -1
        for row in lost.tolist():
            other._seat(row)
        return other.total

    def _seat(self, row: int) -> None:
        """Seat one row more by the cheapest way on which each row takes the seat of the next, the last a free one."""
        way = self._beyond(row)
        before = np.full(len(way), row)  # the row that each column is reached from
        passed = np.zeros(len(way), dtype=np.bool_)
        seated = self.row >= 0
        while True:
            column = int(np.argmin(np.where(passed, _FAR, 2 * way + seated)))  # of equal ways one that ends
            if not seated[column]:
                break
            passed[column] = True
            reach = way[column] + self._beyond(self.row[column])
            nearer = ~passed & (reach < way)
            way[nearer], before[nearer] = reach[nearer], self.row[column]
        less = way[column] - way[passed]
        self.row_price[row] += way[column]
        self.row_price[self.row[passed]] += less
        self.column_price[passed] -= less
        while column >= 0:
            last = before[column]
            self.row[column] = last
            column, self.column[last] = (-1 if last == row else self.column[last]), column

    def _beyond(self, row: int) -> Ints:
        """What the cells of a row cost beyond their prices."""
        found: Ints = self.costs[row] - self.row_price[row] - self.column_price
        return found


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
