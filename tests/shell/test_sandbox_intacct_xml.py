"""The sandbox's XML gateway, asked word by word as the vendor's documents say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import pytest
from make_books import small_world
from xml_gateway import ACCESS, LOGIN, REQUEST, Gateway, query

from recon.demo.month import trial_balance
from recon.sandbox import intacct_rest, intacct_xml
from recon.sandbox.world import World


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    world = small_world(250)
    yield Gateway(world)
    world.close()


def test_the_envelope_echoes_what_was_asked_and_says_who_is_signed_in(gateway: Gateway) -> None:
    answer = gateway.ask(query("GLACCOUNT", "ACCOUNTNO"), ids=("my-own-id",))
    assert [child.tag for child in answer] == ["control", "operation"]
    assert answer.findtext("control/controlid") == "run-1"
    assert answer.findtext("operation/authentication/companyid") == "JUNIPER"
    assert answer.findtext("operation/authentication/sessiontimeout", "").endswith("+00:00")
    assert answer.findtext("operation/result/controlid") == "my-own-id"
    assert answer.findtext("operation/result/function") == "query"


def test_a_page_says_what_is_left_behind_it(gateway: Gateway) -> None:
    data = gateway.result(query("GLDETAIL", "RECORDNO", rest="<offset>200</offset>")).find("data")
    assert data is not None
    assert data.attrib == {
        "listtype": "GLDETAIL", "totalcount": "250", "offset": "200", "count": "50", "numremaining": "0"
    }  # fmt: skip
    assert gateway.result(query("SODOCUMENT", "DOCNO")).find("data").attrib["count"] == "0"


def test_a_ledger_line_is_signed_and_an_entry_line_is_not(gateway: Gateway) -> None:
    of_two = "<filter><equalto><field>RECORDNO</field><value>2</value></equalto></filter>"
    detail = gateway.rows(query("GLDETAIL", "AMOUNT", "TR_TYPE", "DEBITAMOUNT", "CREDITAMOUNT", rest=of_two))
    line_ = gateway.rows(query("GLENTRY", "AMOUNT", "TR_TYPE", "BATCHNO", rest=of_two))
    assert detail == [{"AMOUNT": "-1", "TR_TYPE": "-1", "DEBITAMOUNT": "0", "CREDITAMOUNT": "1"}]
    assert line_ == [{"AMOUNT": "1", "TR_TYPE": "-1", "BATCHNO": "1"}]


def test_keyset_pages_meet_every_line_once_while_lines_come_and_go(gateway: Gateway) -> None:
    before = {row[0] for row in gateway.world.query("SELECT recordno FROM intacct_line")}
    seen, last, number = [], 0, 0
    while True:
        rest = (
            f"<filter><greaterthan><field>RECORDNO</field><value>{last}</value></greaterthan></filter>"
            "<orderby><order><field>RECORDNO</field><ascending/></order></orderby><pagesize>40</pagesize>"
        )
        number += 1
        churn = f"churn; table=intacct_line; insert=2; delete=2; seed={number}"
        page = gateway.rows(query("GLDETAIL", "RECORDNO", "BATCH_TITLE", rest=rest), fault=churn if number < 6 else "")
        if not page:
            break
        seen += [int(row["RECORDNO"]) for row in page]
        last = seen[-1]
    stayed = before & {row[0] for row in gateway.world.query("SELECT recordno FROM intacct_line")}
    assert len(seen) == len(set(seen))
    assert stayed <= set(seen)
    assert len(stayed) < len(before)


@pytest.mark.parametrize(
    ("rest", "records"),
    [
        ("<filter><in><field>RECORDNO</field><value>3</value><value>9</value></in></filter>", [3, 9]),
        ("<filter><like><field>DOCUMENT</field><value>DOC-12_</value></like></filter>", [*range(239, 251)]),
        ("<filter><like><field>DOCUMENT</field><value>doc-125</value></like></filter>", []),
        (
            "<filter><like><field>DOCUMENT</field><value>doc-125</value></like></filter>"
            "<options><caseinsensitive>true</caseinsensitive></options>",
            [249, 250],
        ),
        (
            "<filter><and><equalto><field>DOCUMENT</field><value>DOC-2</value></equalto>"
            "<or><equalto><field>TR_TYPE</field><value>-1</value></equalto>"
            "<isnull><field>ACCOUNTNO</field></isnull></or></and></filter>",
            [4],
        ),
        ("<filter><greaterthan><field>AMOUNT</field><value>9.6</value></greaterthan></filter>", [247, 249]),
        ("<filter><isnotnull><field>CUSTOMERID</field></isnotnull></filter>", []),
    ],
)
def test_a_filter_finds_what_it_says(gateway: Gateway, rest: str, records: list[int]) -> None:
    assert [int(row["RECORDNO"]) for row in gateway.rows(query("GLDETAIL", "RECORDNO", rest=rest))] == records


def test_sums_come_by_the_fields_beside_them(gateway: Gateway) -> None:
    call = (
        "<query><object>GLDETAIL</object><select><field>LOCATIONID</field><count>RECORDNO</count><sum>AMOUNT</sum>"
        "<max>AMOUNT</max></select></query>"
    )
    assert gateway.rows(call) == [
        {"LOCATIONID": "100", "COUNT.RECORDNO": "126", "SUM.AMOUNT": "0", "MAX.AMOUNT": "9.68"},
        {"LOCATIONID": "200", "COUNT.RECORDNO": "124", "SUM.AMOUNT": "0", "MAX.AMOUNT": "9.61"},
    ]


@pytest.mark.parametrize(
    ("call", "errorno", "words"),
    [
        (query("GLDETAIL", "STATUS"), "XL03000010", "Field requested is not valid: gldetail.STATUS"),
        (query("VENDOR2", "NAME"), "Query Failed", "Object definition VENDOR2 not found"),
        (query("GLDETAIL", "RECORDNO", rest="<pagesize>2001</pagesize>"), "XL03000003", "1 to 2000"),
        (query("GLDETAIL"), "XL03000003", "names no field"),
        (
            query("GLDETAIL", "RECORDNO", rest="<filter><and><isnull><field>RECORDNO</field></isnull></and></filter>"),
            "XL03000003",
            "two operators or more",
        ),
        (
            query("GLDETAIL", "RECORDNO", rest="<filter><near><field>RECORDNO</field></near></filter>"),
            "XL03000003",
            "'near' is not expected",
        ),
        (
            "<readByQuery><object>GLBATCH</object><query>JOURNAL ~ 'GJ'</query></readByQuery>",
            "XL03000003",
            "no operator",
        ),
        ("<readMore><resultId>nobody</resultId></readMore>", "XL03000006", "not known"),
        ("<make_coffee/>", "XL03000003", "'make_coffee' is not expected"),
    ],
)
def test_a_call_that_breaks_the_rules_is_refused_in_the_vendors_codes(
    gateway: Gateway, call: str, errorno: str, words: str
) -> None:
    result = gateway.result(call)
    error = result.find("errormessage/error")
    assert result.findtext("status") == "failure"
    assert error is not None
    assert error.findtext("errorno") == errorno
    assert words in error.findtext("description2", "")
    assert {child.tag for child in error} == {"errorno", "description", "description2", "correction"}


@pytest.mark.parametrize(
    ("body", "errorno", "words"),
    [
        ("<request", "XL03000003", "XML Parse schema error"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><request>&b;</request>", "XL03000003", "XML Parse schema error"),
        ("<request/>", "XL03000003", "a control and an operation"),
        (REQUEST.format(**ACCESS | {"sender_id": "x"}, unique="", options="", transaction="", who="", functions=""),
         "XL03000006", "Incorrect Intacct XML Partner ID or password."),
        (REQUEST.format(**ACCESS, unique="", options="<policyid>test</policyid>", transaction="", who="", functions=""),
         "XL03000006", "test is not a valid transport policy."),
    ],
)  # fmt: skip
def test_a_request_that_is_none_is_refused_before_anybody_is_asked_who_he_is(
    gateway: Gateway, body: str, errorno: str, words: str
) -> None:
    answer = gateway.send(body)
    assert answer.findtext("control/status") == "failure"
    assert answer.findtext("errormessage/error/errorno") == errorno
    assert words in answer.findtext("errormessage/error/description2", "")


@pytest.mark.parametrize(
    "who",
    [
        "<sessionid>nobody</sessionid>",
        LOGIN.format(**{**ACCESS, "user_password": "no"}, more=""),
        LOGIN.format(**ACCESS, more="<locationid>100</locationid>"),  # a store is no entity
        LOGIN.format(**ACCESS, more="") + "<sessionid>both</sessionid>",
        "<login><userid>recon</userid><password>x</password><companyid>JUNIPER</companyid></login>",
        "",
    ],
)
def test_who_is_not_known_gets_no_result(gateway: Gateway, who: str) -> None:
    answer = gateway.ask(query("GLACCOUNT", "TITLE"), who=who)
    assert answer.findtext("control/status") == "success"
    assert answer.findtext("operation/authentication/status") == "failure"
    assert answer.findtext("operation/errormessage/error/errorno") == "XL03000006"
    assert answer.find("operation/result") is None


def session_of(gateway: Gateway, call: str = "<getAPISession/>", **how: str) -> Element:
    api = gateway.result(call, **how).find("data/api")
    assert api is not None
    return api


def test_a_session_ends_six_hours_after_its_last_call(gateway: Gateway) -> None:
    api = session_of(gateway, more="<locationid></locationid>")
    assert api.findtext("endpoint", "").endswith(intacct_xml.PATH)
    assert api.findtext("locationid") == ""
    who = f"<sessionid>{api.findtext('sessionid')}</sessionid>"
    for _ in range(3):
        gateway.world.clock.move(dt.timedelta(hours=5))
        answer = gateway.ask(query("GLACCOUNT", "TITLE"), who=who)
        ends = dt.datetime.fromisoformat(answer.findtext("operation/authentication/sessiontimeout", ""))
        assert ends - gateway.world.clock.now() > dt.timedelta(hours=5, minutes=59)
    gateway.world.clock.move(dt.timedelta(hours=6, seconds=1))
    assert gateway.ask(query("GLACCOUNT", "TITLE"), who=who).find("operation/result") is None


def test_a_session_may_move_into_an_entity_and_back(gateway: Gateway) -> None:
    there = session_of(gateway, "<getAPISession><locationid>20</locationid></getAPISession>")
    who = f"<sessionid>{there.findtext('sessionid')}</sessionid>"
    assert {row["LOCATIONID"] for row in gateway.rows(query("GLDETAIL", "LOCATIONID"), who=who)} == {"200"}
    back = session_of(gateway, "<getAPISession><locationid/></getAPISession>", who=who)
    who = f"<sessionid>{back.findtext('sessionid')}</sessionid>"
    assert {row["LOCATIONID"] for row in gateway.rows(query("GLDETAIL", "LOCATIONID"), who=who)} == {"100", "200"}
    assert gateway.result("<getAPISession><locationid>9</locationid></getAPISession>").findtext("status") == "failure"


def test_the_session_of_a_rest_token_opens_the_gateway_too(gateway: Gateway) -> None:
    form = {"grant_type": "client_credentials", "username": "recon@JUNIPER|10"}
    form |= {"client_id": ACCESS["client_id"], "client_secret": ACCESS["client_secret"]}
    token = gateway.call("POST", f"{intacct_rest.BASE}/oauth2/token", data=form).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    found = gateway.call("GET", f"{intacct_rest.BASE}/services/core/session/id", headers=headers).json()["ia::result"]
    who = f"<sessionid>{found['sessionId']}</sessionid>"
    assert {row["LOCATIONID"] for row in gateway.rows(query("GLDETAIL", "LOCATIONID"), who=who)} == {"100"}


def test_a_legacy_query_is_read_to_its_end_though_a_row_is_deleted_meanwhile(gateway: Gateway) -> None:
    call = (
        "<readByQuery><object>GLBATCH</object><fields>RECORDNO,STATE</fields>"
        "<query>STATE = 'P' and BATCH_DATE &gt;= '09/01/2026' AND (BATCHNO &gt; 0 OR JOURNAL not in ('X','Y'))</query>"
        "<pagesize>60</pagesize></readByQuery>"
    )
    data = gateway.result(call).find("data")
    assert data is not None
    assert (data.attrib["listtype"], data.attrib["totalcount"], data.attrib["numremaining"]) == ("glbatch", "125", "65")
    gateway.world.write("DELETE FROM intacct_batch WHERE recordno IN (70, 71)")
    keys = [row.findtext("RECORDNO") for row in data.findall("glbatch")]
    while data.attrib["numremaining"] != "0":
        more = gateway.result(f"<readMore><resultId>{data.attrib['resultId']}</resultId></readMore>").find("data")
        assert more is not None
        data = more
        keys += [row.findtext("RECORDNO") for row in data.findall("glbatch")]
    assert [int(key or 0) for key in keys] == [number for number in range(1, 126) if number not in (70, 71)]


def test_a_record_is_read_by_its_key_or_by_its_name(gateway: Gateway) -> None:
    by_key = gateway.rows("<read><object>GLACCOUNT</object><keys>2,99</keys><fields>TITLE</fields></read>")
    by_name = gateway.rows("<readByName><object>GLACCOUNT</object><keys>1010</keys><fields>*</fields></readByName>")
    assert by_key == [{"TITLE": "Rent & repairs"}]
    assert (by_name[0]["REQUIRELOC"], by_name[0]["REQUIREDEPT"]) == ("true", "false")


def test_rows_as_json_or_csv_come_without_an_envelope(gateway: Gateway) -> None:
    def bare(kind: str) -> str:
        rest = f"<pagesize>1</pagesize><options><returnformat>{kind}</returnformat></options>"
        call = query("GLDETAIL", "RECORDNO", "DESCRIPTION", rest=rest)
        body = REQUEST.format(
            **ACCESS, unique="<uniqueid>false</uniqueid>", options="", transaction="",
            who=LOGIN.format(**ACCESS, more=""), functions=f'<function controlid="1">{call}</function>',
        )  # fmt: skip
        return gateway.call("POST", intacct_xml.PATH, content=body.encode()).text

    assert bare("json") == '[{"RECORDNO": "1", "DESCRIPTION": "He said \\"<5 & >3>\\""}]'
    assert bare("csv") == 'RECORDNO,DESCRIPTION\r\n1,"He said ""<5 & >3>"""\r\n'


def test_times_are_told_in_the_hours_of_the_user_and_read_so_too() -> None:
    world = World.of_rows(
        {"intacct_line": [{"recordno": 1, "whenmodified": "2026-10-01T03:30:00+00:00"}]},
        access={"intacct.gmt_offset_hours": "-5"},
    )
    gateway = Gateway(world)
    since = (
        "<filter><greaterthanorequalto><field>WHENMODIFIED</field><value>09/30/2026 {at}</value></greaterthanorequalto>"
        "</filter>"
    )
    found = gateway.rows(query("GLDETAIL", "WHENMODIFIED", rest=since.format(at="22:30:00")))
    assert found == [{"WHENMODIFIED": "09/30/2026 22:30:00"}]
    assert gateway.rows(query("GLDETAIL", "WHENMODIFIED", rest=since.format(at="22:30:01"))) == []
    assert gateway.rows("<readUserFormatting/>")[0]["gmtoffset"] == "-5"


def test_times_of_change_may_be_missing_and_are_missed_by_who_filters_on_them(gateway: Gateway) -> None:
    everything = query("GLDETAIL", "RECORDNO", "WHENMODIFIED", rest="<pagesize>2000</pagesize>")
    blank = [row for row in gateway.rows(everything, fault="null_modified") if not row["WHENMODIFIED"]]
    epoch = {row["WHENMODIFIED"] for row in gateway.rows(everything, fault="epoch_modified")}
    since = "<filter><greaterthan><field>WHENMODIFIED</field><value>01/01/2020</value></greaterthan></filter>"
    found = gateway.rows(query("GLDETAIL", "RECORDNO", rest=since + "<pagesize>2000</pagesize>"), fault="null_modified")
    assert len(blank) == 250 // 7
    assert "01/01/1970 00:00:00" in epoch
    assert len(found) == 250 - 250 // 7


def test_customers_of_an_entity_are_hidden_at_the_top_unless_asked_for(gateway: Gateway) -> None:
    row = {"recordno": 2, "customerid": "PRIVATE", "name": "Of the west", "private_to": "20"}
    gateway.world.insert("intacct_customer", [row])
    call = query("CUSTOMER", "CUSTOMERID")
    with_private = query("CUSTOMER", "CUSTOMERID", rest="<options><showprivate>True</showprivate></options>")
    assert [row["CUSTOMERID"] for row in gateway.rows(call)] == ["HOUSE-100"]
    assert [row["CUSTOMERID"] for row in gateway.rows(with_private)] == ["HOUSE-100", "PRIVATE"]
    in_the_west = gateway.rows(call, more="<locationid>20</locationid>")
    assert [row["CUSTOMERID"] for row in in_the_west] == ["HOUSE-100", "PRIVATE"]


def test_permission_may_be_lacking(gateway: Gateway) -> None:
    error = gateway.result(query("GLDETAIL", "RECORDNO"), fault="no_permission").find("errormessage/error")
    assert error is not None
    assert error.findtext("errorno") == "PL04000005"


TRIAL_BALANCE = (
    "<get_trialbalance><startdate><year>2026</year><month>09</month><day>01</day></startdate>"
    "<enddate><year>2026</year><month>09</month><day>30</day></enddate><showlocdetail>true</showlocdetail>"
    "</get_trialbalance>"
)


def test_the_trial_balance_of_the_demo_is_that_of_its_books() -> None:
    world = World.of_demo(stores=3)
    found = Gateway(world).rows(TRIAL_BALANCE)
    assert world.month is not None
    told = {(row["glaccountno"], row["locationid"]): amounts_of(row) for row in found}
    known = {
        (account, location): (opening, debits, credit, opening + debits - credit)
        for account, location, opening, debits, credit in trial_balance(world.month)
    }
    assert told == known
    assert sum(closing for *_, closing in told.values()) == sum(opening for opening, *_ in told.values())


def amounts_of(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(round(float(row[name]) * 100) for name in ("startbalance", "debits", "credits", "endbalance"))


def test_account_balances_come_by_location_or_in_all(gateway: Gateway) -> None:
    call = (
        "<get_accountbalancesbydimensions><reportingperiodname>Month Ended September 2026</reportingperiodname>"
        "<glaccountno>1010</glaccountno>{groups}</get_accountbalancesbydimensions>"
    )
    by_place = gateway.rows(call.format(groups="<groupby>location</groupby>"))
    (in_all,) = gateway.rows(call.format(groups=""))
    assert [(row["locationid"], row["startbalance"]) for row in by_place] == [("100", "500"), ("200", "0")]
    assert sum(float(row["endbalance"]) for row in by_place) == pytest.approx(float(in_all["endbalance"]))
