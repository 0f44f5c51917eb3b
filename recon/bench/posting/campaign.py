"""Many schedules over both APIs, both modes and every memory of a ledger, and what they came to in one line."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from recon.bench.posting.ledger import SmallBooks
from recon.bench.posting.schedule import ENDS, Counted, MakePoster, Schedule, ScheduleStore
from recon.bench.posting.stores import MemoryStore, new_file_store
from recon.bench.posting.switches import APIS, DEDUPES, FAULTS, MODES, FaultName, Switches
from recon.posting.poster import Poster

REAL_EVERY = 10  # of so many schedules one keeps its state in a real SQLite file and reads the books over the wire
_SHOWN = 20


@dataclass
class Campaign:
    """What a campaign came to, by API, mode and memory of the ledger."""

    seed: int
    by_switches: dict[str, Counted] = field(default_factory=dict)
    seconds: float = 0.0  # of processor time
    without: tuple[FaultName, ...] = ()  # faults that were switched off

    @property
    def whole(self) -> Counted:
        """All schedules together."""
        every = Counted()
        for counted in self.by_switches.values():
            every.add(counted)
        return every

    def flaws(self) -> list[str]:
        """What must never be: an entry lost, doubled where it must not be, or doubled and not found."""
        told = [words for counted in self.by_switches.values() for words in counted.failures]
        for name, counted in self.by_switches.items():
            _, mode, dedupe = name.split("/")
            # Where nothing is delivered twice, the wait alone keeps a ledger without any memory from doubling.
            if counted.doubled and (mode == "draft" or dedupe == "full" or "delivered_twice" in self.without):
                told.append(f"{name}: {counted.doubled} entries doubled")
        return told

    def told(self) -> dict[str, Any]:
        """The campaign as one JSON object."""
        whole = asdict(self.whole)
        del whole["failures"]
        parts = {}
        for name, counted in sorted(self.by_switches.items()):
            facts = asdict(counted)
            parts[name] = {key: facts[key] for key in ("entries", *ENDS)}
        rate = round(whole["schedules"] / self.seconds, 1) if self.seconds else None
        flaws = self.flaws()
        return {
            "seed": self.seed,
            **whole,
            "by": parts,
            "schedules_per_second": rate,
            "flaws": len(flaws),
            "first_flaws": flaws[:_SHOWN],
        }


def run_campaign(
    schedules: int, seed: int, *, without: Iterable[FaultName] = (), make_poster: MakePoster = Poster
) -> Campaign:
    """The campaign of so many schedules; equal arguments give equal campaigns, but for the time they take."""
    return _part((seed, range(schedules), tuple(without), make_poster))


def run_campaign_on(processes: int, schedules: int, seed: int, *, without: Iterable[FaultName] = ()) -> Campaign:
    """The same campaign over several processes."""
    parts = [(seed, range(at, schedules, processes), tuple(without), Poster) for at in range(processes)]
    whole = Campaign(seed, without=tuple(without))
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(_part, parts):
            whole.seconds += part.seconds
            for name, counted in part.by_switches.items():
                whole.by_switches.setdefault(name, Counted()).add(counted)
    return whole


def _part(asked: tuple[int, range, tuple[FaultName, ...], MakePoster]) -> Campaign:
    seed, numbers, without, make_poster = asked
    campaign = Campaign(seed, without=without)
    began = time.process_time()
    books = SmallBooks()
    with tempfile.TemporaryDirectory(prefix="recon-bench-") as folder:
        for number, switches in _drawn(seed, numbers, without):
            is_real = number % REAL_EVERY == 0
            store = _store(Path(folder), number, books, is_real=is_real)
            schedule = Schedule(
                seed * 1_000_003 + number, switches, books, store, make_poster=make_poster, reads_books=is_real
            )
            counted = schedule.run()
            schedule.store.close()
            campaign.by_switches.setdefault(switches.name, Counted()).add(counted)
    campaign.seconds = time.process_time() - began
    return campaign


def _store(folder: Path, number: int, books: SmallBooks, *, is_real: bool) -> ScheduleStore:
    return new_file_store(folder, number, books.time.tell) if is_real else MemoryStore(books.time.tell)


def _drawn(seed: int, numbers: range, without: tuple[FaultName, ...]) -> Iterator[tuple[int, Switches]]:
    """Every combination in turn; each with most of the faults on, drawn anew."""
    every = list(itertools.product(APIS, MODES, DEDUPES))
    known = [fault for fault in FAULTS if fault not in without]
    for number in numbers:
        random = Random(f"{seed}:{number}")  # noqa: S311 - a schedule is to be repeated
        api, mode, dedupe = every[(number + number // len(every)) % len(every)]
        faults = frozenset(fault for fault in known if random.random() < 0.7)
        yield number, Switches(api, mode, dedupe, faults, True, random.choice((0.2, 0.5, 0.8)))


def as_line(campaign: Campaign) -> str:
    """The campaign in one line of JSON."""
    return json.dumps(campaign.told(), sort_keys=False)
