"""The sandbox's attachments through both interfaces: made in a folder that stands, found by id, never twice."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from make_books import small_world
from sandbox_company import Company
from xml_gateway import ACCESS, Gateway, entry, texts

from recon.sandbox.intacct_rest import BASE
from recon.workspace.supply import CALLED

DATA = base64.b64encode(b"sheets").decode()
FOLDER = "<create_supdocfolder><supdocfoldername>Month end</supdocfoldername></create_supdocfolder>"
CLIENT = {"client_id": ACCESS["client_id"], "client_secret": ACCESS["client_secret"]}
AS_USER = {"grant_type": "client_credentials", "username": "recon@JUNIPER", **CLIENT}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    world = small_world(10)
    yield Gateway(world)
    world.close()


def supdoc(number: str = "CLOSE-1", folder: str = "Month end", data: str = DATA) -> str:
    file = (
        "<attachment><attachmentname>workpaper</attachmentname><attachmenttype>xlsx</attachmenttype>"
        f"<attachmentdata>{data}</attachmentdata></attachment>"
    )
    return (
        f"<create_supdoc><supdocid>{number}</supdocid><supdocname>September</supdocname>"
        f"<supdocfoldername>{folder}</supdocfoldername><attachments>{file}</attachments></create_supdoc>"
    )


def by_rest(gateway: Gateway, path: str, body: object) -> httpx.Response:
    token = gateway.call("POST", f"{BASE}/oauth2/token", data=AS_USER).json()["access_token"]
    return gateway.call("POST", BASE + path, json=body, headers={"authorization": f"Bearer {token}"})


def test_by_xml_an_attachment_is_made_once_in_a_folder_that_stands_and_found_by_its_id(gateway: Gateway) -> None:
    homeless = gateway.result(supdoc())
    made = [gateway.result(FOLDER), gateway.result(supdoc())]
    again = gateway.result(supdoc())
    asked = gateway.result('<get object="supdoc" key="CLOSE-1"><fields><field>supdocid</field></fields></get>')
    absent = gateway.result('<get object="supdoc" key="CLOSE-2"/>')

    assert "Attachment folder 'Month end' is not valid." in texts(homeless)[0]
    assert [one.findtext("key") for one in made] == ["Month end", "CLOSE-1"]
    assert "already exists" in texts(again)[0]
    assert [child.tag for child in asked.iterfind("data/supdoc/*")] == ["supdocid"]
    assert asked.findtext("data/supdoc/supdocid") == "CLOSE-1"
    assert (absent.findtext("status"), absent.findall("data/supdoc")) == ("success", [])
    assert gateway.world.query("SELECT supdocid, files FROM intacct_attachment") == [
        ("CLOSE-1", '{"workpaper.xlsx": 6}')
    ]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (supdoc(number="A" * 21), "is longer than 20 characters"),
        (supdoc(data="sheets!"), "The data of file 'workpaper.xlsx' is not base64."),
    ],
)
def test_what_is_no_attachment_is_refused(gateway: Gateway, call: str, words: str) -> None:
    gateway.result(FOLDER)

    assert words in texts(gateway.result(call))[0]
    assert gateway.world.one("SELECT count(*) FROM intacct_attachment") == (0,)


def test_by_rest_it_is_one_object_that_the_query_service_finds(gateway: Gateway) -> None:
    attachment = {
        "id": "CLOSE-1",
        "name": "September",
        "folder": {"id": "Month end"},
        "files": [{"name": "workpaper.xlsx", "data": DATA}],
    }
    homeless = by_rest(gateway, "/objects/company-config/attachment", attachment)
    folder = by_rest(gateway, "/objects/company-config/folder", {"id": "Month end"})
    made, again = (by_rest(gateway, "/objects/company-config/attachment", attachment) for _ in range(2))
    asked = {
        "object": "company-config/attachment",
        "fields": ["key", "id", "folder.id"],
        "filters": [{"$eq": {"id": "CLOSE-1"}}],
        "filterExpression": "and",
    }

    assert [one.status_code for one in (homeless, folder, made, again)] == [422, 201, 201, 422]
    assert "already exists" in again.text
    assert made.json()["ia::result"]["id"] == "CLOSE-1"
    assert by_rest(gateway, "/services/core/query", asked).json()["ia::result"] == [
        {"key": "1", "id": "CLOSE-1", "folder.id": "Month end"}
    ]


def test_an_entry_names_an_attachment_that_stands(gateway: Gateway) -> None:
    named = entry(more="<SUPDOCID>CLOSE-1</SUPDOCID>")

    refused = gateway.result(named)
    gateway.result(FOLDER)
    gateway.result(supdoc())

    assert "Attachment 'CLOSE-1' is not valid." in texts(refused)[0]
    assert gateway.result(named).findtext("status") == "success"


@pytest.mark.parametrize("service", ["intacct_xml", "intacct_rest"])
def test_the_doctor_asks_the_interface_that_is_posted_to_for_the_folder(tmp_path: Path, service: str) -> None:
    company = Company(tmp_path / "company", small_world(10), {"ledger": service})
    policy = company.root / "policy.toml"
    policy.write_text(policy.read_text().replace("[posting]", '[posting]\nattachment_folder = "Month end"'))

    (before,) = (one for one in company.examine() if one.check == f"{CALLED[service]}: attachments")
    company.world.insert("intacct_folder", [{"recordno": 1, "name": "Month end"}])
    (after,) = (one for one in company.examine() if one.check == f"{CALLED[service]}: attachments")

    assert (before.state, before.mend) == ("wrong", "make it there, or mend attachment_folder under [posting]")
    assert (after.state, after.said) == (
        "well",
        "they can be looked up; folder Month end stands, and post makes RECON-{run_id} in it",
    )
