"""The downloads of a made month: CSV as systems export them, dollars and mm/dd/yyyy, and the truth."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from recon.demo.company import CHART, RICH_ACCOUNTS, TITLES
from recon.demo.entries import Line
from recon.demo.events import Ticket, fee_kinds
from recon.demo.mistakes import DAY, Posting
from recon.demo.month import MadeMonth, trial_balance

_DEPOSIT_TITLES = {"card": "DEPOSIT", "amex": "AMEX DEPOSIT", "fees": "MONTHLY FEES"}
_FEE_TITLES = {"interchange": "INTERCHANGE", "discount": "DISCOUNT"}
_MEMOS = {"SJ": "Daily sales", "CRJ": "Card deposit", "PYRJ": "Payroll", "GJ": "General journal"}


class Table(NamedTuple):
    """One file: its name, its headings and its rows, every cell as text."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[str]]


def dollars(cents: int) -> str:
    """Cents as an export writes them: -1234.50."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"


@cache
def us_date(day: dt.date) -> str:
    """The day as mm/dd/yyyy."""
    return f"{day:%m/%d/%Y}"


def tables(month: MadeMonth) -> list[Table]:
    """Every download of the month, then the truth about it."""
    return [
        _tickets(month),
        _transactions(month),
        _deposits(month),
        *_fee_statements(month),
        _payroll(month),
        _ledger(month),
        _trial_balance(month),
        _chart(month),
        _locations(month),
        _truth_entries(month),
        _truth_lines(month),
        _truth_ledger(month),
    ]


def write_tables(made: Iterable[Table], folder: Path) -> dict[str, int]:
    """The count of rows of each file that was written."""
    counts = {}
    for table in made:
        path = folder / table.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(table.headings)
            rows = list(table.rows)
            writer.writerows(rows)
        counts[table.name] = len(rows)
    return counts


def _tickets(month: MadeMonth) -> Table:
    rich = month.nature.rich
    extra = ("Service Charge", "Gift Card Sold", "Delivery Fee") if rich else ()
    goods = ("Food", "Beverage", "Merchandise", "Discounts")
    headings = ("Ticket #", "Location #", "Completed At", "Type", *goods, "Tax Total", "Tips", *extra, "Total")
    return Table("retail_tickets.csv", (*headings, "Tender", "Card Brand"), _ticket_rows(month.tickets, rich=rich))


def _ticket_rows(tickets: list[Ticket], *, rich: bool) -> Iterator[Sequence[str]]:
    for ticket in tickets:
        money = [ticket.food, ticket.beverage, ticket.merchandise, ticket.discounts, ticket.tax, ticket.tips]
        if rich:
            money += [ticket.service_charge, ticket.gift_card_sold, ticket.delivery_fee]
        at = ticket.completed_at
        yield (
            str(ticket.number),
            ticket.store.number,
            f"{us_date(at.date())} {at.hour:02d}:{at.minute:02d}",
            ticket.kind,
            *map(dollars, money),
            dollars(ticket.total),
            ticket.tender,
            ticket.brand,
        )


def _transactions(month: MadeMonth) -> Table:
    who = ("Merchant Number", "Transaction ID", "Batch #", "Batch Date", "Transaction Date", "Transaction Type")
    headings = (*who, "Card Type", "Card Number", "Amount", "Tip", "Invoice")
    return Table("processor_transactions.csv", headings, _transaction_rows(month.tickets))


def _transaction_rows(tickets: list[Ticket]) -> Iterator[Sequence[str]]:
    for ticket in tickets:
        if ticket.tender != "card":
            continue
        at, store, batch = ticket.completed_at, ticket.store, ticket.batch_day
        sequence = ticket.number - 500_000
        yield (
            store.merchant,
            f"TRN_{store.index}_{sequence}",
            f"B{store.index}-{batch:%m%d}-{ticket.group}",
            us_date(batch),
            f"{us_date(at.date())} {at.hour:02d}:{at.minute:02d}",
            "Sale" if ticket.total > 0 else "Return",
            ticket.brand.upper(),
            f"XXXXXXXXXXXX{sequence % 9000 + 1000}",
            dollars(ticket.total),
            dollars(ticket.tips),
            str(ticket.number),
        )


def _deposits(month: MadeMonth) -> Table:
    who = ("Merchant Number", "DBA Name", "Deposit Reference Number", "Deposit Date", "Batch #", "Description")
    rows = (
        (
            deposit.store.merchant,
            deposit.store.name,
            deposit.deposit_id,
            us_date(deposit.date),
            deposit.batch_id,
            _DEPOSIT_TITLES[deposit.group],
            *map(dollars, (deposit.sales, deposit.returns, deposit.chargebacks, deposit.fees, deposit.net)),
        )
        for deposit in month.deposits
    )
    return Table("processor_deposits.csv", (*who, "Sales", "Returns", "Chargebacks", "Fees", "Net Deposit"), rows)


def _fee_statements(month: MadeMonth) -> Iterator[Table]:
    """The processor's bills of last month, one row a kind of fee; a plain month has none."""
    if not month.nature.rich:
        return
    end = month.period.start - DAY
    rows = [
        (deposit.store.merchant, f"{end:%Y-%m}", us_date(end), "Final", _FEE_TITLES[kind], dollars(cents))
        for deposit in month.deposits
        if deposit.group == "fees"
        for kind, cents in fee_kinds(deposit).items()
    ]
    headings = ("Merchant Number", "Statement Month", "Period End", "Status", "Fee Type", "Amount")
    yield Table("processor_fees.csv", headings, rows)


def _payroll(month: MadeMonth) -> Table:
    rich = month.nature.rich
    headings = [
        "Payroll Run",
        "Check Date",
        "Employee ID",
        "Work Location",
        "Department",
        "Line Type",
        "Code",
        "Amount",
    ]
    if rich:
        headings += ["Check #", "Check Type", "Hours", "Period Begin", "Period End"]
    rows = []
    for line in month.payroll:
        row = [line.run, us_date(line.check_date), line.employee, line.store.number, line.department]
        row += [line.kind, line.code, dollars(line.cents)]
        if rich:
            hours = dollars(line.hours) if line.hours else ""
            worked = (us_date(line.check_date - 18 * DAY), us_date(line.check_date - 5 * DAY))
            row += [str(line.check_no), line.check_type, hours, *worked]
        rows.append(row)
    return Table("payroll_register.csv", headings, rows)


def _ledger(month: MadeMonth) -> Table:
    headings = ["RECORDNO", "BATCH_NO", "LINE_NO", "SYMBOL", "ENTRY_DATE", "ACCOUNTNO", "ACCOUNTTITLE", "LOCATIONID"]
    headings += ["DEPARTMENTID", "DOCUMENT", "DESCRIPTION", "DEBITAMOUNT", "CREDITAMOUNT", "CURRENCY", "STATE"]
    if month.nature.rich:
        headings += ["REFERENCENO", "BOOKID", "WHENCREATED"]
    rows = (
        _ledger_row((record, batch, line_no), posting, line, rich=month.nature.rich)
        for record, batch, line_no, posting, line in _numbered(month.postings)
    )
    return Table("intacct_gl_detail.csv", headings, rows)


def _numbered(postings: list[Posting]) -> Iterator[tuple[int, int, int, Posting, Line]]:
    """Record number, batch number and line number of each ledger line."""
    record = 0
    for batch, posting in enumerate(postings, 1):
        for line_no, line in enumerate(posting.lines, 1):
            record += 1
            yield record, batch, line_no, posting, line


def _ledger_row(numbers: tuple[int, int, int], posting: Posting, line: Line, *, rich: bool) -> Sequence[str]:
    memo = (posting.memo or _MEMOS[posting.journal]) if rich else ""
    row = [*map(str, numbers), posting.journal, us_date(line.date), line.account, TITLES[line.account], line.location]
    row += [line.department, line.document, memo]
    row += [dollars(line.cents), ""] if line.cents > 0 else ["", dollars(-line.cents)]
    row += ["USD", posting.state]
    if rich:
        row += [f"R{numbers[1]:05d}", posting.book, us_date(line.date + DAY)]
    return row


def _trial_balance(month: MadeMonth) -> Table:
    rows = (
        (account, location, dollars(opening), dollars(debits), dollars(credit), dollars(opening + debits - credit))
        for account, location, opening, debits, credit in trial_balance(month)
    )
    headings = ("Account", "Location", "Opening Balance", "Debits", "Credits", "Closing Balance")
    return Table("trial_balance.csv", headings, rows)


def _chart(month: MadeMonth) -> Table:
    if month.nature.rich:
        headings = ("ACCOUNTNO", "TITLE", "NORMALBALANCE", "TYPE", "CONTROL", "DIRECTPOSTING")
        return Table("chart_of_accounts.csv", headings, CHART)
    known = [account[:3] for account in CHART if account.number not in RICH_ACCOUNTS]
    return Table("chart_of_accounts.csv", ("ACCOUNTNO", "TITLE", "NORMALBALANCE"), known)


def _locations(month: MadeMonth) -> Table:
    headings = ("Location #", "Merchant Number", "LOCATIONID", "Fee billing")
    rows = [(store.number, store.merchant, store.number, store.fee_billing) for store in month.stores]
    if month.nature.rich:
        zoned = [(*row, store.timezone) for row, store in zip(rows, month.stores, strict=True)]
        return Table("locations.csv", (*headings, "TIMEZONE"), zoned)
    return Table("locations.csv", headings, rows)


def _truth_entries(month: MadeMonth) -> Table:
    return Table("truth/entries.csv", ("key", "label", "also", "touched"), month.fates)


def _truth_lines(month: MadeMonth) -> Table:
    rows = (
        (str(record), str(batch), posting.key, posting.label, str(posting.copy))
        for record, batch, _, posting, _ in _numbered(month.postings)
    )
    return Table("truth/gl_lines.csv", ("RECORDNO", "BATCH_NO", "key", "label", "copy"), rows)


def _truth_ledger(month: MadeMonth) -> Table:
    rows = (
        (
            entry.key,
            entry.reconciliation,
            line.document,
            line.date.isoformat(),
            line.location,
            line.department,
            line.account,
            str(line.cents),
        )
        for entry in month.right
        for line in entry.lines
    )
    headings = ("key", "rec", "doc", "date", "location", "dept", "account", "amount_cents")
    return Table("truth/right_ledger.csv", headings, rows)
