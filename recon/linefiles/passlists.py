"""Pass lists: those that ship with recon, and a person's own TOML file."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from recon.errors import ConfigError
from recon.matching import Pass
from recon.matching.config import passes_of
from recon.misfilled import unreadable

_FOLDER = files("recon.linefiles").joinpath("lists")


def shipped_names() -> list[str]:
    """The names of the pass lists that ship."""
    return sorted(one.name.removesuffix(".toml") for one in _FOLDER.iterdir() if one.name.endswith(".toml"))


def shipped(name: str) -> list[Pass]:
    """The passes of a list that ships: `bank` for bank lines against ledger lines, `ledger` for two ledgers.

    Raises: ConfigError for a name that does not ship.
    """
    name = name.removesuffix(".toml")
    if name not in shipped_names():
        raise ConfigError("no such pass list ships", name=name, known=", ".join(shipped_names()))
    return passes_of(_parsed(_FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8"), name), file=f"{name}.toml")


def read_passes(path: Path) -> list[Pass]:
    """The passes of a TOML file, or of the list that ships under this name where there is no such file.

    Raises: ConfigError with every wrong table and field at once.
    """
    if not path.is_file():
        if path.parent == Path() and path.name.removesuffix(".toml") in shipped_names():
            return shipped(path.name)
        raise ConfigError("there is no such pass list", file=path, ships=", ".join(shipped_names()))
    return passes_of(_parsed(path.read_text(encoding="utf-8"), str(path)), file=path.name)


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise ConfigError(f"{name}: this is no TOML: {unreadable(cause)}") from cause
