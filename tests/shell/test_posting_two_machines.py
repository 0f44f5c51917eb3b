"""Two machines, two databases, one ledger without a memory: never two different drafts are posted that can be seen.

The ledger is as small as can be, so that every order in which the steps of two machines can follow each other is tried.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
import pytest
from make_attachments import HeldAttachments
from posting_rig import FEE, Rig, run

from recon.bench.posting.ledger import SmallBooks
from recon.bench.posting.schedule import EMPTY_LEDGER, MASTERS
from recon.bench.posting.stores import MemoryStore
from recon.bench.posting.switches import Api, FaultName
from recon.intacct.entries import Entry, Found, Outcome, State
from recon.lifecycle import Approved, Correction, Reviewed
from recon.posting.books import Group
from recon.posting.model import Settings, Tools
from recon.posting.poster import Ledger, Poster
from recon.posting.sweeping import sweep
from recon.wire import Answer, Ask

NOON = dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC)
# What a machine does with the ledger: look, create, look, look again once it has chosen, ask for the posting, look.
STEPS = 6
ORDERS = tuple(itertools.combinations(range(2 * STEPS), STEPS))  # at which turns the first machine moves
SOME = ORDERS[::7]


@dataclass
class Shelf:
    """The drafts and entries of one ledger, every state that it ever was in, and which drafts it was asked to post."""

    past: list[tuple[Found, ...]] = field(default_factory=lambda: [()])
    asked: list[str] = field(default_factory=list)

    @property
    def now(self) -> tuple[Found, ...]:
        return self.past[-1]

    def booked(self) -> list[str]:
        return [one.record_no for one in self.now if one.state == "posted"]


See = Callable[["Window"], tuple[Found, ...]]


@dataclass
class Window:
    """The ledger as one machine sees and uses it; fulfils LedgerWriter and Books. Every use waits for its turn."""

    shelf: Shelf
    turn: Callable[[], Coroutine[Any, Any, None]]
    see: See = lambda window: window.shelf.now
    looks: int = 0
    made: list[str] = field(default_factory=list)

    async def create(self, entry: Entry, state: State) -> Outcome:
        await self.turn()
        made = Found(
            str(len(self.shelf.now) + 1), state.lower(), entry.journal, entry.posting_date, entry.key, entry.lines
        )
        self.shelf.past.append((*self.shelf.now, made))
        self.made.append(made.record_no)
        return Outcome("done", made.record_no)

    async def update_state(self, record_no: str, entry: Entry, state: State) -> Outcome:
        await self.turn()
        self.shelf.asked.append(record_no)
        self.shelf.past.append(
            tuple(replace(one, state="posted") if one.record_no == record_no else one for one in self.shelf.now)
        )
        return Outcome("done", record_no)

    async def find(self, reference: str) -> tuple[Found, ...]:
        await self.turn()
        self.looks += 1
        return self.see(self)

    async def tagged(self, prefix: str) -> tuple[Found, ...]:
        return self.shelf.now

    def text(self, entry: Entry, state: State) -> str:
        return f"{state} {entry}"

    async def lines(self, group: Group) -> pl.DataFrame:
        return EMPTY_LEDGER

    async def open_from(self) -> Mapping[str, dt.date]:
        return {}

    async def entities(self) -> Mapping[str, str]:
        return {}


class Machine:
    """One machine with its own database."""

    def __init__(self, shelf: Shelf, see: See) -> None:
        self.turns = asyncio.Semaphore(0)
        self.at_a_step = asyncio.Event()
        self.now = NOON
        self.store = MemoryStore(lambda: self.now)
        self.window = Window(shelf, self.wait_for_turn, see)
        kept = self.store.add(FEE, actor="ann")
        kept = self.store.apply(kept, Reviewed("bob", kept.digest), actor="bob")
        self.store.apply(kept, Approved("bob", kept.digest), actor="bob")

    async def wait_for_turn(self) -> None:
        self.at_a_step.set()
        await self.turns.acquire()

    def poster(self) -> Poster:
        ledger = Ledger(self.window, self.window, MASTERS, HeldAttachments())
        return Poster(self.store, ledger, by="ann", settings=Settings(mode="draft"), tools=Tools(now=lambda: self.now))

    def kept(self) -> Correction:
        kept = self.store.get(FEE.identity)
        assert kept is not None
        return kept


def both_post(order: Sequence[int], sees: Sequence[See]) -> tuple[Shelf, list[Machine]]:
    """Ledger and machines after both have posted at once, the first one at the turns of the order."""

    async def work() -> tuple[Shelf, list[Machine]]:
        shelf = Shelf()
        machines = [Machine(shelf, see) for see in sees]
        tasks = [asyncio.create_task(machine.poster().post()) for machine in machines]
        for turn in itertools.count():
            for machine, task in zip(machines, tasks, strict=True):
                while not task.done() and not machine.at_a_step.is_set():
                    await asyncio.sleep(0)
            if all(task.done() for task in tasks):
                return shelf, machines
            mover = 0 if turn in order or (turn >= 2 * STEPS and not tasks[0].done()) else 1
            mover = 1 - mover if tasks[mover].done() else mover
            machines[mover].at_a_step.clear()
            machines[mover].turns.release()
        raise AssertionError

    return asyncio.run(work())


def later(machines: Sequence[Machine]) -> None:
    """An hour later both post once more and sweep; the ledger shows all that it holds."""
    for machine in machines:
        machine.now += dt.timedelta(hours=1)
        machine.window.see = lambda window: window.shelf.now
        machine.window.turn = _at_once
        asyncio.run(machine.poster().post())
    for machine in machines:
        asyncio.run(sweep(machine.poster()))


async def _at_once() -> None:
    """Nobody else moves any more."""


def at_present(window: Window) -> tuple[Found, ...]:
    return window.shelf.now


def late_by(changes: int) -> See:
    """A ledger that shows itself as it stood so many changes ago."""
    return lambda window: window.shelf.past[max(0, len(window.shelf.past) - 1 - changes)]


def others_hidden_for(looks: int) -> See:
    """A ledger that does not show what the other machine made, for so many looks after this one made its own."""

    def see(window: Window) -> tuple[Found, ...]:
        if not window.made:
            return ()
        hides = window.looks <= 1 + looks
        return tuple(one for one in window.shelf.now if not hides or one.record_no in window.made)

    return see


def test_two_machines_never_post_two_drafts_in_whatever_order_they_move() -> None:
    made: Counter[int] = Counter()
    for order in ORDERS:
        shelf, machines = both_post(order, (at_present, at_present))
        made[len(shelf.now)] += 1
        assert len(set(shelf.asked)) == len(shelf.booked()) == 1, order
        assert [machine.kept().record_no for machine in machines] == [shelf.booked()[0]] * 2

    assert made[2] > 100  # both had made one


@pytest.mark.parametrize("lags", [(0, 1), (1, 1), (2, 0), (2, 2), (9, 9)])
def test_a_ledger_that_shows_an_older_state_of_itself_never_gets_two_drafts_posted(lags: tuple[int, int]) -> None:
    for order in SOME:
        shelf, machines = both_post(order, [late_by(lag) for lag in lags])
        assert len(set(shelf.asked)) <= 1, order
        later(machines)
        assert len(set(shelf.asked)) == len(shelf.booked()) == 1, order
        assert all(machine.kept().state in ("confirmed", "settled") for machine in machines)


@pytest.mark.parametrize("looks", range(4))
def test_only_a_draft_that_stays_hidden_until_another_one_is_being_posted_can_double_and_then_it_freezes(
    looks: int,
) -> None:
    """Each machine looks twice between its own draft and the request to post one: where the draft of the other is
    hidden from both looks, no client can know of it."""
    doubled = 0
    for order in SOME:
        shelf, machines = both_post(order, [others_hidden_for(looks)] * 2)
        later(machines)
        if len(shelf.booked()) == 1:
            continue
        doubled += 1
        assert looks >= 2, order
        for machine in machines:
            hold = machine.kept().hold
            assert hold is not None
            assert (hold.kind, "booked 2 times" in hold.reason) == ("frozen", True)

    assert (doubled > 0) == (looks >= 2)


@pytest.mark.parametrize("faults", [(), ("query_lag",)], ids=["prompt", "lagging"])
@pytest.mark.parametrize("api", ["xml", "rest"])
def test_through_either_api_a_second_machine_that_moves_in_between_books_nothing_twice(
    api: Api, faults: tuple[FaultName, ...]
) -> None:
    books = SmallBooks()
    for point in range(1, 40):
        books.empty()
        one, other = (Rig(api, books=books) for _ in range(2))
        for rig in (one, other):
            rig.wire.switches = replace(rig.wire.switches, dedupe="none", faults=frozenset(faults))
            rig.approved()
        between = At(one, point, other)
        run(one.poster(wire=between, mode="draft").post())
        if between.left > 0:
            break
        for rig in (other, one):
            rig.later(minutes=30)
            rig.wire.calm = True
            run(rig.poster(mode="draft").post())
        assert len(books.booked(FEE.key)) == 1, point
        assert one.now().record_no == other.now().record_no

    assert point > 6


class At:
    """A wire on which another machine does all of its work before the n-th request."""

    def __init__(self, rig: Rig, point: int, other: Rig) -> None:
        self.rig, self.left, self.other = rig, point, other

    async def ask(self, ask: Ask) -> Answer:
        self.left -= 1
        if self.left == 0:
            await self.other.poster(mode="draft").post()
        return await self.rig.wire.ask(ask)
