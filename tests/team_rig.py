"""A month of a team: its records in PostgreSQL, its people known to the system, before one desk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from desk_rig import USERS, Desk, closed_month, desk_of, on_record
from persons import IS_ROOT, NUMBERS, People, login_of, settle_in
from postgres import Server

from recon.state.place import SETTING


@dataclass(frozen=True)
class Team:
    """Ann, Bob and Carla before one month, its sandbox and the address of its records."""

    desk: Desk
    people: People
    address: str


@contextmanager
def team_of(
    folder: Path, postgres: Server, program: Callable[[str, str], str], policy: Mapping[str, str] | None = None
) -> Iterator[Team]:
    """As root they are three users of the machine; else three people of a JupyterHub that the policy names."""
    closed = closed_month(folder, policy)
    users = USERS.format(**{name: login_of(name) for name in NUMBERS})
    (closed.workspace / "users.csv").write_text(users, encoding="utf-8")
    address = postgres.address(postgres.make("state1"))
    on_record(closed.workspace, closed.reports, closed.record, address)
    with desk_of(closed) as desk:
        if IS_ROOT:
            program("setpriv", "util-linux")
            postgres.folder.chmod(0o755)  # its socket is for all three
        settle_in(folder)
        yield Team(desk, People(folder, {**os.environ, **desk.environ, SETTING: address, "COLUMNS": "200"}), address)
