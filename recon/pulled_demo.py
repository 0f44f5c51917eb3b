"""The demo company as a user has it: its services answer on loopback, and a month of it is pulled from them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from recon.compute import CloseRequest
from recon.period import parse_period
from recon.progress import Progress, silent
from recon.pulling import PullRequest, pull, sources_of
from recon.pulling.credentials import Purse
from recon.pulling.interfaces import Link
from recon.pulling.services import open_company, own_folder, services_of
from recon.run import write_demo
from recon.sandbox import DEFAULT_PORT
from recon.sandbox.app import make_app
from recon.sandbox.serve import serving
from recon.sandbox.signing_in import secrets_of, services_text
from recon.sandbox.world import DEMO_ACCESS, World
from recon.workspace import load_workspace
from recon.workspace.supply import SUPPLY_FILE, Supply, read_supply

_SERVICES = ("gp_api", "retail", "intacct_xml")
_PREFIX = "DEMO_"  # so that the variables of a company's own secrets are left alone
# Which environment variable of the demo's sources.toml holds which of the sandbox's secrets.
SECRETS: Mapping[str, str] = secrets_of(_SERVICES, _PREFIX)
_FROM_FILES = ("payroll_register.csv", "locations.csv")  # of which no service gives anything
_ADDRESS = f"http://127.0.0.1:{DEFAULT_PORT}"


def pull_demo(folder: Path, period: str, tell: Progress = silent) -> CloseRequest:
    """The request that closes the demo company, whose month is pulled from a sandbox that runs meanwhile.

    The folder becomes a workspace with a `sources.toml`; `recon sandbox` and the lines at its top let a reader pull
    again by hand. What was pulled there already is used as it is.
    """
    tell("Making the demo company", 0, 1)
    workspace = write_demo(folder, period).workspace
    month = parse_period(period)
    if not read_supply(workspace).sources:
        _keep_what_no_service_gives(workspace / "sources")
        (workspace / SUPPLY_FILE).write_text(_supply_text(), encoding="utf-8")
    company, supply = load_workspace(workspace), read_supply(workspace)
    if sources_of(company, supply, month.name) == company.sources:
        _pull(workspace, month.name, tell)
    return CloseRequest(period, workspace, sources_of(company, supply, month.name))


def _keep_what_no_service_gives(downloads: Path) -> None:
    for path in sorted(downloads.iterdir()):
        if path.name not in _FROM_FILES:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _pull(workspace: Path, period: str, tell: Progress) -> None:
    """Pull the month while a sandbox over the same month serves on a free port."""
    opened = open_company(workspace)
    with closing(World.of_demo(period=period)) as world, serving(make_app(world)) as url:
        purse = Purse({name: DEMO_ACCESS[secret] for name, secret in SECRETS.items()})
        services = services_of(_served_at(opened.supply, url), purse, Link(workspace, own_folder()), opened.clock)
        month = parse_period(period, opened.company.policy.periods)
        pull(PullRequest(opened.company, opened.supply, month, services, opened.clock), tell)


def _served_at(supply: Supply, url: str) -> Supply:
    """The same supply, with its services on another port: the usual one may be taken."""
    moved = supply.model_dump_json(by_alias=True, exclude_none=True).replace(_ADDRESS, url)
    return Supply.model_validate_json(moved)


def _supply_text() -> str:
    exports = "\n".join(f"#   export {name}={DEMO_ACCESS[secret]}" for name, secret in SECRETS.items())
    return f"""#:schema ./sources.schema.json
# The demo company's services are those of `recon sandbox`. To pull its month again by hand, start that in one
# terminal, and in another one say who you are (these secrets open nothing but the sandbox), then `recon pull`:
{exports}

[sources]
tickets = {{ from = "api", service = "retail" }}
payments = {{ from = "api", service = "gp_api" }}
deposits = {{ from = "api", service = "gp_api" }}
ledger = {{ from = "api", service = "intacct_xml" }}
balances = {{ from = "api", service = "intacct_xml" }}
accounts = {{ from = "api", service = "intacct_xml" }}
payroll = {{ from = "files" }}
locations = {{ from = "files" }}

{services_text(_ADDRESS, _SERVICES, _PREFIX)}"""
