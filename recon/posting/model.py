"""What posting is told, and what it tells: settings, tools, and what became of each entry, in words."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from recon.errors import DataError
from recon.intacct.attachments import AttachedFile
from recon.lifecycle import Correction
from recon.policy import PostingPolicy

Mode = Literal["direct", "draft"]
What = Literal[
    "confirmed",  # the ledger holds exactly one entry with the approved lines
    "settled",  # and still did after the quiet time
    "waiting",  # it may be booked: nothing is sent before the time that the words name
    "blocked",  # the books do not take it now
    "frozen",  # the ledger holds under its key what it must not hold
    "rejected",  # the ledger refused it for certain
    "elsewhere",  # another process works on it
    "not_read",  # the ledger could not be read: nothing was sent now
    "not_tried",  # posting had stopped before its turn
]
RESENDS = 3  # in one run, after the first request
CIRCUIT = 5  # unsure answers in a row, after which nothing more is sent
LONGEST_PAUSE = 60.0  # seconds; who asks for a longer one is asked again in a later run
FIRST_PAUSE = 1.0


@dataclass(frozen=True)
class Settings:
    """How entries are posted."""

    mode: Mode = "draft"
    # How long the ledger may still be working on a request whose answer was lost: 15 minutes, and a margin.
    quiet: dt.timedelta = dt.timedelta(minutes=20)
    trusts_keys: bool = False  # True: the same key is sent again at once, since this ledger is known to refuse twins
    base_location: str | None = None  # the entity that owns entries over several entities; None: those are never sent
    attachment: str | None = None  # id of an attachment in the ledger, with {period} and {run_id}
    attachment_folder: str | None = None  # where an attachment that is not there is made; None: it is not made

    @classmethod
    def of(cls, policy: PostingPolicy) -> Settings:
        """The settings that the company's policy asks for."""
        return cls(
            policy.mode,
            dt.timedelta(minutes=policy.quiet_minutes),
            policy.resend == "at_once",
            policy.base_location,
            policy.attachment_id,
            policy.attachment_folder,
        )


def _free(_key: str) -> AbstractContextManager[bool]:
    return contextlib.nullcontext(enter_result=True)


def _anything(_correction: Correction) -> None:
    """Whether an approval still counts, and a signature stands in the way, is the desk's to say."""


def _no_pack(correction: Correction) -> Sequence[AttachedFile]:
    raise DataError(f"the pack of run {correction.run_id} is not at hand; only post makes attachments")


@dataclass(frozen=True)
class Tools:
    """What of the outside posting uses besides store and ledger; tests put their own in."""

    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[float], float] = lambda longest: random.uniform(0.0, longest)  # noqa: S311 (spreads load)
    lock: Callable[[str], AbstractContextManager[bool]] = _free  # by key; False: another process has it
    check: Callable[[Correction], None] = _anything  # raises ApprovalError where its approval does not count now
    signed: Callable[[Correction], str | None] = _anything  # why a signed period does not take it
    pack: Callable[[Correction], Sequence[AttachedFile]] = _no_pack  # what is attached of the run that proposed it


@dataclass(frozen=True)
class Done:
    """What became of one entry."""

    correction: Correction
    what: What
    words: str


@dataclass(frozen=True)
class Finding:
    """One thing that a sweep found to be wrong, or worth knowing, in the ledger or in the records."""

    kind: Literal[
        "duplicate", "other_lines", "orphan_draft", "entry_without_event", "event_without_entry", "out_of_step",
        "standing_draft", "other_trail", "same_lines",
    ]  # fmt: skip
    key: str
    record_nos: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Report:
    """What one run of posting or settling did."""

    done: tuple[Done, ...] = ()
    stopped: str = ""  # why nothing more was sent; empty if all had their turn

    def of(self, what: What) -> tuple[Correction, ...]:
        """The entries that this became of."""
        return tuple(one.correction for one in self.done if one.what == what)


@dataclass(frozen=True)
class Swept:
    """What one sweep found, and what it proposes: reversals wait for an approval like every entry."""

    done: tuple[Done, ...] = ()
    findings: tuple[Finding, ...] = ()
    proposed: tuple[Correction, ...] = ()
    entries_count: int = 0  # tagged entries in the ledger
    heads_count: int = 0  # of those, how many show a head of an audit trail
