"""Where the state of a workspace is kept, and opening it: its tables are brought to this version first."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, inspect, make_url, select, table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import Column

from recon.errors import ConfigError
from recon.locks import held
from recon.state.database import Database, lock_writers, prepare
from recon.state.mounts import remote_kind
from recon.state.place import FILE, SETTING, address_of_team
from recon.state.remembered import check_not_elsewhere, check_same
from recon.state.tables import REVISION

_PATIENCE_S = 60
_MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(workspace: Path, environ: Mapping[str, str] | None = None, *, whatever: bool = False) -> Database:
    """The database of the workspace, made if there is none, with the tables of this version.

    RECON_DATABASE_URL names a PostgreSQL for a team; else it is the file `state.sqlite` of the workspace. Safe
    where two processes open it at once. An auditor looks at `whatever` records there are.

    Raises: ConfigError for a network file system, an address that cannot be used, a database that a newer version
        wrote, or one with other records than the workspace had before; LockHeld, DataError or RemoteError where it
        cannot be opened.
    """
    address = address_of_team(environ)
    if address is None:
        check_not_elsewhere(workspace, FILE)
        database, place = _open_file(workspace / FILE), FILE
    else:
        database = _open_server(address)
        place = database.place
    if not whatever:
        try:
            check_same(workspace, database, place)
        except BaseException:
            database.close()
            raise
    return database


def _open_file(path: Path) -> Database:
    kind = remote_kind(path)
    if kind is not None:
        raise ConfigError(
            f"the state lies on a file system ({kind}) that is not known as a disk of this machine: two machines could "
            f"write it at once. Move the workspace to a local disk, or name a PostgreSQL in {SETTING}",
            file=path.resolve(),
        )
    refusal = "another process is opening the state; try again"
    with held(path.with_name(f".{path.name}.lock"), refusal, patience_seconds=_PATIENCE_S, file=path):
        _keep_private(path)
        engine = create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True)
        return _brought_up(Database(prepare(engine), str(path)))


def _keep_private(path: Path) -> None:
    """The file, there and for its owner only; SQLite gives its side files the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)
    except OSError as cause:
        owner = f": the file is its owner's alone, and a team names a PostgreSQL in {SETTING}"
        told = f"the state cannot be written{owner if isinstance(cause, PermissionError) else ''}"
        raise ConfigError(told, file=path, reason=cause.strerror) from cause


def _open_server(address: str) -> Database:
    wanted = f"{SETTING} reads postgresql://USER:PASSWORD@HOST/DATABASE"
    try:
        url = make_url(address)
        known = url.get_backend_name() in ("postgresql", "postgres") and bool(url.database)
        url = url.set(drivername="postgresql+psycopg")
    except (SQLAlchemyError, ValueError):
        known = False
    if not known:
        # What cannot be read is not repeated, and no cause is shown: a password may stand in it.
        raise ConfigError(f"the address of the state database cannot be used: {wanted}") from None
    try:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError as cause:
        raise ConfigError("PostgreSQL needs its driver: pip install 'recon[postgres]'") from cause
    return _brought_up(Database(prepare(engine), f"{url.host or 'this machine'}/{url.database}"))


def _brought_up(database: Database) -> Database:
    try:
        if database.is_sqlite:
            database.use_wal()
        if database.read(_revision) != REVISION:
            database.write(lambda connection: _migrate(connection, database.place))
    except BaseException:
        database.close()
        raise
    return database


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(select(Column("version_num")).select_from(table("alembic_version")))


def _migrate(connection: Connection, place: str) -> None:
    """The steps that the database lacks, in one transaction, by one process alone."""
    from alembic import command  # noqa: PLC0415 - a database that is up to date does without
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    lock_writers(connection, "migration")
    stands = _revision(connection)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if stands is not None and stands not in known:
        raise ConfigError(
            "a newer version of recon wrote this state database: update recon; nothing was changed",
            database=place,
            its_version=stands,
            known=REVISION,
        )
    command.upgrade(config, REVISION)
