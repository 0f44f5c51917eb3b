"""The assignment is the best in total, makes no match that costs too much, and tells ties."""

from __future__ import annotations

from recon.matching.assign import Alone, Assigned, Edge, assign


def pairs(found: list[Assigned]) -> list[tuple[int, int]]:
    return [(one.edge.left, one.edge.right) for one in found]


def test_the_best_total_beats_the_best_first_pair() -> None:
    # Doubt is one hundred less the scores .95 .94 .93 .01: the greedy first pair would leave the worst for last.
    edges = [Edge(0, 0, 5), Edge(0, 1, 6), Edge(1, 0, 7), Edge(1, 1, 99)]

    assert pairs(assign(edges)) == [(0, 1), (1, 0)]


def test_unrelated_pairs_are_solved_apart() -> None:
    edges = [Edge(0, 0, 3), Edge(5, 9, 4), Edge(5, 8, 1)]

    assert pairs(assign(edges)) == [(0, 0), (5, 8)]


def test_nothing_to_pair_is_no_pair() -> None:
    assert assign([]) == []


def test_a_pair_that_costs_more_than_staying_alone_is_not_made() -> None:
    alone = Alone(15, lambda position: 40)

    assert pairs(assign([Edge(0, 0, 54)], alone)) == [(0, 0)]
    assert pairs(assign([Edge(0, 0, 56)], alone)) == []


def test_of_two_equal_candidates_neither_is_certain() -> None:
    (only,) = assign([Edge(0, 0, 5), Edge(0, 1, 5)])

    assert only.equal_right == (1,)


def test_two_against_two_equal_ones_is_no_tie_of_counts() -> None:
    found = assign([Edge(0, 0, 5), Edge(0, 1, 5), Edge(1, 0, 5), Edge(1, 1, 5)])

    assert pairs(found) == [(0, 0), (1, 1)]
    assert all(one.equal_left == one.equal_right == () for one in found)


def test_a_candidate_that_costs_more_is_no_tie() -> None:
    (only,) = assign([Edge(0, 0, 5), Edge(0, 1, 6)])

    assert (only.edge.right, only.equal_right) == (0, ())


def test_of_two_edges_between_the_same_two_the_cheaper_counts() -> None:
    (only,) = assign([Edge(0, 0, 9), Edge(0, 0, 2)])

    assert only.edge.cost == 2


def test_the_order_of_candidates_decides_nothing() -> None:
    edges = [Edge(0, 0, 5), Edge(0, 1, 6), Edge(1, 0, 7), Edge(1, 1, 99), Edge(2, 2, 1)]

    assert pairs(assign(edges[::-1])) == pairs(assign(edges))
