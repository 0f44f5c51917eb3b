"""Which addresses a wire may speak to."""

from __future__ import annotations

import pytest

from recon.errors import ConfigError
from recon.wire.addresses import Addresses
from recon.wire.errors import Misunderstood

HOME = Addresses("https://api.intacct.com/ia/xml", allowed_hosts=(".intacct.com", "files.sage.com"))


@pytest.mark.parametrize(
    "base",
    [
        "http://api.intacct.com",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://0.0.0.0:80",
        "http://[::]:80",
        "http://2130706433",
        "http://user:secret@127.0.0.1",
        "https://user:secret@api.intacct.com",
        "ftp://api.intacct.com",
        "api.intacct.com",
        "https://api.intacct.com/x?y=1",
        "https://api.intacct.com/#x",
        "https://api.intacct.com\\@evil.example",
        "https://api.intacct.com /x",
        "",
    ],
)
def test_a_service_outside_this_machine_is_spoken_to_in_https_only(base: str) -> None:
    with pytest.raises(ConfigError, match="https") as caught:
        Addresses(base)

    assert "secret" not in str(caught.value)


def test_a_scheme_in_capitals_is_the_same_origin() -> None:
    assert Addresses("HTTPS://api.intacct.com").home == Addresses("https://API.intacct.com:443").home


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000/x", "http://127.8.9.1"]
)
def test_this_machine_may_be_spoken_to_in_plain_http(base: str) -> None:
    assert Addresses(base).of("/rows", (("a b", "c&d"),))[0] == f"{base}/rows?a+b=c%26d"


@pytest.mark.parametrize(
    "place",
    [
        "https://api.intacct.com/other",
        "https://API.Intacct.com:443/other",
        "https://api-p301.intacct.com/ia/xml/xmlgw.phtml",
        "https://intacct.com.files.sage.com/x".replace("intacct.com.", ""),
    ],
)
def test_a_host_that_the_vendor_may_name_is_allowed(place: str) -> None:
    assert HOME.of(place)[0] == place


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/ia/xml",
        "https://evilintacct.com/",
        "https://intacct.com.evil.example/",
        "https://api.intacct.com@evil.example/",
        "https://x.files.sage.com/",
        "http://api.intacct.com/ia/xml",
        "https://api-p301.intacct.com:8443/",
        "https://api.intacct.com:8443/",
        "http://127.0.0.1/",
        "//evil.example/",
        "rows",
        "file:///etc/passwd",
    ],
)
def test_no_request_leaves_the_hosts_of_its_service(place: str) -> None:
    absolute = place if not place.startswith("//") else f"https:{place}"
    with pytest.raises(Misunderstood, match="leave the hosts"):
        HOME.of(absolute)


def test_a_path_of_two_slashes_stays_on_the_host() -> None:
    assert HOME.of("//evil.example/x")[1] == HOME.home


def test_the_other_names_of_this_machine_are_one_with_its_port() -> None:
    here = Addresses("http://localhost:8000")

    assert here.of("http://127.0.0.1:8000/x")[0] == "http://127.0.0.1:8000/x"
    with pytest.raises(Misunderstood):
        here.of("http://127.0.0.1:8001/x")
