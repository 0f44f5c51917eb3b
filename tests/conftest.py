"""What many tests share: months, unpacked or made once a session, and the programs of the machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import settings
from months import unpack
from postgres import Server, served

from recon.demo import DemoMonth, write_demo_month
from recon.pulled_demo import pull_demo
from recon.state.store import StateStore, open_state

# Not a conftest beside the tests at the desk: two modules of one name hide each other from `from conftest import`.
pytest_plugins = ("desk_fixtures",)
TEST_ALL = os.environ.get("RECON_TEST_ALL") == "1"

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("all", max_examples=30, deadline=None, derandomize=True)
settings.load_profile("all" if TEST_ALL else "quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rewrite-golden` writes what the golden cases find; the reviewer reads the difference."""
    parser.addoption("--rewrite-golden", action="store_true", help="rewrite the expected files of tests/golden")


@pytest.fixture(scope="session")
def rewrite_golden(request: pytest.FixtureRequest) -> bool:
    """True where the expected files are to be rewritten; refused where nobody reads the difference."""
    asked = bool(request.config.getoption("--rewrite-golden"))
    if asked and os.environ.get("CI"):
        raise pytest.UsageError("--rewrite-golden is refused in CI: rewrite at your desk and read the difference")
    return asked


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a rehearsal month by its name, such as rehearsal-2026-09: to read, not to write."""
    unpacked: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in unpacked:
            unpacked[name] = unpack(name, tmp_path_factory.mktemp("rehearsals"))
        return unpacked[name]

    return folder


@pytest.fixture(scope="session")
def demo_month(tmp_path_factory: pytest.TempPathFactory) -> DemoMonth:
    """The demo company's default month: `folder` holds its downloads and `truth/`, to read, not to write."""
    return write_demo_month(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def pulled_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company's workspace, its default month pulled once for all workers of a run: to read or to copy."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "pulled-demo"
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            made = tmp_path_factory.mktemp("pulled") / "demo"
            pull_demo(made, "2026-09")
            made.replace(folder)
    return folder


@pytest.fixture(scope="session")
def forks() -> None:
    """For tests of processes that are forked: Windows knows none."""
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")


@pytest.fixture(scope="session")
def program() -> Callable[[str, str], str]:
    """The path of a program; without it the test skips and names the Debian package that brings it.

    With RECON_TEST_ALL=1 an absent program is a failure.
    """

    # Debian keeps PostgreSQL's programs apart, version by version.
    apart = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), *apart])

    def path_of(name: str, package: str) -> str:
        path = shutil.which(name, path=places)
        if path is None:
            missing = f"{name} is not installed: apt-get install {package}"
            if TEST_ALL:
                pytest.fail(missing)
            pytest.skip(missing)
        return path

    return path_of


@pytest.fixture(scope="session")
def postgres(program: Callable[[str, str], str]) -> Iterator[Server]:
    """A PostgreSQL of this session; its database `state1` has the empty tables of the state."""
    with served(program("initdb", "postgresql")) as server:
        made = {"RECON_DATABASE_URL": server.address(server.make())}
        open_state(server.folder / "of-none", environ=made).close()
        yield server


@dataclass
class StatePlace:
    """An empty state database, and how a workspace finds it; `open` may be called from several machines."""

    workspace: Path
    environ: dict[str, str]
    opened: list[StateStore] = field(default_factory=list)

    def open(self, **options: Any) -> StateStore:
        """The store, closed with the test."""
        self.opened.append(open_state(self.workspace, environ=self.environ, **options))
        return self.opened[-1]


@pytest.fixture(scope="session")
def empty_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state database of SQLite without rows, to be copied."""
    folder = tmp_path_factory.mktemp("state")
    open_state(folder, environ={}).close()
    return folder / "state.sqlite"


@pytest.fixture(params=["sqlite", "postgres"])
def state_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StatePlace]:
    """The same empty state on SQLite and on PostgreSQL."""
    environ = {}
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_state"), tmp_path)
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        environ = {"RECON_DATABASE_URL": server.address(server.make("state1"))}
    place = StatePlace(tmp_path, environ)
    yield place
    for store in place.opened:
        store.close()
