"""A look at an older run, or at one from another folder, takes nothing in and takes no approval away."""

from __future__ import annotations

import shutil
from dataclasses import replace

import polars as pl
import pytest
from desk_rig import PERIOD, Desk, Typed, on_record, published

from recon.reporting.model import RunRecord
from recon.reporting.runs import mark_latest
from recon.signoff.closed import counts_still

LATER = "f" * 12


def closed_later(desk: Desk) -> RunRecord:
    """A later close of the same month that proposes nothing but the first entry, on record."""
    found = desk.closed.record.found
    frames = {**found.frames, "adjustments": found.frames["adjustments"].sort("posting_key").head(1)}
    later = replace(desk.closed.record, run_id=LATER, found=replace(found, frames=frames))
    published(later, desk.closed.reports)
    return on_record(desk.closed.workspace, desk.closed.reports, later)


def approved(typed: Typed) -> str:
    """The key of the one entry that the later run proposes, approved."""
    (one,) = typed("bob", "review", "--mark-shown", "--json").facts["entries"]
    assert typed("carla", "approve", one["key"]).code == 0
    return str(one["key"])


def states(typed: Typed, key: str) -> list[str]:
    return [one["state"] for one in typed("bob", "review", "--key", key, "--json").facts["entries"]]


def test_a_look_at_an_older_run_shows_what_stands_and_changes_nothing(typed: Typed, desk: Desk) -> None:
    closed_later(desk)
    key = approved(typed)
    mark_latest(desk.closed.reports / PERIOD, desk.closed.record.run_id)

    looked = typed("bob", "review", "--short")

    assert looked.code == 0
    assert f"Only shown: the records follow run {LATER} for deposits, which bob took in" in looked.out
    assert f"and which was closed after run {desk.closed.record.run_id}" in looked.out
    assert "recon review --take-older" in looked.out
    assert "are new" not in looked.out
    assert key in looked.out
    assert states(typed, key) == ["approved"]


def test_a_person_may_say_that_an_older_run_is_taken_in_and_then_the_newer_one_is_taken_in_again(
    typed: Typed, desk: Desk
) -> None:
    later = closed_later(desk)
    approved(typed)
    mark_latest(desk.closed.reports / PERIOD, desk.closed.record.run_id)
    count = desk.closed.record.found.frames["adjustments"].height - 1

    assert f"{count} entries are new" in typed("bob", "review", "--short", "--take-older").out
    mark_latest(desk.closed.reports / PERIOD, later.run_id)
    assert f"{count} entries are proposed no more" in typed("bob", "review", "--short").out


def test_a_run_in_another_folder_is_not_taken_in_while_the_last_one_does_not_stand_beside_it(
    typed: Typed, desk: Desk
) -> None:
    typed("bob", "review", "--short")
    elsewhere = desk.closed.workspace.parent / "elsewhere"
    desk.closed.reports.rename(elsewhere)
    closed_later(desk)

    looked = typed("bob", "review", "--short", "--json").facts

    assert "which does not stand in" in looked["refused"]
    assert looked["registered"]["withdrawn"] == []
    shutil.rmtree(desk.closed.reports)
    elsewhere.rename(desk.closed.reports)
    assert typed("bob", "review", "--short", "--json").facts["refused"] == ""


def test_who_closes_again_and_is_answered_with_an_older_run_makes_it_the_newest(
    typed: Typed, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECON_DATABASE_URL", raising=False)
    closed_later(desk)
    approved(typed)
    record, home = desk.closed.record, desk.closed.reports / PERIOD
    for _ in range(2):
        assert counts_still(desk.closed.workspace, home / record.run_id, record, "ann")
    mark_latest(home, record.run_id)

    said = typed("bob", "review", "--short", "--json").facts

    assert said["refused"] == ""
    assert len(said["registered"]["added"]) == record.found.frames["adjustments"].height - 1
    closes = [one for one in typed("bob", "audit", "show", "--json").facts["events"] if one["act"] == "closed"]
    assert len(closes) == 3
    assert pl.DataFrame(said["entries"])["prepared_by"].unique().to_list() == ["ann"]
