"""The REST API: signing in, asking page by page, and errors in every shape."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from scripted_intacct import NOON, SEPTEMBER, Script, ScriptedWire, json_answer, rows_of, wait_for

from recon.intacct.credentials import CodeCredentials, RestCredentials
from recon.intacct.faults import NotDone
from recon.intacct.readings import ACCOUNT, JOURNAL_ENTRY_LINE
from recon.intacct.rest import RestApi
from recon.intacct.rest_replies import rest_faults
from recon.intacct.rest_sources import RestSource, members, rest_sources
from recon.wire import Answer, Ask, Misunderstood, NotSignedIn, Refused, Secret
from recon.wire.tokens import FileTokens

APP = RestCredentials("acme.app", Secret("client-secret"), "recon@ACME")
TOKEN = {"token_type": "Bearer", "access_token": "jwt-1", "refresh_token": "refresh-1", "expires_in": 43200}


def is_token(ask: Ask) -> bool:
    return ask.path.endswith("/oauth2/token")


def signed_in(script: Script) -> Script:
    return lambda ask: json_answer(TOKEN) if is_token(ask) else script(ask)


def api(wire: ScriptedWire, credentials: Any = APP, **more: Any) -> RestApi:
    return RestApi(wire, credentials, **({"clock": lambda: NOON} | more))


def page(rows: list[dict[str, object]], total: int | None = None, start: int = 1) -> Answer:
    total = len(rows) if total is None else total
    behind = start + len(rows)
    meta = {"totalCount": total, "start": start, "pageSize": 2000, "next": behind if behind <= total else None}
    return json_answer({"ia::result": rows, "ia::meta": meta | {"previous": None}})


def lines_of(total: int, **more: object) -> Script:
    """A ledger of so many lines, a page as asked."""

    def script(ask: Ask) -> Answer:
        asked = json.loads(ask.body)
        start, size = asked["start"], asked["size"]
        rows = [{"key": str(n), **more} for n in range(start, min(start + size, total + 1))]
        return page(rows, total, start)

    return script


def test_an_application_signs_in_once_with_a_form_and_asks_with_its_bearer() -> None:
    wire = ScriptedWire(signed_in(lines_of(1)))
    books = api(wire)

    async def four() -> None:
        sources = [RestSource(books, ACCOUNT) for _ in range(4)]
        await asyncio.gather(*(source.probe() for source in sources))

    wait_for(four())

    form = parse_qs(wire.said[0])
    assert form["grant_type"] == ["client_credentials"]
    assert form["username"] == ["recon@ACME"]
    assert wire.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert sum(map(is_token, wire.asked)) == 1
    assert wire.asked[1].headers["authorization"] == "Bearer jwt-1"


@pytest.mark.parametrize("total", [0, 1, 4, 5, 9, 10])
def test_pages_are_read_until_nothing_is_left(total: int) -> None:
    found = rows_of(
        RestSource(api(ScriptedWire(signed_in(lines_of(total)))), ACCOUNT, page_size=4).pages(SEPTEMBER, None)
    )

    assert [one["key"] for one in found] == [str(n) for n in range(1, total + 1)]


def test_private_rows_are_asked_for_where_the_service_wants_it_and_rows_in_order() -> None:
    wire = ScriptedWire(signed_in(lines_of(1)))

    rows_of(RestSource(api(wire), JOURNAL_ENTRY_LINE).pages(SEPTEMBER, None))

    asked = json.loads(wire.said[1])
    assert asked["filterParameters"] == {"includePrivate": True}
    assert asked["orderBy"] == [{"key": "asc"}]
    assert asked["filters"] == [{"$between": {"entryDate": ["2026-09-01", "2026-09-30"]}}]
    assert "includePrivate" not in asked


def test_aliases_that_nobody_asked_for_are_dropped() -> None:
    wire = ScriptedWire(signed_in(lines_of(1, name="Cash", API_QUERY_ALIAS__25="x")))

    assert rows_of(RestSource(api(wire), ACCOUNT).pages(SEPTEMBER, None)) == [{"key": "1", "name": "Cash"}]


@pytest.mark.parametrize("nested", [True, False])
def test_one_field_that_cannot_be_queried_is_left_out_and_not_asked_again(nested: bool) -> None:
    def script(ask: Ask) -> Answer:
        bad = [field for field in ("requireDimensions.task", "closingType") if field in json.loads(ask.body)["fields"]]
        if not bad:
            return lines_of(1)(ask)
        fault = {"code": "invalidRequest", "errorId": "REST-1106", "message": f"The field '{bad[0]}' cannot be queried"}
        said = {"ia::error": fault}
        return json_answer({"ia::result": said, "ia::meta": {}} if nested else said, 400)

    wire = ScriptedWire(signed_in(script))
    source = RestSource(api(wire), ACCOUNT)
    rows_of(source.pages(SEPTEMBER, None))
    asked = len(wire.asked)
    rows_of(source.pages(SEPTEMBER, None))

    assert (asked, len(wire.asked)) == (4, 5)


def test_a_service_that_refuses_every_field_is_not_asked_for_ever() -> None:
    def script(ask: Ask) -> Answer:
        field = json.loads(ask.body)["fields"][-1]
        fault = {"code": "invalidRequest", "errorId": "REST-1106", "message": f"The field '{field}' cannot be queried"}
        return json_answer({"ia::error": fault}, 400)

    wire = ScriptedWire(signed_in(script))

    with pytest.raises(NotDone):
        rows_of(RestSource(api(wire), ACCOUNT).pages(SEPTEMBER, None))

    assert len(wire.asked) <= len(ACCOUNT.wished) + 3


FAILED = {"code": "x", "message": "It failed"}
ERRORS: dict[str, Any] = {
    "at the top": {"ia::error": FAILED | {"details": []}},
    "in the result": {"ia::result": {"ia::error": FAILED}, "ia::meta": {"totalError": 1}},
    "in one of many": {"ia::result": [{"key": "1"}, {"ia::status": 400, "ia::error": FAILED}]},
    "details of the gateway": {"ia::error": FAILED | {"details": {"requestId": "7"}}},
    "details that say more": {"ia::error": {"code": "x", "message": "Unsuccessful", "details": [FAILED]}},
    "of the token service": {"error": "x", "error_description": "It failed"},
}


@pytest.mark.parametrize("shape", ERRORS)
def test_errors_are_found_in_every_shape(shape: str) -> None:
    assert any(fault.text == "It failed" for fault in rest_faults(ERRORS[shape]))


@pytest.mark.parametrize("shape", ERRORS)
@pytest.mark.parametrize("status", [400, 404, 405, 409, 422, 200, 207])
def test_a_read_that_ends_in_an_error_is_told_whatever_its_status(shape: str, status: int) -> None:
    wire = ScriptedWire(signed_in(lambda _: json_answer(ERRORS[shape], status)))

    with pytest.raises(NotDone, match="It failed"):
        wait_for(api(wire).read("POST", "/services/core/query", {}))


def test_a_forbidden_read_names_the_mend() -> None:
    wire = ScriptedWire(signed_in(lambda _: json_answer({"ia::error": {"code": "forbidden", "message": "No"}}, 403)))

    with pytest.raises(Refused, match="give the application's user that permission"):
        wait_for(api(wire).read("GET", "/objects/x"))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, {"ia::error": {"code": "unauthorized", "message": "expired"}}),
        (400, {"ia::error": {"code": "invalidRequest", "message": "Invalid token"}}),
        (400, {"ia::error": {"code": "invalidRequest", "message": "The token is not valid"}}),
    ],
)
def test_a_token_that_is_no_longer_taken_is_renewed_once(status: int, said: object) -> None:
    left = [1]
    wire = ScriptedWire(signed_in(lambda ask: json_answer(said, status) if left and left.pop() else lines_of(3)(ask)))

    assert wait_for(RestSource(api(wire), ACCOUNT).probe()) == 3
    assert sum(map(is_token, wire.asked)) == 2

    never = ScriptedWire(signed_in(lambda _: json_answer(said, status)))
    with pytest.raises(NotSignedIn):
        wait_for(RestSource(api(never), ACCOUNT).probe())
    assert len(never.asked) == 4


def test_a_token_is_renewed_before_its_life_ends() -> None:
    now = [NOON]
    wire = ScriptedWire(signed_in(lines_of(1)))
    books = api(wire, clock=lambda: now[0])
    for hours in (0, 11, 1):
        now[0] += dt.timedelta(hours=hours)
        wait_for(RestSource(books, ACCOUNT).probe())

    assert [is_token(one) for one in wire.asked] == [True, False, False, True, False]


def test_wrong_client_credentials_are_told_with_the_mend_and_without_the_secret() -> None:
    said = {"error": "invalid_client", "error_description": "client-secret is wrong"}

    with pytest.raises(NotSignedIn, match="check client id, client secret and username") as caught:
        wait_for(RestSource(api(ScriptedWire(lambda _: json_answer(said, 401))), ACCOUNT).probe())

    assert "client-secret" not in str(caught.value)


IN_EAST = RestCredentials("acme.app", Secret("client-secret"), "recon@ACME", entity="10")
PLACES: list[dict[str, object]] = [
    {"key": "1", "id": "10", "parent.id": None},
    {"key": "2", "id": "20", "parent.id": None},
    {"key": "3", "id": "100", "parent.id": "10"},
    {"key": "4", "id": "101", "parent.id": "100"},
    {"key": "5", "id": "200", "parent.id": "20"},
]


def places_and(lines: list[dict[str, object]]) -> Script:
    return signed_in(lambda ask: page(PLACES if b"company-config/location" in ask.body else lines))


def test_the_entity_is_asked_for_in_the_header_that_intacct_reads_and_in_the_login() -> None:
    wire = ScriptedWire(places_and([]))

    rows_of(RestSource(api(wire, IN_EAST), JOURNAL_ENTRY_LINE).pages(SEPTEMBER, None))

    assert parse_qs(wire.said[0])["username"] == ["recon@ACME|10"]
    assert wire.asked[1].headers["X-IA-API-Param-Entity"] == "10"


def test_rows_of_another_entity_are_refused_since_the_header_was_ignored() -> None:
    inside: list[dict[str, object]] = [
        {"key": "1", "dimensions.location.id": "101"},
        {"key": "2", "dimensions.location.id": None},
    ]
    source = RestSource(api(ScriptedWire(places_and(inside)), IN_EAST), JOURNAL_ENTRY_LINE)
    assert len(rows_of(source.pages(SEPTEMBER, None))) == 2

    outside = [*inside, {"key": "3", "dimensions.location.id": "200"}]
    wire = ScriptedWire(places_and(outside))
    with pytest.raises(Misunderstood, match="rows of location 200 came where entity 10 was asked for"):
        rows_of(RestSource(api(wire, IN_EAST), JOURNAL_ENTRY_LINE).pages(SEPTEMBER, None))


def test_the_members_of_an_entity_are_all_that_lie_below_it() -> None:
    assert wait_for(members(api(ScriptedWire(places_and([]))), "10")) == {"10", "100", "101"}


def test_a_count_that_contradicts_the_next_page_costs_a_question_and_no_row() -> None:
    def script(ask: Ask) -> Answer:
        start = json.loads(ask.body)["start"]
        rows: list[dict[str, object]] = [{"key": str(n)} for n in range(start, min(start + 2, 6))]
        behind = start + len(rows)
        return json_answer({"ia::result": rows, "ia::meta": {"totalCount": 0, "next": behind if behind < 6 else None}})

    found = rows_of(RestSource(api(ScriptedWire(signed_in(script))), ACCOUNT, page_size=2).pages(SEPTEMBER, None))

    assert [one["key"] for one in found] == ["1", "2", "3", "4", "5"]


def test_every_source_of_the_api_has_its_name() -> None:
    assert {"intacct.journal_entry_line", "intacct.account"} <= set(rest_sources(api(ScriptedWire(lines_of(0)))))


def test_every_source_asks_by_query_since_a_records_own_page_hides_lines_such_as_subtotals() -> None:
    wire = ScriptedWire(signed_in(lines_of(3)))

    for source in rest_sources(api(wire)).values():
        assert rows_of(source.pages(SEPTEMBER, None))

    assert {(ask.method, ask.path) for ask in wire.asked if not is_token(ask)} == {
        ("POST", "/ia/api/v1/services/core/query")
    }


BY_CODE = CodeCredentials("acme.app", Secret("client-secret"), "http://localhost:8080/back")


def exchanging() -> tuple[ScriptedWire, list[str]]:
    """A token service that takes each refresh token once."""
    good = ["refresh-0"]

    def script(ask: Ask) -> Answer:
        if not is_token(ask):
            return lines_of(1)(ask)
        form = parse_qs(ask.body.decode())
        if form["grant_type"] == ["refresh_token"] and form["refresh_token"] != good[-1:]:
            return json_answer({"error": "invalid_grant", "error_description": "used before"}, 400)
        good.append(f"refresh-{len(good)}")
        return json_answer(TOKEN | {"refresh_token": good[-1], "access_token": f"jwt-{len(good)}"})

    return ScriptedWire(script), good


def test_a_code_is_exchanged_once_and_its_refresh_token_changes_with_every_use(tmp_path: Path) -> None:
    wire, good = exchanging()
    tokens = FileTokens(tmp_path / "intacct.token")
    books = api(wire, BY_CODE, tokens=tokens)
    address = books.sign_in.address("state-7", "https://api.intacct.com")
    assert address.startswith("https://api.intacct.com/ia/api/v1/oauth2/authorize?response_type=code&")
    assert "scope=offline_access" in address
    assert "state=state-7" in address

    wait_for(books.sign_in.redeem(Secret("code-1")))
    wait_for(RestSource(books, ACCOUNT).probe())
    assert tokens.load() == Secret("refresh-1")

    for n in (2, 3):  # every later run begins from the file
        wait_for(RestSource(api(wire, BY_CODE, tokens=FileTokens(tmp_path / "intacct.token")), ACCOUNT).probe())
        assert tokens.load() == Secret(f"refresh-{n}") == Secret(good[-1])


def test_two_clients_with_one_token_do_not_lock_each_other_out(tmp_path: Path) -> None:
    wire, _ = exchanging()
    FileTokens(tmp_path / "t").save(Secret("refresh-0"))
    both = [api(wire, BY_CODE, tokens=FileTokens(tmp_path / "t")) for _ in range(2)]

    async def at_once() -> list[int]:
        return await asyncio.gather(*(RestSource(books, ACCOUNT).probe() for books in both))

    assert wait_for(at_once()) == [1, 1]


def test_a_spent_refresh_token_asks_for_a_new_sign_in(tmp_path: Path) -> None:
    wire, _ = exchanging()
    FileTokens(tmp_path / "t").save(Secret("spent-token"))

    with pytest.raises(NotSignedIn, match="sign in in the browser again"):
        wait_for(RestSource(api(wire, BY_CODE, tokens=FileTokens(tmp_path / "t")), ACCOUNT).probe())
    with pytest.raises(NotSignedIn, match="sign in in the browser once"):
        wait_for(RestSource(api(wire, BY_CODE, tokens=FileTokens(tmp_path / "none")), ACCOUNT).probe())


@pytest.mark.parametrize("first", [b'{"ia::result":', b'{"ia::error":{"message":"API rate limit exceeded"}}'])
def test_an_answer_that_came_whole_and_cannot_be_used_is_asked_for_again(first: bytes) -> None:
    left = [1, 1]

    def script(ask: Ask) -> Answer:
        if left.pop() if left else 0:
            return Answer(200, {}, first, ask.path)
        return json_answer(TOKEN) if is_token(ask) else lines_of(1)(ask)

    async def no_wait(_seconds: float) -> None:
        return None

    wire = ScriptedWire(script)
    assert wait_for(RestSource(api(wire, pause=no_wait), ACCOUNT).probe()) == 1
    assert [is_token(one) for one in wire.asked] == [True, True, True, False]
