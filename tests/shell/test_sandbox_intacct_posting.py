"""Entries sent to the sandbox's XML gateway: what is booked, what is refused and what counts once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from make_books import small_world
from xml_gateway import Gateway, entry, line, query, texts


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    world = small_world(250)
    yield Gateway(world)
    world.close()


def test_a_function_counts_once_under_its_controlid_unless_the_request_says_otherwise(gateway: Gateway) -> None:
    made = gateway.result(entry(), unique="")
    again = gateway.result(entry(), unique="<uniqueid>true</uniqueid>")
    another = gateway.result(entry())
    assert [one.findtext("status") for one in (made, again, another)] == ["success", "failure", "success"]
    assert "has already been processed" in texts(again)[0]
    assert gateway.world.one("SELECT count(*) FROM intacct_batch") == (127,)


def test_a_function_that_failed_may_be_tried_again_under_its_controlid(gateway: Gateway) -> None:
    assert gateway.result(entry(day="08/31/2026"), unique="").findtext("status") == "failure"
    assert gateway.result(entry(), unique="").findtext("status") == "success"


def test_a_transaction_is_undone_as_a_whole(gateway: Gateway) -> None:
    answer = gateway.ask(entry(), entry(day="08/31/2026"), entry(), transaction=' transaction="true"')
    results = answer.findall("operation/result")
    assert [one.findtext("status") for one in results] == ["aborted", "failure", "aborted"]
    assert results[0].findtext("errormessage/error/errorno") == "XL03000009"
    assert gateway.world.one("SELECT count(*) FROM intacct_batch") == (125,)


def test_without_a_transaction_each_function_stands_for_itself(gateway: Gateway) -> None:
    results = gateway.ask(entry(), entry(day="08/31/2026"), entry()).findall("operation/result")
    assert [one.findtext("status") for one in results] == ["success", "failure", "success"]
    assert gateway.world.one("SELECT count(*) FROM intacct_batch") == (127,)


def test_an_entry_that_was_made_is_told_by_its_key_in_lower_case(gateway: Gateway) -> None:
    data = gateway.result(entry(more="<REFERENCENO>REC-7</REFERENCENO><STATE>Draft</STATE>")).find("data")
    assert data is not None
    assert data.attrib == {"listtype": "objects", "count": "1"}
    assert data.findtext("glbatch/RECORDNO") == "126"
    found = "<filter><equalto><field>REFERENCENO</field><value>REC-7</value></equalto></filter>"
    assert gateway.rows(query("GLBATCH", "RECORDNO", "STATE", rest=found)) == [{"RECORDNO": "126", "STATE": "Draft"}]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (entry(line("6800", 1, "10.50")), "at least 2 lines"),
        (entry(line("6800", 1, "10.50") + line("1010", -1, "10.51")), "do not balance for currency USD"),
        (entry(line("6800", 1, "10.50") + line("1010", -1, "10.50", "200")), "do not balance for location 10"),
        (entry(line("6800", 1, "0") + line("1010", -1, "0")), "above zero"),
        (entry(line("6800", 1, "-5") + line("1010", -1, "-5")), "above zero"),
        (entry(line("6800", 2, "5") + line("1010", -1, "5")), "TR_TYPE"),
        (entry(line("6800", 1, "x") + line("1010", -1, "x")), "amount 'x' is not valid"),
        (entry(line("9999", 1, "5") + line("1010", -1, "5")), "Account 9999 is not valid"),
        (entry(line("3900", 1, "5") + line("1010", -1, "5")), "GL account is restricted"),
        (entry(line("6800", 1, "5", "") + line("1010", -1, "5")), "missing the Location dimension for the Account"),
        (entry(line("6010", 1, "5") + line("1010", -1, "5")), "missing the Department dimension for the Account 6010"),
        (entry(line("6800", 1, "5", "777") + line("1010", -1, "5")), "Location '777' is not valid"),
        (entry(day="08/31/2026"), "within a period that's been closed"),
        (entry(day="31.08.2026"), "date '31.08.2026' is not valid"),
        (entry(journal="XX"), "Journal 'XX' is not valid"),
        (entry(more="<REVERSEDATE>09/30/2026</REVERSEDATE>"), "reversal date must be after"),
        (entry(more="<STATE>Approved</STATE>"), "state 'Approved' is not valid"),
        ("<create><LOCATION><LOCATIONID>7</LOCATIONID></LOCATION></create>", "do not have permission"),
    ],
)  # fmt: skip
def test_an_entry_that_breaks_a_rule_is_refused_and_leaves_nothing(gateway: Gateway, call: str, words: str) -> None:
    result = gateway.result(call)
    assert result.findtext("status") == "failure"
    assert any(words in text for text in texts(result)), texts(result)
    assert result.find("data").attrib == {"listtype": "objects", "count": "0"}
    assert gateway.world.one("SELECT count(*) FROM intacct_batch") == (125,)


def test_entities_may_differ_if_one_stands_in_as_the_source(gateway: Gateway) -> None:
    lines = line("6800", 1, "10.50") + line("1010", -1, "10.50", "200")
    with_base = entry(lines, more="<BASELOCATION_NO>10</BASELOCATION_NO>")
    assert gateway.result(with_base).findtext("status") == "success"


def test_a_statistical_entry_needs_no_balance(gateway: Gateway) -> None:
    assert gateway.result(entry(line("6800", 1, "3"), journal="STAT")).findtext("status") == "success"


def test_an_entry_with_a_day_of_reversal_is_mirrored_on_it(gateway: Gateway) -> None:
    gateway.rows(entry(more="<REVERSEDATE>10/01/2026</REVERSEDATE>"))
    rest = "<filter><greaterthan><field>RECORDNO</field><value>250</value></greaterthan></filter>"
    found = gateway.rows(query("GLDETAIL", "ENTRY_DATE", "ACCOUNTNO", "AMOUNT", rest=rest))
    assert [tuple(row.values()) for row in found] == [
        ("09/30/2026", "6800", "10.5"),
        ("09/30/2026", "1010", "-10.5"),
        ("10/01/2026", "6800", "-10.5"),
        ("10/01/2026", "1010", "10.5"),
    ]


def test_an_update_replaces_the_lines_and_may_post_a_draft(gateway: Gateway) -> None:
    gateway.rows(entry(more="<STATE>Draft</STATE>"))
    change = (
        "<update><GLBATCH><RECORDNO>126</RECORDNO><BATCH_DATE>09/29/2026</BATCH_DATE><BATCH_TITLE>Now</BATCH_TITLE>"
        f"<STATE>Posted</STATE><ENTRIES>{line('6800', 1, '7') + line('1010', -1, '7')}</ENTRIES></GLBATCH></update>"
    )
    assert gateway.result(change).findtext("status") == "success"
    rest = "<filter><equalto><field>BATCHKEY</field><value>126</value></equalto></filter>"
    found = gateway.rows(query("GLDETAIL", "AMOUNT", "ENTRY_STATE", "SYMBOL", rest=rest))
    assert [tuple(row.values()) for row in found] == [("7", "Posted", "GJ"), ("-7", "Posted", "GJ")]
    assert gateway.result("<delete><object>GLBATCH</object><keys>126,1</keys></delete>").findtext("status") == "success"
    assert gateway.world.one("SELECT count(*) FROM intacct_line") == (248,)


def test_more_is_told_about_an_error_to_who_asks_for_it(gateway: Gateway) -> None:
    wordy = "<showadditionalerrorinfo>true</showadditionalerrorinfo>"
    result = gateway.result(entry(line("6800", 1, "1") + line("1010", -1, "2")), options=wordy)
    assert result.findtext("errormessage/error/additionalinfo/errorid") == "GL-1009"
