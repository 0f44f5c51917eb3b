"""Attachments of Intacct: looked up by id, and made of files before the first entry that names one."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Protocol

from recon.errors import RemoteError
from recon.intacct.asking import Compare, node, wrap
from recon.intacct.entries import Outcome, outcome_of
from recon.intacct.faults import NotDone
from recon.intacct.gateway import Function, XmlGateway, new_control_id
from recon.intacct.rest import RestApi
from recon.intacct.rest_writer import judged as rest_judged
from recon.intacct.xml_writer import judged as xml_judged

ATTACHMENT, FOLDER = "company-config/attachment", "company-config/folder"
_ABSENT = re.compile(r"(?:can|could) ?not (?:be found|find)|not found|does not exist|no such", re.I)


@dataclass(frozen=True)
class AttachedFile:
    """One file of an attachment."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Attachment:
    """An attachment to be made; Intacct knows it by its id, which is unique there."""

    id: str
    name: str
    folder: str  # stands in Intacct
    description: str
    files: tuple[AttachedFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(len(one.data) for one in self.files)


class Attachments(Protocol):
    """Either API of Intacct as a place where attachments are kept."""

    async def stands(self, number: str) -> bool:
        """True where the attachment with that id is there. Raises: RemoteError."""
        ...

    async def folder_stands(self, name: str) -> bool:
        """True where the folder for attachments is there. Raises: RemoteError."""
        ...

    async def create(self, attachment: Attachment) -> Outcome:
        """What came of making it. A second one with its id Intacct refuses: only `stands` tells whether it is there."""
        ...


class XmlAttachments:
    """Attachments through the older functions of the XML gateway; newer ones there are none.

    That a `get` of what is absent answers without a record, and not with an error, is unverified: both are read as
    absent.
    """

    def __init__(self, gateway: XmlGateway) -> None:
        self._gateway = gateway

    async def stands(self, number: str) -> bool:
        """True where the attachment with that id is there. Raises: RemoteError."""
        return await self._is_there("supdoc", "supdocid", number)

    async def folder_stands(self, name: str) -> bool:
        """True where the folder for attachments is there. Raises: RemoteError."""
        return await self._is_there("supdocfolder", "supdocfoldername", name)

    async def create(self, attachment: Attachment) -> Outcome:
        """What came of making it. Each try has a control id of its own: its id keeps it single.

        Raises: nothing remote; that is told in the outcome.
        """
        function = Function(wrap("create_supdoc", *_supdoc(attachment)), new_control_id())
        try:
            reply = await self._gateway.write(function)
        except RemoteError as fault:
            return outcome_of(fault)
        return xml_judged(reply.results[0], function, attachment.id)

    async def _is_there(self, kind: str, name: str, key: str) -> bool:
        # Without a list of fields the files themselves would come along.
        asked = wrap("get", wrap("fields", node("field", name)), object=kind, key=key)
        try:
            result = await self._gateway.ask_one(asked)
        except NotDone as fault:
            if fault.kind == "other" and any(_ABSENT.search(one.text) for one in fault.faults):
                return False
            raise
        return any(row.get(name.upper()) for row in result.rows)


def _supdoc(attachment: Attachment) -> Iterator[str]:
    """The elements of the vendor's example, in its order."""
    yield node("supdocid", attachment.id)
    yield node("supdocname", attachment.name)
    yield node("supdocfoldername", attachment.folder)
    yield node("supdocdescription", attachment.description)
    yield wrap("attachments", *(wrap("attachment", *_file(one)) for one in attachment.files))


def _file(file: AttachedFile) -> Iterator[str]:
    path = PurePath(file.name)
    yield node("attachmentname", path.stem)
    yield node("attachmenttype", path.suffix.removeprefix("."))
    yield node("attachmentdata", _base64(file))


def _base64(file: AttachedFile) -> str:
    return base64.b64encode(file.data).decode()


class RestAttachments:
    """Attachments as objects of the REST API.

    The vendor's schema calls the data of a file zipped, his examples send plain base64: which of them holds is
    unverified, and plain base64 is sent.
    """

    def __init__(self, api: RestApi) -> None:
        self._api = api

    async def stands(self, number: str) -> bool:
        """True where the attachment with that id is there. Raises: RemoteError."""
        return await self._is_there(ATTACHMENT, number)

    async def folder_stands(self, name: str) -> bool:
        """True where the folder for attachments is there. Raises: RemoteError."""
        return await self._is_there(FOLDER, name)

    async def create(self, attachment: Attachment) -> Outcome:
        """What came of making it; without an Idempotency-Key, under which Intacct would replay a refusal for two days.

        Raises: nothing remote; that is told in the outcome.
        """
        try:
            answer = await self._api.send("POST", f"/objects/{ATTACHMENT}", _body(attachment), repeatable=False)
            return rest_judged(answer, None)
        except RemoteError as fault:
            return outcome_of(fault)

    async def _is_there(self, name: str, number: str) -> bool:
        condition = Compare("id", "equal", (number,))
        found = await self._api.query(name, ("key", "id"), condition, order="key", skip=0, size=1)
        return bool(found.rows)


def _body(attachment: Attachment) -> dict[str, Any]:
    return {
        "id": attachment.id,
        "name": attachment.name,
        "folder": {"id": attachment.folder},
        "description": attachment.description,
        "files": [{"name": one.name, "data": _base64(one)} for one in attachment.files],
    }
