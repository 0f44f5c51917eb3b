"""Replies of the XML gateway: read fast, refused where they carry a document type, split into their levels."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc

# The rows of a month are read by the C parser, which is safe only behind `_refuse_document_type`.
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from defusedxml import DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from recon.intacct.faults import Fault, fault, misunderstood
from recon.wire import Answer, redacted
from recon.wire.errors import Broken

Row = Mapping[str, str | None]

_CHUNK = 512
_SHOWN = 120
_PAGE = (b"<!doctype html", b"<html")
_GATEWAY_WORDS = (b"API rate limit exceeded", b"The Service is Temporarily Off-line")


@dataclass(frozen=True)
class Result:
    """What one function gave: its rows with field names in capitals, or its faults."""

    status: str  # success, failure, aborted
    function: str
    control_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)  # of <data>: totalcount, numremaining, resultId, …
    rows: tuple[Row, ...] = ()
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
    with _uncollected():
        return _read(answer)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: a page is 80,000 elements without a cycle, and looking through them again
    and again takes longer than parsing them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(answer: Answer) -> Reply:
    root = _parsed(answer)
    if root.tag != "response":
        faults = tuple(_faults(root))
        if faults:
            return Reply(answer.status, "failure", "", None, (), faults)
        raise misunderstood(f"the XML begins with <{redacted(root.tag)[:40]}>, not with <response>; check the address")
    control, operation = root.find("control"), root.find("operation")
    faults = tuple(_direct_faults(root)) + (tuple(_direct_faults(operation)) if operation is not None else ())
    results = () if operation is None else tuple(_result(one) for one in operation.findall("result"))
    return Reply(
        answer.status,
        _text(control, "status"),
        _text(control, "controlid"),
        _signed_in(operation),
        results,
        faults,
    )


def _parsed(answer: Answer) -> ET.Element:
    body = answer.body
    start = body[:_CHUNK].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        raise Broken("Intacct answered with nothing at all; try again later", status=answer.status)
    if start.startswith(_PAGE) or "text/html" in answer.headers.get("content-type", "").lower():
        raise Broken(
            "Intacct's gateway answered with a web page instead of XML; it is in trouble, or the address is not the "
            "gateway's: try again later, then check the address",
            status=answer.status,
        )
    _refuse_document_type(body)
    try:
        return ET.fromstring(body)  # noqa: S314 (guarded by the line above)
    except ET.ParseError as cause:
        if answer.status >= 400:
            pieces = _pieces(body)
            if pieces is not None:
                return pieces
        raise Broken(
            f"Intacct's answer broke off or is no XML ({cause}); try again later",
            status=answer.status,
            begins=repr(redacted(body[:_SHOWN].decode("utf-8", "replace"))),
        ) from cause


def _pieces(body: bytes) -> ET.Element | None:
    """Several elements without a common one around them, as the gateway gives some errors."""
    declared = body.find(b"?>") + 2 if body.lstrip().startswith(b"<?xml") else 0
    try:
        return ET.fromstring(b"<pieces>" + body[declared:] + b"</pieces>")  # noqa: S314 (it was guarded)
    except ET.ParseError:
        return None


class _FirstElement:
    """A parser's target that only notices whether the root has begun."""

    def __init__(self) -> None:
        self.begun = False

    def start(self, _tag: str, _attributes: Mapping[str, str]) -> None:
        self.begun = True

    def end(self, _tag: str) -> None: ...

    def data(self, _text: str) -> None: ...

    def close(self) -> None: ...


def _refuse_document_type(body: bytes) -> None:
    """Raise unless the document has none: a document type stands before the root, or it is no XML."""
    target = _FirstElement()
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    try:
        for at in range(0, len(body), _CHUNK):
            parser.feed(body[at : at + _CHUNK])
            if target.begun:
                return
    except DTDForbidden as cause:
        _refuse(str(cause.name), cause)
    except ET.ParseError:
        return  # the whole is parsed next, and says where it broke


def _refuse(name: str, cause: Exception) -> NoReturn:
    if name.lower() == "html":
        raise Broken(
            "Intacct's gateway answered with a web page instead of XML; try again later, then check the address"
        ) from cause
    raise misunderstood(
        "the XML holds a document type, which Intacct never sends; check that nothing stands between this machine "
        "and Intacct"
    ) from cause


def _text(parent: ET.Element | None, path: str) -> str:
    found = None if parent is None else parent.findtext(path)
    return (found or "").strip()


def _signed_in(operation: ET.Element | None) -> SignedIn | None:
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


def _result(element: ET.Element) -> Result:
    data = element.find("data")
    attributes: dict[str, str] = {}
    rows: tuple[Row, ...] = ()
    if data is not None:
        attributes = dict(data.attrib)
        # An older shape tells the counts in an element of its own.
        listed = data.find("listtype")
        if listed is not None:
            attributes = {"listtype": listed.text or "", "totalcount": listed.get("total", "")} | attributes
        rows = tuple(_rows(data))
    keys = element.findall("key")  # the older functions answer with a bare key
    rows += tuple({"KEY": key.text} for key in keys)
    return Result(
        _text(element, "status"),
        _text(element, "function"),
        _text(element, "controlid"),
        attributes,
        rows,
        tuple(_direct_faults(element)),
        data is not None or bool(keys),
    )


def _rows(data: ET.Element) -> Iterator[Row]:
    """One mapping a record, whatever the case of its element; names in capitals, an empty element is None."""
    for record in data:
        if record.tag == "listtype":
            continue
        row = {one.tag: one.text for one in record}
        # One look at all the names at once: they are in capitals on every ledger line.
        yield row if "".join(row).isupper() else {name.upper(): text for name, text in row.items()}


def _direct_faults(parent: ET.Element) -> Iterator[Fault]:
    """The faults that stand directly under one level, not those of the levels below it."""
    for message in parent.findall("errormessage"):
        yield from _faults(message)


def _faults(message: ET.Element) -> Iterator[Fault]:
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
