"""Credentials are taken from where sources.toml names them; what is missing is told with its mend, never its value."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.errors import ConfigError
from recon.pulling.credentials import Purse, tokens_of
from recon.pulling.interfaces import account_of
from recon.wire import Secret
from recon.workspace.supply import Credential


def test_a_secret_is_found_in_the_environment_or_the_keyring_and_never_shown() -> None:
    rings = {("retail", "token"): "from-the-ring"}
    purse = Purse({"KEY": "from-the-environment"}, lambda *entry: rings.get(entry))

    found = [purse.secret("x", Credential(env="KEY")), purse.secret("x", Credential(keyring="retail/token"))]

    assert [one.reveal() for one in found] == ["from-the-environment", "from-the-ring"]
    assert "from-the" not in f"{found} {purse}"
    purse.refuse()


def test_everything_that_is_missing_is_told_at_once_with_its_mend() -> None:
    purse = Purse({"BLANK": " "}, lambda *_: None)
    purse.secret("services.retail.token", Credential(keyring="retail/token"))
    purse.text("services.gp_api.app_id", Credential(env="BLANK"))

    with pytest.raises(ConfigError) as fault:
        purse.refuse()

    assert len(fault.value.problems) == 2
    assert "keyring set retail token" in fault.value.problems[0]
    assert "BLANK is not set; set it" in fault.value.problems[1]


def test_two_shops_under_one_application_keep_their_leaves_apart(tmp_path: Path) -> None:
    mine, theirs = (tokens_of("retail", shop, "one-client", None, tmp_path) for shop in ("mine", "theirs"))

    mine.save(Secret("refresh-of-mine"))

    assert theirs.load() is None
    theirs.save(Secret("refresh-of-theirs"))
    assert [one.load() for one in (mine, theirs)] == [Secret("refresh-of-mine"), Secret("refresh-of-theirs")]


@pytest.mark.parametrize(
    ("address", "account"),
    [
        ("http://127.0.0.1:8926/ucp", "loopback ACME"),
        ("https://localhost:1", "loopback ACME"),
        ("http://[::1]:8926", "loopback ACME"),
        ("https://API.intacct.com", "api.intacct.com ACME"),
    ],
)
def test_a_sandbox_on_another_port_is_the_same_account(address: str, account: str) -> None:
    assert account_of(address, "ACME", "") == account
