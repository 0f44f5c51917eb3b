"""The users file changes between two acts: a login that prepared an entry decides about it under no other name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_rig import Closed, Desk, Typed, closed_month, copied, desk_of, typist

from recon.state.store import open_state

HEAD = "person,roles,aliases\nbob,reviewer|approver,\ncarla,controller,\n"
EVE = "Eve Approver,controller,ann\n"


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Closed:
    return closed_month(tmp_path_factory.mktemp("month"))


@pytest.fixture
def desk(month: Closed, tmp_path: Path) -> Iterator[Desk]:
    with desk_of(copied(month, tmp_path)) as made:
        yield made


@pytest.fixture
def typed(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """One command, typed by somebody at the hub."""
    return typist(desk, monkeypatch, capsys)


def test_whoever_prepared_approves_nothing_after_writing_their_row_anew(typed: Typed, desk: Desk) -> None:
    users = desk.closed.workspace / "users.csv"
    users.write_text(f"{HEAD}Ann Smith,preparer,ann\n", encoding="utf-8")
    typed("bob", "review", "--mark-shown", "--json")
    store = open_state(desk.closed.workspace)
    one = store.all()[0]
    store.close()

    users.write_text(HEAD + EVE, encoding="utf-8")
    renamed = typed("ann", "approve", one.key)
    users.write_text(f"{HEAD}{EVE}Ann Smith,preparer,other\n", encoding="utf-8")
    beside = typed("ann", "approve", one.key)
    users.write_text(f"{HEAD}Ann Smith,preparer,other\n", encoding="utf-8")
    hidden = typed("carla", "approve", one.key)
    users.write_text(f"{HEAD}Ann Smith,preparer,ann\n", encoding="utf-8")

    assert [renamed.code, beside.code, hidden.code] == [5, 5, 5]
    assert "prepared by 'Ann Smith', who stands in no row of users.csv any more" in renamed.err
    assert "Eve Approver prepared this entry: another person must approve it" in beside.err
    assert "prepared by 'ann', who stands in no row of users.csv any more" in hidden.err
    assert typed("carla", "approve", one.key).code == 0
    said = typed("bob", "audit", "show", one.key, "--json").facts["events"]
    assert [event["details"].get("login") for event in said] == ["bob", "bob", "carla"]
    assert said[0]["details"]["prepared_login"] == "ann"
