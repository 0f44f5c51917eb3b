"""A vendor's interface as a pull sees it: a wire that is opened, its feeds, and what their rows make."""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from recon.frames import CANONICAL_FRAMES, blank
from recon.intacct.attachments import Attachments
from recon.period import Period
from recon.pulling.model import Feed, Given, Made
from recon.pulling.windows import ALWAYS
from recon.store import Source, content_text
from recon.wire import Answer, Ask, Wire
from recon.wire.client import HttpWire, InProcess
from recon.wire.settings import Limits, Tls
from recon.workspace.supply import CALLED, ServiceName


@dataclass
class Watched:
    """A wire that notes how far the service's clock is from ours; fulfils Wire."""

    wire: Wire
    clock: Callable[[], dt.datetime]
    skew: dt.timedelta | None = None  # theirs less ours at the last answer; None: none told its time

    async def ask(self, ask: Ask) -> Answer:
        """The answer of the wire."""
        answer = await self.wire.ask(ask)
        told = _moment(answer.headers.get("date", ""))
        if told is not None:
            self.skew = told - self.clock()
        return answer


def _moment(text: str) -> dt.datetime | None:
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(dt.UTC)
    except (TypeError, ValueError):
        return None


@dataclass(frozen=True)
class Link:
    """How services are reached: over the network, or inside this process where a transport is given for them.

    `home` is the user's own folder, for what must not stand in the workspace; `workspace` is where a CA file is
    looked for.
    """

    workspace: Path
    home: Path
    transports: Mapping[str, InProcess] = field(default_factory=dict)

    def wire(
        self,
        name: ServiceName,
        address: str,
        ca_file: str | None,
        limits: Limits | None = None,
        allowed_hosts: tuple[str, ...] = (),
    ) -> HttpWire:
        """The wire to one service."""
        trusted = Tls(self.workspace / ca_file) if ca_file else Tls()
        transport = self.transports.get(name)
        return HttpWire(
            address, limits=limits, tls=trusted, allowed_hosts=allowed_hosts, transport=transport, service=CALLED[name]
        )


@dataclass
class Interface:
    """One service that is signed in to with `open`; fulfils Service."""

    name: ServiceName
    account: str
    address: str
    wire: HttpWire
    feeds: Callable[[Wire], Sequence[Feed]]
    made: Callable[[Given], Made]
    clock: Callable[[], dt.datetime]
    entities: Callable[[Wire], Source] | None = None  # whose rows may tell from which day books are open
    attached: Callable[[Wire], Attachments] | None = None  # where it keeps the attachments of entries
    watched: Watched | None = field(default=None, init=False)

    def open(self) -> AbstractAsyncContextManager[Sequence[Feed]]:
        """The feeds, while the wire is open; the first request signs in."""
        return self._opened()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Sequence[Feed]]:
        async with self.wire as wire:
            self.watched = Watched(wire, self.clock)
            yield self.feeds(self.watched)

    def frames(self, given: Given) -> Made:
        """What the rows make."""
        return self.made(given)

    def accounts(self, rows: Mapping[str, Sequence[Mapping[str, object]]]) -> pl.DataFrame | None:
        """ACCOUNTS of raw rows by source; None where they make none."""
        framed = {
            name: pl.DataFrame({"body": [content_text(row) for row in mine]}, schema={"body": pl.String})
            for name, mine in rows.items()
        }
        always = Period("always", ALWAYS.start, ALWAYS.end)
        places = blank(CANONICAL_FRAMES["locations"])
        return self.made(Given(framed, always, places, "", "")).frames.get("accounts")

    def books(self) -> Source | None:
        """The entities with their open books, while the service is open; None where it keeps no books."""
        return self.entities(self.watched) if self.entities is not None and self.watched is not None else None

    def attachments(self) -> Attachments | None:
        """Where it keeps attachments, while the service is open; None where it keeps none."""
        return self.attached(self.watched) if self.attached is not None and self.watched is not None else None

    @property
    def skew(self) -> dt.timedelta | None:
        """How far the service's clock is ahead of ours; None while it told no time."""
        return self.watched.skew if self.watched else None


def account_of(address: str, *parts: str) -> str:
    """Whose data it is: host and account, long names by their digest; every port of this machine is one host."""
    host = address.split("//", 1)[-1].split("/", 1)[0].rsplit("@", 1)[-1]
    bare = host.split("]")[0].strip("[") if host.startswith("[") else host.split(":")[0]
    place = "loopback" if bare in ("localhost", "::1") or bare.startswith("127.") else bare.lower()
    known = [part if len(part) <= 40 else hashlib.sha256(part.encode()).hexdigest()[:12] for part in parts if part]
    return " ".join([place, *known])
