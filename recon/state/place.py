"""Where the state of a workspace is kept; light enough to ask without opening it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

FILE = "state.sqlite"
RECORDS = "records.json"  # of a workspace: which records it has
SETTING = "RECON_DATABASE_URL"  # a PostgreSQL for a team; one database holds one company


def has_state(workspace: Path, environ: Mapping[str, str] | None = None) -> bool:
    """True where the workspace's state is kept in a database: a team's, or a file, that stands or is remembered."""
    named = address_of_team(environ) is not None
    return named or (workspace / FILE).is_file() or (workspace / RECORDS).is_file()


def address_of_team(environ: Mapping[str, str] | None = None) -> str | None:
    """The address of the team's database, which may hold a password; None where there is none."""
    return (os.environ if environ is None else environ).get(SETTING, "").strip() or None
