"""Decisions as rows: what a person wants, what a row must say, and its one line of text."""

from __future__ import annotations

import codecs
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from recon.errors import ConfigError
from recon.frames import CANONICAL_FRAMES, blank
from recon.identity import digest_fields

ACTIONS = ("match", "unmatch", "reject", "accept", "note", "assign")
_PAIRED = ("match", "unmatch", "reject")  # say something about lines of both sides
_EXPLAINED = ("accept", "note", "assign")  # nothing without a note
SCHEMA = CANONICAL_FRAMES["decisions"]
FIELDS = tuple(SCHEMA.column_names())
LISTS = ("expected_line_ids", "actual_line_ids")
_NEEDED = ("decision_id", "decided_at", "decided_by", "action")
_TICK = dt.timedelta(microseconds=1)
Row = dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """What a person wants to have decided, before it has an id, a time and a name."""

    action: str
    expected: tuple[str, ...] = ()
    actual: tuple[str, ...] = ()
    note: str | None = None
    undoes: str | None = None


class DecisionStore(Protocol):
    """Where decisions are kept: a file of the workspace, or a database."""

    def read(self) -> pl.DataFrame:
        """DECISIONS, in the order in which they were made. Raises: ConfigError for what cannot be understood."""
        ...

    def record(self, wish: Wish) -> str:
        """The id under which the decision is kept from now on. Raises: ConfigError for one that says nothing."""
        ...


@dataclass(frozen=True)
class Author:
    """Who decides, and by which clock."""

    who: Callable[[], str]
    now: Callable[[], dt.datetime]


def new_row(wish: Wish, rows: Sequence[Mapping[str, Any]], author: Author) -> Row:
    """The decision as it is kept after the rows; one that takes another back repeats what that one said.

    Raises: ConfigError for a decision that says nothing, or takes back what does not hold any more.
    """
    _refuse_undone(wish, rows)
    before = next((one for one in rows if one["decision_id"] == wish.undoes), None)
    # Decisions follow each other by their time: a clock that was set back must not turn them round.
    last = max((one["decided_at"] for one in rows), default=None)
    now = author.now().astimezone(dt.UTC)
    said: dict[str, Any] = {
        "decided_at": now if last is None else max(now, last + _TICK),
        "decided_by": author.who(),
        "action": before["action"] if before else wish.action,
        "expected_line_ids": before["expected_line_ids"] if before else sorted(set(wish.expected)),
        "actual_line_ids": before["actual_line_ids"] if before else sorted(set(wish.actual)),
        "note": wish.note,
        "undoes": wish.undoes,
    }
    name = digest_fields([str(len(rows)), *(json.dumps(_plain(value)) for value in said.values())]).hex()[:8]
    row = {"decision_id": f"D-{name}", **said}
    problems = row_problems(row, "this decision", {one["decision_id"]: one for one in rows})
    if problems:
        raise ConfigError("nothing was decided", tuple(problems))
    return row


def _refuse_undone(wish: Wish, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise ConfigError if a decision is taken back that does not hold any more."""
    taken_back: dict[str, str] = {}
    for row in reversed(rows):
        if row["undoes"] and row["decision_id"] not in taken_back:
            taken_back[row["undoes"]] = row["decision_id"]
    if wish.undoes in taken_back:
        by = taken_back[wish.undoes]
        raise ConfigError(f"{wish.undoes} is taken back already; to restore it: recon decide undo {by}")


def line_of(row: Mapping[str, Any]) -> str:
    """The decision as one line of JSON: equal decisions are equal text."""
    return json.dumps({name: _plain(row[name]) for name in FIELDS}, ensure_ascii=False)


def content_digest(rows: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 in hex over the lines of the decisions: the same in a file and in a database."""
    return hashlib.sha256("".join(f"{line_of(row)}\n" for row in rows).encode()).hexdigest()


def _plain(value: object) -> object:
    return value.isoformat(timespec="microseconds") if isinstance(value, dt.datetime) else value


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of decisions, times in UTC.

    Raises: ConfigError with every fault of the file at once: its row, field and value, and the mend.
    """
    return rows_of(path.read_bytes(), path)


def rows_of(data: bytes, path: Path) -> list[Row]:
    """The rows of a file of decisions by its bytes. Raises: as `read_lines` does."""
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    problems: list[str] = []
    rows: dict[str, dict[str, Any]] = {}
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{path.name}, row {n}"
        row = _object(line, place, problems, is_torn=n == len(lines))
        found = [] if row is None else row_problems(row, place, rows)
        problems += found
        if row is not None and not found:
            rows[row["decision_id"]] = row
    refuse(problems, path)
    return [*rows.values()]


def refuse(problems: Sequence[str], path: Path) -> None:
    """Raise ConfigError with every problem of the file, if there is one."""
    if problems:
        raise ConfigError(f"the decisions in {path} cannot be used; nothing was changed", tuple(problems))


def _object(line: bytes, place: str, problems: list[str], *, is_torn: bool) -> dict[str, Any] | None:
    """The object of one line; None, and the problem, where there is none."""
    try:
        row = json.loads(line.decode())
    except (json.JSONDecodeError, UnicodeDecodeError) as cause:
        why = (
            "the line was cut off while it was written, and its decision was never confirmed: remove the line and "
            "decide again; the rows before it are whole"
            if is_torn
            else f"no JSON object in UTF-8 ({cause}): restore the line from a backup"
        )
        problems.append(f"{place}: {why}")
        return None
    if not isinstance(row, dict):
        problems.append(f"{place}: {line.decode().strip()[:40]!r} is no JSON object: remove it")
        return None
    return row


def row_problems(row: dict[str, Any], place: str, before: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Everything that is wrong with one row, given the rows before it; reads its time in place."""
    wrong = [f"{place}: unknown field {name!r}; known are {', '.join(FIELDS)}" for name in row if name not in FIELDS]
    wrong += [f"{place}: the field {name!r} is missing" for name in _NEEDED if not row.get(name)]
    for name in (*_NEEDED, "note", "undoes"):
        if not isinstance(row.get(name), str | dt.datetime | None):
            wrong.append(f"{place}: {name} {row[name]!r} is no text")
    for name in LISTS:
        ids = row[name] = [] if row.get(name) is None else row[name]
        if not isinstance(ids, list) or not all(isinstance(one, str) and one.strip() for one in ids):
            wrong.append(f"{place}: {name} {ids!r} is no list of line ids")
    for name in ("note", "undoes"):
        row.setdefault(name, None)
    if wrong:
        return wrong
    return [*_time_problems(row, place), *_meaning_problems(row, place, before)]


def _time_problems(row: dict[str, Any], place: str) -> list[str]:
    value = row["decided_at"]
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return [f"{place}: decided_at {value!r} is no time; write it as 2026-10-03T14:05:00+00:00"]
        if value.tzinfo is None:
            return [
                f"{place}: decided_at {row['decided_at']!r} has no time zone; write it as 2026-10-03T14:05:00+00:00"
            ]
        row["decided_at"] = value.astimezone(dt.UTC)
    return []


def _meaning_problems(row: Mapping[str, Any], place: str, before: Mapping[str, Mapping[str, Any]]) -> list[str]:
    action = row["action"]
    if action not in ACTIONS:
        return [f"{place}: action {action!r} is none of {', '.join(ACTIONS)}"]
    wrong = []
    if row["decision_id"] in before:
        wrong.append(f"{place}: decision_id {row['decision_id']!r} stands twice: remove the copy")
    undone = before.get(row["undoes"] or "")
    if row["undoes"] and undone is None:
        wrong.append(f"{place}: undoes {row['undoes']!r}, which is no decision before it; see: recon decide list")
    if undone is not None and undone["decided_at"] > row["decided_at"]:
        wrong.append(f"{place}: decided_at {row['decided_at'].isoformat()} is before the decision that it undoes")
    if row["undoes"]:
        return wrong
    lacking = [name for name in LISTS if not row[name]]
    if action in _PAIRED and lacking:
        wrong += [f"{place}: {name} is empty; {action} names lines of both sides" for name in lacking]
    elif len(lacking) == len(LISTS):
        wrong.append(f"{place}: {action} names no line; give an expected or an actual one")
    if action in _EXPLAINED and not (row["note"] or "").strip():
        what = "to whom" if action == "assign" else "why" if action == "accept" else "what"
        wrong.append(f"{place}: note is empty; {action} says {what} in it")
    return wrong


def framed(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """DECISIONS of the rows, in their order."""
    return SCHEMA.validate(pl.DataFrame([*rows], schema=blank(SCHEMA).schema), cast=True)
