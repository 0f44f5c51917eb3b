"""The sandbox on a port of this machine, and on no other: in this thread, or in one of its own."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from recon.errors import ConfigError
from recon.sandbox.disturb import CUT

_PATIENCE_S = 20.0


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 whose connection a fault can cut: the means to it are handed to the application in the scope."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app = partial(_with_cut, self.app, self)


async def _with_cut(app: ASGIApp, protocol: CuttableProtocol, scope: Scope, receive: Receive, send: Send) -> None:
    extensions = {**scope.get("extensions", {}), CUT: protocol.transport.abort}
    try:
        await app({**scope, "extensions": extensions}, receive, send)
    except ConnectionResetError:
        protocol.transport.abort()  # cut on purpose: nobody has to hear of it


@dataclass(frozen=True)
class Certificate:
    """Files of a server's certificate, of its key, and of the authority that vouches for it."""

    chain: Path
    key: Path
    authority: Path


def check_loopback(host: str) -> str:
    """The address to bind, which is one of this machine's own.

    Raises: ConfigError for any address that others can reach: the sandbox has no secrets to keep.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as cause:
        raise ConfigError("the sandbox binds loopback only: 127.0.0.1, ::1 or localhost", host=host) from cause
    if not address.is_loopback:
        raise ConfigError("the sandbox binds loopback only: 127.0.0.1, ::1 or localhost", host=host)
    return str(address)


def bound(host: str, port: int) -> socket.socket:
    """A listening socket of this machine; port 0 takes any free one.

    Raises: ConfigError for another machine's address, and where the port or the address cannot be had.
    """
    address = check_loopback(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.ExitStack() as undone:
        try:
            # asyncio lets answers leave at once only where the protocol is told; else each waits 40 ms.
            listener = undone.enter_context(socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(128)  # who comes before the server is up waits instead of being refused
        except OSError as cause:
            raise ConfigError(why_unbound(cause), host=host, port=port) from cause
        undone.pop_all()
    return listener


def why_unbound(fault: OSError) -> str:
    """Why a socket of this machine cannot be had, and what to do."""
    if fault.errno == errno.EADDRINUSE:
        return "this port is taken; name another one with --port"
    if fault.errno in (errno.EACCES, errno.EPERM):
        return "this user may not have this port; name one above 1023 with --port"
    if fault.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return "this machine has no such address, as where IPv6 is switched off; name 127.0.0.1 with --host"
    return f"the machine gives no socket ({fault.strerror or fault}); mend that, or name another port with --port"


def url_of(listener: socket.socket, *, tls: bool) -> str:
    """Where the socket is reached, without a slash at its end."""
    host, port = listener.getsockname()[:2]
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def server_of(app: ASGIApp, certificate: Certificate | None = None) -> uvicorn.Server:
    """A server of the application, which says nothing but warnings."""
    config = uvicorn.Config(
        app,
        http=CuttableProtocol,
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,  # the sandbox's clock may go wrong on purpose
        timeout_graceful_shutdown=2,
        ssl_certfile=str(certificate.chain) if certificate else None,
        ssl_keyfile=str(certificate.key) if certificate else None,
    )
    return uvicorn.Server(config)


@contextlib.contextmanager
def serving(
    app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0, certificate: Certificate | None = None
) -> Iterator[str]:
    """The URL under which a thread of its own serves the application while the block runs.

    Raises: ConfigError as `bound`, or if the server does not come up.
    """
    listener = bound(host, port)
    server = server_of(app, certificate)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + _PATIENCE_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise ConfigError("the sandbox did not come up", host=host, port=port)
        time.sleep(0.005)
    try:
        yield url_of(listener, tls=certificate is not None)
    finally:
        server.should_exit = True
        thread.join(timeout=_PATIENCE_S)
        listener.close()
