"""One schedule: approved entries, a hostile ledger, a machine that dies, and what stood in the books at the end."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any, Protocol

import polars as pl

from recon.bench.posting.ledger import HOME, HostileWire, SmallBooks
from recon.bench.posting.switches import Api, Switches
from recon.errors import NotAllowed, RemoteError
from recon.frames import CANONICAL_FRAMES, blank
from recon.identity import digest_fields
from recon.intacct.attachments import RestAttachments, XmlAttachments
from recon.intacct.credentials import RestCredentials, XmlCredentials
from recon.intacct.gateway import XmlGateway
from recon.intacct.rest import RestApi
from recon.intacct.rest_writer import RestWriter
from recon.intacct.xml_writer import XmlWriter
from recon.lifecycle import IN_BOOKS, Act, Approved, Content, ContentLine, Correction, Reviewed
from recon.period import parse_period
from recon.posting.books import Group, Masters, basis_of, group_of
from recon.posting.model import Settings, Tools
from recon.posting.poster import Ledger, Poster
from recon.posting.reading import RestBooks, XmlBooks
from recon.posting.sweeping import sweep
from recon.sandbox.world import DEMO_ACCESS
from recon.state.port import CorrectionStore
from recon.wire import Answer, Ask, Secret, Wire

MASTERS = Masters({"6400": frozenset({"location"}), "1250": frozenset({"location"})}, frozenset(), {"101": "10"})
SEPTEMBER = parse_period("2026-09")
PREPARER, APPROVER = "ann", "bob"
_CALM_AFTER = 6  # rounds, after which nothing more goes wrong: what is sound must come to its end then
_ROUNDS = 12
_NEWER_RUN = 1  # the round before which a newer run is registered, in every other schedule
_OF_A_PROPOSAL = (
    "company", "entity", "period", "reconciliation", "approval", "content", "explanation", "variance_ids",
    "prepared_by", "basis", "line_ids",
)  # fmt: skip
_MOST_CRASHES = 4
_DAY_S = 86_400.0
FINAL = (*IN_BOOKS, "rejected", "withdrawn")


class Crash(BaseException):
    """The machine died here: nobody below may catch it."""


class ScheduleStore(CorrectionStore, Protocol):
    """A store of corrections that can be opened again, as after a crash."""

    def close(self) -> None:
        """Let go of what it holds."""
        ...

    def reopened(self) -> ScheduleStore:
        """The same corrections as they are on the disk."""
        ...


@dataclass
class Fuse:
    """Blows at the n-th point at which the machine may die; never if n is 0."""

    left: int = 0

    def point(self) -> None:
        """One point. Raises: Crash."""
        if self.left > 0:
            self.left -= 1
            if self.left == 0:
                raise Crash


class FusedStore:
    """A store with a point before and after every commit; fulfils CorrectionStore."""

    def __init__(self, store: CorrectionStore, fuse: Fuse) -> None:
        self._store, self._fuse, self.login = store, fuse, store.login
        self.get, self.by_key, self.all = store.get, store.by_key, store.all
        self.record, self.head, self.events = store.record, store.head, store.events
        self.check_chain = store.check_chain

    def add(self, correction: Correction, *, actor: str) -> Correction:
        """As the store does."""
        self._fuse.point()
        added = self._store.add(correction, actor=actor)
        self._fuse.point()
        return added

    def apply(
        self, before: Correction, act: Act, *, actor: str, details: Mapping[str, str] | None = None
    ) -> Correction:
        """As the store does."""
        self._fuse.point()
        after = self._store.apply(before, act, actor=actor, details=details)
        self._fuse.point()
        return after


class ToldBooks:
    """What the books say without asking over the wire; fulfils Books. Most schedules are about writing."""

    def __init__(self, books: SmallBooks) -> None:
        self._books = books

    async def lines(self, _group: Group) -> pl.DataFrame:
        """Nothing is booked but what this schedule books."""
        return EMPTY_LEDGER

    async def open_from(self) -> Mapping[str, dt.date]:
        """The first open day of the one entity."""
        return self._books.open_from()

    async def entities(self) -> Mapping[str, str]:
        """The entity of the one store."""
        return MASTERS.entities


class FusedWire:
    """A wire with a point before every request and after every answer; fulfils Wire."""

    def __init__(self, wire: Wire, fuse: Fuse) -> None:
        self._wire, self._fuse = wire, fuse

    async def ask(self, ask: Ask) -> Answer:
        """As the wire does."""
        self._fuse.point()
        answer = await self._wire.ask(ask)
        self._fuse.point()
        return answer


@dataclass
class Counted:
    """What schedules came to."""

    schedules: int = 0
    entries: int = 0
    once: int = 0  # entries that stand in the books once, and are confirmed
    refused: int = 0  # for certain, and not in the books
    blocked: int = 0  # by the books, and not in them
    abandoned: int = 0  # ended by a person, after they were sent and then blocked, and not in the books
    frozen_with_none: int = 0  # until a person looks, and not in the books
    frozen_with_one: int = 0
    frozen_with_several: int = 0  # doubled, and found
    lost: int = 0  # neither in the books nor told to be missing, or in the books and told to be refused
    doubled: int = 0  # in the books more than once
    crashes: int = 0
    rivals: int = 0  # errors that a newer run called by another name while their entry was under way
    unsent_events: int = 0  # requests that left without an intent and a request on record
    failures: list[str] = field(default_factory=list)  # what is not right, with the seed

    def add(self, other: Counted) -> None:
        """Count the other in."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.failures += other.failures


ENDS = (
    "once", "refused", "blocked", "abandoned", "frozen_with_none", "frozen_with_one", "frozen_with_several", "lost",
    "doubled",
)  # fmt: skip
COUNTS = ("schedules", "entries", *ENDS, "crashes", "rivals", "unsent_events")
MakePoster = Callable[..., Poster]


class Schedule:
    """One seeded schedule over one store; `make_poster` may be another one, with a step of safety removed."""

    def __init__(
        self,
        seed: int,
        switches: Switches,
        books: SmallBooks,
        store: ScheduleStore,
        *,
        make_poster: MakePoster = Poster,
        reads_books: bool = False,
    ) -> None:
        self.seed, self.switches, self.books, self.store = seed, switches, books, store
        self.random = Random(seed)  # noqa: S311 - a schedule is to be repeated
        self.make_poster = make_poster
        self.reads_books = reads_books  # over the wire, line by line, before every request
        books.empty()
        self.wire = HostileWire(books, switches, self.random)
        self.fuse = Fuse()
        self.counted = Counted(schedules=1)
        self.corrections: tuple[Correction, ...] = ()
        self.rival: Correction | None = None

    def run(self) -> Counted:
        """What came of it."""
        return asyncio.run(self._run())

    async def _run(self) -> Counted:
        self.corrections = tuple(self._approved(number) for number in range(self.random.choice((1, 1, 1, 2))))
        self.counted.entries = len(self.corrections)
        for round_no in range(_ROUNDS):
            self.wire.calm = round_no >= _CALM_AFTER
            if round_no == _NEWER_RUN and self.seed % 2:
                self.rival = self._named_anew(self.corrections[0])
            if await self._round():
                break
            self.wire.pass_by(self.random.uniform(30.0, 1800.0))
        await self._last_sweep()
        for one in self.corrections:
            self._judge(one)
        self._judge_rival()
        keys = {one.key for one in (*self.corrections, *([self.rival] if self.rival else []))}
        strangers = [key for key in self.books.references() if key not in keys]
        if strangers:
            self._flaw(f"{len(strangers)} entries stand under keys that nobody knows")
        return self.counted

    def _flaw(self, words: str) -> None:
        self.counted.failures.append(
            f"seed {self.seed} {self.switches.name}: {words}; faults {' '.join(self.wire.met)}"
        )

    def _approved(self, number: int) -> Correction:
        """An approved correction on record."""
        amount = Decimal(self.random.randint(100, 99_999)) / 100
        lines = (ContentLine("6400", amount, "101"), ContentLine("1250", -amount, "101"))
        day = dt.date(2026, 9, 30)
        reverse_on = dt.date(2026, 10, 1) if self.random.random() < 0.15 else None
        content = Content("correction", "CRJ", day, reverse_on, "USD", "2026-09 deposits: fee unbooked", lines)
        made = Correction(
            digest_fields([str(self.seed), self.switches.name, str(number)]).hex(),
            "Small Group",
            None,
            "2026-09",
            "deposits",
            "fee_unbooked",
            "bulk",
            content,
            "The fee is not booked.",
            ("V1",),
            "0123456789ab",
            PREPARER,
            basis=basis_of(EMPTY_LEDGER, group_of(content, SEPTEMBER, 5)) if self.reads_books else "",
            line_ids=(f"E-{number}",),
        )
        return self._on_record(made)

    def _named_anew(self, first: Correction) -> Correction:
        """The same error as a newer run proposes it, approved: its cause, and with that its key, is another."""
        identity = digest_fields([first.identity, "amount_other"]).hex()
        said: dict[str, Any] = {name: getattr(first, name) for name in _OF_A_PROPOSAL}
        self.counted.rivals += 1
        return self._on_record(Correction(identity, cause="amount_other", run_id="0123456789bb", **said))

    def _on_record(self, made: Correction) -> Correction:
        """The correction on record, approved."""
        kept = self.store.add(made, actor=PREPARER)
        kept = self.store.apply(kept, Reviewed(APPROVER, kept.digest), actor=APPROVER)
        return self.store.apply(kept, Approved(APPROVER, kept.digest), actor=APPROVER)

    async def _round(self) -> bool:
        """True where everything came to its end; the machine may die meanwhile, and is started again."""
        may_die = self.switches.crashes and not self.wire.calm and self.counted.crashes < _MOST_CRASHES
        self.fuse.left = self.random.randint(1, 60) if may_die and self.random.random() < 0.6 else 0
        try:
            poster = self._poster()
            if self.random.random() < 0.3:
                await poster.settle()
            await poster.post()
            if self.random.random() < 0.3:
                await sweep(poster)
        except Crash:
            self.counted.crashes += 1
            self.store = self.store.reopened()
        except RemoteError:
            pass  # the ledger could not be read: a person runs it again
        self.fuse.left = 0
        return all(self._is_final(one) for one in self.corrections)

    def _is_final(self, correction: Correction) -> bool:
        now = self.store.get(correction.identity)
        return now is not None and (now.state in FINAL or now.hold is not None)

    async def _last_sweep(self) -> None:
        """A day later: the ledger is done with all that it was late with, and everything is swept."""
        self.fuse.left = 0
        self.wire.calm = True
        self.wire.pass_by(_DAY_S)
        await self.wire.catch_up()
        poster = self._poster()
        await poster.settle()
        await self._abandon(poster)
        await sweep(poster)

    async def _abandon(self, poster: Poster) -> None:
        """A person ends every other entry that was sent and then blocked for good; not one that has a draft yet."""
        for one in self.store.all(states=("sent", "uncertain")):
            if one.hold is not None and one.hold.kind == "blocked" and self.random.random() < 0.5:
                with contextlib.suppress(NotAllowed):
                    await poster.abandon(one.identity, "the books are closed for good")

    def _poster(self) -> Poster:
        """A poster as a new process makes it: nothing is known but what the store and the ledger know."""
        wire = FusedWire(self.wire, self.fuse)
        settings = Settings(mode=self.switches.mode, trusts_keys=self.switches.dedupe == "full" and self.seed % 2 == 0)
        tools = Tools(now=self.books.time.tell, sleep=self._sleep, draw=lambda longest: self.random.uniform(0, longest))
        store = FusedStore(self.store, self.fuse)
        return self.make_poster(store, self._ledger(wire), by=PREPARER, settings=settings, tools=tools)

    def _ledger(self, wire: Wire) -> Ledger:
        ledger = ledger_over(wire, self.switches.api, now=self.books.time.tell, pause=self._sleep)
        return ledger if self.reads_books else replace(ledger, books=ToldBooks(self.books))

    async def _sleep(self, seconds: float) -> None:
        self.wire.pass_by(seconds)

    def _judge(self, correction: Correction) -> None:
        """Hold what is on record against the books themselves."""
        now = self.store.get(correction.identity)
        booked = self._booked(correction)
        state = now.state if now else "gone"
        held = now.hold.kind if now and now.hold else None
        end = _end(len(booked), state, held)
        setattr(self.counted, end, getattr(self.counted, end) + 1)
        self.counted.doubled += end == "frozen_with_several"
        wrong = ""
        if end == "doubled":
            wrong = "doubled, and nobody is told"
        elif end == "once" and now and str(booked[0]) != now.record_no:
            wrong = "confirmed under another record"
        elif end == "lost":
            wrong = f"{len(booked)} in the books, on record {state}, {held}"
        wrong = wrong or self._trail_flaw(correction, state)
        if wrong:
            self._flaw(wrong)

    def _judge_rival(self) -> None:
        """One error stands in the books under one of its names."""
        if self.rival is None:
            return
        now = self.store.get(self.rival.identity)
        if self._booked(self.rival) and self._booked(self.corrections[0]):
            self.counted.doubled += 1
            self._flaw("one error is booked under two names")
        trail = self._trail_flaw(self.rival, now.state if now else "gone")
        if trail:
            self._flaw(trail)

    def _booked(self, correction: Correction) -> list[int]:
        """Posted records under the key, without the halves that the ledger made by itself."""
        found = self.books.booked(correction.key)
        halves = {
            int(row[0])
            for row in self.books.world.query("SELECT recordno FROM intacct_batch WHERE reversedfrom IS NOT NULL")
        }
        return [one for one in found if one not in halves]

    def _trail_flaw(self, correction: Correction, state: str) -> str:
        """What the trail of one entry lacks: an intent and a request before each that left, one confirmation."""
        acts = [event.act for event in self.store.events(subject=correction.identity)]
        left = self.wire.sent.count(correction.key)
        if left > acts.count("sent") or (left and "intended" not in acts):
            self.counted.unsent_events += 1
            return f"{left} requests left, {acts.count('sent')} are on record"
        if state in IN_BOOKS and acts.count("confirmed") != 1:
            return "confirmed more than once"
        return ""


def _end(booked: int, state: str, held: str | None) -> str:
    """The count that an entry adds to, by what stands in the books and what is on record."""
    if held == "frozen":
        return ("frozen_with_none", "frozen_with_one", "frozen_with_several")[min(booked, 2)]
    if booked:
        return "doubled" if booked > 1 else "once" if state in IN_BOOKS else "lost"
    if held == "blocked":
        return "blocked"
    return {"rejected": "refused", "withdrawn": "abandoned"}.get(state, "lost")


def ledger_over(
    wire: Wire,
    api: Api,
    *,
    now: Callable[[], dt.datetime],
    pause: Callable[[float], Awaitable[None]],
    home: str = HOME,
    masters: Masters = MASTERS,
) -> Ledger:
    """The small books through the API, as the real clients see them."""
    if api == "xml":
        gateway = XmlGateway(wire, BY_XML, base_url=home, clock=now, pause=pause)
        return Ledger(XmlWriter(gateway), XmlBooks(gateway, currency="USD"), masters, XmlAttachments(gateway))
    rest = RestApi(wire, BY_REST, clock=now, pause=pause)
    return Ledger(RestWriter(rest), RestBooks(rest, currency="USD"), masters, RestAttachments(rest))


def _credentials() -> tuple[XmlCredentials, RestCredentials]:
    told = {name.removeprefix("intacct."): value for name, value in DEMO_ACCESS.items() if name.startswith("intacct.")}
    xml = XmlCredentials(
        told["sender_id"],
        Secret(told["sender_password"]),
        told["company_id"],
        told["user_id"],
        Secret(told["user_password"]),
    )
    who = f"{told['user_id']}@{told['company_id']}"
    return xml, RestCredentials(told["client_id"], Secret(told["client_secret"]), who)


BY_XML, BY_REST = _credentials()
EMPTY_LEDGER = blank(CANONICAL_FRAMES["ledger"])
