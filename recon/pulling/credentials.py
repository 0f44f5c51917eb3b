"""Credentials where `sources.toml` says they are: in the environment, or in the system's keyring."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recon.errors import ConfigError
from recon.identity import digest_fields
from recon.wire import Secret
from recon.wire.keyrings import kept_in_keyring
from recon.wire.tokens import FileTokens, KeyringTokens, RefreshTokens
from recon.workspace.supply import SUPPLY_FILE, Credential

Keyring = Callable[[str, str], str | None]


@dataclass
class Purse:
    """What the environment and the keyring hold; what is missing is gathered, so that one run tells all of it."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    keyring: Keyring = kept_in_keyring
    problems: list[str] = field(default_factory=list)

    def secret(self, place: str, named: Credential | None) -> Secret:
        """The secret; an empty one, and a problem, where it is missing."""
        return Secret(self._found(place, named) if named is not None else "")

    def text(self, place: str, value: str | Credential | None) -> str:
        """The setting, whether it stands in the file or is named there."""
        return self._found(place, value) if isinstance(value, Credential) else value or ""

    def refuse(self) -> None:
        """Raise ConfigError if anything was missing."""
        if self.problems:
            raise ConfigError("the services cannot be asked: something of theirs is missing", tuple(self.problems))

    def _found(self, place: str, named: Credential) -> str:
        if named.env is not None:
            value = self.environ.get(named.env, "")
            if not value.strip():
                self._lacks(f"{place} of {SUPPLY_FILE}: the environment variable {named.env} is not set; set it")
            return value
        service, _, user = (named.keyring or "").partition("/")
        try:
            found = self.keyring(service, user)
        except ConfigError as fault:
            self._lacks(f"{place} of {SUPPLY_FILE}: {fault}")
            return ""
        if not found:
            mend = f"store it with: keyring set {service} {user}"
            self._lacks(f"{place} of {SUPPLY_FILE}: the keyring has no {service}/{user}; {mend}")
        return found or ""

    def _lacks(self, problem: str) -> None:
        """Note it once, however often the credential is asked for."""
        if problem not in self.problems:
            self.problems.append(problem)


def tokens_of(service: str, account: str, client_id: str, named: Credential | None, home: Path) -> RefreshTokens:
    """Where the refresh token is kept: the keyring, or a file of the user's own outside the workspace.

    Several accounts may let one application in, so the leave of each has a place of its own.
    """
    name = f"{service}-{digest_fields([account, client_id]).hex()[:12]}"
    if named is not None and named.keyring is not None:
        entry, _, user = named.keyring.partition("/")
        return KeyringTokens(entry, user, home / f"{name}.lock")
    return FileTokens(home / f"{name}.token")
