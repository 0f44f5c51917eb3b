"""Claims that contend for the same lines: which of them stand in the best choice, and how sure each is of its place."""

from __future__ import annotations

from collections.abc import Sequence

MOST_CLAIMS = 100  # of one tangle, and
MOST_CHOICES = 2_000  # of their choices: some hundredths of a second; beyond them nothing is chosen by weight


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
    greatest one without it. A claim without a contender adds its weight. Where more than MOST_CLAIMS
    hang together, or more than MOST_CHOICES would have to be compared, none adds anything.
    """
    count = len(claims)
    against = [sum(1 << other for other in range(count) if claims[one] & claims[other]) for one in range(count)]
    known: dict[int, float] = {}

    def heaviest(left: int) -> float:
        total = 0.0
        while left:
            group, grown = 0, left & -left
            while grown != group:  # what shares no line, not even by others, is chosen apart
                group = grown
                for one in _members(group):
                    grown |= against[one] & left
            if group not in known:
                if len(known) >= MOST_CHOICES or group.bit_count() > MOST_CLAIMS:
                    raise _TooManyError
                known[group] = _heaviest_of(group)
            total += known[group]
            left &= ~group
        return total

    def _heaviest_of(group: int) -> float:
        one = max(_members(group), key=lambda at: (against[at] & group).bit_count())
        taken = weights[one] + heaviest(group & ~against[one])
        return taken if group == 1 << one else max(taken, heaviest(group & ~(1 << one)))

    every = (1 << count) - 1
    try:
        return [heaviest(every) - heaviest(every & ~(1 << one)) for one in range(count)]
    except _TooManyError:
        return [0.0] * count


class _TooManyError(Exception):
    """More choices than are compared."""


def _members(group: int) -> list[int]:
    return [at for at in range(group.bit_length()) if group >> at & 1]
