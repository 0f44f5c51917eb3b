"""The pack of one run: page, PDF, workpaper, import file and the result tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from recon.errors import check
from recon.frames import RESULT_FRAMES
from recon.reporting.model import RunRecord

NOTEBOOKS = ("close", "sales", "settlements", "payroll", "clearing")
PAGE, PDF, WORKBOOK, ENTRIES, DATA = "index.html", "pack.pdf", "workpaper.xlsx", "entries_import.csv", "data"


def write_pack(
    record: RunRecord,
    folder: Path,
    *,
    progress: Callable[[str], None] | None = None,
    notebooks: Sequence[str] = NOTEBOOKS,
) -> list[Path]:
    """The paths of everything that was written, in the order of writing.

    `progress` is told the name of each file before it is written. The page links to `notebooks`, which
    are executed into the same folder by their own runner; the manifest comes last, by its own function.
    """
    # Drawing and typesetting take a second to import: only a run that writes a pack pays for them.
    from recon.reporting.entries_import import render_entries  # noqa: PLC0415
    from recon.reporting.page import render_page  # noqa: PLC0415
    from recon.reporting.pdf import render_pdf  # noqa: PLC0415
    from recon.reporting.workbook import write_workbook  # noqa: PLC0415

    tell = progress or (lambda _: None)
    folder.mkdir(parents=True, exist_ok=True)
    tell(DATA)
    written = write_data(record, folder / DATA)
    tell(ENTRIES)
    written.append(_write(folder / ENTRIES, render_entries(record).encode()))
    tell(WORKBOOK)
    written.append(write_workbook(record, folder / WORKBOOK))
    tell(PAGE)
    written.append(_write(folder / PAGE, render_page(record, notebooks=notebooks).encode()))
    tell(PDF)
    written.append(_write(folder / PDF, render_pdf(record)))
    return written


def write_data(record: RunRecord, folder: Path) -> list[Path]:
    """The result frames as Parquet, columns in the order of their schema; equal frames give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, schema in RESULT_FRAMES.items():
        columns = list(schema.columns())
        frame = record.found.frames[name]
        missing = sorted(set(columns) - set(frame.columns))
        check(not missing, "a result frame lacks columns of its schema", frame=name, missing=", ".join(missing))
        path = folder / f"{name}.parquet"
        _write_parquet(frame.select(columns), path)
        paths.append(path)
    return paths


def _write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """One file of one frame; rechunked, since the chunks of a frame would show in its row groups."""
    frame.rechunk().write_parquet(
        path, compression="zstd", compression_level=3, statistics=True, row_group_size=1 << 20
    )


def _write(path: Path, content: bytes) -> Path:
    """The path, after the bytes stand in it."""
    path.write_bytes(content)
    return path
