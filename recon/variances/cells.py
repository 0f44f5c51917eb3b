"""What no variance tells: expected less actual, account by location by department, less every finding."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recon.money import accounting, from_cents
from recon.variances.model import CellSum, Finding, gross_of

CELL = ("account", "location", "department")
_SCHEMA = {"account": pl.String, "location": pl.String, "department": pl.String, "cents": pl.Int64}


def untold_cells(expected: pl.DataFrame, actual: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """One row per cell (account, location, department) that is off: `cents` are expected less actual less told.

    The frames have the cell's columns and cents; `told` are the lines of the variances.
    """
    signs = ((expected, 1), (actual, -1), (told, -1))
    every = pl.concat([frame.select(*CELL, cents=pl.col("cents") * sign) for frame, sign in signs])
    return every.group_by(CELL).agg(pl.col("cents").sum()).filter(pl.col("cents") != 0).sort(CELL, nulls_last=True)


def unexplained_departments(
    reconciliation: str, expected: pl.DataFrame, actual: pl.DataFrame, findings: Sequence[Finding]
) -> list[Finding]:
    """One finding where departments differ at cells that no finding of the reconciliation tells; else none.

    What differs over all departments of an account and location is no matter of departments: the bridge tells it.
    """
    rows = [(*cell, cents) for one in findings if one.reconciliation == reconciliation for cell, cents in one.cells]
    off = untold_cells(expected, actual, pl.DataFrame(rows, schema=_SCHEMA, orient="row"))
    moved = off.filter(pl.col("cents").sum().over("account", "location") == 0)
    if moved.is_empty():
        return []
    cells = CellSum({(account, place, department): cents for account, place, department, cents in moved.rows()}).cells()
    words = (
        f"Departments differ by {accounting(from_cents(gross_of(cells)))} in {len(cells)} cells. Nothing explains this."
    )
    return [Finding(reconciliation, "unexplained", "ask", words, None, None, cells=cells, source_ids=("departments",))]
