"""The HTTP client: the only module that imports httpx. Verified TLS, patience, limits, and words without secrets."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import ssl
from types import TracebackType
from typing import Any, Self

import httpx
import stamina

from recon.errors import ConfigError, check
from recon.wire.addresses import Addresses, Origin
from recon.wire.bodies import is_page, is_whole, whole_body
from recon.wire.errors import Broken, Misunderstood, Throttled, Unreachable, WireFault
from recon.wire.gate import GATES, Gate
from recon.wire.patience import asked_wait, longest_draw
from recon.wire.port import SHOWN, Answer, Ask
from recon.wire.quiet import hush
from recon.wire.redaction import redacted
from recon.wire.settings import Limits, Retries, Tls
from recon.wire.trust import tls_context

InProcess = httpx.ASGITransport | httpx.MockTransport
_ACCEPTS = {"any": "*/*", "json": "application/json", "xml": "application/xml, text/xml"}
_USER_AGENT = "recon"
_REDIRECTS = {301, 302, 303, 307, 308}
_KEEPS_METHOD = {307, 308}
_MOST_REDIRECTS = 5
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_TRANSIENT_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


def in_process(app: Any) -> InProcess:
    """A transport that hands requests to an ASGI application in this process; nothing touches a network."""
    return _Application(app)


class _Application(httpx.ASGITransport):
    """An application whose failures look as they would over a network: cut off, or status 500."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """What the application answered."""
        try:
            return await super().handle_async_request(request)
        except ConnectionError as cause:
            raise httpx.ReadError("the application cut the connection") from cause
        except Exception:
            return httpx.Response(500, stream=httpx.ByteStream(b"the application failed"))


class HttpWire:
    """The wire to one service, used with `async with`; it may be opened again after it was closed.

    All wires of the process that lead to one host share its places, the waits that it asked for and its pauses.
    """

    def __init__(
        self,
        base_url: str,
        *,
        limits: Limits | None = None,
        tls: Tls | None = None,
        retries: Retries | None = None,
        allowed_hosts: tuple[str, ...] = (),
        transport: InProcess | None = None,
        service: str = "",
    ) -> None:
        if not isinstance(transport, InProcess | None):
            raise ConfigError("A transport may only stay in this process: what leaves it is always verified")
        self._limits = limits or Limits()
        self._retries = retries or Retries()
        self._addresses = Addresses(base_url, allowed_hosts, in_process=transport is not None)
        self._service = service or self._addresses.home.host
        self._in_process = transport
        self._trust = None if transport else self._trusted(tls or Tls())
        self._transport: httpx.AsyncBaseTransport | None = None
        self._gates: dict[Origin, Gate] = {}
        hush()

    async def __aenter__(self) -> Self:
        check(self._transport is None, "a wire is open once at a time", service=self._service)
        self._transport = self._in_process or self._pool()
        self._gate(self._addresses.home)  # from here on it shares the fate of its host
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        transport, self._transport = self._transport, None
        for gate in self._gates.values():
            if not self._in_process:
                GATES.part(gate, self._service)
        self._gates = {}
        if transport is not None:
            await transport.aclose()

    async def ask(self, ask: Ask) -> Answer:
        """The answer, after as many tries as are allowed; 4xx other than 408 and 429 come back as an answer too.

        A read is tried again after every failure that may pass; a write only where nothing arrived.

        Raises: Unreachable, Throttled, Broken, Misunderstood.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._retries.total_seconds
        address, origin = self._addresses.of(ask.path, ask.query)
        gate = self._gate(origin)
        self._refuse_while_paused(gate)
        failures = 0

        def wait_after(fault: Exception) -> bool | float:
            nonlocal failures
            failures += 1
            if not isinstance(fault, WireFault):
                return False
            wait = self._wait_after(fault, ask, failures)
            return False if wait is None or loop.time() + wait >= deadline else wait

        try:
            async for attempt in stamina.retry_context(on=wait_after, attempts=self._retries.tries, timeout=None):
                with attempt:
                    return await self._try(ask, address, gate, deadline)
        except WireFault as fault:
            fault.context |= {"service": self._service, "tries": failures}
            raise
        raise AssertionError("a try ends in an answer or in a fault")

    def _trusted(self, tls: Tls) -> ssl.SSLContext | None:
        """The TLS of all connections; none is made ready where only plain http to this machine can be spoken."""
        plain = self._addresses.home.scheme == "http" and not self._addresses.allowed_hosts
        return None if plain and tls.ca_file is None else tls_context(tls)

    def _pool(self) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(
            verify=self._trust or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # without one, nobody is trusted
            trust_env=False,
            http2=False,
            retries=0,
            limits=httpx.Limits(max_connections=self._limits.in_flight, keepalive_expiry=20.0),
        )

    def _gate(self, origin: Origin) -> Gate:
        if origin not in self._gates:
            self._gates[origin] = Gate() if self._in_process else GATES.join(origin, self._service)
        return self._gates[origin]

    def _refuse_while_paused(self, gate: Gate) -> None:
        if gate.pause_seconds() > 0.0:
            raise Unreachable(
                f"{self._host(gate)} has failed {self._retries.failures_to_pause} times in a row and is left alone for "
                f"a while; try again in {gate.pause_seconds():.0f} seconds",
                nothing_arrived=True,
            )

    def _wait_after(self, fault: WireFault, ask: Ask, failures: int) -> float | None:
        """Seconds until the next try; None where there is none."""
        if fault.final or not fault.retryable or not (ask.repeatable or fault.nothing_arrived):
            return None
        retries = self._retries
        draw = random.uniform(  # noqa: S311 (spreads load, protects nothing)
            0.0, longest_draw(retries.first_wait_seconds, retries.longest_wait_seconds, failures)
        )
        asked = fault.wait_seconds if isinstance(fault, Throttled) else None
        # On top of what was asked, or all who were told the same would come back in the same instant.
        return draw + asked if asked else draw

    async def _try(self, ask: Ask, address: str, gate: Gate, deadline: float) -> Answer:
        """One try in its turn, within what is left of the patience for the whole request."""
        patience = deadline - asyncio.get_running_loop().time()
        if gate.wait_seconds() >= patience:
            raise self._throttled(gate, gate.wait_seconds(), final=True)
        try:
            async with asyncio.timeout(patience), gate.turn(self._limits.in_flight, self._retries.pause_seconds):
                return await self._judged(ask, address, gate)
        except TimeoutError:
            raise Unreachable(
                f"{self._service} gave no answer within {self._retries.total_seconds:g} seconds of asking; "
                "try again later",
                final=True,
            ) from None

    async def _judged(self, ask: Ask, address: str, gate: Gate) -> Answer:
        """The answer of one exchange if it may be read; what it says of the host is told to the gate."""
        try:
            answer = await self._timed(ask, address)
            now, longest = dt.datetime.now(dt.UTC), self._retries.longest_wait_seconds
            wait = asked_wait(answer.status, answer.headers, now, unreadable=longest)
            if wait:
                gate.keep_away(wait)
            self._check_readable(ask, answer, gate, wait)
        except (Unreachable, Broken):
            gate.failed(self._retries.failures_to_pause, self._retries.pause_seconds)
            raise
        except WireFault:
            gate.succeeded()
            raise
        gate.succeeded()
        return answer

    async def _timed(self, ask: Ask, address: str) -> Answer:
        """The answer of one exchange; every failure below it as a fault of ours."""
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                return await self._followed(ask, address)
        except TimeoutError as cause:
            raise Unreachable(
                f"{self._service} did not finish its answer within {self._limits.total_seconds:g} seconds; "
                "ask for a shorter window or allow more time"
            ) from cause
        except (httpx.TransportError, httpx.StreamError, httpx.InvalidURL, OSError) as cause:
            raise self._told(cause) from _shown(cause)

    async def _followed(self, ask: Ask, address: str) -> Answer:
        method, body = ask.method, ask.body
        for _ in range(_MOST_REDIRECTS):
            answer = await self._exchange(
                ask.wants, httpx.Request(method, address, headers=self._headers(ask), content=body)
            )
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None:
                return answer
            if method != "GET" and answer.status not in _KEEPS_METHOD:
                raise Misunderstood(
                    f"{self._service} answers a {method} with a page to look at; check the address of the service",
                    status=answer.status,
                )
            address = self._addresses.redirected(address, location)
        raise Misunderstood(f"{self._service} sends its visitors around in circles; check the address of the service")

    async def _exchange(self, wants: str, request: httpx.Request) -> Answer:
        transport = self._transport
        if transport is None:
            raise ConfigError("A wire is used inside `async with`", service=self._service)
        limits = self._limits
        request.extensions["timeout"] = {
            "connect": limits.connect_seconds,
            "read": limits.read_seconds,
            "write": limits.read_seconds,
            "pool": limits.total_seconds,
        }
        response = await transport.handle_async_request(request)
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            parts = response.stream
            check(isinstance(parts, httpx.AsyncByteStream), "an async transport gives an async stream")
            body = await whole_body(parts.__aiter__(), headers, most=limits.body_bytes)  # type: ignore[union-attr]
            if wants != "any" and not is_whole(body, wants):
                await _hang_up(response)
        except WireFault:
            await _hang_up(response)
            raise
        finally:
            await response.aclose()
        return Answer(response.status_code, headers, body, str(request.url))

    def _headers(self, ask: Ask) -> dict[str, str]:
        """The headers of a request; one without a body names no type, since one vendor fails at that."""
        given = {"accept": _ACCEPTS[ask.wants], "accept-encoding": "gzip", "user-agent": _USER_AGENT}
        return given | {name.lower(): value for name, value in ask.headers.items()}

    def _check_readable(self, ask: Ask, answer: Answer, gate: Gate, wait: float | None) -> None:
        """Raise Throttled or Broken unless an answer that came whole is for the caller to read."""
        status = answer.status
        if status == 429 or (status == 503 and wait):
            raise self._throttled(gate, wait)
        if status >= 500 or status == 408:
            raise Broken(
                f"{self._service} failed with status {status}: {_said(answer)}; try again later", status=status
            )
        if ask.wants == "any" or status == 204:
            return
        if is_page(answer.body):
            raise Broken(
                f"{self._service} sent a web page where {ask.wants.upper()} was due; if it goes on, check the address "
                f"and what stands between. It said: {_said(answer)}",
                status=status,
            )
        if status < 300 and not is_whole(answer.body, ask.wants):
            raise Broken(
                f"{self._service} sent half an answer, or none in {ask.wants.upper()}. It said: {_said(answer)}",
                status=status,
            )

    def _host(self, gate: Gate) -> str:
        """Who waits and fails: the service, or the host where others live there too and share its fate."""
        return self._service if len({*gate.users}) < 2 else f"The host of {', '.join(sorted({*gate.users}))}"

    def _throttled(self, gate: Gate, wait: float | None, *, final: bool = False) -> Throttled:
        asked = "" if wait is None else f" and asks to wait {wait:.0f} seconds"
        return Throttled(
            f"{self._host(gate)} is asked too often{asked}; run the pull again later, it goes on where it stopped",
            wait_seconds=wait,
            final=final,
        )

    def _told(self, cause: Exception) -> WireFault:
        """A failure of the transport in our words."""
        said = redacted(f"{type(cause).__name__}: {cause}")[:SHOWN]
        nothing_arrived = isinstance(cause, _NOT_SENT)
        untrusted = _tls_fault(cause)
        if untrusted is not None:
            return Unreachable(
                f"The connection to {self._service} cannot be trusted: {redacted(untrusted)[:SHOWN]}; "
                "if its certificate is your company's own, name the file of its authority as ca_file",
                nothing_arrived=nothing_arrived,
                final=True,
            )
        if isinstance(cause, httpx.RemoteProtocolError | httpx.ReadError | httpx.DecodingError | httpx.StreamError):
            return Broken(f"{self._service} broke off its answer ({said}); try again later")
        if isinstance(cause, httpx.TimeoutException) and not nothing_arrived:
            return Unreachable(f"{self._service} fell silent ({said}); try again later or allow more time")
        if isinstance(cause, httpx.LocalProtocolError | httpx.InvalidURL | httpx.UnsupportedProtocol):
            return Misunderstood(f"A request to {self._service} cannot be sent as it is ({said})", nothing_arrived=True)
        return Unreachable(
            f"{self._service} was not reached ({said}); check the address, the network and the firewall",
            nothing_arrived=nothing_arrived,
        )


async def _hang_up(response: httpx.Response) -> None:
    """Close the connection of a doubtful answer: what is left of it must never be read as the next one."""
    stream = response.extensions.get("network_stream")
    if stream is not None:
        await stream.aclose()


def _chain(fault: BaseException | None) -> list[BaseException]:
    """The fault and what it came from, the newest first."""
    found: list[BaseException] = []
    while fault is not None and fault not in found:
        found.append(fault)
        fault = fault.__cause__ or fault.__context__
    return found


def _tls_fault(fault: Exception) -> str | None:
    """What is wrong with the TLS of a connection for good; None where it is something else, or may pass."""
    for one in _chain(fault):
        if isinstance(one, ssl.SSLCertVerificationError):
            return one.verify_message or str(one)
        if isinstance(one, ssl.SSLError) and not isinstance(one, _TRANSIENT_TLS):
            return one.reason or str(one)
    return None


def _shown(cause: BaseException) -> BaseException | None:
    """The cause to be shown below our fault; None where any part of it would tell a secret."""
    return None if any(str(one) != redacted(str(one)) for one in _chain(cause)) else cause


def _said(answer: Answer) -> str:
    return repr(redacted(answer.body[: 4 * SHOWN].decode("utf-8", "replace"))[:SHOWN])
