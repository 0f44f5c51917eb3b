"""References as people mistype them: neighbours swapped, a character dropped, replaced, or the end cut off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SWAP, DROP, REPLACE, CUT = range(4)
_FIRST = 2  # the letters in front are printed, not typed
_DIGITS = np.frombuffer(b"0123456789", np.uint8)
_TWICE = 0.3


def mistype(references: NDArray[np.bytes_], chances: np.random.Generator) -> NDArray[np.bytes_]:
    """The references, each with one or two errors and never as it was; all of one length, at least six."""
    width = references.dtype.itemsize
    letters = references.view(np.uint8).reshape(-1, width).copy()
    kind = chances.integers(0, 4, len(letters))
    cut = np.where(kind == CUT, chances.integers(1, 3, len(letters)), 0)
    _edit(letters, kind, chances)
    again = (kind != CUT) & (chances.random(len(letters)) < _TWICE)
    second = letters[again]
    _edit(second, chances.integers(0, CUT, len(second)), chances)
    letters[again] = second
    letters[np.arange(width) >= width - cut[:, None]] = 0
    # A second error may undo the first: those lose their last character instead.
    undone = (letters == references.view(np.uint8).reshape(-1, width)).all(axis=1)
    letters[undone, -1] = 0
    return letters.reshape(-1).view(references.dtype)


def _edit(letters: NDArray[np.uint8], kind: NDArray[np.int64], chances: np.random.Generator) -> None:
    """One swap, drop or replacement per row, in place; swapping twins replaces the first of them."""
    width = letters.shape[1]
    place = chances.integers(_FIRST, width - 3, len(letters))
    row = np.arange(len(letters))
    twins = letters[row, place] == letters[row, place + 1]
    swap = row[(kind == SWAP) & ~twins]
    letters[swap, place[swap]], letters[swap, place[swap] + 1] = (
        letters[swap, place[swap] + 1],
        letters[swap, place[swap]],
    )
    replace = row[(kind == REPLACE) | ((kind == SWAP) & twins)]
    drawn = _DIGITS[chances.integers(0, 10, len(replace))]
    same = drawn == letters[replace, place[replace]]
    letters[replace, place[replace]] = np.where(same, _DIGITS[(drawn - _DIGITS[0] + 1) % 10], drawn)
    drop = row[kind == DROP]
    kept = np.arange(width)[None, :] + (np.arange(width)[None, :] >= place[drop, None])
    padded = np.concatenate([letters[drop], np.zeros((len(drop), 1), np.uint8)], axis=1)
    letters[drop] = np.take_along_axis(padded, kept, axis=1)
