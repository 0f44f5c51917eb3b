"""Trust over real TLS: who is believed, what is refused for good, and that no setting switches verification off."""

from __future__ import annotations

import inspect
import ssl
from pathlib import Path

import pytest

from recon.errors import ConfigError
from recon.wire import Answer, Ask, HttpWire, Misunderstood, Retries, Tls, Unreachable, run
from tests.wire_servers import Authority, made_authority, reply, serving

READ = Ask("GET", "/deposits", wants="json")
QUICK = Retries(tries=3, first_wait_seconds=0.01, longest_wait_seconds=0.02, total_seconds=20)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return made_authority(tmp_path_factory.mktemp("authority"))


def asked(url: str, tls: Tls | None, **settings: object) -> Answer:
    async def work() -> Answer:
        async with HttpWire(url, tls=tls, retries=QUICK, **settings) as wire:
            return await wire.ask(READ)

    return run(work())


def test_a_server_of_the_authority_in_the_file_is_believed(authority: Authority) -> None:
    with serving(lambda *_: reply(b"[]"), authority.server_context()) as server:
        assert asked(server.url, Tls(ca_file=authority.file)).json() == []


def test_a_server_of_an_authority_that_nobody_knows_is_refused_for_good_with_the_mend(authority: Authority) -> None:
    with (
        serving(lambda *_: reply(b"[]"), authority.server_context()) as server,
        pytest.raises(Unreachable, match=r"cannot be trusted.*ca_file") as caught,
    ):
        asked(server.url, None)

    assert server.seen == []
    assert caught.value.final
    assert caught.value.nothing_arrived
    assert caught.value.context["tries"] == 1


def test_only_the_authorities_of_the_file_are_believed(authority: Authority, tmp_path: Path) -> None:
    other = made_authority(tmp_path / "other")
    with (
        serving(lambda *_: reply(b"[]"), authority.server_context()) as server,
        pytest.raises(Unreachable, match="cannot be trusted"),
    ):
        asked(server.url, Tls(ca_file=other.file))


@pytest.mark.parametrize(("host", "days_left"), [("bank.example", 2), ("127.0.0.2", 2), ("127.0.0.1", -1)])
def test_a_certificate_of_another_host_or_of_yesterday_is_refused(
    authority: Authority, host: str, days_left: int
) -> None:
    with (
        serving(lambda *_: reply(b"[]"), authority.server_context(host, days_left=days_left)) as server,
        pytest.raises(Unreachable, match="cannot be trusted"),
    ):
        asked(server.url, Tls(ca_file=authority.file))

    assert server.seen == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_tls_below_1_2_is_refused(authority: Authority) -> None:
    context = authority.server_context(newest=ssl.TLSVersion.TLSv1_1)
    with serving(lambda *_: reply(b"[]"), context) as server, pytest.raises(Unreachable, match="cannot be trusted"):
        asked(server.url, Tls(ca_file=authority.file))

    assert server.seen == []


def test_tls_1_2_is_taken(authority: Authority) -> None:
    context = authority.server_context(newest=ssl.TLSVersion.TLSv1_2)
    with serving(lambda *_: reply(b"[]"), context) as server:
        assert asked(server.url, Tls(ca_file=authority.file)).status == 200


def test_the_keys_of_a_connection_are_never_logged(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    with serving(lambda *_: reply(b"[]"), authority.server_context()) as server:
        asked(server.url, Tls(ca_file=authority.file))

    assert not log.exists()


def test_no_variable_of_the_environment_changes_whom_to_trust_or_the_way(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password canary-netrc\n", encoding="utf-8")
    netrc.chmod(0o600)
    for name, value in {
        "SSL_CERT_FILE": str(authority.file),
        "REQUESTS_CA_BUNDLE": str(authority.file),
        "PYTHONHTTPSVERIFY": "0",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
        "NETRC": str(netrc),
    }.items():
        monkeypatch.setenv(name, value)
    with serving(lambda *_: reply(b"[]"), authority.server_context()) as server:
        with pytest.raises(Unreachable, match="cannot be trusted"):
            asked(server.url, None)
        asked(server.url, Tls(ca_file=authority.file))

    assert "authorization" not in server.seen[0].headers


@pytest.mark.parametrize("content", [None, "no certificate at all"])
def test_a_file_of_authorities_that_cannot_be_read_is_told_before_anything_is_sent(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigError, match="PEM"):
        HttpWire("https://127.0.0.1", tls=Tls(ca_file=file))


def test_no_setting_of_a_wire_switches_verification_off() -> None:
    settings = {*inspect.signature(HttpWire).parameters, *inspect.signature(Tls).parameters}

    assert settings == {
        "base_url",
        "limits",
        "tls",
        "retries",
        "allowed_hosts",
        "transport",
        "service",
        "ca_file",
    }


def test_a_redirect_from_https_to_http_is_never_followed(authority: Authority) -> None:
    with serving(lambda *_: reply(b"[]")) as plain:
        away = reply(b"", 302, (f"location: {plain.url}/deposits",))
        with (
            serving(lambda *_: away, authority.server_context()) as server,
            pytest.raises(Misunderstood, match="another host"),
        ):
            asked(server.url, Tls(ca_file=authority.file))

    assert plain.seen == []


def test_an_https_server_that_speaks_plain_http_is_refused_for_good(authority: Authority) -> None:
    with serving(lambda *_: reply(b"[]")) as server, pytest.raises(Unreachable, match="cannot be trusted") as caught:
        asked(server.url.replace("http:", "https:"), Tls(ca_file=authority.file))

    assert caught.value.context["tries"] == 1
