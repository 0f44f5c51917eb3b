"""Folders and files that one process at a time may write."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from recon.errors import ConfigError, LockHeld


@contextlib.contextmanager
def held(lock_file: Path, refusal: str, *, patience_seconds: float = 0, **context: object) -> Iterator[None]:
    """The lock file, held by this process alone; its folder is made if there is none.

    Raises: ConfigError if the folder cannot be written; LockHeld, with the refusal and its context, if another process
    still holds the lock after so many seconds.
    """
    lock = FileLock(lock_file)
    try:
        lock_file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=patience_seconds)
    except Timeout as cause:
        raise LockHeld(refusal, **context) from cause
    except OSError as cause:
        raise ConfigError("the folder cannot be written", folder=lock_file.parent, reason=cause.strerror) from cause
    try:
        yield
    finally:
        lock.release()
