"""What matching needs to know and what it found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from recon.matching.slips import Content, Place, Slip

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
    """Slips that belong together, and why."""

    by: PassName
    kind: Literal["match", "ambiguous"]
    expected: tuple[Slip, ...]
    actual: tuple[Slip, ...]
    explanation: str
    alternatives: int = 0
    twins: tuple[Slip, ...] = ()  # documents alike in all but their number, not claimed by this group
    decided_by: str | None = None  # the people who formed it; None: the passes did

    @property
    def days_apart(self) -> int:
        """Days from the document to the posting, the farthest; below zero where the posting is earlier."""
        wanted = self.expected[0].date
        return max(((day - wanted).days for slip in self.actual for day in slip.dates), key=abs)


@dataclass
class Residue:
    """What no pass has claimed yet, by key, in order; each pass sees only this."""

    expected: dict[str, Slip]
    actual: dict[str, Slip]
    groups: list[Group] = field(default_factory=list)
    copies: dict[str, Slip] = field(default_factory=dict)  # surplus actual key: the expected slip it repeats
    cancelled: list[tuple[Slip, Slip]] = field(default_factory=list)  # ledger slips that undo each other
    corrections: list[Slip] = field(default_factory=list)  # entries of ours that completed no other: no candidates
    series: frozenset[str] = frozenset()  # forms of the documents that were expected
    recurring: frozenset[tuple[Place, Content]] = frozenset()  # what several documents of one place book alike
    rejected: frozenset[tuple[str, str]] = frozenset()  # expected and actual keys that a person told apart

    def allows(self, expected: Slip, actual: Slip) -> bool:
        """False where a person said that the two never belong together."""
        return (expected.key, actual.key) not in self.rejected

    def fits(self, group: Group) -> bool:
        """False where a person told any two slips of the group apart."""
        return not self.rejected or all(self.allows(one, other) for one in group.expected for other in group.actual)

    def claim(self, groups: Iterable[Group]) -> None:
        """Move the slips of the groups out of the residue; a tie that holds a rejected pair stays open."""
        for group in groups:
            if not self.fits(group):
                continue
            for slip in group.expected:
                del self.expected[slip.key]
            for slip in group.actual:
                del self.actual[slip.key]
                self.copies.pop(slip.key, None)
            self.groups.append(group)


@dataclass(frozen=True)
class EntryMatches:
    """Where every slip went: in one group, cancelled by another, or left over on its side."""

    groups: tuple[Group, ...]
    expected_left: tuple[Slip, ...]
    actual_left: tuple[Slip, ...]
    cancelled: tuple[tuple[Slip, Slip], ...]  # ledger slips that undo each other
    copies: dict[str, Slip]
    rejected: frozenset[tuple[str, str]] = frozenset()  # expected and actual keys that a person told apart
