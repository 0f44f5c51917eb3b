"""Two pieces of pure work at the same time: what concerns one side does not wait for the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
_FEW, _MANY = 100_000, 6_000_000  # lines; below threads cost more than they save, above two works need too much memory


def both(work: Callable[[int], Result], lines: int) -> tuple[Result, Result]:
    """What the work answers for the left side (0) and the right one (1), whose size is `lines` together.

    Polars and NumPy let other threads run while they compute. Very many lines are taken in turn, since each side
    needs memory of its own meanwhile. An error of the left side is raised before one
    of the right side, as if they had run in turn.
    """
    if not _FEW <= lines <= _MANY:
        return work(0), work(1)
    with ThreadPoolExecutor(max_workers=2) as pool:
        left, right = pool.submit(work, 0), pool.submit(work, 1)
        return left.result(), right.result()
