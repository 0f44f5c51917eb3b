"""What many tests share: months, unpacked or made once a session, and the programs of the machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from months import unpack

from recon.demo import DemoMonth, write_demo_month

TEST_ALL = os.environ.get("RECON_TEST_ALL") == "1"

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("all", max_examples=60, deadline=None, derandomize=True)
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
def program() -> Callable[[str, str], str]:
    """The path of a program; without it the test skips and names the Debian package that brings it.

    With RECON_TEST_ALL=1 an absent program is a failure.
    """

    def path_of(name: str, package: str) -> str:
        path = shutil.which(name)
        if path is None:
            missing = f"{name} is not installed: apt-get install {package}"
            if TEST_ALL:
                pytest.fail(missing)
            pytest.skip(missing)
        return path

    return path_of
