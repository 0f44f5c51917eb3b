"""Where a schedule keeps its corrections: in memory, as quick as can be, or in a real SQLite file."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import URL, create_engine

from recon.errors import Stale
from recon.lifecycle import Act, Correction, State, name_of, transition
from recon.state.database import Database, prepare
from recon.state.opening import open_database
from recon.state.place import FILE
from recon.state.store import ADDED, StateStore
from recon.trail import Event, Head

Now = Callable[[], dt.datetime]
_NO_HASH = "0" * 64


class MemoryStore:
    """Corrections and their events in memory; fulfils CorrectionStore. A crash loses nothing that was applied."""

    login = ""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._kept: dict[str, Correction] = {}
        self._keys: dict[str, str] = {}
        self._events: list[Event] = []

    def reopened(self) -> MemoryStore:
        """The same corrections."""
        return self

    def close(self) -> None:
        """Nothing to let go of."""

    def get(self, identity: str) -> Correction | None:
        """As the port says."""
        return self._kept.get(identity)

    def by_key(self, key: str) -> Correction | None:
        """As the port says."""
        return self._kept.get(self._keys.get(key, ""))

    def all(self, *, period: str | None = None, states: Sequence[State] = ()) -> tuple[Correction, ...]:
        """As the port says."""
        found = [one for one in self._kept.values() if period in (None, one.period)]
        asked = [one for one in found if not states or one.state in states]
        return tuple(sorted(asked, key=lambda one: (one.period, one.reconciliation or "", one.identity)))

    def add(self, correction: Correction, *, actor: str) -> Correction:
        """As the port says."""
        if correction.identity in self._kept:
            raise Stale("this correction is kept already", key=correction.key)
        self._keep(correction)
        self.record(ADDED, correction.identity, actor=actor)
        return correction

    def apply(
        self, before: Correction, act: Act, *, actor: str, details: Mapping[str, str] | None = None
    ) -> Correction:
        """As the port says."""
        now = self._kept[before.identity]
        if now.version != before.version:
            raise Stale("somebody else changed this correction meanwhile: look at it again", key=before.key)
        after = transition(now, act)
        self._keep(after)
        self.record(name_of(act), before.identity, actor=actor, details=details)
        return after

    def record(self, act: str, subject: str, *, actor: str, details: Mapping[str, str] | None = None) -> Event:
        """As the port says, but for the hashes, which no schedule asks for."""
        number = len(self._events) + 1
        event = Event(number, self._now(), actor, act, subject, dict(details or {}), _NO_HASH, f"{number:064x}")
        self._events.append(event)
        return event

    def check_chain(self) -> None:
        """Nothing is chained here."""

    def head(self) -> Head:
        """As the port says."""
        return Head(len(self._events), self._events[-1].hash if self._events else _NO_HASH)

    def events(self, *, subject: str | None = None, after: int = 0) -> tuple[Event, ...]:
        """As the port says."""
        return tuple(event for event in self._events[after:] if subject in (None, event.subject))

    def _keep(self, correction: Correction) -> None:
        self._kept[correction.identity] = correction
        self._keys[correction.key] = correction.identity


class FileStore(StateStore):
    """The real store in a SQLite file, which can be opened again as after a crash."""

    def reopened(self) -> FileStore:
        """The store as a new process opens it."""
        self.database.close()
        return file_store(Path(self.database.place), self.now)


def file_store(path: Path, now: Now) -> FileStore:
    """The store of a file whose tables are there."""
    engine = create_engine(URL.create("sqlite", database=str(path)))
    return FileStore(Database(prepare(engine), str(path)), now)


def new_file_store(folder: Path, number: int, now: Now) -> FileStore:
    """A store in a new file of the folder, copied from one that is made there once."""
    if not (folder / FILE).is_file():
        open_database(folder, {}).close()
    return file_store(Path(shutil.copy(folder / FILE, folder / f"{number}.sqlite")), now)
