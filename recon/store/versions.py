"""The versions of one source's records: appended, never changed, and what they say now or said before."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recon.errors import DigestDiffers
from recon.store.durable import read_json, remove_folder, remove_unfinished, write_json, write_whole
from recon.store.port import Window
from recon.store.reading import Readings

VERSIONS: dict[str, pl.DataType] = {
    "row_id": pl.String(),
    "content": pl.String(),  # SHA-256 of the body; null where the record was found deleted
    "seen_at": pl.Datetime("us", "UTC"),  # when the pull began that first saw this version
    "deleted": pl.Boolean(),
    "first_reading": pl.Boolean(),  # the window had never been read in whole before
    "window_start": pl.Date(),
    "window_end": pl.Date(),
    "closed_through": pl.Date(),  # the last day of closed books when this version was seen; null: none were closed
    "body": pl.String(),
}
_READ = "windows"
MARKS = f"{_READ}/*.json"  # one for each window that was read in whole
_SEGMENT = re.compile(r"^(\d{8})-([0-9a-f]{16})\.parquet$")
_SHOWN = 16
_AT_ONCE = 8_192  # rows that are packed together, so that memory does not grow with the window


@dataclass(frozen=True)
class Circumstance:
    """When a pull began, and through which day the books were closed by then (None: nothing is closed)."""

    seen_at: dt.datetime
    closed_through: dt.date | None = None


@dataclass(frozen=True)
class Appended:
    """How many versions a commit added."""

    new: int = 0
    changed: int = 0
    deleted: int = 0

    def plus(self, other: Appended) -> Appended:
        """Both together."""
        return Appended(self.new + other.new, self.changed + other.changed, self.deleted + other.deleted)

    @property
    def any(self) -> bool:
        """True if anything was added."""
        return bool(self.new or self.changed or self.deleted)


@dataclass(frozen=True)
class SourceStore:
    """Everything that was ever seen of one source, in one folder."""

    folder: Path

    def readings(self, window: Window) -> Readings:
        """The passes over the window that are not committed yet."""
        return Readings(self.folder / "reading" / _name(window))

    def was_read(self, window: Window) -> bool:
        """True if the window was read in whole at least once."""
        return read_json(self._mark(window)) is not None

    def gone(self, window: Window, ids: pl.Series) -> pl.Series:
        """Ids of records that stood in the window when it was last read, and are not among the given ones."""
        if not self._has_versions_of(window):
            return pl.Series("row_id", [], pl.String)
        live = self._latest().filter(~pl.col("deleted") & _in(window))
        return live.filter(~pl.col("row_id").is_in(ids.implode()))["row_id"]

    def commit(self, window: Window, circumstance: Circumstance, standing: Collection[str] = ()) -> Appended:
        """Append what the passes over the window found different, then forget the passes.

        A record that is seen for the first time or with another content gets a version; one that stood in the
        window and is gone gets a version that says so, unless its id is among those `standing`. Killed anywhere and
        called again it ends in the same bytes.

        Raises: DigestDiffers if the store is not what was written.
        """
        readings = self.readings(window)
        remove_unfinished(self.folder / "versions")
        rows = readings.rows()
        added = self._differences(rows, window, circumstance, standing)
        if added.height:
            self._append(added)
        if not self.was_read(window):
            write_json(self._mark(window), {"first_read": circumstance.seen_at.isoformat()})
        readings.discard()
        known = added["known"]
        deleted = added["deleted"]
        return Appended(new=int((~known).sum()), changed=int((known & ~deleted).sum()), deleted=int(deleted.sum()))

    def view(self, windows: Sequence[Window]) -> pl.DataFrame:
        """The records that stand in the windows now: row_id and body, by id."""
        if not windows:
            return pl.DataFrame(schema={"row_id": pl.String, "body": pl.String})
        live = self._latest().filter(~pl.col("deleted") & pl.any_horizontal(_in(one) for one in windows))
        rows = pl.concat([self._scan(), pl.LazyFrame(schema=_NUMBERED)])
        kept = rows.join(live.lazy().select("at"), on="at", how="semi")
        return kept.select("row_id", "body").collect().sort("row_id")

    def history(self) -> pl.LazyFrame:
        """VERSIONS in the order in which they were appended, with their place `at`."""
        return self._scan()

    def forget_readings(self) -> None:
        """Forget every page that was read and not committed, and what killed processes left half-written."""
        remove_folder(self.folder / "reading")
        for folder in (self.folder, *(self.folder / name for name in ("versions", _READ))):
            remove_unfinished(folder)

    def check(self) -> None:
        """Raise DigestDiffers unless every file is what was written, and none is missing."""
        for path, number in zip(self._segments(), range(1, 1 << 31), strict=False):
            found = _SEGMENT.match(path.name)
            if found is None or int(found[1]) != number:
                raise DigestDiffers("a file of the store is missing: restore it from a backup", before=path)
            if _digest(path.read_bytes()) != found[2]:
                raise DigestDiffers("a file of the store is not what was written: restore it from a backup", file=path)

    def _mark(self, window: Window) -> Path:
        return self.folder / _READ / f"{_name(window)}.json"

    def _segments(self) -> list[Path]:
        return sorted((self.folder / "versions").glob("[0-9]*.parquet"))

    def _scan(self) -> pl.LazyFrame:
        """The versions with their place in the order in which they were appended."""
        parts = [pl.scan_parquet(path) for path in self._segments()]
        every = pl.concat(parts) if parts else pl.LazyFrame(schema=VERSIONS)
        return every.with_row_index("at")

    def _has_versions_of(self, window: Window) -> bool:
        """True if any version was appended for the window; reads two columns of days, which are small."""
        return bool(self._scan().select(_in(window).any()).collect().item())

    def _latest(self) -> pl.DataFrame:
        """The last version of every record, without its body."""
        columns = ("at", "row_id", "content", "deleted", "window_start", "window_end")
        rows = self._scan().select(columns).collect()
        return rows.unique("row_id", keep="last", maintain_order=True)

    def _differences(
        self, rows: pl.DataFrame, window: Window, circumstance: Circumstance, standing: Collection[str]
    ) -> pl.DataFrame:
        """VERSIONS to append, by id, with `known`: a record that had a version before."""
        if rows.is_empty() and not self._has_versions_of(window):
            return pl.DataFrame(schema={**VERSIONS, "known": pl.Boolean()})
        before = self._latest().select(
            "row_id", old="content", known=True, gone="deleted", here=_in(window) & ~pl.col("deleted")
        )
        both = rows.join(before, on="row_id", how="full", coalesce=True)
        known = pl.col("known").fill_null(False)
        is_changed = pl.col("content").is_not_null() & (~known | pl.col("gone") | (pl.col("content") != pl.col("old")))
        is_gone = pl.col("content").is_null() & pl.col("here").fill_null(False) & ~pl.col("row_id").is_in([*standing])
        first = pl.lit(not self.was_read(window)) & ~known
        return (
            both.filter(is_changed | is_gone)
            .select(
                "row_id",
                "content",
                seen_at=pl.lit(circumstance.seen_at, VERSIONS["seen_at"]),
                deleted=pl.col("content").is_null(),
                first_reading=first,
                window_start=pl.lit(window.start),
                window_end=pl.lit(window.end),
                closed_through=pl.lit(circumstance.closed_through, pl.Date),
                body="body",
                known=known,
            )
            .sort("row_id")
        )

    def _append(self, added: pl.DataFrame) -> None:
        self.check()
        number = len(self._segments()) + 1
        buffer = io.BytesIO()
        added.select(*VERSIONS).rechunk().write_parquet(
            buffer, compression="zstd", compression_level=1, row_group_size=_AT_ONCE
        )
        data = buffer.getvalue()
        write_whole(self.folder / "versions" / f"{number:08d}-{_digest(data)}.parquet", data)


_NUMBERED: dict[str, pl.DataType] = {"at": pl.UInt32(), **VERSIONS}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_SHOWN]


def _name(window: Window) -> str:
    return f"{window.start.isoformat()}_{window.end.isoformat()}"


def _in(window: Window) -> pl.Expr:
    return (pl.col("window_start") == window.start) & (pl.col("window_end") == window.end)
