"""Claims that contend for the same lines: which of them stand in the best choice, and how sure each is of its place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

MOST_CONTENDERS = 16  # of one tangle: beyond it nothing is chosen by weight


def tangles(claims: Sequence[frozenset[int]]) -> list[list[int]]:
    """The numbers of the claims, in groups that share no line with one another, by their first."""
    home = list(range(len(claims)))

    def root(at: int) -> int:
        while home[at] != at:
            home[at] = home[home[at]]
            at = home[at]
        return at

    first: dict[int, int] = {}
    for number, lines in enumerate(claims):
        for line in lines:
            one, other = sorted((root(number), root(first.setdefault(line, number))))
            home[other] = one
    groups: dict[int, list[int]] = {}
    for number in range(len(claims)):
        groups.setdefault(root(number), []).append(number)
    return list(groups.values())


def margins(claims: Sequence[frozenset[int]], weights: Sequence[float]) -> list[float]:
    """What each claim of a tangle adds to the best choice of claims that share no line; 0 for those outside it.

    The best choice has the greatest sum of weights, each above zero; what a claim adds is that sum less the
    greatest one without it. A claim without a contender adds its weight. Of more than MOST_CONTENDERS claims
    none adds anything: exponential in their number.
    """
    count = len(claims)
    if count > MOST_CONTENDERS:
        return [0.0] * count
    against = [sum(1 << other for other in range(count) if claims[one] & claims[other]) for one in range(count)]

    @cache
    def heaviest(left: int) -> float:
        if not left:
            return 0.0
        one = left.bit_length() - 1
        rest = left & ~(1 << one)
        alone = heaviest(left & ~against[one]) + weights[one]
        return alone if not rest & against[one] else max(alone, heaviest(rest))

    every = (1 << count) - 1
    return [heaviest(every) - heaviest(every & ~(1 << one)) for one in range(count)]
