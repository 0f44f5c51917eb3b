"""The sandbox's REST interface of Intacct where public clients do not look: tokens, batches, replays, reports."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from make_books import small_world
from xml_gateway import ACCESS, Gateway

from recon.sandbox.intacct_rest import BASE
from recon.sandbox.world import World

LINE = "general-ledger/journal-entry-line"
CLIENT = {"client_id": ACCESS["client_id"], "client_secret": ACCESS["client_secret"]}
AS_USER = {"grant_type": "client_credentials", "username": "recon@JUNIPER", **CLIENT}


class Rest:
    """Speaks to the REST interface of a sandbox in this process, signed in."""

    def __init__(self, world: World, **more: str) -> None:
        self.world = world
        self.gateway = Gateway(world)
        answer = self.gateway.call("POST", f"{BASE}/oauth2/token", data=AS_USER | more)
        assert answer.status_code == 200, answer.text
        self.headers = {"authorization": f"Bearer {answer.json()['access_token']}"}

    def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        content = None if body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.gateway.call(method, BASE + path, content=content, headers={**self.headers, **named})

    def query(self, thing: str, *fields: str, **more: object) -> httpx.Response:
        return self.call("POST", "/services/core/query", {"object": thing, "fields": list(fields), **more})


@pytest.fixture
def rest() -> Iterator[Rest]:
    world = small_world(250)
    yield Rest(world)
    world.close()


def entry(**more: object) -> dict[str, object]:
    lines = [
        {"txnType": side, "txnAmount": "7.00", "glAccount": {"id": account}, "dimensions": {"location": {"id": "100"}}}
        for side, account in (("debit", "6800"), ("credit", "1010"))
    ]
    head = {"glJournal": {"id": "GJ"}, "postingDate": "2026-09-30", "description": "Rent", "lines": lines}
    return {**head, **more}


def error_of(answer: httpx.Response) -> dict[str, object]:
    found = answer.json()
    return found["ia::error"] if "ia::error" in found else found["ia::result"]["ia::error"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (AS_USER, 200),
        (AS_USER | {"username": "recon@JUNIPER|20"}, 200),
        (AS_USER | {"username": "recon@JUNIPER|100"}, 400),
        (AS_USER | {"username": "nobody@JUNIPER"}, 400),
        (AS_USER | {"client_secret": "no"}, 401),
        (AS_USER | {"grant_type": "password"}, 400),
    ],
)
def test_a_token_is_for_who_is_known(rest: Rest, form: dict[str, str], status: int) -> None:
    answer = rest.gateway.call("POST", f"{BASE}/oauth2/token", data=form)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["expires_in"] == 43200
        assert answer.json()["token_type"] == "Bearer"


def test_a_token_is_asked_for_in_a_form(rest: Rest) -> None:
    answer = rest.gateway.call("POST", f"{BASE}/oauth2/token", json=AS_USER)
    assert (answer.status_code, error_of(answer)["errorId"]) == (400, "GW-0014")


def test_a_code_becomes_a_token_once_and_only_for_the_address_it_went_to(rest: Rest) -> None:
    back = "http://127.0.0.1:9/back"
    asked = {"response_type": "code", "client_id": CLIENT["client_id"], "redirect_uri": back, "state": "s-1"}
    sent = rest.gateway.call("GET", f"{BASE}/oauth2/authorize", params=asked)
    answer = parse_qs(urlsplit(sent.headers["location"]).query)
    form = {"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": back, **CLIENT}
    assert sent.status_code == 302
    assert answer["state"] == ["s-1"]
    elsewhere = rest.gateway.call("POST", f"{BASE}/oauth2/token", data=form | {"redirect_uri": "http://x"})
    assert elsewhere.status_code == 400
    assert rest.gateway.call("POST", f"{BASE}/oauth2/token", data=form).status_code == 200
    assert rest.gateway.call("POST", f"{BASE}/oauth2/token", data=form).status_code == 400


def test_a_token_ends_after_twelve_hours(rest: Rest) -> None:
    assert rest.query(LINE, "key").status_code == 200
    rest.world.clock.move(dt.timedelta(hours=12, seconds=1))
    answer = rest.query(LINE, "key")
    assert (answer.status_code, error_of(answer)["errorId"]) == (401, "GW-0036")


def test_a_token_that_was_tampered_with_opens_nothing(rest: Rest) -> None:
    head, payload, signature = rest.headers["authorization"].split(".")
    rest.headers["authorization"] = f"{head}.{payload}x.{signature}"
    assert rest.query(LINE, "key").status_code == 401
    rest.headers["authorization"] = "Token abc"
    assert error_of(rest.query(LINE, "key"))["errorId"] == "GW-0034"


def test_pages_say_where_the_next_one_begins(rest: Rest) -> None:
    first = rest.query(LINE, "key", size=100).json()
    last = rest.query(LINE, "key", size=100, start=201).json()
    assert first["ia::meta"] == {"totalCount": 250, "start": 1, "pageSize": 100, "next": 101, "previous": None}
    assert last["ia::meta"] == {"totalCount": 250, "start": 201, "pageSize": 100, "next": None, "previous": 101}
    assert len(last["ia::result"]) == 50


def test_lists_without_rows_are_empty_or_as_a_fault_null(rest: Rest) -> None:
    nobody = {"filters": [{"$eq": {"key": 0}}]}
    assert rest.query(LINE, "key", **nobody).json()["ia::result"] == []
    body = {"object": LINE, "fields": ["key"], **nobody}
    found = rest.call("POST", "/services/core/query", body, x_sandbox_fault="null_arrays").json()
    assert (found["ia::result"], found["ia::meta"]["totalCount"]) == (None, 0)


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({"filters": [{"$between": {"entryDate": ["2026-09-02", "2026-09-02"]}}]}, 10),
        ({"filters": [{"$gte": {"txnAmount": "9.61"}}]}, 4),
        ({"filters": [{"$eq": {"documentId": "doc-5"}}], "filterParameters": {"caseSensitiveComparison": False}}, 2),
        ({"filters": [{"$eq": {"documentId": "doc-5"}}], "filterParameters": {}}, 0),
        ({"filters": [{"$notIn": {"glAccount.id": ["1010"]}}, {"$eq": {"txnType": "debit"}}]}, 0),
        ({"filters": [{"$notIn": {"glAccount.id": ["1010"]}}, {"$eq": {"txnType": "debit"}}], "filterExpression": "or"},
         250),
        ({"filters": [{"$eq": {"dimensions.customer.id": None}}, {"$contains": {"description": "<5"}}],
          "filterExpression": "1 and 2"}, 250),
        ({"filters": [{"$eq": {"entryDate": "priorMonth"}}]}, 0),
        ({"filters": [{"$eq": {"journalEntry.state": "posted"}}], "filterExpression": None}, 250),
    ],
)  # fmt: skip
def test_a_filter_finds_what_it_says(rest: Rest, more: dict[str, object], count: int) -> None:
    assert rest.query(LINE, "key", **more).json()["ia::meta"]["totalCount"] == count


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"includePrivate": True}, "REST-1064"),  # it belongs into filterParameters
        ({"filterParameters": {"private": True}}, "REST-1064"),
        ({"filters": [{"field": "key", "operator": "$eq", "value": 1}]}, "REST-1064"),
        ({"filters": [{"$eq": {"href": "x"}}]}, "REST-1106"),
        ({"filters": [{"$eq": {"key": 1}}], "filterExpression": "1 and 2"}, "REST-1064"),
        ({"filters": [{"$eq": {"key": 1}}], "filterExpression": "1 xor 1"}, "REST-1064"),
        ({"size": 4001}, "REST-1064"),
        ({"start": 0}, "REST-1064"),
        ({"fields": []}, "REST-1064"),
        ({"fields": ["*"]}, "REST-1106"),
        ({"orderBy": [{"key": "up"}]}, "REST-1064"),
        ({"object": "general-ledger/nothing"}, "REST-1043"),
    ],
)
def test_a_query_that_breaks_the_rules_is_refused(rest: Rest, more: dict[str, object], error: str) -> None:
    answer = rest.call("POST", "/services/core/query", {"object": LINE, "fields": ["key"], **more})
    assert answer.status_code in (400, 404)
    assert error_of(answer)["errorId"] == error


def test_the_header_of_an_entity_narrows_and_a_misspelt_one_is_ignored(rest: Rest) -> None:
    def places(**headers: str) -> set[str]:
        body = {"object": LINE, "fields": ["dimensions.location.id"]}
        rows = rest.call("POST", "/services/core/query", body, **headers).json()["ia::result"]
        return {row["dimensions.location.id"] for row in rows}

    assert places(x_ia_api_param_entity="20") == {"200"}
    assert places(x_ia_api_paramentity="20") == {"100", "200"}
    assert rest.call("GET", f"/objects/{LINE}", x_ia_api_param_entity="100").status_code == 400


def test_an_object_lists_keys_and_tells_one_record_or_several(rest: Rest) -> None:
    listed = rest.call("GET", "/objects/general-ledger/journal-entry?start=101").json()
    one = rest.call("GET", "/objects/general-ledger/journal-entry/7").json()["ia::result"]
    two = rest.call("GET", "/objects/general-ledger/account/1,2").json()["ia::result"]
    assert (len(listed["ia::result"]), listed["ia::meta"]["next"]) == (25, None)
    assert listed["ia::result"][0] == {"key": "101", "id": "101", "href": "/objects/general-ledger/journal-entry/101"}
    assert one["glJournal"]["id"] == "GJ"
    assert [line["txnAmount"] for line in one["lines"]] == ["1.42", "1.42"]
    assert [account["requiredDimensions"]["location"] for account in two] == [True, True]
    assert rest.call("GET", "/objects/general-ledger/journal-entry/999").status_code == 404


def test_a_batch_stands_item_by_item_or_falls_as_a_whole(rest: Rest) -> None:
    wrong = entry(postingDate="2026-08-31")
    path = "/objects/general-ledger/journal-entry"
    apart = rest.call("POST", path, [entry(), wrong, entry()])
    together = rest.call("POST", path, [entry(), wrong, entry()], x_ia_api_param_transaction="true")
    assert apart.status_code == 207
    assert [one["ia::status"] for one in apart.json()["ia::result"]] == [201, 422, 201]
    assert apart.json()["ia::meta"] == {"totalCount": 3, "totalSuccess": 2, "totalError": 1}
    assert together.status_code == 422
    assert rest.world.one("SELECT count(*) FROM intacct_batch") == (127,)


def test_an_answer_is_replayed_for_two_days_even_a_refusal(rest: Rest) -> None:
    path = "/objects/general-ledger/journal-entry"
    refused = rest.call("POST", path, entry(postingDate="2026-08-31"), idempotency_key="K-1")
    rest.world.write("UPDATE intacct_location SET open_from = '2026-08-01'")
    again = rest.call("POST", path, entry(postingDate="2026-08-31"), idempotency_key="K-1")
    assert (refused.status_code, again.status_code, again.content) == (422, 422, refused.content)
    assert "x-ia-idempotency-cached-date" in again.headers
    assert "x-ia-idempotency-cached-date" not in refused.headers
    anew = rest.call("POST", path, entry(postingDate="2026-08-31"), idempotency_key="K-2")
    assert anew.status_code == 201
    rest.world.clock.move(dt.timedelta(hours=49))
    rest.headers = Rest(rest.world).headers
    assert rest.call("POST", path, entry(postingDate="2026-08-31"), idempotency_key="K-2").status_code == 409


def test_a_change_that_leaves_an_entry_out_of_balance_changes_nothing(rest: Rest) -> None:
    path = "/objects/general-ledger/journal-entry/1"
    before = rest.call("GET", path).json()
    change = {"lines": [{"key": "1", "txnAmount": "99.00"}]}
    assert rest.call("PATCH", path, change).status_code == 422
    assert rest.call("GET", path).json() == before
    assert rest.call("PATCH", path, {"lines": [{"key": "3", "txnAmount": "99.00"}]}).status_code == 404
    assert rest.call("PATCH", path, {"txnNumber": 5}).status_code == 400
    assert rest.call("DELETE", "/objects/general-ledger/account/1").status_code == 405


def test_a_line_that_is_changed_keeps_its_currency(rest: Rest) -> None:
    rest.world.write("UPDATE intacct_line SET currency = 'CAD' WHERE batchkey = 1")

    changed = rest.call(
        "PATCH", "/objects/general-ledger/journal-entry/1", {"lines": [{"key": "1", "documentId": "D"}]}
    )

    assert changed.status_code == 200, changed.text
    assert rest.world.query("SELECT DISTINCT currency FROM intacct_line WHERE batchkey = 1") == [("CAD",)]


def test_a_draft_that_is_given_a_day_of_reversal_is_taken_back_on_it_once_it_is_posted(rest: Rest) -> None:
    path = "/objects/general-ledger/journal-entry"
    key = rest.call("POST", path, entry(state="draft")).json()["ia::result"]["key"]

    rest.call("PATCH", f"{path}/{key}", {"automaticReversalDate": "2026-10-01"})
    drafted = rest.call("GET", f"{path}/{key}").json()["ia::result"]
    rest.call("PATCH", f"{path}/{key}", {"state": "posted"})

    assert (drafted["state"], drafted["automaticReversalDate"]) == ("draft", "2026-10-01")
    assert rest.world.query("SELECT batch_date FROM intacct_batch WHERE reversedfrom = '2026-09-30'") == [
        ("2026-10-01",)
    ]


def test_the_trial_balance_is_a_report_that_is_asked_for_and_fetched(rest: Rest) -> None:
    wanted = {"startDate": "2026-09-01", "endDate": "2026-09-30"}
    asked = {"name": "TB", "outputType": "csv", "outputLocation": "intacct", "parameters": wanted}
    sent = rest.call("POST", "/services/reports/general-ledger/trial-balance", asked)
    report = sent.json()["ia::result"]["reportId"]
    status = rest.call("GET", f"/services/reports/status?reportId={report}&outputType=csv&outputLocation=intacct")
    fetched = rest.call("GET", status.json()["ia::result"]["downloadURL"])
    rows = [line.split(",") for line in fetched.text.splitlines()]
    assert (sent.status_code, sent.headers["retry-after"]) == (202, "1")
    assert rows[1][:3] == ["1010", "100", "500.00"]
    assert [row[:2] for row in rows[1:]] == [["1010", "100"], ["1010", "200"], ["6800", "100"], ["6800", "200"]]
    assert sum(float(row[3]) - float(row[4]) for row in rows[1:]) == pytest.approx(0)
    assert rest.call("GET", "/services/reports/download?reportId=none&outputType=csv").status_code == 404
