"""Refresh tokens that change with every use: kept in a file of their owner's alone, or in the system's keyring."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

from filelock import FileLock

from recon.errors import ConfigError
from recon.wire.keyrings import keep_in_keyring, kept_in_keyring
from recon.wire.redaction import Secret

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LOCK_SECONDS = 120.0


class RefreshTokens(Protocol):
    """Where the refresh token of one application and user is kept between runs."""

    def load(self) -> Secret | None:
        """The token that was kept last; None if none was."""
        ...

    def save(self, token: Secret) -> None:
        """Keep the token; on return it survives a power cut."""
        ...

    def alone(self) -> contextlib.AbstractContextManager[object]:
        """Held while a token is exchanged: two processes that use one token would lock each other out."""
        ...


@contextlib.asynccontextmanager
async def exchanged_alone(tokens: RefreshTokens) -> AsyncIterator[Secret | None]:
    """The token that was kept last, while no other process may exchange it; None if none was."""
    alone = tokens.alone()
    await asyncio.to_thread(alone.__enter__)
    try:
        yield tokens.load()
    finally:
        alone.__exit__(None, None, None)


class FileTokens:
    """The token in a file that only its owner may read (0600), replaced as a whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Secret | None:
        """The token in the file; None if there is no file.

        Raises: ConfigError where others may read the file.
        """
        try:
            with self._path.open(encoding="utf-8") as stream:
                mode = os.fstat(stream.fileno()).st_mode
                text = stream.read().strip()
        except FileNotFoundError:
            return None
        if os.name == "posix" and mode & _OTHERS:
            raise ConfigError(
                f"others may read the sign-in kept in {self._path}: run `chmod 600 {self._path}`, and sign in anew if "
                "anyone else uses this machine"
            )
        return Secret(text) if text else None

    def save(self, token: Secret) -> None:
        """Write beside, make durable, then replace: a reader sees the old token or the new one."""
        folder = self._path.parent
        folder.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=folder, prefix=f".{self._path.name}.")  # made with 0600
        try:
            with os.fdopen(number, "w", encoding="utf-8") as stream:
                stream.write(token.reveal())
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        if os.name == "posix":
            opened = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One process at a time, by a lock file beside the token."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._path}.lock", timeout=_LOCK_SECONDS, thread_local=False):
            yield


class KeyringTokens:
    """The token in the system's keyring. Raises: ConfigError where that cannot be asked."""

    def __init__(self, service: str, name: str, lock_file: Path) -> None:
        self._service, self._name = service, name
        self._lock_file = lock_file

    def load(self) -> Secret | None:
        """The token in the keyring; None if it has none."""
        text = kept_in_keyring(self._service, self._name)
        return Secret(text) if text else None

    def save(self, token: Secret) -> None:
        """Put the token into the keyring."""
        keep_in_keyring(self._service, self._name, token.reveal())

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One process at a time, by a lock file."""
        self._lock_file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._lock_file, timeout=_LOCK_SECONDS, thread_local=False):
            yield
