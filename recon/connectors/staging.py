"""Files read row by row into staged Parquet: good rows, rows outside the margin, and rejected rows apart."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from recon.canonical import SourceFileFact
from recon.connectors.profiles import Profile
from recon.connectors.rows import FIELD, REASON, VALUE, Places, missing_columns, read_rows
from recon.connectors.shapes import DATE, DOCUMENT, shaped
from recon.connectors.tables import ROW, Table, open_parquet, open_table
from recon.errors import DataError
from recon.period import Period

_MOST_REJECTS = 1_000_000
_ROWS_AT_ONCE = 250_000
_REJECT_KEYS = ("location", "merchant_id")


@dataclass(frozen=True)
class SourceTask:
    """One file that is to be read, and how."""

    path: Path
    profile: Profile
    profile_name: str  # empty for a canonical file
    required: bool = False  # a file without rows stops the run


@dataclass(frozen=True)
class Window:
    """The period and the days around it that are read."""

    period: Period
    margin_days: int

    @property
    def first(self) -> dt.date:
        """The first day that is read."""
        return self.period.start - dt.timedelta(days=self.margin_days)

    def holds(self, column: str) -> pl.Expr:
        """True for dates inside the period or its margin."""
        return pl.col(column).is_between(self.first, self.period.end + dt.timedelta(days=self.margin_days))


@dataclass(frozen=True)
class Staged:
    """One file after reading: typed rows on disk, with faults marked."""

    task: SourceTask
    path: Path  # a folder of Parquet parts
    fact: SourceFileFact
    in_window: pl.Expr
    dropped: tuple[int, ...] = ()  # ROWs that later checks rejected

    @property
    def good(self) -> pl.LazyFrame:
        """Rows without a fault, inside the margin, not dropped."""
        rows = pl.scan_parquet(self.path).filter(pl.col(REASON).is_null() & self.in_window)
        return rows.filter(~pl.col(ROW).is_in(self.dropped)) if self.dropped else rows

    @property
    def bad(self) -> pl.LazyFrame:
        """Rows with a fault. A date that was read and lies outside the margin is not this period's business."""
        return pl.scan_parquet(self.path).filter(pl.col(REASON).is_not_null() & self.in_window.fill_null(True))


def stage(task: SourceTask, places: Places, window: Window, staging: Path) -> Staged:
    """The file's rows, read and written to the staging folder.

    Raises: DataError if the file is missing, empty, undecodable or lacks a column.
    """
    profile, path = task.profile, task.path
    wanted = [names for _, spec in profile.specs() for names in spec.wanted()]
    is_parquet = path.suffix == ".parquet"
    table = open_parquet(path) if is_parquet else open_table(path, profile.file, wanted, staging)
    missing = missing_columns(table, profile, task.profile_name)
    if missing:
        found = ", ".join(repr(heading) for heading in table.headings)
        mend = f"; or draft a profile for this layout: recon profile {path.name} --as {profile.frame}"
        raise DataError(f"{path.name}: {'; '.join(missing)}{mend if task.profile_name else ''}", headings=found)
    out = staging / f"{profile.frame}-{table.sha256[:12]}-{path.stem}"
    out.mkdir()
    _write_parts(table, task, places, window.period, out)
    date = DATE.get(profile.frame)
    in_window = window.holds(date) if date else pl.lit(True)
    counted = (
        pl.scan_parquet(out)
        .select(rows=pl.len(), outside=(~in_window).fill_null(False).sum(), bad=pl.col(REASON).is_not_null().sum())
        .collect(engine="streaming")
        .row(0)
    )
    if task.required and not counted[0]:
        raise DataError(
            f"{path.name}: there are headings but no rows: download it again, or say required = false for it "
            "under [[sources]] in policy.toml"
        )
    if counted[2] > _MOST_REJECTS:
        raise DataError(
            f"{path.name}: {counted[2]} of {counted[0]} rows cannot be read: mend the profile",
            profile=task.profile_name,
        )
    fact = SourceFileFact(path.name, profile.frame, counted[0], table.sha256, counted[1], task.profile_name or None)
    return Staged(task, out, fact, in_window)


def _write_parts(table: Table, task: SourceTask, places: Places, period: Period, out: Path) -> None:
    """Write the typed rows in parts of a bounded number of rows: memory does not grow with the file."""
    batches = table.rows.collect_batches(chunk_size=_ROWS_AT_ONCE, lazy=True)
    n = -1
    for n, batch in enumerate(batches):
        _write_part(replace(table, rows=batch.lazy()), task, places, period, out / f"{n:06d}.parquet")
    if n < 0:
        _write_part(replace(table, rows=table.rows.limit(0)), task, places, period, out / "000000.parquet")


def _write_part(table: Table, task: SourceTask, places: Places, period: Period, part: Path) -> None:
    rows = shaped(read_rows(table, task.profile, places), task.profile, task.path.stem, period)
    rows.collect(engine="in-memory").write_parquet(part, compression="lz4", statistics=False)


def rejects_of(staged: Staged, rows: pl.DataFrame | None = None) -> pl.DataFrame:
    """REJECTED_ROWS of the file's faults; or of the given rows, which carry `reason` and `duplicate`."""
    frame = staged.task.profile.frame
    judged = rows is not None
    rows = rows if rows is not None else staged.bad.collect()
    date, document = DATE.get(frame), DOCUMENT[frame]
    none = pl.lit(None, pl.String)
    return rows.select(
        source=pl.lit(staged.fact.name),
        row=pl.col(ROW).cast(pl.Int64),
        field=pl.lit(document) if judged else pl.col(FIELD),
        value=pl.col(document).cast(pl.String) if judged else pl.col(VALUE),
        reason=pl.col("reason" if judged else REASON),
        frame=pl.lit("sales" if frame == "tickets" else frame),
        **{name: pl.col(name) if name in rows.columns else none for name in _REJECT_KEYS},
        date=pl.col(date) if date in rows.columns else pl.lit(None, pl.Date),
        document_id=pl.col(document),
        duplicate=pl.col("duplicate") if judged else pl.lit(False),
    )
