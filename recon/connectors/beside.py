"""What a pull writes beside the canonical files: rows that could not be used, and changes in closed books."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from recon.canonical import ChangedRows, RejectedRows, SourceFileFact
from recon.connectors.cells import mask_all
from recon.connectors.staging import Window
from recon.digests import digest_file
from recon.errors import DataError
from recon.frames import blank

REJECTS = "rejects.parquet"
CHANGES = "source_changes.parquet"
BESIDE = (REJECTS, CHANGES)
MANIFEST = "pull.json"
_SHOWN_OF_CHANGES = ("row_id", "explanation")
_SHOWN_OF_REJECTS = ("value", "reason", "document_id")


def where_to_download(sources: Path) -> str:
    """Where a file that is missing among the sources is to be put; the folder of a pull is written by pulls alone."""
    return f"{sources.parent} and pull again" if (sources / MANIFEST).is_file() else str(sources)


def read_rejects(sources: Path, frames: Sequence[str], window: Window) -> tuple[pl.DataFrame, list[SourceFileFact]]:
    """REJECTED_ROWS of a pull and the fact of their file; no row of them where the folder was not pulled.

    `frames` are the canonical frames that are read: a row of another one is not this run's business, and neither
    is one whose date lies outside of the margin.

    Raises: DataError if the file is not what a pull writes.
    """
    rows, facts = _read(sources / REJECTS, RejectedRows, _SHOWN_OF_REJECTS)
    mine = pl.col("frame").is_in(list(frames)) & window.holds("date").fill_null(value=True)
    return rows.filter(mine), facts


def read_changes(sources: Path, frames: Sequence[str], window: Window) -> tuple[pl.DataFrame, list[SourceFileFact]]:
    """CHANGED_ROWS of a pull and the fact of their file; no row of them where the folder was not pulled.

    Told are changes up to the period's end that lie in what this run reads; older ones belong to their own period.

    Raises: DataError if the file is not what a pull writes.
    """
    rows, facts = _read(sources / CHANGES, ChangedRows, _SHOWN_OF_CHANGES)
    near = (pl.col("window_start") <= window.period.end) & (pl.col("window_end") >= window.first)
    return rows.filter(pl.col("frame").is_in(list(frames)) & near), facts


def _read(path: Path, schema: type[dy.Schema], shown: Sequence[str]) -> tuple[pl.DataFrame, list[SourceFileFact]]:
    """The rows of the file, texts masked, and its fact; nothing where there is no file."""
    if not path.is_file():
        return blank(schema), []
    try:
        rows: pl.DataFrame = schema.validate(pl.read_parquet(path).select(schema.column_names()), cast=True)
    except Exception as cause:
        raise DataError(
            f"{path.name} is not what a pull writes: {str(cause).splitlines()[0]}; pull the period again", file=path
        ) from cause
    masked: list[Any] = [pl.col(name).map_batches(mask_all, return_dtype=pl.String()) for name in shown]
    return rows.with_columns(masked), [SourceFileFact(path.name, path.stem, rows.height, digest_file(path))]
