"""Servers for tests of the wire: real sockets on loopback that answer as scripted, with or without real TLS."""

from __future__ import annotations

import datetime as dt
import ipaddress
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Seen:
    """A request as it stood on the socket, and when its last byte had come."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    at: float


TLS_HELLO = b"\x16"  # the first byte of a client that would speak TLS
Reply = bytes | Callable[[socket.socket], None]  # raw bytes, or what to do with the socket
Script = Callable[[Seen, int], Reply]  # the request and its number from 0


@dataclass
class Server:
    """A scripted server: what it saw, and the most requests that it had under way at once."""

    script: Script
    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    most_at_once: int = 0
    scheme: str = "http"
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def gaps(self) -> list[float]:
        """Seconds between each request and the one before."""
        times = [one.at for one in self.seen]
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    def converse(self, connection: socket.socket) -> None:
        """Read requests and answer them until the client, or the script, hangs up."""
        connection.settimeout(20)
        stream = connection.makefile("rb")
        with connection, stream:
            while (request := _read(stream)) is not None:
                if not request.method:  # not HTTP, perhaps TLS: as servers do
                    connection.sendall(reply(b"", 400))
                    return
                with self._lock:
                    number = len(self.seen)
                    self.seen.append(request)
                    self._at_once += 1
                    self.most_at_once = max(self.most_at_once, self._at_once)
                try:
                    answer = self.script(request, number)
                finally:
                    with self._lock:
                        self._at_once -= 1
                if callable(answer):
                    answer(connection)
                    return
                connection.sendall(answer)


def _read(stream) -> Seen | None:
    try:
        if stream.peek(1)[:1] == TLS_HELLO:  # which may have no end of a line to wait for
            return Seen("", "", {}, b"", time.monotonic())
        first = stream.readline().decode("latin-1").split()
        if not first:
            return None
        if len(first) < 2:
            return Seen("", "", {}, b"", time.monotonic())
        headers = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
    except (OSError, ValueError):
        return None
    return Seen(first[0], first[1], headers, body, time.monotonic())


def reply(body: bytes = b"{}", status: int = 200, headers: tuple[str, ...] = (), length: int | None = None) -> bytes:
    """A whole reply of HTTP/1.1; `length` lies about its size."""
    told = len(body) if length is None else length
    head = "\r\n".join([f"HTTP/1.1 {status} Said", f"content-length: {told}", *headers])
    return head.encode("latin-1") + b"\r\n\r\n" + body


def cut_off(body: bytes, length: int) -> Reply:
    """Less than was promised, then silence and a closed connection."""

    def send(connection: socket.socket) -> None:
        connection.sendall(reply(body, length=length))

    return send


@contextmanager
def serving(script: Script, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server in threads, as long as the block lasts."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(script, listener.getsockname()[1], scheme="https" if context else "http")

    def greet(connection: socket.socket) -> None:
        try:
            server.converse(context.wrap_socket(connection, server_side=True) if context else connection)
        except OSError:  # the client hung up, or did not trust us
            connection.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=greet, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@dataclass(frozen=True)
class Authority:
    """A made authority and what it signs, as PEM files in a folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def server_context(
        self,
        host: str = "127.0.0.1",
        *,
        days_left: int = 2,
        newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ) -> ssl.SSLContext:
        """A server's context with a certificate for the host, valid for so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _alternative(host)
        signed = (
            _builder(host, key.public_key(), self.certificate.subject, days_left)
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        file = self.folder / f"{host.replace('*', 'any')}-{days_left}.pem"
        file.write_bytes(_pem_of(key) + signed.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = newest
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(file)
        return context


def made_authority(folder: Path) -> Authority:
    """A fresh authority whose certificate stands in `authority.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Corner Cafe Test Authority")])
    certificate = (
        _builder("", key.public_key(), subject, 30, subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "authority.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(folder, key, certificate)


def _builder(host: str, key, issuer: x509.Name, days_left: int, subject: x509.Name | None = None):
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject or x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)]))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=40))
        .not_valid_after(now + dt.timedelta(days=days_left))
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
