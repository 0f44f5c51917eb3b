"""The state of a company in its database: every change with its event, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from recon.errors import Stale, TrailBroken, check
from recon.lifecycle import Act, Correction, Intended, Sent, State, name_of, transition
from recon.lifecycle.transition import TABLE
from recon.state.database import Database
from recon.state.links import append, read_head, read_links
from recon.state.opening import open_database
from recon.state.proof import check_borne_out
from recon.state.rows import ATTEMPT_COLUMNS, attempt_row, cleaned, correction_of, correction_row, revision_row, stands
from recon.state.rows import told as told_of
from recon.state.tables import attempt, correction, posting_key, revision, trail
from recon.trail import Event, Head, Link, Told, read_event, verify

ADDED = "added"
CHANGES = (ADDED, *map(name_of, TABLE))  # acts of events that change a correction


@dataclass(frozen=True)
class StateStore:
    """Corrections and their trail in a database; fulfils CorrectionStore."""

    database: Database
    now: Callable[[], dt.datetime]
    login: str = ""  # of whoever is at the keyboard, as the system vouches for it: it stands in every event

    def get(self, identity: str) -> Correction | None:
        """The correction as it stands, or None."""
        return self.database.read(lambda connection: _first(connection, correction.c.identity == identity))

    def by_key(self, key: str) -> Correction | None:
        """The correction that has, or once had, this posting key, whatever the generation."""
        owner = select(posting_key.c.identity).where(posting_key.c.key == key).scalar_subquery()
        return self.database.read(lambda connection: _first(connection, correction.c.identity == owner))

    def all(self, *, period: str | None = None, states: Sequence[State] = ()) -> tuple[Correction, ...]:
        """Corrections by period, reconciliation and identity; of every state if none is named."""
        asked = _joined()
        if period is not None:
            asked = asked.where(correction.c.period == period)
        if states:
            asked = asked.where(correction.c.state.in_(states))
        found = self.database.read(lambda connection: read_all(connection, asked))
        # In the order of Python: databases order text each in its own way.
        return tuple(sorted(found, key=lambda one: (one.period, one.reconciliation or "", one.identity)))

    def add(self, one: Correction, *, actor: str) -> Correction:
        """The correction, kept as `proposed` from now on.

        Raises: Stale if its identity or its posting key is kept already.
        """
        check(one.state == "proposed" and one.version == 1, "only a new proposal is added", identity=one.identity)
        kept = cleaned(one)
        return self.database.write(lambda connection: self._add(connection, kept, actor))

    def apply(
        self, before: Correction, act: Act, *, actor: str, details: Mapping[str, str] | None = None
    ) -> Correction:
        """The correction after the act; state, revision and audit event are committed together and durably.

        Compare-and-set on identity and version; the act is done to what the database holds. Raises: Stale if it
        changed since `before` was read; TrailBroken if it is not as its last event says, or is to be sent and the
        trail does not bear it out: somebody changed the database by hand; NotAllowed and ContentChanged as
        `transition` does.
        """
        told = self.told(actor, name_of(act), before.identity, {**(details or {}), **told_of(act)})
        return self.database.write(lambda connection: self._apply(connection, before, act, told))

    def record(self, act: str, subject: str, *, actor: str, details: Mapping[str, str] | None = None) -> Event:
        """An audit event without a change of state, such as a sweep or a close; none of the words of `CHANGES`."""
        check(act not in CHANGES, "this word says that a correction changed", act=act)
        told = self.told(actor, act, subject, details or {})
        return read_event(self.database.write(lambda connection: append(connection, self.now(), told)))

    def head(self) -> Head:
        """The newest event's sequence and hash; sequence 0 and the genesis hash before any."""
        return self.database.read(read_head)

    def events(self, *, subject: str | None = None, after: int = 0) -> tuple[Event, ...]:
        """The trail in order, whole or of one subject. Raises: TrailBroken for a row that cannot be read."""
        return tuple(map(read_event, self.links(subject=subject, after=after)))

    def links(self, *, subject: str | None = None, after: int = 0) -> tuple[Link, ...]:
        """The rows of the trail as they stand, for `verify` and for export."""
        return self.database.read(lambda connection: read_links(connection, subject=subject, after=after))

    def check_chain(self) -> None:
        """Perform the whole chain again. Raises: TrailBroken naming the first row that is not what was written."""
        broken = verify(self.links())
        if broken is not None:
            raise TrailBroken(f"the audit trail is broken at row {broken.sequence}: {broken.sentence}")

    def told(self, actor: str, act: str, subject: str, details: Mapping[str, str]) -> Told:
        """What goes into the trail of an act: the person's name, and the login under which they did it."""
        return Told(actor, act, subject, {**details, **({"login": self.login} if self.login else {})})

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def _add(self, connection: Connection, one: Correction, actor: str) -> Correction:
        try:
            connection.execute(insert(correction).values(correction_row(one)))
            self._append_to(connection, one)
        except IntegrityError as cause:
            raise Stale("this correction is kept already", key=one.key) from cause
        prepared = {"prepared_login": ", ".join(one.logins)} if one.logins else {}
        said = {**_said(one), "run_id": one.run_id, "prepared_by": one.prepared_by, **prepared}
        append(connection, self.now(), self.told(actor, ADDED, one.identity, said))
        return one

    def _apply(self, connection: Connection, before: Correction, act: Act, said: Told) -> Correction:
        current = _standing(connection, before.identity)
        if current is None or current.version != before.version:
            raise _stale(before)
        after = cleaned(transition(current, act))
        if isinstance(act, Intended | Sent):
            check_borne_out(connection, current)
        is_held = (correction.c.identity == before.identity) & (correction.c.version == before.version)
        done = connection.execute(update(correction).where(is_held).values(correction_row(after)))
        if done.rowcount != 1:
            raise _stale(before)
        self._append_to(connection, after, current)
        details = {**said.details, "before": current.state, **_said(after)}
        append(connection, self.now(), replace(said, details=details))
        return after

    def _append_to(self, connection: Connection, one: Correction, before: Correction | None = None) -> None:
        """Append what is new of a correction: its content, its key, its attempt."""
        if before is None or before.revision != one.revision:
            connection.execute(insert(revision).values(revision_row(one, self.now())))
        if before is None or before.generation != one.generation:
            row = {"key": one.key, "identity": one.identity, "generation": one.generation}
            connection.execute(insert(posting_key).values(row))
        if one.attempt is not None and (before is None or before.attempt != one.attempt):
            connection.execute(insert(attempt).values(attempt_row(one, one.attempt)))


def open_state(
    workspace: Path,
    *,
    environ: Mapping[str, str] | None = None,
    now: Callable[[], dt.datetime] | None = None,
    login: str = "",
    whatever: bool = False,
) -> StateStore:
    """The state of a workspace, ready to use by whoever has the login. Raises: as `open_database` does."""
    return StateStore(
        open_database(workspace, environ, whatever=whatever), now or (lambda: dt.datetime.now(dt.UTC)), login
    )


def _stale(before: Correction) -> Stale:
    return Stale("somebody else changed this correction meanwhile: look at it again", key=before.key)


def _said(one: Correction) -> dict[str, str]:
    """How a correction stands, for its event."""
    numbers = {"revision": str(one.revision), "version": str(one.version)}
    return {"state": one.state, "key": one.key, "digest": one.digest, **numbers, "stands": stands(one)}


@cache
def _joined() -> Select[Any]:
    """Corrections with the content of their revision and their newest attempt."""
    every = attempt.alias("every")
    newest = select(func.max(every.c.number)).where(every.c.identity == correction.c.identity).scalar_subquery()
    content = (revision.c.identity == correction.c.identity) & (revision.c.revision == correction.c.revision)
    sent = and_(attempt.c.identity == correction.c.identity, attempt.c.number == newest)
    named = [column for column in revision.columns if column.key not in ("identity", "revision")]
    both = correction.join(revision, content).outerjoin(attempt, sent)
    return select(correction, *named, *ATTEMPT_COLUMNS).select_from(both)


def read_all(connection: Connection, asked: Select[Any] | None = None) -> list[Correction]:
    """Every correction that was asked for; without order."""
    rows = connection.execute(_joined() if asked is None else asked).mappings()
    return [correction_of(row) for row in rows]


def _first(connection: Connection, is_asked: Any) -> Correction | None:
    row = connection.execute(_joined().where(is_asked)).mappings().first()
    return None if row is None else correction_of(row)


@cache
def _told() -> Select[Any]:
    """The correction that is `asked` for, and the details of the last event that changed it."""
    asked: BindParameter[str] = bindparam("asked")
    of_it = (trail.c.subject == asked) & trail.c.act.in_(bindparam("changes", expanding=True))
    last = select(trail.c.details).where(of_it).order_by(trail.c.sequence.desc()).limit(1).scalar_subquery()
    return _joined().add_columns(last.label("told")).where(correction.c.identity == asked)


def _standing(connection: Connection, identity: str) -> Correction | None:
    """The correction, if it is what its last event says; one statement, so that both are of one moment."""
    row = connection.execute(_told(), {"asked": identity, "changes": CHANGES}).mappings().first()
    if row is None:
        return None
    one = correction_of(row)
    if f'"stands":"{stands(one)}"' not in (row["told"] or ""):
        raise TrailBroken(
            "this correction is not what the audit trail says: the database was changed by hand; nothing was done",
            key=one.key,
            identity=identity,
        )
    return one
