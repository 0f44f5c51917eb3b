"""The control switched on, with people who are real to the system: what one prepared another has to approve."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

import pytest
from desk_rig import Desk
from persons import NUMBERS, RECON, People
from postgres import Server
from team_rig import team_of

from recon.compute import CloseRequest, compute, plan_close
from recon.state.place import SETTING


@dataclass(frozen=True)
class AtOneDesk:
    """Three people before one month and its sandbox."""

    desk: Desk
    people: People

    def types(self, who: str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """What came of a command of recon that the person typed."""
        return self.people.types(who, *RECON, *words, "--workspace", "juniper", **environ)


@pytest.fixture(scope="module")
def people(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server, program: Callable[[str, str], str]
) -> Iterator[AtOneDesk]:
    with team_of(tmp_path_factory.mktemp("month"), postgres, program) as team:
        yield AtOneDesk(team.desk, team.people)


def test_what_ann_prepared_bob_approves_and_nobody_else_under_any_name(people: AtOneDesk) -> None:
    taken = people.types("bob", "review", "--mark-shown", "--json")
    assert taken.returncode == 0, taken.stderr
    facts = json.loads(taken.stdout)
    key = min(facts["entries"], key=lambda one: (Decimal(one["debits"]), one["key"]))["key"]

    own = people.types("ann", "approve", key)
    posing = people.types("ann", "approve", key, USER="bob", LOGNAME="bob", JUPYTERHUB_USER="bob")
    unapproved = people.types("ann", "post", key)
    assert [own.returncode, posing.returncode, unapproved.returncode] == [5, 5, 5]
    assert "ann prepared this entry: another person must approve it" in own.stderr
    assert "only approved entries are sent" in unapproved.stderr

    approved = people.types("bob", "approve", key)
    assert approved.returncode == 0, approved.stderr
    before = people.desk.batches()
    posted = people.types("ann", "post", "--json")
    assert posted.returncode == 0, posted.stdout + posted.stderr
    assert [(one["key"], one["what"]) for one in json.loads(posted.stdout)["entries"]] == [(key, "confirmed")]
    assert people.desk.batches() == before + 1

    shown = json.loads(people.types("carla", "audit", "show", key, "--json").stdout)["events"]
    did = {one["act"]: one["actor"] for one in shown}
    assert (did["approved"], did["intended"], did["confirmed"]) == ("bob", "ann", "ann")
    assert people.types("carla", "audit", "verify").returncode == 0


def test_three_people_post_at_once_and_none_of_them_is_told_of_a_fault(people: AtOneDesk) -> None:
    facts = json.loads(people.types("bob", "review", "--mark-shown", "--json").stdout)
    waiting = [one for one in facts["entries"] if one["state"] == "reviewed"]
    (second,) = sorted(waiting, key=lambda one: (Decimal(one["debits"]), one["key"]))[:1]
    assert people.types("carla", "approve", second["key"]).returncode == 0
    before = people.desk.batches()

    with ThreadPoolExecutor() as at_once:
        posted = list(at_once.map(lambda who: people.types(who, "post"), NUMBERS))

    # 75: another one works on it. Who comes when all is done has nothing to post.
    assert {one.returncode for one in posted} <= {0, 75}, [one.stdout + one.stderr for one in posted]
    assert people.desk.batches() == before + 1
    assert people.types("ann", "post").stdout == "Nothing is approved that is not posted: nothing was sent.\n"


def test_whoever_runs_the_close_is_its_preparer_whatever_the_policy_prints_on_the_cover(
    people: AtOneDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, people.people.environ[SETTING])
    policy = people.desk.closed.workspace / "policy.toml"
    policy.write_text(policy.read_text().replace('# preparer = "', 'preparer = "bob, '))
    record = compute(plan_close(CloseRequest("2026-09", policy.parent, policy.parent / "sources")), policy.parent)

    assert record.prepared_by.startswith("bob")
    assert record.closed_by not in ("bob", "")
