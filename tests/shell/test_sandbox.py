"""The sandbox itself: its tables, its faults, its address, its certificate and its command."""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from make_books import books, small_world

from recon.errors import ConfigError
from recon.sandbox import intacct_xml
from recon.sandbox.app import MOUNTS, make_app
from recon.sandbox.authority import make_certificate
from recon.sandbox.faults import KINDS, Fault, Faults, check_reach, parse_fault
from recon.sandbox.serve import bound, check_loopback, serving, why_unbound
from recon.sandbox.world import Demo, Table, World, utc_now

PATH = intacct_xml.PATH
BODY = b"<request/>"  # refused by the gateway, but answered


def asked(url: str, fault: str = "", **how: Any) -> httpx.Response:
    headers = {"x-sandbox-fault": fault} if fault else {}
    return httpx.post(url + PATH, content=BODY, headers=headers, timeout=how.pop("timeout", 30), **how)


def test_a_table_refuses_columns_it_does_not_have_and_keys_it_has() -> None:
    world = World.of_rows({"coins": [{"id": 1, "cents": 25}]})
    world.hold(Table("coins", {"id": "INTEGER", "cents": "INTEGER"}, "id"))
    with pytest.raises(ConfigError, match="no such column"):
        world.insert("coins", [{"id": 2, "dimes": 1}])
    with pytest.raises(ConfigError, match="this key already"):
        world.insert("coins", [{"id": 2}, {"id": 1}])
    assert world.query("SELECT * FROM coins") == [(1, 25)]


def test_rows_for_a_table_that_nobody_serves_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="intacct_lines"):
        make_app(World.of_rows({"intacct_lines": []}), [intacct_xml.routes])


def test_transactions_nest_and_undo_only_what_failed() -> None:
    world = World.of_rows({})
    world.hold(Table("coins", {"id": "INTEGER"}, "id"))
    with world.transaction():
        world.insert("coins", [{"id": 1}])
        with pytest.raises(ConfigError):
            world.insert("coins", [{"id": 2}, {"id": 1}])
    assert world.query("SELECT id FROM coins") == [(1,)]


def test_equal_seeds_churn_alike_and_an_entry_goes_with_its_lines() -> None:
    found = []
    for _ in range(2):
        world = small_world(20)
        make_app(world, [intacct_xml.routes])
        assert world.churn("intacct_line", insert=2, delete=3, seed=4) == (2, 3)
        found.append(world.query("SELECT recordno, batchkey, cents FROM intacct_line ORDER BY 1"))
        assert world.query("SELECT batchkey FROM intacct_line EXCEPT SELECT recordno FROM intacct_batch") == []
        assert world.one("SELECT count(*) FROM intacct_batch") == (9,)
        assert world.one("SELECT sum(tr_type * cents) FROM intacct_line") == (0,)
    assert found[0] == found[1]


def test_the_state_in_a_file_outlives_the_sandbox(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    first = World.of_rows(books(4), file=file)
    make_app(first, [intacct_xml.routes])
    first.write("DELETE FROM intacct_line WHERE batchkey = 1")
    first.close()
    second = World.of_rows({}, file=file)
    make_app(second, [intacct_xml.routes])
    assert second.one("SELECT count(*) FROM intacct_line") == (2,)
    second.close()


def test_a_file_tells_its_month_and_serves_no_other_one(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    World.of_demo(period="2026-08", stores=3, seed=7, file=file).close()

    again = World.of_demo(file=file)
    again.close()

    assert again.demo == Demo("2026-08", 7, 3)
    with pytest.raises(ConfigError, match="keeps 3 stores, 2026-08, seed 7, not 4 stores, 2026-08, seed 7: leave"):
        World.of_demo(stores=4, file=file)


def test_a_state_of_given_rows_is_no_months(tmp_path: Path) -> None:
    World.of_rows(books(4), file=tmp_path / "state.db").close()

    with pytest.raises(ConfigError, match="does not tell which month"):
        World.of_demo(file=tmp_path / "state.db")


def test_a_file_that_is_no_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Dear diary, today the bank was late again. " * 40)
    with pytest.raises(ConfigError, match="no state of a sandbox"):
        World.of_rows({}, file=tmp_path / "notes.txt")


def test_equal_arguments_make_equal_demo_worlds() -> None:
    sums = []
    for _ in range(2):
        world = World.of_demo(stores=3)
        make_app(world, [intacct_xml.routes])
        sums.append(world.query("SELECT accountno, sum(tr_type * cents), count(*) FROM intacct_line GROUP BY 1"))
        assert world.one("SELECT sum(tr_type * cents) FROM intacct_line") == (0,)
    assert sums[0] == sums[1]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.com", ""])
def test_no_address_that_others_reach_is_ever_bound(host: str) -> None:
    with pytest.raises(ConfigError, match="loopback only"):
        check_loopback(host)


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigError, match="taken"):
            bound("127.0.0.1", other.getsockname()[1])


@pytest.mark.parametrize(
    ("number", "mend"),
    [
        (errno.EADDRINUSE, "--port"),
        (errno.EACCES, "above 1023"),
        (errno.EADDRNOTAVAIL, "127.0.0.1 with --host"),
        (errno.EAFNOSUPPORT, "127.0.0.1 with --host"),
        (errno.EMFILE, "Too many open files"),
    ],
)
def test_what_keeps_a_socket_from_the_sandbox_is_told_with_its_own_mend(number: int, mend: str) -> None:
    said = why_unbound(OSError(number, os.strerror(number)))

    assert mend in said
    assert ("taken" in said) == (number == errno.EADDRINUSE)


def test_the_certificate_is_believed_by_who_trusts_its_authority_alone(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, utc_now())
    trusting = ssl.create_default_context(cafile=str(certificate.authority))
    with serving(make_app(small_world()), certificate=certificate) as url:
        assert url.startswith("https://127.0.0.1:")
        assert httpx.get(f"{url}/_sandbox/clock", verify=trusting).status_code == 200
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{url}/_sandbox/clock")
    assert certificate.key.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("ca*.key"))


@pytest.fixture(scope="module")
def url() -> Any:
    with serving(make_app(small_world(20))) as address:
        yield address


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After", "3"),
        ("X-IA-Throttle-Limit-RetryAfter", "3"),
        ("X-IA-Minute-Rate-Limit-RetryAfter", "3"),
        ("X-IA-TENANT-Throttle-Limit-RetryAfter", "3"),
    ],
)
def test_a_throttled_call_says_how_long_to_wait_in_the_header_that_is_asked_for(
    url: str, header: str, seconds: str
) -> None:
    answer = asked(url, f"throttled; seconds={seconds}; header={header}")
    assert (answer.status_code, answer.headers[header]) == (429, seconds)
    assert "GW-0010" in answer.text


def test_each_gateway_refuses_in_its_own_words(url: str) -> None:
    fault = {"x-sandbox-fault": "throttled"}
    said = {path: httpx.post(url + path, headers=fault) for path in (PATH, "/ia/api/v1/x", "/ucp/x", "/api/x", "/y")}
    kinds = [answer.headers["content-type"] for answer in said.values()]
    assert kinds == ["text/xml", "application/json", "application/json", "application/json", "text/plain"]
    assert said["/ia/api/v1/x"].json()["ia::error"]["errorId"] == "GW-0010"
    assert "error_code" in said["/ucp/x"].json()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (PATH, 400, "GW-0011"), (PATH, 401, "XMLGW_JPP0002"), (PATH, 429, "GW-0010"),
        ("/ia/api/v1/x", 400, "GW-0011"), ("/ia/api/v1/x", 403, "GW-0042"), ("/ia/api/v1/x", 503, "GW-0001"),
    ],
)  # fmt: skip
def test_intacct_has_a_code_of_its_own_for_each_refusal(url: str, path: str, status: int, code: str) -> None:
    answer = httpx.post(url + path, headers={"x-sandbox-fault": f"unavailable; status={status}"})

    assert answer.status_code == status
    assert code in answer.text


def test_words_for_people_and_limits_under_two_hundred(url: str) -> None:
    page, limit = asked(url, "html"), asked(url, "throttled_in_200")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (limit.status_code, "API rate limit exceeded" in limit.text) == (200, True)
    assert asked(url, "html; status=403").status_code == 403
    assert asked(url, "unavailable").status_code == 503
    assert asked(url, "unavailable; status=524").status_code == 524
    assert asked(url, "broken_after").status_code == 500


@pytest.mark.parametrize("fault", ["dropped", "dropped_after", "half_body", "wrong_length", "hang; seconds=0.05"])
def test_a_connection_is_cut_on_the_wire(url: str, fault: str) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        asked(url, fault)


def test_a_request_whose_client_leaves_halfway_is_not_done() -> None:
    with serving(make_app(small_world())) as url:
        address = httpx.URL(url)
        with socket.create_connection((address.host, address.port)) as client:
            client.sendall(f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n<request>".encode())
        asked(url)

        assert httpx.get(f"{url}/_sandbox/calls").json()["count"] == 1


def test_an_answer_that_hangs_is_given_up_by_the_client(url: str) -> None:
    with pytest.raises(httpx.ReadTimeout):
        asked(url, "hang; seconds=5", timeout=0.2)


def test_a_slow_answer_is_whole_in_the_end(url: str) -> None:
    began = time.monotonic()
    slow = asked(url, "slow_body; seconds=0.2")
    assert slow.content == asked(url).content
    assert time.monotonic() - began >= 0.2


def test_in_one_process_a_cut_connection_is_an_exception() -> None:
    app = make_app(small_world())

    async def cut() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox") as client:
            await client.post(PATH, content=BODY, headers={"x-sandbox-fault": "dropped_after"})

    with pytest.raises(ConnectionResetError):
        asyncio.run(cut())


def test_a_request_that_is_delivered_twice_works_twice() -> None:
    world = World.of_demo(stores=3)
    with serving(make_app(world, [intacct_xml.routes])) as url:
        before = httpx.get(f"{url}/_sandbox/rows/sessions").json()["rows"]
        access = {name: world.access[f"intacct.{name}"] for name in ("user_id", "company_id", "user_password")}
        login = (
            "<login><userid>{user_id}</userid><companyid>{company_id}</companyid><password>{user_password}</password>"
        )
        body = (
            f"<request><control><senderid>{world.access['intacct.sender_id']}</senderid>"
            f"<password>{world.access['intacct.sender_password']}</password><controlid>c</controlid>"
            "<uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication>"
            f"{login.format(**access)}</login></authentication>"
            '<content><function controlid="f"><getAPISession/></function></content></operation></request>'
        )
        httpx.post(url + PATH, content=body, headers={"x-sandbox-fault": "duplicate"})
        after = httpx.get(f"{url}/_sandbox/rows/sessions").json()["rows"]
        httpx.post(url + PATH, content=BODY, headers={"x-sandbox-fault": "expired"})
        assert after - before == 2
        assert httpx.get(f"{url}/_sandbox/rows/sessions").json()["rows"] == 0


def test_switches_count_down_over_the_calls_they_are_about() -> None:
    with serving(make_app(small_world())) as url:
        switch = {"name": "unavailable", "path": "/ia/xml", "contains": "request", "skip": 1, "times": 2}
        assert httpx.post(f"{url}/_sandbox/faults", json=switch).status_code == 200
        assert httpx.post(f"{url}/ucp/accesstoken", json={}).status_code != 503
        assert [asked(url).status_code for _ in range(4)] == [200, 503, 503, 200]
        httpx.post(f"{url}/_sandbox/faults", json={"name": "unavailable", "times": None})
        assert [asked(url).status_code for _ in range(3)] == [503, 503, 503]
        httpx.delete(f"{url}/_sandbox/faults")
        assert asked(url).status_code == 200


@pytest.mark.parametrize(
    "facts", [{"name": "earthquake"}, {"name": "hang", "minutes": 3}, {"name": "hang", "seconds": "long"}]
)
def test_a_switch_that_is_none_is_refused(url: str, facts: dict[str, str]) -> None:
    assert httpx.post(f"{url}/_sandbox/faults", json=facts).status_code == 400
    words = "; ".join([facts["name"], *(f"{key}={value}" for key, value in facts.items() if key != "name")])
    assert asked(url, words).status_code == 400


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("expired", "/Hps.Exchange.PosGateway/PosGatewayService.asmx"),
        ("null_arrays", "/ia/xml"),
        ("null_modified", "/ucp/settlement/deposits"),
        ("extra_fields", "/Hps"),
        ("keeps_drafts", "/api/sales"),
        ("epoch_modified", "/api"),
    ],
)
def test_a_fault_that_the_surface_of_its_path_does_not_have_is_refused(url: str, name: str, path: str) -> None:
    by_admin = httpx.post(f"{url}/_sandbox/faults", json={"name": name, "path": path})
    by_header = httpx.post(url + path, headers={"x-sandbox-fault": name})

    assert (by_admin.status_code, by_header.status_code) == (400, 400)
    assert "this fault is none that" in by_admin.text
    assert "had_by=" in by_header.text
    assert httpx.get(f"{url}/_sandbox/faults").json()["on"] == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        *((name, path) for name in ("keeps_drafts", "null_modified", "epoch_modified") for path in ("ucp", "cp/")),
        ("expired", "PosGateway"),
        ("null_arrays", "ia/xml/"),
        *(("keeps_drafts", path) for path in ("xmlgw", "xml/xmlgw.phtml", "phtml", "GatewayService", "asmx")),
        ("expired", "PosGateway/Pos"),
    ],
)
def test_a_fault_of_a_piece_of_paths_none_of_which_has_it_is_refused(url: str, name: str, path: str) -> None:
    refused = httpx.post(f"{url}/_sandbox/faults", json={"name": name, "path": path})

    assert refused.status_code == 400
    assert "this fault is none that" in refused.text
    assert "it happens at paths that begin with /ia/" in refused.text
    assert httpx.get(f"{url}/_sandbox/faults").json()["on"] == []


@pytest.mark.parametrize("path", ["", "/", "objects", "/objects/x", "api", "ia/", "/ia/api/v1"])
def test_a_fault_of_a_piece_of_paths_happens_where_one_of_them_has_it(path: str) -> None:
    faults = Faults()
    switch = Fault("keeps_drafts", path)
    check_reach(switch, path)
    faults.switch_on(switch)

    assert [one.name for one in faults.take("PATCH", "/ia/api/v1/objects/x", b"")] == ["keeps_drafts"]


def test_the_beginning_of_a_surfaces_paths_means_that_surface_alone() -> None:
    faults = Faults()
    faults.switch_on(Fault("unavailable", "/api"))

    assert faults.take("GET", "/ia/api/v1/objects/x", b"") == []
    assert [one.name for one in faults.take("GET", "/api/sales", b"")] == ["unavailable"]


def test_a_fault_of_all_calls_happens_only_where_it_can() -> None:
    faults = Faults()
    faults.switch_on(Fault("keeps_drafts"))

    assert faults.take("GET", "/ucp/transactions", b"") == []
    assert [one.name for one in faults.take("PATCH", "/ia/api/v1/objects/x", b"")] == ["keeps_drafts"]
    assert faults.switches == []


def test_every_fault_is_told_and_can_be_written_in_a_header(url: str) -> None:
    assert httpx.get(f"{url}/_sandbox/faults").json()["known"] == dict(KINDS)
    assert all(parse_fault(name).name == name for name in KINDS)


def test_the_clock_goes_wrong_when_it_is_told_to() -> None:
    with serving(make_app(small_world())) as url:
        httpx.post(f"{url}/_sandbox/clock", json={"seconds": 7200})
        told = dt.datetime.strptime(asked(url).headers["date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=dt.UTC)
    assert abs((told - utc_now()).total_seconds() - 7200) < 60


def test_rows_come_and_go_by_the_admins_routes() -> None:
    with serving(make_app(small_world(4))) as url:
        rows = f"{url}/_sandbox/rows/intacct_department"
        assert httpx.post(rows, json=[{"recordno": 2, "departmentid": "BOH"}]).json()["rows"] == 2
        assert httpx.request("DELETE", rows, json=[1]).json() == {
            "table": "intacct_department",
            "rows": 1,
            "changed": 1,
        }
        assert httpx.post(rows, json=[{"recordno": 2}]).status_code == 400
        assert httpx.get(f"{url}/_sandbox/rows/nothing").status_code == 404
        churned = httpx.post(f"{url}/_sandbox/churn/intacct_line", json={"insert": 3, "delete": 1})
        assert churned.json() == {"added": 3, "gone": 1}
        alone = httpx.post(f"{url}/_sandbox/churn/intacct_batch", json={"delete": 1})
        assert (alone.status_code, "own=intacct_line" in alone.json()["error"]) == (400, True)
        switch = {"name": "churn", "table": "intacct_batch", "delete": 1}
        assert httpx.post(f"{url}/_sandbox/faults", json=switch).status_code == 400
        assert asked(url, "churn; table=intacct_batch; delete=1").status_code == 400


def test_the_sandbox_counts_calls_and_how_many_came_at_once() -> None:
    async def five(url: str) -> None:
        async with httpx.AsyncClient() as client:
            slow = {"x-sandbox-fault": "slow_body; seconds=0.2"}
            await asyncio.gather(*(client.post(url + PATH, content=BODY, headers=slow) for _ in range(5)))

    with serving(make_app(small_world())) as url:
        asyncio.run(five(url))
        found = httpx.get(f"{url}/_sandbox/calls").json()
    assert (found["count"], found["most_in_flight"]) == (5, 5)
    assert {(call["method"], call["path"], call["status"]) for call in found["last"]} == {("POST", PATH, 200)}


def test_the_command_tells_what_it_serves_and_stops_when_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from recon.cli import main; main()", "sandbox", "--port", "0", "--stores", "3"]
    command += ["--tls-folder", str(tmp_path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            facts = json.loads(process.stdout.readline())
            trust = ssl.create_default_context(cafile=facts["ca_file"])
            answer = httpx.post(facts["serves"]["Intacct XML gateway"], content=BODY, verify=trust, timeout=30)
            os.kill(process.pid, signal.SIGINT)
            code = process.wait(timeout=30)
        finally:
            process.kill()
    assert answer.status_code == 200
    assert facts["serves"].keys() == MOUNTS.keys()
    assert code == 0


def test_the_command_refuses_an_address_that_others_reach() -> None:
    command = [sys.executable, "-c", "from recon.cli import main; main()", "sandbox", "--host", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "loopback only" in done.stderr
