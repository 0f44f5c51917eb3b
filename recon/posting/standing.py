"""What stands in the ledger under the key of a correction: pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from recon.intacct.entries import Entry, Found

BOOKED = frozenset({"posted", "reversed", "reversalpending"})
DRAFT = "draft"


@dataclass(frozen=True)
class Standing:
    """What was found under a key, the half that the ledger makes on the day of reversal left out."""

    kind: Literal["nothing", "booked", "drafts", "several", "foreign", "pending"]
    record_nos: tuple[str, ...] = ()  # what the kind is about, the oldest first
    orphans: tuple[str, ...] = ()  # drafts beside one that is booked

    @property
    def first(self) -> str:
        """The oldest of the records."""
        return self.record_nos[0]


def standing(found: Sequence[Found], entry: Entry, undone: Collection[str] = ()) -> Standing:
    """What stands under the key of the entry; `undone` are records that were reversed as duplicates."""
    ours, _, foreign = _parted(found, entry)
    if foreign:
        return Standing("foreign", _numbers(foreign))
    counted = [one for one in ours if one.record_no not in undone]
    drafts = [one for one in counted if one.state == DRAFT]
    booked = [one for one in counted if one.state in BOOKED]
    pending = [one for one in counted if one.state not in BOOKED and one.state != DRAFT]
    if len(booked) + len(pending) > 1:
        return Standing("several", _numbers([*booked, *pending]), _numbers(drafts))
    if booked:
        return Standing("booked", _numbers(booked), _numbers(drafts))
    if pending:
        return Standing("pending", _numbers(pending), _numbers(drafts))
    return Standing("drafts", _numbers(drafts)) if drafts else Standing("nothing")


@dataclass(frozen=True)
class Times:
    """How often something stands in the books; below zero where more of it is taken back than stands."""

    at_first: int = 0  # on its own day
    for_good: int = 0  # without what the ledger takes back by itself on a later day

    def plus(self, other: Times, sign: int) -> Times:
        """Both together, the other with a sign of 1 or -1."""
        return Times(self.at_first + sign * other.at_first, self.for_good + sign * other.for_good)


def counted(found: Sequence[Found], entry: Entry) -> Times:
    """How often the entry counts in the books: drafts do not; a half that the ledger made by itself takes one back."""
    ours, halves, _ = _parted(found, entry)
    booked, taken_back = (sum(one.state != DRAFT for one in ones) for ones in (ours, halves))
    return Times(booked, booked - taken_back)


def _parted(found: Sequence[Found], entry: Entry) -> tuple[list[Found], list[Found], list[Found]]:
    """Entries with the lines of ours, the mirrored halves of those, one to each, and others."""
    ours = [one for one in found if one.holds(entry)]
    others = [one for one in found if not one.holds(entry)]
    halves = [one for one in others if one.mirrors(entry)][: len(ours)]
    return ours, halves, [one for one in others if one not in halves]


def _numbers(found: Sequence[Found]) -> tuple[str, ...]:
    return tuple(sorted((one.record_no for one in found), key=_age))


def _age(record_no: str) -> tuple[int, str]:
    """Record numbers count up, but they are text."""
    return (int(record_no), "") if record_no.isdigit() else (0, record_no)
