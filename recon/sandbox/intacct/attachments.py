"""Attachments and their folders: looked up and made through the older functions of XML, and made through REST."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from recon.sandbox.intacct.failures import check_may, invalid, not_created, unknown_object
from recon.sandbox.intacct.records import add, stands_already
from recon.sandbox.intacct.rest_words import malformed
from recon.sandbox.intacct.xml_words import Caller, data, element, elements, needed, said
from recon.sandbox.world import World

_LONGEST_ID = 20
_KEYS = {"id", "name", "folder", "description", "files"}


def _get(caller: Caller, asked: Element) -> str:
    """The record with the key; data without one where there is none, which no document says: unverified."""
    kind, key = asked.get("object", ""), asked.get("key", "")
    check_may(caller.faults, f"GET on objects of type {kind}")
    columns = _COLUMNS.get(kind)
    if columns is None:
        raise unknown_object(kind)
    table, ident, facts = columns
    row = caller.world.one(f"SELECT {', '.join(facts.values())} FROM {table} WHERE {ident} = ?", (key,))  # noqa: S608
    wanted = {one.text for one in asked.iterfind("fields/field")} or set(facts)
    if row is None:
        return data("", listtype=kind, count=0)
    told = {name: value or "" for name, value in zip(facts, row, strict=True) if name in wanted}
    return data(f"<{kind}>{elements(told)}</{kind}>", listtype=kind, count=1)


_COLUMNS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "supdoc": (
        "intacct_attachment", "supdocid",
        {"supdocid": "supdocid", "supdocname": "supdocname", "folder": "folder", "description": "description"},
    ),
    "supdocfolder": (
        "intacct_folder", "name", {"name": "name", "supdocfoldername": "name", "description": "description"},
    ),
}  # fmt: skip


def _create_supdoc(caller: Caller, asked: Element) -> str:
    check_may(caller.faults, "CREATE on objects of type supdoc")
    files = [
        (f"{needed(one, 'attachmentname')}.{needed(one, 'attachmenttype')}", needed(one, "attachmentdata"))
        for one in asked.iterfind("attachments/attachment")
    ]
    number = needed(asked, "supdocid")
    facts = {
        "supdocid": number,
        "supdocname": needed(asked, "supdocname"),
        "folder": needed(asked, "supdocfoldername"),
        "description": said(asked, "supdocdescription"),
    }
    _attach(caller.world, caller.user, facts, files)
    return element("key", number)


def _create_supdocfolder(caller: Caller, asked: Element) -> str:
    check_may(caller.faults, "CREATE on objects of type supdocfolder")
    name = needed(asked, "supdocfoldername")
    _add_folder(caller.world, caller.user, name, said(asked, "supdocfolderdescription"))
    return element("key", name)


def _post_attachment(world: World, user: str, asked: Mapping[str, Any]) -> tuple[int, str]:
    for name in sorted(asked.keys() - _KEYS):
        raise malformed(f"The field {name} is not valid", "REST-1043")
    if not asked.get("id"):
        raise not_created("supdoc", [invalid("Required field 'id' is missing.", error_id="REST-1064")])
    folder = asked.get("folder")
    named = str(folder.get("id") or "") if isinstance(folder, dict) else ""
    files = [(str(one.get("name") or ""), str(one.get("data") or "")) for one in asked.get("files") or ()]
    facts = {
        "supdocid": str(asked["id"]),
        "supdocname": str(asked.get("name") or ""),
        "folder": named,
        "description": str(asked.get("description") or ""),
    }
    return _attach(world, user, facts, files), facts["supdocid"]


def _post_folder(world: World, user: str, asked: Mapping[str, Any]) -> tuple[int, str]:
    name = str(asked.get("id") or "")
    if not name:
        raise not_created("supdocfolder", [invalid("Required field 'id' is missing.", error_id="REST-1064")])
    return _add_folder(world, user, name, str(asked.get("description") or "")), name


def _attach(world: World, user: str, facts: Mapping[str, str], files: Sequence[tuple[str, str]]) -> int:
    """The record number of the attachment, once it is kept.

    Raises: Failure where its id is too long or stands already, its folder does not stand, or a file is none.
    """
    number, folder = facts["supdocid"], facts["folder"]
    if len(number) > _LONGEST_ID:
        raise not_created("supdoc", [invalid(f"The attachment ID '{number}' is longer than {_LONGEST_ID} characters.")])
    if world.one("SELECT 1 FROM intacct_attachment WHERE supdocid = ?", (number,)):
        raise not_created("supdoc", [stands_already("Attachment", number)])
    if not world.one("SELECT 1 FROM intacct_folder WHERE name = ?", (folder,)):
        raise not_created("supdoc", [invalid(f"Attachment folder '{folder}' is not valid.")])
    sizes = {name: _size(name, text) for name, text in files}
    return add(world, user, "intacct_attachment", {**facts, "files": json.dumps(sizes)})


def _size(name: str, text: str) -> int:
    """Bytes of a file of which the base64 is given."""
    try:
        return len(base64.b64decode(text, validate=True))
    except binascii.Error as cause:
        raise not_created("supdoc", [invalid(f"The data of file '{name}' is not base64.")]) from cause


def _add_folder(world: World, user: str, name: str, description: str) -> int:
    if world.one("SELECT 1 FROM intacct_folder WHERE name = ?", (name,)):
        raise not_created("supdocfolder", [stands_already("Attachment folder", name)])
    return add(world, user, "intacct_folder", {"name": name, "description": description})


BY_XML: Mapping[str, Callable[[Caller, Element], str]] = {
    "get": _get,
    "create_supdoc": _create_supdoc,
    "create_supdocfolder": _create_supdocfolder,
}
BY_REST: Mapping[str, Callable[[World, str, Mapping[str, Any]], tuple[int, str]]] = {
    "company-config/attachment": _post_attachment,
    "company-config/folder": _post_folder,
}
