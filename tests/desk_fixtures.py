"""A month that Ann closed, a desk over a copy of it, and a terminal at which people of the hub type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_rig import Closed, Desk, Typed, closed_month, copied, desk_of, typist


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Closed:
    """The month as it was closed; a module whose policy is another one closes its own."""
    return closed_month(tmp_path_factory.mktemp("month"))


@pytest.fixture
def desk(month: Closed, tmp_path: Path) -> Iterator[Desk]:
    with desk_of(copied(month, tmp_path)) as made:
        yield made


@pytest.fixture
def typed(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """One command, typed by somebody at the hub."""
    return typist(desk, monkeypatch, capsys)
