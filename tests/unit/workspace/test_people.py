"""The users file as somebody typed it: read whole, or refused with every fault at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from recon.errors import ConfigError
from recon.workspace import init_workspace, load_people


def test_persons_aliases_and_delegations_are_read(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text(
        "# who\nperson,roles,aliases,service_accounts,active,note\nann,preparer,ann@x.com|CORP\\ann,svc-close,,\n"
        "bob,reviewer | approver,,,yes,\ncarla,controller,,,no,left in May\n",
        encoding="utf-8-sig",
    )
    (tmp_path / "delegations.csv").write_text("giver,taker,start,end\ncarla,bob,2026-10-01,2026-10-14\n")

    people = load_people(tmp_path)

    assert people.acting("corp\\ANN").person.name == people.acting("SVC-close").person.name == "ann"
    assert people.acting("svc-close").is_service
    assert people.acting("bob").person.roles == {"reviewer", "approver"}
    assert people.givers(people.acting("bob").person, dt.date(2026, 10, 14)) == ()  # Carla is not active any more


def test_every_fault_is_named_at_once_with_its_row(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text(
        "person,roles,aliases,active,phone\nann,preparer,x,,\nbob,chief,x,perhaps,\n,reviewer,,,\ncy,reviewer,X,,\n"
    )
    (tmp_path / "delegations.csv").write_text(
        "giver,taker,start,end\nann,dan,2026-10-01,2026-10-02\nann,cy,1.10.2026,x\n"
    )

    with pytest.raises(ConfigError) as fault:
        load_people(tmp_path)

    text = "\n".join(fault.value.problems)
    for said in (
        "unknown column 'phone'",
        "users.csv, row 3: role 'chief' is none of preparer, reviewer, approver, controller",
        "users.csv, row 3: active 'perhaps' is neither yes nor no",
        "users.csv, row 4: person is empty",
        "delegations.csv, row 3: start and end are dates",
        "the login 'x' is of ann and of cy",
        "'dan' is no person of users.csv",
    ):
        assert said in text


def test_a_new_workspace_knows_nobody_and_says_how_to_add_them(tmp_path: Path) -> None:
    init_workspace(tmp_path / "w")

    assert load_people(tmp_path / "w").persons == ()
    assert "preparer | reviewer | approver | controller" in (tmp_path / "w" / "users.csv").read_text()
