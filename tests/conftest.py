"""Months that many tests share, unpacked or made once a session. Tests read them, never write there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from months import unpack

from recon.demo import DemoMonth, write_demo_month


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a rehearsal month by its name, such as rehearsal-2026-09."""
    unpacked: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in unpacked:
            unpacked[name] = unpack(name, tmp_path_factory.mktemp("rehearsals"))
        return unpacked[name]

    return folder


@pytest.fixture(scope="session")
def demo_month(tmp_path_factory: pytest.TempPathFactory) -> DemoMonth:
    """The demo company's default month; its `folder` holds the downloads and `truth/`."""
    return write_demo_month(tmp_path_factory.mktemp("demo"))
