"""The decisions of a workspace, wherever they are kept.

They stand in `decisions.jsonl` until the workspace has a state database. Whoever reads or decides first after that
takes the file over; from then on they stand in the database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from recon.decisions.file import FILE, DecisionFile, writing
from recon.decisions.person import person
from recon.decisions.rows import Row, Wish, framed, read_lines
from recon.lifecycle import check_decide
from recon.state.place import address_of_team, has_state

if TYPE_CHECKING:
    from recon.decisions.database import DecisionTable


@dataclass(frozen=True)
class Decisions:
    """The decisions of one workspace; fulfils DecisionStore."""

    workspace: Path
    who: Callable[[], str]
    now: Callable[[], dt.datetime]

    @property
    def path(self) -> Path:
        """The file of the workspace that holds them, or held them before."""
        return self.workspace / FILE

    def rows(self) -> list[Row]:
        """The decisions in the order in which they were made. Raises: ConfigError for what cannot be understood."""
        if has_state(self.workspace):
            with self._table() as table:
                return table.rows()
        return read_lines(self.path) if self.path.is_file() else []

    def read(self) -> pl.DataFrame:
        """DECISIONS in the order in which they were made. Raises: ConfigError for what cannot be understood."""
        return framed(self.rows())

    def record(self, wish: Wish) -> str:
        """The id of the decision, after it reached the disk.

        Raises: ConfigError for a decision that says nothing or that cannot be kept; LockHeld if others write;
            NotAllowed for somebody without a role, once the workspace says who has one.
        """
        self._check_role()
        if address_of_team() is not None and not self.path.is_file():  # who reviews may not write in the workspace
            with self._table() as table:
                return table.record(wish)
        # The lock of the file first: nobody adds to it while it is taken over.
        with writing(self.path):
            if not has_state(self.workspace):
                return DecisionFile(self.path, self.who, self.now).record_locked(wish)
        with self._table() as table:
            return table.record(wish)

    def _check_role(self) -> None:
        """Whoever works alone names nobody in users.csv and decides; with others there, it takes a row and a role."""
        from recon.workspace.people import load_people  # noqa: PLC0415 - what reads a workspace is slow to import

        people = load_people(self.workspace)
        if people.persons:
            check_decide(people.acting(self.who()))

    @contextmanager
    def _table(self) -> Iterator[DecisionTable]:
        """The decisions in the database, after the file was taken over if it is still there."""
        from recon.decisions.database import DecisionTable  # noqa: PLC0415 - only where there is a database
        from recon.state.store import open_state  # noqa: PLC0415

        store = open_state(self.workspace, now=self.now)
        try:
            table = DecisionTable(store, self.who)
            if self.path.is_file():
                with writing(self.path):
                    if self.path.is_file():
                        table.take_over(self.path)
            yield table
        finally:
            store.close()


def open_decisions(workspace: Path, who: Callable[[], str] = person) -> Decisions:
    """The decisions of a workspace, recorded under the name of the person at the keyboard and the clock's time."""
    return Decisions(workspace, who, lambda: dt.datetime.now(dt.UTC))
