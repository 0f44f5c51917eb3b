"""What matching found, as files: four Parquet files and the same as CSV, all or none."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import polars as pl

from recon.errors import DataError
from recon.matching import Matched

FRAMES = ("matches", "groups", "residue_left", "residue_right")


def write_matched(matched: Matched, folder: Path, *, csv: bool = True) -> list[Path]:
    """The files written into a new or empty folder: matches, groups, residue_left, residue_right.

    They are written beside it and moved into place at the end, so that a folder is whole or absent.

    Raises: DataError where the folder already holds something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise DataError("this folder holds files already; name a new one", folder=folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        whole = Path(scratch) / "whole"
        whole.mkdir()
        for name in FRAMES:
            frame: pl.DataFrame = getattr(matched, name)
            frame.write_parquet(whole / f"{name}.parquet")
            if csv:
                frame.write_csv(whole / f"{name}.csv")
        if folder.exists():
            folder.rmdir()
        os.replace(whole, folder)  # noqa: PTH105
    return sorted(folder.iterdir())
