"""Pure work at the same time: what concerns one side does not wait for the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

Result = TypeVar("Result")
Other = TypeVar("Other")
_FEW, _MANY = 100_000, 30_000_000  # lines; below threads cost more than they save, above two works need too much memory


def both(work: Callable[[int], Result], lines: int) -> tuple[Result, Result]:
    """What the work answers for the left side (0) and the right one (1), whose size is `lines` together."""
    return at_once(partial(work, 0), partial(work, 1), lines)


def at_once(first: Callable[[], Result], second: Callable[[], Other], lines: int) -> tuple[Result, Other]:
    """What both works answer, of which neither changes what the other reads.

    Polars and NumPy let other threads run while they compute. Works on very many lines are done in turn, since each
    needs memory of its own meanwhile. An error of the first is raised before one of the second, as if they had run in
    turn.
    """
    if not _FEW <= lines <= _MANY:
        return first(), second()
    with ThreadPoolExecutor(max_workers=2) as pool:
        begun, other = pool.submit(first), pool.submit(second)
        return begun.result(), other.result()
