"""Clients that others wrote read and write the sandbox's books, pointed at its address and changed in nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import intacctsdk.apis.api_base
import intacctsdk.apis.reporting_periods
import intacctsdk.intacctsdk
import pytest
import sageintacctsdk.apis.api_base
from intacctsdk import IntacctRESTSDK
from intacctsdk.exceptions import BadRequestError, InvalidTokenError
from make_books import cents_of, small_world
from sageintacctsdk import SageIntacctSDK
from sageintacctsdk.exceptions import SageIntacctSDKError, WrongParamsError

from recon.sandbox import intacct_rest, intacct_xml
from recon.sandbox.app import make_app
from recon.sandbox.serve import serving
from recon.sandbox.world import DEMO_ACCESS, World

PAGE = 2000  # of either client
COUNTS = (0, 1, PAGE, PAGE + 1, 5000)
LINE = "general-ledger/journal-entry-line"


@contextmanager
def served(world: World) -> Iterator[str]:
    with serving(make_app(world, [intacct_xml.routes, intacct_rest.routes])) as url:
        yield url


@contextmanager
def xml_client(world: World, monkeypatch: pytest.MonkeyPatch, entity: str | None = None) -> Iterator[SageIntacctSDK]:
    with served(world) as url:
        base = sageintacctsdk.apis.api_base.ApiBase
        original = base.__init__

        def pointed(self: object, *args: object, **kwargs: object) -> None:
            original(self, *args, **kwargs)
            self._ApiBase__api_url = url + intacct_xml.PATH

        monkeypatch.setattr(base, "__init__", pointed)
        names = ("sender_id", "sender_password", "user_id", "company_id", "user_password")
        yield SageIntacctSDK(*(DEMO_ACCESS[f"intacct.{name}"] for name in names), entity_id=entity)


@contextmanager
def rest_client(world: World, monkeypatch: pytest.MonkeyPatch, entity: str | None = None) -> Iterator[IntacctRESTSDK]:
    with served(world) as url:
        for module in (intacctsdk.intacctsdk, intacctsdk.apis.api_base, intacctsdk.apis.reporting_periods):
            monkeypatch.setattr(module, "BASE_URL", url + intacct_rest.BASE)
        yield signed_in(entity_id=entity, username="recon@JUNIPER")


def signed_in(**how: object) -> IntacctRESTSDK:
    access = {name: DEMO_ACCESS[f"intacct.{name}"] for name in ("client_id", "client_secret")}
    return IntacctRESTSDK(**access, **how)


def lines_of(client: IntacctRESTSDK) -> object:
    """The client has no class for lines: its base reads any object by its path."""
    reader = intacctsdk.apis.api_base.ApiBase(client, object_path=f"/objects/{LINE}")
    reader.update_access_token(client.access_token)
    return reader


@pytest.mark.parametrize("count", COUNTS)
def test_the_xml_client_reads_every_line_once_whatever_their_number(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with xml_client(small_world(count), monkeypatch) as client:
        rows = client.gl_detail.get_all()
    assert [int(row["RECORDNO"]) for row in rows] == list(range(1, count + 1))
    assert all(Decimal(row["AMOUNT"]) * 100 == signed_cents(int(row["RECORDNO"])) for row in rows)
    assert all(row["DESCRIPTION"] == 'He said "<5 & >3>"' for row in rows)


def signed_cents(record: int) -> int:
    return cents_of(record) if record % 2 else -cents_of(record)


@pytest.mark.parametrize("count", COUNTS)
def test_the_rest_client_reads_every_line_once_whatever_their_number(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rest_client(small_world(count), monkeypatch) as client:
        reader = lines_of(client)
        fields = ["key", "txnType", "txnAmount", "entryDate", "glAccount.id", "dimensions.location.id", "description"]
        rows = [row for page in reader.get_all_generator(fields, order_by=[{"key": "asc"}]) for row in page]
        assert reader.count() == count
    assert [int(row["key"]) for row in rows] == list(range(1, count + 1))
    assert all(Decimal(row["txnAmount"]) * 100 == cents_of(int(row["key"])) for row in rows)
    assert {row["txnType"] for row in rows} <= {"debit", "credit"}


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001])
def test_the_xml_client_reads_the_first_page_of_a_legacy_query(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with xml_client(small_world(2 * count), monkeypatch) as client:
        found = client.journal_entries.read_by_query(["RECORDNO", "BATCH_TITLE"])["data"]
    rows = found.get("glbatch", [])
    rows = rows if isinstance(rows, list) else [rows]
    assert len(rows) == min(count, 1000)
    assert found["@numremaining"] == str(max(0, count - 1000))
    assert bool(found["@resultId"]) == (count > 0)


def test_the_xml_client_filters_by_account_and_day(monkeypatch: pytest.MonkeyPatch) -> None:
    with xml_client(small_world(5000), monkeypatch) as client:
        bank = client.gl_detail.get_by_query(
            fields=["RECORDNO", "ACCOUNTNO", "ENTRY_DATE"],
            and_filter=[("equalto", "ACCOUNTNO", "1010"), ("between", "ENTRY_DATE", ["09/02/2026", "09/03/2026"])],
        )
        changed = [
            row
            for page in client.gl_detail.get_all_generator(
                fields=["RECORDNO"], updated_at="10/01/2026 22:00:00", order_by_field="RECORDNO", order="descending"
            )
            for row in page
        ]
    assert {row["ENTRY_DATE"] for row in bank} == {"09/02/2026", "09/03/2026"}
    assert {row["ACCOUNTNO"] for row in bank} == {"1010"}
    assert len(bank) == 168
    assert [int(row["RECORDNO"]) for row in changed[:3]] == [4991, 4990, 4967]


def test_the_xml_client_is_told_that_ledger_lines_have_no_status(monkeypatch: pytest.MonkeyPatch) -> None:
    # https://github.com/fylein/sageintacct-sdk-py/issues/93
    with xml_client(small_world(2), monkeypatch) as client, pytest.raises(WrongParamsError) as caught:
        client.gl_detail.count()
    assert "Field requested is not valid: gldetail.STATUS" in caught.value.response["error"][0]["description2"]
    assert caught.value.response["error"][0]["errorno"] == "XL03000010"


def test_the_xml_client_posts_an_entry_finds_it_by_its_title_and_deletes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        {"ACCOUNTNO": "1010", "TR_TYPE": "1", "TRX_AMOUNT": "10.5", "LOCATION": "100"},
        {"ACCOUNTNO": "6800", "TR_TYPE": "-1", "TRX_AMOUNT": "10.5", "LOCATION": "100"},
    ]
    entry = {"JOURNAL": "GJ", "BATCH_DATE": "09/30/2026", "BATCH_TITLE": "A & B", "ENTRIES": {"GLENTRY": lines}}
    with xml_client(small_world(), monkeypatch) as client:
        key = client.journal_entries.post(entry)["data"]["glbatch"]["RECORDNO"]
        found = client.journal_entries.get("BATCH_TITLE", "A & B")["glbatch"]
        amounts = [Decimal(row["AMOUNT"]) for row in client.gl_detail.get_all()]
        client.journal_entries.delete(key)
        left = client.gl_detail.get_all()
    assert (found["RECORDNO"], found["STATE"]) == (key, "Posted")
    assert amounts == [Decimal("10.5"), Decimal("-10.5")]
    assert left == []


def test_the_xml_client_hears_why_an_entry_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        {"ACCOUNTNO": "1010", "TR_TYPE": "1", "TRX_AMOUNT": "10.50", "LOCATION": "100"},
        {"ACCOUNTNO": "6800", "TR_TYPE": "-1", "TRX_AMOUNT": "10.05", "LOCATION": "100"},
    ]
    entry = {"JOURNAL": "GJ", "BATCH_DATE": "09/30/2026", "BATCH_TITLE": "Slip", "ENTRIES": {"GLENTRY": lines}}
    with xml_client(small_world(), monkeypatch) as client, pytest.raises(WrongParamsError) as caught:
        client.journal_entries.post(entry)
    texts = [error["description2"] for error in caught.value.response["error"]]
    assert "Transactions do not balance for currency USD" in texts[0]
    assert "Could not create GLBatch record." in texts[-1]


def test_the_xml_client_of_an_entity_sees_its_lines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with xml_client(small_world(8), monkeypatch, entity="20") as client:
        assert {row["LOCATIONID"] for row in client.gl_detail.get_all()} == {"200"}
        assert [row["LOCATIONID"] for row in client.locations.get_all()] == ["20", "200"]


def test_the_xml_client_cannot_sign_in_with_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World.of_rows({}, access={"intacct.user_password": "another"})
    with pytest.raises(SageIntacctSDKError), xml_client(world, monkeypatch):
        pass


def test_the_xml_client_reads_all_the_small_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    with xml_client(small_world(), monkeypatch) as client:
        assert [row["ACCOUNTNO"] for row in client.accounts.get_all()] == ["1010", "6800", "3900", "6010"]
        assert [row["LOCATIONID"] for row in client.location_entities.get_all()] == ["10", "20"]
        assert [row["DEPARTMENTID"] for row in client.departments.get_all()] == ["FOH"]
        assert [row["CUSTOMERID"] for row in client.customers.get_all()] == ["HOUSE-100"]
        assert client.accounts.count() == 4
        assert client.gl_detail.get_lookup()["Type"]["@Name"] == "GLDETAIL"


def test_the_rest_client_renews_its_token_and_a_token_of_refresh_works_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with rest_client(small_world(), monkeypatch) as client:
        again = signed_in(refresh_token=client.refresh_token, use_client_credentials_auth=False)
        assert again.accounts.count() == 4
        with pytest.raises(InvalidTokenError):
            signed_in(refresh_token=client.refresh_token, use_client_credentials_auth=False)


def test_the_rest_client_of_an_entity_sees_its_lines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with rest_client(small_world(8), monkeypatch, entity="20") as client:
        reader = lines_of(client)
        reader.update_entity_id("20")
        rows = next(reader.get_all_generator(["dimensions.location.id"]))
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


def test_the_rest_client_posts_once_under_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with rest_client(small_world(), monkeypatch) as client:
        first = client.journal_entries.post(ENTRY, idempotent_key="REC-7")
        second = client.journal_entries.post(ENTRY, idempotent_key="REC-7")
        assert first == second
        assert client.journal_entries.count() == 1
        with pytest.raises(BadRequestError, match="409"):
            client.journal_entries.post({**ENTRY, "description": "Another"}, idempotent_key="REC-7")


def test_the_rest_client_makes_a_draft_posts_it_and_keeps_the_keys_of_its_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with rest_client(small_world(), monkeypatch) as client:
        key = client.journal_entries.post(ENTRY)["ia::result"]["key"]
        draft = client.journal_entries.get_by_key(key)["ia::result"]
        change = {"state": "posted", "lines": [{"key": draft["lines"][0]["key"], "description": "over/short"}]}
        client.journal_entries.update(key, change)
        posted = client.journal_entries.get_by_key(key)["ia::result"]
        assert client.journal_entries.delete(key) is None
        assert client.journal_entries.count() == 0
    assert (draft["state"], posted["state"]) == ("draft", "posted")
    assert [line["key"] for line in posted["lines"]] == [line["key"] for line in draft["lines"]]
    assert [line["description"] for line in posted["lines"]] == ["over/short", None]


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
def test_the_rest_client_hears_why_an_entry_is_refused(
    change: dict[str, object], status: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rest_client(small_world(), monkeypatch) as client, pytest.raises(BadRequestError) as caught:
        client.journal_entries.post({**ENTRY, **change})
    assert str(status) in caught.value.message
    assert words in caught.value.response


def test_the_rest_client_hears_that_one_bad_field_fails_the_whole_query(monkeypatch: pytest.MonkeyPatch) -> None:
    with rest_client(small_world(), monkeypatch) as client, pytest.raises(BadRequestError) as caught:
        list(client.accounts.get_all_generator(["key", "nothing"]))
    assert "REST-1106" in caught.value.response


def test_the_rest_client_filters_by_numbers_of_its_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    filters = [{"$eq": {"id": "1010"}}, {"$startsWith": {"name": "Wag"}}, {"$eq": {"status": "active"}}]
    with rest_client(small_world(), monkeypatch) as client:
        pages = list(client.accounts.get_all_generator(["id"], filters=filters, filter_expression="(1 or 2) and 3"))
        model = client.accounts.get_model()["ia::result"]
        dimensions = client.dimensions.list()
        session = client.sessions.get_session_id()
    assert pages == [[{"id": "1010"}, {"id": "6010"}]]
    assert "glAccount.id" not in model["fields"]
    assert model["fields"]["requiredDimensions.location"]["type"] == "boolean"
    assert dimensions[0]["dimensionName"] == "location"
    assert session["sessionId"]
