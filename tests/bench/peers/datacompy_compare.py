"""datacompy's Polars comparison on the reference, with the report that a user reads.

python datacompy_compare.py LEFT RIGHT OUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
from datacompy import PolarsCompare


def main(left: str, right: str, out: str) -> None:
    """Write the rows that the comparison joined, and its report beside them."""
    compared = PolarsCompare(
        pl.read_parquet(left),
        pl.read_parquet(right),
        join_columns="reference",
        df1_name="left",
        df2_name="right",
    )
    Path(out).with_suffix(".txt").write_text(compared.report(), encoding="utf-8")
    compared.intersect_rows.write_parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
