"""Which run of a period the records follow: a look at an older one, or one from elsewhere, takes nothing in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recon.reporting.model import RunRecord
from recon.signoff.closed import closed_at
from recon.state.store import StateStore
from recon.trail import Event

TAKEN = "taken in"  # of an event: from then on the records follow what this run proposes
WORD = "recon review --take-older"


def why_not_taken(store: StateStore, record: RunRecord, reports: Path) -> str:
    """Why the proposals of the run are not taken in by a look alone, with the mend; empty where they are.

    What was taken in last for a reconciliation gives way to a run that was closed later and stands beside it.
    """
    period = record.found.period.name
    for name, last in _followed(store, record):
        other = last.details["run_id"]
        if other == record.run_id:
            continue
        told = f"the records follow run {other} for {name}, which {last.actor} took in {last.at:%Y-%m-%d %H:%M} UTC"
        kept = "so nothing of this run is taken in or withdrawn: close the period again"
        if closed_at(store, period, other) > closed_at(store, period, record.run_id):
            return f"{told} and which was closed after run {record.run_id}, {kept}, or say {WORD}"
        if not (reports / period / other).is_dir():
            return f"{told} and which does not stand in {reports}, {kept} there, name its --reports, or say {WORD}"
    return ""


def keep_taken(store: StateStore, record: RunRecord, *, actor: str) -> None:
    """Let the trail know that the records follow this run from now on; said once."""
    last = {name: event.details["run_id"] for name, event in _followed(store, record)}
    if dict.fromkeys(_compared(record), record.run_id) != last:
        said = {"run_id": record.run_id, "reconciliations": "|".join(_compared(record))}
        store.record(TAKEN, _subject(record), actor=actor, details=said)


def _followed(store: StateStore, record: RunRecord) -> Iterator[tuple[str, Event]]:
    """Of each reconciliation that the run compared, the newest event by which a run of it was taken in."""
    events = [one for one in store.events(subject=_subject(record)) if one.act == TAKEN]
    for name in _compared(record):
        last = next((one for one in reversed(events) if name in one.details["reconciliations"].split("|")), None)
        if last is not None:
            yield name, last


def _compared(record: RunRecord) -> list[str]:
    return sorted(one.name for one in record.found.statuses)


def _subject(record: RunRecord) -> str:
    return f"proposals of {record.found.period.name}"
