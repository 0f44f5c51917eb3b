"""Whether the trail is what was written: the first link that is not, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from recon.trail.chain import GENESIS, hash_of
from recon.trail.model import Anchor, Event, Head, Link

Kind = Literal[
    "altered", "moved", "missing", "forked", "inserted", "relinked", "wrong genesis", "cut tail", "rewritten"
]


@dataclass(frozen=True)
class Break:
    """The first broken link: which row, what is wrong with it, and a sentence for the auditor."""

    sequence: int
    kind: Kind
    sentence: str


def verify(links: Sequence[Link], anchors: Iterable[Anchor] = ()) -> Break | None:
    """The first broken link of the trail as it is read by sequence, or None.

    The chain alone shows every change but two: a tail that was cut off whole, and rows that were written anew
    together with every row after them. Those show where `anchors`, heads that were written outside, are given.
    """
    head = GENESIS
    for at, link in enumerate(links):
        if link.sequence != head.sequence + 1:
            return _out_of_order(link, head)
        if hash_of(link) != link.hash:
            return _altered(link, links)
        if link.previous != head.hash:
            return _not_following(link, links[:at])
        head = Head(link.sequence, link.hash)
    outside = sorted(anchors, key=lambda one: one.head.sequence)
    broken = list(unlike(links, outside))
    if not broken:
        return None
    heads = {one.head for one in outside if one.head.sequence}
    if len(heads) == 1 or len(broken) < len(heads):  # one alone says little, and one that stands says that it is ours
        return broken[0]
    another = "as no head written elsewhere stands in it, it may be another trail: look at RECON_DATABASE_URL"
    return replace(broken[0], sentence=f"{broken[0].sentence}; {another}")


def _out_of_order(link: Link, head: Head) -> Break:
    wanted = head.sequence + 1
    if link.sequence == head.sequence:
        return Break(link.sequence, "forked", f"two rows say that they are row {link.sequence}")
    if link.sequence < wanted:
        return Break(link.sequence, "inserted", f"row {link.sequence} stands before row 1, where nothing stands")
    gone = f"row {wanted} is" if link.sequence == wanted + 1 else f"rows {wanted} to {link.sequence - 1} are"
    return Break(wanted, "missing", f"{gone} missing before row {link.sequence}")


def _altered(link: Link, links: Sequence[Link]) -> Break:
    """A row that does not give its own hash: it was moved here from another place, or changed."""
    others = (other.sequence for other in links if other.sequence != link.sequence)
    # A row that was taken out shifts all the rows after it: where this one came from may be no number that is left.
    for number in (*others, len(links) + 1):
        if hash_of(replace(link, sequence=number)) == link.hash:
            was = (
                f"row {link.sequence} was written as row {number}: rows were removed, inserted or put in another order"
            )
            return Break(link.sequence, "moved", was)
    changed = (
        f"row {link.sequence} ({link.act} of {link.subject} by {link.actor}) is not what was written: its hash differs"
    )
    return Break(link.sequence, "altered", changed)


def _not_following(link: Link, before: Sequence[Link]) -> Break:
    """A row that is whole in itself but does not follow the one before it."""
    if not before:
        begins = f"row {link.sequence} does not begin the chain: rows before it were removed, or it is of another trail"
        return Break(link.sequence, "wrong genesis", begins)
    twin = next((one for one in before if one.previous == link.previous), None)
    if twin is not None:
        fork = f"rows {twin.sequence} and {link.sequence} both follow the same row: one of them was put in"
        return Break(link.sequence, "forked", fork)
    last = before[-1]
    text = f"row {link.sequence} does not follow row {last.sequence}: one of the two was written anew"
    return Break(link.sequence, "relinked", text)


def unlike(rows: Sequence[Link] | Sequence[Event], anchors: Iterable[Anchor]) -> Iterator[Break]:
    """What is wrong with each head written outside that the trail, whole in itself, does not hold."""
    for anchor in anchors:
        number = anchor.head.sequence
        if number > len(rows):
            cut = f"the trail ends with row {len(rows)}, but {anchor.place} names row {number}"
            yield Break(len(rows) + 1, "cut tail", f"{cut}: the rows after it are gone")
        elif (rows[number - 1].hash if number else GENESIS.hash) != anchor.head.hash:
            anew = (
                f"row {number} is not the one whose hash stands in {anchor.place}: the trail was written anew up to it"
            )
            yield Break(number, "rewritten", anew)
