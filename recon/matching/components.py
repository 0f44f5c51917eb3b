"""Connected components of pairs, in NumPy: most searches join a few lines, and a graph library takes longer to load."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def components(one: Ints, other: Ints, nodes: int) -> Ints:
    """By node (0 to `nodes` - 1) the least node that it is joined with, by pairs of nodes or chains of pairs.

    In every round each component that has a lesser neighbour joins the least. One that has none is joined by a
    neighbour, or its neighbours join a lesser one, which it joins in the next round: every two rounds leave at most
    half of those that are not whole, O((pairs + nodes) log nodes) in all.
    """
    least = np.arange(nodes)
    while True:
        before = least.copy()
        np.minimum.at(least, before[one], before[other])
        np.minimum.at(least, before[other], before[one])
        while not np.array_equal(further := least[least], least):
            least = further
        if np.array_equal(least, before):
            return least
