"""Opening the state: made on the first use, refused where it could not be trusted, safe when two open it at once."""

from __future__ import annotations

import multiprocessing
import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from conftest import StatePlace
from postgres import Server
from sqlalchemy import Connection, Float, MetaData, Numeric, inspect, text

from recon.errors import ConfigError, ReconError
from recon.state import mounts, opening, tables
from recon.state.database import Database
from recon.state.mounts import remote_of
from recon.state.opening import open_database
from recon.state.place import has_state
from recon.state.store import open_state
from recon.trail import verify

LINUX = """\
/dev/sda1 / ext4 rw 0 0
server:/books /home/ann/books nfs4 rw,vers=4.2 0 0
//files/team /mnt/team\\040files cifs rw 0 0
tmpfs /home/ann/books/local tmpfs rw 0 0
host /host 9p rw 0 0
ann@server:/ /home/ann/remote fuse.sshfs rw 0 0
"""
MAC = "/dev/disk3s5 on / (apfs, local, journaled)\n//ann@files/team on /Volumes/team files (smbfs, nodev, nosuid)\n"


def said(opened: Callable[[], Database]) -> str:
    """What is said of a database that is refused."""
    with pytest.raises(ReconError) as refused:
        opened()
    chain = [str(refused.value), repr(refused.value), repr(refused.value.__cause__), repr(refused.value.__context__)]
    return "\n".join(chain)


def test_a_workspace_gets_its_database_on_the_first_use_for_its_owner_only(tmp_path: Path) -> None:
    assert not has_state(tmp_path, {})

    store = open_state(tmp_path, environ={})
    store.record("tried", "x", actor="ann")

    assert has_state(tmp_path, {})
    assert {path.name: oct(path.stat().st_mode)[-3:] for path in tmp_path.glob("state.sqlite*")} == {
        "state.sqlite": "600", "state.sqlite-shm": "600", "state.sqlite-wal": "600",
    }  # fmt: skip
    with store.database.engine.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert [connection.scalar(text(f"PRAGMA {name}")) for name in asked] == ["wal", 2, 1, 30000]
    store.close()


def test_a_file_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").touch(mode=0o644)

    open_state(tmp_path, environ={}).close()

    assert (tmp_path / "state.sqlite").stat().st_mode & 0o077 == 0


def test_the_tables_are_those_of_the_migrations_and_none_holds_a_float(state_place: StatePlace) -> None:
    store = state_place.open()
    with store.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        found = MetaData()
        found.reflect(connection)
        # Exact numbers are not floats, but none is wanted either: a cent has no half.
        kinds = [
            column.type for table in (*found.tables.values(), *tables.metadata.tables.values()) for column in table.c
        ]
        unique = inspect(connection).get_unique_constraints("trail")
    names = {str(kind).upper() for kind in kinds}

    assert not [kind for kind in kinds if isinstance(kind, Float | Numeric)]
    assert not [name for name in names if re.search("FLOAT|REAL|DOUBLE|NUMERIC|DECIMAL|MONEY", name)]
    assert {"amount_cents", "details"} <= {column.name for table in found.tables.values() for column in table.c}
    assert {tuple(one["column_names"]) for one in unique} == {("previous",), ("hash",)}


def test_the_program_was_written_for_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(opening.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")

    assert ScriptDirectory.from_config(config).get_heads() == [tables.REVISION]


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(state_place: StatePlace) -> None:
    store = state_place.open()
    store.record("tried", "x", actor="ann")
    store.database.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0999'")))

    words = said(lambda: open_database(state_place.workspace, state_place.environ))

    assert "a newer version of recon wrote this state database: update recon; nothing was changed" in words
    assert "its_version=0999" in words
    assert store.head().sequence == 1


def _open_and_record(workspace: Path, environ: dict[str, str], name: str) -> None:
    store = open_state(workspace, environ=environ)
    for number in range(5):
        store.record("tried", f"{name} {number}", actor=name)
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_processes_that_open_it_at_once_make_it_once_and_do_not_fork_the_trail(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    environ = {}
    if kind == "postgres":
        server: Server = request.getfixturevalue("postgres")
        environ = {"RECON_DATABASE_URL": server.address(server.make())}
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload(["recon.state.store", "psycopg", "alembic.command"])
    people = [start.Process(target=_open_and_record, args=(tmp_path, environ, f"p{n}")) for n in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()

    store = open_state(tmp_path, environ=environ)
    assert [one.exitcode for one in people] == [0, 0, 0, 0]
    assert (store.head().sequence, verify(store.links())) == (20, None)
    store.close()


@pytest.mark.parametrize(
    ("folder", "table", "kind"),
    [
        ("/home/ann", LINUX, None), ("/home/ann/books/2026", LINUX, "nfs4"), ("/mnt/team files", LINUX, "cifs"),
        ("/home/ann/books/local/x", LINUX, None), ("/host/x", LINUX, "9p"), ("/home/ann/remote", LINUX, "fuse.sshfs"),
        ("/home/ann/booksellers", LINUX, None), ("/Users/ann", MAC, None), ("/Volumes/team files/x", MAC, "smbfs"),
        ("/x", "", "unknown"), ("/x", LINUX + "host / nfs rw 0 0\n", "nfs"),
    ],
)  # fmt: skip
def test_a_disk_of_another_machine_is_known_by_the_table_of_mounts(folder: str, table: str, kind: str | None) -> None:
    assert remote_of(Path(folder), table) == kind


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "remote_kind", lambda path: "nfs4" if path.parent == tmp_path else None)

    words = said(lambda: open_database(tmp_path, {}))

    assert (
        "a file system (nfs4) that is not known as a disk of this machine: two machines could write it at once" in words
    )
    assert "name a PostgreSQL in RECON_DATABASE_URL" in words
    assert not (tmp_path / "state.sqlite").exists()


@pytest.mark.parametrize("kind", ["virtiofs", "fuse", "fuse.juicefs", "prl_fs", "moosefs", "afp", "drvfs", "fakeowner"])
def test_what_is_not_known_as_a_disk_of_this_machine_is_refused_whatever_it_is_called(kind: str) -> None:
    assert remote_of(Path("/books/x"), f"/dev/sda1 / ext4 rw 0 0\nhost /books {kind} rw 0 0\n") == kind


def test_the_file_is_judged_where_its_link_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setattr(mounts, "_mount_table", lambda: f"/dev/a / ext4 rw 0 0\ns:/ {elsewhere} nfs4 rw 0 0\n")
    (tmp_path / "books").mkdir()
    elsewhere.mkdir()
    (tmp_path / "books/state.sqlite").symlink_to(elsewhere / "state.sqlite")

    assert "(nfs4)" in said(lambda: open_database(tmp_path / "books", {}))
    assert not any(elsewhere.iterdir())


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_bytes(b"no database at all" * 100)

    words = said(lambda: open_database(tmp_path, {}))

    assert f"database={tmp_path / 'state.sqlite'} reason=file is not a database" in words


def test_a_folder_that_is_not_there_or_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "cannot be written" in said(lambda: open_database(tmp_path / "file" / "x", {}))


@pytest.mark.parametrize(
    "address",
    [
        "mysql://ann:hunter2secret@host/db", "hunter2secret", "postgresql://ann:hunter2secret@host",
        "postgresql://ann:hunter2secret@host:port/db", "sqlite:///hunter2secret",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_refused_without_its_password(address: str, tmp_path: Path) -> None:
    words = said(lambda: open_database(tmp_path, {"RECON_DATABASE_URL": address}))

    assert "RECON_DATABASE_URL reads postgresql://USER:PASSWORD@HOST/DATABASE" in words
    assert "hunter2secret" not in words


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path: Path) -> None:
    address = f"postgresql://ann:hunter2secret@/books?host={tmp_path}"

    words = said(lambda: open_database(tmp_path, {"RECON_DATABASE_URL": address}))

    assert "the state database does not answer" in words
    assert "database=this machine/books" in words
    assert "hunter2secret" not in words


def test_the_password_is_nowhere_in_an_open_store(postgres: Server, tmp_path: Path) -> None:
    address = postgres.address(postgres.make("state1")).replace("recon@", "recon:hunter2secret@")
    store = open_state(tmp_path, environ={"RECON_DATABASE_URL": address})

    with pytest.raises(ReconError) as refused:
        store.database.write(lambda connection: connection.execute(text("SELECT nothing")))
    shown = (
        repr(store),
        repr(store.database),
        str(store.database.engine),
        str(refused.value),
        repr(refused.value.__cause__),
    )

    assert not [one for one in shown if "hunter2secret" in one]
    store.close()


def test_a_commit_is_durable_even_where_the_server_is_lax(postgres: Server, tmp_path: Path) -> None:
    store = open_state(tmp_path, environ={"RECON_DATABASE_URL": postgres.address(postgres.make("state1"))})

    assert store.database.read(lambda connection: connection.scalar(text("SHOW synchronous_commit"))) == "on"
    store.close()


def test_a_writer_that_never_lets_go_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recon.state.database._BUSY_S", 0)
    monkeypatch.setattr("recon.state.database._TRIES", 3)
    store = open_state(tmp_path, environ={})
    other = sqlite3.connect(tmp_path / "state.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(ReconError, match="other processes are writing the state without a pause; try again") as refused:
        store.record("tried", "x", actor="ann")
    other.execute("ROLLBACK")
    store.record("tried", "x", actor="ann")

    assert refused.value.exit_code == 75
    assert store.head().sequence == 1
    other.close()
    store.close()


def test_without_the_driver_the_mend_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)

    with pytest.raises(ConfigError, match=r"pip install 'recon\[postgres\]'"):
        open_database(tmp_path, {"RECON_DATABASE_URL": "postgresql://ann@host/db"})
    assert os.environ.get("RECON_DATABASE_URL") is None


def test_a_writer_whose_way_was_blocked_begins_again(postgres: Server, tmp_path: Path) -> None:
    store = open_state(tmp_path, environ={"RECON_DATABASE_URL": postgres.address(postgres.make("state1"))})
    tries: list[int] = []
    with store.database.engine.connect() as other:
        other.execute(text("LOCK TABLE trail"))

        def work(connection: Connection) -> int:
            tries.append(1)
            if len(tries) == 3:
                other.rollback()
            connection.execute(text("SET LOCAL lock_timeout = '20ms'"))
            return connection.execute(text("SELECT count(*) FROM trail")).scalar_one()

        assert store.database.write(work) == 0

    assert len(tries) == 3
    store.close()
