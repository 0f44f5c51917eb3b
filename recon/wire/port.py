"""The port that every client of a vendor speaks through: what is asked, and what comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol

import msgspec

from recon.wire.errors import Broken
from recon.wire.redaction import redacted

SHOWN = 200
SANDBOX = "recon-sandbox"  # header of each answer of recon's own sandbox, by which it proves to be no vendor's service
_HALF = re.compile("[\ud800-\udfff]")
_FAST = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True)
class Ask:
    """One request. A repeatable one is a read: it may be tried again after any failure.

    What it wants, JSON or XML, is looked for at both ends of the answer: a web page or half an answer in its stead is
    a failure of the service, and is tried again.
    """

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str  # below the service's base URL (begins with /), or an absolute URL on an allowed host
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    repeatable: bool = True
    wants: Literal["any", "json", "xml"] = "any"


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    body: bytes = field(repr=False)
    url: str

    def json(self) -> Any:
        """The body as JSON values; a number with a point is a Decimal, never a float. O(bytes).

        Raises: Broken with the first characters of the body where it is not JSON.
        """
        try:
            return _read(self.body)
        except (ValueError, RecursionError) as cause:
            said = redacted(self.body[: 4 * SHOWN].decode("utf-8", "replace"))[:SHOWN]
            raise Broken(
                f"The service at {redacted(self.url)} did not answer in JSON; "
                f"check that the address is the interface's and not a web page's. It said: {said!r}",
                final=True,
                status=self.status,
            ) from cause


class Wire(Protocol):
    """Where a client sends its requests."""

    async def ask(self, ask: Ask) -> Answer:
        """The answer, after as many tries as are allowed; 4xx other than 429 come back as an answer too.

        Raises: RemoteError (Unreachable, Throttled, Broken).
        """
        ...


def _read(body: bytes) -> Any:
    try:
        return _FAST.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # What servers send that is JSON by the letter only: another encoding, a mark before it, half a surrogate.
        return _mended(json.loads(body, parse_float=Decimal, parse_constant=_no_number))


def _mended(value: Any) -> Any:
    """The value with each half of a surrogate pair, which no text can hold, as the mark for a lost character."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended(one) for one in value]
    return {_mended(name): _mended(one) for name, one in value.items()} if isinstance(value, dict) else value


def _no_number(name: str) -> Decimal:
    raise ValueError(f"{name} is no number")
