"""Journal entries written through the XML gateway: under a key that Intacct checks, and found again by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from defusedxml.minidom import parseString

from recon.errors import RemoteError
from recon.intacct.asking import Compare, node, wrap, xml_date
from recon.intacct.entries import Entry, EntryLine, Found, Outcome, State, outcome_of
from recon.intacct.faults import Fault, kind_of, misunderstood, told
from recon.intacct.gateway import Function, XmlGateway, new_control_id
from recon.intacct.readings import GLBATCH, GLENTRY, Reading
from recon.intacct.replies import Result, Row
from recon.intacct.xml_sources import XmlSource
from recon.money import round_cents
from recon.store.port import Window

_ANY_DAY = Window(dt.date.min, dt.date.max)
_MAYBE = ("duplicate", "throttled", "offline")
_BATCH = replace(GLBATCH, wished=(*GLBATCH.wished, "HISTORY_COMMENT"))  # a pull has no use for it


class XmlWriter:
    """The journal of one company, written with `create` and `update` of GLBATCH."""

    def __init__(self, gateway: XmlGateway) -> None:
        self._gateway = gateway

    async def create(self, entry: Entry, state: State) -> Outcome:
        """What came of creating the entry; its key is the function's control id and its reference.

        Raises: nothing remote; that is told in the outcome.
        """
        return await self._written(Function(_create(entry, state), entry.key), known=None)

    def text(self, entry: Entry, state: State) -> str:
        """The function with its control id, laid out for a reader."""
        whole = f'<function controlid="{entry.key}">{_create(entry, state)}</function>'
        lines = parseString(whole).documentElement.toprettyxml(indent="  ").splitlines()
        return "\n".join(line for line in lines if line.strip())

    async def update_state(self, record_no: str, entry: Entry, state: State) -> Outcome:
        """What came of bringing the entry into the state; all its lines go along, since what an update leaves
        out Intacct deletes. Done twice it is done once, so that each try has a control id of its own."""
        body = wrap("update", wrap("GLBATCH", node("RECORDNO", record_no), *_batch(entry, state)))
        return await self._written(Function(body, new_control_id()), known=record_no)

    async def find(self, reference: str) -> tuple[Found, ...]:
        """Every entry that carries the reference, drafts included, by record number.

        Raises: RemoteError.
        """
        return await self._found(Compare("REFERENCENO", "equal", (reference,)))

    async def tagged(self, prefix: str) -> tuple[Found, ...]:
        """Every entry whose reference begins so, drafts included, by record number.

        Raises: RemoteError.
        """
        return await self._found(Compare("REFERENCENO", "starts", (prefix,)))

    async def _found(self, condition: Compare) -> tuple[Found, ...]:
        batches = await self._all(_undated(_BATCH), condition)
        if not batches:
            return ()
        numbers = tuple(str(row["RECORDNO"]) for row in batches)
        lines: dict[object, list[Row]] = {}
        for line in await self._all(_undated(GLENTRY), Compare("BATCHNO", "in", numbers)):
            lines.setdefault(line.get("BATCHNO"), []).append(line)
        return tuple(_found(row, lines.get(row["RECORDNO"], [])) for row in batches)

    async def _all(self, reading: Reading, condition: Compare) -> list[Row]:
        source = XmlSource(self._gateway, reading, condition=condition)
        return [row async for page in source.pages(_ANY_DAY, None) for row in page.rows]  # type: ignore[misc]

    async def _written(self, function: Function, *, known: str | None) -> Outcome:
        try:
            reply = await self._gateway.write(function)
        except RemoteError as fault:
            return outcome_of(fault)
        return judged(reply.results[0], function, known)


def judged(result: Result, function: Function, known: str | None) -> Outcome:
    """Done only with our key and a record number; refused only with a reason; everything else is unknown."""
    if result.control_id != function.control_id:
        return Outcome("unknown", reason="the answer is to another function")
    if result.status == "success":
        number = next((row.get("RECORDNO") or row.get("KEY") for row in result.rows), None) or known
        if number is None:
            return Outcome("unknown", reason="Intacct reports success without a record number")
        return Outcome("done", number)
    if result.status in ("failure", "aborted") and result.faults and kind_of(result.faults) not in _MAYBE:
        return Outcome("refused", faults=result.faults, reason=told(result.faults))
    reason = told(result.faults) if result.faults else f"the result is {result.status or 'missing'} without a reason"
    faults: tuple[Fault, ...] = result.faults
    return Outcome("unknown", faults=faults, reason=reason)


def _undated(reading: Reading) -> Reading:
    """The same records whatever their date."""
    return Reading(reading.name, reading.object, reading.needed, reading.wished)


def _create(entry: Entry, state: State) -> str:
    return wrap("create", wrap("GLBATCH", *_batch(entry, state)))


def _batch(entry: Entry, state: State) -> Iterator[str]:
    """The fields of a batch in the order of the vendor's examples."""
    yield node("JOURNAL", entry.journal)
    yield node("BATCH_DATE", xml_date(entry.posting_date))
    if entry.reverse_on is not None:
        yield node("REVERSEDATE", xml_date(entry.reverse_on))
    yield node("BATCH_TITLE", entry.title)
    if entry.note:
        yield node("HISTORY_COMMENT", entry.note)
    yield node("REFERENCENO", entry.key)
    if entry.base_location:
        yield node("BASELOCATION_NO", entry.base_location)
    if entry.attachment:
        yield node("SUPDOCID", entry.attachment)
    yield node("STATE", state)
    yield wrap("ENTRIES", *(wrap("GLENTRY", *_line(line)) for line in entry.lines))


def _line(line: EntryLine) -> Iterator[str]:
    fields = (
        ("DOCUMENT", line.document),
        ("ACCOUNTNO", line.account),
        ("CURRENCY", line.currency),
        ("TR_TYPE", "1" if line.amount > 0 else "-1"),
        ("TRX_AMOUNT", f"{abs(line.amount):.2f}"),
        ("DEPARTMENT", line.department),
        ("LOCATION", line.location),
        ("PROJECTID", line.project),
        ("CUSTOMERID", line.customer),
        ("VENDORID", line.vendor),
        ("EMPLOYEEID", line.employee),
        ("ITEMID", line.item),
        ("CLASSID", line.class_),
        ("DESCRIPTION", line.memo),
    )
    return (node(name, value) for name, value in fields if value)


def _found(batch: Row, lines: list[Row]) -> Found:
    reversed_from = batch.get("REVERSEDFROM")
    return Found(
        str(batch["RECORDNO"]),
        (batch.get("STATE") or "").lower(),
        batch.get("JOURNAL") or "",
        _day(batch.get("BATCH_DATE") or ""),
        batch.get("REFERENCENO") or "",
        tuple(_line_found(one) for one in sorted(lines, key=lambda row: int(row.get("LINE_NO") or 0))),
        _day(reversed_from) if reversed_from else None,
        batch.get("REVERSEDKEY") or None,
        batch.get("HISTORY_COMMENT") or "",
    )


def _line_found(row: Row) -> EntryLine:
    """A GLENTRY line: its amount is unsigned and TR_TYPE says on which side it stands."""
    try:
        amount = round_cents(Decimal(row.get("AMOUNT") or row.get("TRX_AMOUNT") or ""))
        signed = amount * int(row.get("TR_TYPE") or "")
    except (InvalidOperation, ValueError) as cause:
        raise misunderstood("a line has no amount or no side", record=row.get("RECORDNO")) from cause
    return EntryLine(
        row.get("ACCOUNTNO") or "",
        signed,
        row.get("LOCATION"),
        row.get("DEPARTMENT"),
        row.get("DOCUMENT"),
        row.get("DESCRIPTION"),
        row.get("CUSTOMERID"),
        row.get("VENDORID"),
        row.get("PROJECTID"),
        row.get("EMPLOYEEID"),
        row.get("ITEMID"),
        row.get("CLASSID"),
    )


def _day(text: str) -> dt.date:
    try:
        return dt.datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 (Intacct's dates have no zone)
    except ValueError as cause:
        raise misunderstood("an entry has no readable date", date=text[:20]) from cause
