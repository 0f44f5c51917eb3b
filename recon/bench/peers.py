"""What a user would take instead: scripts in a folder, run in a Python environment of their own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from recon.bench.measure import Contender
from recon.errors import ConfigError

REQUIREMENTS = "requirements.txt"
FLOOR = "duckdb_join"  # the peer to which the others are compared
_ENDS = 400


def peers_of_checkout() -> Path | None:
    """The folder `tests/bench/peers` of the clone that recon runs from, or None where it was installed without."""
    folder = Path(__file__).parents[2] / "tests/bench/peers"
    return folder if (folder / REQUIREMENTS).is_file() else None


def peer_contenders(folder: Path, python: Path) -> list[Contender]:
    """One contender per script of the folder, by name, run with that Python.

    Raises: ConfigError if the folder holds no script, or there is no such Python.
    """
    scripts = sorted(folder.glob("*.py"))
    if not scripts:
        raise ConfigError("this folder holds no peers: a peer is a script PEER.py LEFT RIGHT OUT", folder=folder)
    if not python.is_file():
        raise ConfigError("there is no such Python for the peers", file=python)
    return [Contender(script.stem, (str(python.absolute()), str(script.absolute())), "pairs") for script in scripts]


def peer_python(folder: Path) -> Path:
    """The Python of an environment with the peers' requirements, made at first in the user's cache folder.

    Its name holds the requirements' digest: changed requirements make a new environment.

    Raises: ConfigError with pip's last words if they cannot be installed.
    """
    requirements = folder / REQUIREMENTS
    if not requirements.is_file():
        raise ConfigError("the peers' folder lacks its requirements; add them or give --peer-python", file=requirements)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(requirements.read_bytes() + version.encode()).hexdigest()[:12]
    home = _cache() / "recon" / f"peers-{digest}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    whole = home / "installed"  # written last: an environment that was cut off is made anew
    if not whole.is_file():
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        _install(python, requirements)
        whole.touch()
    return python


def _cache() -> Path:
    named = os.environ.get("XDG_CACHE_HOME")
    return Path(named) if named else Path.home() / ".cache"


def _install(python: Path, requirements: Path) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the user's own file
    if done.returncode:
        raise ConfigError("the peers cannot be installed", file=requirements, pip=done.stderr.strip()[-_ENDS:])
