"""Windows read from their sources into the store, page by page, resumed where an earlier pull stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from recon.errors import RemoteError, check
from recon.progress import Progress
from recon.pulling.keeping import SET_ASIDE
from recon.pulling.session import Session
from recon.store import Appended, Lasting, Source, SourceStore, Window
from recon.store.reading import Reading, Readings

MOST_PASSES = 3
Keep = Callable[[Source, Sequence[Mapping[str, object]]], pl.DataFrame]


@dataclass(frozen=True)
class Task:
    """One window of one source."""

    source: Source
    store: SourceStore
    window: Window
    frame: str  # the canonical frame that its rows go into
    whole: bool = False  # its rows tell of the window as a whole, and of none of its days

    @property
    def name(self) -> str:
        """How the session remembers the task."""
        return f"{self.source.name} {self.window.start}_{self.window.end}"


@dataclass
class Tally:
    """What a pull came to so far, by source."""

    added: dict[str, Appended] = field(default_factory=dict)
    done: int = 0
    total: int = 0

    def count(self, source: str, appended: Appended) -> None:
        """Add what one window came to."""
        self.added[source] = self.added.get(source, Appended()).plus(appended)
        self.done += 1


async def read_tasks(
    groups: Sequence[Sequence[Task]], session: Session, keep: Keep, tally: Tally, tell: Progress
) -> None:
    """Read every task that the session does not remember as done; the groups at once, the tasks of each in order.

    What one group has read stays, whatever happens to another. Raises: RemoteError, with one sentence for each of
    several groups that failed; any other fault as it is.
    """
    tally.total = sum(len(group) for group in groups)
    outcomes = await asyncio.gather(
        *(_read_group(group, session, keep, tally, tell) for group in groups), return_exceptions=True
    )
    faults = [one for one in outcomes if isinstance(one, BaseException)]
    for fault in faults:
        if not isinstance(fault, RemoteError):
            raise fault
    if len(faults) == 1:
        raise faults[0]
    if faults:
        told = (f"  - {fault}" for fault in faults)
        raise RemoteError("\n".join([f"{len(faults)} services could not be read; what was read is kept:", *told]))


async def _read_group(tasks: Sequence[Task], session: Session, keep: Keep, tally: Tally, tell: Progress) -> None:
    for task in tasks:
        tell(f"{task.source.name}, {task.window.start} to {task.window.end}", tally.done, tally.total)
        appended = Appended()
        if task.name not in session.done:
            appended = await read_window(task, session, keep)
            session.finish(task.name)
        tally.count(task.source.name, appended)


async def read_window(task: Task, session: Session, keep: Keep) -> Appended:
    """What the window came to after it was read in whole and committed.

    Where a reading hints that records moved under it (a known one is gone, one came twice), the window is read
    again until two readings agree on the records, at most three times.
    """
    readings = task.store.readings(task.window)
    readings.sweep()
    reading = readings.passes()[-1]
    standing: frozenset[str] = frozenset()
    while True:
        await _read_on(task, reading, keep)
        gone = {*task.store.gone(task.window, reading.ids())} - standing
        standing |= await _standing(task.source, gone)
        if _is_settled(readings, any_gone=not gone <= standing):
            return task.store.commit(task.window, session.circumstance, standing)
        reading = readings.another()


async def _standing(source: Source, gone: Collection[str]) -> frozenset[str]:
    """Those of the records that no list shows any more, and that were not deleted."""
    asked = sorted(one for one in gone if not one.startswith(SET_ASIDE))
    return await source.standing(asked) if asked and isinstance(source, Lasting) else frozenset()


async def _read_on(task: Task, reading: Reading, keep: Keep) -> None:
    """Read the pages that the reading lacks."""
    stand = reading.stand()
    if stand.complete:
        return
    try:
        await _read_from(task, reading, stand.cursor, keep)
    except RemoteError as fault:
        # A service may forget a cursor that an earlier process was given: the pass begins again, once.
        is_stale = stand.cursor is not None and not fault.retryable and reading.stand() == stand
        if not is_stale:
            raise
        reading.discard()
        await _read_from(task, reading, None, keep)


async def _read_from(task: Task, reading: Reading, cursor: str | None, keep: Keep) -> None:
    complete = False
    async for page in task.source.pages(task.window, cursor):
        check(not complete, "a source gave a page behind its last one", source=task.source.name)
        reading.add(keep(task.source, page.rows), page.cursor)
        complete = page.cursor is None
    if not complete:
        reading.add([], None)  # the source ended without saying so: nothing is left


def _is_settled(readings: Readings, *, any_gone: bool) -> bool:
    passes = readings.passes()
    if len(passes) >= MOST_PASSES:
        return True
    ids = passes[-1].ids()
    if len(passes) == 1:
        return ids.n_unique() == len(ids) and not any_gone
    return ids.unique().sort().equals(passes[-2].ids().unique().sort())
