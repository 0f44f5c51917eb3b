"""Many equal lines at once: the least total doubt, the ties, and where a search is cut short."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_lines import groups, left_over, lines, pairs
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from recon.matching import Matched, Nearest, match
from recon.matching.blocks import blocked_pairs
from recon.matching.flow import solve_flow
from recon.matching.hungarian import solve_hungarian

Edges = dict[tuple[int, int], int]  # left and right node to the points of doubt
LIMIT = 120


SOLVERS = [solve_flow, solve_hungarian]
both = pytest.mark.parametrize("solve", SOLVERS, ids=lambda solve: solve.__name__)


def solved(
    solve: Callable[..., Any], edges: Edges, lefts: list[int], rights: list[int], margin: int = 0
) -> tuple[Edges, set[tuple[int, int]]]:
    """Lines of each pair of nodes that are paired, and the pairs that other readings hold more or less of."""
    i, j = (np.array([edge[side] for edge in edges], dtype=np.int64) for side in (0, 1))
    counts = (np.array(side, dtype=np.int64) for side in (lefts, rights))
    flow, tied = solve((i, j, np.array([*edges.values()], dtype=np.int64)), *counts, limit=LIMIT, margin=margin)
    found = {edge: int(many) for edge, many in zip(edges, flow, strict=True) if many}
    return found, {edge for edge, unsure in zip(edges, tied, strict=True) if unsure}


@both
def test_the_best_total_beats_the_best_first_pair(solve: Callable[..., Any]) -> None:
    edges = {(0, 0): 5, (0, 1): 6, (1, 0): 7, (1, 1): 99}
    assert solved(solve, edges, [1, 1], [1, 1]) == ({(0, 1): 1, (1, 0): 1}, set())


@both
def test_as_many_lines_pair_as_both_sides_have(solve: Callable[..., Any]) -> None:
    assert solved(solve, {(0, 0): 5, (0, 1): 9}, [5], [2, 2])[0] == {(0, 0): 2, (0, 1): 2}
    assert solved(solve, {(0, 0): 5, (1, 0): 9}, [2, 2], [3])[0] == {(0, 0): 2, (1, 0): 1}


@both
def test_two_lines_that_do_as_well_for_one_are_a_tie_on_either_side(solve: Callable[..., Any]) -> None:
    assert solved(solve, {(0, 0): 5, (0, 1): 5}, [1], [1, 1])[1] == {(0, 0), (0, 1)}
    assert solved(solve, {(0, 0): 5, (1, 0): 5}, [1, 1], [1])[1] == {(0, 0), (1, 0)}
    assert solved(solve, {(0, 0): 5, (0, 1): 6}, [1], [1, 1])[1] == set()
    assert solved(solve, {(0, 0): 5, (0, 1): 6}, [1], [1, 1], margin=1)[1] == {(0, 0), (0, 1)}
    assert solved(solve, {(0, 0): 5, (0, 1): 7}, [1], [1, 1], margin=1)[1] == set()


@both
def test_equal_lines_to_spare_are_no_tie_and_another_line_as_good_is_one(solve: Callable[..., Any]) -> None:
    assert solved(solve, {(0, 0): 5}, [3], [2]) == ({(0, 0): 2}, set())
    assert solved(solve, {(0, 0): 5, (0, 1): 5}, [3], [3, 1])[1] == {(0, 0), (0, 1)}
    assert solved(solve, {(0, 0): 5, (0, 1): 5}, [4], [3, 1]) == ({(0, 0): 3, (0, 1): 1}, set())


@both
def test_two_ways_round_a_square_are_a_tie_and_another_pair_is_none(solve: Callable[..., Any]) -> None:
    square = {(0, 0): 5, (0, 1): 5, (1, 0): 5, (1, 1): 5}
    assert solved(solve, square | {(2, 2): 5}, [1, 1, 1], [1, 1, 1])[1] == square.keys()
    assert solved(solve, square | {(0, 0): 4}, [1, 1], [1, 1]) == ({(0, 0): 1, (1, 1): 1}, set())


@both
def test_a_pair_between_two_ties_is_none(solve: Callable[..., Any]) -> None:
    two = {(i, j): 5 for i in (0, 1) for j in (0, 1)} | {(i, j): 5 for i in (2, 3) for j in (2, 3)}
    assert solved(solve, two | {(1, 2): 5}, [1] * 4, [1] * 4)[1] == two.keys()


@both
def test_a_pair_as_dear_as_both_lines_alone_is_a_tie_with_making_none(solve: Callable[..., Any]) -> None:
    assert solved(solve, {(0, 0): LIMIT - 1, (0, 1): 3}, [2], [1, 1])[0] == {(0, 0): 1, (0, 1): 1}


def every_reading(edges: Edges, lefts: list[int], rights: list[int]) -> dict[tuple[int, ...], int]:
    """Every way to pair the lines, with its total of points below leaving all alone."""
    readings = {}
    for flow in product(*(range(min(lefts[i], rights[j]) + 1) for i, j in edges)):
        used = {("left", i): 0 for i in range(len(lefts))} | {("right", j): 0 for j in range(len(rights))}
        for (i, j), many in zip(edges, flow, strict=True):
            used["left", i] += many
            used["right", j] += many
        room = {("left", i): many for i, many in enumerate(lefts)} | {
            ("right", j): many for j, many in enumerate(rights)
        }
        if all(used[node] <= room[node] for node in room):
            readings[flow] = sum(many * (cost - LIMIT) for many, cost in zip(flow, edges.values(), strict=True))
    return readings


@both
@pytest.mark.parametrize("margin", [0, 10, 15])
@given(st.data())
def test_no_other_reading_is_better_and_a_pair_is_tied_just_where_the_best_ones_differ(
    solve: Callable[..., Any], margin: int, data: st.DataObject
) -> None:
    nodes = st.tuples(st.integers(0, 2), st.integers(0, 2))
    edges = data.draw(st.dictionaries(nodes, st.integers(0, 4).map(lambda points: 10 * points), min_size=1, max_size=6))
    lefts, rights = (data.draw(st.lists(st.integers(1, 3), min_size=3, max_size=3)) for _ in "ab")
    found, tied = solved(solve, edges, lefts, rights, margin)
    readings = every_reading(edges, lefts, rights)
    best = min(readings.values())
    assert readings[tuple(found.get(edge, 0) for edge in edges)] == best
    good = [flow for flow, total in readings.items() if total <= best + margin]
    unsure = {edge for at, edge in enumerate(edges) if len({flow[at] for flow in good}) > 1}
    if solve is solve_flow and margin:  # a tie too many is asked about, a tie too few would be a guess
        assert unsure <= tied
    else:
        assert unsure == tied


def least_total(costs: NDArray[np.int64]) -> int:
    """What another solver finds to cost the least: each row in one column, where a line alone costs LIMIT."""
    alone = np.full((len(costs), len(costs)), LIMIT)
    square = np.hstack([costs, alone])
    return int(square[linear_sum_assignment(square)].sum())


@given(st.data())
def test_lines_pair_as_another_solver_pairs_them_and_are_tied_where_it_can_do_without(data: st.DataObject) -> None:
    never, margin, dearest = 10_000, data.draw(st.sampled_from([0, 5])), data.draw(st.sampled_from([3, LIMIT - 1]))
    size, width = data.draw(st.integers(1, 14)), data.draw(st.integers(1, 14))
    cells = st.integers(0, dearest) | st.just(never)
    costs = np.array(data.draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=size, max_size=size)))
    costs[0, 0] = min(costs[0, 0], dearest)
    edges = {(int(i), int(j)): int(costs[i, j]) for i, j in np.argwhere(costs < never)}
    found, tied = solved(solve_hungarian, edges, [1] * size, [1] * width, margin)
    best = least_total(costs)
    assert sum(edges[edge] for edge in found) + LIMIT * (size - len(found)) == best
    for i, j in edges:
        other = costs.copy()
        if (i, j) in found:
            other[i, j] = never
        else:
            other[i], other[:, j] = never, never
            other[i, j] = costs[i, j]
        assert ((i, j) in tied) == (least_total(other) <= best + margin)


def rows(side: str, count: int, *, numbered: bool = True) -> pl.DataFrame:
    """So many lines of 70.00 on one day, each of its own document."""
    return lines(
        *(f"{side}{at} 70 4 {f'K{at * 7919 + 100000}' if numbered else '-'} {side}{at}" for at in range(count))
    )


def nearest(left: pl.DataFrame, right: pl.DataFrame) -> Matched:
    return match(left, right, [Nearest("window", edits=0)])


def test_seventy_documents_of_one_amount_find_their_own() -> None:
    found = pairs(nearest(rows("b", 70), rows("g", 70)))
    assert found == {f"b{at} = g{at}": "match" for at in range(70)}


def test_of_seventy_two_without_a_document_are_asked_about() -> None:
    right = rows("g", 70).with_columns(
        reference=pl.when(pl.col("id").is_in(["g3", "g8"])).then(None).otherwise("reference")
    )
    found = nearest(rows("b", 70), right)
    asked = {name: words for name, (kind, words) in groups(found).items() if kind == "ambiguous"}
    assert [*asked] == ["b3 b8 = g3 g8"]
    assert found.groups.filter(kind="match").height == 68
    assert left_over(found) == []


def test_documents_find_their_own_among_more_pairs_than_are_searched() -> None:
    assert pairs(nearest(rows("b", 640), rows("g", 640))) == {f"b{at} = g{at}": "match" for at in range(640)}


@pytest.mark.parametrize(("lefts", "rights"), [(640, 639), (1_001, 1_000)])
def test_more_equal_lines_than_are_searched_stay_open_and_say_so(lefts: int, rights: int) -> None:
    found = nearest(rows("b", lefts, numbered=False), rows("g", rights, numbered=False))
    assert found.groups.is_empty()
    for residue, count in ((found.residue_left, lefts), (found.residue_right, rights)):
        assert residue.height == count
        assert residue["counterfactual"].str.contains("search bounded").all()


@pytest.mark.parametrize(("most", "bounded", "met"), [(6, [], 7), (5, [1], 1)])
def test_a_block_of_the_most_pairs_is_looked_into_and_one_pair_more_is_not(
    most: int, bounded: list[int], met: int
) -> None:
    left = pl.DataFrame({"key": [1, 1, 2], "row": [0, 1, 2]})
    right = pl.DataFrame({"key": [1, 1, 1, 2, 3], "row": [0, 1, 2, 3, 4]})
    found = blocked_pairs(left, right, "key", most=most)
    assert (found.pairs.height, found.bounded.to_list()) == (met, bounded)
    assert found.pairs.columns == ["key", "row", "row_right"]
