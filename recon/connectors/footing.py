"""Which amount columns of a file add up to which other, and with what sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
import polars as pl

from recon.connectors.cells import read_amounts
from recon.connectors.profiles import NumberStyle
from recon.money import to_cents

Cents = npt.NDArray[np.int64]
_ENOUGH = 0.98  # the share of rows that must foot
_MOST_COLUMNS = 16


def cents_of(rows: pl.DataFrame, positions: Sequence[int], style: NumberStyle) -> Cents:
    """The columns as integer cents, one array column each; blank or unreadable cells are zero."""
    columns = []
    for n in positions:
        amounts = read_amounts(rows[str(n)], style).fill_null(0)
        columns.append(pl.DataFrame({"a": amounts}).select(to_cents("a")).to_series().to_numpy())
    return np.column_stack(columns) if columns else np.zeros((rows.height, 0), dtype=np.int64)


def signs_that_foot(parts: Cents, total: npt.NDArray[np.int64], likely: Sequence[int]) -> list[int] | None:
    """The sign (1, -1, or 0 for not part of it) of each column so that they sum to the total; None if none do.

    The likely signs are tried first, then signs that differ from them in few columns.
    """
    if not parts.shape[1] or not len(total):
        return None
    for signs in _candidates(parts, total, likely):
        held = (parts @ np.array(signs, dtype=np.int64)) == total
        if held.mean() >= _ENOUGH:
            return list(signs)
    return None


def _candidates(parts: Cents, total: npt.NDArray[np.int64], likely: Sequence[int]) -> Iterator[Sequence[int]]:
    yield likely
    solved, *_ = np.linalg.lstsq(parts.astype(float), total.astype(float), rcond=None)
    rounded = [int(value) for value in np.rint(solved)]
    if all(abs(value) <= 1 for value in rounded):
        # A column of zeros has no influence: keep what its name suggests.
        yield [sign if parts[:, n].any() else likely[n] for n, sign in enumerate(rounded)]
    if len(likely) > _MOST_COLUMNS:
        return
    for count in (1, 2, 3):
        for places in combinations(range(len(likely)), count):
            for values in product((-1, 0, 1), repeat=count):
                signs = list(likely)
                for place, value in zip(places, values, strict=True):
                    signs[place] = value
                yield signs
