"""Law: among searches of pools without a true set no more than 1.5 p show a set whose chance is p or less.

`python tests/bench/chance.py` is the same on 10,000 pools.
"""

from __future__ import annotations

from math import expm1

import numpy as np
import pytest
from bench.chance import BOUNDS, KINDS, LEVELS, Tally, campaign, shares

from recon.matching.chance import learn_accidents
from recon.matching.sums import Bounds, find_sum

POOLS = 1_600


@pytest.fixture(scope="module")
def tallies() -> dict[str, Tally]:
    return campaign(POOLS, seed=20_260_901)


@pytest.mark.parametrize("level", LEVELS)
def test_accidents_are_as_rare_as_their_chance_says(tallies: dict[str, Tally], level: float) -> None:
    assert shares(list(tallies.values()))[str(level)] <= 1.5 * level


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_amounts_is_trusted_too_much(tallies: dict[str, Tally], kind: str) -> None:
    reached = shares([tallies[kind]])

    assert reached["0.1"] <= 0.15
    assert reached["0.01"] <= 0.015


def test_amounts_that_can_tell_sets_apart_do(tallies: dict[str, Tally]) -> None:
    believed = {kind: tally.powerful / tally.pools for kind, tally in tallies.items()}

    assert believed["uniform"] > 0.5
    assert believed["lognormal"] > 0.25
    assert sum(tally.right for tally in tallies.values()) >= 0.9 * sum(tally.powerful for tally in tallies.values())


@pytest.mark.parametrize("kind", ["uniform", "lognormal", "menu", "dollars", "taxed"])
def test_accidents_are_as_many_as_were_expected(kind: str) -> None:
    """Neither too few nor too many: over all pools the chances told beforehand sum to what then happens."""
    expected, happened = 0.0, 0
    for number in range(600):
        dice = np.random.default_rng((5, number))
        draw = KINDS[kind](dice)
        pool, target = draw(int(dice.integers(5, 41))), int(draw(3).sum())
        expected += -expm1(-learn_accidents(pool).expected(np.array([target]), 3))
        found = find_sum(pool, target, Bounds(3, BOUNDS.work))
        happened += bool(found.members or found.alternatives)
    assert 0.8 * happened <= expected <= 1.25 * happened
