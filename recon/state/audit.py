"""Whether the database still says what its audit trail says: the chain, then every row that the trail knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, select

from recon.errors import TrailBroken
from recon.state.links import read_links
from recon.state.periods import TABLES, rows_digest
from recon.state.rows import content_of, row_digest, stands
from recon.state.store import CHANGES, StateStore, read_all
from recon.state.tables import decision, revision, sign_off
from recon.trail import Anchor, Event, heads_in, read_event, verify

_SUBJECT = ("company", "period", "subject")
_KEPT_WITH_EVENT = {"decision": decision, "sign_off": sign_off}


def audit(store: StateStore, anchors: Iterable[Anchor] = ()) -> tuple[str, ...]:
    """What is wrong, in sentences: the first broken link of the trail, or every row that is not as its event says.

    Empty if all is as it was written. `anchors` are heads that were written outside; see `anchors_in`.
    """
    return store.database.read(lambda connection: _audit(connection, tuple(anchors)))


def anchors_in(paths: Iterable[Path]) -> tuple[Anchor, ...]:
    """The heads that stand in the files, such as manifests and sign-offs; each with the file's path as its place."""
    texts = ((path, path.read_text(encoding="utf-8", errors="replace")) for path in paths)
    return tuple(anchor for path, text in texts for anchor in heads_in(text, str(path)))


def _audit(connection: Connection, anchors: Sequence[Anchor]) -> tuple[str, ...]:
    links = read_links(connection)
    broken = verify(links, anchors)
    if broken is not None:
        return (f"The audit trail is broken at row {broken.sequence}: {broken.sentence}.",)
    try:
        events = [read_event(link) for link in links]
        return (*_corrections(connection, events), *_contents(connection, events), *_appended(connection, events))
    except TrailBroken as cause:
        return (f"The database was changed by hand: {cause}.",)


def _corrections(connection: Connection, events: Sequence[Event]) -> Iterator[str]:
    """Corrections that do not stand as their last event says, and those that were removed or put in."""
    last = {event.subject: event for event in events if event.act in CHANGES}
    kept = {one.identity: one for one in read_all(connection)}
    for identity in sorted(last.keys() | kept.keys()):
        one, event = kept.get(identity), last.get(identity)
        if one is None:
            yield f"The correction {identity} was removed; row {event.sequence if event else 0} of the trail has it."
        elif event is None:
            yield f"The correction {one.key} was put in by hand: the trail does not know it."
        elif event.details.get("stands") != stands(one):
            yield f"The correction {one.key} ({one.state}) is not what row {event.sequence} of the trail says of it."


def _contents(connection: Connection, events: Sequence[Event]) -> Iterator[str]:
    """Contents that no event ever knew, or that were removed."""
    known = {
        (event.subject, event.details["revision"]): event.details["digest"] for event in events if event.act in CHANGES
    }
    rows = connection.execute(select(revision)).mappings()
    kept = {
        (row["identity"], str(row["revision"])): content_of(row).digest(row["identity"], row["revision"])
        for row in rows
    }
    for identity, revised in sorted(known.keys() | kept.keys()):
        if known.get((identity, revised)) != kept.get((identity, revised)):
            yield f"Revision {revised} of the correction {identity} is not the one that the trail knows."


def _appended(connection: Connection, events: Sequence[Event]) -> Iterator[str]:
    """Decisions and sign-offs that are not as they were written: each has an event with its digest."""
    others = (event for event in events if event.act not in CHANGES)
    told = {event.details["stands"]: event for event in others if "stands" in event.details}
    for name, table in _KEPT_WITH_EVENT.items():
        for row in connection.execute(select(table).order_by(table.c.position)).mappings():
            if told.pop(row_digest(dict(row)), None) is None:
                yield f"Row {row['position']} of {name} is not what was written: the trail does not know it."
    yield from _of_periods(connection, events)
    for event in told.values():
        yield f"What row {event.sequence} of the trail says ({event.act} {event.subject}) was removed or changed."


def _of_periods(connection: Connection, events: Sequence[Event]) -> Iterator[str]:
    """Uncorrected differences and open items that are not those that the newest sign-off of their subject brought."""
    for name, table in TABLES.items():
        brought: dict[tuple[str, ...], str] = {}
        for event in events:
            if name in event.details and "manifest_digest" in event.details:
                brought[tuple(event.details[key] for key in _SUBJECT)] = event.details[name]
        kept: dict[tuple[str, ...], list[dict[str, object]]] = {}
        for row in connection.execute(select(table)).mappings():
            kept.setdefault(tuple(row[key] for key in _SUBJECT), []).append(dict(row))
        for subject in sorted(brought.keys() | kept.keys()):
            if brought.get(subject) != rows_digest(kept.get(subject, [])):
                yield f"The rows of {name} of {' '.join(subject)} are not those that were signed."
