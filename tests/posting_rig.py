"""A small ledger to post into: the books of one store behind a wire that fails only where a test says so."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from make_attachments import PACK
from make_corrections import content, correction

from recon.bench.posting.ledger import HostileWire, SmallBooks
from recon.bench.posting.schedule import MASTERS, ledger_over
from recon.bench.posting.stores import MemoryStore
from recon.bench.posting.switches import Api, Switches
from recon.lifecycle import Approved, Correction, Reviewed
from recon.posting.books import Masters
from recon.posting.model import Settings, Tools
from recon.posting.poster import Ledger, Poster
from recon.state.port import CorrectionStore
from recon.wire import Wire

Got = TypeVar("Got")
FEE = correction(content=content("6400 12.00 101", "1250 -12.00 101"))


class Rig:
    """One store of corrections before one ledger, reached through one API."""

    def __init__(self, api: Api = "rest", *, store: CorrectionStore | None = None, books: SmallBooks | None = None):
        self.api = api
        self.books = books or SmallBooks()
        self.store = store or MemoryStore(self.books.time.tell)
        self.wire = HostileWire(self.books, Switches(api, "direct", "full", frozenset(), crashes=False), Random(1))
        self.waits: list[float] = []

    def poster(self, *, wire: Wire | None = None, masters: Masters = MASTERS, **settings: Any) -> Poster:
        """A poster as a new process makes it; direct unless the test says otherwise."""
        asked = Settings(**{"mode": "direct", **settings})
        tools = Tools(now=self.books.time.tell, sleep=self.wait, draw=lambda longest: longest, pack=lambda _: PACK)
        return Poster(self.store, self.ledger(wire or self.wire, masters), by="ann", settings=asked, tools=tools)

    def ledger(self, wire: Wire, masters: Masters = MASTERS) -> Ledger:
        """The ledger through the API."""
        return ledger_over(wire, self.api, now=self.books.time.tell, pause=self.wait, masters=masters)

    async def wait(self, seconds: float) -> None:
        """Time passes, and the test can see how much."""
        self.waits.append(seconds)
        self.wire.pass_by(seconds)

    def approved(self, one: Correction = FEE) -> Correction:
        """The correction on record, approved by Bob."""
        return self.approve(self.store.add(one, actor="ann"))

    def approve(self, kept: Correction) -> Correction:
        """What is proposed, approved by Bob."""
        kept = self.store.apply(kept, Reviewed("bob", kept.digest), actor="bob")
        return self.store.apply(kept, Approved("bob", kept.digest), actor="bob")

    def later(self, **span: float) -> None:
        """Let time pass, and the ledger do what it was late with."""
        self.wire.pass_by(dt.timedelta(**span).total_seconds())
        asyncio.run(self.wire.catch_up())

    def now(self, one: Correction = FEE) -> Correction:
        """The correction as it stands."""
        kept = self.store.get(one.identity)
        assert kept is not None
        return kept


def run(work: Awaitable[Got]) -> Got:
    """What the work comes to."""

    async def done() -> Got:
        return await work

    return asyncio.run(done())


def numbered(number: int, one: Correction = FEE) -> Correction:
    """Another correction like it."""
    return replace(one, identity=f"{number:064x}", variance_ids=(f"V{number}",))


Fails = Callable[[], None]
