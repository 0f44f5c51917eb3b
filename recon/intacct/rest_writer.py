"""Journal entries written through the REST API: under an Idempotency-Key, and found again by reference."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from recon.errors import RemoteError
from recon.intacct.asking import Compare
from recon.intacct.entries import Entry, EntryLine, Found, Outcome, State, outcome_of
from recon.intacct.faults import kind_of, misunderstood, told
from recon.intacct.readings import JOURNAL_ENTRY, JOURNAL_ENTRY_LINE, Reading
from recon.intacct.rest import RestApi
from recon.intacct.rest_replies import META, RESULT, read_json, rest_faults
from recon.intacct.rest_sources import RestSource
from recon.money import round_cents
from recon.store.port import Window
from recon.wire import Answer

OBJECT = "/objects/general-ledger/journal-entry"
_ANY_DAY = Window(dt.date.min, dt.date.max)
_REFUSALS = frozenset({400, 401, 403, 404, 405, 422})
_MAYBE = ("duplicate", "throttled", "offline")


class RestWriter:
    """The journal of one company, written as journal-entry objects."""

    def __init__(self, api: RestApi) -> None:
        self._api = api

    async def create(self, entry: Entry, state: State) -> Outcome:
        """What came of creating the entry; its key is the Idempotency-Key and its reference.

        Raises: nothing remote; that is told in the outcome.
        """
        return await self._written("POST", OBJECT, _body(entry, state), key=entry.key)

    def text(self, entry: Entry, state: State) -> str:
        """The request with its key, laid out for a reader."""
        body = json.dumps(_body(entry, state), indent=2, ensure_ascii=False)
        return f"POST {OBJECT}\nIdempotency-Key: {entry.key}\n{body}"

    async def update_state(self, record_no: str, entry: Entry, state: State) -> Outcome:  # noqa: ARG002 (the port's)
        """What came of bringing the entry into the state; its lines stay as they are.

        Done twice it is done once, so that it has no key: under one, Intacct would replay a refusal for two days.
        That a draft is posted so is unverified: the vendor's pages name "draft" as the only state to send, and no other
        way to post one. Refused, the draft stays as it is.
        """
        return await self._written("PATCH", f"{OBJECT}/{record_no}", {"state": state.lower()}, known=record_no)

    async def find(self, reference: str) -> tuple[Found, ...]:
        """Every entry that carries the reference, drafts included, by record number.

        Raises: RemoteError.
        """
        return await self._found(Compare("referenceNumber", "equal", (reference,)))

    async def tagged(self, prefix: str) -> tuple[Found, ...]:
        """Every entry whose reference begins so, drafts included, by record number.

        Raises: RemoteError.
        """
        return await self._found(Compare("referenceNumber", "starts", (prefix,)))

    async def _found(self, condition: Compare) -> tuple[Found, ...]:
        entries = await self._all(JOURNAL_ENTRY, condition)
        if not entries:
            return ()
        keys = tuple(str(row["key"]) for row in entries)
        lines: dict[str, list[Mapping[str, object]]] = {}
        for line in await self._all(JOURNAL_ENTRY_LINE, Compare("journalEntry.key", "in", keys)):
            lines.setdefault(str(line.get("journalEntry.key")), []).append(line)
        return tuple(_found(row, lines.get(str(row["key"]), [])) for row in entries)

    async def _all(self, reading: Reading, condition: Compare) -> list[Mapping[str, object]]:
        undated = Reading(reading.name, reading.object, reading.needed, reading.wished, key=reading.key)
        source = RestSource(self._api, undated, condition=condition)
        return [row async for page in source.pages(_ANY_DAY, None) for row in page.rows]

    async def _written(
        self,
        method: Literal["POST", "PATCH"],
        path: str,
        body: object,
        *,
        key: str | None = None,
        known: str | None = None,
    ) -> Outcome:
        try:
            answer = await self._api.send(method, path, body, repeatable=False, idempotency_key=key)
            return judged(answer, known)
        except RemoteError as fault:
            return outcome_of(fault)


def judged(answer: Answer, known: str | None) -> Outcome:
    """Done only with a key and without an error; refused only by a plain refusal; everything else is unknown.

    A 409 may be our own first try, still running or stored; a 207 may be half done.
    """
    payload = read_json(answer)
    faults = rest_faults(payload)
    if answer.status in _REFUSALS and faults and kind_of(faults) not in _MAYBE:
        return Outcome("refused", faults=faults, reason=told(faults))
    if answer.status in (200, 201) and not faults:
        result = payload.get(RESULT) if isinstance(payload, Mapping) else None
        meta = payload.get(META) if isinstance(payload, Mapping) else None
        failed = isinstance(meta, Mapping) and bool(meta.get("totalError"))
        number = str(result.get("key") or "") if isinstance(result, Mapping) else ""
        if (number or known) and not failed:
            return Outcome("done", number or known)
    return Outcome("unknown", faults=faults, reason=told(faults) if faults else f"status {answer.status}")


def _body(entry: Entry, state: State) -> dict[str, Any]:
    body: dict[str, Any] = {
        "glJournal": {"id": entry.journal},
        "postingDate": entry.posting_date.isoformat(),
        "description": entry.title,
        "referenceNumber": entry.key,
        "lines": [_line(line, entry.note) for line in entry.lines],
    }
    if state == "Draft":
        body["state"] = "draft"  # an entry to be posted names no state: any other word is refused
    if entry.reverse_on is not None:
        body["automaticReversalDate"] = entry.reverse_on.isoformat()
    if entry.base_location:
        body["baseLocation"] = {"id": entry.base_location}
    if entry.attachment:
        body["attachment"] = {"id": entry.attachment}
    return body


def _line(line: EntryLine, note: str | None) -> dict[str, Any]:
    """A line; what it lacks is left out, since a reference with an empty id is refused.

    This API has no history comment: the note stands as the description of lines that have none of their own.
    """
    dimensions = {
        "location": line.location,
        "department": line.department,
        "project": line.project,
        "customer": line.customer,
        "vendor": line.vendor,
        "employee": line.employee,
        "item": line.item,
        "class": line.class_,
    }
    said: dict[str, Any] = {
        "txnType": "debit" if line.amount > 0 else "credit",
        "txnAmount": f"{abs(line.amount):.2f}",
        "glAccount": {"id": line.account},
        "dimensions": {name: {"id": value} for name, value in dimensions.items() if value},
    }
    if line.document:
        said["documentId"] = line.document
    if line.memo or note:
        said["description"] = line.memo or note
    if line.currency:
        said["currency"] = {"txnCurrency": line.currency}
    return said


def _found(row: Mapping[str, object], lines: Sequence[Mapping[str, object]]) -> Found:
    try:
        day = dt.date.fromisoformat(str(row.get("postingDate") or ""))
    except ValueError as cause:
        raise misunderstood("an entry has no readable date", key=str(row["key"])) from cause
    in_order = sorted(lines, key=lambda one: int(str(one.get("lineNumber") or 0)))
    read = tuple(_line_found(one) for one in in_order)
    return Found(
        str(row["key"]),
        str(row.get("state") or "").lower(),
        str(row.get("glJournal.id") or ""),
        day,
        str(row.get("referenceNumber") or ""),
        read,
        dt.date.fromisoformat(str(row["reversedFromDate"])) if row.get("reversedFromDate") else None,
        str(row["reversedBy.key"]) if row.get("reversedBy.key") else None,
        "\n".join(dict.fromkeys(one.memo for one in read if one.memo)),
    )


def _line_found(row: Mapping[str, object]) -> EntryLine:
    side = str(row.get("txnType") or "").lower()
    try:
        size = abs(round_cents(Decimal(str(row.get("baseAmount") or row.get("txnAmount") or ""))))
    except InvalidOperation as cause:
        raise misunderstood("a line has no amount", key=str(row.get("key"))) from cause
    if side not in ("debit", "credit"):
        raise misunderstood("a line has no side", key=str(row.get("key")))

    def told_as(name: str) -> str | None:
        value = row.get(name)
        return str(value) if value not in (None, "") else None

    return EntryLine(
        told_as("glAccount.id") or "",
        size if side == "debit" else -size,
        told_as("dimensions.location.id"),
        told_as("dimensions.department.id"),
        told_as("documentId"),
        told_as("description"),
        customer=told_as("dimensions.customer.id"),
        project=told_as("dimensions.project.id"),
        class_=told_as("dimensions.class.id"),
    )
