"""Decisions in a file: one JSON object a line, appended, never rewritten."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from recon.decisions.rows import SCHEMA, Author, Wish, framed, line_of, new_row, read_lines
from recon.errors import ConfigError
from recon.frames import blank
from recon.locks import held

FILE = "decisions.jsonl"
_PATIENCE_S = 10


@dataclass(frozen=True)
class DecisionFile:
    """Decisions in `decisions.jsonl`; fulfils DecisionStore. A line that was written is never changed."""

    path: Path
    who: Callable[[], str]
    now: Callable[[], dt.datetime]

    def read(self) -> pl.DataFrame:
        """DECISIONS of the file, none if there is no file. Raises: ConfigError naming file, row, field and value."""
        return framed(read_lines(self.path)) if self.path.is_file() else blank(SCHEMA)

    def record(self, wish: Wish) -> str:
        """The id of the decision, after its line has reached the disk.

        Raises: ConfigError for a decision that says nothing, for a file that is damaged, or that cannot be
            written (then it is as it was before); LockHeld if another process keeps the file.
        """
        with writing(self.path):
            return self.record_locked(wish)

    def record_locked(self, wish: Wish) -> str:
        """As `record`, for whoever holds `writing` already."""
        rows = read_lines(self.path) if self.path.is_file() else []
        row = new_row(wish, rows, Author(self.who, self.now))
        _append(self.path, row)
        return str(row["decision_id"])


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """The file of decisions is this process's own. Raises: LockHeld, ConfigError."""
    refusal = "another process is writing decisions; try again"
    with held(path.with_name(f".{path.name}.lock"), refusal, patience_seconds=_PATIENCE_S, file=path):
        yield


def _append(path: Path, row: Mapping[str, Any]) -> None:
    """Write one line and see it to the disk, or leave the file as it was."""
    try:
        with path.open("ab") as stream:
            size = stream.seek(0, os.SEEK_END)
            try:
                # A last line that somebody typed may lack its end.
                stream.write((b"" if _ends_well(path) else b"\n") + f"{line_of(row)}\n".encode())
                stream.flush()
                os.fsync(stream.fileno())
            except OSError:
                stream.truncate(size)
                raise
    except OSError as cause:
        raise ConfigError("the decision was not written", file=path, reason=cause.strerror) from cause


def _ends_well(path: Path) -> bool:
    data = path.read_bytes()[-1:]
    return not data or data == b"\n"
