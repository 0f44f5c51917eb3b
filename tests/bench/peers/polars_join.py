"""Polars' bare full join on the reference, from Parquet to Parquet.

python polars_join.py LEFT RIGHT OUT
"""

from __future__ import annotations

import sys

import polars as pl

COLUMNS = ("id", "amount", "date", "text", "reference")


def main(left: str, right: str, out: str) -> None:
    """Write one row per pair or line without partner."""
    sides = [
        pl.scan_parquet(path).select(pl.col(COLUMNS).name.suffix(side))
        for path, side in ((left, "_left"), (right, "_right"))
    ]
    sides[0].join(
        sides[1], left_on="reference_left", right_on="reference_right", how="full", coalesce=False
    ).sink_parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
