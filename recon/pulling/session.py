"""One pull as it is remembered on disk: when it began and which windows are done, so that it can be taken up again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from recon.store import Circumstance
from recon.store.durable import read_json, write_json

# What was read longer ago than this may have changed since: the pull begins anew.
LONGEST = dt.timedelta(hours=24)


@dataclass
class Session:
    """A pull under way. What `finish` has returned from is remembered, however the process ends."""

    path: Path
    asked: str
    circumstance: Circumstance
    done: set[str] = field(default_factory=set)
    resumed: bool = False

    def finish(self, task: str) -> None:
        """Remember that the task is done."""
        self.done.add(task)
        self.write()

    def read_again(self) -> None:
        """Remember no task as done: who takes the pull up asks its sources anew, and it is the same pull still."""
        self.done.clear()
        self.write()

    def write(self) -> None:
        """Remember the pull as it stands."""
        closed = self.circumstance.closed_through
        facts = {
            "asked": self.asked,
            "begun": self.circumstance.seen_at.isoformat(timespec="microseconds"),
            "closed_through": closed.isoformat() if closed else None,
            "done": sorted(self.done),
        }
        write_json(self.path, facts)

    def end(self) -> None:
        """Forget the pull: it is finished."""
        self.path.unlink(missing_ok=True)


def take_up(path: Path, asked: str, now: Circumstance, *, fresh: bool) -> Session:
    """The interrupted pull that asked for the same, unless it is too old or `fresh` is wished; else a new one."""
    found = None if fresh else read_json(path)
    if found is not None and found.get("asked") == asked:
        begun = dt.datetime.fromisoformat(found["begun"])
        closed = found["closed_through"]
        if dt.timedelta(0) <= now.seen_at - begun <= LONGEST:
            circumstance = Circumstance(begun, dt.date.fromisoformat(closed) if closed else None)
            return Session(path, asked, circumstance, set(_texts(found["done"])), resumed=True)
    return Session(path, asked, now)


def _texts(values: Iterable[object]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))
