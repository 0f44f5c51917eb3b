"""One person before the records of one company."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recon.decisions import person
from recon.lifecycle import Acting, Control
from recon.state.store import StateStore, open_state
from recon.workspace import Workspace, load_people, load_workspace
from recon.workspace.load import POLICY_FILE


@dataclass(frozen=True)
class Seat:
    """Who sits there, for which company, under which control, over which records."""

    company: Workspace
    control: Control
    who: Acting
    store: StateStore

    @property
    def name(self) -> str:
        """The person's name, as the records keep it."""
        return self.who.person.name

    @property
    def login(self) -> str:
        """The login under which the system vouches for the person."""
        return self.who.login

    def today(self) -> dt.date:
        """The day by the clock of the records."""
        return self.store.now().date()


@contextmanager
def take_seat(
    workspace: Path, login: Callable[[str | None], str] = person, *, environ: Mapping[str, str] | None = None
) -> Iterator[Seat]:
    """The seat of whoever is at the keyboard; its records are closed at the end.

    `login` tells who that is, given the address of the JupyterHub that the policy names;
    `environ` may name a team's database (default: the process's own).

    Raises: ConfigError; NotAllowed for somebody whom users.csv does not know.
    """
    company = load_workspace(workspace)
    control = Control.of(company.policy, load_people(workspace))
    who = control.people.acting(login(company.policy.approval.hub))
    store = open_state(workspace, environ=environ, login=who.login)
    try:
        yield Seat(company, control, who, store)
    finally:
        store.close()


def hub_of(workspace: Path) -> str | None:
    """The address of the JupyterHub that the policy names, even where the rest of the policy cannot be used yet."""
    try:
        approval = tomllib.loads((workspace / POLICY_FILE).read_text(encoding="utf-8-sig")).get("approval", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    named = approval.get("hub") if isinstance(approval, dict) else None
    return named if isinstance(named, str) else None
