"""Corrections as rows of the database, and the digest by which the trail knows how each one stands."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, replace
from typing import Any

import msgspec
from sqlalchemy import RowMapping

from recon.errors import InvariantBroken, TrailBroken
from recon.identity import digest_fields
from recon.lifecycle import Act, Attempt, Content, Correction, Hold
from recon.state.tables import attempt, correction, revision
from recon.trail import moment_text, plain

_OWN = tuple(name for name in correction.columns.keys() if not name.startswith("hold_"))  # noqa: SIM118 - no mapping
_REVISED = tuple(name for name in revision.columns.keys() if name not in ("content", "digest", "at"))  # noqa: SIM118
_LISTS = ("variance_ids", "rule_authors", "edited_by", "logins", "line_ids", "seen")
_UNTOLD = ("by", "content", "explanation", "variance_ids", "digest")  # of an act: who, and what the digest says


def correction_row(one: Correction) -> dict[str, Any]:
    """The columns of `correction`."""
    hold = {"hold_kind": one.hold.kind if one.hold else None, "hold_reason": one.hold.reason if one.hold else None}
    return {**_told(one, _OWN), **hold}


def revision_row(one: Correction, at: dt.datetime) -> dict[str, Any]:
    """The columns of `revision`: the content as it stands now, and who proposed it."""
    content = msgspec.json.encode(one.content).decode()
    return {**_told(one, _REVISED), "content": content, "digest": one.digest, "at": moment_text(at)}


def _told(one: Correction, names: Iterable[str]) -> dict[str, Any]:
    """The fields of those names, lists as JSON."""
    said = {name: getattr(one, name) for name in names}
    return {**said, **{name: json.dumps(said[name], ensure_ascii=False) for name in _LISTS if name in said}}


def attempt_row(one: Correction, sent: Attempt) -> dict[str, Any]:
    """The columns of `attempt`."""
    times = {"sent_at": moment_text(sent.sent_at), "deadline": moment_text(sent.deadline)}
    return {"identity": one.identity, "number": sent.number, "key": one.key, "asks": sent.asks, **times}


def correction_of(row: RowMapping) -> Correction:
    """The correction of a joined row. Raises: TrailBroken where somebody changed it so that it cannot be read."""
    try:
        said: dict[str, Any] = {name: row[name] for name in (*_OWN, *_REVISED)}
        said |= {name: tuple(json.loads(row[name])) for name in _LISTS}
        said["content"] = content_of(row)
        said["hold"] = Hold(row["hold_kind"], row["hold_reason"]) if row["hold_kind"] else None
        return Correction(**said, attempt=_attempt_of(row))
    except (ValueError, TypeError) as cause:
        raise _unreadable(row) from cause


def content_of(row: RowMapping) -> Content:
    """The content of a revision. Raises: TrailBroken where somebody changed it so that it cannot be read."""
    try:
        return msgspec.json.decode(row["content"], type=Content)
    except (msgspec.MsgspecError, InvariantBroken) as cause:
        raise _unreadable(row) from cause


def _unreadable(row: RowMapping) -> TrailBroken:
    return TrailBroken(
        "a correction was changed in the database by hand and cannot be read: restore it from a backup",
        identity=row["identity"],
    )


def _attempt_of(row: RowMapping) -> Attempt | None:
    if row["attempt_number"] is None:
        return None
    sent, deadline = (dt.datetime.fromisoformat(row[name]) for name in ("attempt_sent_at", "attempt_deadline"))
    return Attempt(row["attempt_number"], sent, deadline, row["attempt_asks"])


ATTEMPT_COLUMNS = [column.label(f"attempt_{column.key}") for column in attempt.columns if column.key != "identity"]


def cleaned(one: Correction) -> Correction:
    """The correction with every text as a database can keep it: a ledger's answer may hold any character."""
    texts = {field.name: getattr(one, field.name) for field in fields(one)}
    changed: dict[str, Any] = {name: plain(text) for name, text in texts.items() if isinstance(text, str)}
    hold = replace(one.hold, reason=plain(one.hold.reason)) if one.hold else None
    return replace(one, **changed, hold=hold)


def stands(one: Correction) -> str:
    """SHA-256 in hex over everything that the database keeps of the correction; written into its last event.

    A field at its default is left out: one that a later version adds does not change the digests of this one.
    """
    said = {}
    for field in fields(one):
        value = getattr(one, field.name)
        if field.default is MISSING or value != field.default:
            said[field.name] = one.digest if field.name == "content" else msgspec.to_builtins(_in_utc(value))
    texts = (text for name in sorted(said) for text in (name, json.dumps(said[name], sort_keys=True)))
    return digest_fields(texts).hex()


def _in_utc(value: Any) -> Any:
    """An attempt with its times as they are kept; anything else as it is."""
    if not isinstance(value, Attempt):
        return value
    return [value.number, moment_text(value.sent_at), moment_text(value.deadline), value.asks]


def told(act: Act) -> dict[str, str]:
    """What the trail says of an act beside who, and beside the state before and after."""
    said = {field.name: getattr(act, field.name) for field in fields(act) if field.name not in _UNTOLD}
    return {
        name: ", ".join(value) if isinstance(value, tuple) else _said(value)
        for name, value in said.items()
        if value is not None
    }


def row_digest(row: Mapping[str, Any]) -> str:
    """SHA-256 in hex over a row that is appended and never changed; written into its event.

    A column without a value is left out: one that a later version adds does not change the digests of this one.
    """
    said = {name: str(value) for name, value in row.items() if value is not None}
    return digest_fields(text for name in sorted(said) for text in (name, said[name])).hex()


def _said(value: object) -> str:
    return moment_text(value) if isinstance(value, dt.datetime) else str(value)
