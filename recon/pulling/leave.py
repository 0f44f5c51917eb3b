"""A person's leave for an application: given in the browser once, taken by a redirect to this machine alone."""

from __future__ import annotations

import contextlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from recon.errors import ConfigError
from recon.wire import HttpWire, NotSignedIn, Secret, Wire, run
from recon.wire.tokens import RefreshTokens

_LOOPBACK = ("127.0.0.1", "localhost")
_PATIENCE = 300.0  # seconds in which a person signs in
_ONE_REQUEST = 5.0  # seconds that one visitor may take
_STATE_BYTES = 32
_DONE = "Thank you. You may close this page and go back to the terminal."
_REFUSED = "Leave was not given. Go back to the terminal."
_STRANGE = "This is not the page that was asked for."


class Signing(Protocol):
    """What a service does with a person's leave."""

    def address(self, state: str, base_url: str) -> str:
        """Where leave is given in the browser for a service at that address; `state` comes back with the code."""
        ...

    async def redeem(self, code: Secret) -> None:
        """Exchange the code for a refresh token, and keep that. Raises: RemoteError."""
        ...


@dataclass(frozen=True)
class Leave:
    """A service that may be given leave: its name in sources.toml, its vendor, and how the leave is taken."""

    service: str
    vendor: str
    base_url: str
    redirect_uri: str
    wire: HttpWire
    tokens: RefreshTokens
    signing: Callable[[Wire], Signing]


def take_leave(leave: Leave, tell: Callable[[str], None]) -> None:
    """Tell the address at which a person gives leave, wait for it, and keep the refresh token that it is worth.

    Raises: ConfigError where the redirect is not on this machine or cannot be listened on; NotSignedIn where leave
    was not given in time or the code is not accepted; RemoteError.
    """
    state = secrets.token_urlsafe(_STATE_BYTES)
    with _listening(leave, state) as visit:

        async def sign_in() -> None:
            async with leave.wire as wire:
                signing = leave.signing(wire)
                tell(signing.address(state, leave.base_url))
                code = visit.code(_PATIENCE)  # nothing else happens meanwhile, so the loop may wait
                with leave.tokens.alone():
                    await signing.redeem(code)

        run(sign_in())


@dataclass
class Visit:
    """What a browser may bring back; fulfilled by the one request that knows the state."""

    server: HTTPServer
    vendor: str
    state: str = field(repr=False)
    path: str
    answered: bool = False
    given: Secret | None = None

    def code(self, patience: float) -> Secret:
        """The code, after requests that nobody asked for were turned away.

        Raises: NotSignedIn where leave was refused, or not given within so many seconds.
        """
        ends = time.monotonic() + patience
        while not self.answered:
            left = ends - time.monotonic()
            if left <= 0:
                raise NotSignedIn(f"Nobody gave leave within {patience:.0f} seconds; sign in again")
            self.server.timeout = left
            self.server.handle_request()
        if self.given is None:
            raise NotSignedIn(f"{self.vendor} says that leave was not given; sign in again as a user who may give it")
        return self.given

    def take(self, target: str) -> tuple[int, str]:
        """Status and words for a request; the one with our state ends the visit, whatever it brings."""
        parts = urlsplit(target)
        told = dict(parse_qsl(parts.query))
        if parts.path != self.path:
            return 404, _STRANGE
        if self.answered or not hmac.compare_digest(told.get("state", "").encode(), self.state.encode()):
            return 400, _STRANGE
        self.answered = True
        if not told.get("code"):
            return 200, _REFUSED
        self.given = Secret(told["code"])
        return 200, _DONE


@contextlib.contextmanager
def _listening(leave: Leave, state: str) -> Iterator[Visit]:
    """A visit at the address of the redirect, on loopback only."""
    parts = urlsplit(leave.redirect_uri)
    mend = "register http://127.0.0.1:PORT/back with the application, and write the same into sources.toml"
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK or not parts.port:
        raise ConfigError(f"redirect_uri of services.{leave.service} is no address of this machine: {mend}")
    kept: list[Visit] = []

    class Page(BaseHTTPRequestHandler):
        timeout = _ONE_REQUEST

        def do_GET(self) -> None:
            status, words = kept[0].take(self.path)
            body = words.encode()
            self.send_response(status)
            for name, value in (
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
                ("Referrer-Policy", "no-referrer"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the request holds the code."""

    try:
        # Bound to the IPv4 loopback also where the redirect says localhost: no other machine can visit.
        server = HTTPServer(("127.0.0.1", parts.port), Page)
    except OSError as cause:
        raise ConfigError(f"port {parts.port} of redirect_uri cannot be listened on: {cause.strerror}") from cause
    with server:
        kept.append(Visit(server, leave.vendor, state, parts.path or "/"))
        yield kept[0]
