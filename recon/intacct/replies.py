"""Replies of the XML gateway: read fast, refused where they carry a document type, split into their levels."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import polars as pl

from recon.frames.records import Records
from recon.intacct.faults import Fault, fault, misunderstood
from recon.wire import Answer, redacted
from recon.wire.alike import STAND_IN
from recon.wire.xml import read_xml_records

Row = Mapping[str, str | None]

_FIRST_RECORD = re.compile(rb"<data(?: [^<>]*)?>\s*<(?!listtype>)([A-Za-z_][A-Za-z0-9_.-]*)>")
_GATEWAY_WORDS = (b"API rate limit exceeded", b"The Service is Temporarily Off-line")


@dataclass(frozen=True)
class Result:
    """What one function gave: its rows with field names in capitals, or its faults."""

    status: str  # success, failure, aborted
    function: str
    control_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)  # of <data>: totalcount, numremaining, resultId, …
    rows: Sequence[Row] = ()
    faults: tuple[Fault, ...] = ()
    has_data: bool = False

    def count(self, name: str) -> int | None:
        """A number among the attributes of the data; None where it is absent or no number."""
        text = self.attributes.get(name, "").strip()
        return int(text) if text.isdigit() else None


@dataclass(frozen=True)
class SignedIn:
    """What the reply says of the session that it belongs to."""

    status: str
    user_id: str = ""
    company_id: str = ""
    entity: str = ""
    told_at: dt.datetime | None = None  # sessiontimestamp: the server's clock
    ends_at: dt.datetime | None = None  # sessiontimeout, by the server's clock


@dataclass(frozen=True)
class Reply:
    """One whole reply: control, authentication, a result for each function; faults of the first two levels."""

    status: int
    control: str
    control_id: str
    signed_in: SignedIn | None
    results: tuple[Result, ...]
    faults: tuple[Fault, ...]


def read_reply(answer: Answer) -> Reply:
    """The reply in an answer of the gateway, whatever its HTTP status.

    Raises: Broken for a page instead of XML, for half an answer and for an empty one; Misunderstood for a
    document type (an attack or a wrong address) and for XML that is no reply.
    """
    root, records = read_xml_records(answer, "Intacct's gateway", _FIRST_RECORD, "operation/result/data")
    if root.tag != "response":
        faults = tuple(_faults(root))
        if faults:
            return Reply(answer.status, "failure", "", None, (), faults)
        raise misunderstood(f"the XML begins with <{redacted(root.tag)[:40]}>, not with <response>; check the address")
    control, operation = root.find("control"), root.find("operation")
    faults = tuple(_direct_faults(root)) + (tuple(_direct_faults(operation)) if operation is not None else ())
    results = () if operation is None else tuple(_result(one, records) for one in operation.findall("result"))
    return Reply(
        answer.status,
        _text(control, "status"),
        _text(control, "controlid"),
        _signed_in(operation),
        results,
        faults,
    )


def _text(parent: Element | None, path: str) -> str:
    found = None if parent is None else parent.findtext(path)
    return (found or "").strip()


def _signed_in(operation: Element | None) -> SignedIn | None:
    told = None if operation is None else operation.find("authentication")
    if told is None:
        return None
    return SignedIn(
        _text(told, "status"),
        _text(told, "userid"),
        _text(told, "companyid"),
        _text(told, "locationid"),
        _moment(_text(told, "sessiontimestamp")),
        _moment(_text(told, "sessiontimeout")),
    )


def _moment(text: str) -> dt.datetime | None:
    """An ISO-8601 moment; without an offset it is UTC."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _result(element: Element, records: Records | None) -> Result:
    data = element.find("data")
    attributes: dict[str, str] = {}
    rows: Sequence[Row] = ()
    if data is not None:
        attributes = dict(data.attrib)
        # An older shape tells the counts in an element of its own.
        listed = data.find("listtype")
        if listed is not None:
            attributes = {"listtype": listed.text or "", "totalcount": listed.get("total", "")} | attributes
        rows = (
            _apart(records) if records and [child.tag for child in data] == [STAND_IN] else tuple(_rows(data, records))
        )
    keys = element.findall("key")  # the older functions answer with a bare key
    if keys:
        rows = (*rows, *({"KEY": key.text} for key in keys))
    return Result(
        _text(element, "status"),
        _text(element, "function"),
        _text(element, "controlid"),
        attributes,
        rows,
        tuple(_direct_faults(element)),
        data is not None or bool(keys),
    )


def _apart(records: Records) -> Records:
    """Records that were taken out of their answer, as `_rows` gives them."""
    return Records(records.frame.select(pl.when(pl.all() != "").then(pl.all()).name.to_uppercase()))


def _rows(data: Element, records: Records | None) -> Iterator[Row]:
    """One mapping a record, whatever the case of its element; names in capitals, an empty element is None."""
    for record in data:
        if record.tag == "listtype":
            continue
        if record.tag == STAND_IN and records is not None:
            yield from _apart(records)
            continue
        row = {one.tag: one.text for one in record}
        # One look at all the names at once: they are in capitals on every ledger line.
        yield row if "".join(row).isupper() else {name.upper(): text for name, text in row.items()}


def _direct_faults(parent: Element) -> Iterator[Fault]:
    """The faults that stand directly under one level, not those of the levels below it."""
    for message in parent.findall("errormessage"):
        yield from _faults(message)


def _faults(message: Element) -> Iterator[Fault]:
    for error in message.iter("error"):
        yield fault(
            _text(error, "errorno"),
            _text(error, "description2"),
            _text(error, "description"),
            _text(error, "additionalinfo/messageid"),
            correction=_text(error, "correction"),
            error_id=_text(error, "additionalinfo/errorid"),
        )


def gateway_trouble(answer: Answer) -> str:
    """What the gateway complains of inside an answer that says 200; empty where it does not."""
    # Only small answers are complaints: a page of ledger lines may quote these words in a memo.
    if len(answer.body) > 8192:
        return ""
    return next((words.decode() for words in _GATEWAY_WORDS if words in answer.body), "")
