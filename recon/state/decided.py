"""The rows of people's decisions: appended one after another, each with its event."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from recon.state.database import lock_writers
from recon.state.links import append, next_position
from recon.state.rows import row_digest
from recon.state.tables import decision
from recon.trail import Told, moment_text, plain

_LISTS = ("expected_line_ids", "actual_line_ids")


def lock_decisions(connection: Connection) -> None:
    """Nobody else decides until this transaction ends: what follows depends on what was decided before."""
    lock_writers(connection, "decision")


def read_rows(connection: Connection) -> list[dict[str, Any]]:
    """The decisions in the order in which they were made: times in UTC, lists as lists."""
    asked = select(decision).order_by(decision.c.position)
    return [_read(dict(row)) for row in connection.execute(asked).mappings()]


def append_row(connection: Connection, at: dt.datetime, row: Mapping[str, Any], told: Told) -> None:
    """Keep a decision after all others, with its event, which says what the row holds."""
    kept = {"position": next_position(connection, decision), **{name: _kept(value) for name, value in row.items()}}
    connection.execute(insert(decision).values(kept))
    details = {**told.details, "action": str(row["action"]), "stands": row_digest(kept)}
    append(connection, at, Told(told.actor, told.act, str(row["decision_id"]), details))


def _kept(value: object) -> object:
    if isinstance(value, dt.datetime):
        return moment_text(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return json.dumps(list(value), ensure_ascii=False)
    return plain(value) if isinstance(value, str) else value


def _read(row: dict[str, Any]) -> dict[str, Any]:
    del row["position"]
    lists = {name: json.loads(row[name]) for name in _LISTS}
    return {**row, **lists, "decided_at": dt.datetime.fromisoformat(row["decided_at"])}
