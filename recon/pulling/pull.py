"""`recon pull`: a period from the systems that hold it into the store, and from there into the folder of a close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recon.connectors.beside import CHANGES, REJECTS
from recon.errors import ConfigError, DataError
from recon.frames import CANONICAL_FRAMES, blank
from recon.identity import digest_fields
from recon.locks import held
from recon.period import Period
from recon.progress import Progress, silent
from recon.pulling.closings import PLACES, closings_of, note_closings
from recon.pulling.folder import canonical, period_folder, refuse_files_of_others, write_folder
from recon.pulling.keeping import keep, parted
from recon.pulling.model import Clock, Feed, Given, Made, Pulled, Service
from recon.pulling.reading import Tally, Task, read_tasks
from recon.pulling.rejects import joined
from recon.pulling.session import Session, take_up
from recon.pulling.windows import ALWAYS, days_around, windows_of
from recon.store import (
    Circumstance,
    Dated,
    Placed,
    SourceChanges,
    SourceStore,
    Whereabouts,
    Window,
    changes_in_closed_books,
)
from recon.store.closings import Closings
from recon.store.durable import read_json, write_json
from recon.store.versions import MARKS
from recon.wire.loop import run
from recon.workspace import Workspace
from recon.workspace.downloads import absent_downloads
from recon.workspace.supply import FRAMES_OF, KINDS, SUPPLY_FILE, Supply

STORE = "pulled"


@dataclass(frozen=True)
class PullRequest:
    """Which period of which company is pulled, from which services."""

    company: Workspace
    supply: Supply
    period: Period
    services: Sequence[Service]
    clock: Clock
    fresh: bool = False  # forget an interrupted pull instead of taking it up


@dataclass(frozen=True)
class _Plan:
    """The feeds of the services, each with its store and its windows."""

    tasks: Mapping[str, Sequence[Task]]  # by service

    def of(self, service: Service) -> Sequence[Task]:
        return self.tasks[service.name]

    @property
    def every(self) -> list[Task]:
        return [task for tasks in self.tasks.values() for task in tasks]


def pull(request: PullRequest, tell: Progress = silent) -> Pulled:
    """The period, pulled; killed anywhere and called again it ends in the same bytes, and so it does called twice.

    Raises: RemoteError where a service cannot be read (what was read until then is kept), LockHeld while another
    pull of the workspace runs, DataError where the store was changed by somebody else or somebody's file stands in
    the period's folder, ConfigError where nothing is to be pulled.
    """
    if not request.supply.is_pulled:
        raise ConfigError(
            f"nothing is to be pulled: {SUPPLY_FILE} names no service and no folder; name them there, or put the "
            f"downloads into {request.company.sources} and run: recon close {request.period.name} "
            f"--workspace {request.company.root}"
        )
    home = request.company.root / STORE
    with held(home / ".lock", "another pull of this workspace is running; wait for it", workspace=home.parent):
        refuse_files_of_others(request.company, request.period.name)
        return run(_pull(request, home, tell))


async def _pull(request: PullRequest, home: Path, tell: Progress) -> Pulled:
    tally = Tally()
    async with AsyncExitStack() as stack:
        tell("Signing in", 0, 1)
        feeds = {one.name: await stack.enter_async_context(one.open()) for one in request.services}
        plan = _Plan({one.name: _tasks(request, home, one, feeds[one.name]) for one in request.services})
        session = _session(request, home, plan)
        await read_tasks([*plan.tasks.values()], session, keep, tally, tell)
        for service in request.services:
            places = [task for task in plan.of(service) if task.source.name in PLACES]
            rows = {task.source.name: view for task, view in _views(places)}
            await note_closings(home, service, session.circumstance.seen_at, rows)
    tell("Writing the canonical files", tally.total, tally.total)
    try:
        made = _made(request, plan)
        changes = _changes(request, home, plan)
        beside = {CHANGES: changes, REJECTS: made.rejects}
        copied = write_folder(request.company, request.supply, request.period, made.frames, beside)
    except Exception:
        session.read_again()  # what stood in the way may be mended at its source by then
        raise
    for task in plan.every:
        task.store.forget_readings()
    session.end()
    return Pulled(
        period=request.period,
        folder=period_folder(request.company.root, request.period.name),
        added=tally.added,
        rows={name: frame.height for name, frame in made.frames.items()},
        copied=copied,
        absent=tuple(absent_downloads(request.company, request.supply)),
        changes=changes,
        rejects=made.rejects,
        begun=session.circumstance.seen_at,
        resumed=session.resumed,
    )


def _tasks(request: PullRequest, home: Path, service: Service, feeds: Sequence[Feed]) -> list[Task]:
    return [
        Task(feed.source, _store(home, service, feed, window), window, feed.frame, whole=feed.span == "period")
        for feed in feeds
        for window in _windows(feed, request)
    ]


def _windows(feed: Feed, request: PullRequest) -> Sequence[Window]:
    if feed.span == "always":
        return (ALWAYS,)
    if feed.span == "period":
        return (Window(request.period.start, request.period.end),)
    return windows_of(*days_around(request.period, request.company.policy.period.margin_days))


def _store(home: Path, service: Service, feed: Feed, window: Window) -> SourceStore:
    """The store of a feed; rows of a whole period are the period's own, and so is their store."""
    folder = home / feed.source.name
    _refuse_strangers(folder / "account.json", service)
    return SourceStore(folder / f"{window.start}_{window.end}" if feed.span == "period" else folder)


def _refuse_strangers(path: Path, service: Service) -> None:
    """Raise ConfigError if the store holds another company's rows; one in which no window stands is anybody's."""
    found = read_json(path)
    if found is None or not any(path.parent.rglob(MARKS)):
        write_json(path, {"account": service.account})
    elif found.get("account") != service.account:
        raise ConfigError(
            f"{path.parent} holds rows of {found.get('account')}, but sources.toml names {service.account}: "
            "use a workspace for each company, or move the folder away"
        )


def _session(request: PullRequest, home: Path, plan: _Plan) -> Session:
    """The interrupted pull of the same tasks, or a new one, whose stores hold no pages of an older one."""
    closed = request.supply.books.closed_through
    accounts = (f"{one.name} {one.account}" for one in request.services)
    asked = digest_fields([*accounts, *(task.name for task in plan.every), str(closed)]).hex()
    now = Circumstance(request.clock(), closed)
    session = take_up(home / "pulls" / f"{request.period.name}.json", asked, now, fresh=request.fresh)
    if not session.resumed:
        for task in plan.every:
            task.store.forget_readings()
        session.write()  # the pages that are read from here on belong to it
    for task in plan.every:
        task.store.check()
    return session


def _made(request: PullRequest, plan: _Plan) -> Made:
    """The canonical frames of the kinds that come from services, and the rows that make none."""
    wanted = {name for kind in KINDS if request.supply.of(kind).from_ == "api" for name in FRAMES_OF[kind]}
    found: dict[str, pl.DataFrame] = {}
    rejects: list[pl.DataFrame] = []
    # The ledger's services come first: they know the places that the others' rows belong to.
    for service in sorted(request.services, key=lambda one: (not one.name.startswith("intacct"), one.name)):
        rows = {}
        for task, view in _views(plan.of(service)):
            rows[task.source.name], aside = parted(task.source.name, view, task.frame)
            rejects.append(aside)
        company = request.company.policy.company
        places = _places(request.company, found.get("locations"))
        made = service.frames(Given(rows, request.period, places, company.currency, company.timezone))
        mine = {name for kind in request.supply.taken_from(service.name) for name in FRAMES_OF[kind]}
        found |= {name: canonical(name, frame) for name, frame in made.frames.items() if name in mine}
        rejects.append(made.rejects)
    missing = sorted(wanted - set(found))
    if missing:
        raise DataError(f"no service gave the {', '.join(missing)}: mend sources.toml")
    return Made(found, joined(rejects))


def _views(tasks: Sequence[Task]) -> list[tuple[Task, pl.DataFrame]]:
    """The raw rows that stand in the windows of each source now, by id, with one of its tasks."""
    mine: dict[str, list[Task]] = {}
    for task in tasks:
        mine.setdefault(task.source.name, []).append(task)
    return [(found[0], found[0].store.view([task.window for task in found])) for found in mine.values()]


def _places(company: Workspace, pulled: pl.DataFrame | None) -> pl.DataFrame:
    """LOCATIONS as far as they are known: those that were pulled, with the workspace's mapping laid over."""
    schema = CANONICAL_FRAMES["locations"]
    rows = pulled if pulled is not None else blank(schema)
    overlay = company.mappings.get("locations")
    if overlay is None:
        return rows
    return rows.update(overlay, on="location", how="full")


def _changes(request: PullRequest, home: Path, plan: _Plan) -> pl.DataFrame:
    """SOURCE_CHANGES of every source that was pulled, each with the `frame` that it feeds, oldest first.

    Master data has no days, so none of its changes lies in closed books.
    """
    found = []
    for service in request.services:
        closings = closings_of(home, service)
        stores = {task.store.folder: task for task in plan.of(service) if task.window != ALWAYS}
        for task in stores.values():
            changes = changes_in_closed_books(task.source.name, task.store, _whereabouts(task, closings))
            found.append(changes.with_columns(frame=pl.lit(task.frame)))
    every = pl.concat([blank(SourceChanges).with_columns(frame=pl.lit("")), *found])
    return every.sort("seen_at", "source", "row_id", maintain_order=True)


def _whereabouts(task: Task, closings: Closings) -> Whereabouts:
    days = task.source.day_fields if isinstance(task.source, Dated) else ()
    places = task.source.place_fields if isinstance(task.source, Placed) else ()
    return Whereabouts(days, places, closings, whole=task.whole)
