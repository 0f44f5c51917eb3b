"""A bank statement and a ledger of one fortnight, small enough to check by hand."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from recon.linefiles.lines import read_lines

_FOLDER = files("recon.linefiles").joinpath("example")


def example_sides() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Thirteen bank lines and nineteen ledger lines: a batch, a fee, swapped digits, a void, an entry made twice."""
    with TemporaryDirectory() as scratch:
        sides = []
        for name in ("bank.csv", "ledger.csv"):
            path = Path(scratch) / name
            path.write_bytes(_FOLDER.joinpath(name).read_bytes())
            sides.append(read_lines(path).lazy().collect())
    return sides[0], sides[1]
