"""What matching found, as files: Parquet as it is told, the same as CSV where people can read it, all or none."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from recon.errors import DataError
from recon.linefiles.made import MANIFEST
from recon.matching import Matched, Pass, Runner, match_into
from recon.matching.chosen import GONE, gone_lines

FRAMES = ("matches", "groups", "residue_left", "residue_right", "gone")
MOST_AS_CSV = 1_000_000  # rows of a frame; more would only cost time


def match_to_files(
    left: pl.DataFrame | pl.LazyFrame,
    right: pl.DataFrame | pl.LazyFrame,
    passes: Sequence[Pass],
    folder: Path,
    *,
    rejected: pl.DataFrame | None = None,
    decided: pl.DataFrame | None = None,
    runner: Runner | None = None,
    csv: bool = True,
    made: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Match two sides into a new or empty folder: matches, groups, residue_left, residue_right, gone.

    `rejected` and `decided` are what people decided, as in `match`; `gone` has the lines that they name in vain.

    `made`, where it is given, is what the answer was made of: it stands beside it as manifest.json.

    Groups are spilled to Parquet a stretch at a time, so that memory holds the sides and not the answer.
    The files are written beside the folder and moved into place at the end: a folder is whole or absent.

    Raises: DataError where the folder already holds something; and what `match` raises.
    """
    with _new_folder(folder) as scratch:
        with _Spilled(scratch) as spilled:
            residue = match_into(spilled, left, right, passes, rejected=rejected, decided=decided, runner=runner)
        gone = pl.DataFrame(schema=GONE)
        if rejected is not None or decided is not None:
            ids = [side.lazy().select("id").collect().to_series() for side in (left, right)]
            gone = gone_lines(rejected, decided, *ids)
        for name, frame in zip(FRAMES[2:], (*residue, gone), strict=True):
            _write_parquet(frame, scratch / f"{name}.parquet")
        _write_csv(scratch, csv=csv)
        if made is not None:
            (scratch / MANIFEST).write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    return sorted(folder.iterdir())


def write_matched(matched: Matched, folder: Path, *, csv: bool = True) -> list[Path]:
    """The same files of an answer that is held already."""
    with _new_folder(folder) as scratch:
        for name in FRAMES:
            frame: pl.DataFrame = getattr(matched, name)
            _write_parquet(frame, scratch / f"{name}.parquet")
        _write_csv(scratch, csv=csv)
    return sorted(folder.iterdir())


class _Spilled:
    """Matches and groups as files that are written while the next rows are told."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._files: tuple[_Growing, ...] = ()

    def add(self, matches: pl.DataFrame, groups: pl.DataFrame) -> None:
        """Take the next rows of both."""
        frames = dict(zip(FRAMES[:2], (matches, groups), strict=True))
        if not self._files:
            self._files = tuple(_Growing(self._scratch / f"{name}.parquet", one) for name, one in frames.items())
        for file, frame in zip(self._files, frames.values(), strict=True):
            file.add(frame)

    def end(self) -> None:
        """No more rows will come: the files are ended while the lines left over are looked at."""
        for file in self._files:
            file.add(None)

    def __enter__(self) -> _Spilled:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """The files are there, or nobody writes to them any more."""
        for file in self._files:
            file.close(whole=kind is None)


class _Growing:
    """A Parquet file that grows by frames, written by a thread of its own: memory holds few of them."""

    def __init__(self, path: Path, first: pl.DataFrame) -> None:
        self._frames: Queue[pl.DataFrame | None] = Queue(maxsize=_MOST_WAITING)
        self._is_given_up = False
        self._writer = ThreadPoolExecutor(max_workers=1)
        rows = register_io_source(self._rows, schema=first.schema, validate_schema=True, is_pure=False)
        self._written = self._writer.submit(rows.sink_parquet, path, compression_level=_FAST)

    def add(self, frame: pl.DataFrame | None) -> None:
        """Take the next rows as soon as there is room for them; None: no more will come.

        Raises: whatever keeps the file from being written.
        """
        while not self._written.done():
            with suppress(Full):
                self._frames.put(frame, timeout=_PATIENCE_S)
                return
        self._written.result()

    def close(self, *, whole: bool) -> None:
        """Wait until the file is written; where it is not to be whole, until nobody writes to it any more.

        Raises: whatever kept the file from being written, where it is to be whole.
        """
        self._is_given_up = not whole
        self._writer.shutdown()
        if whole:
            self._written.result()

    def _rows(self, *_: object) -> Iterator[pl.DataFrame]:
        """The frames in their order; all columns and rows are asked for."""
        while not self._is_given_up:
            try:
                frame = self._frames.get(timeout=_PATIENCE_S)
            except Empty:
                continue
            if frame is None:
                return
            yield frame


_MOST_WAITING = 2  # frames of some hundred thousand rows
_PATIENCE_S = 0.1  # between two looks whether the other side still works
_FAST = 1  # of zstd: a third of the time of its default, for files a few per cent larger


def _write_parquet(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path, compression_level=_FAST)


def _write_csv(folder: Path, *, csv: bool) -> None:
    for name in FRAMES if csv else ():
        lines = pl.scan_parquet(folder / f"{name}.parquet", glob=False)
        if lines.select(pl.len()).collect().item() <= MOST_AS_CSV:
            lines.collect().write_csv(folder / f"{name}.csv")


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into that becomes `folder` when all went well, and vanishes when not."""
    if folder.exists() and any(folder.iterdir()):
        raise DataError("this folder holds files already; name a new one", folder=folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        whole = Path(scratch) / "whole"
        whole.mkdir()
        yield whole
        if folder.exists():
            folder.rmdir()
        os.replace(whole, folder)  # noqa: PTH105
