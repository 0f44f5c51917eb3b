"""A window while it is being read: pages on disk, each in one file with the cursor behind it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recon.errors import DataError
from recon.store.durable import remove_folder, remove_unfinished, write_whole

ROWS = {"row_id": pl.String, "content": pl.String, "body": pl.String}
DOUBLED = "doubled:"  # what the id of a row begins with whose own id another row has too
_CURSOR = "recon.cursor"
_NO_CURSOR = "recon.complete"


@dataclass(frozen=True)
class Kept:
    """One raw row as it is kept: its id, the digest of its content, and the content."""

    row_id: str
    content: str
    body: str


@dataclass(frozen=True)
class Stand:
    """How far a reading came: the cursor to go on with, or that the last page is there."""

    pages: int
    cursor: str | None
    complete: bool


@dataclass(frozen=True)
class Reading:
    """One pass over a window, page by page. What `add` has returned from is on disk, cursor and rows together."""

    folder: Path

    def stand(self) -> Stand:
        """Where to go on. Raises: DataError if a page was changed."""
        pages = self._pages()
        if not pages:
            return Stand(0, None, complete=False)
        try:
            metadata = pl.read_parquet_metadata(pages[-1])
        except (pl.exceptions.PolarsError, OSError) as cause:
            raise DataError(f"{pages[-1]} is not what recon wrote: remove the folder {self.folder}") from cause
        return Stand(len(pages), metadata.get(_CURSOR), complete=_NO_CURSOR in metadata)

    def add(self, rows: Sequence[Kept] | pl.DataFrame, cursor: str | None) -> None:
        """Keep one page, its rows one by one or as columns; it and its cursor reach the disk in one step."""
        number = len(self._pages()) + 1
        metadata = {_NO_CURSOR: "yes"} if cursor is None else {_CURSOR: cursor}
        buffer = io.BytesIO()
        frame = rows if isinstance(rows, pl.DataFrame) else _framed(rows)
        frame.write_parquet(buffer, compression="lz4", statistics=False, metadata=metadata)
        write_whole(self.folder / f"{number:06d}.parquet", buffer.getvalue())

    def rows(self) -> pl.DataFrame:
        """Every row that was read, one per id: of a record that came twice the later page counts."""
        every = self._every().sort("row_id", maintain_order=True)
        is_last = (every["row_id"] != every["row_id"].shift(-1)).fill_null(value=True)
        return every if is_last.all() else every.filter(is_last)

    def doubled(self) -> pl.DataFrame:
        """The rows whose id was delivered with several contents, each content once."""
        if not self.ids().is_duplicated().any():
            return pl.DataFrame(schema=ROWS)
        every = self._every().unique(["row_id", "content"], keep="last", maintain_order=True)
        return every.filter(pl.col("row_id").is_duplicated())

    def ids(self) -> pl.Series:
        """The ids of the rows as they were delivered, repeated ones again."""
        pages = self._pages()
        return (
            pl.scan_parquet(pages).select("row_id").collect()["row_id"] if pages else pl.Series("row_id", [], pl.String)
        )

    def discard(self) -> None:
        """Forget the pages of this pass, in one step."""
        remove_folder(self.folder)

    def _every(self) -> pl.DataFrame:
        pages = self._pages()
        return pl.concat([pl.read_parquet(page) for page in pages]) if pages else pl.DataFrame(schema=ROWS)

    def _pages(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.parquet"))


def _doubled(passes: Sequence[Reading], kept: pl.DataFrame) -> pl.DataFrame:
    """The rows beside the kept ones whose id came with the same several contents in each of two passes."""
    first, second = (one.doubled() for one in passes)
    both = second.join(first, on=["row_id", "content"], how="semi").join(kept, on=["row_id", "content"], how="anti")
    named = pl.concat_str(pl.lit(DOUBLED), "row_id", pl.lit(":"), pl.col("content").str.head(12))
    return both.select(named.alias("row_id"), "content", "body")


def _framed(rows: Sequence[Kept]) -> pl.DataFrame:
    return pl.DataFrame({name: [getattr(row, name) for row in rows] for name in ROWS}, schema=ROWS)


@dataclass(frozen=True)
class Readings:
    """The passes over one window that is not committed yet; as a rule there is one."""

    folder: Path

    def passes(self) -> list[Reading]:
        """The passes so far, in order; at least the first, which may be empty."""
        found = sorted(path for path in self.folder.glob("[0-9]") if path.is_dir())
        return [Reading(path) for path in found] or [Reading(self.folder / "1")]

    def another(self) -> Reading:
        """A new pass, empty."""
        return Reading(self.folder / str(len(self.passes()) + 1))

    def rows(self) -> pl.DataFrame:
        """One row per record: what the last pass saw, and what only the pass before it saw.

        A record counts as gone when two passes in a row lack it: one pass may have missed it while others
        were inserted or deleted in front of it. Where two passes in a row gave the same several contents under one
        id, no record moved: they are several records, of which the last keeps the id, the others get one of their own.
        """
        last = self.passes()[-2:]
        if len(last) == 1:
            return last[0].rows()
        every = pl.concat([one.rows() for one in last]).unique("row_id", keep="last", maintain_order=True)
        return pl.concat([every, _doubled(last, every)]).sort("row_id")

    def discard(self) -> None:
        """Forget the passes, in one step."""
        remove_folder(self.folder)

    def sweep(self) -> None:
        """Remove what a killed process left half-written."""
        remove_unfinished(self.folder.parent)
        remove_unfinished(self.folder)
        for one in self.passes():
            remove_unfinished(one.folder)
