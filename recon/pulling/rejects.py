"""Raw rows that make no canonical row, with what a close must know of them: whose they are, and of which day."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from recon.canonical import RejectedRows
from recon.frames import blank


def no_rejects() -> pl.DataFrame:
    """REJECTED_ROWS without a row."""
    return blank(RejectedRows)


def rejects_of(rejects: pl.DataFrame, frame: str) -> pl.DataFrame:
    """REJECTED_ROWS of REJECTS, all of one frame; what they do not say stays unknown."""
    schema = blank(RejectedRows).schema
    own = rejects.with_columns(frame=pl.lit(frame), duplicate=pl.lit(value=False))
    return own.select(
        pl.col(name).cast(dtype) if name in own.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in schema.items()
    )


def joined(rejects: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """All of them in one fixed order."""
    every = pl.concat([no_rejects(), *rejects])
    return every.sort("source", "document_id", "value", "field", "row", maintain_order=True, nulls_last=True)
