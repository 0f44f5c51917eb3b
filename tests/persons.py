"""People who are real to the system: three users of the machine, or of a JupyterHub that a policy names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub import at_the_hub

NUMBERS = {"ann": 64201, "bob": 64202, "carla": 64203}  # users of the machine, named uid-64201 …
TOGETHER = 64200  # the group that they share
IS_ROOT = os.geteuid() == 0  # who may act as other users


@dataclass(frozen=True)
class People:
    """Ann, Bob and Carla at this machine, in one folder."""

    folder: Path
    environ: Mapping[str, str]

    def types(self, who: str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """What came of a command that the person typed, in a process of their own."""
        own = {"XDG_STATE_HOME": str(home_of(self.folder, who)), **({} if IS_ROOT else at_the_hub(who))}
        return subprocess.run(
            [*as_user(who), *words], cwd=self.folder, env={**self.environ, **own, **environ}, capture_output=True,
            text=True, check=False, timeout=300, umask=0o002, stdin=subprocess.DEVNULL,
        )  # fmt: skip


def home_of(folder: Path, who: str) -> Path:
    """The person's own folder."""
    return folder / f"home-of-{who}"


def as_user(who: str) -> Sequence[str]:
    """The words before a command that make it the person's, by the kernel's word, where we are root.

    The interpreter of the tests may lie where only root can read it, so reading stays allowed.
    """
    if not IS_ROOT:
        return ()
    identity = ["--reuid", str(NUMBERS[who]), "--regid", str(TOGETHER), "--clear-groups"]
    reads = "+dac_read_search"
    return ("setpriv", *identity, "--inh-caps", reads, "--ambient-caps", reads)


def login_of(who: str) -> str:
    """The further name under which the system knows the person; empty at a hub, which knows the name itself."""
    return f"uid-{NUMBERS[who]}" if IS_ROOT else ""


def settle_in(folder: Path, owner: str | None = None) -> None:
    """Give the people homes in the folder, and let all three read it; one of them may own it, and all write it then."""
    for who in NUMBERS:
        home_of(folder, who).mkdir(mode=0o700)
    if not IS_ROOT:
        return
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod((0o2775 if path.is_dir() else 0o664) if owner else (0o755 if path.is_dir() else 0o644))
            if owner:
                os.chown(path, NUMBERS[owner], TOGETHER)
    for who, number in NUMBERS.items():
        os.chown(home_of(folder, who), number, TOGETHER)
        home_of(folder, who).chmod(0o700)
    for parent in folder.parents:
        if parent.stat().st_uid == 0 and parent.name.startswith("pytest-"):
            parent.chmod(parent.stat().st_mode | 0o011)


RECON = (sys.executable, "-c", "from recon.cli import main; main()")
