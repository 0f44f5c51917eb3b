"""One process at a time works on an entry of this workspace. It saves work; compare-and-set keeps it right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from recon.errors import LockHeld
from recon.locks import held


def file_locks(folder: Path) -> Callable[[str], AbstractContextManager[bool]]:
    """Locks by key in the folder; entering gives False where another process has the key."""

    @contextmanager
    def lock(key: str) -> Iterator[bool]:
        with ExitStack() as stack:
            try:
                stack.enter_context(held(folder / f"{key}.lock", "another process works on this entry", key=key))
            except LockHeld:
                yield False
                return
            yield True

    return lock
