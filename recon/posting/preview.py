"""What posting would do with each entry now, and exactly what it would send: read only, nothing is recorded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from recon.errors import ApprovalError, RemoteError
from recon.lifecycle import Correction
from recon.posting.entry import entry_of, told_of
from recon.posting.poster import Poster, due_of

# The one thing that is not known before the intent is on record: the link of the trail in which it will stand.
HEAD_TO_COME = "recon-trail:(the link under which its intent will stand)"


@dataclass(frozen=True)
class Preview:
    """What would happen to one entry."""

    correction: Correction
    words: str
    text: str = ""  # what would be sent first; empty where nothing would be


async def preview(poster: Poster, only: Collection[str] | None = None) -> tuple[Preview, ...]:
    """What posting would do with every entry that is due; `only` names identities."""
    return tuple([await _preview(poster, one) for one in due_of(poster.store, only)])


async def _preview(poster: Poster, one: Correction) -> Preview:
    if one.frozen:
        return Preview(one, f"nothing: frozen, {one.frozen}")
    if one.state != "approved":
        return Preview(one, f"it is {one.state}: the ledger would be asked for its key before anything else")
    try:
        poster.tools.check(one)
        outlook = await poster.attaching.outlook(one, poster.attached(one))
        reason = await poster.objection(one) or outlook.objection
        found = await poster.look(one)
    except (ApprovalError, RemoteError) as fault:
        why = "the ledger could not be read: " if isinstance(fault, RemoteError) else ""
        return Preview(one, f"nothing: {why}{fault.message}")
    if reason is not None:
        return Preview(one, f"nothing: blocked, {reason}")
    if found.kind != "nothing":
        return Preview(one, f"nothing is sent: {found.kind} under its key, records {', '.join(found.record_nos)}")
    entry = entry_of(one, poster.settings, poster.ledger.masters, told_of(one, HEAD_TO_COME))
    is_draft = poster.settings.mode == "draft"
    text = poster.ledger.writer.text(entry, "Draft" if is_draft else "Posted")
    words = "created as a draft, then that record is posted" if is_draft else "created as posted"
    return Preview(one, f"{outlook.makes}, then the entry is {words}" if outlook.makes else words, text)
