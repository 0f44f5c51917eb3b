"""Several lines against several: what was too much to search is said."""

from __future__ import annotations

from make_lines import lines, pairs

from recon.matching import Balance, match

LEFT = lines("b1 10.11 1", "b2 20.23 1")
RIGHT = lines("g1 14.17 1", "g2 16.17 2")


def test_lines_of_a_pool_that_is_too_large_say_that_the_search_was_bounded() -> None:
    found = match(LEFT, RIGHT, [Balance("many", most_pool=3)])
    assert pairs(found) == {}
    for residue in (found.residue_left, found.residue_right):
        for reason in residue["counterfactual"]:
            assert reason.endswith("; search bounded by the pass many: more than 3 lines within 2 days")


def test_a_pool_of_just_as_many_lines_is_searched_and_nothing_is_said() -> None:
    found = match(LEFT, RIGHT, [Balance("many", most_pool=4)])
    assert list(pairs(found)) == ["b1 b2 = g1 g2"]
    apart = match(LEFT, lines("g1 14.17 1", "g2 16.18 2"), [Balance("many", most_pool=4)])
    assert not apart.residue_left["counterfactual"].str.contains("bounded").any()
