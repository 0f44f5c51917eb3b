"""Approving, posting and settling in a process of their own, which waits at its gate until it is traced."""

from __future__ import annotations

import asyncio
import ctypes
import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from make_corrections import PEOPLE

from recon.bench.posting.ledger import BEGAN, Time
from recon.bench.posting.schedule import ledger_over
from recon.bench.posting.switches import Api
from recon.cli.faults import exit_code_of
from recon.lifecycle import Approved, Control, Correction, Reviewed
from recon.policy.model import ApprovalPolicy
from recon.posting.model import Done, Mode, Settings, Tools
from recon.posting.poster import Poster
from recon.posting.sweeping import sweep
from recon.state.store import StateStore, open_state
from recon.wire import HttpWire
from recon.wire.settings import Retries

ActName = Literal["approve", "post", "settle"]
_SOON = Retries(first_wait_seconds=0.001, longest_wait_seconds=0.01)  # nothing here is better after a wait
_TRACED_BY_ANY = 0x59616D61, ctypes.c_ulong(-1)  # PR_SET_PTRACER: where only a parent may trace, anyone may


@dataclass(frozen=True)
class Job:
    """What one process is to do, in which workspace, before which ledger."""

    act: ActName
    workspace: Path
    url: str
    api: Api
    mode: Mode
    at: dt.datetime = BEGAN


def do_traced(job: Job, gate: Connection, said: Path) -> None:
    """Do the job once the gate opens; words and faults go into the file, and the process ends as `recon` does."""
    with said.open("wb", buffering=0) as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    ctypes.CDLL(None).prctl(*_TRACED_BY_ANY, 0, 0, 0)
    gate.send(None)  # all is loaded: to be traced meanwhile would take long
    gate.recv()
    try:
        for words in do(job):
            print(words, flush=True)  # noqa: T201 - as a command does
    except Exception as fault:
        sys.exit(exit_code_of(fault, as_json=False))


def do(job: Job) -> list[str]:
    """What became of every entry, in words."""
    time = Time()
    time.now = job.at
    store = open_state(job.workspace, environ={}, now=time.tell)
    try:
        if job.act == "approve":
            return [f"{one.key}: {one.state}" for one in _approve(store, job.at.date())]
        return [f"{one.correction.key}: {one.what}, {one.words}" for one in asyncio.run(_at_ledger(job, store, time))]
    finally:
        store.close()


def _approve(store: StateStore, day: dt.date) -> Iterator[Correction]:
    """Every proposal reviewed and approved by Bob, as the control allows."""
    control, bob = Control(PEOPLE, ApprovalPolicy(), Decimal("0.00")), PEOPLE.acting("bob")
    for one in store.all(states=("proposed", "reviewed")):
        control.check_review(one, bob)
        control.check_approve(one, bob, day)
        seen = store.apply(one, Reviewed("bob", one.digest), actor="bob") if one.state == "proposed" else one
        yield store.apply(seen, Approved("bob", seen.digest), actor="bob")


async def _at_ledger(job: Job, store: StateStore, time: Time) -> tuple[Done, ...]:
    async with HttpWire(job.url, retries=_SOON) as wire:
        poster = poster_before(wire, job, store, time)
        if job.act == "post":
            return (await poster.post()).done
        report, swept = await poster.settle(), await sweep(poster)
        return (*report.done, *swept.done)


def poster_before(wire: HttpWire, job: Job, store: StateStore, time: Time) -> Poster:
    """Ann's poster before the ledger of the job; waits pass at once."""

    async def wait(seconds: float) -> None:
        time.pass_by(seconds)

    half: Callable[[float], float] = lambda longest: longest / 2  # noqa: E731 - the same in every run
    tools = Tools(now=time.tell, sleep=wait, draw=half, lock=store.database.lock)
    ledger = ledger_over(wire, job.api, now=time.tell, pause=wait, home=job.url)
    return Poster(store, ledger, by="ann", settings=Settings(mode=job.mode), tools=tools)
