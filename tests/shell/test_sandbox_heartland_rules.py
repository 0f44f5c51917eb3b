"""What GP-API, Portico and Heartland Retail rule, their look-alikes rule too: errors, windows, pages, sign-in."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from recon.heartland.soap import envelope
from recon.sandbox import gp_api, gp_tables, portico, retail
from recon.sandbox.app import make_app
from recon.sandbox.faults import Fault
from recon.sandbox.world import World

VERSION = {"X-GP-Version": "2021-03-22"}
NONCE = "2026-03-01T00:00:00.000Z"


class Caller:
    """Somebody who calls the sandbox in this process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app = make_app(world, [gp_api.routes, portico.routes, retail.routes])
        self.token = ""

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, **more)

        return asyncio.run(sent())

    def sign_in(self, nonce: str = NONCE, **more: Any) -> httpx.Response:
        secret = hashlib.sha512((nonce + self.world.access["gp_api.app_key"]).encode()).hexdigest()
        body = {"app_id": self.world.access["gp_api.app_id"], "nonce": nonce, "secret": secret}
        body |= {"grant_type": "client_credentials"} | more
        answer = self.call("POST", "/ucp/accesstoken", json=body, headers=VERSION)
        self.token = answer.json().get("token", "")
        return answer

    def gp(self, path: str, headers: Mapping[str, str] = VERSION, **params: str) -> httpx.Response:
        signed = {**headers, "Authorization": f"Bearer {self.token}"}
        return self.call("GET", f"/ucp/{path}", params=params, headers=signed)

    def shop(self, path: str, *params: tuple[str, str]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.world.access['retail.token']}"}
        return self.call("GET", f"/api/{path}", params=list(params), headers=headers)

    def site(self, name: str, *fields: tuple[str, str], key: str = "") -> str:
        header = (("SecretAPIKey", key or self.world.access["portico.secret_api_key"]),)
        return self.call("POST", portico.PATH, content=envelope(header, name, fields)).text


def sale(n: int, day: str = "2026-09-10", **more: str) -> dict[str, Any]:
    return {"id": f"TRN_{n}", "time_created": f"{day}T12:00:00.52Z", "type": "SALE", "status": "CAPTURED", **more}


def merchant(*rows: Mapping[str, Any]) -> Caller:
    caller = Caller(World.of_rows({"gp_transactions": gp_tables.kept("gp_transactions", rows)}))
    caller.sign_in()
    return caller


def told(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error_code"], body["detailed_error_code"]


def test_the_secret_is_the_sha_512_of_nonce_and_key() -> None:
    world = World.of_rows({}, access={"gp_api.app_key": "demoAppKey0000", "gp_api.app_id": "APPID"})
    secret = (
        "ef1f4d49bda4f50ff7db07daf2787a7ba85f9eee7bba6b95d245c5a76d788ae7"
        "37932541d4ba47f93824feeaff9569db1f93dd5d8b379df78e834f3d6edd3eb0"
    )
    body = {"app_id": "APPID", "nonce": NONCE, "secret": secret, "grant_type": "client_credentials"}

    answer = Caller(world).call("POST", "/ucp/accesstoken", json=body, headers=VERSION)

    assert answer.status_code == 200
    assert {account["id"][:4] for account in answer.json()["scope"]["accounts"]} == {"TRA_", "DAA_", "DIA_"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"app_id": "somebody"}, (403, "ACTION_NOT_AUTHORIZED", "40004")),
        ({"secret": "0" * 128}, (403, "ACTION_NOT_AUTHORIZED", "40004")),
        ({"seconds_to_expire": 10}, (400, "INVALID_REQUEST_DATA", "40213")),
        ({"colour": "red"}, (400, "INVALID_REQUEST_DATA", "40043")),
        ({"nonce": ""}, (400, "MANDATORY_DATA_MISSING", "40005")),
    ],
)
def test_a_sign_in_is_refused_by_number(more: dict[str, Any], expected: tuple[int, str, str]) -> None:
    assert told(Caller(World.of_rows({})).sign_in(**more)) == expected


def test_a_nonce_is_good_once() -> None:
    caller = Caller(World.of_rows({}))

    assert [caller.sign_in().status_code for _ in range(2)] == [200, 403]


def test_a_token_ends_when_it_said_it_would() -> None:
    caller = Caller(World.of_rows({}))
    caller.sign_in(seconds_to_expire=60)
    before = caller.gp("transactions").status_code
    caller.world.clock.move(dt.timedelta(seconds=61))

    assert before == 200
    assert told(caller.gp("transactions")) == (401, "NOT_AUTHENTICATED", "40001")


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("transactions", {"colour": "red"}, (400, "INVALID_REQUEST_DATA", "40043")),
        ("transactions", {"page_size": "1001"}, (400, "INVALID_REQUEST_DATA", "40213")),
        ("transactions", {"from_time_created": "yesterday"}, (400, "INVALID_REQUEST_DATA", "40213")),
        ("transactions", {"account_name": "somebody"}, (403, "ACTION_NOT_AUTHORIZED", "40003")),
        ("settlement/transactions", {"system.mid": "x"}, (400, "INVALID_REQUEST_DATA", "40090")),
        ("settlement/deposits", {}, (400, "MANDATORY_DATA_MISSING", "40005")),
        ("settlement/disputes/DIS_x", {}, (404, "RESOURCE_NOT_FOUND", "40118")),
        ("disputes/DIS_x", {}, (400, "INVALID_REQUEST_DATA", "40073")),
        ("transactions/TRN_x", {}, (404, "RESOURCE_NOT_FOUND", "40118")),
        ("nothing", {}, (404, "RESOURCE_NOT_FOUND", "40118")),
    ],
)
def test_a_report_refuses_by_number(path: str, params: dict[str, str], expected: tuple[int, str, str]) -> None:
    assert told(merchant().gp(path, **params)) == expected


def test_the_version_header_is_asked_for() -> None:
    assert merchant().gp("transactions", headers={}).status_code == 400


def test_empty_filters_are_absent_and_unknown_values_find_nothing() -> None:
    caller = merchant(sale(1))
    window = {"from_time_created": "2026-09-01", "to_time_created": "2026-09-30"}

    found = caller.gp("transactions", amount="", brand="", **window).json()["transactions"]
    nothing = caller.gp("transactions", brand="NOBODY", **window).json()["transactions"]

    assert [row["id"] for row in found] == ["TRN_1"]
    assert nothing == []


def test_refunds_need_a_pass_of_their_own() -> None:
    caller = merchant(sale(1), sale(2, type="REFUND"))
    window = {"from_time_created": "2026-09-01", "to_time_created": "2026-09-30"}

    by_type = {kind: caller.gp("transactions", type=kind, **window).json()["transactions"] for kind in ("", "REFUND")}

    assert {kind: [row["id"] for row in rows] for kind, rows in by_type.items()} == {"": ["TRN_1"], "REFUND": ["TRN_2"]}


def test_a_window_is_whole_days_echoed_and_without_a_start_thirty_days() -> None:
    today = dt.datetime.now(dt.UTC).date()
    caller = merchant(sale(1), sale(2, (today - dt.timedelta(days=3)).isoformat()))

    answer = caller.gp("transactions", from_time_created="2026-09-10", to_time_created="2026-09-10").json()
    usual = caller.gp("transactions").json()

    assert [row["id"] for row in answer["transactions"]] == ["TRN_1"]
    assert answer["filter"]["from_time_created"] == "2026-09-10T00:00:00.000Z"
    assert answer["filter"]["to_time_created"] == "2026-09-10T23:59:59.999Z"
    assert [row["id"] for row in usual["transactions"]] == ["TRN_2"]


def test_the_total_stands_on_the_first_page_of_a_month_at_most() -> None:
    caller = merchant(*(sale(n) for n in range(7)))

    def total(page: str, last: str) -> int | None:
        window = {"from_time_created": "2026-09-01", "to_time_created": last}
        answer = caller.gp("transactions", page=page, **window).json()
        return answer.get("total_record_count")

    assert [total("1", "2026-09-30"), total("2", "2026-09-30"), total("1", "2026-12-31")] == [7, None, None]


def test_newest_come_first_unless_asked_otherwise_and_five_at_a_time() -> None:
    caller = merchant(*(sale(n, f"2026-09-{n + 1:02d}") for n in range(7)))
    window = {"from_time_created": "2026-09-01", "to_time_created": "2026-09-30"}

    newest = caller.gp("transactions", **window).json()
    oldest = caller.gp("transactions", order="ASC", **window).json()

    assert [row["id"] for row in newest["transactions"]] == [f"TRN_{n}" for n in (6, 5, 4, 3, 2)]
    assert [row["id"] for row in oldest["transactions"]] == [f"TRN_{n}" for n in range(5)]
    assert newest["current_page_size"] == 5


def test_doubled_slashes_are_read_over_and_answers_are_packed_for_who_takes_them() -> None:
    caller = merchant(*(sale(n, reference="x" * 50) for n in range(100)))

    answer = caller.gp("/transactions", from_time_created="2026-09-01", page_size="100")

    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["transactions"]) == 100


def test_a_content_type_on_a_settlement_get_breaks_the_vendors_gateway() -> None:
    headers = VERSION | {"Content-Type": "application/json"}

    assert merchant().gp("settlement/deposits", headers=headers).status_code == 502


def test_null_lists_come_where_the_fault_is_on() -> None:
    caller = merchant()
    caller.world.faults.switch_on(Fault("null_arrays"))

    assert caller.gp("transactions").json()["transactions"] is None


def transaction(n: int, utc: str) -> dict[str, Any]:
    facts = {"ServiceName": "CreditSale", "TxnStatus": "C", "GatewayRspCode": "0", "Amt": "1.00", "BatchId": "5"}
    return {"GatewayTxnId": str(n), "DeviceId": "7", "TxnUtcDT": utc, "TxnDT": "2026-09-09T20:00:00", **facts}


def site(*rows: Mapping[str, Any]) -> Caller:
    return Caller(World.of_rows({"portico_transactions": portico.kept("portico_transactions", rows)}))


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("ReportActivity", (("RptStartUtcDT", "2026-01-01T00:00:00Z"), ("RptEndUtcDT", "2026-01-02T00:00:00Z")), 10),
        ("ReportActivity", (("RptStartUtcDT", "last week"),), 7),
        ("ReportActivity", (("Colour", "red"),), 7),
        ("ReportActivity", (("TzConversion", "Mars"),), 7),
        ("ReportBatchDetail", (("BatchId", "404"),), 9),
        ("FindTransactions", (), 10),
        ("BatchClose", (), 5),
        ("CreditSale", (), -1),
    ],
)
def test_portico_tells_by_code_and_then_sends_no_transaction(
    name: str, fields: tuple[tuple[str, str], ...], code: int
) -> None:
    answer = site().site(name, *fields)

    assert f"<GatewayRspCode>{code}</GatewayRspCode>" in answer
    assert "<Transaction>" not in answer


def test_portico_lets_nobody_in_with_another_key() -> None:
    assert "<GatewayRspCode>-2</GatewayRspCode>" in site().site("ReportActivity", key="skapi_other")


def test_porticos_window_begins_at_its_start_and_ends_before_its_end() -> None:
    caller = site(transaction(1, "2026-09-10T00:00:00"), transaction(2, "2026-09-11T00:00:00"))

    answer = caller.site(
        "ReportActivity", ("RptStartUtcDT", "2026-09-10T00:00:00Z"), ("RptEndUtcDT", "2026-09-11T00:00:00Z")
    )

    assert "<GatewayTxnId>1</GatewayTxnId>" in answer
    assert "<GatewayTxnId>2</GatewayTxnId>" not in answer


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("", None),
        ("Merchant", "2026-09-09T20:00:00"),
        ("UTC", "2026-09-10T00:00:00"),
        ("Datacenter", "2026-09-09T19:00:00"),
    ],
)
def test_local_times_stand_beside_utc_only_if_a_zone_is_asked_for(zone: str, written: str | None) -> None:
    caller = site(transaction(1, "2026-09-10T00:00:00"))
    window = (("RptStartUtcDT", "2026-09-10T00:00:00Z"), ("RptEndUtcDT", "2026-09-11T00:00:00Z"))

    answer = caller.site("ReportActivity", *window, *([("TzConversion", zone)] if zone else []))

    assert "<TxnUtcDT>2026-09-10T00:00:00</TxnUtcDT>" in answer
    assert ("<TxnDT>" in answer) == (written is not None)
    assert written is None or f"<TxnDT>{written}</TxnDT>" in answer


def test_a_document_type_is_refused_by_the_gateway() -> None:
    body = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'

    assert site().call("POST", portico.PATH, content=body).status_code == 500


def shop(count: int) -> Caller:
    rows = [
        {"id": n, "public_id": str(n), "status": "complete", "local_completed_at": f"2026-09-{n:02d}T10:00:00"}
        for n in range(1, count + 1)
    ]
    return Caller(World.of_rows({"retail_tickets": retail.kept("sales/tickets", rows)}))


@pytest.mark.parametrize("name", ["completed?", "voided?", "source_location_id"])
def test_the_shop_refuses_fields_that_it_does_not_filter_by(name: str) -> None:
    answer = shop(1).shop("sales/tickets", (f"~[{name}]", "1"))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert name in answer.json()["message"]


def test_the_shop_filters_sorts_and_counts() -> None:
    caller = shop(25)

    usual = caller.shop("sales/tickets").json()
    latest = caller.shop("sales/tickets", ("sort[]", "local_completed_at,desc"), ("per_page", "2")).json()
    some = caller.shop("sales/tickets", ("_filter", '{"id":{"$gt":3,"$lte":6}}')).json()
    three = caller.shop("sales/tickets", ("~[id][$in]", "1,2,99")).json()

    assert (usual["total"], usual["pages"], len(usual["results"])) == (25, 2, 20)
    assert [row["id"] for row in latest["results"]] == [25, 24]
    assert [row["id"] for row in some["results"]] == [4, 5, 6]
    assert [row["id"] for row in three["results"]] == [1, 2]


def test_the_shop_lets_nobody_in_without_a_token() -> None:
    answer = shop(1).call("GET", "/api/sales/tickets")

    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


def test_a_person_lets_an_application_in_and_its_refresh_token_is_good_once() -> None:
    caller = shop(1)
    access = caller.world.access
    mine = {"client_id": access["retail.client_id"], "client_secret": access["retail.client_secret"]}
    leave = {"client_id": mine["client_id"], "redirect_uri": "http://127.0.0.1/back", "state": "s"}
    back = caller.call("GET", "/oauth/authorize", params=leave).headers["location"]
    code = back.partition("code=")[2].partition("&")[0]

    def grant(**more: str) -> httpx.Response:
        return caller.call("POST", "/api/oauth/token", data=mine | more)

    first = grant(grant_type="authorization_code", code=code)
    refresh = first.json()["refresh_token"]
    second = grant(grant_type="refresh_token", refresh_token=refresh)
    again = grant(grant_type="refresh_token", refresh_token=refresh)

    assert "state=s" in back
    assert (first.status_code, second.status_code, again.status_code) == (200, 200, 400)
    assert again.json()["error"] == "invalid_grant"
