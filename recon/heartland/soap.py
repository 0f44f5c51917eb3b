"""Portico's SOAP: requests as bytes, replies as plain rows; a document type, a page or half a reply is a fault."""

from __future__ import annotations

# Replies of many megabytes are read by the C parser, which is safe only behind `_refuse_document_type`.
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from defusedxml import DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from recon.wire import Answer, Broken, Misunderstood, redacted

NAMESPACE = "http://Hps.Exchange.PosGateway"
_IN = f"{{{NAMESPACE}}}"
_CHUNK = 512
_SHOWN = 120
_PAGE = (b"<!doctype html", b"<html")
_MOST_LEVELS = 4


@dataclass(frozen=True)
class Reply:
    """The gateway's code and words, and the report it gave (nothing unless the code is 0)."""

    code: int
    words: str
    header: Mapping[str, str]
    report: ET.Element | None

    def rows(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """The repeated elements of that name as rows: 0, 1 or many, text by field; a nested field is a mapping."""
        if self.report is None:
            return ()
        names = _Names()
        return tuple([_row(one, names) for one in self.report.iterfind(_IN + name)])

    def head(self) -> Mapping[str, Any]:
        """The report's own header, or nothing."""
        found = None if self.report is None else self.report.find(f"{_IN}Header")
        return {} if found is None else _row(found, _Names())


def envelope(header: Sequence[tuple[str, str]], name: str, fields: Sequence[tuple[str, str]]) -> bytes:
    """A request for the report `name`; a field written `Criteria.InvoiceNbr` stands inside `Criteria`."""
    inner = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in fields if "." not in key)
    nested = [(key.partition("."), value) for key, value in fields if "." in key]
    for group in dict.fromkeys(parts[0] for parts, _ in nested):
        inside = "".join(f"<{parts[2]}>{escape(value)}</{parts[2]}>" for parts, value in nested if parts[0] == group)
        inner += f"<{group}>{inside}</{group}>"
    told = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in header)
    body = f"<Header>{told}</Header><Transaction><{name}>{inner}</{name}></Transaction>"
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<PosRequest xmlns="{NAMESPACE}"><Ver1.0>{body}</Ver1.0></PosRequest></soap:Body></soap:Envelope>'
    ).encode()


def read_reply(answer: Answer, name: str) -> Reply:
    """The gateway's reply to a request for the report `name`.

    Raises: Broken for a page, for half a reply and for a SOAP fault; Misunderstood for a document type and for
    XML that is no reply of this gateway.
    """
    root = _parsed(answer)
    version = root.find(f".//{_IN}PosResponse/{_IN}Ver1.0")
    header = None if version is None else version.find(f"{_IN}Header")
    if version is None or header is None:
        fault = root.findtext(".//faultstring")
        if fault is not None:
            raise Broken(
                f"Portico could not work on the request ({redacted(fault)[:_SHOWN]}); try again later",
                status=answer.status,
            )
        raise Misunderstood("Portico's answer is no reply of the gateway; check the address", status=answer.status)
    told = {key: value for key, value in _row(header, _Names()).items() if isinstance(value, str)}
    try:
        code = int(told.get("GatewayRspCode", ""))
    except ValueError as cause:
        raise Misunderstood("Portico's reply has no GatewayRspCode; check the address") from cause
    report = version.find(f"{_IN}Transaction/{_IN}{name}") if code == 0 else None
    if code == 0 and report is None:
        raise Misunderstood(f"Portico's reply says that all is well and holds no {name}")
    return Reply(code, redacted(told.get("GatewayRspMsg", "")), told, report)


class _Names(dict[str, str]):
    """Names of elements without their namespace, each cut once."""

    def __missing__(self, tag: str) -> str:
        self[tag] = name = tag.rpartition("}")[2]
        return name


def _row(element: ET.Element, names: _Names, levels: int = _MOST_LEVELS) -> dict[str, Any]:
    """Text by field; a field that holds others is a mapping, one that comes again a list."""
    if not any(map(len, element)):
        row: dict[str, Any] = {names[child.tag]: child.text or "" for child in element}
        if len(row) == len(element):
            return row
    found: dict[str, Any] = {}
    for child in element:
        name = names[child.tag]
        value: Any = _row(child, names, levels - 1) if len(child) and levels else (child.text or "")
        if name in found:
            earlier = found[name]
            found[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            found[name] = value
    return found


def _parsed(answer: Answer) -> ET.Element:
    body = answer.body
    start = body[:_CHUNK].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_PAGE) or "text/html" in answer.headers.get("content-type", "").lower():
        raise Broken(
            "Portico answered with a web page instead of XML; try again later, then check the address",
            status=answer.status,
        )
    _refuse_document_type(body)
    try:
        return ET.fromstring(body)  # noqa: S314 (guarded by the line above)
    except ET.ParseError as cause:
        raise Broken(
            f"Portico's answer broke off or is no XML ({cause}); try again later",
            status=answer.status,
            begins=repr(redacted(body[:_SHOWN].decode("utf-8", "replace"))),
        ) from cause


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
    """Raise Misunderstood for a document type, which can only stand before the root."""
    target = _FirstElement()
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    try:
        for at in range(0, len(body), _CHUNK):
            parser.feed(body[at : at + _CHUNK])
            if target.begun:
                return
    except DTDForbidden as cause:
        raise Misunderstood(
            "Portico's XML holds a document type, which the gateway never sends; "
            "check that nothing stands between this machine and it"
        ) from cause
    except ET.ParseError:
        return  # the whole is parsed next, and says where it broke
