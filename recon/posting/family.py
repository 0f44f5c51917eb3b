"""A correction with all that takes it back: together they stand in the ledger once, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recon.lifecycle import IN_BOOKS, ON_THE_WAY, Correction
from recon.posting.standing import Times
from recon.posting.undoing import DUPLICATE

RIGHT = (0, 1)  # how often a family may stand in the ledger


@dataclass(frozen=True)
class Family:
    """One correction, the reversals of it, and the reversals of surplus copies of those."""

    first: Correction
    signs: dict[str, int]  # by identity: 1 for the correction, -1 for what takes it back, 1 for what takes back that
    members: tuple[Correction, ...]

    def posting_keys(self) -> Iterator[tuple[str, Correction]]:
        """Every posting key that one of them has or had, with its owner."""
        for one in self.members:
            for key in one.keys:
                yield key, one

    def objection(self, one: Correction, standing: Times) -> str | None:
        """Why this member is not to be sent now; None where it may be.

        `standing` is how many times the content of the first stands in the ledger in all, without what stands under
        the member's own key.
        """
        moving = next((other for other in self.members if other is not one and other.state in ON_THE_WAY), None)
        if moving is not None:
            return f"{moving.key}, which is about the same, is {moving.state}: settle it first"
        after = standing.plus(_alone(one), self.signs[one.identity])
        if not self.is_right(one, standing.at_first):
            told = f"{times(standing.at_first)} in all: with this entry it would be {times(after.at_first)}"
            return f"{self.first.key} and what takes it back stand in the ledger {told}"
        if after.for_good not in RIGHT and abs(after.for_good) >= abs(standing.for_good):
            told = f"{times(standing.for_good)} after it: with this entry it would be {times(after.for_good)}"
            return f"Intacct takes {self.first.key} back by itself, and it stands in the ledger {told}"
        return None

    def is_right(self, one: Correction, standing: int) -> bool:
        """True where the member brings the family nearer to standing once, or not at all."""
        sign = self.signs[one.identity]
        if one.reverses is None:
            return standing == 0
        if sign > 0:
            return standing < 1
        # A surplus copy is taken back beside the one that counts; an undo takes back that one itself.
        left = 1 if one.cause == DUPLICATE and self.first.state in IN_BOOKS else 0
        return standing > left


def family_of(one: Correction, every: Iterable[Correction]) -> Family:
    """The family of a correction among all that are on record."""
    known = {other.identity: other for other in every}
    known[one.identity] = one
    first = one
    while first.reverses is not None and first.reverses in known:
        first = known[first.reverses]
    signs, members, ring = {first.identity: 1}, [first], [first]
    while ring:
        below = {parent.identity: -signs[parent.identity] for parent in ring}
        ring = [other for other in known.values() if other.reverses in below]
        signs |= {other.identity: below[other.reverses or ""] for other in ring}
        members += ring
    return Family(first, signs, tuple(members))


def _alone(one: Correction) -> Times:
    """How often a member stands where it stands once; Intacct takes it back by itself where it names a day for that."""
    return Times(1, 0 if one.content.reversal_date else 1)


def times(number: int) -> str:
    """How often, in words."""
    return "once" if number == 1 else f"{number} times"
