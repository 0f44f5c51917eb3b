"""Entries written to Intacct: what is sent, and what each answer means."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from scripted_intacct import (
    ScriptedWire,
    answer,
    data,
    done,
    envelope,
    error,
    gateway,
    gives,
    is_login,
    json_answer,
    refuses,
    row,
    session_answer,
    signed_in,
    wait_for,
)

from recon.errors import InvariantBroken
from recon.intacct.credentials import RestCredentials
from recon.intacct.entries import Entry, EntryLine, Found, Outcome
from recon.intacct.rest import RestApi
from recon.intacct.rest_writer import RestWriter
from recon.intacct.xml_writer import XmlWriter
from recon.wire import Answer, Ask, Broken, Secret, Throttled, Unreachable

FEES = Entry(
    "RCNAAAA1",
    "GJ",
    dt.date(2026, 9, 30),
    "Fees of September",
    (
        EntryLine("6510", Decimal("10.50"), location="100", department="FOH", document="D<1>", memo="fee & tax"),
        EntryLine("1250", Decimal("-10.50"), location="100"),
    ),
)
TOKEN = {"access_token": "jwt", "expires_in": 43200}
APP = RestCredentials("acme.app", Secret("client-secret"), "recon@ACME")


def created(ask: Ask) -> Answer:
    return gives(ask, data("objects", ["<glbatch><RECORDNO>101</RECORDNO></glbatch>"]), "create")


def by_xml(script: Callable[[Ask], Answer]) -> tuple[Outcome, ScriptedWire]:
    wire = ScriptedWire(signed_in(script))
    return wait_for(XmlWriter(gateway(wire)).create(FEES, "Draft")), wire


def by_rest(script: Callable[[Ask], Answer]) -> tuple[Outcome, ScriptedWire]:
    wire = ScriptedWire(lambda ask: json_answer(TOKEN) if ask.path.endswith("/token") else script(ask))
    return wait_for(RestWriter(RestApi(wire, APP)).create(FEES, "Draft")), wire


def test_an_entry_is_created_under_its_key_once_and_for_all() -> None:
    outcome, wire = by_xml(created)

    said = wire.said[1]
    assert outcome == Outcome("done", "101")
    assert '<function controlid="RCNAAAA1">' in said
    assert "<uniqueid>true</uniqueid>" in said
    assert '<operation transaction="true">' in said
    assert "<REFERENCENO>RCNAAAA1</REFERENCENO><STATE>Draft</STATE>" in said
    assert "<JOURNAL>GJ</JOURNAL><BATCH_DATE>09/30/2026</BATCH_DATE>" in said
    assert "<DOCUMENT>D&lt;1&gt;</DOCUMENT><ACCOUNTNO>6510</ACCOUNTNO><TR_TYPE>1</TR_TYPE>" in said
    assert "<ACCOUNTNO>1250</ACCOUNTNO><TR_TYPE>-1</TR_TYPE><TRX_AMOUNT>10.50</TRX_AMOUNT>" in said
    assert not wire.asked[1].repeatable


def test_an_update_sends_every_line_again_since_intacct_deletes_what_is_left_out() -> None:
    wire = ScriptedWire(signed_in(created))

    outcome = wait_for(XmlWriter(gateway(wire)).update_state("101", FEES, "Posted"))

    assert outcome == Outcome("done", "101")
    assert "<update><GLBATCH><RECORDNO>101</RECORDNO>" in wire.said[1]
    assert wire.said[1].count("<GLENTRY>") == 2
    assert '<function controlid="RCNAAAA1' not in wire.said[1]  # done twice it is done once: a try has an id of its own


UNBALANCED = error("BL01001973", "Could not create GLBatch record.") + error("", "Transactions do not balance for X")
CLOSED = error("", "Your transaction date (09/30/2026) is within a period that&apos;s been closed.")
XML_ANSWERS: dict[str, tuple[Callable[[Ask], Answer], str]] = {
    "unbalanced": (lambda ask: refuses(ask, UNBALANCED), "refused"),
    "closed period": (lambda ask: refuses(ask, CLOSED), "refused"),
    "rolled back": (
        lambda ask: refuses(ask, error("XL03000009", "rolled back"), status="aborted"),
        "refused",
    ),
    "already there": (lambda ask: refuses(ask, error("X", "This was already executed")), "unknown"),
    "failure without a reason": (refuses, "unknown"),
    "success without a number": (lambda ask: gives(ask, "<data/>", "create"), "unknown"),
    "another function": (
        lambda ask: answer(envelope(done(ask, "<data/>").replace("RCNAAAA1", "RCNBBBB1"))),
        "unknown",
    ),
    "a page": (lambda _: answer("<html>oops</html>"), "unknown"),
    "half an answer": (lambda ask: answer(created(ask).body[:-30]), "unknown"),
    "nothing": (lambda _: answer(""), "unknown"),
    "invalid request": (
        lambda _: answer(
            f"<response><control><status>failure</status></control><errormessage>{error('XL03000003', 'Parse')}"
            "</errormessage></response>"
        ),
        "refused",
    ),
    "no permission": (lambda ask: refuses(ask, error("PL04000005", "not allowed")), "refused"),
}


@pytest.mark.parametrize("case", XML_ANSWERS)
def test_each_answer_of_the_gateway_to_a_write_is_done_refused_or_unknown(case: str) -> None:
    script, kind = XML_ANSWERS[case]

    outcome, wire = by_xml(script)

    assert outcome.kind == kind
    assert outcome.record_no is None
    assert outcome.reason
    assert len(wire.asked) == 2  # a write is never sent again by itself


def fails(fault: Exception) -> Callable[[Ask], Answer]:
    def script(_: Ask) -> Answer:
        raise fault

    return script


@pytest.mark.parametrize("by", [by_xml, by_rest])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Unreachable("not reached", nothing_arrived=True), "refused"),
        (Unreachable("fell silent"), "unknown"),
        (Broken("status 502"), "unknown"),
        (Throttled("too often"), "unknown"),
    ],
)
def test_a_write_without_an_answer_is_unknown_unless_nothing_arrived(by: Any, fault: Exception, kind: str) -> None:
    outcome, wire = by(fails(fault))

    assert outcome.kind == kind
    assert len(wire.asked) == 2


def test_a_session_that_had_ended_is_opened_anew_and_the_write_sent_under_the_same_key() -> None:
    ended = [1]

    def script(ask: Ask) -> Answer:
        if is_login(ask):
            return session_answer(ask)
        if ended:
            ended.pop()
            said = "<status>failure</status>"
            return answer(envelope(authentication=said))
        return created(ask)

    wire = ScriptedWire(script)

    assert wait_for(XmlWriter(gateway(wire)).create(FEES, "Posted")) == Outcome("done", "101")
    assert [one for one in wire.said if 'controlid="RCNAAAA1"' in one] == [wire.said[1], wire.said[3]]


def test_an_entry_stands_in_the_ledger_as_it_was_written() -> None:
    def script(ask: Ask) -> Answer:
        if b"<object>GLBATCH</object>" in ask.body:
            facts = {"RECORDNO": 101, "JOURNAL": "GJ", "BATCH_DATE": "09/30/2026", "STATE": "Draft"}
            return gives(ask, data("GLBATCH", [row("GLBATCH", REFERENCENO="RCNAAAA1", **facts)]))
        lines = [
            row("GLENTRY", RECORDNO=1, BATCHNO=101, LINE_NO=0, TR_TYPE=1, AMOUNT="10.5", ACCOUNTNO=6510, LOCATION=100,
                DEPARTMENT="FOH"),
            row("GLENTRY", RECORDNO=2, BATCHNO=101, LINE_NO=1, TR_TYPE=-1, AMOUNT="10.5", ACCOUNTNO=1250, LOCATION=100),
        ]  # fmt: skip
        return gives(ask, data("GLENTRY", lines))

    wire = ScriptedWire(signed_in(script))

    (found,) = wait_for(XmlWriter(gateway(wire)).find("RCNAAAA1"))

    assert (found.record_no, found.state) == ("101", "draft")
    assert found.holds(FEES)
    assert not found.holds(Entry("RCNAAAA1", "GJ", dt.date(2026, 10, 1), "x", FEES.lines))
    assert "<equalto><field>REFERENCENO</field><value>RCNAAAA1</value></equalto>" in wire.said[1]


def test_what_is_not_there_is_not_found() -> None:
    wire = ScriptedWire(signed_in(lambda ask: gives(ask, data("GLBATCH", []))))

    assert wait_for(XmlWriter(gateway(wire)).find("RCNAAAA1")) == ()


CREATED = {"ia::result": {"key": "101", "id": "101"}, "ia::meta": {"totalCount": 1}}
REST_ERROR = {"ia::result": {"ia::error": {"code": "unableToCreateRecordError", "message": "No", "errorId": "GL-0951"}}}


def test_rest_creates_under_an_idempotency_key_and_names_a_state_only_for_a_draft() -> None:
    outcome, wire = by_rest(lambda _: json_answer(CREATED, 201))

    body = json.loads(wire.said[1])
    assert outcome == Outcome("done", "101")
    assert wire.asked[1].headers["idempotency-key"] == "RCNAAAA1"
    assert (body["referenceNumber"], body["state"], body["postingDate"]) == ("RCNAAAA1", "draft", "2026-09-30")
    assert body["lines"][1] == {
        "txnType": "credit",
        "txnAmount": "10.50",
        "glAccount": {"id": "1250"},
        "dimensions": {"location": {"id": "100"}},
    }
    posted = ScriptedWire(lambda ask: json_answer(TOKEN if ask.path.endswith("/token") else CREATED, 201))
    wait_for(RestWriter(RestApi(posted, APP)).create(FEES, "Posted"))
    assert "state" not in json.loads(posted.said[1])


@pytest.mark.parametrize(
    ("status", "payload", "kind"),
    [
        (201, CREATED, "done"),
        (200, {"ia::result": {"key": "101"}}, "done"),
        (201, {"ia::result": {}}, "unknown"),
        (201, {"ia::result": {"key": "101"}, "ia::meta": {"totalError": 1}}, "unknown"),
        (422, REST_ERROR, "refused"),
        (400, REST_ERROR, "refused"),
        (403, REST_ERROR, "refused"),
        (404, REST_ERROR, "refused"),
        (422, {"what": "is this"}, "unknown"),
        (409, REST_ERROR, "unknown"),
        (207, REST_ERROR, "unknown"),
        (200, REST_ERROR, "unknown"),
    ],
)
def test_each_answer_of_the_rest_api_to_a_write_is_done_refused_or_unknown(
    status: int, payload: object, kind: str
) -> None:
    outcome, _ = by_rest(lambda _: json_answer(payload, status))

    assert outcome.kind == kind


def test_half_an_answer_of_the_rest_api_is_unknown() -> None:
    outcome, _ = by_rest(lambda _: Answer(201, {}, b'{"ia::result":', "http://127.0.0.1"))

    assert outcome.kind == "unknown"


def test_found_entries_are_compared_by_content_and_not_by_order() -> None:
    there = Found("101", "posted", "GJ", FEES.posting_date, FEES.key, FEES.lines[::-1])

    assert there.holds(FEES)
    other = EntryLine("6510", Decimal("10.51"), location="100", department="FOH")
    assert not Found("101", "posted", "GJ", FEES.posting_date, FEES.key, (other, FEES.lines[1])).holds(FEES)


@pytest.mark.parametrize(
    "lines",
    [
        FEES.lines[:1],
        (EntryLine("1", Decimal("1.00")), EntryLine("2", Decimal("-1.01"))),
        (EntryLine("1", Decimal("0.005")), EntryLine("2", Decimal("-0.005"))),
        (EntryLine("1", Decimal("0.00")), EntryLine("2", Decimal("0.00"))),
    ],
)
def test_an_entry_that_intacct_would_refuse_is_never_made(lines: tuple[EntryLine, ...]) -> None:
    with pytest.raises(InvariantBroken):
        Entry("K", "GJ", FEES.posting_date, "x", lines)
