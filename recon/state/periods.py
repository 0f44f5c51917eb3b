"""What is kept of a period: who signed what, what was not corrected, what the next period takes over."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Connection, Table, delete, insert, select

from recon.identity import digest_fields
from recon.state.database import lock_writers
from recon.state.links import append, next_position
from recon.state.rows import row_digest
from recon.state.store import StateStore
from recon.state.tables import open_item, sign_off, uncorrected
from recon.trail import Event, Link, moment_text, plain, read_event

Kept = Literal["uncorrected", "open_item"]
SIGNED, FORCED, REOPENED = "signed", "signed with exceptions", "reopened"
TABLES: Mapping[Kept, Table] = {"uncorrected": uncorrected, "open_item": open_item}


@dataclass(frozen=True)
class SignOffRow:
    """Somebody signed, or opened again, a reconciliation or an account of a period."""

    company: str
    period: str
    kind: str  # reconciliation or account
    subject: str
    act: str  # SIGNED, FORCED or REOPENED
    actor: str
    at: dt.datetime
    run_id: str
    manifest_digest: str
    preparer: str | None = None
    note: str | None = None
    exceptions: tuple[str, ...] = ()
    inputs: str | None = None  # JSON of what the run compared

    @property
    def is_signature(self) -> bool:
        """False for the act that opens again what was signed."""
        return self.act != REOPENED


@dataclass(frozen=True)
class PeriodRow:
    """One uncorrected difference or open item; `row` holds its whole frame row, money as text."""

    item_id: str
    account: str
    cause: str
    amount_cents: int  # debit above zero
    row: Mapping[str, str | None]


def keep_sign_off(
    store: StateStore, signed: SignOffRow, rows: Mapping[Kept, Sequence[PeriodRow]] | None = None
) -> Event:
    """The event of the sign-off, kept with what it says of its period in one transaction.

    `rows` replace, table by table, those that an earlier sign-off of the same subject brought; None leaves them.
    Sign-offs themselves are only added: the newest of a subject says how it stands.
    """
    return read_event(store.database.write(lambda connection: _keep(connection, store, signed, rows or {})))


def read_sign_offs(store: StateStore, company: str, period: str | None = None) -> tuple[SignOffRow, ...]:
    """Who signed and opened again what, the oldest first; of every period if none is named."""
    asked = select(sign_off).where(sign_off.c.company == company).order_by(sign_off.c.position)
    if period is not None:
        asked = asked.where(sign_off.c.period == period)
    found = store.database.read(lambda connection: connection.execute(asked).mappings().all())
    return tuple(_signed({name: value for name, value in row.items() if name != "position"}) for row in found)


def read_period_rows(
    store: StateStore, kept: Kept, company: str, periods: Sequence[str]
) -> dict[tuple[str, str], tuple[PeriodRow, ...]]:
    """The uncorrected differences, or open items, by period and subject, each by id."""
    table = TABLES[kept]
    asked = select(table).where(table.c.company == company, table.c.period.in_(periods))
    found = store.database.read(lambda connection: connection.execute(asked).mappings().all())
    rows: dict[tuple[str, str], list[PeriodRow]] = {}
    for row in sorted(found, key=lambda row: (row["period"], row["subject"], row["item_id"])):
        said = (row["item_id"], row["account"], row["cause"], row["amount_cents"], json.loads(row["row"]))
        rows.setdefault((row["period"], row["subject"]), []).append(PeriodRow(*said))
    return {subject: tuple(of_it) for subject, of_it in rows.items()}


def _keep(
    connection: Connection, store: StateStore, signed: SignOffRow, rows: Mapping[Kept, Sequence[PeriodRow]]
) -> Link:
    lock_writers(connection, "sign_off")
    position = next_position(connection, sign_off)
    texts = {name: plain(value) if isinstance(value, str) else value for name, value in asdict(signed).items()}
    exceptions = json.dumps(list(signed.exceptions), ensure_ascii=False)
    kept = {**texts, "position": position, "at": moment_text(signed.at), "exceptions": exceptions}
    connection.execute(insert(sign_off).values(kept))
    told = {name: str(kept[name]) for name in ("company", "kind", "subject", "run_id", "manifest_digest", "exceptions")}
    told |= {name: str(kept[name]) for name in ("preparer", "note") if kept[name] is not None}
    for name, of_it in rows.items():
        told[name] = _replace(connection, TABLES[name], signed, of_it)
    said = {**told, "period": signed.period, "position": str(position), "stands": row_digest(kept)}
    return append(
        connection, store.now(), store.told(signed.actor, signed.act, f"{signed.period} {signed.subject}", said)
    )


def _replace(connection: Connection, table: Table, signed: SignOffRow, rows: Sequence[PeriodRow]) -> str:
    """Put the rows in the place of those of the subject, and give their digest."""
    of_it = {"company": signed.company, "period": signed.period, "subject": signed.subject}
    connection.execute(delete(table).where(*(table.c[name] == value for name, value in of_it.items())))
    kept = [{**asdict(one), "row": _row_text(one), **of_it, "run_id": signed.run_id} for one in rows]
    if kept:
        connection.execute(insert(table), kept)
    return rows_digest(kept)


def rows_digest(rows: Sequence[Mapping[str, object]]) -> str:
    """SHA-256 in hex over rows of one table, whatever their order."""
    return digest_fields(sorted(map(row_digest, rows))).hex()


def _row_text(one: PeriodRow) -> str:
    return json.dumps(dict(one.row), ensure_ascii=False, sort_keys=True)


def _signed(row: dict[str, object]) -> SignOffRow:
    at, exceptions = dt.datetime.fromisoformat(str(row["at"])), tuple(json.loads(str(row["exceptions"])))
    return SignOffRow(**{**row, "at": at, "exceptions": exceptions})  # type: ignore[arg-type]
