"""The system's keyring, which the extra `keyring` brings; whatever keeps it from answering is told with its mend."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import ModuleType

from recon.errors import ConfigError


def kept_in_keyring(service: str, user: str) -> str | None:
    """The entry of the keyring; None if it has none. Raises: ConfigError where there is no keyring to ask."""
    with _keyring() as keyring:
        found: str | None = keyring.get_password(service, user)
    return found


def keep_in_keyring(service: str, user: str, text: str) -> None:
    """Keep the text as the entry of the keyring. Raises: ConfigError where there is no keyring to ask."""
    with _keyring() as keyring:
        keyring.set_password(service, user, text)


@contextlib.contextmanager
def _keyring() -> Iterator[ModuleType]:
    try:
        import keyring  # noqa: PLC0415 - an extra: only who asks for it needs it
        import keyring.errors  # noqa: PLC0415
    except ImportError as cause:
        raise ConfigError("the keyring is not installed: `pip install recon[keyring]`, or use { env = ... }") from cause
    try:
        yield keyring
    except keyring.errors.KeyringError as cause:
        said = " ".join(str(cause).split()) or type(cause).__name__
        raise ConfigError(
            f"the keyring of this machine cannot be asked ({said}): unlock or set it up, or use {{ env = ... }}"
        ) from cause
