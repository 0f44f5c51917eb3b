"""The demo company with three stores, closed by Ann, before its sandbox: what reviewers and approvers sit down to."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hub import at_the_hub, hub_of

from recon.cli import main
from recon.compute import CloseRequest, compute, plan_close
from recon.demo import write_demo_month
from recon.reporting.manifest import write_manifest
from recon.reporting.model import RunRecord
from recon.reporting.pack import write_data
from recon.reporting.runs import mark_latest, save_evidence
from recon.sandbox import intacct_rest, intacct_xml
from recon.sandbox.app import make_app
from recon.sandbox.serve import serving
from recon.sandbox.signing_in import secrets_of, services_text
from recon.sandbox.world import DEMO_ACCESS, World
from recon.signoff.closed import keep_closed
from recon.state.place import RECORDS, SETTING
from recon.state.store import open_state
from recon.workspace import init_workspace, load_people

PERIOD = "2026-09"
STORES = 3
# Ann runs the close, Bob reviews and approves small entries, Carla approves large ones.
USERS = "person,roles,aliases\nann,preparer,{ann}\nbob,reviewer|approver,{bob}\ncarla,controller,{carla}\n"
SERVICES = ("intacct_xml", "intacct_rest")
INTACCT = (intacct_xml.routes, intacct_rest.routes)


@dataclass(frozen=True)
class Closed:
    """A workspace whose month was closed, and the folder of its reports."""

    workspace: Path
    reports: Path
    record: RunRecord


def closed_month(folder: Path, policy: Mapping[str, str] | None = None) -> Closed:
    """The month as Ann closed it from downloads, its pack reduced to tables, evidence and manifest.

    `policy` replaces texts of the policy before.
    """
    workspace = folder / "juniper"
    init_workspace(workspace)
    change_policy(workspace, policy or {})
    write_demo_month(workspace / "sources", period=PERIOD, stores=STORES)
    (workspace / "users.csv").write_text(USERS.format(ann="", bob="", carla=""), encoding="utf-8")
    record = compute(plan_close(CloseRequest(PERIOD, workspace, workspace / "sources")), folder / "scratch")
    published(by_ann(record), folder / "reports")
    return Closed(workspace, folder / "reports", on_record(workspace, folder / "reports", by_ann(record)))


def on_record(workspace: Path, reports: Path, record: RunRecord, address: str | None = None) -> RunRecord:
    """The record, whose close Ann put into the trail; `address` is a team's database."""
    environ = {SETTING: address} if address else {}
    if address:
        (workspace / RECORDS).unlink(missing_ok=True)  # what it had before were its own
    with contextlib.closing(open_state(workspace, environ=environ, login="ann")) as store:
        keep_closed(store, reports / PERIOD / record.run_id, record, load_people(workspace))
    return record


def by_ann(record: RunRecord) -> RunRecord:
    """The record as if Ann had run the close."""
    return replace(record, closed_by="ann", prepared_by="ann")


def published(record: RunRecord, reports: Path) -> RunRecord:
    """The record, with its run standing in the reports as the newest of its period."""
    home = reports / record.found.period.name
    folder = home / record.run_id
    folder.mkdir(parents=True)
    write_data(record, folder / "data")
    save_evidence(record, folder)
    write_manifest(record, folder)
    mark_latest(home, record.run_id)
    return record


def copied(closed: Closed, folder: Path) -> Closed:
    """The same month for one test to change."""
    shutil.copytree(closed.workspace, folder / "juniper")
    shutil.copytree(closed.reports, folder / "reports", symlinks=True)
    return Closed(folder / "juniper", folder / "reports", closed.record)


@dataclass(frozen=True)
class Desk:
    """A workspace whose people a hub vouches for, and the sandbox that entries are posted to."""

    closed: Closed
    world: World
    url: str

    @property
    def environ(self) -> dict[str, str]:
        """What signs in to the sandbox, and a folder of the user's own."""
        return {**sandbox_secrets(), "XDG_STATE_HOME": str(self.closed.workspace.parent / "home")}

    def sitting(self, name: str) -> dict[str, str]:
        """The environment of a person's server at the hub."""
        return {**self.environ, **at_the_hub(name)}

    def batches(self) -> int:
        """How many entries the ledger has."""
        found = self.world.one("SELECT count(*) FROM intacct_batch")
        assert found is not None
        return int(found[0])


def sandbox_secrets() -> dict[str, str]:
    """By variable, what signs in to the sandbox's two interfaces of Intacct."""
    return {name: DEMO_ACCESS[key] for name, key in secrets_of(SERVICES).items()}


def posts_to(workspace: Path, url: str, service: str = "intacct_xml", policy: Mapping[str, str] | None = None) -> None:
    """Let the workspace post to the sandbox, through this interface; `policy` replaces texts of its policy."""
    text = f'[posting]\nservice = "{service}"\n\n{services_text(url, SERVICES)}'
    (workspace / "sources.toml").write_text(text, encoding="utf-8")
    change_policy(workspace, policy or {})


def change_policy(workspace: Path, changes: Mapping[str, str]) -> None:
    """Replace texts of the policy, each of which must stand there."""
    path = workspace / "policy.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Said:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """The answer as one JSON document."""
        return json.loads(self.out)


Typed = Callable[..., Said]


def typist(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types one command for somebody at the hub: `typed("bob", "review", "--short")`."""
    monkeypatch.chdir(desk.closed.reports.parent)
    monkeypatch.delenv("RECON_DATABASE_URL", raising=False)

    def one(who: str, *words: str) -> Said:
        for name, value in desk.sitting(who).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["recon", *words, "--workspace", "juniper"])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return one


@contextlib.contextmanager
def desk_of(closed: Closed) -> Iterator[Desk]:
    """The desk with its hub and its sandbox, while the block runs."""
    world = World.of_demo(period=PERIOD, stores=STORES)
    with (
        contextlib.closing(world),
        serving(make_app(world, INTACCT)) as url,
        hub_of("ann", "bob", "carla", "dave") as hub,
    ):
        named = {'# hub = "https://hub.example.com/hub/api"': f'hub = "{hub}"'}
        posts_to(closed.workspace, url, policy=named)
        yield Desk(closed, world, url)
