"""What is asked of the gateway for each object, and what is made of its answers."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from scripted_intacct import (
    SEPTEMBER,
    ScriptedWire,
    data,
    error,
    gateway,
    gives,
    refuses,
    row,
    rows_of,
    signed_in,
    wait_for,
)

from recon.intacct.asking import Compare, Either, Every, as_rest, as_xml
from recon.intacct.faults import NotDone
from recon.intacct.readings import CUSTOMER, GLDETAIL, SODOCUMENT
from recon.intacct.xml_sources import (
    Formatting,
    TrialBalance,
    XmlSource,
    read_by_query,
    read_keys,
    xml_sources,
    xml_where,
)
from recon.wire import Answer, Ask, Misunderstood


def lines(ask: Ask) -> Answer:
    """A page of a ledger of 4001 lines, behind the key that is asked for."""
    said = ask.body.decode()
    after = re.search(r"<greaterthan><field>RECORDNO</field><value>(\d+)</value>", said)
    size = int(re.search(r"<pagesize>(\d+)</pagesize>", said)[1])  # type: ignore[index]
    skip = int(re.search(r"<offset>(\d+)</offset>", said)[1])  # type: ignore[index]
    start = skip + (int(after[1]) if after else 0)
    numbers = range(start + 1, min(start + size, 4001) + 1)
    left = 4001 - start - len(numbers)
    rows = [row("GLDETAIL", RECORDNO=n, ENTRY_DATE="09/03/2026") for n in numbers]
    return gives(ask, data("GLDETAIL", rows, left=left))


def test_ledger_lines_are_read_behind_the_last_record_number_within_the_window() -> None:
    wire = ScriptedWire(signed_in(lines))

    found = rows_of(XmlSource(gateway(wire), GLDETAIL).pages(SEPTEMBER, None))

    assert [one["RECORDNO"] for one in found] == [str(n) for n in range(1, 4002)]
    first, second = wire.said[1], wire.said[2]
    between = "<between><field>ENTRY_DATE</field><value>09/01/2026</value><value>09/30/2026</value></between>"
    assert f"<filter>{between}</filter>" in first
    behind = "<greaterthan><field>RECORDNO</field><value>2000</value></greaterthan>"
    assert f"<filter><and>{between}{behind}</and></filter>" in second
    assert "<orderby><order><field>RECORDNO</field><ascending/></order></orderby>" in first
    assert "<showprivate>true</showprivate>" in first
    assert "<pagesize>2000</pagesize><offset>0</offset>" in second
    assert len(wire.asked) == 1 + 3 + 1  # once more by place, to be sure of the end


def test_no_status_is_asked_of_ledger_lines_since_they_have_none() -> None:
    assert "STATUS" not in (*GLDETAIL.needed, *GLDETAIL.wished)


def test_a_window_is_read_whole_and_never_by_status_or_time_of_change_which_hide_deleted_and_undated_records() -> None:
    wire = ScriptedWire(signed_in(lambda ask: gives(ask, data("X", []))))
    books = gateway(wire)
    sources = [source for source in xml_sources(books).values() if isinstance(source, XmlSource)]

    for source in sources:
        rows_of(source.pages(SEPTEMBER, None))

    asked = [said for said in wire.said if "<query>" in said]
    filters = "".join(part for said in asked for part in re.findall("<filter>.*</filter>", said))
    fields = set(re.findall(r"<field>(\w+)</field>", filters))
    assert len(asked) >= len(sources)
    assert fields == {source.reading.date for source in sources if source.reading.date}
    assert not fields & {"STATUS", "WHENMODIFIED"}  # WHENCREATED of an order is its own day
    assert not [said for said in wire.said if "AUDITHISTORY" in said.upper()]  # which many users may not read


def test_a_pull_goes_on_behind_its_cursor() -> None:
    source = XmlSource(gateway(ScriptedWire(signed_in(lines))), GLDETAIL)

    async def cursor_of_first() -> str | None:
        async for page in source.pages(SEPTEMBER, None):
            return page.cursor
        return None

    cursor = wait_for(cursor_of_first())
    rest = rows_of(XmlSource(gateway(ScriptedWire(signed_in(lines))), GLDETAIL).pages(SEPTEMBER, cursor))

    assert [one["RECORDNO"] for one in rest] == [str(n) for n in range(2001, 4002)]


def test_a_field_that_intacct_names_as_unknown_is_left_out_and_not_asked_again() -> None:
    def script(ask: Ask) -> Answer:
        for field in ("PROJECTID", "ITEMID"):
            if f"<field>{field}</field>" in ask.body.decode():
                said = error("XL03000010", f"Field requested is not valid: gldetail.{field}")
                return refuses(ask, said)
        return lines(ask)

    wire = ScriptedWire(signed_in(script))
    source = XmlSource(gateway(wire), GLDETAIL)

    assert len(rows_of(source.pages(SEPTEMBER, None))) == 4001
    assert len(wire.asked) == 1 + 2 + 4
    rows_of(source.pages(SEPTEMBER, None))
    assert len(wire.asked) == 1 + 2 + 4 + 4


def test_where_no_field_is_named_the_wished_ones_are_tried_one_by_one() -> None:
    def script(ask: Ask) -> Answer:
        if b"<field>DOCNUMBER</field>" in ask.body:
            return refuses(ask, error("XL03000006", "One of the fields cannot be queried"))
        return lines(ask)

    wire = ScriptedWire(signed_in(script))
    rows_of(XmlSource(gateway(wire), GLDETAIL).pages(SEPTEMBER, None))

    assert "<field>DOCNUMBER</field>" not in wire.said[-1]
    assert "<field>DESCRIPTION</field>" in wire.said[-1]


def test_a_needed_field_that_is_unknown_is_told() -> None:
    said = error("XL03000010", "Field requested is not valid: gldetail.DEBITAMOUNT")
    wire = ScriptedWire(signed_in(lambda ask: refuses(ask, said)))

    with pytest.raises(NotDone, match=r"gldetail\.DEBITAMOUNT"):
        rows_of(XmlSource(gateway(wire), GLDETAIL).pages(SEPTEMBER, None))

    assert len(wire.asked) == 2


def test_an_object_without_a_date_is_read_whole_and_orders_by_their_definition() -> None:
    wire = ScriptedWire(signed_in(lambda ask: gives(ask, data("X", []))))

    rows_of(XmlSource(gateway(wire), CUSTOMER).pages(SEPTEMBER, None))
    rows_of(XmlSource(gateway(wire), SODOCUMENT).pages(SEPTEMBER, None))

    assert "<filter>" not in wire.said[1]
    assert "<docparid>Sales Invoice</docparid>" in wire.said[-1]


def test_a_query_without_data_is_not_taken_for_an_empty_ledger() -> None:
    wire = ScriptedWire(signed_in(lambda ask: gives(ask, "")))

    with pytest.raises(Misunderstood, match="answered without data"):
        rows_of(XmlSource(gateway(wire), GLDETAIL).pages(SEPTEMBER, None))


def test_every_source_of_the_gateway_has_its_name() -> None:
    names = (
        "gldetail glbatch glentry glaccount reportingperiod location department customer sodocument sales_order"
        " trialbalance"
    )

    assert [*xml_sources(gateway(ScriptedWire(lines)))] == [
        f"intacct.{name}" for name in [*names.split(), "formatting"]
    ]


def test_the_trial_balance_is_asked_for_the_window_by_location() -> None:
    said = "<trialbalance><glaccountno>1250</glaccountno><endbalance>5</endbalance></trialbalance>"
    wire = ScriptedWire(signed_in(lambda ask: gives(ask, f"<data>{said}</data>")))
    source = TrialBalance(gateway(wire))

    assert rows_of(source.pages(SEPTEMBER, None)) == [{"GLACCOUNTNO": "1250", "ENDBALANCE": "5"}]
    assert source.row_id({"GLACCOUNTNO": "1250", "LOCATIONID": "100"}) == "1250|100|"
    assert "<startdate><year>2026</year><month>09</month><day>01</day></startdate>" in wire.said[1]
    assert "<showlocdetail>true</showlocdetail>" in wire.said[1]


def test_the_way_moments_are_written_is_one_row() -> None:
    said = "<userformatting><recordno>48</recordno><dateformat>.ymd</dateformat></userformatting>"
    wire = ScriptedWire(signed_in(lambda ask: gives(ask, f"<data>{said}</data>")))

    found = rows_of(Formatting(gateway(wire)).pages(SEPTEMBER, None))

    assert found == [{"RECORDNO": "48", "DATEFORMAT": ".ymd"}]
    assert "<readUserFormatting><userId>recon</userId></readUserFormatting>" in wire.said[1]


def old_pages(total: int, *, lose: bool = False) -> ScriptedWire:
    """readByQuery over so many batches, three a page; the server moves on with every readMore."""
    at = [0]
    losses = [1] if lose else []

    def script(ask: Ask) -> Answer:
        if b"<readByQuery>" in ask.body:
            at[0] = 0
        elif losses:
            at[0] += 3  # a page went lost on its way, and its retry gets the next one
            losses.pop()
        numbers = range(at[0] + 1, min(at[0] + 3, total) + 1)
        at[0] += len(numbers)
        rows = [row("glbatch", RECORDNO=n) for n in numbers]
        left = total - at[0]
        more = ' resultId="r1"' if total else ' resultId=""'
        return gives(ask, data("glbatch", rows, total=total, left=left, more=more), "readByQuery")

    return ScriptedWire(signed_in(script))


@pytest.mark.parametrize("total", [0, 1, 3, 4, 10])
def test_read_more_goes_on_until_nothing_is_left(total: int) -> None:
    found = wait_for(read_by_query(gateway(old_pages(total)), "GLBATCH", xml_where("STATE", "P"), page_size=3))

    assert [one["RECORDNO"] for one in found] == [str(n) for n in range(1, total + 1)]


def test_a_page_of_read_more_that_went_lost_makes_all_begin_anew() -> None:
    wire = old_pages(10, lose=True)

    found = wait_for(read_by_query(gateway(wire), "GLBATCH", "", page_size=3))

    assert len(found) == 10
    assert sum("<readByQuery>" in said for said in wire.said) == 2


def test_quotes_in_a_query_text_are_escaped() -> None:
    assert xml_where("BATCH_TITLE", "O'Hara") == r"BATCH_TITLE = 'O\'Hara'"


def test_records_are_read_by_key_a_hundred_at_a_time() -> None:
    wire = ScriptedWire(signed_in(lambda ask: gives(ask, data("glbatch", []), "read")))

    wait_for(read_keys(gateway(wire), "GLBATCH", [str(n) for n in range(250)]))

    assert len(wire.asked) == 1 + 3


DAY = Compare("ENTRY_DATE", "from", (dt.date(2026, 9, 1),))
CASH = Compare("ACCOUNTNO", "equal", ("10<10",))


def test_conditions_in_xml_have_one_operator_on_top_and_two_below() -> None:
    day = "<greaterthanorequalto><field>ENTRY_DATE</field><value>09/01/2026</value></greaterthanorequalto>"
    cash = "<equalto><field>ACCOUNTNO</field><value>10&lt;10</value></equalto>"

    assert as_xml(Every((DAY,))) == day
    assert as_xml(Every((DAY, Either((CASH, DAY))))) == f"<and>{day}<or>{cash}{day}</or></and>"


def test_an_in_of_more_than_a_thousand_values_is_split() -> None:
    said = as_xml(Compare("BATCHNO", "in", tuple(map(str, range(2001)))))

    assert said.startswith("<or><in>")
    assert said.count("<in>") == 3


def test_conditions_in_json_are_numbered_from_one() -> None:
    assert as_rest(CASH) == ([{"$eq": {"ACCOUNTNO": "10<10"}}], "and")
    filters, expression = as_rest(Every((Either((CASH, DAY)), Compare("key", "in", ("1", "2")))))
    assert filters[1:] == [{"$gte": {"ENTRY_DATE": "2026-09-01"}}, {"$in": {"key": ["1", "2"]}}]
    assert expression == "(1 or 2) and 3"


def test_what_xml_cannot_hold_becomes_a_space() -> None:
    assert (
        as_xml(Compare("X", "equal", ("a\x00b\ud800c",))) == "<equalto><field>X</field><value>a b c</value></equalto>"
    )
