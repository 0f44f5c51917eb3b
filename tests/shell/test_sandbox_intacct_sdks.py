"""Clients that others wrote read and write the sandbox's books, pointed at its address and changed in nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from judging import call, judged
from make_books import cents_of, small_world

from recon.sandbox import intacct_rest, intacct_xml
from recon.sandbox.app import make_app
from recon.sandbox.serve import serving
from recon.sandbox.world import DEMO_ACCESS, World

PAGE = 2000  # of either client
COUNTS = (0, 1, PAGE, PAGE + 1, 5000)


@contextmanager
def served(world: World) -> Iterator[str]:
    with serving(make_app(world, [intacct_xml.routes, intacct_rest.routes])) as url:
        yield url


def xml_lines(url: str, *calls: tuple[Any, ...], entity: str | None = None) -> list[Any]:
    """What the client of the XML gateway tells of each call, a fault included."""
    names = ("sender_id", "sender_password", "user_id", "company_id", "user_password")
    access = {name: DEMO_ACCESS[f"intacct.{name}"] for name in names}
    return judged("intacct_xml", url, {"sign_in": {**access, "entity_id": entity}, "calls": calls})


def rest_lines(url: str, *calls: tuple[Any, ...], **how: object) -> list[Any]:
    """What the client of the REST API tells of each call, a fault included."""
    access = {name: DEMO_ACCESS[f"intacct.{name}"] for name in ("client_id", "client_secret")}
    sign_in = {**access, **(how or {"username": "recon@JUNIPER"})}
    return judged("intacct_rest", url, {"sign_in": sign_in, "calls": calls})


def answers(lines: list[Any]) -> list[Any]:
    """What the calls gave, none of which may have failed."""
    assert not [line for line in lines if "error" in line]
    return [line["answer"] for line in lines]


@pytest.mark.parametrize("count", COUNTS)
def test_the_xml_client_reads_every_line_once_whatever_their_number(count: int) -> None:
    with served(small_world(count)) as url:
        (rows,) = answers(xml_lines(url, call("gl_detail.get_all")))
    assert [int(row["RECORDNO"]) for row in rows] == list(range(1, count + 1))
    assert all(Decimal(row["AMOUNT"]) * 100 == signed_cents(int(row["RECORDNO"])) for row in rows)
    assert all(row["DESCRIPTION"] == 'He said "<5 & >3>"' for row in rows)


def signed_cents(record: int) -> int:
    return cents_of(record) if record % 2 else -cents_of(record)


@pytest.mark.parametrize("count", COUNTS)
def test_the_rest_client_reads_every_line_once_whatever_their_number(count: int) -> None:
    fields = ["key", "txnType", "txnAmount", "entryDate", "glAccount.id", "dimensions.location.id", "description"]
    reading = call("lines.get_all_generator", fields, order_by=[{"key": "asc"}])
    with served(small_world(count)) as url:
        pages, counted = answers(rest_lines(url, reading, call("lines.count")))
    rows = [row for page in pages for row in page]
    assert counted == count
    assert [int(row["key"]) for row in rows] == list(range(1, count + 1))
    assert all(Decimal(row["txnAmount"]) * 100 == cents_of(int(row["key"])) for row in rows)
    assert {row["txnType"] for row in rows} <= {"debit", "credit"}


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001])
def test_the_xml_client_reads_the_first_page_of_a_legacy_query(count: int) -> None:
    with served(small_world(2 * count)) as url:
        (found,) = answers(xml_lines(url, call("journal_entries.read_by_query", ["RECORDNO", "BATCH_TITLE"])))
    data = found["data"]
    rows = data.get("glbatch", [])
    rows = rows if isinstance(rows, list) else [rows]
    assert len(rows) == min(count, 1000)
    assert data["@numremaining"] == str(max(0, count - 1000))
    assert bool(data["@resultId"]) == (count > 0)


def test_the_xml_client_filters_by_account_and_day() -> None:
    wanted = [("equalto", "ACCOUNTNO", "1010"), ("between", "ENTRY_DATE", ["09/02/2026", "09/03/2026"])]
    late = {"updated_at": "10/01/2026 22:00:00", "order_by_field": "RECORDNO", "order": "descending"}
    with served(small_world(5000)) as url:
        bank, pages = answers(
            xml_lines(
                url,
                call("gl_detail.get_by_query", fields=["RECORDNO", "ACCOUNTNO", "ENTRY_DATE"], and_filter=wanted),
                call("gl_detail.get_all_generator", fields=["RECORDNO"], **late),
            )
        )
    changed = [row for page in pages for row in page]
    assert {row["ENTRY_DATE"] for row in bank} == {"09/02/2026", "09/03/2026"}
    assert {row["ACCOUNTNO"] for row in bank} == {"1010"}
    assert len(bank) == 168
    assert [int(row["RECORDNO"]) for row in changed[:3]] == [4991, 4990, 4967]


def test_the_xml_client_is_told_that_ledger_lines_have_no_status() -> None:
    # https://github.com/fylein/sageintacct-sdk-py/issues/93
    with served(small_world(2)) as url:
        (fault,) = xml_lines(url, call("gl_detail.count"))
    (first, *_) = fault["response"]["error"]
    assert fault["error"] == "WrongParamsError"
    assert "Field requested is not valid: gldetail.STATUS" in first["description2"]
    assert first["errorno"] == "XL03000010"


def xml_entry(title: str, debit: str, credit: str) -> dict[str, object]:
    lines = [
        {"ACCOUNTNO": "1010", "TR_TYPE": "1", "TRX_AMOUNT": debit, "LOCATION": "100"},
        {"ACCOUNTNO": "6800", "TR_TYPE": "-1", "TRX_AMOUNT": credit, "LOCATION": "100"},
    ]
    return {"JOURNAL": "GJ", "BATCH_DATE": "09/30/2026", "BATCH_TITLE": title, "ENTRIES": {"GLENTRY": lines}}


def test_the_xml_client_posts_an_entry_finds_it_by_its_title_and_deletes_it() -> None:
    every = call("gl_detail.get_all")
    with served(small_world()) as url:
        posted, found, rows = answers(
            xml_lines(
                url,
                call("journal_entries.post", xml_entry("A & B", "10.5", "10.5")),
                call("journal_entries.get", "BATCH_TITLE", "A & B"),
                every,
            )
        )
        key = posted["data"]["glbatch"]["RECORDNO"]
        _, left = answers(xml_lines(url, call("journal_entries.delete", key), every))
    assert (found["glbatch"]["RECORDNO"], found["glbatch"]["STATE"]) == (key, "Posted")
    assert [Decimal(row["AMOUNT"]) for row in rows] == [Decimal("10.5"), Decimal("-10.5")]
    assert left == []


def test_the_xml_client_hears_why_an_entry_is_refused() -> None:
    with served(small_world()) as url:
        (fault,) = xml_lines(url, call("journal_entries.post", xml_entry("Slip", "10.50", "10.05")))
    texts = [error["description2"] for error in fault["response"]["error"]]
    assert fault["error"] == "WrongParamsError"
    assert "Transactions do not balance for currency USD" in texts[0]
    assert "Could not create GLBatch record." in texts[-1]


def test_the_xml_client_of_an_entity_sees_its_lines_only() -> None:
    with served(small_world(8)) as url:
        lines, places = answers(xml_lines(url, call("gl_detail.get_all"), call("locations.get_all"), entity="20"))
    assert {row["LOCATIONID"] for row in lines} == {"200"}
    assert [row["LOCATIONID"] for row in places] == ["20", "200"]


def test_the_xml_client_cannot_sign_in_with_a_wrong_password() -> None:
    world = World.of_rows({}, access={"intacct.user_password": "another"})
    with served(world) as url:
        (fault,) = xml_lines(url, call("accounts.get_all"))
    assert fault["error"] == "InvalidTokenError"


def test_the_xml_client_reads_all_the_small_lists() -> None:
    lists = {
        "accounts": ("ACCOUNTNO", ["1010", "6800", "3900", "6010"]),
        "location_entities": ("LOCATIONID", ["10", "20"]),
        "departments": ("DEPARTMENTID", ["FOH"]),
        "customers": ("CUSTOMERID", ["HOUSE-100"]),
    }
    calls = [call(f"{name}.get_all") for name in lists]
    with served(small_world()) as url:
        *got, counted, lookup = answers(xml_lines(url, *calls, call("accounts.count"), call("gl_detail.get_lookup")))
    found = [[row[field] for row in rows] for rows, (field, _) in zip(got, lists.values(), strict=True)]
    assert found == [ids for _, ids in lists.values()]
    assert counted == 4
    assert lookup["Type"]["@Name"] == "GLDETAIL"


def test_the_rest_client_renews_its_token_and_a_token_of_refresh_works_once() -> None:
    with served(small_world()) as url:
        (token,) = answers(rest_lines(url, call("refresh_token")))
        renewed = {"refresh_token": token, "use_client_credentials_auth": False}
        (counted,) = answers(rest_lines(url, call("accounts.count"), **renewed))
        (fault,) = rest_lines(url, call("accounts.count"), **renewed)
    assert counted == 4
    assert fault["error"] == "InvalidTokenError"


def test_the_rest_client_of_an_entity_sees_its_lines_only() -> None:
    with served(small_world(8)) as url:
        reading = call("lines.get_all_generator", ["dimensions.location.id"])
        ((rows,),) = answers(rest_lines(url, reading, entity_id="20", username="recon@JUNIPER"))
    assert [row["dimensions.location.id"] for row in rows] == ["200"] * 4


ENTRY = {
    "glJournal": {"id": "GJ"},
    "postingDate": "2026-09-30",
    "description": "POS against ledger",
    "referenceNumber": "REC-2026-09-0007",
    "state": "draft",
    "lines": [
        {
            "txnType": side,
            "txnAmount": "10.50",
            "glAccount": {"id": account},
            "documentId": "Z-1187",
            "dimensions": {"location": {"id": "100"}},
        }
        for side, account in (("debit", "1010"), ("credit", "6800"))
    ],
}


def test_the_rest_client_posts_once_under_one_key() -> None:
    first, second = (call("journal_entries.post", ENTRY, idempotent_key="REC-7") for _ in range(2))
    other = call("journal_entries.post", {**ENTRY, "description": "Another"}, idempotent_key="REC-7")
    with served(small_world()) as url:
        *good, refused = rest_lines(url, first, second, call("journal_entries.count"), other)
    posted, again, counted = answers(good)
    assert posted == again
    assert counted == 1
    assert (refused["error"], "409" in refused["message"]) == ("BadRequestError", True)


def test_the_rest_client_makes_a_draft_posts_it_and_keeps_the_keys_of_its_lines() -> None:
    with served(small_world()) as url:
        (made,) = answers(rest_lines(url, call("journal_entries.post", ENTRY)))
        key = made["ia::result"]["key"]
        read = call("journal_entries.get_by_key", key)
        (draft,) = answers(rest_lines(url, read))
        lines = draft["ia::result"]["lines"]
        change = {"state": "posted", "lines": [{"key": lines[0]["key"], "description": "over/short"}]}
        _, posted, deleted, left = answers(
            rest_lines(
                url,
                call("journal_entries.update", key, change),
                read,
                call("journal_entries.delete", key),
                call("journal_entries.count"),
            )
        )
    changed = posted["ia::result"]
    assert (draft["ia::result"]["state"], changed["state"]) == ("draft", "posted")
    assert [line["key"] for line in changed["lines"]] == [line["key"] for line in lines]
    assert [line["description"] for line in changed["lines"]] == ["over/short", None]
    assert (deleted, left) == (None, 0)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"lines": ENTRY["lines"][:1]}, 422, "at least 2 lines"),
        ({"postingDate": "2026-08-31", "state": None}, 422, "within a period that's been closed"),
        ({"surprise": 1}, 400, "REST-1043"),
        ({"state": "posted"}, 422, "State must be draft or not included in the request"),
        ({"glJournal": {"id": ""}}, 400, "REST-1064"),
    ],
)
def test_the_rest_client_hears_why_an_entry_is_refused(change: dict[str, object], status: int, words: str) -> None:
    with served(small_world()) as url:
        (fault,) = rest_lines(url, call("journal_entries.post", {**ENTRY, **change}))
    assert fault["error"] == "BadRequestError"
    assert str(status) in fault["message"]
    assert words in fault["response"]


def test_the_rest_client_hears_that_one_bad_field_fails_the_whole_query() -> None:
    with served(small_world()) as url:
        (fault,) = rest_lines(url, call("accounts.get_all_generator", ["key", "nothing"]))
    assert fault["error"] == "BadRequestError"
    assert "REST-1106" in fault["response"]


def test_the_rest_client_filters_by_numbers_of_its_filters() -> None:
    filters = [{"$eq": {"id": "1010"}}, {"$startsWith": {"name": "Wag"}}, {"$eq": {"status": "active"}}]
    with served(small_world()) as url:
        pages, model, dimensions, session = answers(
            rest_lines(
                url,
                call("accounts.get_all_generator", ["id"], filters=filters, filter_expression="(1 or 2) and 3"),
                call("accounts.get_model"),
                call("dimensions.list"),
                call("sessions.get_session_id"),
            )
        )
    fields = model["ia::result"]["fields"]
    assert pages == [[{"id": "1010"}, {"id": "6010"}]]
    assert "glAccount.id" not in fields
    assert fields["requiredDimensions.location"]["type"] == "boolean"
    assert dimensions[0]["dimensionName"] == "location"
    assert session["sessionId"]
