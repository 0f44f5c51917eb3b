"""A company whose services are the sandbox in this process: its workspace, its sources.toml, and pulls of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pull_rig import PERIOD, START, make_workspace

from recon.doctor import Finding, examine
from recon.period import parse_period
from recon.pulling import Pulled, PullRequest, pull
from recon.pulling.credentials import Purse
from recon.pulling.interfaces import Link
from recon.pulling.services import services_of
from recon.sandbox.app import make_app
from recon.sandbox.signing_in import secrets_of, services_text
from recon.sandbox.world import DEMO_ACCESS, World
from recon.wire.client import in_process
from recon.workspace import load_workspace
from recon.workspace.supply import SERVICES, read_supply

SECRETS = secrets_of(SERVICES)
ENVIRON = {name: DEMO_ACCESS[key] for name, key in SECRETS.items()}


def supply_text(url: str, sources: Mapping[str, str], closed: str = "") -> str:
    """A sources.toml that takes these kinds of record from these services of the sandbox."""
    kinds = "\n".join(f'{kind} = {{ from = "api", service = "{service}" }}' for kind, service in sources.items())
    books = f"closed_through = {closed}" if closed else ""
    return f"[books]\n{books}\n[sources]\n{kinds}\n{services_text(url, SERVICES)}"


def app_of(world: World) -> Any:
    """The sandbox over these books, in which every account has a normal balance."""
    app = make_app(world)
    world.write("UPDATE intacct_account SET normalbalance = 'debit' WHERE normalbalance IS NULL")
    return app


class Company:
    """A workspace whose services are the sandbox in this process."""

    def __init__(self, root: Path, world: World, sources: Mapping[str, str], closed: str = "") -> None:
        self.root, self.world = make_workspace(root), world
        self.transport = in_process(app_of(world))
        (root / "sources.toml").write_text(supply_text("http://127.0.0.1:1", sources, closed))
        self.environ = dict(ENVIRON)

    def write(self, before: str, after: str) -> None:
        """Change sources.toml."""
        path = self.root / "sources.toml"
        path.write_text(path.read_text().replace(before, after))

    def services(self) -> list[Any]:
        link = Link(self.root, self.root.parent / "own", dict.fromkeys(SERVICES, self.transport))
        return services_of(read_supply(self.root), Purse(self.environ), link, lambda: dt.datetime.now(dt.UTC))

    def pull(self, at: dt.datetime = START) -> Pulled:
        company, supply = load_workspace(self.root), read_supply(self.root)
        return pull(PullRequest(company, supply, parse_period(PERIOD), self.services(), lambda: at))

    def examine(self) -> list[Finding]:
        return examine(self.root, self.root / "pulled", START.date(), lambda *_: self.services())
