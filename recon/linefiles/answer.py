"""What matching found, as files: Parquet as it is told, the same as CSV where people can read it, all or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import polars as pl

from recon.errors import DataError
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
) -> list[Path]:
    """Match two sides into a new or empty folder: matches, groups, residue_left, residue_right, gone.

    `rejected` and `decided` are what people decided, as in `match`; `gone` has the lines that they name in vain.

    Groups are spilled to Parquet a stretch at a time, so that memory holds the sides and not the answer.
    The files are written beside the folder and moved into place at the end: a folder is whole or absent.

    Raises: DataError where the folder already holds something; and what `match` raises.
    """
    with _new_folder(folder) as scratch:
        with ThreadPoolExecutor(max_workers=1) as writer:
            spilled = _Spilled(scratch, writer)
            residue = match_into(spilled, left, right, passes, rejected=rejected, decided=decided, runner=runner)
            spilled.join()
        gone = pl.DataFrame(schema=GONE)
        if rejected is not None or decided is not None:
            ids = [side.lazy().select("id").collect().to_series() for side in (left, right)]
            gone = gone_lines(rejected, decided, *ids)
        for name, frame in zip(FRAMES[2:], (*residue, gone), strict=True):
            _write_parquet(frame, scratch / f"{name}.parquet")
        _write_csv(scratch, csv=csv)
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
    """Matches and groups as files, a part for many stretches, written while the next ones are told."""

    def __init__(self, scratch: Path, writer: Executor) -> None:
        self.scratch, self.writer = scratch, writer
        self.held: list[tuple[pl.DataFrame, pl.DataFrame]] = []
        self.parts = 0
        self.written: Future[None] | None = None

    def add(self, matches: pl.DataFrame, groups: pl.DataFrame) -> None:
        """Take the next rows of both; the part before has been written then, so that memory holds two at most."""
        self.held.append((matches, groups))
        if sum(frame.height for frame, _ in self.held) >= _PART_ROWS:
            self._spill()

    def end(self) -> None:
        """One file of each, in the order in which the rows came, while the lines left over are looked at."""
        if self.held:
            self._spill()
        self._next(self._join)

    def join(self) -> None:
        """The files are there."""
        if self.written:
            self.written.result()

    def _spill(self) -> None:
        matches, groups = (pl.concat(frames) for frames in zip(*self.held, strict=True))
        self.held = []
        self._next(partial(self._write, self.parts, (matches, groups)))
        self.parts += 1

    def _next(self, work: Callable[[], None]) -> None:
        self.join()
        self.written = self.writer.submit(work)

    def _join(self) -> None:
        for name in FRAMES[:2]:
            parts = [self._part(name, number) for number in range(self.parts)]
            whole = self.scratch / f"{name}.parquet"
            if len(parts) == 1:
                parts[0].rename(whole)
                continue
            lines = [pl.scan_parquet(parts[0], glob=False), pl.scan_ipc(parts[1:], glob=False)]
            pl.concat(lines).sink_parquet(whole, compression_level=_FAST)
            for part in parts:
                part.unlink()

    def _write(self, number: int, frames: tuple[pl.DataFrame, pl.DataFrame]) -> None:
        for name, frame in zip(FRAMES[:2], frames, strict=True):
            if number:
                frame.write_ipc(self._part(name, number))  # uncompressed: it is read once, and soon
            else:
                _write_parquet(frame, self._part(name, number))  # most answers have this part alone

    def _part(self, name: str, number: int) -> Path:
        return self.scratch / f"{name}-{number:05d}.part"


_PART_ROWS = 3_000_000  # of the matches: an answer of a million lines a side is one part
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
