"""The same downloads as another system would export them: other headings, dates, numbers and files.

Nothing but the looks changes. `changes.json` beside the files says what did, so that a test can
write the column profile that reads them.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

import xlsxwriter

Row = list[str]

HEADINGS: Mapping[str, Mapping[str, str]] = {
    "retail_tickets.csv": {
        "Ticket #": "Check No",
        "Location #": "Unit",
        "Completed At": "Closed",
        "Type": "Check Kind",
        "Food": "Food Net",
        "Beverage": "Bar",
        "Merchandise": "Retail",
        "Discounts": "Comps & Discounts",
        "Tax Total": "Sales Tax",
        "Tips": "Gratuity",
        "Total": "Check Total",
        "Tender": "Paid By",
        "Card Brand": "Network",
    },
    "processor_transactions.csv": {
        "Merchant Number": "MID",
        "Transaction ID": "Tran Ref",
        "Batch #": "Batch Ref",
        "Batch Date": "Batched",
        "Transaction Date": "Created",
        "Transaction Type": "Tran Kind",
        "Card Type": "Brand",
        "Card Number": "PAN",
        "Amount": "Gross",
        "Tip": "Incl. Tip",
        "Invoice": "Order Ref",
    },
    "processor_deposits.csv": {
        "Merchant Number": "MID",
        "DBA Name": "Outlet",
        "Deposit Reference Number": "Funding Ref",
        "Deposit Date": "Funded",
        "Batch #": "Batch Ref",
        "Description": "Kind",
        "Sales": "Gross Sales",
        "Returns": "Refunds",
        "Chargebacks": "Disputes",
        "Fees": "Discount & Fees",
        "Net Deposit": "Net",
    },
    "payroll_register.csv": {
        "Payroll Run": "Run",
        "Check Date": "Pay Date",
        "Employee ID": "Emp",
        "Work Location": "Unit",
        "Department": "Dept",
        "Line Type": "Kind",
        "Code": "Pay Code",
        "Amount": "Value",
    },
    "intacct_gl_detail.csv": {
        "RECORDNO": "Record number",
        "BATCH_NO": "Batch no.",
        "LINE_NO": "Line",
        "SYMBOL": "Jrnl",
        "ENTRY_DATE": "Posted dt.",
        "ACCOUNTNO": "Acct",
        "ACCOUNTTITLE": "Acct name",
        "LOCATIONID": "Loc",
        "DEPARTMENTID": "Dept",
        "DOCUMENT": "Doc",
        "DESCRIPTION": "Memo/Description",
        "DEBITAMOUNT": "Debit",
        "CREDITAMOUNT": "Credit",
        "CURRENCY": "Curr",
        "STATE": "Status",
    },
    "trial_balance.csv": {
        "Account": "Acct",
        "Location": "Loc",
        "Opening Balance": "Opening",
        "Debits": "Dr",
        "Credits": "Cr",
        "Closing Balance": "Closing",
    },
}
MONEY: Mapping[str, tuple[str, ...]] = {
    "retail_tickets.csv": ("Food", "Beverage", "Merchandise", "Discounts", "Tax Total", "Tips", "Total"),
    "processor_transactions.csv": ("Amount", "Tip"),
    "processor_deposits.csv": ("Sales", "Returns", "Chargebacks", "Fees", "Net Deposit"),
    "payroll_register.csv": ("Amount",),
    "intacct_gl_detail.csv": ("DEBITAMOUNT", "CREDITAMOUNT"),
    "trial_balance.csv": ("Opening Balance", "Debits", "Credits", "Closing Balance"),
}
DATES = frozenset({"Completed At", "Batch Date", "Transaction Date", "Deposit Date", "Check Date", "ENTRY_DATE"})


@dataclass(frozen=True)
class Style:
    """How one system writes its exports."""

    suffix: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    date_format: str = "%m/%d/%Y"
    number: str = "plain"  # plain -1234.50, accounting ($1,234.50), trailing 1,234.50-
    renamed: bool = True
    preamble_rows: int = 0
    total_row: bool = False


STYLES: Mapping[str, Style] = {
    "accounting": Style(number="accounting", encoding="utf-8-sig", preamble_rows=3, total_row=True),
    "daymonth": Style(delimiter=";", encoding="cp1252", date_format="%d/%m/%Y", number="trailing"),
    "iso": Style(delimiter="\t", date_format="%Y-%m-%d", renamed=False),
    "xlsx": Style(suffix="xlsx", preamble_rows=2, total_row=True),
}


def restyle(source: Path, target: Path, style: Style) -> None:
    """Every download of a month written once more in the style; the other files as they are."""
    target.mkdir(parents=True, exist_ok=True)
    changes = {}
    for path in sorted(source.glob("*.csv")):
        if path.name not in HEADINGS:
            (target / path.name).write_bytes(path.read_bytes())
            continue
        with path.open(encoding="utf-8", newline="") as stream:
            headings, *rows = csv.reader(stream)
        renamed = [HEADINGS[path.name].get(one, one) if style.renamed else one for one in headings]
        name = f"{path.stem}.{style.suffix}"
        if style.suffix == "xlsx":
            _write_xlsx(target / name, path.name, headings, renamed, rows, style)
        else:
            _write_csv(target / name, path.name, headings, renamed, rows, style)
        changes[path.name] = {"file": name, "headings": dict(zip(headings, renamed, strict=True)), **asdict(style)}
    (target / "changes.json").write_text(json.dumps(changes, indent=2) + "\n", encoding="utf-8")


def _preamble(name: str, style: Style) -> list[Row]:
    return [["Report", name.removesuffix(".csv")], ["Prepared for", "Juniper Table"], ["Page 1 of 1"]][
        : style.preamble_rows
    ]


def _totals(name: str, headings: Row, rows: list[Row]) -> list[Decimal | str]:
    cells: list[Decimal | str] = ["Grand total"]
    for n, heading in enumerate(headings[1:], 1):
        is_money = heading in MONEY[name]
        cells.append(sum((Decimal(row[n] or "0") for row in rows), Decimal(0)) if is_money else "")
    return cells


def _write_csv(path: Path, name: str, headings: Row, renamed: Row, rows: list[Row], style: Style) -> None:
    styled = [_styled(name, headings, row, style) for row in rows]
    with path.open("w", encoding=style.encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=style.delimiter, lineterminator="\r\n")
        writer.writerows(_preamble(name, style))
        writer.writerow(renamed)
        writer.writerows(styled)
        if style.total_row:
            totals = _totals(name, headings, rows)
            writer.writerow([_number(str(one), style) if isinstance(one, Decimal) else one for one in totals])


def _styled(name: str, headings: Row, row: Row, style: Style) -> Row:
    return [
        _number(cell, style) if heading in MONEY[name] else _date(cell, style) if heading in DATES else cell
        for heading, cell in zip(headings, row, strict=True)
    ]


def _number(cell: str, style: Style) -> str:
    if not cell or style.number == "plain":
        return cell
    amount = Decimal(cell)
    size = f"{abs(amount):,.2f}"
    if style.number == "trailing":
        return f"{size}-" if amount < 0 else size
    return f"(${size})" if amount < 0 else f"${size}"


def _date(cell: str, style: Style) -> str:
    if not cell:
        return cell
    moment = _moment(cell)
    return moment.strftime(f"{style.date_format} %H:%M" if " " in cell else style.date_format)


def _moment(cell: str) -> dt.datetime:
    day, _, clock = cell.partition(" ")
    month, day_of_month, year = day.split("/")
    return dt.datetime.fromisoformat(f"{year}-{month}-{day_of_month} {clock or '00:00'}")


def _write_xlsx(path: Path, name: str, headings: Row, renamed: Row, rows: list[Row], style: Style) -> None:
    """A workbook whose amounts are numbers and whose dates are dates, as a person's export has them."""
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        sheet = book.add_worksheet("Export")
        stamped = book.add_format({"num_format": "mm/dd/yyyy hh:mm"})
        dated = book.add_format({"num_format": "mm/dd/yyyy"})
        for at, line in enumerate([*_preamble(name, style), renamed]):
            sheet.write_row(at, 0, line)
        first = style.preamble_rows + 1
        for at, row in enumerate(rows, first):
            for column, (heading, cell) in enumerate(zip(headings, row, strict=True)):
                if heading in MONEY[name] and cell:
                    sheet.write_number(at, column, float(cell))  # a worksheet knows no other number
                elif heading in DATES and cell:
                    sheet.write_datetime(at, column, _moment(cell), stamped if " " in cell else dated)
                elif cell:
                    sheet.write_string(at, column, cell)
        if style.total_row:
            for column, total in enumerate(_totals(name, headings, rows)):
                sheet.write(first + len(rows), column, float(total) if isinstance(total, Decimal) else total)
