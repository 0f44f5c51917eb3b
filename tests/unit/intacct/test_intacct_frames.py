"""Raw rows of Intacct as canonical frames, and the traps in them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from recon.intacct.frames import (
    Written,
    accounts,
    balances,
    ledger,
    locations,
    rest_accounts,
    rest_ledger,
    rest_locations,
    written,
)  # fmt: skip
from recon.intacct.mapped import mapped

CLEARING = {
    "RECORDNO": "9001", "BATCHKEY": "101", "BATCH_NO": "7", "LINE_NO": "1", "SYMBOL": "CRJ", "BOOKID": "ACCRUAL",
    "ENTRY_DATE": "09/03/2026", "ACCOUNTNO": "1250", "LOCATIONID": "100", "TR_TYPE": "1", "DEBITAMOUNT": "12.5",
    "CREDITAMOUNT": "0", "AMOUNT": "12.5", "CURRENCY": "USD", "ENTRY_STATE": "Posted",
}  # fmt: skip
SALES = CLEARING | {
    "RECORDNO": "9002", "LINE_NO": "2", "ACCOUNTNO": "4010", "TR_TYPE": "-1", "DEBITAMOUNT": "0",
    "CREDITAMOUNT": "12.5", "AMOUNT": "-12.5",
}  # fmt: skip


def test_ledger_lines_are_signed_debit_less_credit_and_named_by_record_number() -> None:
    found = ledger([CLEARING, SALES])

    assert found.frame.select("line_id", "entry_id", "account", "amount").rows() == [
        ("intacct:9001", "101", "1250", Decimal("12.50")),
        ("intacct:9002", "101", "4010", Decimal("-12.50")),
    ]
    assert found.frame["posting_date"].to_list() == [dt.date(2026, 9, 3)] * 2
    assert found.rejected.is_empty()


@pytest.mark.parametrize("told", ["-12.5", "12.5", "-12.50000", ""])
def test_an_amount_with_or_without_a_sign_says_the_same_credit(told: str) -> None:
    assert ledger([SALES | {"AMOUNT": told}]).frame["amount"].to_list() == [Decimal("-12.50")]


@pytest.mark.parametrize(
    ("wrong", "field", "reason"),
    [
        ({"AMOUNT": "12.51"}, "AMOUNT", "says something else than debit less credit"),
        ({"AMOUNT": "x"}, "AMOUNT", "says something else than debit less credit"),
        ({"TR_TYPE": "-1", "AMOUNT": ""}, "TR_TYPE", "says another side than the amounts of debit and credit"),
        ({"TR_TYPE": "-1", "AMOUNT": "12.5"}, "TR_TYPE", "says another side than the amounts of debit and credit"),
        (
            {"DEBITAMOUNT": "0", "CREDITAMOUNT": "12.5", "AMOUNT": ""},
            "TR_TYPE",
            "says another side than the amounts of debit and credit",
        ),
        ({"TRX_DEBITAMOUNT": "9" * 17}, "txn_amount", "cannot be read, or is too large"),
        ({"DEBITAMOUNT": "", "CREDITAMOUNT": ""}, "DEBITAMOUNT", "has neither debit nor credit"),
        ({"DEBITAMOUNT": "1e3"}, "DEBITAMOUNT", "cannot be read as an amount"),
        ({"DEBITAMOUNT": "NaN"}, "DEBITAMOUNT", "cannot be read as an amount"),
        ({"CREDITAMOUNT": "1,000.00"}, "CREDITAMOUNT", "cannot be read as an amount"),
        ({"DEBITAMOUNT": "12.505", "AMOUNT": "12.505"}, "DEBITAMOUNT", "has a fraction of a cent"),
        ({"ENTRY_DATE": "2026"}, "ENTRY_DATE", "cannot be read as a date"),
        ({"ACCOUNTNO": ""}, "ACCOUNTNO", "is blank"),
        ({"RECORDNO": None}, "RECORDNO", "is blank"),
        ({"CURRENCY": ""}, "CURRENCY", "is blank"),
    ],
)
def test_a_line_that_cannot_be_trusted_is_rejected_with_its_reason(
    wrong: dict[str, str], field: str, reason: str
) -> None:
    found = ledger([CLEARING | wrong, SALES])

    assert found.frame["line_id"].to_list() == ["intacct:9002"]
    assert found.rejected.select("row", "field", "reason").rows() == [(1, field, reason)]


def test_red_ink_is_a_negative_debit() -> None:
    red = CLEARING | {"DEBITAMOUNT": "-12.5", "AMOUNT": "-12.5"}

    assert ledger([red]).frame["amount"].to_list() == [Decimal("-12.50")]


@pytest.mark.parametrize("side", ["", "x", "0", "1.0"])
def test_a_side_that_is_not_told_is_what_debit_and_credit_say(side: str) -> None:
    assert ledger([CLEARING | {"TR_TYPE": side}]).frame["amount"].to_list() == [Decimal("12.50")]


def test_cents_of_large_amounts_are_exact() -> None:
    large = CLEARING | {"DEBITAMOUNT": "9999999999999.99", "AMOUNT": "9999999999999.99"}

    assert ledger([large]).frame["amount"].to_list() == [Decimal("9999999999999.99")]


def test_the_base_currency_stands_in_its_own_column() -> None:
    pesos = CLEARING | {"CURRENCY": "MXN", "BASECURR": "USD", "TRX_DEBITAMOUNT": "250", "TRX_CREDITAMOUNT": "0"}

    found = ledger([pesos]).frame.row(0, named=True)

    assert (found["currency"], found["amount"]) == ("USD", Decimal("12.50"))
    assert (found["txn_currency"], found["txn_amount"]) == ("MXN", Decimal("250.0000"))
    assert ledger([CLEARING | {"CURRENCY": ""}], currency="USD").frame["currency"].to_list() == ["USD"]


@pytest.mark.parametrize(
    ("facts", "modified"),
    [
        ({"WHENMODIFIED": "09/05/2026 22:01:29"}, "2026-09-05T22:01:29"),
        ({"WHENMODIFIED": "", "MODIFIED": "09/05/2026 22:01:29"}, "2026-09-05T22:01:29"),
        ({"WHENMODIFIED": "01/01/1970 00:00:00", "MODIFIED": "09/05/2026 22:01:29"}, "2026-09-05T22:01:29"),
        ({"WHENMODIFIED": None, "WHENCREATED": "09/04/2026"}, "2026-09-04T00:00:00"),
        ({"WHENMODIFIED": "01/01/1970 00:00:00", "WHENCREATED": "01/01/1970 00:00:00"}, None),
        ({"WHENMODIFIED": "soon"}, None),
        ({}, None),
    ],
)
def test_a_line_without_a_time_of_change_falls_back_to_what_else_is_told(
    facts: dict[str, str], modified: str | None
) -> None:
    found = ledger([CLEARING | facts]).frame["modified_at"][0]

    assert (found.replace(tzinfo=None).isoformat() if found else None) == modified


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ({"DATEFORMAT": "/mdY", "GMTOFFSET": "-08:00", "CLOCK": "24"}, "09/05/2026 22:01:29"),
        ({"DATEFORMAT": ".ymd", "GMTOFFSET": "-08:00", "CLOCK": "12"}, "2026.09.05 10:01:29 PM"),
        ({"DATEFORMAT": "-dmY", "GMTOFFSET": "-0800", "CLOCK": "24"}, "05-09-2026 22:01:29"),
        ({"DATEFORMAT": "/mdY", "GMTOFFSET": "+09:30", "CLOCK": "24"}, "09/06/2026 15:31:29"),
        ({"DATEFORMAT": "", "GMTOFFSET": "", "CLOCK": ""}, "09/06/2026 06:01:29"),
    ],
)
def test_moments_are_read_in_the_users_own_way_and_kept_in_utc(style: dict[str, str], text: str) -> None:
    found = ledger([CLEARING | {"WHENMODIFIED": text}], how=written([style])).frame["modified_at"][0]

    assert found == dt.datetime(2026, 9, 6, 6, 1, 29, tzinfo=dt.UTC)


def test_dates_have_no_zone_and_stay_the_day_they_are() -> None:
    found = ledger([CLEARING], how=Written(offset_minutes=-720)).frame

    assert found["posting_date"].to_list() == [dt.date(2026, 9, 3)]


def test_numbers_with_a_point_and_blank_flags_are_read() -> None:
    found = ledger([CLEARING | {"LINE_NO": "12.0", "TR_TYPE": "1.0", "STATISTICAL": ""}]).frame.row(0, named=True)

    assert (found["line_no"], found["statistical"]) == (12, None)
    assert ledger([CLEARING | {"STATISTICAL": "T"}]).frame["statistical"].to_list() == [True]


@pytest.mark.parametrize(
    ("told", "state"),
    [("P", "Posted"), ("Posted", "Posted"), ("I", "Draft"), ("X", "Partially Approved"), ("Reversed", "Reversed")],
)
def test_states_are_words_whether_intacct_gives_a_word_or_a_letter(told: str, state: str) -> None:
    assert ledger([CLEARING | {"ENTRY_STATE": told}]).frame["state"].to_list() == [state]


def test_the_later_half_of_a_reversed_pair_names_the_earlier() -> None:
    other = CLEARING | {"RECORDNO": "9003", "BATCHKEY": "102"}
    batches = [
        {"RECORDNO": "101", "BATCH_DATE": "09/03/2026", "REVERSEDKEY": "102", "CREATEDBY": "5"},
        {"RECORDNO": "102", "BATCH_DATE": "10/01/2026", "REVERSEDKEY": "101", "CREATEDBY": "6"},
    ]

    found = ledger([CLEARING, other], batches=batches).frame

    assert found.select("entry_id", "reverses", "created_by").rows() == [("101", None, "5"), ("102", "101", "6")]


def test_no_rows_are_an_empty_ledger() -> None:
    assert ledger([]).frame.is_empty()
    assert rest_ledger([]).frame.is_empty()


def test_a_frame_of_raw_columns_says_the_same_as_the_rows() -> None:
    rows = [CLEARING, SALES]

    assert ledger(pl.DataFrame(rows)).frame.equals(ledger(rows).frame)


DEBIT = {
    "key": "9001", "entryDate": "2026-09-03", "txnType": "debit", "txnAmount": "12.50", "baseAmount": "12.50",
    "glAccount.id": "1250", "journalEntry.key": "101", "journalEntry.txnNumber": 7, "journalEntry.glJournal.id": "CRJ",
    "journalEntry.state": "posted", "currency.baseCurrency": "USD", "currency.txnCurrency": "USD",
    "dimensions.location.id": "100", "lineNumber": 1,
}  # fmt: skip
CREDIT = DEBIT | {"key": "9002", "txnType": "credit", "glAccount.id": "4010", "lineNumber": 2}


def test_either_api_gives_the_same_ledger() -> None:
    places = [{"id": "10", "parent.id": None}, {"id": "100", "parent.id": "10"}]
    by_xml = ledger([one | {"STATISTICAL": "F", "CHILDENTITY": "10"} for one in (CLEARING, SALES)]).frame
    by_rest = rest_ledger([DEBIT, CREDIT], books=[{"id": "CRJ", "bookType": "accrual"}], places=places).frame

    assert by_rest.drop("txn_amount").equals(by_xml.drop("txn_amount"))


def test_either_api_tells_which_entry_reverses_which() -> None:
    lines = [CLEARING | {"BATCHKEY": key, "RECORDNO": key} for key in ("101", "102")]
    batches = [
        {"RECORDNO": "101", "BATCH_DATE": "09/03/2026", "REVERSEDKEY": "102"},
        {"RECORDNO": "102", "BATCH_DATE": "10/01/2026", "REVERSEDKEY": None},
    ]
    rows = [DEBIT | {"journalEntry.key": key, "key": key} for key in ("101", "102")]
    entries = [
        {"key": "101", "postingDate": "2026-09-03", "reversedBy.key": "102"},
        {"key": "102", "postingDate": "2026-10-01", "reversedBy.key": None},
    ]
    found = [ledger(lines, batches=batches).frame, rest_ledger(rows, entries=entries).frame]

    assert [one.select("entry_id", "reverses").rows() for one in found] == [[("101", None), ("102", "101")]] * 2


def test_rest_amounts_that_are_signed_after_all_are_taken_as_such() -> None:
    signed = [DEBIT, CREDIT | {"baseAmount": "-12.50", "txnAmount": "-12.50"}]

    assert rest_ledger(signed).frame["amount"].to_list() == [Decimal("12.50"), Decimal("-12.50")]


def test_many_lines_agree_on_whether_credits_are_signed_and_each_keeps_its_number() -> None:
    many = [DEBIT | {"key": str(n)} for n in range(20_001)]
    credit = CREDIT | {"baseAmount": "-12.50"}
    lost = DEBIT | {"key": "20002", "entryDate": ""}

    found = rest_ledger([*many, credit, lost], entries=[{"key": "101", "moduleName": "2.GL"}])

    assert found.frame["line_id"].to_list() == [*(f"intacct:{n}" for n in range(20_001)), "intacct:9002"]
    assert found.frame["amount"].to_list()[-2:] == [Decimal("12.50"), Decimal("-12.50")]
    assert set(found.frame["module"]) == {"2.GL"}
    assert found.rejected.select("row", "document_id").rows() == [(20_003, "intacct:20002")]


def test_a_negative_amount_among_unsigned_ones_is_rejected() -> None:
    found = rest_ledger([DEBIT, CREDIT, CREDIT | {"key": "9003", "baseAmount": "-1.00"}])

    assert found.frame.height == 2
    assert found.rejected["reason"].to_list() == ["is below zero among amounts without a sign"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"txnType": "x"}, "txnType"),
        ({"baseAmount": None, "txnAmount": None}, "baseAmount"),
        ({"entryDate": ""}, "entryDate"),
    ],
)
def test_a_rest_line_that_cannot_be_trusted_is_rejected(wrong: dict[str, str | None], field: str) -> None:
    assert rest_ledger([DEBIT | wrong]).rejected["field"].to_list() == [field]


def test_the_trial_balance_foots_or_is_rejected() -> None:
    row = {"GLACCOUNTNO": "1250", "LOCATIONID": "100", "STARTBALANCE": "100", "DEBITS": "20.5", "CREDITS": "30"}
    adjusted = row | {"ENDBALANCE": "91.50", "ADJDEBITS": "1", "ADJCREDITS": "0"}

    good = balances([adjusted], period="2026-09").frame.row(0, named=True)
    bad = balances([row | {"ENDBALANCE": "90.51"}], period="2026-09")

    assert (good["opening"], good["debits"], good["credits"], good["closing"]) == (
        Decimal("100.00"), Decimal("21.50"), Decimal("30.00"), Decimal("91.50"),
    )  # fmt: skip
    assert bad.frame.is_empty()
    assert bad.rejected["reason"].to_list() == ["is not opening plus debits less credits"]


def test_an_account_that_stands_in_two_currencies_for_one_place_is_told_and_not_summed() -> None:
    row = {"GLACCOUNTNO": "1010", "LOCATIONID": "100", "STARTBALANCE": "0", "DEBITS": "5", "CREDITS": "0"}
    twice = [row | {"ENDBALANCE": "5", "CURRENCY": currency} for currency in ("USD", "CAD")]
    elsewhere = row | {"LOCATIONID": "101", "ENDBALANCE": "5", "CURRENCY": "USD"}

    found = balances([*twice, elsewhere], period="2026-09")

    assert found.frame["location"].to_list() == ["101"]
    assert [reason.split(",")[0] for reason in found.rejected["reason"]] == ["stands several times for one place"] * 2


def test_balances_by_dimension_tell_only_the_change() -> None:
    row = {"GLACCOUNTNO": "4000", "STARTBALANCE": "0", "PERIODBALANCE": "-2040.17", "ENDBALANCE": "-2040.17"}

    found = balances([row], period="2026-09").frame.row(0, named=True)

    assert (found["debits"], found["credits"], found["closing"]) == (
        Decimal("0.00"), Decimal("2040.17"), Decimal("-2040.17"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "type_"),
    [("Balance Sheet", "balancesheet"), ("income_statement", "incomestatement"), ("statistical", None), ("", None)],
)
def test_an_account_of_a_type_that_only_the_vendor_knows_stays_in_the_chart(written: str, type_: str | None) -> None:
    row = {"ACCOUNTNO": "9100", "TITLE": "Covers", "NORMALBALANCE": "debit", "ACCOUNTTYPE": written}
    rest = {"id": "9100", "name": "Covers", "normalBalance": "debit", "accountType": written}

    assert accounts([row]).frame.select("account", "type").rows() == [("9100", type_)]
    assert rest_accounts([rest]).frame.select("account", "type").rows() == [("9100", type_)]


def test_a_row_that_does_not_fit_its_frame_is_told_by_the_column_and_keeps_no_other_out() -> None:
    charted = {"account": ["1010", "1020", "1030"], "title": ["Cash"] * 3, "normal_balance": ["debit", "left", None]}

    found = mapped(pl.DataFrame(charted), "accounts", [], key="account")

    assert found.frame["account"].to_list() == ["1010"]
    assert found.rejected.select("document_id", "field", "value", "reason").rows() == [
        ("1020", "normal_balance", "left", "is none of debit, credit"),
        ("1030", "normal_balance", None, "is missing, or cannot be read"),
    ]


def test_accounts_list_the_dimensions_that_they_require() -> None:
    row = {
        "ACCOUNTNO": "2100", "TITLE": "Accounts payable", "NORMALBALANCE": "credit", "ACCOUNTTYPE": "balancesheet",
        "ALTERNATIVEACCOUNT": "Payables account", "REQUIRELOC": "true", "REQUIREDEPT": "T", "REQUIREITEM": "",
        "STATUS": "active",
    }  # fmt: skip
    rest = {
        "id": "2100", "name": "Accounts payable", "normalBalance": "credit", "accountType": "balanceSheet",
        "alternativeGLAccount": "payablesAccount", "requireDimensions.location": True,
        "requireDimensions.department": True, "status": "active",
    }  # fmt: skip

    found = accounts([row]).frame

    assert found.select("account", "control", "required_dimensions").rows() == [("2100", "ap", "department|location")]
    assert rest_accounts([rest]).frame.equals(found)
    assert rest_accounts([rest | {"disallowDirectPosting": True}]).frame["direct_posting"].to_list() == [False]
    assert accounts([row | {"NORMALBALANCE": ""}]).rejected["field"].to_list() == ["NORMALBALANCE"]


def test_locations_name_the_entity_at_their_top() -> None:
    rows = [
        {"LOCATIONID": "10", "PARENTID": None},
        {"LOCATIONID": "100", "PARENTID": "10"},
        {"LOCATIONID": "101", "PARENTID": "100"},
        {"LOCATIONID": "A", "PARENTID": "B"},
        {"LOCATIONID": "B", "PARENTID": "A"},
    ]
    found = locations(rows, merchants={"100": "M1|M2"}).frame

    assert dict(found.head(3).select("location", "entity").rows()) == {"10": None, "100": "10", "101": "10"}
    assert found["merchant_ids"].to_list() == ["", "M1|M2", "", "", ""]
    same = [{"id": one["LOCATIONID"], "parent.id": one["PARENTID"]} for one in rows]
    assert rest_locations(same, merchants={"100": "M1|M2"}).frame.equals(found)
