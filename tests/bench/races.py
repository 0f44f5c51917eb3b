"""Races on one approval: many processes read the same correction and approve it at once; one may win.

`python tests/bench/races.py --races 10000 --seed 5` runs them on SQLite and on a PostgreSQL of its own, and prints one
JSON line for each.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))  # run as a program, the helpers of the tests are not on the path

from make_corrections import correction  # noqa: E402
from postgres import served  # noqa: E402

from recon.errors import Stale  # noqa: E402
from recon.lifecycle import Approved, Correction, Reviewed  # noqa: E402
from recon.state.store import open_state  # noqa: E402
from recon.trail import verify  # noqa: E402

PROCESSES = 16
PATIENCE_S = 300


@dataclass(frozen=True)
class Raced:
    """What came of the races; `unlike` counts those in which not exactly one won and all others were told."""

    races: int
    approvals_tried: int
    won: int
    told_stale: int
    faults: tuple[str, ...]
    unlike: int
    trail_breaks: str | None
    seconds: float
    cpu_seconds: float  # of the racing processes, without a server's


def race(workspace: Path, environ: dict[str, str], races: int, seed: int, processes: int = PROCESSES) -> Raced:
    """The outcome of so many races of 2 to `processes` long-lived processes, released by a barrier each time."""
    dice = Random(seed)
    sizes = [dice.randint(2, processes) for _ in range(races)]
    store = open_state(workspace, environ=environ)
    for number in range(races):
        one = store.add(contested(number), actor="ann")
        store.apply(one, Reviewed("bob", one.digest), actor="bob")
    store.close()
    began = time.perf_counter()
    said, cpu_seconds = _run(workspace, environ, sizes, processes)
    seconds = time.perf_counter() - began
    outcomes: list[list[str]] = [[] for _ in range(races)]
    for number, outcome in said:
        outcomes[number].append(outcome)
    counted = Counter(outcome for outcome in outcomes for outcome in outcome)
    faults = tuple(outcome for outcome in counted if not outcome.startswith(("won by ", "stale")))
    wins = sum(count for outcome, count in counted.items() if outcome.startswith("won by "))
    store = open_state(workspace, environ=environ)
    unlike = sum(not _is_fair(store.get(contested(n).identity), outcomes[n], sizes[n]) for n in range(races))
    approvals = Counter(event.subject for event in store.events() if event.act == "approved")
    unlike += sum(approvals[contested(n).identity] != 1 for n in range(races))
    found = verify(store.links())
    store.close()
    broken = found.sentence if found else None
    return Raced(
        races, sum(sizes), wins, counted["stale"], faults, unlike, broken, round(seconds, 1), round(cpu_seconds, 1)
    )


def contested(number: int) -> Correction:
    """The correction of one race."""
    return correction(identity=f"{number + 1:016x}" * 4)


def _is_fair(kept: Correction | None, outcomes: Sequence[str], size: int) -> bool:
    """True where one won, the others were told so, and the winner's name stands on the approval."""
    winners = [outcome for outcome in outcomes if outcome.startswith("won by ")]
    told = [outcome for outcome in outcomes if outcome == "stale"]
    return (
        kept is not None
        and kept.state == "approved"
        and winners == [f"won by {kept.approved_by}"]
        and len(told) == size - 1 == len(outcomes) - 1
    )


def _run(
    workspace: Path, environ: dict[str, str], sizes: list[int], processes: int
) -> tuple[list[tuple[int, str]], float]:
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload([__name__, "recon.state.store", "psycopg"])
    barriers = {size: start.Barrier(size, timeout=PATIENCE_S) for size in range(2, processes + 1)}
    answers = start.SimpleQueue()
    jobs = [(n, workspace, environ, sizes, barriers, answers) for n in range(processes)]
    people = [start.Process(target=_take_part, args=job, daemon=True) for job in jobs]
    for one in people:
        one.start()
    given = [answers.get() for _ in people]
    for one in people:
        one.join()
    return [outcome for said, _ in given for outcome in said], sum(used for _, used in given)


def _take_part(
    person: int, workspace: Path, environ: dict[str, str], sizes: list[int], barriers: dict[int, Any], answers: Any
) -> None:
    """One person's process: in every race it is part of, it reads, waits for the others, and approves."""
    said: list[tuple[int, str]] = []
    try:
        store = open_state(workspace, environ=environ)
        for number, size in enumerate(sizes):
            if person < size:
                before = store.get(contested(number).identity)
                assert before is not None
                barriers[size].wait()
                said.append((number, _approve(store, before, f"person {person}")))
    except BaseException as fault:
        for barrier in barriers.values():
            barrier.abort()
        said.append((0, f"{type(fault).__name__}: {fault}"))
        raise
    finally:
        answers.put((said, time.process_time()))


def _approve(store: Any, before: Correction, name: str) -> str:
    try:
        store.apply(before, Approved(name, before.digest), actor=name)
    except Stale:
        return "stale"
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"
    return f"won by {name}"


def main() -> None:
    """Race on both databases and print what came of it."""
    parser = argparse.ArgumentParser(description="Race for one approval, many times.")
    parser.add_argument("--races", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    asked = parser.parse_args()
    if asked.only != "postgres":
        with tempfile.TemporaryDirectory() as folder:
            raced = race(Path(folder), {}, asked.races, asked.seed, asked.processes)
        sys.stdout.write(json.dumps({"database": "sqlite", "seed": asked.seed, **asdict(raced)}) + "\n")
        sys.stdout.flush()
    if asked.only != "sqlite":
        initdb = shutil.which("initdb") or str(max(Path("/usr/lib/postgresql").glob("*/bin/initdb")))
        with served(initdb) as server:
            environ = {"RECON_DATABASE_URL": server.address(server.make())}
            raced = race(server.folder, environ, asked.races, asked.seed, asked.processes)
        sys.stdout.write(json.dumps({"database": "postgres", "seed": asked.seed, **asdict(raced)}) + "\n")


if __name__ == "__main__":
    main()
