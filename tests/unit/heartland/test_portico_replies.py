"""Long reports of Portico: the rows of each name, wherever they stand, as those of a short one."""

from __future__ import annotations

import pytest

from recon.frames.records import Records
from recon.heartland.soap import Reply, read_reply
from recon.wire import Answer

MANY, FEW = 2_000, 3


def records(name: str, count: int) -> str:
    return "".join(f"<{name}><TxnId>{number}</TxnId><Amt>12.30</Amt></{name}>" for number in range(count))


def version(report: str) -> str:
    told = "<Header><GatewayRspCode>0</GatewayRspCode></Header>"
    return f"<Ver1.0>{told}<Transaction><ReportActivity>{report}</ReportActivity></Transaction></Ver1.0>"


def reply(*reports: str) -> Reply:
    versions = "".join(map(version, reports))
    body = f'<PosResponse xmlns="http://Hps.Exchange.PosGateway">{versions}</PosResponse>'
    return read_reply(Answer(200, {}, f"<Envelope><Body>{body}</Body></Envelope>".encode(), ""), "ReportActivity")


@pytest.mark.parametrize(("details", "transactions"), [(MANY, 0), (0, MANY), (MANY, FEW), (FEW, MANY)])
def test_rows_are_those_of_the_name_that_was_asked_for(details: int, transactions: int) -> None:
    found = reply(records("Transactions", transactions) + records("Details", details))

    assert len(found.rows("Details")) == details
    assert len(found.rows("Transactions")) == transactions


def test_rows_of_one_name_come_as_columns() -> None:
    assert isinstance(reply(records("Details", MANY)).rows("Details"), Records)


def test_details_in_the_reports_own_header_are_the_headers() -> None:
    found = reply(f"<Header>{records('Details', MANY)}</Header>")

    assert len(found.head()["Details"]) == MANY
    assert found.rows("Details") == ()


def test_rows_of_another_report_in_the_same_answer_are_not_those_of_the_first() -> None:
    assert reply("<Header/>", records("Details", MANY)).rows("Details") == ()
