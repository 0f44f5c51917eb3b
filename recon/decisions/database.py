"""Decisions in the state database; the file that held them before is taken over once, and kept as evidence."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from sqlalchemy import Connection

from recon.decisions.rows import Author, Row, Wish, content_digest, framed, line_of, new_row, rows_of
from recon.errors import ConfigError
from recon.state.decided import append_row, lock_decisions, read_rows
from recon.state.links import append
from recon.state.store import StateStore
from recon.store.durable import sync_folder
from recon.trail import Told

_SHOWN = 5
DECIDED = "decided"  # of an event: a person whom the system vouched for said it


@dataclass(frozen=True)
class DecisionTable:
    """Decisions in the state database; fulfils DecisionStore. A row that was written is never changed."""

    store: StateStore
    who: Callable[[], str]

    def rows(self) -> list[Row]:
        """The decisions in the order in which they were made."""
        return self.store.database.read(read_rows)

    def read(self) -> pl.DataFrame:
        """DECISIONS of the database."""
        return framed(self.rows())

    def record(self, wish: Wish) -> str:
        """The id of the decision, committed with its event. Raises: ConfigError for one that says nothing."""
        return self.store.database.write(lambda connection: self._record(connection, wish))

    def take_over(self, path: Path) -> None:
        """Keep the decisions of the file, all in one transaction, and rename the file; called again it does nothing.

        Raises: ConfigError for a file that cannot be understood, or that says other than what was taken over.
        """
        data = path.read_bytes()
        rows = rows_of(data, path)
        self.store.database.write(lambda connection: self._take_over(connection, path, data, rows))
        digest = hashlib.sha256(data).hexdigest()
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            path.replace(path.with_name(f"{path.stem}.taken-over-{digest[:12]}{path.suffix}"))
        sync_folder(path.parent)

    def _record(self, connection: Connection, wish: Wish) -> str:
        lock_decisions(connection)
        row = new_row(wish, read_rows(connection), Author(self.who, self.store.now))
        told = Told(row["decided_by"], DECIDED, "", {"undoes": row["undoes"]} if row["undoes"] else {})
        append_row(connection, self.store.now(), row, told)
        return str(row["decision_id"])

    def _take_over(self, connection: Connection, path: Path, data: bytes, rows: Sequence[Row]) -> None:
        lock_decisions(connection)
        kept = read_rows(connection)
        if kept:
            _refuse_other(kept, rows, path)
            return
        for row in rows:
            told = Told(self.who(), "taken over", "", {"decided_by": row["decided_by"]})
            append_row(connection, self.store.now(), row, told)
        facts = {"rows": str(len(rows)), "sha256": hashlib.sha256(data).hexdigest(), "content": content_digest(rows)}
        append(connection, self.store.now(), Told(self.who(), "file taken over", path.name, facts))


def _refuse_other(kept: Sequence[Row], rows: Sequence[Row], path: Path) -> None:
    """Raise ConfigError unless the database begins with the rows of the file."""
    stands = {line_of(row) for row in kept}
    other = [str(row["decision_id"]) for row in rows if line_of(row) not in stands]
    if other:
        more = f" and {len(other) - _SHOWN} more" if len(other) > _SHOWN else ""
        raise ConfigError(
            "decisions are kept in the state database since their file was taken over, but a file is there again with "
            f"others ({', '.join(other[:_SHOWN])}{more}): move the file away, and decide again what only it says",
            file=path,
        )
