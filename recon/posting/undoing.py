"""Entries that take back what was booked: proposed like any other, and approved by another person."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from recon.errors import NotAllowed
from recon.identity import digest_fields
from recon.lifecycle import Content, Correction, Reversed, Revised, allowed_from
from recon.posting.titles import shortened
from recon.state.port import CorrectionStore

DUPLICATE = "duplicate_entry"  # cause of a reversal that takes back a surplus entry
UNDO = "undo"


def undo(store: CorrectionStore, identity: str, *, by: str, day: dt.date, reason: str) -> Correction:
    """The reversing entry of a confirmed one, proposed as of the day; the one on record where there is one already.

    What takes back another entry is not taken back itself: that one is proposed again, so that only one way leads
    back into the books. Raises: NotAllowed where nothing is on record, it is not booked or is a reversal, where the
    entry does not stand on that day, and where its undo is on record for another day or reason; Stale.
    """
    original = on_record(store, identity)
    if original.reverses is not None:
        raise NotAllowed(_one_way(store, original), key=original.key)
    if original.state not in allowed_from(Reversed):
        raise NotAllowed(f"an entry that is {original.state} is not booked: there is nothing to undo", key=original.key)
    check_stands_on(original, day)
    reversal = propose_reversal(store, original, UNDO, by=by, day=day, reason=reason)
    if (reversal.content.posting_date, reversal.explanation) != (day, reason):
        raise NotAllowed(
            f"its undo {reversal.key} is {reversal.state} as of {reversal.content.posting_date} "
            f"({reversal.explanation}): for another day or note reject that one first: recon reject {reversal.key}",
            key=original.key,
        )
    return reversal


def on_record(store: CorrectionStore, identity: str) -> Correction:
    """The correction as it stands. Raises: NotAllowed where there is none."""
    found = store.get(identity)
    if found is None:
        raise NotAllowed("there is no such entry on record", identity=identity)
    return found


def check_stands_on(original: Correction, day: dt.date) -> None:
    """Raises: NotAllowed where nothing of the entry stands in the books on that day, so that an undo would be wrong.

    What Intacct takes back by itself stands up to the day before; an undo before that day is reversed like it.
    """
    content = original.content
    if day < content.posting_date:
        raise NotAllowed(
            f"it is booked on {content.posting_date} and does not stand on {day}: name that day or a later one: --date",
            key=original.key,
        )
    if content.reversal_date is not None and day >= content.reversal_date:
        raise NotAllowed(
            f"Intacct takes it back by itself on {content.reversal_date}: on {day} nothing of it stands; it can be "
            f"undone as of a day from {content.posting_date} on and before that one: --date",
            key=original.key,
        )


def _one_way(store: CorrectionStore, reversal: Correction) -> str:
    if reversal.cause == DUPLICATE:
        return "it takes back a surplus copy: there is nothing to undo"
    first = store.get(reversal.reverses or "")
    renew = f"recon settle --renew {first.key} --note WHY" if first else "recon settle --renew KEY --note WHY"
    return f"a reversal is not undone: propose again what it takes back: {renew}"


def propose_reversal(
    store: CorrectionStore,
    original: Correction,
    cause: str,
    *,
    by: str,
    day: dt.date,
    reason: str,
    record_no: str | None = None,
) -> Correction:
    """The reversal on record: added, proposed again where it was withdrawn, else as it stands."""
    wanted = reversal_of(original, cause, by=by, day=day, reason=reason, record_no=record_no)
    wanted = replace(wanted, logins=(store.login,) if store.login else ())
    kept = store.get(wanted.identity)
    if kept is None:
        return store.add(wanted, actor=by)
    if kept.state != "withdrawn":
        return kept
    again = Revised(
        by, wanted.content, wanted.run_id, wanted.explanation, wanted.variance_ids, "single",
        prepared_login=store.login,
    )  # fmt: skip
    return store.apply(kept, again, actor=by)


def reversal_of(
    original: Correction, cause: str, *, by: str, day: dt.date, reason: str, record_no: str | None = None
) -> Correction:
    """The correction that takes back the original, or the surplus record of it: the same lines negated.

    What Intacct takes back by itself is taken back up to the same day; see `check_stands_on`.
    """
    number = record_no or original.record_no or ""
    content = original.content
    negated = Content(
        "reversal",
        content.journal,
        day,
        content.reversal_date,
        content.currency,
        shortened(f"Reversal of {original.key}: {content.memo}"),
        tuple(replace(line, amount=-line.amount) for line in content.lines),
    )
    return Correction(
        digest_fields([original.identity, cause, str(original.generation), number]).hex(),
        original.company,
        original.entity,
        original.period,
        original.reconciliation,
        cause,
        "single",
        negated,
        reason,
        (number,),
        original.run_id,
        by,
        reverses=original.identity,
    )
