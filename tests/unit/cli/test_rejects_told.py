"""A row that could not be used is told so that a person finds it."""

from __future__ import annotations

from recon.cli.pulling import reject_told
from recon.heartland.frames import deposits
from recon.intacct.frames import ledger
from recon.pulling.rejects import rejects_of

LINE = {
    "RECORDNO": "9001", "BATCHKEY": "101", "SYMBOL": "CRJ", "ENTRY_DATE": "09/03/2026", "ACCOUNTNO": "1250",
    "DEBITAMOUNT": "12.5", "CURRENCY": "USD",
}  # fmt: skip


def test_a_line_of_the_ledger_is_told_by_its_number_its_day_and_its_value() -> None:
    rows = [LINE | {"SYMBOL": ""}, LINE | {"RECORDNO": "9002", "AMOUNT": "12.51"}]

    told = [reject_told(row) for row in ledger(rows).rejected.to_dicts()]

    assert told == [
        "intacct.ledger intacct:9001 of 2026-09-03, SYMBOL: is blank",
        "intacct.ledger intacct:9002 of 2026-09-03, AMOUNT '12.51': says something else than debit less credit",
    ]


def test_a_line_without_a_number_is_told_by_its_row() -> None:
    (row,) = ledger([LINE | {"RECORDNO": ""}]).rejected.to_dicts()

    assert reject_told(row) == "intacct.ledger row 1 of 2026-09-03, RECORDNO: is blank"


def test_a_reason_that_names_its_record_names_it_once() -> None:
    deposit = {"id": "DEP_1", "status": "FUNDED", "system": {"mid": "1"}, "time_created": "2026-09-03", "amount": "x"}

    told = [reject_told(row) for row in rejects_of(deposits([deposit]).rejects, "deposits").to_dicts()]

    assert told[0].startswith("gp_api.deposits DEP_1 of 2026-09-03, amount 'x': the amount is no whole number")
