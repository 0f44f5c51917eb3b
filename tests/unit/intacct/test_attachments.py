"""Attachments asked for and made: what is sent to either API, and what each answer means."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from scripted_intacct import (
    ScriptedWire,
    data,
    done,
    envelope,
    error,
    gateway,
    json_answer,
    refuses,
    signed_in,
    wait_for,
)
from scripted_intacct import answer as xml_answer

from recon.intacct.attachments import AttachedFile, Attachment, RestAttachments, XmlAttachments
from recon.intacct.credentials import RestCredentials
from recon.intacct.entries import Outcome
from recon.intacct.faults import NotDone
from recon.intacct.rest import RestApi
from recon.wire import Answer, Ask, Secret, Unreachable

PACK = Attachment(
    "RECON-0123456789ab",
    "recon 2026-09",
    "Month & end",
    "Pack of run 0123456789ab",
    (AttachedFile("workpaper.xlsx", b"sheets"), AttachedFile("pack.pdf", b"pages")),
)
TOKEN = {"access_token": "jwt", "expires_in": 43200}
APP = RestCredentials("acme.app", Secret("client-secret"), "recon@ACME")


def by_xml(script: Callable[[Ask], Answer]) -> tuple[XmlAttachments, ScriptedWire]:
    wire = ScriptedWire(signed_in(script))
    return XmlAttachments(gateway(wire)), wire


def by_rest(script: Callable[[Ask], Answer]) -> tuple[RestAttachments, ScriptedWire]:
    wire = ScriptedWire(lambda ask: json_answer(TOKEN) if ask.path.endswith("/token") else script(ask))
    return RestAttachments(RestApi(wire, APP)), wire


def got(ask: Ask, rows: list[str]) -> Answer:
    return xml_answer(envelope(done(ask, data("supdoc", rows), "get")))


def test_the_gateway_is_asked_for_one_id_and_for_no_file() -> None:
    held, wire = by_xml(lambda ask: got(ask, ["<supdoc><supdocid>RECON-1</supdocid></supdoc>"]))

    assert wait_for(held.stands("RECON-1"))
    assert '<get object="supdoc" key="RECON-1"><fields><field>supdocid</field></fields></get>' in wire.said[1]


@pytest.mark.parametrize("rows", [[], ["<supdoc></supdoc>"]])
def test_an_answer_without_a_record_means_that_it_does_not_stand(rows: list[str]) -> None:
    held, _ = by_xml(lambda ask: got(ask, rows))

    assert not wait_for(held.stands("RECON-1"))


def test_an_error_that_says_it_is_absent_means_the_same_and_any_other_is_raised() -> None:
    absent, _ = by_xml(lambda ask: refuses(ask, error("BL01001973", "Cannot find supdoc with key 'RECON-1'"), "get"))
    unknown, _ = by_xml(lambda ask: refuses(ask, error("Query Failed", "Object definition supdoc not found"), "get"))

    assert not wait_for(absent.stands("RECON-1"))
    with pytest.raises(NotDone, match="supdoc not found"):
        wait_for(unknown.stands("RECON-1"))


def test_the_gateway_gets_the_files_in_base64_with_name_and_type_apart() -> None:
    held, wire = by_xml(lambda ask: xml_answer(envelope(done(ask, "<key>RECON-0123456789ab</key>", "create_supdoc"))))

    assert wait_for(held.create(PACK)) == Outcome("done", "RECON-0123456789ab")
    assert (
        "<create_supdoc><supdocid>RECON-0123456789ab</supdocid><supdocname>recon 2026-09</supdocname>"
        "<supdocfoldername>Month &amp; end</supdocfoldername>"
        "<supdocdescription>Pack of run 0123456789ab</supdocdescription><attachments>"
        "<attachment><attachmentname>workpaper</attachmentname><attachmenttype>xlsx</attachmenttype>"
        "<attachmentdata>c2hlZXRz</attachmentdata></attachment>"
        "<attachment><attachmentname>pack</attachmentname><attachmenttype>pdf</attachmenttype>"
        "<attachmentdata>cGFnZXM=</attachmentdata></attachment></attachments></create_supdoc>"
    ) in wire.said[1]
    assert not wire.asked[1].repeatable


def test_rest_asks_by_the_query_service_and_sends_one_object_without_a_key_that_would_replay_a_refusal() -> None:
    def script(ask: Ask) -> Answer:
        if ask.path.endswith("/query"):
            return json_answer({"ia::result": [{"key": "17", "id": "RECON-1"}], "ia::meta": {"totalCount": 1}})
        return json_answer({"ia::result": {"key": "17", "id": "RECON-0123456789ab"}}, 201)

    held, wire = by_rest(script)

    assert wait_for(held.stands("RECON-1"))
    assert wait_for(held.folder_stands("Month & end"))
    assert wait_for(held.create(PACK)) == Outcome("done", "17")
    asked = [json.loads(one) for one in wire.said[1:]]
    assert (asked[0]["object"], asked[0]["filters"]) == ("company-config/attachment", [{"$eq": {"id": "RECON-1"}}])
    assert (asked[1]["object"], asked[1]["filters"]) == ("company-config/folder", [{"$eq": {"id": "Month & end"}}])
    assert asked[2] == {
        "id": "RECON-0123456789ab",
        "name": "recon 2026-09",
        "folder": {"id": "Month & end"},
        "description": "Pack of run 0123456789ab",
        "files": [{"name": "workpaper.xlsx", "data": "c2hlZXRz"}, {"name": "pack.pdf", "data": "cGFnZXM="}],
    }
    assert wire.asked[3].path.endswith("/objects/company-config/attachment")
    assert "idempotency-key" not in wire.asked[3].headers


def test_a_second_one_with_its_id_or_a_lost_answer_leaves_it_unknown_and_a_bad_folder_is_refused() -> None:
    again = error("BL34000061", "Another Attachment with the given value(s) RECON-1 already exists")
    folder = error("BL03000018", "Attachment folder 'X' is not valid.")

    def silent(_ask: Ask) -> Answer:
        raise Unreachable("the service fell silent")

    by_answer = [by_xml(lambda ask, one=one: refuses(ask, one, "create_supdoc"))[0] for one in (again, folder)]  # type: ignore[misc]
    kinds = [wait_for(one.create(PACK)).kind for one in (*by_answer, by_xml(silent)[0], by_rest(silent)[0])]

    assert kinds == ["unknown", "refused", "unknown", "unknown"]
