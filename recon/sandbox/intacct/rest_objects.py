"""The objects of REST: lists, details, and journal entries that are made, changed and deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

from recon.sandbox.intacct import attachments
from recon.sandbox.intacct.failures import Failure, Reason, invalid, not_created, unknown_object
from recon.sandbox.intacct.kinds import MONEY, read_day
from recon.sandbox.intacct.objects import BY_REST, Thing
from recon.sandbox.intacct.posting import (
    CREDIT,
    DEBIT,
    DIMENSIONS,
    NewEntry,
    NewLine,
    erase,
    post,
    repost,
    stored,
    stored_lines,
)
from recon.sandbox.intacct.rest_query import as_rows, shown, thing_named
from recon.sandbox.intacct.rest_words import META, RESULT, RestCaller, Told, malformed, nested, refused
from recon.sandbox.intacct.search import Condition, Search, both, found, of_entity

ENTRY, LINE = "general-ledger/journal-entry", "general-ledger/journal-entry-line"
_MOST = 500
_PAGE = 100
_SIDES = {"debit": DEBIT, "credit": CREDIT}
_HEADER = {"glJournal", "postingDate", "description", "lines", "automaticReversalDate", "referenceNumber",
           "baseLocation", "attachment", "state"}  # fmt: skip
_DRAFT_ALONE = "State must be draft or not included in the request."
_READ_ONLY = {"key", "id", "href", "txnNumber", "moduleName", "reversedBy", "reversedFromDate", "balance", "webURL",
              "sequenceNumber", "txnSource", "audit"}  # fmt: skip
_LINE_KEYS = {"key", "txnType", "txnAmount", "glAccount", "documentId", "description", "dimensions", "currency",
              "allocation", "isBillable", "numberOfUnits"}  # fmt: skip


def listed(caller: RestCaller, name: str) -> Told:
    """Keys, ids and addresses of an object's records, a hundred at a time."""
    thing, of_definition = thing_named(caller, name)
    start, size = (_whole(caller.query.get(word), least) for word, least in (("start", 1), ("size", _PAGE)))
    names = ["key", "id", "href"]
    condition = both("AND", [of_entity(thing, caller.entity, shows_private=False), of_definition])
    columns = [shown(thing.rest_fields[one]) for one in names]
    total, page = found(
        caller.world, Search(thing, columns, condition, limit=min(size, _PAGE), offset=max(start, 1) - 1)
    )
    following = start + size if start + size <= total else None
    meta = {"totalCount": total, "start": start, "pageSize": size, "next": following, "previous": None}
    return Told(200, {RESULT: [dict(zip(names, row, strict=True)) for row in page], META: meta})


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() and int(text) else otherwise


def read(caller: RestCaller, name: str, keys: str) -> Told:
    """The details of the record with the key, or of those with the keys."""
    thing, _ = thing_named(caller, name)
    wanted = [_key(key) for key in keys.split(",")]
    rows = _details(caller, thing, wanted)
    if len(rows) < len(wanted):
        raise Failure(invalid(f"Cannot find {name} with key '{keys}'", error_id="REST-1044"), status=404)
    meta = {"totalCount": len(rows), "totalSuccess": len(rows), "totalError": 0}
    return Told(200, {RESULT: rows if "," in keys else rows[0], META: meta})


def _key(text: str) -> int:
    if not text.strip().isdigit():
        raise Failure(invalid(f"'{text}' is no key", error_id="REST-1044"), status=404)
    return int(text)


def _details(caller: RestCaller, thing: Thing, keys: Sequence[int]) -> list[dict[str, Any]]:
    chosen = Condition(f"{thing.key} IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),))  # noqa: S608
    return _nested_rows(caller, thing, both("AND", [chosen, of_entity(thing, caller.entity, shows_private=True)]))


def _nested_rows(caller: RestCaller, thing: Thing, condition: Condition) -> list[dict[str, Any]]:
    names = list(thing.rest_fields)
    columns = [shown(field) for field in thing.rest_fields.values()]
    page = found(caller.world, Search(thing, columns, condition, limit=-1))[1]
    rows = [nested(list(row), list(row.values())) for row in as_rows(names, thing.rest_fields, page)]
    if thing.xml == "GLBATCH":
        for row in rows:
            row["lines"] = _nested_rows(caller, BY_REST[LINE], Condition("l.batchkey = ?", (row["key"],)))
    return rows


def model(caller: RestCaller) -> Told:
    """What the object of the name in the query looks like."""
    name = caller.query.get("name", "")
    thing, _ = thing_named(caller, name.removeprefix("objects/"))
    fields = {
        field: {"type": one.kind.rest_type.removesuffix("-time"), "format": one.kind.rest_type, "readOnly": False}
        for field, one in thing.rest_fields.items()
    }
    methods = ["GET", "POST", "PATCH", "DELETE"] if name.endswith(ENTRY) else ["GET"]
    facts = {"apiObject": name, "type": "object", "httpMethods": ", ".join(methods), "fields": fields}
    return Told(200, {RESULT: {**facts, "idempotenceSupported": name.endswith(ENTRY)}, META: {"totalCount": 1}})


def create(caller: RestCaller, name: str, asked: Any) -> Told:
    """The keys of the entries that were made: one, or each of a list; or of the one attachment or folder."""
    if name in attachments.BY_REST and isinstance(asked, dict):
        with _wrapped("POST", name), caller.world.transaction():
            key, number = attachments.BY_REST[name](caller.world, caller.user, asked)
        told = {"key": str(key), "id": number, "href": f"/objects/{name}/{key}"}
        return Told(201, {RESULT: told, META: {"totalCount": 1, "totalSuccess": 1, "totalError": 0}})
    _check_writable(caller, name)

    def made(one: Mapping[str, Any]) -> int:
        with _wrapped("POST", name):
            return post(caller.world, entry_of(one), entity=caller.entity, user=caller.user)

    return _keys_told(_each(caller, asked, made), 201, asked)


def change(caller: RestCaller, name: str, key: str, asked: Any) -> Told:
    """The key of the entry that was changed: header fields and lines with a key; a line without one is added."""
    _check_writable(caller, name)

    def changed(one: Mapping[str, Any]) -> int:
        number = _key(key or str(one.get("key", "")))
        with _wrapped("PATCH", name):
            entry = _merged(caller, number, one)
            repost(caller.world, number, entry, entity=caller.entity, user=caller.user)
        return number

    return _keys_told(_each(caller, asked, changed), 200, asked)


@contextmanager
def _wrapped(method: str, name: str) -> Iterator[None]:
    """What the business refuses is told in one sentence, with its reasons as details."""
    try:
        yield
    except Failure as failure:
        if failure.status != 422:
            raise
        text = f"{method} request on objects/{name} object was unsuccessful"
        head = Reason("BL01001973", text, error_id="REST-7001", code="operationFailed")
        raise Failure(*failure.reasons, head, status=422) from failure


def delete(caller: RestCaller, name: str, keys: str) -> Told:
    """Nothing; the entries are gone."""
    _check_writable(caller, name)
    with caller.world.transaction():
        for key in keys.split(","):
            erase(caller.world, _key(key), entity=caller.entity)
    return Told(204)


def _check_writable(caller: RestCaller, name: str) -> None:
    thing_named(caller, name)
    if name != ENTRY:
        if name not in BY_REST:
            raise unknown_object(name)
        raise Failure(Reason("PL04000005", f"The method is not supported for {name}", error_id="REST-1031"), status=405)


def _each(caller: RestCaller, asked: Any, done: Callable[[Mapping[str, Any]], int]) -> list[int | Failure]:
    """What became of each record; with the header of a transaction, all of them or none."""
    every = asked if isinstance(asked, list) else [asked]
    if not 1 <= len(every) <= _MOST or not all(isinstance(one, dict) for one in every):
        raise malformed(f"Payload is not one object, or a list of 1 to {_MOST}")
    together = caller.headers.get("x-ia-api-param-transaction", "").lower() == "true" or len(every) == 1
    found: list[int | Failure] = []
    with caller.world.transaction():
        for one in every:
            try:
                with caller.world.transaction():
                    found.append(done(one))
            except Failure as failure:
                if together:
                    raise
                found.append(failure)
    return found


def _keys_told(made: list[int | Failure], status: int, asked: Any) -> Told:
    failed = sum(isinstance(one, Failure) for one in made)
    meta = {"totalCount": len(made), "totalSuccess": len(made) - failed, "totalError": failed}
    told = [refused(one).body[RESULT] if isinstance(one, Failure) else _reference(one) for one in made]
    if not isinstance(asked, list):
        return Told(status, {RESULT: told[0], META: meta})
    for one, facts in zip(made, told, strict=True):
        facts["ia::status"] = one.status if isinstance(one, Failure) else status
    return Told(207 if failed else status, {RESULT: told, META: meta})


def _reference(key: int) -> dict[str, Any]:
    return {"key": str(key), "id": str(key), "href": f"/objects/{ENTRY}/{key}"}


def entry_of(asked: Mapping[str, Any]) -> NewEntry:
    """The entry that a payload describes.

    Raises: Failure for what is missing, read-only or unknown, or has no such value.
    """
    _check_keys(asked, _HEADER)
    for name in ("glJournal", "postingDate", "description", "lines"):
        if not asked.get(name):
            raise not_created("GLBatch", [invalid(f"Required field '{name}' is missing.", error_id="REST-1064")])
    state = asked.get("state")
    if state not in (None, "draft"):
        raise not_created("GLBatch", [invalid(_DRAFT_ALONE)])
    known: Literal["Posted", "Draft"] = "Draft" if state else "Posted"
    return NewEntry(lines=tuple(_line(one) for one in asked["lines"]), state=known, **_header(asked))


def _merged(caller: RestCaller, number: int, asked: Mapping[str, Any]) -> NewEntry:
    """The stored entry with the changes of a payload in it."""
    before = stored(caller.world, number)
    _check_keys({name: value for name, value in asked.items() if name != "key"}, _HEADER)
    lines = {line.key: line for line in stored_lines(caller.world, number)}
    added = []
    for one in asked.get("lines") or ():
        if one.get("key"):
            key = _key(str(one["key"]))
            if key not in lines:
                raise Failure(invalid(f"Cannot find {LINE} with key '{key}'", error_id="REST-1044"), status=404)
            changes = {name: value for name, value in one.items() if name != "key"}
            lines[key] = replace(_line({**_as_payload(lines[key]), **changes}), key=key)
        else:
            added.append(_line(one))
    if "keeps_drafts" in caller.faults and asked.get("state") not in (None, "draft"):
        raise not_created("GLBatch", [invalid(_DRAFT_ALONE)])
    state = {"posted": "Posted", "draft": "Draft"}.get(str(asked.get("state", before.state)).lower())
    if state is None:
        raise not_created("GLBatch", [invalid(f"The state '{asked['state']}' is not valid.")])
    known: Literal["Posted", "Draft"] = "Posted" if state == "Posted" else "Draft"
    header = _header(asked)
    header["more"] = {**before.more, **header.get("more", {})}
    return replace(before, lines=(*lines.values(), *added), state=known, **header)


def _header(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a payload says of an entry besides its lines and its state, by the fields of `NewEntry`."""
    found: dict[str, Any] = {}
    for field, (name, read_from) in _READ_FROM.items():
        if asked.get(name):
            found[field] = read_from(asked, name)
    return found


def _as_payload(line: NewLine) -> dict[str, Any]:
    named = {column: column.removesuffix("id") for column in DIMENSIONS}
    return {
        "txnType": "debit" if line.tr_type == DEBIT else "credit",
        "txnAmount": f"{line.cents // 100}.{line.cents % 100:02d}",
        "glAccount": {"id": line.account},
        "documentId": line.document,
        "description": line.description,
        "currency": {"txnCurrency": line.currency},
        "dimensions": {named[column]: {"id": value} for column, value in line.dimensions.items()},
    }


def _check_keys(asked: Mapping[str, Any], known: set[str]) -> None:
    for name in asked:
        if name in _READ_ONLY:
            raise malformed(f"The field {name} is read only", "REST-1050")
        if name not in known:
            raise malformed(f"The field {name} is not valid", "REST-1043")


def _id(asked: Mapping[str, Any], name: str) -> str:
    """The id (or the key) that a reference holds; an empty one is refused."""
    reference = asked.get(name)
    text = (reference.get("id") or reference.get("key")) if isinstance(reference, dict) else None
    if not text:
        raise malformed(f"The reference {name} is not valid")
    return str(text)


def _line(asked: Mapping[str, Any]) -> NewLine:
    unknown = sorted(asked.keys() - _LINE_KEYS)
    if unknown:
        raise malformed(f"The field lines.{unknown[0]} is not valid", "REST-1043")
    dimensions = asked.get("dimensions") or {}
    named = {column.removesuffix("id"): column for column in DIMENSIONS}
    foreign = sorted(dimensions.keys() - named.keys())
    if foreign:
        raise malformed(f"The field dimensions.{foreign[0]} is not valid", "REST-1043")
    currency = asked.get("currency") or {}
    return NewLine(
        account=_id(asked, "glAccount"),
        tr_type=_SIDES.get(str(asked.get("txnType")), 0),
        cents=_cents(asked.get("txnAmount")),
        document=str(asked.get("documentId") or ""),
        description=str(asked.get("description") or ""),
        currency=str(currency.get("txnCurrency") or ""),
        dimensions={named[name]: _id(dimensions, name) for name in dimensions},
    )


def _day(text: Any) -> str:
    try:
        return read_day(str(text))
    except ValueError as cause:
        raise malformed(f"'{text}' is no date") from cause


_READ_FROM: Mapping[str, tuple[str, Callable[[Mapping[str, Any], str], Any]]] = {
    "journal": ("glJournal", _id),
    "day": ("postingDate", lambda asked, name: _day(asked[name])),
    "title": ("description", lambda asked, name: str(asked[name])),
    "reference": ("referenceNumber", lambda asked, name: str(asked[name])),
    "reverse_day": ("automaticReversalDate", lambda asked, name: _day(asked[name])),
    "base_location": ("baseLocation", _id),
    "more": ("attachment", lambda asked, name: {"supdocid": _id(asked, name)}),
}


def _cents(text: Any) -> int:
    try:
        return int(str(MONEY.read(str(text))))
    except ValueError as cause:
        raise malformed(f"'{text}' is no amount") from cause
