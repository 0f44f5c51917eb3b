"""Requests to other systems: one HTTP client with verified TLS, patience, limits and no secrets in its words.

A client of a vendor is handed a `Wire`, sends an `Ask` and gets an `Answer`. Reads are tried again as patiently
as the service asks for; a write is tried again only where nothing can have arrived.
"""

from __future__ import annotations

from recon.wire.port import Answer, Ask, Wire
from recon.wire.redaction import Secret, redacted

__all__ = ["Answer", "Ask", "Secret", "Wire", "redacted"]
