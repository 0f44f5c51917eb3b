"""Files change between two acts: who prepared an entry decides about it under no other name, whatever files say."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

from desk_rig import Desk, Typed

from recon.reporting.manifest import write_manifest
from recon.reporting.runs import save_evidence
from recon.signoff.closed import counts_still, put_close
from recon.state.store import open_state

HEAD = "person,roles,aliases\nbob,reviewer|approver,\ncarla,controller,\n"
EVE = "Eve Approver,controller,ann\n"


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
    assert "Eve Approver prepared this entry: another person must approve it" in renamed.err
    assert "Eve Approver prepared this entry: another person must approve it" in beside.err
    assert "prepared by 'ann', who stands in no row of users.csv any more" in hidden.err
    assert typed("carla", "approve", one.key).code == 0
    said = typed("bob", "audit", "show", one.key, "--json").facts["events"]
    assert [event["details"].get("login") for event in said] == ["bob", "bob", "carla"]
    assert said[0]["details"]["prepared_login"] == "ann"


def forged(desk: Desk, name: str) -> None:
    """The run's record says that somebody else closed it, and its manifest fits."""
    folder = desk.closed.reports / "2026-09" / desk.closed.record.run_id
    shutil.rmtree(folder / "evidence")
    save_evidence(replace(desk.closed.record, closed_by=name), folder)
    write_manifest(replace(desk.closed.record, closed_by=name), folder)


def test_the_preparer_of_a_run_is_who_the_trail_says_whatever_the_record_says(typed: Typed, desk: Desk) -> None:
    forged(desk, "carla")

    reviewed = typed("bob", "review", "--short")
    signed = typed("bob", "signoff", "payroll")

    assert [reviewed.code, signed.code] == [4, 4]
    for said in (reviewed, signed):
        assert "not the one that ann closed, as the trail has it: close the period again" in said.err


def test_a_run_that_the_trail_does_not_know_is_taken_in_first_by_who_closed_it(typed: Typed, desk: Desk) -> None:
    for path in desk.closed.workspace.glob("state.sqlite*"):
        path.unlink()

    another = typed("bob", "review", "--short")
    signed = typed("bob", "signoff", "payroll")
    assert [another.code, signed.code] == [5, 5]
    assert "nobody vouches that 'ann' made it. ann closes the period again, or is the first to review it" in another.err
    assert "nobody vouches for who prepared it: close the period again" in signed.err

    assert [typed(who, "review", "--short").code for who in ("ann", "bob")] == [0, 0]
    events = typed("bob", "audit", "show", "--json").facts["events"]
    (closed,) = [one for one in events if one["act"] == "closed"]
    assert {"login": "ann", "closed_by": "ann", "person": "ann"}.items() <= closed["details"].items()


def test_a_period_is_closed_anew_where_the_run_there_is_not_what_its_closer_made(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.delenv("RECON_DATABASE_URL", raising=False)
    record, workspace = desk.closed.record, desk.closed.workspace
    folder = desk.closed.reports / "2026-09" / record.run_id
    assert all(counts_still(workspace, folder, record, who) for who in ("ann", "carla", ""))
    forged(desk, "carla")
    lying = replace(record, closed_by="carla")
    assert not any(counts_still(workspace, folder, lying, who) for who in ("ann", "carla", ""))

    put_close(workspace, folder, lying)  # she does close it, now
    assert counts_still(workspace, folder, lying, "ann")


def test_a_run_that_the_trail_does_not_know_is_made_anew_by_whoever_did_not_close_it(
    desk: Desk, monkeypatch: Any
) -> None:
    monkeypatch.delenv("RECON_DATABASE_URL", raising=False)
    record, workspace = desk.closed.record, desk.closed.workspace
    folder = desk.closed.reports / "2026-09" / record.run_id
    for path in workspace.glob("state.sqlite*"):
        path.unlink()

    assert not counts_still(workspace, folder, record, "bob")
    assert counts_still(workspace, folder, record, "ann")
    assert counts_still(workspace, folder, record, "bob")  # Ann closed it again, and the trail knows it
