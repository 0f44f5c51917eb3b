"""What the sandbox serves: tables in SQLite, a clock, sessions, and the demo company they are made from."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from recon.demo import DEMO_MISTAKES, MadeMonth, Nature, make
from recon.errors import ConfigError, check
from recon.sandbox.faults import Faults

Row = Mapping[str, object]
Rows = Mapping[str, Iterable[Row]]

# What a client has to say to be let in. Nothing here opens anything but a sandbox.
DEMO_ACCESS: Mapping[str, str] = {
    "intacct.sender_id": "juniper_ws",
    "intacct.sender_password": "sender-of-the-sandbox",
    "intacct.company_id": "JUNIPER",
    "intacct.user_id": "recon",
    "intacct.user_password": "user-of-the-sandbox",
    "intacct.client_id": "juniper.app.sandbox",
    "intacct.client_secret": "client-of-the-sandbox",
    "gp_api.app_id": "JUNIPERSANDBOXAPP",
    "gp_api.app_key": "app-key-of-the-sandbox",
    "portico.secret_api_key": "skapi_cert_sandbox",
    "retail.token": "retail-of-the-sandbox",
    "retail.client_id": "juniper-retail",
    "retail.client_secret": "retail-client-of-the-sandbox",
}


@dataclass(frozen=True)
class Table:
    """One table: its columns with their SQLite types, its key, what is looked up fast, and what occurs once.

    Rows of one `unit` come and go together when the sandbox changes them between two pages, and with them the
    row of the `owner`, a table whose key the unit is.
    """

    name: str
    columns: Mapping[str, str]
    key: str
    indexes: tuple[tuple[str, ...], ...] = ()
    unit: str = ""
    owner: str = ""
    unique: tuple[str, ...] = ()


@dataclass(frozen=True)
class Demo:
    """Which month of the demo company is served; equal ones make equal rows."""

    period: str = "2026-09"
    seed: int = 926
    stores: int = 10

    def __str__(self) -> str:
        return f"{self.stores} stores, {self.period}, seed {self.seed}"


@dataclass(frozen=True)
class Session:
    """Somebody who has signed in: to what, as whom, until when, and what the surface noted."""

    token: str
    kind: str
    who: str
    expires_at: dt.datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


def utc_now() -> dt.datetime:
    """The time of the machine, in UTC."""
    return dt.datetime.now(dt.UTC)


class Clock:
    """The sandbox's time: the machine's, moved by as much as somebody asked for."""

    def __init__(self, source: Callable[[], dt.datetime] = utc_now) -> None:
        self._source = source
        self.skew = dt.timedelta(0)

    def now(self) -> dt.datetime:
        """The sandbox's time, in UTC."""
        return self._source() + self.skew

    def move(self, by: dt.timedelta) -> None:
        """Let the sandbox's time jump, forward above zero."""
        self.skew += by


_SESSIONS = Table(
    "sessions",
    {"token": "TEXT", "kind": "TEXT", "who": "TEXT", "expires_at": "TEXT", "facts": "TEXT"},
    "token",
    (("kind",),),
)


class World:
    """Everything that the surfaces serve. A surface calls `hold` for its tables, then reads them by SQL."""

    def __init__(
        self,
        *,
        month: MadeMonth | None = None,
        given: Rows | None = None,
        file: Path | None = None,
        access: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.month = month
        self.demo: Demo | None = None
        self.access = {**DEMO_ACCESS, **(access or {})}
        self.clock = clock or Clock()
        self.faults = Faults()
        self.tables: dict[str, Table] = {}
        self._given = dict(given or {})
        self._depth = 0
        self._lock = threading.RLock()  # a test may change rows while a server's thread reads
        self._db = _opened(file)
        self._db.execute("CREATE TABLE IF NOT EXISTS ids_gone (place TEXT PRIMARY KEY, top INTEGER)")
        self.hold(_SESSIONS)

    @classmethod
    def of_demo(
        cls,
        *,
        period: str | None = None,
        seed: int | None = None,
        stores: int | None = None,
        file: Path | None = None,
        **more: Any,
    ) -> World:
        """A month of the demo company: what is not asked for is as the file keeps it, else as `Demo` has it.

        `more` as the constructor takes.

        Raises: ConfigError if the file keeps another month than the one asked for.
        """
        kept = _kept_in(file)
        usual = kept or Demo()
        demo = Demo(period or usual.period, usual.seed if seed is None else seed, stores or usual.stores)
        if kept not in (None, demo):
            raise ConfigError(
                f"the file keeps {kept}, not {demo}: leave these options out, or name another file", file=file
            )
        month = make(demo.period, demo.seed, demo.stores, Nature(mistakes=DEMO_MISTAKES))
        world = cls(month=month, file=file, **more)
        if kept is None:
            world.write("CREATE TABLE demo AS SELECT ? AS period, ? AS seed, ? AS stores", astuple(demo))
        world.demo = demo
        return world

    @classmethod
    def of_rows(cls, tables: Rows, **more: Any) -> World:
        """Only these rows, by table; a table that is not named is empty. `more` as the constructor takes."""
        return cls(given=tables, **more)

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def hold(self, *tables: Table, made: Callable[[MadeMonth], Rows] | None = None) -> None:
        """Create the tables that are not there and fill them: with the rows given, else those made of the month.

        Raises: ConfigError if a given row has a column that its table lacks.
        """
        fresh = [table for table in tables if not self._exists(table.name)]
        with self.transaction():
            for table in fresh:
                self._create(table)
            self.tables |= {table.name: table for table in tables}
            rows = made(self.month) if fresh and made and self.month else {}
            for table in fresh:
                self.insert(table.name, self._given.pop(table.name, rows.get(table.name, ())))

    def unheld(self) -> list[str]:
        """Tables that rows were given for and no surface holds: a misspelt name in a test."""
        return sorted(self._given)

    def insert(self, name: str, rows: Iterable[Row]) -> int:
        """How many rows were added to the table; columns that a row lacks are NULL.

        Raises: ConfigError if a row has a column that the table lacks, or its key stands there already.
        """
        table = self.tables[name]
        listed = list(rows)
        unknown = sorted({column for row in listed for column in row} - table.columns.keys())
        if unknown:
            raise ConfigError("the sandbox's table has no such column", table=name, columns=", ".join(unknown))
        marks = ", ".join("?" * len(table.columns))
        statement = f"INSERT INTO {name} ({', '.join(table.columns)}) VALUES ({marks})"  # noqa: S608
        values = ([_cell(row.get(column)) for column in table.columns] for row in listed)
        try:
            with self.transaction():
                self._db.executemany(statement, values)
        except sqlite3.IntegrityError as cause:
            raise ConfigError("the sandbox's table has a row with this key already", table=name) from cause
        return len(listed)

    def query(self, statement: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[tuple[Any, ...]]:
        """The rows that the statement finds."""
        return self._db.execute(statement, values).fetchall()

    def one(self, statement: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """The first row that the statement finds, or None."""
        found: tuple[Any, ...] | None = self._db.execute(statement, values).fetchone()
        return found

    def write(self, statement: str, values: Sequence[object] = ()) -> int:
        """How many rows the statement changed."""
        return self._db.execute(statement, values).rowcount

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing of it: an exception undoes it. Transactions nest."""
        with self._lock:
            name = f"depth_{self._depth}"
            self._depth += 1
            self._db.execute(f"SAVEPOINT {name}")
            try:
                yield
            except BaseException:
                self._db.execute(f"ROLLBACK TO {name}")
                raise
            finally:
                self._db.execute(f"RELEASE {name}")
                self._depth -= 1

    def open_session(self, kind: str, who: str, seconds: int, **facts: object) -> Session:
        """A new session of that kind, which ends after so many seconds."""
        session = Session(secrets.token_urlsafe(24), kind, who, self.clock.now() + dt.timedelta(seconds=seconds), facts)
        moment = session.expires_at.isoformat()
        row = {"token": session.token, "kind": kind, "who": who, "expires_at": moment, "facts": json.dumps(facts)}
        self.insert("sessions", [row])
        return session

    def session(self, kind: str, token: str) -> Session | None:
        """The session of that kind with the token, or None if there is none or it has ended."""
        found = self.one("SELECT who, expires_at, facts FROM sessions WHERE kind = ? AND token = ?", (kind, token))
        if found is None:
            return None
        ends = dt.datetime.fromisoformat(found[1])
        return Session(token, kind, found[0], ends, json.loads(found[2])) if ends > self.clock.now() else None

    def extend_session(self, token: str, seconds: int) -> dt.datetime:
        """The moment at which the session ends now: so many seconds from here."""
        ends = self.clock.now() + dt.timedelta(seconds=seconds)
        self.write("UPDATE sessions SET expires_at = ? WHERE token = ?", (ends.isoformat(), token))
        return ends

    def end_session(self, token: str) -> None:
        """Let the session with the token count no more."""
        self.write("DELETE FROM sessions WHERE token = ?", (token,))

    def end_sessions(self, kind: str = "") -> int:
        """How many sessions were ended, of one kind or of all."""
        return self.write("DELETE FROM sessions WHERE ? IN ('', kind)", (kind,))

    def next_id(self, name: str, column: str) -> object:
        """A value that no row of the table has or ever had in the column: ids of the vendors do not come again."""
        place = f"{name}.{column}"
        gone = self.one("SELECT top FROM ids_gone WHERE place = ?", (place,))
        if self.tables[name].columns[column].startswith("INTEGER"):
            top = self.one(f"SELECT max({column}) FROM {name}")  # noqa: S608
            return max(top[0] or 0 if top else 0, gone[0] if gone else 0) + 1
        number = (gone[0] if gone else 0) + 1
        self.write(
            "INSERT INTO ids_gone VALUES (?, ?) ON CONFLICT (place) DO UPDATE SET top = ?", (place, number, number)
        )
        return f"NEW_{number:06d}"

    def check_churn(self, name: str) -> None:
        """Raise ConfigError for a table that is none, or whose rows come and go with those of another one."""
        if name not in self.tables:
            raise ConfigError("the sandbox has no such table", table=name, tables=", ".join(sorted(self.tables)))
        owned = sorted(one.name for one in self.tables.values() if one.owner == name)
        if owned:
            raise ConfigError(
                "these rows come and go with their own: name that table", table=name, own=", ".join(owned)
            )

    def churn(self, name: str, *, insert: int = 0, delete: int = 0, seed: int = 0) -> tuple[int, int]:
        """How many units were added and taken away: what may happen to a table between two pages.

        A new unit is a copy of one that stands there, under a key of its own.

        Raises: ConfigError as `check_churn`.
        """
        self.check_churn(name)
        table = self.tables[name]
        unit = table.unit or table.key
        rng = Random(seed)  # noqa: S311
        known = [row[0] for row in self.query(f"SELECT DISTINCT {unit} FROM {name} ORDER BY 1")]  # noqa: S608
        gone = rng.sample(known, min(delete, len(known)))
        copied = [rng.choice(known) for _ in range(insert)] if known else []
        with self.transaction():
            for which in copied:
                self._copy(table, which)
            for which in gone:
                self.write(f"DELETE FROM {name} WHERE {unit} = ?", (which,))  # noqa: S608
                if table.owner:
                    owner = self.tables[table.owner]
                    self.write(f"DELETE FROM {owner.name} WHERE {owner.key} = ?", (which,))  # noqa: S608
        return len(copied), len(gone)

    def _copy(self, table: Table, which: object) -> None:
        unit = table.unit or table.key
        owner = self.tables[table.owner] if table.owner else None
        unit_id = self.next_id(owner.name if owner else table.name, owner.key if owner else unit)
        if owner:
            self.insert(owner.name, [{**row, owner.key: unit_id} for row in self._rows(owner, owner.key, which)])
        for row in self._rows(table, unit, which):
            fresh = {column: self.next_id(table.name, column) for column in sorted({table.key, *table.unique} - {unit})}
            self.insert(table.name, [{**row, unit: unit_id, **fresh}])

    def _rows(self, table: Table, column: str, value: object) -> list[dict[str, Any]]:
        statement = f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {column} = ?"  # noqa: S608
        return [dict(zip(table.columns, row, strict=True)) for row in self.query(statement, (value,))]

    def _exists(self, name: str) -> bool:
        return self.one("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)) is not None

    def _create(self, table: Table) -> None:
        check(table.key in table.columns, "the key of a table of the sandbox is no column of it", table=table.name)
        columns = (
            f"{name} {kind}{' PRIMARY KEY' if name == table.key else ''}" for name, kind in table.columns.items()
        )
        self._db.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")
        for column in {table.key, *table.unique}:
            if table.columns[column].startswith("INTEGER"):
                self._db.execute(_remembers(table.name, column))
        for column in table.unique:
            self._db.execute(f"CREATE UNIQUE INDEX {table.name}_of_{column} ON {table.name} ({column})")
        for number, by in enumerate(table.indexes):
            self._db.execute(f"CREATE INDEX {table.name}_by_{number} ON {table.name} ({', '.join(by)})")


def _kept_in(file: Path | None) -> Demo | None:
    """Which month the file keeps; None where it keeps nothing yet.

    Raises: ConfigError if it does not tell, or is something else.
    """
    if file is None or not file.exists():
        return None
    with contextlib.closing(_opened(file)) as database:
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "demo" in names:
            return Demo(*database.execute("SELECT period, seed, stores FROM demo").fetchone())
    if names:
        raise ConfigError("the file does not tell which month it keeps; name another one", file=file)
    return None


def _opened(file: Path | None) -> sqlite3.Connection:
    """A database in memory, or in the file.

    Raises: ConfigError if the file is something else.
    """
    name = str(file) if file else ":memory:"
    database = sqlite3.connect(name, check_same_thread=False, isolation_level=None, cached_statements=512)
    try:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.DatabaseError as cause:
        database.close()
        raise ConfigError("this file holds no state of a sandbox; name another one", file=name) from cause
    return database


def _remembers(table: str, column: str) -> str:
    """A trigger that notes the highest id that was ever deleted; one that stands is found in the table itself."""
    return (
        f"CREATE TRIGGER {table}_{column}_gone AFTER DELETE ON {table} BEGIN "  # noqa: S608
        f"INSERT INTO ids_gone VALUES ('{table}.{column}', OLD.{column}) "
        "ON CONFLICT (place) DO UPDATE SET top = max(top, excluded.top); END"
    )


def _cell(value: object) -> object:
    """The value as SQLite keeps it: days and moments in ISO, lists and mappings as JSON."""
    if isinstance(value, dt.date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value)
    return value
