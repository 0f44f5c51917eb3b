"""The entry of a correction as it is written: its approved content, and beside it where it comes from."""

from __future__ import annotations

from collections.abc import Iterable

from recon.intacct.entries import Entry, EntryLine, Found
from recon.lifecycle import Correction
from recon.posting.books import Masters, entities_off
from recon.posting.model import Settings
from recon.state.port import CorrectionStore
from recon.trail import Anchor, Head, heads_in

INTENDED = "intended"


def entry_of(correction: Correction, settings: Settings, masters: Masters, note: str | None) -> Entry:
    """The entry: the same for every try of one generation, to the last letter.

    Intacct answers another body under the same key as a conflict, so that nothing here may change between tries.
    """
    content = correction.content
    lines = tuple(
        EntryLine(
            line.account,
            line.amount,
            location=line.location,
            department=line.department,
            memo=line.memo,
            customer=line.customer,
            project=line.project,
            class_=line.class_,
        )
        for line in content.lines
    )
    return Entry(
        correction.key,
        content.journal,
        content.posting_date,
        content.memo,
        lines,
        reverse_on=content.reversal_date,
        base_location=settings.base_location if entities_off(content.lines, masters) else None,
        note=note,
        attachment=attachment_of(correction, settings),
    )


def attachment_of(correction: Correction, settings: Settings) -> str | None:
    """The id of the attachment of its entry; None where entries have none."""
    told = {"period": correction.period, "run_id": correction.run_id}
    return settings.attachment.format(**told) if settings.attachment else None


def note_of(correction: Correction, store: CorrectionStore) -> str | None:
    """Where the entry comes from: its run, causes and the link of the trail in which it was intended.

    The link is written into the ledger, outside, so that a trail that was rewritten or cut shows. It stands outside
    the digest. None before the entry was intended.
    """
    links = [event for event in store.events(subject=correction.identity) if event.act == INTENDED]
    if not links:
        return None
    link = links[-1]
    return told_of(correction, str(Head(link.sequence, link.hash)))


def told_of(correction: Correction, head: str) -> str:
    """Run, cause and period of the entry, and the link of the trail."""
    return f"recon run {correction.run_id}: {correction.cause}, period {correction.period}; {head}"


def heads_with(found: Iterable[Found]) -> tuple[Anchor, ...]:
    """The links of a trail that stand with entries in the ledger, each with its entry as the place."""
    return tuple(one for entry in found for one in heads_in(entry.note, f"record {entry.record_no} of the ledger"))


def heads_count(found: Iterable[Found]) -> int:
    """How many of the entries show a link of a trail."""
    return sum(bool(heads_with([entry])) for entry in found)
