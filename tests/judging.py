"""The public SDKs that judge the sandbox: scripts of `tests/judges`, run in a Python environment of their own."""

from __future__ import annotations

import functools
import getpass
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from filelock import FileLock

from recon.bench.peers import peer_python
from recon.errors import ConfigError

JUDGES = Path(__file__).parent / "judges"
PATIENCE_S = 300


def judges_python() -> Path:
    """The Python of the environment that holds the public SDKs: made once for equal requirements, in the user's cache.

    Raises: ConfigError with pip's last words if they cannot be installed; it is not tried twice in one process.
    """
    outcome = _outcome()
    if isinstance(outcome, ConfigError):
        raise outcome
    return outcome


@functools.cache
def _outcome() -> Path | ConfigError:
    try:
        return made_python()
    except ConfigError as fault:
        return fault


def made_python() -> Path:
    """As `judges_python`, tried anew; of processes that ask at one time the first makes it and the others wait.

    Raises: ConfigError as `judges_python`.
    """
    with FileLock(Path(tempfile.gettempdir()) / f"recon-judges-{getpass.getuser()}.lock"):
        try:
            return peer_python(JUDGES)
        except ConfigError as cause:
            raise ConfigError(
                "the public SDKs that judge the sandbox are not installed: let this machine reach PyPI once",
                cause=str(cause),
            ) from cause


def judged(judge: str, address: str, question: Mapping[str, Any]) -> list[Any]:
    """The lines that the judge of that name writes about the sandbox at the address; numbers with a point as Decimal.

    Raises: ConfigError as `judges_python`; AssertionError with the judge's last words if it breaks down.
    """
    command = [str(judges_python()), "-E", "-s", str(JUDGES / f"{judge}.py"), address]
    direct = {**os.environ, "NO_PROXY": "127.0.0.1"}
    asked = json.dumps(question)
    done = subprocess.run(
        command, input=asked, env=direct, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line, parse_float=Decimal) for line in done.stdout.splitlines()]


def call(name: str, *args: Any, **kwargs: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """A call of one of the Intacct SDKs by the attribute's name, as its judge takes it."""
    return name, args, kwargs
