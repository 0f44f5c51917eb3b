"""The trail's rows: appended one after another, in the transaction of what they tell."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

from sqlalchemy import Connection, Table, func, insert, select

from recon.state.database import lock_writers
from recon.state.tables import trail
from recon.trail import GENESIS, Head, Link, Told, linked


def append(connection: Connection, at: dt.datetime, told: Told) -> Link:
    """The link that was added; until the transaction ends nobody else adds one, so that the chain has no fork."""
    lock_writers(connection, "trail")
    link = linked(read_head(connection), at, told)
    connection.execute(insert(trail).values(asdict(link)))
    return link


def next_position(connection: Connection, table: Table) -> int:
    """The number of the row that is appended next; who calls has locked the writers of the table."""
    return (connection.scalar(select(func.max(table.c.position))) or 0) + 1


def read_head(connection: Connection) -> Head:
    """The newest row's sequence and hash; the genesis before any."""
    row = connection.execute(select(trail.c.sequence, trail.c.hash).order_by(trail.c.sequence.desc()).limit(1)).first()
    return Head(*row) if row is not None else GENESIS


def read_links(connection: Connection, *, subject: str | None = None, after: int = 0) -> tuple[Link, ...]:
    """The rows by sequence, whole or of one subject, as they stand."""
    asked = select(trail).where(trail.c.sequence > after) if after else select(trail)
    if subject is not None:
        asked = asked.where(trail.c.subject == subject)
    return tuple(Link(**row) for row in connection.execute(asked.order_by(trail.c.sequence)).mappings())
