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
from recon.sandbox.world import DEMO_ACCESS, World
from recon.wire.client import in_process
from recon.workspace import load_workspace
from recon.workspace.supply import SERVICES, read_supply

SECRETS = {
    "GP_APP_KEY": "gp_api.app_key",
    "PORTICO_KEY": "portico.secret_api_key",
    "RETAIL_TOKEN": "retail.token",
    "INTACCT_USER_PASSWORD": "intacct.user_password",
    "INTACCT_SENDER_PASSWORD": "intacct.sender_password",
    "INTACCT_CLIENT_SECRET": "intacct.client_secret",
}
ENVIRON = {name: DEMO_ACCESS[key] for name, key in SECRETS.items()}


def supply_text(url: str, sources: Mapping[str, str], closed: str = "") -> str:
    """A sources.toml that takes these kinds of record from these services of the sandbox."""
    access = DEMO_ACCESS
    kinds = "\n".join(f'{kind} = {{ from = "api", service = "{service}" }}' for kind, service in sources.items())
    return f"""
[books]
{f"closed_through = {closed}" if closed else ""}
[sources]
{kinds}
[services.gp_api]
base_url = "{url}/ucp"
app_id = "{access["gp_api.app_id"]}"
app_key = {{ env = "GP_APP_KEY" }}
[services.portico]
base_url = "{url}"
secret_api_key = {{ env = "PORTICO_KEY" }}
[services.retail]
base_url = "{url}/api"
token = {{ env = "RETAIL_TOKEN" }}
[services.intacct_xml]
base_url = "{url}"
company_id = "{access["intacct.company_id"]}"
user_id = "{access["intacct.user_id"]}"
user_password = {{ env = "INTACCT_USER_PASSWORD" }}
sender_id = "{access["intacct.sender_id"]}"
sender_password = {{ env = "INTACCT_SENDER_PASSWORD" }}
[services.intacct_rest]
base_url = "{url}"
client_id = "{access["intacct.client_id"]}"
client_secret = {{ env = "INTACCT_CLIENT_SECRET" }}
user = "{access["intacct.user_id"]}@{access["intacct.company_id"]}"
"""


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
