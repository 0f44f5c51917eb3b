"""Many calls in one to the sandbox's REST interface: composite requests, lists of queries, bulk jobs; and its codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from make_books import small_world
from test_sandbox_intacct_rest import AS_USER, LINE, Rest, entry, error_of
from xml_gateway import Gateway

from recon.intacct.readings import ACCOUNT
from recon.sandbox.intacct_rest import BASE

ENTRY = "general-ledger/journal-entry"


@pytest.fixture
def rest() -> Iterator[Rest]:
    world = small_world(250)
    yield Rest(world)
    world.close()


def entries(rest: Rest) -> int:
    return int(rest.world.one("SELECT count(*) FROM intacct_batch")[0])


def part(method: str, path: str, **more: Any) -> dict[str, Any]:
    return {"method": method, "path": path, **more}


def test_a_later_call_of_a_composite_request_names_what_an_earlier_one_made(rest: Rest) -> None:
    asked = [
        part("POST", f"/objects/{ENTRY}", body=entry(state="draft"), resultReference="made"),
        part("GET", f"/objects/{ENTRY}/@{{made.1.key}}", resultReference="read"),
        part("DELETE", f"/objects/{ENTRY}/@{{read.1.key}}"),
    ]
    answer = rest.call("POST", "/services/core/composite", asked)

    assert answer.status_code == 200
    made, read, deleted = answer.json()["ia::result"]
    assert [one["ia::status"] for one in (made, read, deleted)] == [201, 200, 204]
    assert read["ia::result"]["key"] == made["ia::result"]["key"] == "126"
    assert entries(rest) == 125


def test_a_composite_request_ends_at_the_first_failure_and_what_was_done_stays(rest: Rest) -> None:
    asked = [
        part("POST", f"/objects/{ENTRY}", body=entry()),
        part("POST", f"/objects/{ENTRY}", body=entry(postingDate="2026-08-31")),
        part("POST", f"/objects/{ENTRY}", body=entry()),
    ]
    answer = rest.call("POST", "/services/core/composite", asked)

    assert answer.status_code == 207
    assert [one["ia::status"] for one in answer.json()["ia::result"]] == [201, 422]
    assert answer.json()["ia::meta"] == {"totalCount": 3, "totalSuccess": 1, "totalError": 1}
    assert entries(rest) == 126


@pytest.mark.parametrize(
    "asked",
    [
        [part("GET", f"/objects/{ENTRY}")],
        [part("GET", f"/objects/{ENTRY}")] * 11,
        [part("GET", f"/objects/{ENTRY}"), {"path": "/x"}],
        [part("GET", f"/objects/{ENTRY}"), part("GET", f"/objects/{ENTRY}/@{{nobody.1.key}}")],
    ],
)
def test_a_composite_request_that_cannot_be_read_is_refused(rest: Rest, asked: list[dict[str, Any]]) -> None:
    answer = rest.call("POST", "/services/core/composite", asked)

    assert (answer.status_code, error_of(answer)["errorId"]) == (400, "REST-1064")


def test_several_queries_of_one_request_are_answered_each_by_itself(rest: Rest) -> None:
    good = {"object": LINE, "fields": ["key"], "size": 3}
    answer = rest.call("POST", "/services/core/query", [good, {**good, "fields": ["nothing"]}, good])

    first, second, third = answer.json()["ia::result"]
    assert answer.status_code == 207
    assert [one["ia::status"] for one in (first, second, third)] == [200, 400, 200]
    assert len(first["ia::result"]) == len(third["ia::result"]) == 3
    assert second["ia::result"]["ia::error"]["errorId"] == "REST-1106"


def job(rest: Rest, operation: str, records: object, **more: object) -> httpx.Response:
    asked = {"objectName": ENTRY, "operation": operation, "jobFile": "file", "fileContentType": "json", **more}
    files = {
        "ia::requestBody": (None, json.dumps(asked), "application/json"),
        "file": ("rows.json", json.dumps(records), "application/json"),
    }
    return rest.gateway.call("POST", f"{BASE}/services/bulk/job/create", files=files, headers=rest.headers)


def outcome(rest: Rest, answer: httpx.Response) -> tuple[str, list[int]]:
    assert answer.status_code == 202, answer.text
    where = f"/services/bulk/job/status?jobId={answer.json()['ia::result']['jobId']}"
    done = rest.call("GET", f"{where}&download=true").json()["ia::result"]
    return rest.call("GET", where).json()["ia::result"]["status"], [one["ia::status"] for one in done]


def test_a_bulk_job_takes_each_record_by_itself(rest: Rest) -> None:
    made = job(rest, "create", [entry(), entry(postingDate="2026-08-31"), entry()])
    assert outcome(rest, made) == ("failed", [201, 422, 201])
    assert entries(rest) == 127
    assert outcome(rest, job(rest, "update", [{"key": "126", "description": "Lease"}])) == ("completed", [200])
    assert outcome(rest, job(rest, "delete", [{"key": "126"}, {"key": "127"}])) == ("completed", [204, 204])
    assert entries(rest) == 125


def test_a_bulk_job_that_cannot_be_read_is_refused(rest: Rest) -> None:
    assert error_of(job(rest, "merge", []))["errorId"] == "REST-1064"
    assert error_of(job(rest, "create", {"no": "list"}))["errorId"] == "REST-1064"
    assert rest.call("GET", "/services/bulk/job/status?jobId=none").status_code == 404
    assert error_of(rest.call("POST", "/services/bulk/job/create", {}))["errorId"] == "REST-1064"


def test_every_field_of_an_account_that_recon_asks_for_is_known(rest: Rest) -> None:
    answer = rest.query("general-ledger/account", *ACCOUNT.needed, *ACCOUNT.wished, size=1)

    assert answer.status_code == 200, answer.text
    assert rest.query("general-ledger/account", "requiredDimensions.location").status_code == 200


def test_a_refused_entry_is_told_in_one_sentence_with_its_reasons_behind_it(rest: Rest) -> None:
    error = error_of(rest.call("POST", f"/objects/{ENTRY}", entry(postingDate="2026-08-31")))

    assert error["errorId"] == "REST-7001"
    assert error["message"] == f"POST request on objects/{ENTRY} object was unsuccessful"
    assert [one["errorId"] for one in error["details"]] == ["GL-0861", "GL-0951"]


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"username": "recon"}, 400, "GW-0012"),
        ({"grant_type": ""}, 400, "GW-0015"),
        ({"client_id": "nobody"}, 401, "GW-0011"),
    ],
)
def test_the_gateway_says_what_a_token_request_lacks(rest: Rest, form: dict[str, str], status: int, code: str) -> None:
    answer = rest.gateway.call("POST", f"{BASE}/oauth2/token", data=AS_USER | form)

    assert (answer.status_code, error_of(answer)["errorId"]) == (status, code)


def test_a_token_that_is_no_token_cannot_be_decoded(rest: Rest) -> None:
    rest.headers["authorization"] = "Bearer abc"

    assert error_of(rest.query(LINE, "key"))["errorId"] == "GW-0031"


def test_an_operator_that_is_named_in_the_definition_is_taken(rest: Rest) -> None:
    found = rest.query("general-ledger/account", "id", filters=[{"$has": {"name": "Wag"}}]).json()["ia::result"]

    assert found == [{"id": "6010"}]


def test_the_legacy_function_deletes_an_entry_by_its_key(rest: Rest) -> None:
    gateway = Gateway(rest.world)

    assert gateway.result('<delete_gltransaction key="125"/>').findtext("status") == "success"
    assert gateway.result('<delete_gltransaction key="125"/>').findtext("status") == "failure"
    assert entries(rest) == 124
