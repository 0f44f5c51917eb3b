"""Bad downloads: what stops the run, what is rejected and named, and what is not bad at all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from downloads import ACCOUNTS, DEPOSITS, LEDGER, LOCATIONS, PAYROLL, TICKETS, WORKSPACE, ids, read_month

from recon.connectors import read_sources
from recon.errors import ConfigError, DataError
from recon.period import parse_period
from recon.workspace import load_workspace

FIRST = "500001,100,09/01/2026 08:01,sale,10.00,2.00,0.00,1.00,0.90,1.10,13.00,card,visa\n"


def test_a_good_month_has_no_rejects(tmp_path: Path) -> None:
    month = read_month(tmp_path)

    assert month.rejected.is_empty()
    assert ids(month.sales, "ticket_id") == ["500001", "500002", "500003"]
    assert ids(month.ledger, "line_id") == ["intacct:1", "intacct:2"]


def test_a_missing_file_stops_and_is_named_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file 'retail_tickets\*'.*policy.toml"):
        read_month(tmp_path, {"retail_tickets.csv": None})


def test_a_missing_folder_stops(tmp_path: Path) -> None:
    company = load_workspace(WORKSPACE)

    with pytest.raises(DataError, match="no folder of sources"):
        read_sources(company.policy, company.profiles, tmp_path / "no", parse_period("2026-09"), tmp_path / "staging")


def test_an_empty_file_stops(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"processor_deposits.csv: the file is empty"):
        read_month(tmp_path, {"processor_deposits.csv": ""})


def test_every_unreadable_file_is_named_in_one_run(tmp_path: Path) -> None:
    with pytest.raises(DataError) as fault:
        read_month(tmp_path, {"processor_deposits.csv": "", "payroll_register.csv": ""})

    assert "processor_deposits.csv" in str(fault.value)
    assert "payroll_register.csv" in str(fault.value)


def test_a_file_in_another_encoding_stops_with_byte_row_and_mend(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'retail_tickets.csv: row 2 holds byte 0xE9.*encoding = "cp1252"') as fault:
        read_month(tmp_path, {"retail_tickets.csv": TICKETS.replace("visa", "visé").encode("cp1252")})

    assert fault.value.context["byte"] == TICKETS.index("visa") + 3


def test_a_missing_column_stops_with_headings_nearest_heading_and_mend(tmp_path: Path) -> None:
    with pytest.raises(DataError) as fault:
        read_month(tmp_path, {"retail_tickets.csv": TICKETS.replace("Tax Total", "Taxes total")})

    told = str(fault.value)
    assert "retail_tickets.csv: no column 'Tax Total' for `components.5.amount`" in told
    assert "the nearest heading is 'Taxes total'" in told
    assert "profiles/tickets.toml" in told
    assert "recon profile retail_tickets.csv --as tickets" in told
    assert "'Card Brand'" in told
    assert fault.value.exit_code == 4


@pytest.mark.parametrize(
    "amount", ["NaN", "1e3", "inf", "ten", "1,00", "12.345", "1,2345.00", "--1.00", "(1.00", "0x1F"]
)
def test_an_unreadable_amount_rejects_its_ticket_and_no_other(tmp_path: Path, amount: str) -> None:
    bad = FIRST.replace("10.00", f'"{amount}"')

    month = read_month(tmp_path, {"retail_tickets.csv": TICKETS.replace(FIRST, bad)})

    assert ids(month.sales, "ticket_id") == ids(month.tenders, "ticket_id") == ["500002", "500003"]
    [reject] = month.rejected.to_dicts()
    assert (reject["source"], reject["row"], reject["field"], reject["value"]) == (
        "retail_tickets.csv",
        2,
        "Food",
        amount,
    )
    assert reject["reason"] == "cannot be read as an amount"
    assert (reject["location"], str(reject["date"]), reject["document_id"]) == ("100", "2026-09-01", "500001")
    assert reject["frame"] == "sales"


@pytest.mark.parametrize("date", ["02/30/2026 08:01", "13/01/2026 08:01", "yesterday", "", "09/01/26x"])
def test_an_unreadable_date_rejects_its_ticket(tmp_path: Path, date: str) -> None:
    month = read_month(tmp_path, {"retail_tickets.csv": TICKETS.replace("09/01/2026 08:01", date)})

    assert ids(month.sales, "ticket_id") == ["500002", "500003"]
    [reject] = month.rejected.to_dicts()
    assert (reject["field"], reject["value"], reject["row"]) == ("Completed At", date, 2)
    assert reject["date"] is None


def test_a_ticket_whose_parts_differ_from_its_total_is_rejected(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"retail_tickets.csv": TICKETS.replace(FIRST, FIRST.replace("13.00", "13.01"))})

    [reject] = month.rejected.to_dicts()
    assert reject["reason"] == "the ticket's components sum to 13.00, not to its total 13.01"
    assert (reject["field"], reject["value"]) == ("Total", "13.01")
    assert "500001" not in ids(month.tenders, "ticket_id")


def test_a_deposit_that_does_not_foot_is_rejected(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"processor_deposits.csv": DEPOSITS.replace("12.70", "12.07")})

    [reject] = month.rejected.to_dicts()
    assert reject["reason"] == "the deposit's parts sum to 12.70, not to its net 12.07"
    assert (reject["merchant_id"], reject["document_id"]) == ("101023947200", "DEP0-0901-card")
    assert ids(month.deposits, "deposit_id") == ["DEP0-0902-amex"]


def test_a_check_that_does_not_foot_is_left_out_whole(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"payroll_register.csv": PAYROLL.replace("NET,75.00", "NET,57.00")})

    assert month.payroll is not None
    assert month.payroll.collect().is_empty()
    assert month.rejected.height == 5
    assert set(month.rejected["reason"]) == {
        "earnings less taxes and deductions differ from net pay by 18.00: the whole check is left out"
    }


def test_a_bad_row_leaves_its_whole_check_out_and_no_other(tmp_path: Path) -> None:
    other = "".join(line.replace("E00001", "E00002") + "\n" for line in PAYROLL.splitlines()[1:])
    month = read_month(tmp_path, {"payroll_register.csv": PAYROLL.replace("FIT,20.00", "FIT,1e3") + other})

    assert ids(month.payroll, "employee_id") == ["E00002"]
    reasons = month.rejected.sort("row")["reason"].to_list()
    assert reasons[1] == "cannot be read as an amount"
    assert len(reasons) == 5
    assert all("another row of this check" in reason for n, reason in enumerate(reasons) if n != 1)


def test_a_run_without_net_pay_is_not_footed(tmp_path: Path) -> None:
    lines = PAYROLL.splitlines(keepends=True)[:-1]

    month = read_month(tmp_path, {"payroll_register.csv": "".join(lines)})

    assert month.rejected.is_empty()


def test_of_identical_copies_one_is_kept_and_the_extra_marked(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"retail_tickets.csv": TICKETS + FIRST})

    [reject] = month.rejected.to_dicts()
    assert (reject["duplicate"], reject["row"], reject["document_id"]) == (True, 5, "500001")
    assert reject["reason"] == "identical copy of row 2: one copy is used"
    assert ids(month.sales, "ticket_id") == ["500001", "500002", "500003"]


def test_copies_that_differ_are_all_rejected(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"retail_tickets.csv": TICKETS + FIRST.replace("visa", "amex")})

    assert month.rejected["duplicate"].to_list() == [False, False]
    assert month.rejected["row"].to_list() == [2, 5]
    assert ids(month.sales, "ticket_id") == ["500002", "500003"]


def test_one_ticket_number_in_two_stores_is_no_duplicate(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"retail_tickets.csv": TICKETS.replace("500002", "500001")})

    assert month.rejected.is_empty()


def test_a_ledger_line_that_stands_twice_is_read_once(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"intacct_gl_detail.csv": LEDGER + LEDGER.splitlines()[1] + "\n"})

    assert month.ledger.collect().height == 2
    assert month.rejected["duplicate"].to_list() == [True]


def test_a_register_delivered_twice_is_read_once(tmp_path: Path) -> None:
    body = PAYROLL.split("\n", 1)[1]

    month = read_month(tmp_path, {"payroll_register.csv": PAYROLL + body})

    assert month.payroll is not None
    assert month.payroll.collect().height == 5
    assert month.rejected["duplicate"].to_list() == [True] * 5


def test_dates_inside_the_margin_are_used_and_later_ones_counted(tmp_path: Path) -> None:
    in_margin = LEDGER.replace("09/26/2026", "10/05/2026")
    far = "3,2,1,GJ,12/31/2026,6800,,100,,X,,1.00,,USD,Posted\n"

    month = read_month(tmp_path, {"intacct_gl_detail.csv": in_margin + far})

    [fact] = [one for one in month.files if one.frame == "ledger"]
    assert (fact.rows, fact.rows_outside) == (3, 1)
    assert ids(month.ledger, "line_id") == ["intacct:1", "intacct:2"]
    assert month.rejected.is_empty()


def test_accountants_negatives_and_a_byte_order_mark_are_not_bad(tmp_path: Path) -> None:
    styled = DEPOSITS.replace("-0.30", "(0.30)").replace("-5.40,0.00,0.00,-5.40", '5.40-,0.00,"$ -",($5.40)')

    month = read_month(tmp_path, {"processor_deposits.csv": "\ufeff" + styled})

    assert month.rejected.is_empty()
    assert month.deposits is not None
    assert sorted(month.deposits.collect()["net"]) == [Decimal("-5.40"), Decimal("12.70")]


def test_a_tender_nobody_mapped_stays_in_and_names_itself(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"retail_tickets.csv": TICKETS.replace("cash,", "VENMO,")})

    assert month.rejected.is_empty()
    assert month.tenders is not None
    [row] = month.tenders.filter(pl.col("ticket_id") == "500002").collect().to_dicts()
    assert (row["tender"], row["brand"]) == ("other", "venmo")


def test_an_unknown_store_keeps_its_number(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"retail_tickets.csv": TICKETS.replace("500002,101", "500002,999")})

    assert ids(month.sales, "location") == ["100", "999"]


def test_a_whole_card_number_is_masked_and_rejected(tmp_path: Path) -> None:
    memo = LEDGER.replace(",ADJ1,,68.33", ",ADJ1,paid with 4111 1111 1111 1111,68.33")

    month = read_month(tmp_path, {"intacct_gl_detail.csv": memo})

    [reject] = month.rejected.to_dicts()
    assert reject["value"] == "paid with ************1111"
    assert "card number" in reject["reason"]
    staged = b"".join(path.read_bytes() for path in (tmp_path / "staging").rglob("*.parquet"))
    assert b"4111 1111" not in staged


def test_a_row_with_too_many_fields_is_rejected(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"retail_tickets.csv": TICKETS.replace(FIRST, FIRST.strip() + ",oops\n")})

    [reject] = month.rejected.to_dicts()
    assert (reject["row"], reject["value"], reject["reason"]) == (2, "oops", "has more fields than there are headings")


def test_neither_debit_nor_credit_is_rejected(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"intacct_gl_detail.csv": LEDGER.replace("68.33,,USD", ",,USD")})

    [reject] = month.rejected.to_dicts()
    assert (reject["field"], reject["reason"]) == ("DEBITAMOUNT", "has neither debit nor credit")


def test_the_same_file_twice_stops(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="byte for byte"):
        read_month(tmp_path, {"retail_tickets_copy.csv": TICKETS})


def test_faults_of_policy_against_the_chart_come_all_at_once(tmp_path: Path) -> None:
    chart = ACCOUNTS.replace("4010,", "4011,").replace("2410,", "2411,")
    twice = LOCATIONS.replace("101023947201", "101023947200")

    with pytest.raises(ConfigError) as fault:
        read_month(tmp_path, {"chart_of_accounts.csv": chart, "locations.csv": twice})

    told = fault.value.problems
    assert any("mappings/rules.csv, row 2: account '4010'" in one for one in told)
    assert any("offset_account '2410'" in one for one in told)
    assert any("merchant number '101023947200' belongs to 100 and 101" in one for one in told)
    assert fault.value.exit_code == 2


def test_only_payroll_needs_no_tickets(tmp_path: Path) -> None:
    month = read_month(tmp_path, {"retail_tickets.csv": None, "processor_deposits.csv": None}, only=("payroll",))

    assert month.sales is None
    assert month.payroll is not None
