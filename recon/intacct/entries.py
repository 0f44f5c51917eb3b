"""Journal entries to be written, what came of it, and what stands in Intacct under a reference."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from recon.errors import check
from recon.intacct.faults import Fault, NotDone, told
from recon.money import ZERO, round_cents
from recon.wire import NotSignedIn, Refused, Throttled, WireFault

State = Literal["Draft", "Posted"]
LONGEST_KEY = 256


@dataclass(frozen=True)
class EntryLine:
    """One line of an entry; the amount in base currency, debit above zero."""

    account: str
    amount: Decimal
    location: str | None = None
    department: str | None = None
    document: str | None = None
    memo: str | None = None
    customer: str | None = None
    vendor: str | None = None
    project: str | None = None
    employee: str | None = None
    item: str | None = None
    class_: str | None = None
    currency: str | None = None  # only where the company keeps several


@dataclass(frozen=True)
class Entry:
    """One journal entry; its key is the reference by which it is found again and under which it is sent."""

    key: str
    journal: str
    posting_date: dt.date
    title: str
    lines: tuple[EntryLine, ...]
    reverse_on: dt.date | None = None
    base_location: str | None = None  # the entity that owns it, where its lines lie in several
    note: str | None = None  # history comment; where there is none, the text of lines that have no memo
    attachment: str | None = None  # id of an attachment that Intacct holds already

    def __post_init__(self) -> None:
        check(0 < len(self.key) <= LONGEST_KEY, "the key of an entry has 1 to 256 characters")
        check(len(self.lines) >= 2, "an entry has two lines at least", key=self.key)
        whole = all(line.amount != ZERO and line.amount == round_cents(line.amount) for line in self.lines)
        check(whole, "a line has an amount in whole cents", key=self.key)
        check(sum((line.amount for line in self.lines), ZERO) == ZERO, "an entry balances", key=self.key)
        check(self.reverse_on is None or self.reverse_on > self.posting_date, "a reversal comes later", key=self.key)


@dataclass(frozen=True)
class Found:
    """One entry as Intacct holds it."""

    record_no: str
    state: str  # draft, posted, reversed, … in small letters
    journal: str
    posting_date: dt.date
    reference: str
    lines: tuple[EntryLine, ...]
    reversed_from: dt.date | None = None  # day of the entry that Intacct made this one to reverse
    reversed_by: str | None = None  # the other half of such a pair
    note: str = ""  # history comment; by REST, which has none, the descriptions of the lines; empty: none is shown

    def holds(self, entry: Entry) -> bool:
        """True where journal, date and the lines' accounts, dimensions and amounts are those of the entry."""
        same = (self.journal, self.posting_date) == (entry.journal, entry.posting_date)
        return same and _content(self.lines, 1) == _content(entry.lines, 1)

    def mirrors(self, entry: Entry) -> bool:
        """True for the half that Intacct makes by itself on the entry's day of reversal."""
        if entry.reverse_on is None or self.posting_date != entry.reverse_on or self.journal != entry.journal:
            return False
        told = self.reversed_from is not None or self.reversed_by is not None
        return told and _content(self.lines, 1) == _content(entry.lines, -1)


def _content(lines: Sequence[EntryLine], sign: int) -> Counter[tuple[str, ...]]:
    """What is compared of lines; an absent dimension and an empty one are the same."""
    return Counter(
        (
            line.account,
            f"{sign * line.amount:.2f}",
            *(one or "" for one in (line.location, line.department, line.class_, line.project, line.customer)),
        )
        for line in lines
    )


@dataclass(frozen=True)
class Outcome:
    """What came of a write: done under a record number, refused for sure, or unknown.

    Unknown is the default: only reading by reference tells whether it was done.
    """

    kind: Literal["done", "refused", "unknown"]
    record_no: str | None = None
    faults: tuple[Fault, ...] = ()
    reason: str = ""
    wait_seconds: float | None = None  # how long Intacct asks to be left alone


class LedgerWriter(Protocol):
    """Either API of Intacct as a place to write entries to."""

    async def create(self, entry: Entry, state: State) -> Outcome:
        """What came of creating the entry as a draft or posted. Sending the same entry again cannot double it
        where Intacct remembers the key."""
        ...

    def text(self, entry: Entry, state: State) -> str:
        """What `create` sends, laid out for a reader; who signs in stands not in it."""
        ...

    async def update_state(self, record_no: str, entry: Entry, state: State) -> Outcome:
        """What came of bringing the entry of that record number into the state; twice is the same as once."""
        ...

    async def find(self, reference: str) -> tuple[Found, ...]:
        """Every entry that carries the reference, by record number.

        Raises: RemoteError.
        """
        ...

    async def tagged(self, prefix: str) -> tuple[Found, ...]:
        """Every entry whose reference begins so, drafts included, by record number.

        Raises: RemoteError.
        """
        ...


def outcome_of(fault: Exception) -> Outcome:
    """What a fault while writing says about the write.

    Raises: the fault itself where it is none of the remote side.
    """
    if isinstance(fault, NotDone):
        # "Already there" may be our own first try: only reading tells.
        unsure = fault.kind in ("duplicate", "throttled", "offline")
        return Outcome("unknown" if unsure else "refused", faults=fault.faults, reason=told(fault.faults))
    if isinstance(fault, NotSignedIn | Refused):
        return Outcome("refused", reason=fault.message)
    if isinstance(fault, WireFault):
        wait = fault.wait_seconds if isinstance(fault, Throttled) else None
        kind: Literal["refused", "unknown"] = "refused" if fault.nothing_arrived else "unknown"
        return Outcome(kind, reason=fault.message, wait_seconds=wait)
    raise fault
