"""Is `chance` what it says? Made pools without a true set, and with one, searched and counted.

`python tests/bench/chance.py --pools 10000` prints one JSON line:

share    p: share of all pools without a true set in which a set with chance <= p is shown; promised <= 1.5 p
kinds    the same by kind of amounts, and with how many pools
power    share of the pools with a planted set of 2 to 5 lines in which a set with chance <= .01 is shown
right    share of those in which it is the planted set
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recon.matching.sums import Bounds, SumFound, find_sum

Cents = NDArray[np.int64]
Draw = Callable[[int], Cents]
Dice = np.random.Generator

LEVELS = (0.1, 0.01, 0.001)
BOUNDS = Bounds(max_size=5, work=5_000_000)
LINES = (5, 40)


def uniform(dice: Dice) -> Draw:
    most = int(10 ** dice.uniform(4, 6.5))
    return lambda count: dice.integers(100, most, count)


def lognormal(dice: Dice) -> Draw:
    middle, spread = dice.uniform(7, 11), dice.uniform(0.6, 1.6)
    return lambda count: np.maximum(np.rint(dice.lognormal(middle, spread, count)), 1).astype(np.int64)


def menu(dice: Dice) -> Draw:
    endings = np.array([99, 49, 0])
    return lambda count: dice.integers(1, 60, count) * 100 + dice.choice(endings, count)


def in_steps(step: int) -> Callable[[Dice], Draw]:
    def kind(dice: Dice) -> Draw:
        most = int(10 ** dice.uniform(1.5, 3.5))
        return lambda count: dice.integers(1, most, count) * step

    return kind


def repeated(dice: Dice) -> Draw:
    catalogue = dice.integers(200, 60_000, int(dice.integers(5, 60)))
    return lambda count: dice.choice(catalogue, count)


def taxed(dice: Dice) -> Draw:
    """Round prices, or such that end in .99, with a sales tax on them."""
    step, off = int(dice.choice([100, 50, 25])), int(dice.choice([0, 0, 1]))
    rate, most = int(dice.integers(80, 400)) / 4000, int(10 ** dice.uniform(1.3, 3))
    return lambda count: np.rint((dice.integers(1, most, count) * step - off) * (1 + rate)).astype(np.int64)


def wages(dice: Dice) -> Draw:
    """A few usual amounts, each a little more or less."""
    usual = dice.integers(20_000, 300_000, int(dice.integers(1, 4)))
    spread = int(10 ** dice.uniform(2, 3.3))
    return lambda count: dice.choice(usual, count) + dice.integers(-spread, spread + 1, count)


def mixed(dice: Dice) -> Draw:
    draws = [KINDS[name](dice) for name in dice.choice([name for name in KINDS if name != "mixed"], 3, replace=False)]

    def draw(count: int) -> Cents:
        every = np.array([one(count) for one in draws])
        return every[dice.integers(0, len(draws), count), np.arange(count)]

    return draw


KINDS: dict[str, Callable[[Dice], Draw]] = {
    "uniform": uniform,
    "lognormal": lognormal,
    "menu": menu,
    "dollars": in_steps(100),
    "fives": in_steps(500),
    "tens": in_steps(1000),
    "repeated": repeated,
    "taxed": taxed,
    "wages": wages,
    "mixed": mixed,
}


@dataclass
class Tally:
    """What the searches of one kind of amounts came to."""

    pools: int = 0
    shown: dict[float, int] = field(default_factory=lambda: dict.fromkeys(LEVELS, 0))
    powerful: int = 0
    right: int = 0

    def add(self, found: SumFound, planted: SumFound, true_set: tuple[int, ...]) -> None:
        """Count one pool without and one with a true set."""
        self.pools += 1
        for level in LEVELS:
            self.shown[level] += bool(found.members) and found.chance <= level
        believed = bool(planted.members) and planted.chance <= 0.01
        self.powerful += believed
        self.right += believed and planted.members == true_set


def search_without(dice: Dice, draw: Draw) -> SumFound:
    """The search for a sum, or a single amount, of the same kind of ledger that the pool knows nothing of."""
    pool = draw(int(dice.integers(LINES[0], LINES[1] + 1)))
    target = int(draw(int(dice.integers(1, BOUNDS.max_size + 1))).sum())
    return find_sum(pool, target, BOUNDS)


def search_planted(dice: Dice, draw: Draw) -> tuple[SumFound, tuple[int, ...]]:
    """The search for a sum of 2 to 5 lines of the pool, and those lines."""
    pool = draw(int(dice.integers(LINES[0], LINES[1] + 1)))
    size = int(dice.integers(2, BOUNDS.max_size + 1))
    members = np.sort(dice.choice(len(pool), size, replace=False))
    return find_sum(pool, int(pool[members].sum()), BOUNDS), tuple(members.tolist())


def campaign(pools: int, seed: int) -> dict[str, Tally]:
    """By kind of amounts what came of as many pools, shared out evenly."""
    tallies = {name: Tally() for name in KINDS}
    for number in range(pools):
        name = list(KINDS)[number % len(KINDS)]
        dice = np.random.default_rng((seed, number))
        draw = KINDS[name](dice)
        tallies[name].add(search_without(dice, draw), *search_planted(dice, draw))
    return tallies


def shares(tallies: list[Tally]) -> dict[str, float]:
    """The share of the pools at each level."""
    pools = sum(tally.pools for tally in tallies)
    return {str(level): round(sum(tally.shown[level] for tally in tallies) / pools, 5) for level in LEVELS}


def report(tallies: dict[str, Tally], pools: int, seed: int) -> str:
    """The campaign as one JSON line."""
    every = list(tallies.values())
    return json.dumps(
        {
            "pools": pools,
            "seed": seed,
            "share": shares(every),
            "power": round(sum(tally.powerful for tally in every) / pools, 4),
            "right": round(sum(tally.right for tally in every) / pools, 4),
            "kinds": {name: {"pools": tally.pools, **shares([tally])} for name, tally in tallies.items()},
            "power_kinds": {name: round(tally.powerful / tally.pools, 3) for name, tally in tallies.items()},
        }
    )


def main() -> None:
    """Run the campaign that the command line names."""
    parser = argparse.ArgumentParser(description="Search made pools and compare the chances told with what happens.")
    parser.add_argument("--pools", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.stdout.write(report(campaign(given.pools, given.seed), given.pools, given.seed) + "\n")


if __name__ == "__main__":
    main()
