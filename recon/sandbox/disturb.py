"""The door of the sandbox: counts the calls, and lets go wrong what a fault asks for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recon.errors import ConfigError
from recon.sandbox.faults import HEADER, ON_THE_ROWS, Fault
from recon.sandbox.refusals import refusal
from recon.sandbox.world import World
from recon.wire.port import SANDBOX

ADMIN = "/_sandbox"
CUT = "recon.cut"  # extension of the scope: cuts the connection, where there is one
_PROOF = (SANDBOX.encode(), b"1")
_KEPT_CALLS = 5000
_PIECES = 10
_PAGE = b"<!DOCTYPE html><html><head><meta charset='utf-8'><title>Just a moment...</title></head><body>\
<div id='cf-error-details'>The web server is returning an unknown error</div></body></html>"
_BEFORE = ("throttled", "throttled_in_200", "unavailable", "html")


class CallCut(ConnectionResetError):
    """The connection of a call was cut: on purpose, as a fault asked, or by the client."""


@dataclass
class Calls:
    """What was asked of the sandbox, and how many asked at once."""

    count: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    last: deque[tuple[str, str, str, int]] = field(default_factory=lambda: deque(maxlen=_KEPT_CALLS))


@dataclass
class Reply:
    """An answer that was caught before it went out."""

    start: Message = field(default_factory=dict)
    body: bytes = b""

    async def catch(self, message: Message) -> None:
        """Keep the message instead of sending it."""
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


class Door:
    """ASGI middleware: every call but the admin's passes here."""

    def __init__(self, app: ASGIApp, world: World, calls: Calls) -> None:
        self.app, self.world, self.calls = app, world, calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the call, well or as the faults say."""
        if scope["type"] != "http" or scope["path"].startswith(ADMIN):
            await self.app(scope, receive, send)
            return
        body = await _whole(receive)  # before it is whole nothing is done
        began = self.world.clock.now()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], self._date(), _PROOF]}
            await send(message)

        self.calls.count += 1
        self.calls.in_flight += 1
        self.calls.most_in_flight = max(self.calls.most_in_flight, self.calls.in_flight)
        try:
            await self._answer(scope, body, noted)
        finally:
            self.calls.in_flight -= 1
            self.calls.last.append((began.isoformat(), scope["method"], scope["path"], status))

    def _date(self) -> tuple[bytes, bytes]:
        return b"date", format_datetime(self.world.clock.now(), usegmt=True).encode()

    async def _answer(self, scope: Scope, body: bytes, send: Send) -> None:
        header = next((value.decode("latin-1") for name, value in scope["headers"] if name == HEADER.encode()), "")
        try:
            faults = self.world.faults.take(scope["method"], scope["path"], body, header)
            for one in faults:
                if one.name == "churn":
                    self.world.check_churn(one.table)
        except ConfigError as wrong:
            await _say(send, 400, b"text/plain", str(wrong).encode())
            return
        scope["recon.faults"] = frozenset(one.name for one in faults if one.name in ON_THE_ROWS)
        for one in faults:
            if one.name == "expired":
                self.world.end_sessions()
        fault = next((one for one in faults if one.name not in (*ON_THE_ROWS, "expired")), None)
        if fault is None:
            await self.app(scope, _replayed(body), send)
        elif fault.name in _BEFORE:
            await self._refuse(fault, scope["path"], send)
        else:
            await self._disturb(fault, scope, body, send)

    async def _refuse(self, fault: Fault, path: str, send: Send) -> None:
        if fault.name == "html":
            await _say(send, fault.status or 200, b"text/html; charset=utf-8", _PAGE)
            return
        status = {"throttled": 429, "throttled_in_200": 200}.get(fault.name, fault.status or 503)
        kind, words = refusal(path, status)
        if fault.name == "throttled_in_200":
            kind, words = refusal(path, 429)
        extra = [(fault.header.lower().encode(), self._wait(fault))] if fault.name == "throttled" else []
        await _say(send, status, kind.encode(), words, extra)

    def _wait(self, fault: Fault) -> bytes:
        """The wait in seconds; as a date, where the header is called Retry-After-Date."""
        if fault.header.lower() == "retry-after-date":
            return format_datetime(self.world.clock.now() + timedelta(seconds=fault.seconds), usegmt=True).encode()
        return f"{fault.seconds:g}".encode()

    async def _disturb(self, fault: Fault, scope: Scope, body: bytes, send: Send) -> None:
        cut = scope.get("extensions", {}).get(CUT, _no_connection)
        if fault.name in ("hang", "dropped"):
            await _cut(cut, fault.seconds if fault.name == "hang" else 0)
        if fault.name == "duplicate":
            await self.app(dict(scope), _replayed(body), Reply().catch)
        if fault.name in ("duplicate", "churn"):
            await self.app(scope, _replayed(body), send)
            if fault.name == "churn":
                self.world.churn(fault.table, insert=fault.insert, delete=fault.delete, seed=fault.seed)
            return
        reply = Reply()
        await self.app(scope, _replayed(body), reply.catch)
        if fault.name == "broken_after":
            kind, words = refusal(scope["path"], fault.status or 500)
            await _say(send, fault.status or 500, kind.encode(), words)
        elif fault.name in ("hang_after", "dropped_after"):
            await _cut(cut, fault.seconds if fault.name == "hang_after" else 0)
        elif fault.name == "slow_body":
            await _slowly(reply, fault.seconds, send)
        else:
            await _in_part(reply, with_length=fault.name == "wrong_length", send=send)
            await _cut(cut, 0)


async def _cut(cut: Callable[[], None], after_seconds: float) -> None:
    await asyncio.sleep(after_seconds)
    cut()
    raise CallCut("the connection was cut on purpose")


def _no_connection() -> None:
    """In one process there is none to cut: the exception alone tells the client."""


async def _in_part(reply: Reply, *, with_length: bool, send: Send) -> None:
    """The first half of the answer; with its length told, so that it can be missed, or in chunks without an end."""
    headers = [pair for pair in reply.start["headers"] if with_length or pair[0].lower() != b"content-length"]
    await send({**reply.start, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
    await asyncio.sleep(0.02)  # what was written must leave before the connection is cut


async def _slowly(reply: Reply, seconds: float, send: Send) -> None:
    await send(reply.start)
    size = -(-len(reply.body) // _PIECES) or 1
    for at in range(0, len(reply.body), size):
        await asyncio.sleep(seconds / _PIECES)
        await send({"type": "http.response.body", "body": reply.body[at : at + size], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _say(
    send: Send, status: int, kind: bytes, body: bytes, extra: list[tuple[bytes, bytes]] | None = None
) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *(extra or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _whole(receive: Receive) -> bytes:
    """The body of a request. Raises: CallCut where the client left before its end."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallCut("the client left before the request was whole")
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)


def _replayed(body: bytes) -> Receive:
    left = [body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive
