"""Canary secrets of who posts: in no record, no trail, no screen and no log, whether all goes well or not."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from desk_rig import SERVICES, Desk, Typed, typist
from test_campaign_secrets import CANARIES, betrayed
from test_trail_elsewhere import posted

from recon.sandbox.faults import Fault
from recon.sandbox.signing_in import secrets_of
from recon.state.place import FILE


class CanaryDesk(Desk):
    """A desk whose secrets are canaries."""

    @property
    def environ(self) -> dict[str, str]:
        """What signs in to the sandbox, each secret of its own."""
        named = {name: CANARIES[key] for name, key in secrets_of(SERVICES).items() if key in CANARIES}
        return {**super().environ, **named, "RECON_LOG": "DEBUG"}


@pytest.fixture
def canaries(desk: Desk) -> CanaryDesk:
    desk.world.access.update(CANARIES)
    return CanaryDesk(desk.closed, desk.world, desk.url)


@pytest.fixture
def typed(canaries: CanaryDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    return typist(canaries, monkeypatch, capsys)


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_stands_in_the_records_of_what_was_posted(
    service: str, canaries: CanaryDesk, typed: Typed, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    path = canaries.closed.workspace / "sources.toml"
    path.write_text(path.read_text().replace('service = "intacct_xml"', f'service = "{service}"', 1))

    key = posted(typed, canaries)
    canaries.world.faults.switch_on(Fault("unavailable", status=500))
    canaries.world.faults.switch_on(Fault("half_body", skip=1))
    said = [typed("ann", "settle", "--json"), typed("dave", "audit", "verify", "--ledger"),
            typed("bob", "audit", "show", key), typed("dave", "audit", "export", "--out", "trail")]  # fmt: skip
    canaries.world.access.update(dict.fromkeys(CANARIES, "changed meanwhile"))
    refused = typed("ann", "settle")

    assert refused.code != 0
    assert canaries.world.query("SELECT count(*) FROM intacct_batch WHERE referenceno LIKE 'RCN%'") == [(1,)]
    assert (canaries.closed.workspace / FILE).stat().st_size > 0
    assert (tmp_path / "trail").is_dir()
    told = "".join(one.out + one.err for one in [*said, refused])
    assert betrayed(canaries.world, tmp_path, said=told + caplog.text) == []
