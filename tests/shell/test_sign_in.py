"""A person gives an application leave in the browser: the sandbox asks, this machine alone takes the answer."""

from __future__ import annotations

import datetime as dt
import os
import socket
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from make_books import small_world
from pull_rig import START, make_workspace

from recon.doctor import Finding, examine
from recon.errors import ConfigError
from recon.pulling import leave
from recon.pulling.credentials import Purse
from recon.pulling.interfaces import Link
from recon.pulling.leave import take_leave
from recon.pulling.services import Opened, leave_of, services_of, utc_now
from recon.sandbox.app import make_app
from recon.sandbox.serve import serving
from recon.sandbox.world import DEMO_ACCESS, World
from recon.wire import NotSignedIn
from recon.workspace import load_workspace
from recon.workspace.supply import read_supply

ENVIRON = {
    "INTACCT_CLIENT_SECRET": DEMO_ACCESS["intacct.client_secret"],
    "RETAIL_CLIENT_SECRET": DEMO_ACCESS["retail.client_secret"],
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Office:
    """A company whose ledger comes by REST, with the leave of a person."""

    service = "intacct_rest"

    def __init__(self, root: Path, url: str, world: World) -> None:
        self.root, self.world, self.back = make_workspace(root), world, f"http://127.0.0.1:{free_port()}/intacct"
        self.own = root.parent / "own"
        (root / "sources.toml").write_text(f"""
[sources]
ledger = {{ from = "api", service = "intacct_rest" }}
accounts = {{ from = "api", service = "intacct_rest" }}
[services.intacct_rest]
base_url = "{url}"
client_id = "{DEMO_ACCESS["intacct.client_id"]}"
client_secret = {{ env = "INTACCT_CLIENT_SECRET" }}
redirect_uri = "{self.back}"
company_id = "JUNIPER"
""")

    @property
    def opened(self) -> Opened:
        return Opened(load_workspace(self.root), read_supply(self.root), utc_now)

    def sign_in(self, tell: Callable[[str], None]) -> None:
        take_leave(leave_of(self.opened, self.service, Link(self.root, self.own), Purse(ENVIRON)), tell)

    def examine(self) -> list[Finding]:
        link = Link(self.root, self.own)
        opened = services_of(read_supply(self.root), Purse(ENVIRON), link, lambda: dt.datetime.now(dt.UTC))
        return examine(self.root, self.root / "pulled", START.date(), lambda *_: opened)

    def kept(self) -> list[Path]:
        return sorted(self.own.glob("*.token")) if self.own.is_dir() else []


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    world = small_world(20)
    with serving(make_app(world)) as url:
        yield Office(tmp_path / "company", url, world)


def visited(address: str) -> tuple[int, str]:
    """What a browser shows at the end of its redirects."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


class Person(threading.Thread):
    """Somebody who opens addresses in a browser, one after the other."""

    def __init__(self, *made: Callable[[str], str]) -> None:
        super().__init__(daemon=True)
        self.made, self.seen, self.address = made, [], ""

    def told(self, address: str) -> None:
        self.address = address
        self.start()

    def run(self) -> None:
        for one in self.made:
            self.seen.append(visited(one(self.address)))


def test_leave_that_was_given_is_kept_for_its_owner_alone_and_signs_in_for_good(office: Office) -> None:
    before = office.examine()
    assert any("recon doctor --sign-in intacct_rest" in one.mend for one in before)
    person = Person(str)

    office.sign_in(person.told)

    person.join(10)
    assert person.seen == [(200, "Thank you. You may close this page and go back to the terminal.")]
    (token,) = office.kept()
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert token.read_text() not in "".join(path.read_text() for path in office.root.rglob("*.toml"))
    first = token.read_text()
    findings = {one.check: one for one in office.examine()}
    assert findings["Intacct's REST API: right to read intacct.account"].state == "well"
    assert findings["Intacct's REST API: closed books"].said.startswith("Intacct's books are closed through 2026-08-31")
    assert token.read_text() != first  # each use gives another one
    assert office.examine()[-1].exit_code == findings["chart of accounts"].exit_code


def test_a_visitor_who_does_not_know_the_state_is_turned_away_and_the_person_waited_for(office: Office) -> None:
    def stranger(_: str) -> str:
        return f"{office.back}?code=stolen&state=guessed"

    def elsewhere(_: str) -> str:
        return f"{office.back}/other?code=stolen"

    person = Person(stranger, elsewhere, str)

    office.sign_in(person.told)

    person.join(10)
    assert [status for status, _ in person.seen] == [400, 404, 200]
    assert len(office.kept()) == 1


def test_leave_that_is_refused_keeps_nothing(office: Office) -> None:
    def refused(address: str) -> str:
        (state,) = parse_qs(urlsplit(address).query)["state"]
        return f"{office.back}?error=access_denied&state={state}"

    person = Person(refused)

    with pytest.raises(NotSignedIn, match="leave was not given"):
        office.sign_in(person.told)

    assert office.kept() == []


def test_a_code_that_intacct_does_not_know_is_told_without_the_code(office: Office) -> None:
    def made_up(address: str) -> str:
        (state,) = parse_qs(urlsplit(address).query)["state"]
        return f"{office.back}?code=canary-of-a-code&state={state}"

    with pytest.raises(NotSignedIn, match="sign in in the browser again") as caught:
        office.sign_in(Person(made_up).told)

    assert "canary-of-a-code" not in f"{caught.value!r} {caught.value}"
    assert office.kept() == []


def test_nobody_is_waited_for_without_end(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leave, "_PATIENCE", 0.2)

    with pytest.raises(NotSignedIn, match="Nobody gave leave within"):
        office.sign_in(lambda _: None)


@pytest.mark.parametrize(
    "address", ["https://recon.example/back", "http://10.0.0.7:8000/back", "http://127.0.0.1/back"]
)
def test_a_redirect_to_another_machine_is_refused_with_its_mend(office: Office, address: str) -> None:
    path = office.root / "sources.toml"
    path.write_text(path.read_text().replace(office.back, address))

    with pytest.raises(ConfigError, match=r"register http://127\.0\.0\.1:PORT/back"):
        office.sign_in(lambda _: None)


def test_a_port_that_is_taken_is_told(office: Office) -> None:
    with (
        socket.create_server(("127.0.0.1", int(office.back.split(":")[2].split("/")[0]))),
        pytest.raises(ConfigError, match="cannot be listened on"),
    ):
        office.sign_in(lambda _: None)


def test_two_companies_that_let_one_application_in_keep_their_leaves_apart(office: Office) -> None:
    office.sign_in(Person(str).told)
    (first,) = office.kept()
    token = first.read_text()
    settings = office.root / "sources.toml"

    settings.write_text(settings.read_text().replace('"JUNIPER"', '"SPRUCE"'))
    assert any("recon doctor --sign-in intacct_rest" in one.mend for one in office.examine())
    office.sign_in(Person(str).told)

    assert len(office.kept()) == 2
    assert first.read_text() == token


def test_the_command_prints_the_address_and_examines_with_the_leave_that_was_given(office: Office) -> None:
    words = ["doctor", "--workspace", str(office.root), "--sign-in", "intacct_rest", "--json"]
    environ = {**os.environ, **ENVIRON, "XDG_STATE_HOME": str(office.root.parent / "state"), "RECON_LOG": "1"}
    run = [sys.executable, "-c", "from recon.cli import main; main()", *words]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ) as command:
        assert command.stderr is not None
        line = next(line for line in command.stderr if line.startswith("http://"))
        shown = visited(line.strip())
        out, told = command.communicate(timeout=60)

    assert shown[0] == 200
    assert "Intacct's REST API: right to read intacct.account" in out
    assert "Leave was given" in told
    token = next((office.root.parent / "state" / "recon").glob("*.token"))
    assert token.read_text() not in out + told
    assert ENVIRON["INTACCT_CLIENT_SECRET"] not in out + told


@pytest.fixture
def shop(office: Office) -> Office:
    """The same company, whose tickets come with the leave of a person."""
    address = read_supply(office.root).services.intacct_rest.base_url  # type: ignore[union-attr]
    (office.root / "sources.toml").write_text(f"""
[sources]
tickets = {{ from = "api", service = "retail" }}
[services.retail]
base_url = "{address}/api"
client_id = "{DEMO_ACCESS["retail.client_id"]}"
client_secret = {{ env = "RETAIL_CLIENT_SECRET" }}
redirect_uri = "{office.back}"
""")
    office.service = "retail"
    return office


def test_a_shop_is_let_in_to_once_and_its_token_changes_with_each_use(shop: Office) -> None:
    assert any("recon doctor --sign-in retail" in one.mend for one in shop.examine())
    person = Person(str)

    shop.sign_in(person.told)

    (token,) = shop.kept()
    first = token.read_text()
    findings = {one.check: one for one in shop.examine()}
    assert findings["Heartland Retail: right to read retail.tickets"].state == "well"
    assert token.read_text() != first
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


@pytest.mark.parametrize("service", ["gp_api", "intacct_rest"])
def test_a_service_that_takes_no_leave_or_is_not_named_is_told(shop: Office, service: str) -> None:
    shop.service = service

    with pytest.raises(ConfigError, match=r"only intacct_rest and retail|has no \[services\.intacct_rest\]"):
        shop.sign_in(lambda _: None)
