"""Many calls of REST in one: composite requests, lists of queries, and bulk jobs. Their answers' shape: unverified."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from email import message_from_bytes
from email.message import Message
from typing import Any

from recon.sandbox.intacct import rest_objects, rest_query
from recon.sandbox.intacct.failures import Failure, invalid
from recon.sandbox.intacct.rest_words import META, RESULT, RestCaller, Told, malformed, refused

_FEWEST, _MOST = 2, 10
_PARTS = {"method", "path", "body", "headers", "resultReference"}
_REFERENCE = re.compile(r"@\{([\w-]+)\.(\d+)\.([\w.]+)\}")
_OPERATIONS = ("create", "update", "delete")

Sub = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Any]]


def composite(asked: Any, ask: Sub) -> Told:
    """The answers of two to ten calls, one after the other up to the first that fails; what was done stays done.

    `ask` makes one call (method, path, headers, body) and gives its status and JSON. A call may name what an
    earlier one gave: `@{name.1.key}` is the key of the first record of the call with that resultReference.
    """
    if not isinstance(asked, list) or not _FEWEST <= len(asked) <= _MOST:
        raise malformed(f"a composite request is a list of {_FEWEST} to {_MOST} requests")
    results: dict[str, Any] = {}
    told: list[dict[str, Any]] = []
    for one in asked:
        if not isinstance(one, dict) or one.keys() - _PARTS or not {"method", "path"} <= one.keys():
            raise malformed(f"a request of a composite one has {', '.join(sorted(_PARTS))}")
        filled = json.loads(_REFERENCE.sub(lambda found: _named(results, found), json.dumps(one)))
        body = json.dumps(filled["body"]).encode() if "body" in filled else b""
        status, answer = ask(str(filled["method"]).upper(), str(filled["path"]), filled.get("headers") or {}, body)
        name = one.get("resultReference")
        if name:
            results[str(name)] = (answer or {}).get(RESULT)
        told.append({**(answer or {}), "ia::status": status, **({"resultReference": name} if name else {})})
        if status >= 400:
            break
    return _together(told, len(asked))


def _together(told: list[dict[str, Any]], asked: int) -> Told:
    failed = sum(one["ia::status"] >= 400 for one in told)
    meta = {"totalCount": asked, "totalSuccess": len(told) - failed, "totalError": failed}
    return Told(207 if failed else 200, {RESULT: told, META: meta})


def _named(results: Mapping[str, Any], found: re.Match[str]) -> str:
    """What a reference stands for, as it is written within a JSON text."""
    name, position, path = found.groups()
    given = results.get(name)
    records = given if isinstance(given, list) else [given]
    place: Any = records[int(position) - 1] if 1 <= int(position) <= len(records) else None
    for step in path.split("."):
        place = place.get(step) if isinstance(place, dict) else None
    if place is None:
        raise malformed(f"The reference {found.group()} names nothing that was answered before")
    return json.dumps(str(place))[1:-1]


def queries(caller: RestCaller, asked: list[Any]) -> Told:
    """The answers of several queries; each stands by itself, and one may fail without the others."""
    if not asked or not all(isinstance(one, dict) for one in asked):
        raise malformed("Payload is not a query, or a list of queries")
    told = []
    for one in asked:
        try:
            answer = rest_query.query(caller, one)
        except Failure as failure:
            answer = refused(failure)
        told.append({**answer.body, "ia::status": answer.status})
    return _together(told, len(asked))


def start_job(caller: RestCaller, content_type: str, body: bytes) -> Told:
    """The id of a bulk job: its records are made, changed or deleted at once, each by itself."""
    parts = _parts_of(content_type, body)
    asked = _json(parts.get("ia::requestBody"), "ia::requestBody")
    name, operation = str(asked.get("objectName", "")), asked.get("operation")
    if operation not in _OPERATIONS or asked.get("fileContentType") != "json" or not asked.get("jobFile"):
        raise malformed(f"operation is one of {', '.join(_OPERATIONS)}, fileContentType is json, jobFile is named")
    records = _json(parts.get("file"), "file")
    if not isinstance(records, list):
        raise malformed("the file is not a list of records")
    done = [_done(caller, name, operation, record) for record in records]
    failed = any(one["ia::status"] >= 400 for one in done)
    job = secrets.token_hex(8)
    row = {"jobid": job, "status": "failed" if failed else "completed", "results": json.dumps(done)}
    caller.world.insert("intacct_job", [row])
    return Told(202, {RESULT: {"jobId": job, "status": "queued"}})


def job_status(caller: RestCaller) -> Told:
    """Where a bulk job stands, and with `download=true` what became of each record."""
    job = caller.query.get("jobId", "")
    row = caller.world.one("SELECT status, results FROM intacct_job WHERE jobid = ?", (job,))
    if row is None:
        raise Failure(invalid(f"The job '{job}' is not available", error_id="REST-1044"), status=404)
    if caller.query.get("download") == "true":
        return Told(200, {RESULT: json.loads(row[1])})
    return Told(200, {RESULT: {"jobId": job, "status": row[0]}})


def _done(caller: RestCaller, name: str, operation: str, record: Any) -> dict[str, Any]:
    try:
        if operation == "create":
            told = rest_objects.create(caller, name, record)
        elif operation == "update":
            told = rest_objects.change(caller, name, "", record)
        else:
            told = rest_objects.delete(caller, name, str(record.get("key", "")) if isinstance(record, dict) else "")
    except Failure as failure:
        told = refused(failure)
    return {**((told.body or {}).get(RESULT) or {}), "ia::status": told.status}


def _parts_of(content_type: str, body: bytes) -> dict[str, bytes]:
    """The parts of a multipart body by name."""
    whole = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    if not whole.is_multipart():
        raise malformed("the body is no multipart/form-data")
    parts = [part for part in whole.get_payload() if isinstance(part, Message)]
    return {str(part.get_param("name", "", "content-disposition")): _bytes_of(part) for part in parts}


def _bytes_of(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _json(part: bytes | None, name: str) -> Any:
    if part is None:
        raise malformed(f"the part {name} is missing")
    try:
        return json.loads(part, parse_float=str)
    except ValueError as cause:
        raise malformed(f"the part {name} is not JSON") from cause
