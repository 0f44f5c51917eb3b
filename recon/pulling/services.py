"""The services of a workspace, ready to be opened: those of which `sources.toml` takes at least one kind of record."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recon.errors import ConfigError
from recon.pulling.credentials import Purse
from recon.pulling.heartland import gp_interface, portico_interface, retail_interface, retail_leave
from recon.pulling.intacct import rest_interface, rest_leave, xml_interface
from recon.pulling.interfaces import Interface, Link
from recon.pulling.leave import Leave
from recon.pulling.model import Clock
from recon.workspace import Workspace, load_workspace
from recon.workspace.supply import SERVICES, SUPPLY_FILE, Service, ServiceName, Supply, read_supply

BY_LEAVE: tuple[ServiceName, ...] = ("intacct_rest", "retail")
_MADE: Mapping[ServiceName, Any] = {
    "gp_api": gp_interface,
    "portico": portico_interface,
    "retail": retail_interface,
    "intacct_xml": xml_interface,
    "intacct_rest": rest_interface,
}


def services_of(supply: Supply, purse: Purse, link: Link, clock: Clock) -> list[Interface]:
    """The services that are pulled from, in a fixed order.

    Raises: ConfigError naming every credential and file of authorities that is missing.
    """
    found = []
    for name, settings in _used(supply):
        try:
            found.append(_MADE[name](settings, supply.taken_from(name), purse, link, clock))
        except ConfigError as fault:
            purse.problems.append(f"services.{name} of {SUPPLY_FILE}: {fault}")
    purse.refuse()
    return found


@dataclass(frozen=True)
class Opened:
    """A company's workspace with what says where its records come from."""

    company: Workspace
    supply: Supply
    clock: Clock

    def services(self, link: Link | None = None) -> list[Interface]:
        """The services that are pulled from. Raises: ConfigError naming every missing credential."""
        return services_of(self.supply, Purse(), link or Link(self.company.root, own_folder()), self.clock)


def leave_of(opened: Opened, service: str, link: Link, purse: Purse) -> Leave:
    """How a person's leave for the service is taken. Raises: ConfigError where the service takes none."""
    services = opened.supply.services
    if service not in BY_LEAVE:
        raise ConfigError(f"only {' and '.join(BY_LEAVE)} are signed in to in the browser, not {service}")
    if services.named(service) is None:
        raise ConfigError(f"{SUPPLY_FILE} has no [services.{service}]")
    if service == "retail" and services.retail is not None:
        leave = retail_leave(services.retail, purse, link)
    elif services.intacct_rest is not None:
        leave = rest_leave(services.intacct_rest, purse, link, opened.clock)
    purse.refuse()
    return leave


def open_company(workspace: Path) -> Opened:
    """The workspace as `recon pull` uses it. Raises: ConfigError."""
    if not workspace.is_dir():
        raise ConfigError("the workspace is not there; make one with: recon init DIR", workspace=workspace)
    return Opened(load_workspace(workspace), read_supply(workspace), utc_now)


def open_services(company: Workspace, supply: Supply) -> list[Interface]:
    """The services of a workspace that was read already. Raises: ConfigError naming every missing credential."""
    return Opened(company, supply, utc_now).services()


def utc_now() -> dt.datetime:
    """The time of the machine, in UTC."""
    return dt.datetime.now(dt.UTC)


def _used(supply: Supply) -> Iterator[tuple[ServiceName, Service]]:
    for name in SERVICES:
        settings = supply.services.named(name)
        if settings is not None and supply.taken_from(name):
            yield name, settings


def own_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The user's own folder for what must not stand in a workspace, such as refresh tokens."""
    known = (environ if environ is not None else os.environ).get("XDG_STATE_HOME", "").strip()
    return (Path(known) if known else Path.home() / ".local" / "state") / "recon"
