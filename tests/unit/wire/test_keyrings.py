"""A keyring that cannot be asked is told with its mend, among all that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from recon.errors import ConfigError
from recon.pulling.credentials import Purse
from recon.wire import Secret
from recon.wire.tokens import KeyringTokens
from recon.workspace.supply import Credential


@pytest.fixture
def no_keyring() -> Iterator[None]:
    """A machine without a keyring, as a server or a container is."""
    had = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(had)


def test_a_machine_without_a_keyring_is_told_with_everything_else_that_is_missing(no_keyring: None) -> None:
    purse = Purse({})
    purse.secret("services.retail.token", Credential(keyring="retail/token"))
    purse.secret("services.gp_api.app_key", Credential(env="APP_KEY"))

    with pytest.raises(ConfigError) as fault:
        purse.refuse()

    assert len(fault.value.problems) == 2
    assert "services.retail.token of sources.toml: the keyring of this machine cannot be asked" in str(fault.value)
    assert "use { env = ... }" in str(fault.value)


def test_a_refresh_token_that_cannot_be_kept_or_found_is_told(no_keyring: None, tmp_path: Path) -> None:
    tokens = KeyringTokens("intacct", "recon", tmp_path / "lock")

    with pytest.raises(ConfigError, match="cannot be asked"):
        tokens.load()
    with pytest.raises(ConfigError, match="cannot be asked"):
        tokens.save(Secret("refresh-token"))
