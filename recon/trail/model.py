"""Events and links of the trail, its head, and the heads that were written down elsewhere."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

_HEAD = re.compile(r"recon-trail:(\d{1,18}):([0-9a-f]{64})(?![0-9a-f])")


@dataclass(frozen=True)
class Event:
    """One link of the audit trail, as it was written."""

    sequence: int  # 1, 2, … without a gap
    at: dt.datetime  # UTC
    actor: str  # person, or `recon` for what no person did
    act: str  # `added`, or the name of the act that changed it: reviewed, approved, intended, sent, …
    subject: str  # identity of a correction, or the name of what was signed, decided, …
    details: Mapping[str, str]  # state before and after, key, digest, revision, record number, reason, …
    previous: str  # hash of the event before it, 64 hex digits
    hash: str


@dataclass(frozen=True)
class Told:
    """What is to be written into the trail beside the time."""

    actor: str
    act: str
    subject: str
    details: Mapping[str, str]


@dataclass(frozen=True)
class Link:
    """One event as its row stands: the very texts that are hashed."""

    sequence: int
    at: str
    actor: str
    act: str
    subject: str
    details: str  # JSON object, names sorted
    previous: str
    hash: str


@dataclass(frozen=True)
class Head:
    """The end of the trail: what is written outside, so that a cut tail shows."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"recon-trail:{self.sequence}:{self.hash}"


@dataclass(frozen=True)
class Anchor:
    """A head that was written down outside the database, and where it was found."""

    head: Head
    place: str  # such as the manifest of a run, or the memo of an entry


def heads_in(text: str, place: str) -> tuple[Anchor, ...]:
    """The heads that a text outside the database holds, in their order: a memo, a manifest, an e-mail."""
    return tuple(Anchor(Head(int(number), digest), place) for number, digest in _HEAD.findall(text))
