"""Which records a workspace has: it remembers them, so that a forgotten address does not begin others beside them."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from recon.errors import ConfigError, DataError
from recon.state.database import Database
from recon.state.place import FILE, RECORDS, SETTING
from recon.state.tables import trail
from recon.store.durable import write_json


@dataclass(frozen=True)
class Remembered:
    """Where the records of a workspace are kept, and which they are."""

    place: str  # the file of the workspace, or host and name of a database; never a password
    trail: str = ""  # hash of the first row of their trail; empty while it had none


def check_not_elsewhere(workspace: Path, place: str) -> None:
    """Raises: ConfigError where the file of the workspace would be made although its records are kept elsewhere."""
    kept = remembered(workspace)
    if kept is not None and kept.place != FILE == place and not (workspace / FILE).is_file():
        raise _other(kept, workspace, place)


def check_same(workspace: Path, database: Database, place: str) -> None:
    """Remember the records that were opened for the workspace; later, that they are the same.

    A workspace that this person may not write remembers nothing new.

    Raises: ConfigError where they are others.
    """
    kept, found = remembered(workspace), Remembered(place, database.read(_first_hash))
    is_same = kept is not None and (kept.trail == found.trail if kept.trail else kept.place == place)
    if kept is not None and not is_same:
        raise _other(kept, workspace, place)
    if kept is None or (found.trail and not kept.trail):
        with suppress(DataError):
            write_json(workspace / RECORDS, asdict(found))


def remembered(workspace: Path) -> Remembered | None:
    """What the workspace remembers; None where it has no records yet. Raises: ConfigError for what cannot be read."""
    path = workspace / RECORDS
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Remembered(str(told["place"]), str(told["trail"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise ConfigError(
            "this file tells where the records of the workspace are kept, and cannot be read: put back the one that "
            "was there, or remove it if RECON_DATABASE_URL names the right database",
            file=path,
        ) from cause


def _first_hash(connection: Connection) -> str:
    return connection.scalar(select(trail.c.hash).where(trail.c.sequence == 1)) or ""


def _other(kept: Remembered, workspace: Path, place: str) -> ConfigError:
    here = "the file of the workspace" if place == FILE else place
    if kept.place == place:
        told = f"{here} holds other records than this workspace has: put back the database that was there"
    elif kept.place == FILE:
        told = f"the records of this workspace are kept in its own file {FILE}, not in {here}: leave {SETTING} unset"
    else:
        told = (
            f"the records of this workspace are kept in {kept.place}, not in {here}: let {SETTING} name that database"
        )
    return ConfigError(f"{told}; to begin new records on purpose, remove {RECORDS}", file=workspace / RECORDS)
