"""How many ways there are to share lines out over wanted sums so that nothing is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb, factorial, prod

Left = tuple[int, ...]  # by amount how many of its lines are not shared out yet


@dataclass(frozen=True)
class Partitions:
    """The ways to share all parts out over all totals, at least one part each."""

    ways: int  # every line told from every other
    distinct: int  # up to totals of the same amount
    exact: bool  # False: the work bound ended the count, there are at least so many


def count_partitions(parts: Sequence[int], totals: Sequence[int], work: int) -> Partitions:
    """The ways to share the parts out so that each total is met to the cent and no part is left.

    O(states x choices), a state what is left of each amount; `work` bounds the choices looked at.
    """
    held = Counter(parts)
    amounts = sorted(held, key=lambda amount: (-abs(amount), amount))
    swaps = prod(factorial(times) for times in Counter(totals).values())
    if sum(parts) != sum(totals) or not totals:
        whole = int(not totals and not parts)
        return Partitions(whole, whole, exact=True)
    states: dict[Left, int] = {tuple(held[amount] for amount in amounts): 1}
    left_over, exact = work, True
    # The greatest totals first: they leave the fewest states. What remains for the last one is its amount.
    ordered = sorted(totals, key=lambda total: (-abs(total), total))
    for nth, total in enumerate(ordered[:-1], start=1):
        # Each total has its part of the work, so that a bounded count still carries some ways to the end.
        share = left_over // (len(ordered) - nth)
        left_over -= share
        after: dict[Left, int] = {}
        for left, ways in states.items():
            for rest, several, cost in _choices(amounts, left, total, share):
                share -= cost
                if several:
                    after[rest] = after.get(rest, 0) + ways * several
            exact &= share > 0
        left_over += share
        states = after
    ways = sum(several for rest, several in states.items() if any(rest))
    return Partitions(ways, ways // swaps, exact)


def _choices(amounts: Sequence[int], left: Left, total: int, steps: int) -> Iterator[tuple[Left, int, int]]:
    """What is left after each choice of parts with the total, how many parts of their own it stands for, its steps.

    The last one of all is no choice: it stands for none and tells the steps since the one before it.
    """
    low, high = [0], [0]  # what the amounts from the last one back can still add
    for amount, times in zip(reversed(amounts), reversed(left), strict=True):
        low.append(low[-1] + min(amount * times, 0))
        high.append(high[-1] + max(amount * times, 0))
    low.reverse()
    high.reverse()
    stack: list[tuple[Left, int, int]] = [((), total, 1)]
    cost = spent = 0
    while stack and spent < steps:
        taken, missing, ways = stack.pop()
        cost, spent = cost + 1, spent + 1
        at = len(taken)
        if at == len(amounts):
            if any(taken):
                yield tuple(has - takes for has, takes in zip(left, taken, strict=True)), ways, cost
                cost = 0
            continue
        for takes in range(left[at] + 1):
            after = missing - takes * amounts[at]
            if low[at + 1] <= after <= high[at + 1]:
                stack.append(((*taken, takes), after, ways * comb(left[at], takes)))
    yield left, 0, cost
