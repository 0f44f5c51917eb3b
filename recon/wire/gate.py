"""The gate before one host, shared by all that ask it: so many at once, not before it wants, not while it is down."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from recon.wire.addresses import Origin

SLICE = 0.25  # seconds between two looks at a host that is left alone


class Gate:
    """Counts what is under way to one host, over all threads and event loops of the process."""

    def __init__(self) -> None:
        self.users: list[str] = []  # the services that are asked through it, one for each wire
        self._lock = threading.Lock()
        self._under_way = 0
        self._queue: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._not_before = 0.0
        self._failures = 0
        self._paused_until: float | None = None
        self._is_tried = False

    def wait_seconds(self) -> float:
        """How long the host has asked to be left alone, from now."""
        return max(self._not_before - time.monotonic(), 0.0)

    def pause_seconds(self) -> float:
        """How long the host is left alone because it failed so often, from now; 0 while one request tries it."""
        until = self._paused_until
        return 0.0 if until is None or self._is_tried else max(until - time.monotonic(), 0.0)

    def is_idle(self) -> bool:
        """True where nothing would be forgotten with this gate."""
        return not self.users and self.wait_seconds() == 0.0

    def keep_away(self, seconds: float) -> None:
        """Nobody passes for so long; a shorter wait never shortens a longer one."""
        with self._lock:
            # A thousandth more: timers of the event loop may ring a tick early, and sooner than asked is never.
            self._not_before = max(self._not_before, time.monotonic() + seconds + 0.001)

    def succeeded(self) -> None:
        """The host lives."""
        with self._lock:
            self._failures = 0
            self._paused_until = None
            self._is_tried = False

    def failed(self, to_pause: int, pause_seconds: float) -> None:
        """One more failure in a row; at `to_pause` of them the host is left alone."""
        with self._lock:
            self._failures += 1
            self._is_tried = False
            if self._failures >= to_pause:
                self._paused_until = time.monotonic() + pause_seconds

    @asynccontextmanager
    async def turn(self, at_once: int, pause_seconds: float) -> AsyncIterator[None]:
        """One place among `at_once`, taken when the host may be asked, in order of arrival."""
        while True:
            await self._until_allowed(pause_seconds)
            await self._take(at_once)
            if self.wait_seconds() == 0.0:
                break
            self._leave()
        try:
            yield
        finally:
            self._leave()

    async def _until_allowed(self, pause_seconds: float) -> None:
        while True:
            wait = self.wait_seconds()
            if wait > 0.0:
                await asyncio.sleep(wait)
                continue
            with self._lock:
                until = self._paused_until
                if until is None:
                    return
                if time.monotonic() >= until:
                    # This one tries the host; the others go on waiting until it is known to live.
                    self._paused_until = time.monotonic() + pause_seconds
                    self._is_tried = True
                    return
            await asyncio.sleep(min(until - time.monotonic(), SLICE) if until > time.monotonic() else 0.0)

    async def _take(self, at_once: int) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with self._lock:
                if self._under_way < at_once:
                    self._under_way += 1
                    return
                place: asyncio.Future[None] = loop.create_future()
                self._queue.append((loop, place))
            try:
                await place
            except asyncio.CancelledError:
                self._forgo(loop, place)
                raise

    def _forgo(self, loop: asyncio.AbstractEventLoop, place: asyncio.Future[None]) -> None:
        """A waiter was cancelled: if it had been called already, the next one is called in its stead."""
        with self._lock:
            try:
                self._queue.remove((loop, place))
            except ValueError:
                self._call_next()

    def _leave(self) -> None:
        with self._lock:
            self._under_way -= 1
            self._call_next()

    def _call_next(self) -> None:
        while self._queue:
            loop, place = self._queue.popleft()
            try:
                loop.call_soon_threadsafe(_call, place)
            except RuntimeError:  # that loop has ended, and its waiter with it
                continue
            return


def _call(place: asyncio.Future[None]) -> None:
    if not place.done():
        place.set_result(None)


class Gates:
    """The gates of the process by origin; a gate nobody uses is kept as long as its host asked for a wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gates: dict[Origin, Gate] = {}

    def join(self, origin: Origin, service: str) -> Gate:
        """The gate of the origin, with the service as one user more."""
        with self._lock:
            for idle in [one for one, gate in self._gates.items() if gate.is_idle()]:
                del self._gates[idle]
            gate = self._gates.setdefault(origin, Gate())
            gate.users.append(service)
            return gate

    def part(self, gate: Gate, service: str) -> None:
        """The service is one user less."""
        with self._lock:
            gate.users.remove(service)


GATES = Gates()
