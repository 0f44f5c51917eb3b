"""People's decisions where they are kept: one JSON object a line, appended, never rewritten."""

from __future__ import annotations

import codecs
import datetime as dt
import getpass
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from recon.canonical import SourceFileFact
from recon.errors import ConfigError
from recon.frames import CANONICAL_FRAMES, complete
from recon.identity import digest_fields
from recon.locks import held

FILE = "decisions.jsonl"
ACTIONS = ("match", "unmatch", "reject", "accept", "note", "assign")
_PAIRED = ("match", "unmatch", "reject")  # say something about lines of both sides
_EXPLAINED = ("accept", "note", "assign")  # nothing without a note
_SCHEMA = CANONICAL_FRAMES["decisions"]
_FIELDS = tuple(_SCHEMA.column_names())
_LISTS = ("expected_line_ids", "actual_line_ids")
_NEEDED = ("decision_id", "decided_at", "decided_by", "action")
_PATIENCE_S = 10
_TICK = dt.timedelta(microseconds=1)


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
class DecisionFile:
    """Decisions in `decisions.jsonl`; fulfils DecisionStore. A line that was written is never changed."""

    path: Path
    who: Callable[[], str]
    now: Callable[[], dt.datetime]

    def read(self) -> pl.DataFrame:
        """DECISIONS of the file, none if there is no file. Raises: ConfigError naming file, row, field and value."""
        return _framed(read_lines(self.path)) if self.path.is_file() else _SCHEMA.create_empty()

    def record(self, wish: Wish) -> str:
        """The id of the decision, after its line has reached the disk.

        Raises: ConfigError for a decision that says nothing, for a file that is damaged, or that cannot be
            written (then it is as it was before); LockHeld if another process keeps the file.
        """
        lock = self.path.with_name(f".{self.path.name}.lock")
        refusal = "another process is writing decisions; try again"
        with held(lock, refusal, patience_seconds=_PATIENCE_S, file=self.path):
            rows = read_lines(self.path) if self.path.is_file() else []
            _refuse_undone(wish, rows)
            row = self._row(wish, rows)
            problems = _row_problems(row, "this decision", {one["decision_id"]: one for one in rows})
            if problems:
                raise ConfigError("nothing was decided", tuple(problems))
            _append(self.path, row)
        return str(row["decision_id"])

    def _row(self, wish: Wish, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The decision as it is written; one that takes another back repeats what that one said."""
        before = next((one for one in rows if one["decision_id"] == wish.undoes), None)
        # Decisions follow each other by their time: a clock that was set back must not turn them round.
        last = max((one["decided_at"] for one in rows), default=None)
        now = self.now().astimezone(dt.UTC)
        said: dict[str, Any] = {
            "decided_at": now if last is None else max(now, last + _TICK),
            "decided_by": self.who(),
            "action": before["action"] if before else wish.action,
            "expected_line_ids": before["expected_line_ids"] if before else sorted(set(wish.expected)),
            "actual_line_ids": before["actual_line_ids"] if before else sorted(set(wish.actual)),
            "note": wish.note,
            "undoes": wish.undoes,
        }
        name = digest_fields([str(len(rows)), *(json.dumps(_plain(value)) for value in said.values())]).hex()[:8]
        return {"decision_id": f"D-{name}", **said}


def _refuse_undone(wish: Wish, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise ConfigError if a decision is taken back that does not hold any more."""
    taken_back: dict[str, str] = {}
    for row in reversed(rows):
        if row["undoes"] and row["decision_id"] not in taken_back:
            taken_back[row["undoes"]] = row["decision_id"]
    if wish.undoes in taken_back:
        by = taken_back[wish.undoes]
        raise ConfigError(f"{wish.undoes} is taken back already; to restore it: recon decide undo {by}")


def _append(path: Path, row: Mapping[str, Any]) -> None:
    """Write one line and see it to the disk, or leave the file as it was."""
    line = json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False) + "\n"
    try:
        with path.open("ab") as stream:
            size = stream.seek(0, os.SEEK_END)
            try:
                # A last line that somebody typed may lack its end.
                stream.write((b"" if _ends_well(path) else b"\n") + line.encode())
                stream.flush()
                os.fsync(stream.fileno())
            except OSError:
                stream.truncate(size)
                raise
    except OSError as cause:
        raise ConfigError("the decision was not written", file=path, reason=cause.strerror) from cause


def _ends_well(path: Path) -> bool:
    data = path.read_bytes()[-1:]
    return not data or data == b"\n"


def _plain(value: object) -> object:
    return value.isoformat(timespec="microseconds") if isinstance(value, dt.datetime) else value


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of decisions, times in UTC.

    Raises: ConfigError with every fault of the file at once: its row, field and value, and the mend.
    """
    return _rows_of(path.read_bytes(), path)


def _rows_of(data: bytes, path: Path) -> list[dict[str, Any]]:
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    problems: list[str] = []
    rows: dict[str, dict[str, Any]] = {}
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{path.name}, row {n}"
        row = _object(line, place, problems, is_torn=n == len(lines))
        found = [] if row is None else _row_problems(row, place, rows)
        problems += found
        if row is not None and not found:
            rows[row["decision_id"]] = row
    _refuse(problems, path)
    return [*rows.values()]


def _refuse(problems: Sequence[str], path: Path) -> None:
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


def _row_problems(row: dict[str, Any], place: str, before: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Everything that is wrong with one row, given the rows before it; reads its time in place."""
    wrong = [f"{place}: unknown field {name!r}; known are {', '.join(_FIELDS)}" for name in row if name not in _FIELDS]
    wrong += [f"{place}: the field {name!r} is missing" for name in _NEEDED if not row.get(name)]
    for name in (*_NEEDED, "note", "undoes"):
        if not isinstance(row.get(name), str | dt.datetime | None):
            wrong.append(f"{place}: {name} {row[name]!r} is no text")
    for name in _LISTS:
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
    lacking = [name for name in _LISTS if not row[name]]
    if action in _PAIRED and lacking:
        wrong += [f"{place}: {name} is empty; {action} names lines of both sides" for name in lacking]
    elif len(lacking) == len(_LISTS):
        wrong.append(f"{place}: {action} names no line; give an expected or an actual one")
    if action in _EXPLAINED and not (row["note"] or "").strip():
        what = "to whom" if action == "assign" else "why" if action == "accept" else "what"
        wrong.append(f"{place}: note is empty; {action} says {what} in it")
    return wrong


def _framed(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    return _SCHEMA.validate(pl.DataFrame([*rows], schema=_SCHEMA.create_empty().schema), cast=True)


@dataclass(frozen=True)
class DecisionsRead:
    """The decisions of a run's inputs and the files that gave them; None if there is no file."""

    frame: pl.DataFrame | None
    files: tuple[SourceFileFact, ...]


def read_decisions(workspace: Path, sources: Path) -> DecisionsRead:
    """DECISIONS of the workspace's own file and of a canonical file (`decisions.parquet`, `.csv` or `.jsonl`).

    In a CSV file the ids of a list are separated by `|`. Raises: ConfigError for what cannot be understood, and
    for a decision that stands in two files.
    """
    paths = [workspace / FILE, *(sources / f"decisions.{ending}" for ending in ("csv", "jsonl", "parquet"))]
    found = list(dict.fromkeys(path.resolve() for path in paths if path.is_file()))
    frames, facts = [], []
    for path in found:
        # Read once: a decision that is made meanwhile belongs to the next run, in the digest and in the rows.
        data = path.read_bytes()
        frame = _framed(_rows_of(data, path)) if path.suffix == ".jsonl" else _from_table(data, path)
        frames.append(frame)
        facts.append(SourceFileFact(path.name, "decisions", frame.height, hashlib.sha256(data).hexdigest()))
    if not frames:
        return DecisionsRead(None, ())
    every = pl.concat(frames)
    twice = every.filter(pl.col("decision_id").is_duplicated())["decision_id"].unique().sort().to_list()
    if twice:
        names = ", ".join(path.name for path in found)
        raise ConfigError("decisions stand in two files: leave each in one", files=names, decisions=", ".join(twice))
    return DecisionsRead(every, tuple(facts))


def _from_table(data: bytes, path: Path) -> pl.DataFrame:
    """DECISIONS of a Parquet or CSV file, checked like the lines of the workspace's own."""
    try:
        if path.suffix == ".csv":
            table = pl.read_csv(data, infer_schema=False)
            lists = [name for name in _LISTS if name in table.columns]
            table = table.with_columns(
                pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name).str.split("|")) for name in lists
            )
        else:
            table = complete(pl.read_parquet(io.BytesIO(data)).lazy(), _SCHEMA).collect()
    except pl.exceptions.PolarsError as cause:
        reason = str(cause).splitlines()[0]
        raise ConfigError(f"{path.name} gives no decisions: write it again", file=path, reason=reason) from cause
    first = 2 if path.suffix == ".csv" else 1
    rows = table.to_dicts()
    if "decided_at" in table.columns and path.suffix == ".parquet":
        rows.sort(key=lambda row: (row["decided_at"] is None, row["decided_at"], row["decision_id"] or ""))
    problems: list[str] = []
    before: dict[str, dict[str, Any]] = {}
    for n, row in enumerate(rows, first):
        found = _row_problems(row, f"{path.name}, row {n}", before)
        problems += found
        if not found:
            before[row["decision_id"]] = row
    _refuse(problems, path)
    return _framed(before.values())


def person() -> str:
    """The person at the keyboard: the user of the JupyterHub, else of the machine; nobody types a name.

    Raises: ConfigError where the machine does not know its user.
    """
    hub = os.environ.get("JUPYTERHUB_USER")
    if hub:
        return hub
    try:
        import pwd  # noqa: PLC0415 - not on Windows

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        pass
    try:
        return getpass.getuser()
    except (OSError, KeyError) as cause:
        raise ConfigError("the machine does not know who you are: a decision needs a name") from cause


def open_decisions(workspace: Path) -> DecisionFile:
    """The decisions of a workspace, recorded under the name of the person at the keyboard and the clock's time."""
    return DecisionFile(workspace / FILE, person, lambda: dt.datetime.now(dt.UTC))
