"""A PostgreSQL of the tests' own, from Debian's package, on a socket in a folder that goes with it."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine

OWNER = "recon"
# Nothing survives the tests: what makes commits durable on a real server only costs time here.
SETTINGS = {
    "listen_addresses": "", "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
    "max_connections": "80", "shared_buffers": "64MB", "autovacuum": "off", "max_wal_size": "256MB",
}  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A running server; every database in it is somebody's own."""

    folder: Path
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def address(self, database: str) -> str:
        """What RECON_DATABASE_URL says of the database."""
        return f"postgresql://{OWNER}@/{database}?host={self.folder}"

    def make(self, template: str = "template1") -> str:
        """The name of a new database, made as the template is."""
        name = f"state{next(self.numbers)}"
        engine = create_engine(self.address("postgres").replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        engine.dispose()
        return name


@contextlib.contextmanager
def served(initdb: str) -> Iterator[Server]:
    """A server made by this `initdb`, and gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="recon-postgres-"))
    bin_folder = Path(initdb).resolve().parent
    try:
        if os.geteuid() == 0:  # which PostgreSQL refuses
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        typed(folder, initdb, "-D", str(data), "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        said = " ".join(f"-c {name}={value!r}" for name, value in SETTINGS.items()) + f" -k {folder}"
        control = str(bin_folder / "pg_ctl")
        typed(folder, control, "-D", str(data), "-l", str(folder / "log"), "-w", "-o", said, "start")
        try:
            yield Server(folder)
        finally:
            typed(folder, control, "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def typed(folder: Path, *words: str) -> None:
    """Run one program in the folder, as a user whom PostgreSQL serves."""
    user = "postgres" if os.geteuid() == 0 else None
    home = pwd.getpwnam(user).pw_dir if user else str(Path.home())
    done = subprocess.run(
        words, cwd=folder, user=user, group=user, extra_groups=[] if user else None,
        env={**os.environ, "HOME": home}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}\n{done.stdout}")
