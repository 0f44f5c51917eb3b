"""One database, SQLite or PostgreSQL: reading, and writing in transactions that survive what others do meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from recon.errors import DataError, LockHeld, RemoteError
from recon.locks import held

T = TypeVar("T")
_TRIES = 12
_FIRST_WAIT_S = 0.005
_LONGEST_WAIT_S = 0.5
_BUSY_S = 30  # how long SQLite waits for another writer
# Serialisation failure, deadlock, lock not available: nothing was done, the same again is right.
_AGAIN = ("40001", "40P01", "55P03")
_BEGINS = "recon_begins"
_NAMED = "hashtextextended(current_schema() || :name, 0)"
_TAKE, _LET_GO = text(f"SELECT pg_try_advisory_lock({_NAMED})"), text(f"SELECT pg_advisory_unlock({_NAMED})")


@dataclass(frozen=True)
class Database:
    """An open database of which the tables are those of this program."""

    engine: Engine
    place: str  # path, or host and name; never a password

    @property
    def is_sqlite(self) -> bool:
        """True for a file of this machine."""
        return self.engine.dialect.name == "sqlite"

    def read(self, work: Callable[[Connection], T]) -> T:
        """What the work reads, all of it from one moment."""
        with self._faults(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            return work(connection)

    def write(self, work: Callable[[Connection], T]) -> T:
        """What the work returns, after all it wrote is committed and on the disk; nothing of it if it raises.

        The work may be called several times: where another writer was in the way, it is done again from the start.

        Raises: LockHeld if the others do not let go; DataError or RemoteError if the database refuses.
        """
        with self._faults():
            for number in range(_TRIES):
                try:
                    with self._connected(begins="BEGIN IMMEDIATE") as connection, connection.begin():
                        return work(connection)
                except DBAPIError as cause:
                    if not _is_in_the_way(cause):
                        raise
                time.sleep(random.uniform(0, min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**number)))  # noqa: S311 - no secret
        raise LockHeld("other processes are writing the state without a pause; try again", database=self.place)

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """False where another process that uses this database holds the name, of whatever user and machine.

        It saves work and keeps nothing safe: that is what transactions are for. Raises: ConfigError where the folder
        of the file cannot be written; RemoteError where the server does not answer.
        """
        with self._on_file(name) if self.is_sqlite else self._on_server(name) as is_mine:
            yield is_mine

    @contextmanager
    def _on_file(self, name: str) -> Iterator[bool]:
        file = Path(self.place)
        with ExitStack() as stack:
            try:
                stack.enter_context(held(file.with_name(f".{file.name}.locks") / f"{name}.lock", "in use", name=name))
            except LockHeld:
                yield False
                return
            yield True

    @contextmanager
    def _on_server(self, name: str) -> Iterator[bool]:
        told = {"name": f".recon.{name}"}
        with self._faults(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(_TAKE, told):
                yield False
                return
            try:
                yield True
            finally:
                try:
                    connection.execute(_LET_GO, told)
                except DBAPIError:  # the server let go when the connection broke
                    connection.invalidate()

    def use_wal(self) -> None:
        """Let readers not wait for the writer; SQLite remembers it in the file."""
        with self._faults(), self._connected(begins="") as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def _connected(self, *, begins: str) -> Connection:
        """A connection whose transactions begin with these words on SQLite."""
        return self.engine.connect().execution_options(**{_BEGINS: begins})

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Faults of the database in words; the words of the driver, never what was written."""
        try:
            yield
        except DBAPIError as cause:
            reason = (str(cause.orig).splitlines() or [""])[0]
            if self.is_sqlite:
                raise DataError(
                    "the state database refused; nothing was changed", database=self.place, reason=reason
                ) from cause
            # Without a code of the server it is not known whether a commit reached it.
            answered = "refused" if getattr(cause.orig, "sqlstate", None) else "does not answer"
            raise RemoteError(
                f"the state database {answered}; see that it is up and that RECON_DATABASE_URL names it, then look how "
                "things stand before doing it again",
                database=self.place,
                reason=reason,
            ) from cause


def _is_in_the_way(cause: DBAPIError) -> bool:
    """True where another writer stood in the way, and nothing was done."""
    state = getattr(cause.orig, "sqlstate", None)
    name = str(getattr(cause.orig, "sqlite_errorname", ""))
    return state in _AGAIN or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def prepare(engine: Engine) -> Engine:
    """The engine with what keeps a commit safe switched on for every connection."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins, not the driver
    for pragma in (f"busy_timeout={_BUSY_S * 1000}", "foreign_keys=ON", "synchronous=FULL", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its place before it reads: what it read cannot be changed by another before it writes.
    begins = connection.get_execution_options().get(_BEGINS, "BEGIN")
    if begins:
        connection.exec_driver_sql(begins)


def _prepare_postgres(connection: Any, _: object) -> None:
    """A commit is answered after it is durable, even where the server's own setting is laxer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()


def lock_writers(connection: Connection, name: str) -> None:
    """Nobody else passes here with the same name until this transaction ends.

    On SQLite every writer is alone already.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_NAMED})"), {"name": f".recon.{name}"})
