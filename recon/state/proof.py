"""Whether the trail bears out one correction: looked at in the transaction in which it is intended or sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from recon.errors import TrailBroken
from recon.lifecycle import Approved, Correction, Reapproved, name_of
from recon.state.links import read_links
from recon.state.tables import trail
from recon.trail import GENESIS, Event, Link, hash_of, read_event

_APPROVALS = (name_of(Approved), name_of(Reapproved))


def approval_of(events: Iterable[Event], one: Correction) -> Event | None:
    """The newest event by which the approver on record approved exactly what stands here; None if there is none."""
    said = {"digest": one.digest, "revision": str(one.revision)}
    fitting = [
        event
        for event in events
        if event.act in _APPROVALS
        and event.actor == one.approved_by
        and all(event.details.get(name) == value for name, value in said.items())
    ]
    return fitting[-1] if fitting else None


def check_borne_out(connection: Connection, one: Correction) -> None:
    """Raises: TrailBroken where a row about the correction is not as it was hashed, does not follow the row before
    it, or none of them approves what stands here."""
    links = read_links(connection, subject=one.identity)
    before = _hashes_before(connection, links)
    for link in links:
        if hash_of(link) != link.hash or before.get(link.sequence - 1) != link.previous:
            raise TrailBroken(
                f"row {link.sequence} of the audit trail ({link.act}) is not what was written: nothing was sent; "
                "recon audit verify tells more",
                key=one.key,
            )
    if approval_of(map(read_event, links), one) is None:
        raise TrailBroken("the audit trail has no approval of what this entry says: nothing was sent", key=one.key)


def _hashes_before(connection: Connection, links: Sequence[Link]) -> dict[int, str]:
    """The hashes of the rows before these, by their numbers."""
    numbers = [link.sequence - 1 for link in links]
    rows = connection.execute(select(trail.c.sequence, trail.c.hash).where(trail.c.sequence.in_(numbers)))
    return {GENESIS.sequence: GENESIS.hash, **{row.sequence: row.hash for row in rows}}
