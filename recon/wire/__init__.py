"""Requests to other systems: one HTTP client with verified TLS, patience, limits and no secrets in its words.

A client of a vendor is handed a `Wire`, sends an `Ask` and gets an `Answer`. Reads are tried again as patiently
as the service asks for; a write is tried again only where nothing can have arrived.
"""

from __future__ import annotations

from recon.wire.client import HttpWire, in_process
from recon.wire.errors import Broken, Misunderstood, NotSignedIn, Refused, Throttled, Unreachable, WireFault
from recon.wire.loop import run
from recon.wire.port import Answer, Ask, Wire
from recon.wire.redaction import Secret, redacted
from recon.wire.settings import Limits, Retries, Tls

__all__ = [
    "Answer",
    "Ask",
    "Broken",
    "HttpWire",
    "Limits",
    "Misunderstood",
    "NotSignedIn",
    "Refused",
    "Retries",
    "Secret",
    "Throttled",
    "Tls",
    "Unreachable",
    "Wire",
    "WireFault",
    "in_process",
    "redacted",
    "run",
]
