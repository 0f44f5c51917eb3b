"""Entries written into the books, after every rule of the company was asked."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from recon.sandbox.intacct.failures import Failure, Reason, closed_period, invalid, not_created, unbalanced
from recon.sandbox.intacct.records import made_now, next_number
from recon.sandbox.world import World

DEBIT, CREDIT = 1, -1
_REQUIRED = {
    "dept": ("department", "Department"),
    "loc": ("location", "Location"),
    "customer": ("customerid", "Customer"),
    "vendor": ("vendorid", "Vendor"),
    "employee": ("employeeid", "Employee"),
    "project": ("projectid", "Project"),
    "item": ("itemid", "Item"),
    "class": ("classid", "Class"),
}
DIMENSIONS = tuple(column for column, _ in _REQUIRED.values())
_MORE = ("history_comment", "supdocid", "transactionsource")


@dataclass(frozen=True)
class NewLine:
    """One line of an entry that is to be written; cents above zero, the side in `tr_type`."""

    account: str
    tr_type: int
    cents: int
    document: str = ""
    description: str = ""
    currency: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)  # by column of the table of lines
    key: int = 0  # record number of a line that stands already

    @property
    def location(self) -> str:
        """The location, empty if the line has none."""
        return self.dimensions.get("location", "")


@dataclass(frozen=True)
class NewEntry:
    """An entry that is to be written."""

    journal: str
    day: str  # ISO
    title: str
    lines: tuple[NewLine, ...]
    reference: str = ""
    state: Literal["Posted", "Draft"] = "Posted"
    reverse_day: str = ""
    base_location: str = ""
    more: Mapping[str, str] = field(default_factory=dict)  # further columns of the table of batches


def post(world: World, entry: NewEntry, *, entity: str, user: str) -> int:
    """The record number of the entry, once it is written. A posted entry with a day of reversal is mirrored then.

    Raises: Failure with every rule that the entry breaks.
    """
    reasons = _broken_rules(world, entry, entity)
    if reasons:
        raise not_created("GLBatch", reasons)
    number = _write(world, entry, user)
    _mirror(world, number, entry, user)
    return number


def _mirror(world: World, number: int, entry: NewEntry, user: str) -> None:
    """Write the reversing half of an entry that is posted now and names a day of reversal."""
    if not entry.reverse_day or entry.state != "Posted":
        return
    mirrored = tuple(replace(line, tr_type=-line.tr_type, key=0) for line in entry.lines)
    back = replace(entry, day=entry.reverse_day, reverse_day="", lines=mirrored, title=f"Reversed - {entry.title}")
    other = _write(world, back, user)
    world.write("UPDATE intacct_batch SET reversedkey = ? WHERE recordno = ?", (other, number))
    world.write("UPDATE intacct_batch SET reversedfrom = ? WHERE recordno = ?", (entry.day, other))


def repost(world: World, number: int, entry: NewEntry, *, entity: str, user: str) -> None:
    """Write the entry in place of the one with the number: its lines are replaced.

    Raises: Failure if there is none, or with every rule that the entry breaks.
    """
    before = stored(world, number)
    reasons = _broken_rules(world, entry, entity)
    reasons += _closed(world, before, entity) if before.state == "Posted" else []
    if reasons:
        raise not_created("GLBatch", reasons)
    kept = world.one("SELECT batchno, whencreated, createdby FROM intacct_batch WHERE recordno = ?", (number,))
    _erase(world, number)
    _write(world, entry, user, number)
    if kept:
        statement = "UPDATE intacct_batch SET batchno = ?, whencreated = ?, createdby = ? WHERE recordno = ?"
        world.write(statement, (*kept, number))
    if before.state == "Draft":
        _mirror(world, number, entry, user)


def erase(world: World, number: int, *, entity: str) -> None:
    """Delete the entry with the number.

    Raises: Failure if there is none or its period is closed.
    """
    before = stored(world, number)
    reasons = _closed(world, before, entity) if before.state == "Posted" else []
    if reasons:
        raise not_created("GLBatch", reasons)
    _erase(world, number)


def stored(world: World, number: int) -> NewEntry:
    """The entry with the number as it stands.

    Raises: Failure if there is none.
    """
    columns = f"journal, batch_date, batch_title, referenceno, state, reversedate, baselocation_no, {', '.join(_MORE)}"
    row = world.one(f"SELECT {columns} FROM intacct_batch WHERE recordno = ?", (number,))  # noqa: S608
    if row is None:
        raise Failure(invalid(f"Cannot find GLBatch with key '{number}'", error_id="REST-1044"), status=404)
    journal, day, title, reference, state, reverse_day, base, *more = (value or "" for value in row)
    lines = tuple(stored_lines(world, number))
    known: Literal["Posted", "Draft"] = "Posted" if state == "Posted" else "Draft"
    kept = {column: value for column, value in zip(_MORE, more, strict=True) if value}
    return NewEntry(journal, day, title, lines, reference, known, reverse_day, base, kept)


def stored_lines(world: World, number: int) -> list[NewLine]:
    """The lines of the entry with the number, each with its own record number, in order."""
    columns = f"recordno, accountno, tr_type, trx_cents, document, description, currency, {', '.join(DIMENSIONS)}"
    rows = world.query(f"SELECT {columns} FROM intacct_line WHERE batchkey = ? ORDER BY line_no", (number,))  # noqa: S608
    return [_stored_line(row) for row in rows]


def _stored_line(row: Sequence[Any]) -> NewLine:
    key, account, tr_type, cents, document, description, currency, *values = row
    dimensions = {column: value for column, value in zip(DIMENSIONS, values, strict=True) if value}
    return NewLine(account, tr_type, cents, document or "", description or "", currency or "", dimensions, key)


def _broken_rules(world: World, entry: NewEntry, entity: str) -> list[Reason]:
    attached = entry.more.get("supdocid")
    if attached and not world.one("SELECT 1 FROM intacct_attachment WHERE supdocid = ?", (attached,)):
        return [invalid(f"Attachment '{attached}' is not valid.")]
    journal = world.one("SELECT statistical FROM intacct_journal WHERE symbol = ?", (entry.journal,))
    if journal is None:
        return [invalid(f"Journal '{entry.journal}' is not valid.")]
    statistical = journal[0] == "T"
    reasons = list(_header(entry, least=1 if statistical else 2))
    for line in entry.lines:
        reasons += _line(world, line, entity)
    if not statistical and not reasons:
        reasons += _balance(world, entry)
    if entry.state == "Posted" and not reasons:
        reasons += _closed(world, entry, entity)
    return reasons


def _header(entry: NewEntry, least: int) -> Iterator[Reason]:
    if not entry.title:
        yield invalid("Required field 'BATCH_TITLE' is missing.")
    if len(entry.lines) < least:
        yield invalid(f"A journal entry needs at least {least} lines.")
    if entry.reverse_day and entry.reverse_day <= entry.day:
        yield invalid("The reversal date must be after the posting date.")


def _line(world: World, line: NewLine, entity: str) -> Iterator[Reason]:
    if line.tr_type not in (DEBIT, CREDIT):
        yield invalid(f"TR_TYPE '{line.tr_type}' is not valid: use 1 or -1.")
    if line.cents <= 0:
        yield invalid("The amount of a line must be above zero.")
    yield from _account(world, line)
    yield from _known(world, line, entity)


def _account(world: World, line: NewLine) -> Iterator[Reason]:
    flags = ", ".join(f"require{word}" for word in _REQUIRED)
    statement = f"SELECT status, restricted, {flags} FROM intacct_account WHERE accountno = ?"  # noqa: S608
    row = world.one(statement, (line.account,))
    if row is None or row[0] == "inactive":
        yield invalid(f"Account {line.account} is not valid")
        return
    if row[1] == "true":
        yield invalid(f"GL account '{line.account}': '{line.account}' specified is not valid. GL account is restricted")
    for (column, name), needed in zip(_REQUIRED.values(), row[2:], strict=True):
        if needed == "true" and not line.dimensions.get(column):
            yield invalid(f"This transaction is missing the {name} dimension for the Account {line.account}")


def _known(world: World, line: NewLine, entity: str) -> Iterator[Reason]:
    """Dimensions that the company does not have, or that the entity may not use."""
    if line.location:
        place = world.one("SELECT entity, status FROM intacct_location WHERE locationid = ?", (line.location,))
        if place is None or place[1] == "inactive" or (entity and place[0] != entity):
            yield invalid(f"Location '{line.location}' is not valid")
    department = line.dimensions.get("department")
    if department and not world.one("SELECT 1 FROM intacct_department WHERE departmentid = ?", (department,)):
        yield invalid(f"Department '{department}' is not valid")
    customer = line.dimensions.get("customerid")
    if customer and not world.one("SELECT 1 FROM intacct_customer WHERE customerid = ?", (customer,)):
        yield invalid(f"Customer '{customer}' specified is not valid.")


def _entities(world: World) -> dict[str, tuple[str, str]]:
    """Entity and first open day by location."""
    rows = world.query("SELECT locationid, entity, open_from FROM intacct_location")
    return {location: (entity or location, first or "") for location, entity, first in rows}


def _balance(world: World, entry: NewEntry) -> Iterator[Reason]:
    """Debits less credits by currency, and by entity unless an entity stands in as the source."""
    entities = _entities(world)
    by_currency: dict[str, int] = defaultdict(int)
    by_entity: dict[str, int] = defaultdict(int)
    for line in entry.lines:
        by_currency[line.currency or "USD"] += line.tr_type * line.cents
        by_entity[entities.get(line.location, ("", ""))[0]] += line.tr_type * line.cents
    off = [f"currency {currency}" for currency, cents in sorted(by_currency.items()) if cents]
    if not entry.base_location:
        off += [f"location {entity}" for entity, cents in sorted(by_entity.items()) if cents and entity]
    return (unbalanced(where) for where in off)


def _closed(world: World, entry: NewEntry, entity: str) -> list[Reason]:
    """The entities whose books are closed on a day of the entry."""
    entities = _entities(world)
    touched = {line.location for line in entry.lines if line.location} or ({entity} if entity else set(entities))
    first_open = {entities[place][0]: entities[place][1] for place in touched if place in entities}
    days = [day for day in (entry.day, entry.reverse_day) if day]
    return [
        closed_period(_shown(day), _shown(first), where)
        for where, first in sorted(first_open.items())
        for day in days
        if first and day < first
    ]


def _shown(day: str) -> str:
    return f"{dt.date.fromisoformat(day):%m/%d/%Y}"


def _erase(world: World, number: int) -> None:
    world.write("DELETE FROM intacct_line WHERE batchkey = ?", (number,))
    world.write("DELETE FROM intacct_batch WHERE recordno = ?", (number,))


def _write(world: World, entry: NewEntry, user: str, number: int | None = None) -> int:
    audit = made_now(world, user)
    now = audit["whenmodified"]
    next_no = world.one("SELECT coalesce(max(batchno), 0) + 1 FROM intacct_batch WHERE journal = ?", (entry.journal,))
    book = world.one("SELECT bookid, adj FROM intacct_journal WHERE symbol = ?", (entry.journal,)) or ("ACCRUAL", "F")
    number = number or next_number(world, "intacct_batch")
    row = {
        "recordno": number,
        "batchno": next_no[0] if next_no else 1,
        "journal": entry.journal,
        "batch_date": entry.day,
        "batch_title": entry.title,
        "state": entry.state,
        "referenceno": entry.reference or None,
        "bookid": book[0],
        "adj": book[1],
        "module": "2.GL",
        "baselocation_no": entry.base_location or None,
        "reversedate": entry.reverse_day or None,
        "modified": now,
        **entry.more,
        **audit,
    }
    world.insert("intacct_batch", [row])
    first = next_number(world, "intacct_line")
    world.insert("intacct_line", _line_rows(entry, number, first, now))
    return number


def _line_rows(entry: NewEntry, batch: int, first: int, now: str) -> Iterator[dict[str, object]]:
    for at, line in enumerate(entry.lines):
        yield {
            "recordno": line.key or first + at,
            "batchkey": batch,
            "line_no": at + 1,
            "entry_date": entry.day,
            "tr_type": line.tr_type,
            "cents": line.cents,
            "trx_cents": line.cents,
            "accountno": line.account,
            "document": line.document or None,
            "description": line.description or None,
            "currency": line.currency or "USD",
            "whencreated": now,
            "whenmodified": now,
            **line.dimensions,
        }
