"""How a link follows from the one before it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import fields

from recon.errors import TrailBroken
from recon.identity import digest_fields
from recon.trail.model import Event, Head, Link, Told

DOMAIN = "recon.trail"
VERSION = "1"
# What stands before the first event; a chain that begins elsewhere is not of this program.
GENESIS = Head(0, digest_fields([DOMAIN, VERSION, "genesis"]).hex())
HASHED = tuple(field.name for field in fields(Link) if field.name not in ("sequence", "previous", "hash"))


def hash_of(link: Link) -> str:
    """SHA-256 in hex over domain, version, sequence, previous hash and every text, each with its length before it."""
    texts = (str(getattr(link, name)) for name in HASHED)
    return digest_fields([DOMAIN, VERSION, str(link.sequence), link.previous, *texts]).hex()


def linked(head: Head, at: dt.datetime, told: Told) -> Link:
    """The link that follows the head."""
    said = (moment_text(at), plain(told.actor), plain(told.act), plain(told.subject), details_text(told.details))
    link = Link(head.sequence + 1, *said, head.hash, "")
    return Link(link.sequence, *said, head.hash, hash_of(link))


def moment_text(at: dt.datetime) -> str:
    """The moment in UTC to the microsecond, always of one length."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def details_text(details: Mapping[str, str]) -> str:
    """The details as JSON, names sorted: equal details are equal text."""
    texts = {plain(name): plain(value) for name, value in details.items()}
    return json.dumps(texts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain(text: str) -> str:
    """The text as every database keeps it: what is no character, and the character 0, are written out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def read_event(link: Link) -> Event:
    """The link as an event. Raises: TrailBroken naming the row where its texts are not as they were written."""
    try:
        at = dt.datetime.fromisoformat(link.at)
        details = json.loads(link.details)
        is_whole = moment_text(at) == link.at and details_text(details) == link.details
    except (ValueError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        raise TrailBroken("a row of the audit trail is not as it was written", sequence=link.sequence)
    return Event(link.sequence, at, link.actor, link.act, link.subject, details, link.previous, link.hash)
