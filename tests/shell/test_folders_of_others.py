"""Who reviews, decides and signs need not be able to write in the folders of who prepared: the records are a team's."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from desk_rig import PERIOD, Closed
from persons import RECON, People
from postgres import Server
from team_rig import team_of

from recon.signoff.stamp import stamp_again
from recon.state.place import SETTING

MATERIAL = {'overall = "0.00"': 'overall = "9999999.00"'}
FORCED = ("signoff", "payroll", "--force", "--note", "agreed")


@dataclass(frozen=True)
class Locked:
    """A closed month in folders that nobody but their owner, who is at home, writes to."""

    closed: Closed
    people: People
    address: str

    def types(self, who: str, *words: str) -> subprocess.CompletedProcess[str]:
        """What came of a command of recon that the person typed."""
        return self.people.types(who, *RECON, *words, "--workspace", "juniper")

    @property
    def pack(self) -> Path:
        return self.closed.reports / PERIOD / self.closed.record.run_id


@pytest.fixture(scope="module")
def month(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server, program: Callable[[str, str], str]
) -> Iterator[Locked]:
    with team_of(tmp_path_factory.mktemp("month"), postgres, program, MATERIAL) as team:
        closed = team.desk.closed
        shut = [path for top in (closed.workspace, closed.reports) for path in (top, *top.rglob("*")) if path.is_dir()]
        for path in shut:
            path.chmod(0o555)
        yield Locked(closed, team.people, team.address)
        for path in shut:
            path.chmod(0o755)


def test_a_reviewer_decides_reviews_and_signs_and_is_told_that_the_stamp_is_missing(month: Locked) -> None:
    seen = month.types("bob", "review", "--json")
    assert seen.returncode == 0, seen.stderr
    assert json.loads(seen.stdout)["registered"]["added"]
    variances = month.closed.record.found.frames["variances"]
    named = next(one for ids in variances["actual_line_ids"] for one in ids)

    decided = month.types("bob", "decide", "note", "--actual", named, "--note", "the manager knows")
    signed = month.types("bob", *FORCED)

    assert decided.returncode == 0, decided.stderr
    assert signed.returncode == 0, signed.stderr
    assert f"payroll of {PERIOD}: signed with exceptions by bob" in signed.stdout
    assert "It stands on the record; the stamp could not be written: Permission denied" in signed.stdout
    assert "whoever owns the folder writes the stamp by closing the period again" in signed.stdout
    stands = json.loads(month.types("carla", "signoff", "--json").stdout)["subjects"]
    assert [one["subject"] for one in stands if one["is_signed"]] == ["payroll"]


def test_the_stamp_that_is_missing_is_told_and_written_when_the_owner_closes_again(
    month: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (month.pack / "signoff.json").exists():
        month.types("bob", *FORCED)
    told = month.types("carla", "audit", "verify")
    assert told.returncode == 1
    assert "signoff.json, which should show it, is not there. Put the file back, close the period again" in told.stdout

    monkeypatch.setenv(SETTING, month.address)
    month.pack.chmod(0o755)
    stamp_again(month.closed.workspace, month.pack, month.closed.record)

    assert "payroll: signed with exceptions by bob" in (month.pack / "signoff.svg").read_text(encoding="utf-8")
    assert month.types("carla", "audit", "verify").returncode == 0
