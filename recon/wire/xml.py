"""Answers in XML: read fast, and refused where they are pages, halves or carry a document type."""

from __future__ import annotations

import re

# Replies of many megabytes are read by the C parser, which is safe only behind `_refuse_document_type`.
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace

from defusedxml import DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from recon.frames.records import Records
from recon.wire.alike import STAND_IN, taken_apart
from recon.wire.bodies import is_page
from recon.wire.errors import Broken, Misunderstood
from recon.wire.port import Answer
from recon.wire.redaction import redacted

_CHUNK = 512
_SHOWN = 120


def read_xml(answer: Answer, service: str) -> ET.Element:
    """The root of the XML in an answer of the service, whatever its HTTP status. O(bytes).

    An error (HTTP status 400 and above) may be several elements side by side; they come under one named `pieces`.
    Raises: Broken for a page instead of XML, for half an answer and for an empty one; Misunderstood for a document
    type, which is an attack or a wrong address.
    """
    body = answer.body
    if not body.strip():
        raise Broken(f"{service} answered with nothing at all; try again later", status=answer.status)
    if is_page(body) or "text/html" in answer.headers.get("content-type", "").lower():
        raise _page(answer, service)
    _refuse_document_type(answer, service)
    try:
        return ET.fromstring(body)  # noqa: S314 (guarded by the line above)
    except ET.ParseError as cause:
        pieces = _pieces(body) if answer.status >= 400 else None
        if pieces is not None:
            return pieces
        raise Broken(
            f"{service}'s answer broke off or is no XML ({cause}); try again later",
            status=answer.status,
            begins=repr(redacted(body[:_SHOWN].decode("utf-8", "replace"))),
        ) from cause


def read_xml_records(
    answer: Answer, service: str, opening: re.Pattern[bytes], place: str
) -> tuple[ET.Element, Records | None]:
    """The root as `read_xml` gives it, and the records that begin where the pattern's group 1 names their element.

    Records that are all written alike, at the place (the path of the element around them), come as columns, and one
    element `STAND_IN` stands there for them, whose attribute `OF` is their name: no document can bring its own. Else
    they stand in the root as they came. Raises as `read_xml` does.
    """
    apart = taken_apart(answer.body, opening)
    if apart is not None:
        root = read_xml(replace(answer, body=apart.rest), service)
        around = root.find(f"{place}/{{*}}{STAND_IN}/..")
        if around is not None and not any(child.tag.rpartition("}")[2] == apart.name for child in around):
            return root, Records(apart.records)
    return read_xml(answer, service), None


def _page(answer: Answer, service: str) -> Broken:
    return Broken(
        f"{service} answered with a web page instead of XML; it is in trouble, or the address is not its interface's: "
        "try again later, then check the address",
        status=answer.status,
    )


def _pieces(body: bytes) -> ET.Element | None:
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


def _refuse_document_type(answer: Answer, service: str) -> None:
    """Raise unless the document has none: a document type stands before the root, or it is no XML."""
    target = _FirstElement()
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    try:
        for at in range(0, len(answer.body), _CHUNK):
            parser.feed(answer.body[at : at + _CHUNK])
            if target.begun:
                return
    except DTDForbidden as cause:
        if str(cause.name).lower() == "html":
            raise _page(answer, service) from cause
        raise Misunderstood(
            f"{service}'s XML holds a document type, which it never sends; check that nothing stands between this "
            "machine and it",
            status=answer.status,
        ) from cause
    except ET.ParseError:
        return  # the whole is parsed next, and says where it broke
