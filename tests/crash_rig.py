"""Processes that approve, post and settle, killed or failed at one system call, recovered, and judged."""

from __future__ import annotations

import asyncio
import datetime as dt
import multiprocessing
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Literal

from crash_acts import ActName, Job, do, do_traced, poster_before
from crash_trace import CALLS, ON_SOCKETS, Call, Disk, read_trace
from posting_rig import FEE

from recon.bench.posting.ledger import BEGAN, SmallBooks, Time
from recon.bench.posting.schedule import EMPTY_LEDGER, SEPTEMBER
from recon.bench.posting.switches import Api
from recon.lifecycle import Approved, Correction, Intended, Reviewed, Sent, Unsure
from recon.posting.books import basis_of, group_of
from recon.posting.entry import entry_of
from recon.posting.model import Mode
from recon.posting.undoing import DUPLICATE
from recon.sandbox.serve import serving
from recon.state.audit import audit
from recon.state.store import StateStore, open_state
from recon.wire import HttpWire

# cut: killed, and what was not forced onto disk is lost; lie: from here on the disk says that it kept what it did not
How = Literal["kill", "cut", "EIO", "ENOSPC", "ECONNRESET", "lie"]
HOWS_OF_FILES: tuple[How, ...] = ("kill", "cut", "EIO", "ENOSPC")
HOWS_OF_SOCKETS: tuple[How, ...] = ("kill", "ECONNRESET", "EIO")
_LEDGER_TABLES = ("intacct_batch", "intacct_line", "intacct_controlid", "intacct_replay")
_FILES = ("state.sqlite", "state.sqlite-wal", "state.sqlite-journal")
_SIDE_FILES = ("state.sqlite-wal", "state.sqlite-shm", "state.sqlite-journal")
_HALF_AN_HOUR, _DAY = dt.timedelta(minutes=30), dt.timedelta(hours=25)
_PATIENCE_S = 120
_KILLED, _HANGS = -9, 124
_SENTENCES = (2, 3, 4, 5, 6, 75)  # exit codes of faults that are told in a sentence
# With them a process is ready at once: what is loaded under strace costs seconds. A frame must not be made by any of
# them: Polars would start its threads, which a fork leaves behind.
_PRELOADED = (
    "recon.bench.posting.ledger", "recon.cli.faults", "recon.intacct.rest_writer", "recon.intacct.xml_writer",
    "recon.posting.sweeping", "recon.state.store", "sqlalchemy.dialects.sqlite", "httpcore", "anyio._backends._asyncio",
    "_strptime",
)  # fmt: skip
_ONE = replace(FEE, basis=basis_of(EMPTY_LEDGER, group_of(FEE.content, SEPTEMBER, 5)))


@dataclass(frozen=True)
class Fault:
    """What happens at which system call: the n-th of its name since the state database was opened."""

    call: str
    number: int
    how: How

    @property
    def injection(self) -> str:
        """The fault as strace is told."""
        if self.how == "lie":
            return f"inject={self.call}:retval=0:when={self.number}+"
        what = "signal=KILL" if self.how in ("kill", "cut") else f"error={self.how}"
        return f"inject={self.call}:{what}:when={self.number}"

    def __str__(self) -> str:
        """The fault in words."""
        return f"{self.how} at {self.call} {self.number}"


@dataclass(frozen=True)
class Scenario:
    """What a process does, on which records and books, and what must stand at the end."""

    name: str
    act: ActName
    api: Api
    mode: Mode
    prepared: Callable[[Rig, Job, StateStore], None]
    wanted: dict[int, tuple[str, int]]  # state and records in the ledger by number of the entry
    at: dt.datetime = BEGAN


@dataclass
class Tried:
    """What one run came to."""

    fault: Fault | None
    is_hit: bool  # the fault happened: the process got that far
    code: int
    said: str
    flaws: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)  # how many of each it made
    requests: int = 0  # that change the ledger


class Rig:
    """A ledger on a port of this machine, and workspaces that are made ready for each run."""

    def __init__(self, folder: Path, strace: str, books: SmallBooks, url: str) -> None:
        self.folder, self.strace, self.books, self.url = folder, strace, books, url
        self._forks = multiprocessing.get_context("forkserver")
        self._forks.set_forkserver_preload(list(_PRELOADED))
        self.judged: dict[tuple[str, ...], list[str]] = {}  # by scenario and all rows that were left behind
        self._ready: dict[str, tuple[Path, dict[str, list[dict[str, Any]]]]] = {}

    def run(self, scenario: Scenario, fault: Fault | None = None) -> Tried:
        """One run of the scenario with its fault, if any, then recovery; what was wrong of it is told as flaws."""
        job = self._made_ready(scenario)
        trace = self.folder / "trace"
        disk = Disk(job.workspace, _FILES)
        ((attempts,),) = self._all(job.workspace, "SELECT count(*) FROM attempt")
        code, said = self._traced(job, fault, trace)
        tried = Tried(fault, is_hit=False, code=code, said=said)
        for call in read_trace(trace):
            tried.calls[call.name] += 1
            tried.is_hit |= call.is_injected
            self._follow(call, disk, tried, attempts)
        tried.is_hit |= code == _KILLED
        tried.flaws += _badly_ended(tried)
        if fault is not None and fault.how == "cut" and tried.is_hit:
            dice = Random(str(fault))
            _remove(job.workspace, _SIDE_FILES)
            disk.leave(job.workspace, dice if dice.random() < 0.5 else None)
        if fault is None or tried.is_hit:
            tried.flaws += self._judged(scenario, job)
        return tried

    def _judged(self, scenario: Scenario, job: Job) -> list[str]:
        """What is wrong of how it was left, and of every step of the recovery from there.

        Many a kill leaves the same rows behind: those are recovered once. The file itself is looked at each time.
        """
        ((said,), *_) = self._all(job.workspace, "PRAGMA integrity_check")
        if said != "ok":
            return [f"the database is broken: {said}"]
        with closing(sqlite3.connect(job.workspace / "state.sqlite")) as database:
            left = (scenario.name, "\n".join(database.iterdump()), str([self._rows(name) for name in _LEDGER_TABLES]))
        if left not in self.judged:
            self.judged[left] = list(self._recovered(scenario, job))
        return self.judged[left]

    def _follow(self, call: Call, disk: Disk, tried: Tried, attempts: int) -> None:
        """Nothing leaves for the ledger but what the disk knows to be intended and under way."""
        disk.do(call)
        if not call.is_request:
            return
        tried.requests += 1
        safe = self.folder / "safe"
        safe.mkdir(exist_ok=True)
        disk.leave(safe)
        # A request names the entry by its key, or the draft that is to be posted by its record.
        names = self._all(
            safe,
            "SELECT key, '/' || chosen || ' HTTP/' FROM correction JOIN posting_key USING (identity, generation) "
            "WHERE state = 'sent' AND identity IN (SELECT subject FROM trail WHERE act = 'intended')",
        )
        ((known,),) = self._all(safe, "SELECT count(*) FROM attempt")
        is_known = any(name.encode() in call.data for row in names for name in row if name)
        if not is_known or known < attempts + tried.requests:
            under_way = " ".join(key for key, _ in names) or "nothing"
            tried.flaws.append(
                f"request {tried.requests} left when the disk knew {known - attempts}, and of {under_way} under way"
            )

    def _all(self, workspace: Path, question: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(workspace / "state.sqlite")) as database:
            return database.execute(question).fetchall()

    def _traced(self, job: Job, fault: Fault | None, trace: Path) -> tuple[int, str]:
        """Exit code and words of a process that was traced from its first act to its end."""
        ours, theirs = self._forks.Pipe()
        said = self.folder / "said"
        process = self._forks.Process(target=do_traced, args=(job, theirs, said), daemon=True)
        process.start()
        ours.recv()
        options = ["-f", "-y", "-xx", "-s", "99999", "-o", str(trace), "-e", f"trace={','.join(CALLS)}"]
        options += ["-e", fault.injection] if fault else []
        tracer = subprocess.Popen([self.strace, *options, "-p", str(process.pid)], stderr=subprocess.PIPE, text=True)
        assert tracer.stderr is not None
        first = tracer.stderr.readline()
        if "attached" not in first:
            process.kill()
            raise RuntimeError(f"strace cannot look on: {first}{tracer.communicate()[1]}")
        ours.send(None)
        process.join(_PATIENCE_S)
        code = _HANGS if process.exitcode is None else process.exitcode
        process.kill()
        process.join()
        tracer.communicate()
        ours.close()
        theirs.close()
        return code, said.read_text(encoding="utf-8")

    def _made_ready(self, scenario: Scenario) -> Job:
        """The scenario's workspace and books as before the process begins."""
        workspace = self.folder / "workspace"
        job = Job(scenario.act, workspace, self.url, scenario.api, scenario.mode, scenario.at)
        if scenario.name not in self._ready:
            self._ready[scenario.name] = self._prepare(scenario, job)
        kept, rows = self._ready[scenario.name]
        shutil.rmtree(workspace, ignore_errors=True)
        shutil.copytree(kept, workspace)
        self.books.empty()
        self.books.world.write("DELETE FROM ids_gone")  # its numbers come again: the same run leaves the same rows
        for table, content in rows.items():
            self.books.world.insert(table, content)
        self.books.time.now = scenario.at
        return job

    def _prepare(self, scenario: Scenario, job: Job) -> tuple[Path, dict[str, list[dict[str, Any]]]]:
        kept = self.folder / scenario.name
        kept.mkdir()
        self.books.empty()
        store = open_state(kept, environ={}, now=self.books.time.tell)
        scenario.prepared(self, replace(job, workspace=kept, at=BEGAN), store)
        store.close()
        return kept, {name: self._rows(name) for name in _LEDGER_TABLES}

    def _rows(self, name: str) -> list[dict[str, Any]]:
        columns = tuple(self.books.world.tables[name].columns)
        rows = self.books.world.query(f"SELECT {', '.join(columns)} FROM {name}")
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _recovered(self, scenario: Scenario, job: Job) -> Iterator[str]:
        """What is wrong while a person settles and posts again, at once, after the wait and the next day."""
        soon, late, next_day = (scenario.at + more for more in (dt.timedelta(seconds=1), _HALF_AN_HOUR, _DAY))
        was_approved = self._acted(job, "approved")
        for act, at in (("settle", soon), ("post", soon), ("settle", late), ("post", late), ("settle", next_day)):
            yield from self._again(scenario, replace(job, act=act, at=at))  # type: ignore[arg-type]
        if scenario.act == "approve":
            for number in scenario.wanted:
                identity = _numbered(number).identity
                booked = self._records(number)
                if booked != (identity in was_approved):
                    yield f"entry {number} is booked {booked} times, approved: {identity in was_approved}"
            for act, at in (("approve", next_day), ("post", next_day), ("settle", next_day + _DAY)):
                yield from self._again(scenario, replace(job, act=act, at=at))  # type: ignore[arg-type]
        yield from self._standing(scenario, job)

    def _again(self, scenario: Scenario, job: Job) -> Iterator[str]:
        self.books.time.now = job.at
        try:
            do(job)
        except Exception as fault:
            yield f"{job.act} of the recovery failed: {type(fault).__name__}: {fault}"
        yield from self._audited(job)
        for number, (_, most) in scenario.wanted.items():
            if self._records(number) > most:
                yield f"after {job.act}, entry {number} stands {self._records(number)} times"

    def _audited(self, job: Job) -> Iterator[str]:
        ((said,), *_) = self._all(job.workspace, "PRAGMA integrity_check")
        if said != "ok":
            yield f"the database is broken: {said}"
        with closing(open_state(job.workspace, environ={})) as store:
            yield from audit(store)

    def _standing(self, scenario: Scenario, job: Job) -> Iterator[str]:
        """Where records and books at the end are not as the scenario wants them."""
        store = open_state(job.workspace, environ={})
        try:
            for number, wanted in scenario.wanted.items():
                one = store.get(_numbered(number).identity)
                stands = (one.state if one else "gone", self._records(number))
                if stands != wanted:
                    yield f"entry {number} is {stands[0]} and stands {stands[1]} times, not {wanted}"
                acts = Counter(event.act for event in store.events(subject=_numbered(number).identity))
                often = [act for act in ("added", "approved", "intended", "confirmed", "settled") if acts[act] > 1]
                if often:
                    yield f"entry {number} has several events: {', '.join(often)}"
            surplus = [one for one in store.all() if one.cause == DUPLICATE]
            doubled = sum(records - 1 for _, records in scenario.wanted.values() if records > 1)
            if [one.state for one in surplus] != ["proposed"] * doubled:
                yield f"{len(surplus)} reversals stand there, not {doubled} proposals"
        finally:
            store.close()

    def _acted(self, job: Job, act: str) -> set[str]:
        with closing(open_state(job.workspace, environ={})) as store:
            return {event.subject for event in store.events() if event.act == act}

    def _records(self, number: int) -> int:
        """How many records, drafts too, stand in the ledger under the key of the entry."""
        asked = "SELECT count(*) FROM intacct_batch WHERE referenceno = ?"
        return int((self.books.world.one(asked, (_numbered(number).key,)) or (0,))[0])


def _remove(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _badly_ended(tried: Tried) -> Iterator[str]:
    """Anything but an end by the fault's own signal, a result, or a sentence with its exit code."""
    killed = tried.code == _KILLED and tried.fault is not None and tried.fault.how in ("kill", "cut")
    told = tried.code in _SENTENCES and tried.said.rpartition("recon: ")[1] != ""
    if not (killed or told or tried.code == 0) or "Traceback" in tried.said:
        yield f"it ended with {tried.code} and said {tried.said[-300:]!r}"


@contextmanager
def crash_rig(folder: Path, strace: str) -> Iterator[Rig]:
    """The rig, while its ledger is served."""
    books = SmallBooks()
    with serving(books.app) as url:
        yield Rig(folder, strace, books, url)


def _proposed_and_reviewed(_rig: Rig, _job: Job, store: StateStore) -> None:
    """One entry that nobody has seen, one that Bob has reviewed."""
    _kept(store, 1)
    seen = _kept(store, 2)
    store.apply(seen, Reviewed("bob", seen.digest), actor="bob")


def _approved_one(_rig: Rig, _job: Job, store: StateStore) -> None:
    _approved(store, 1)


def _cut_off(rig: Rig, job: Job, store: StateStore) -> None:
    """An answer that was lost, one confirmed, one that the ledger doubled, one that never arrived."""
    for number in (2, 3):
        _approved(store, number)
    asyncio.run(_post_and_double(rig, job, store))
    for number in (1, 4):
        one = _approved(store, number)
        one = store.apply(one, Intended(one.digest), actor="ann")
        one = store.apply(one, Sent(BEGAN, BEGAN + dt.timedelta(minutes=20)), actor="ann")
        if number == 4:
            store.apply(one, Unsure("the service fell silent"), actor="ann")


async def _post_and_double(rig: Rig, job: Job, store: StateStore) -> None:
    async with HttpWire(job.url) as wire:
        poster = poster_before(wire, job, store, Time())
        await poster.post()
        for table in ("intacct_controlid", "intacct_replay"):  # the ledger forgets what it has seen
            rig.books.world.write(f"DELETE FROM {table}")
        for number in (1, 3):
            one = _numbered(number)
            await poster.ledger.writer.create(entry_of(one, poster.settings, poster.ledger.masters, None), "Posted")


def _numbered(number: int) -> Correction:
    return replace(_ONE, identity=f"{number:016x}" * 4, variance_ids=(f"V{number}",))


def _kept(store: StateStore, number: int) -> Correction:
    return store.add(_numbered(number), actor="ann")


def _approved(store: StateStore, number: int) -> Correction:
    one = _kept(store, number)
    one = store.apply(one, Reviewed("bob", one.digest), actor="bob")
    return store.apply(one, Approved("bob", one.digest), actor="bob")


_ONCE = {1: ("settled", 1)}
_BY_FOUR = {1: ("settled", 1), 2: ("settled", 1), 3: ("confirmed", 2), 4: ("settled", 1)}
SCENARIOS = (
    Scenario("approve", "approve", "rest", "direct", _proposed_and_reviewed, {1: ("settled", 1), 2: ("settled", 1)}),
    Scenario("post-xml-direct", "post", "xml", "direct", _approved_one, _ONCE),
    Scenario("post-xml-draft", "post", "xml", "draft", _approved_one, _ONCE),
    Scenario("post-rest-direct", "post", "rest", "direct", _approved_one, _ONCE),
    Scenario("post-rest-draft", "post", "rest", "draft", _approved_one, _ONCE),
    Scenario("settle-xml", "settle", "xml", "direct", _cut_off, _BY_FOUR, BEGAN + _HALF_AN_HOUR),
    Scenario("settle-rest", "settle", "rest", "direct", _cut_off, _BY_FOUR, BEGAN + _HALF_AN_HOUR),
    Scenario("resume-xml-draft", "post", "xml", "draft", _cut_off, _BY_FOUR, BEGAN + _HALF_AN_HOUR),
    Scenario("resume-rest-direct", "post", "rest", "direct", _cut_off, _BY_FOUR, BEGAN + _HALF_AN_HOUR),
)


def hows_of(call: str) -> tuple[How, ...]:
    """What may happen at a call of this name."""
    return HOWS_OF_SOCKETS if call in ON_SOCKETS else HOWS_OF_FILES
