"""Which addresses a wire may speak to: https to its own hosts, plain http to this machine only."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

from recon.errors import ConfigError
from recon.wire.errors import Misunderstood
from recon.wire.redaction import redacted

_PORTS = {"http": 80, "https": 443}
# Stricter than any parser, so that no two parsers can read different hosts in one address.
_ADDRESS = re.compile(
    r"((?i:https?))://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?((?:/[^\s\\#?]*)?)((?:\?[^\s\\#]*)?)"
)


@dataclass(frozen=True)
class Origin:
    """Scheme, host in lower case and port: two addresses of one origin reach one server."""

    scheme: str
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """True where the host is this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def origin_of(address: str) -> Origin | None:
    """The origin of an absolute http or https address; None where it is not one, or holds a user name."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    scheme = found[1].lower()
    return Origin(scheme, found[2].lower().rstrip("."), int(found[3] or _PORTS[scheme]))


def address_problem(address: str, *, in_process: bool = False) -> str:
    """What is wrong with the address of a service and how to write it; empty if it may be asked."""
    origin = origin_of(address)
    if origin is None or "?" in address:
        return "must read https://host/path, without a user name, ? or #"
    if origin.scheme == "https" or origin.is_loopback or in_process:
        return ""
    return "must begin with https://; plain http goes to this machine only"


@dataclass(frozen=True)
class Addresses:
    """The addresses of one service: below its base, and on the hosts that it may name itself.

    An allowed host is a name ("api.example.com"), or a domain with everything below it (".example.com").
    """

    base: str
    allowed_hosts: tuple[str, ...] = ()
    in_process: bool = False

    def __post_init__(self) -> None:
        problem = address_problem(self.base, in_process=self.in_process)
        if problem:
            raise ConfigError(f"The address of a service {problem}", address=redacted(self.base))

    @property
    def home(self) -> Origin:
        """The origin of the base address."""
        found = origin_of(self.base)
        if found is None:
            raise ConfigError("The address of a service must read https://host/path", address=redacted(self.base))
        return found

    def of(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> tuple[str, Origin]:
        """The whole address of a request and its origin.

        Raises: Misunderstood where the path leads to a host that is not allowed.
        """
        asked = self.base.rstrip("/") + path if path.startswith("/") else path
        if query:
            asked += ("&" if "?" in asked else "?") + urlencode(query)
        origin = origin_of(asked)
        if origin is None or not self._is_allowed(origin):
            raise Misunderstood(
                "A request would leave the hosts of its service; if the vendor moved, add the host to the allowed ones",
                address=redacted(asked)[:200],
                service=self.home.host,
            )
        return asked, origin

    def redirected(self, asked: str, location: str) -> str:
        """Where a redirect leads within the same origin.

        Raises: Misunderstood where it leads to another host, port or scheme.
        """
        target = urljoin(asked, location)
        if origin_of(target) is None or origin_of(target) != origin_of(asked):
            raise Misunderstood(
                "The service points to another host, which is never followed; set its new address",
                address=redacted(target)[:200],
                service=self.home.host,
            )
        return target

    def _is_allowed(self, origin: Origin) -> bool:
        home = self.home
        if origin == home or (origin.is_loopback and home.is_loopback and origin.port == home.port):
            return origin.scheme == home.scheme
        named = any(_is_named(origin.host, one.lower()) for one in self.allowed_hosts)
        return named and origin.scheme == "https" and origin.port == _PORTS["https"]


def _is_named(host: str, allowed: str) -> bool:
    return host == allowed or (allowed.startswith(".") and host.endswith(allowed))
