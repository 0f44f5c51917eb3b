"""What matching needs to know and what it found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from recon.matching.slips import Content, Place, Slip

Pairs = frozenset[tuple[str, str]]  # keys of an expected and of a ledger slip
PassName = Literal["decided", "reference", "key", "grouped", "window", "subset", "cross"]


@dataclass(frozen=True)
class Limits:
    """How far apart two slips may be and still be one: from the policy, printed on every pack."""

    window_days: int
    document_edits: int
    rounding_cents: int
    ledger_from: dt.date  # days for which the ledger was read: outside them a partner is not missing
    ledger_to: dt.date
    uncovered: frozenset[tuple[str | None, dt.date]] = frozenset()  # location and day without a source


@dataclass(frozen=True)
class Group:
    """Slips that belong together, and why; without expected ones, ledger slips that undo each other."""

    by: PassName
    kind: Literal["match", "ambiguous"]
    expected: tuple[Slip, ...]
    actual: tuple[Slip, ...]
    explanation: str
    alternatives: int = 0
    alternatives_exact: bool = False  # otherwise a lower bound: only candidates of the pass were counted
    twins: tuple[Slip, ...] = ()  # documents alike in all but their number, not claimed by this group
    decided_by: str | None = None  # the people who formed it; None: the passes did

    @property
    def days_apart(self) -> int:
        """Days from the document to the posting, the farthest; below zero where the posting is earlier."""
        wanted = self.expected[0].date
        return max(((day - wanted).days for slip in self.actual for day in slip.dates), key=abs)


@dataclass(frozen=True)
class Residue:
    """What no pass has claimed yet, by key, in order, and what a pass must know of the rest."""

    expected: Mapping[str, Slip]
    actual: Mapping[str, Slip]
    booked: tuple[Slip, ...] = ()  # matched slips that book what an open ledger slip books, at its place
    sound: frozenset[tuple[Place, Content]] = frozenset()  # of these, what the matched documents themselves ask for
    copies: Mapping[str, Slip] = field(
        default_factory=dict
    )  # surplus ledger slip by key: the expected slip whose document it repeats
    nearest: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # ledger slip by key: the documents of its place, claimed or open, that its own come nearest to
    series: frozenset[str] = frozenset()  # forms of the documents that were expected
    shared: frozenset[str] = frozenset()  # documents that were expected of several places
    recurring: frozenset[tuple[Place, Content]] = frozenset()  # what several documents of one place book alike
    rejected: Pairs = frozenset()  # expected and actual keys that a person told apart
    misnamed: Mapping[str, str] = field(
        default_factory=dict
    )  # ledger slip by key: the expected slip that it books to the cent, although it names another document

    def allows(self, expected: Slip, actual: Slip) -> bool:
        """False where a person said that the two never belong together, or the amounts are another document's."""
        means = self.misnamed.get(actual.key, expected.key)
        return means == expected.key and (expected.key, actual.key) not in self.rejected

    def fits(self, group: Group) -> bool:
        """False where any two slips of the group may not belong together."""
        return not (self.rejected or self.misnamed) or all(
            self.allows(one, other) for one in group.expected for other in group.actual
        )


# One row per pair of slips that agree in document, place, amounts and period: nothing is left to say about them.
# Line ids and cents are lists beside each other, by line id; `key` is that of the document.
AGREED = {
    "key": pl.String(),
    "expected_ids": pl.List(pl.String()),
    "expected_cents": pl.List(pl.Int64()),
    "actual_ids": pl.List(pl.String()),
    "actual_cents": pl.List(pl.Int64()),
    "days_apart": pl.Int64(),
}


@dataclass(frozen=True)
class EntryMatches:
    """Where every slip went: in one group, cancelled by another, or left over on its side.

    `agreed` has the groups of one document and one entry of which nobody needs the slips (AGREED, by key);
    all others stand in `groups`. A pair outside the period stands in neither: it is another month's.
    """

    groups: tuple[Group, ...]
    agreed: pl.DataFrame
    expected_left: tuple[Slip, ...]
    actual_left: tuple[Slip, ...]
    cancelled: tuple[tuple[Slip, Slip], ...]  # ledger slips that undo each other
    copies: Mapping[str, Slip]
    rejected: Pairs = frozenset()  # expected and actual keys that a person told apart
