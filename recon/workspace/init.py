"""A new workspace, commented, that works as it stands on downloads with the usual headings."""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from recon.errors import ConfigError
from recon.workspace.schemas import stored_schema

_SCHEMA_PLACES = {"policy": ("",), "profile": ("profiles",), "sources": ("",)}


def init_workspace(folder: Path) -> None:
    """Write the template workspace into the folder, whole or not at all.

    Raises: ConfigError if something stands there already, or the place cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is not empty: name a new folder, nothing is overwritten")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".recon-init-") as scratch:
            made = Path(scratch) / "workspace"
            _write_template(made)
            made.chmod(0o777 & ~_umask())
            if folder.exists():
                folder.rmdir()
            made.replace(folder)
    except OSError as cause:
        raise ConfigError(f"the workspace cannot be written to {folder}: {cause.strerror}") from cause


def _write_template(made: Path) -> None:
    with as_file(files("recon.workspace").joinpath("template")) as template:
        shutil.copytree(template, made, ignore=shutil.ignore_patterns("__pycache__"))
    (made / "sources").mkdir()
    for name, places in _SCHEMA_PLACES.items():
        for place in places:
            (made / place / f"{name}.schema.json").write_text(stored_schema(name), encoding="utf-8")


def _umask() -> int:
    """The process's mask for new files, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
