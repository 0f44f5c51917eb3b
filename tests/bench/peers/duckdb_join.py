"""DuckDB's bare full join on the reference, from Parquet to Parquet: the floor of the bench.

python duckdb_join.py LEFT RIGHT OUT
"""

from __future__ import annotations

import sys

import duckdb

JOIN = """
COPY (
    SELECT
        l.id AS id_left, l.amount AS amount_left, l.date AS date_left, l.text AS text_left,
        r.id AS id_right, r.amount AS amount_right, r.date AS date_right, r.text AS text_right,
        l.reference AS reference_left, r.reference AS reference_right
    FROM read_parquet($left) AS l FULL JOIN read_parquet($right) AS r ON l.reference = r.reference
) TO '{out}' (FORMAT parquet)
"""


def main(left: str, right: str, out: str) -> None:
    """Write one row per pair or line without partner."""
    duckdb.execute(JOIN.format(out=out.replace("'", "''")), {"left": left, "right": right})


if __name__ == "__main__":
    main(*sys.argv[1:])
