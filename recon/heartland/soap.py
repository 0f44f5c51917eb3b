"""Portico's SOAP: requests as bytes, replies as plain rows; a document type, a page or half a reply is a fault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from recon.frames.records import Records
from recon.wire import Answer, Broken, Misunderstood, redacted
from recon.wire.alike import OF, STAND_IN
from recon.wire.xml import read_xml_records

NAMESPACE = "http://Hps.Exchange.PosGateway"
_IN = f"{{{NAMESPACE}}}"
_VERSION = f".//{_IN}PosResponse/{_IN}Ver1.0"
_SHOWN = 120
_MOST_LEVELS = 4
_FIRST_RECORD = re.compile(rb"<(Details|Transactions)>")


@dataclass(frozen=True)
class Reply:
    """The gateway's code and words, and the report it gave (nothing unless the code is 0)."""

    code: int
    words: str
    header: Mapping[str, str]
    report: Element | None
    apart: Records | None = None  # rows that were taken out of the report

    def rows(self, name: str) -> Sequence[Mapping[str, Any]]:
        """The repeated elements of that name as rows: 0, 1 or many, text by field; a nested field is a mapping."""
        if self.report is None:
            return ()
        if self.apart is not None and self.report.find(f"{_IN}{STAND_IN}[@{OF}='{name}']") is not None:
            return self.apart
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
    place = f"{_VERSION}/{_IN}Transaction/{_IN}{name}"
    root, records = read_xml_records(answer, "Portico", _FIRST_RECORD, place)
    version = root.find(_VERSION)
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
    return Reply(code, redacted(told.get("GatewayRspMsg", "")), told, report, records)


class _Names(dict[str, str]):
    """Names of elements without their namespace, each cut once."""

    def __missing__(self, tag: str) -> str:
        self[tag] = name = tag.rpartition("}")[2]
        return name


def _row(element: Element, names: _Names, levels: int = _MOST_LEVELS) -> dict[str, Any]:
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
