"""The control switched on, with people who are real to the system: what one prepared another has to approve."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from desk_rig import USERS, Desk, closed_month, desk_of
from hub import at_the_hub
from postgres import Server

from recon.compute import CloseRequest, compute, plan_close

RECON = "from recon.cli import main; main()"
NUMBERS = {"ann": 64201, "bob": 64202, "carla": 64203}  # users of the machine, named uid-64201 …


@dataclass(frozen=True)
class People:
    """Ann, Bob and Carla at this machine."""

    desk: Desk
    environ: dict[str, str]
    as_user: Callable[[str], list[str]]  # the words before a command, which make it a person's

    def types(self, who: str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """What came of a command that the person typed, in a process of their own."""
        home = self.desk.closed.workspace.parent / f"home-of-{who}"
        own = {"XDG_STATE_HOME": str(home), **({} if os.geteuid() == 0 else at_the_hub(who))}
        return subprocess.run(
            [*self.as_user(who), sys.executable, "-c", RECON, *words, "--workspace", "juniper"],
            cwd=self.desk.closed.workspace.parent, env={**self.environ, **own, **environ}, capture_output=True,
            text=True, check=False, timeout=300,
        )  # fmt: skip


def as_user(who: str) -> list[str]:
    """The kernel's word for who it is; the interpreter of the tests may lie where only root can read it."""
    number, reads = str(NUMBERS[who]), "+dac_read_search"
    identity = ["--reuid", number, "--regid", number, "--clear-groups"]
    return ["setpriv", *identity, "--inh-caps", reads, "--ambient-caps", reads]


@pytest.fixture(scope="module")
def people(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server, program: Callable[[str, str], str]
) -> Iterator[People]:
    """As root they are three users of the machine; else three people of a JupyterHub that the policy names."""
    folder = tmp_path_factory.mktemp("month")
    closed = closed_month(folder)
    is_root = os.geteuid() == 0
    logins = {name: f"uid-{number}" if is_root else "" for name, number in NUMBERS.items()}
    (closed.workspace / "users.csv").write_text(USERS.format(**logins), encoding="utf-8")
    with desk_of(closed) as desk:
        environ = {
            **os.environ, **desk.environ, "RECON_DATABASE_URL": postgres.address(postgres.make("state1")),
            "COLUMNS": "200",
        }  # fmt: skip
        if is_root:
            program("setpriv", "util-linux")
            postgres.folder.chmod(0o755)  # its socket is for all three
            open_to_all(folder)
            for name, number in NUMBERS.items():
                home = folder / f"home-of-{name}"
                home.mkdir(mode=0o700)
                os.chown(home, number, number)
        yield People(desk, environ, as_user if is_root else lambda _: [])


def open_to_all(folder: Path) -> None:
    """Let every user of the machine read the month, as a folder that a team shares; nobody but root writes it."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    for parent in folder.parents:
        if parent.stat().st_uid == 0 and parent.name.startswith("pytest-"):
            parent.chmod(parent.stat().st_mode | 0o011)


def test_what_ann_prepared_bob_approves_and_nobody_else_under_any_name(people: People) -> None:
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


def test_whoever_runs_the_close_is_its_preparer_whatever_the_policy_prints_on_the_cover(people: People) -> None:
    policy = people.desk.closed.workspace / "policy.toml"
    policy.write_text(policy.read_text().replace('# preparer = "', 'preparer = "bob, '))
    record = compute(plan_close(CloseRequest("2026-09", policy.parent, policy.parent / "sources")), policy.parent)

    assert record.prepared_by.startswith("bob")
    assert record.closed_by not in ("bob", "")
