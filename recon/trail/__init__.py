"""The audit trail as values: each event carries the hash of the one before it, so that no row changes unseen."""

from __future__ import annotations

from recon.trail.chain import GENESIS, details_text, hash_of, linked, moment_text, plain, read_event
from recon.trail.export import README, csv_text, proof_text
from recon.trail.model import Anchor, Event, Head, Link, Told, heads_in
from recon.trail.verify import Break, unlike, verify

__all__ = [
    "GENESIS",
    "README",
    "Anchor",
    "Break",
    "Event",
    "Head",
    "Link",
    "Told",
    "csv_text",
    "details_text",
    "hash_of",
    "heads_in",
    "linked",
    "moment_text",
    "plain",
    "proof_text",
    "read_event",
    "unlike",
    "verify",
]
