"""The books of one Intacct company as tables, and how the demo company fills them.

Money is integer cents, dates and UTC moments are ISO text, true and false are `true` and `false`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import chain

from recon.demo import MadeMonth
from recon.demo.company import CHART, OPENING_CENTS, Account
from recon.sandbox.world import Row, Rows, Table

_DAY = dt.timedelta(days=1)
_DEPARTMENTS = (("FOH", "Front of house"), ("BOH", "Back of house"), ("ADMIN", "Administration"))
_JOURNALS = (
    ("SJ", "Sales journal", "ACCRUAL"),
    ("CRJ", "Cash receipts journal", "ACCRUAL"),
    ("PYRJ", "Payroll journal", "ACCRUAL"),
    ("GJ", "General journal", "ACCRUAL"),
    ("TJ", "Tax journal", "TAX"),
)
_ENTITIES = (("10", "Juniper Table East"), ("20", "Juniper Table West"))
_WESTERN = ("America/Denver", "America/Phoenix", "America/Los_Angeles")
_MEMOS = {"SJ": "Daily sales", "CRJ": "Card deposit", "PYRJ": "Payroll", "GJ": "General journal"}
_ALTERNATIVE = {"ar": "Receivables account", "ap": "Payables account"}
_AUDIT = {"createdby": "TEXT", "modifiedby": "TEXT", "whencreated": "TEXT", "whenmodified": "TEXT"}

TABLES = (
    Table(
        "intacct_batch",
        {
            "recordno": "INTEGER", "batchno": "INTEGER", "journal": "TEXT", "batch_date": "TEXT", "batch_title": "TEXT",
            "state": "TEXT", "referenceno": "TEXT", "bookid": "TEXT", "module": "TEXT", "baselocation_no": "TEXT",
            "reversedate": "TEXT", "reversedkey": "INTEGER", "reversedfrom": "TEXT", "history_comment": "TEXT",
            "supdocid": "TEXT", "transactionsource": "TEXT", "adj": "TEXT", "modified": "TEXT", **_AUDIT,
        },
        "recordno",
        (("referenceno",), ("batch_date",), ("whenmodified", "recordno")),
    ),
    Table(
        "intacct_line",
        {
            "recordno": "INTEGER", "batchkey": "INTEGER", "line_no": "INTEGER", "entry_date": "TEXT",
            "tr_type": "INTEGER", "cents": "INTEGER", "accountno": "TEXT", "location": "TEXT", "department": "TEXT",
            "document": "TEXT", "description": "TEXT", "customerid": "TEXT", "vendorid": "TEXT", "employeeid": "TEXT",
            "projectid": "TEXT", "itemid": "TEXT", "classid": "TEXT", "currency": "TEXT", "trx_cents": "INTEGER",
            "exchange_rate": "TEXT", "whencreated": "TEXT", "whenmodified": "TEXT",
        },
        "recordno",
        (("batchkey",), ("entry_date",), ("whenmodified", "recordno"), ("document",)),
        unit="batchkey",
        owner="intacct_batch",
    ),
    Table(
        "intacct_account",
        {
            "recordno": "INTEGER", "accountno": "TEXT", "title": "TEXT", "accounttype": "TEXT", "normalbalance": "TEXT",
            "closingtype": "TEXT", "category": "TEXT", "alternativeaccount": "TEXT", "status": "TEXT",
            "statistical": "TEXT", "restricted": "TEXT", "requiredept": "TEXT", "requireloc": "TEXT",
            "requireproject": "TEXT", "requirecustomer": "TEXT", "requirevendor": "TEXT", "requireemployee": "TEXT",
            "requireitem": "TEXT", "requireclass": "TEXT", **_AUDIT,
        },
        "recordno",
        unique=("accountno",),
    ),
    Table(
        "intacct_location",
        {
            "recordno": "INTEGER", "locationid": "TEXT", "name": "TEXT", "parentid": "TEXT", "entity": "TEXT",
            "status": "TEXT", "currency": "TEXT", "open_from": "TEXT", **_AUDIT,
        },
        "recordno",
        unique=("locationid",),
    ),
    Table(
        "intacct_department",
        {"recordno": "INTEGER", "departmentid": "TEXT", "title": "TEXT", "parentid": "TEXT", "status": "TEXT",
         **_AUDIT},
        "recordno",
        unique=("departmentid",),
    ),
    Table(
        "intacct_journal",
        {"recordno": "INTEGER", "symbol": "TEXT", "title": "TEXT", "bookid": "TEXT", "adj": "TEXT",
         "statistical": "TEXT", "status": "TEXT", **_AUDIT},
        "recordno",
        unique=("symbol",),
    ),
    Table(
        "intacct_period",
        {"recordno": "INTEGER", "name": "TEXT", "header1": "TEXT", "header2": "TEXT", "start_date": "TEXT",
         "end_date": "TEXT", "budgeting": "TEXT", "status": "TEXT", **_AUDIT},
        "recordno",
    ),
    Table(
        "intacct_customer",
        {"recordno": "INTEGER", "customerid": "TEXT", "name": "TEXT", "status": "TEXT", "totaldue": "INTEGER",
         "taxid": "TEXT", "creditlimit": "INTEGER", "private_to": "TEXT", "comments": "TEXT", **_AUDIT},
        "recordno",
        (("customerid",),),
    ),
    Table(
        "intacct_sodocument",
        {"recordno": "INTEGER", "docno": "TEXT", "docid": "TEXT", "docparid": "TEXT", "custvendid": "TEXT",
         "state": "TEXT", "total": "INTEGER", "trx_total": "INTEGER", "currency": "TEXT", "location": "TEXT",
         "prrecordkey": "TEXT", "whenposted": "TEXT", "message": "TEXT", **_AUDIT},
        "recordno",
        (("docid",), ("docparid",)),
    ),
    Table(
        "intacct_balance",
        {"recordno": "INTEGER", "accountno": "TEXT", "location": "TEXT", "cents": "INTEGER", "as_of": "TEXT"},
        "recordno",
        (("accountno",),),
    ),
    Table(
        "intacct_folder",
        {"recordno": "INTEGER", "name": "TEXT", "description": "TEXT", "parent": "TEXT", **_AUDIT},
        "recordno",
        unique=("name",),
    ),
    Table(
        "intacct_attachment",
        {"recordno": "INTEGER", "supdocid": "TEXT", "supdocname": "TEXT", "folder": "TEXT", "description": "TEXT",
         "files": "TEXT", **_AUDIT},
        "recordno",
        unique=("supdocid",),
    ),
    Table("intacct_controlid", {"controlid": "TEXT", "function": "TEXT", "seen_at": "TEXT"}, "controlid"),
    Table(
        "intacct_result",
        {"resultid": "TEXT", "object": "TEXT", "fields": "TEXT", "keys": "TEXT", "pagesize": "INTEGER",
         "given": "INTEGER"},
        "resultid",
    ),
    Table(
        "intacct_replay",
        {"key": "TEXT", "digest": "TEXT", "status": "INTEGER", "body": "TEXT", "seen_at": "TEXT"},
        "key",
    ),
    Table("intacct_job", {"jobid": "TEXT", "status": "TEXT", "results": "TEXT"}, "jobid"),
    Table("intacct_report", {"reportid": "TEXT", "kind": "TEXT", "parameters": "TEXT"}, "reportid"),
)  # fmt: skip


def made(month: MadeMonth) -> Rows:
    """The rows of the demo company's books: its ledger, its chart and its balances before the month."""
    opened = f"{month.period.start - 400 * _DAY}T08:00:00+00:00"
    audit = {"createdby": "1", "modifiedby": "1", "whencreated": opened, "whenmodified": opened}
    journals = ({"symbol": symbol, "title": title, "bookid": book} for symbol, title, book in _JOURNALS)
    departments = ({"departmentid": number, "title": title} for number, title in _DEPARTMENTS)
    common = {"status": "active", **audit}
    return {
        "intacct_batch": _batches(month),
        "intacct_line": _lines(month),
        "intacct_account": _numbered((_account(one) for one in CHART), common),
        "intacct_location": _numbered(_locations(month), {"currency": "USD", **common}),
        "intacct_department": _numbered(departments, common),
        "intacct_journal": _numbered(journals, {"adj": "F", "statistical": "F", **common}),
        "intacct_period": _numbered(_periods(month.period.start.year), {"budgeting": "true", **common}),
        "intacct_customer": _numbered(_customers(month), {"totaldue": 0, **common}),
        "intacct_folder": _numbered([{"name": "Reconciliations"}], audit),
        "intacct_balance": _openings(month),
        "intacct_sodocument": _documents(month),
    }


def _numbered(rows: Iterable[Row], common: Row) -> Iterator[Row]:
    return ({"recordno": number, **common, **row} for number, row in enumerate(rows, 1))


def _posted_at(day: dt.date) -> str:
    return f"{day + _DAY}T05:00:00+00:00"


def _batches(month: MadeMonth) -> Iterator[Row]:
    seen: dict[str, int] = {}
    for number, posting in enumerate(month.postings, 1):
        seen[posting.journal] = seen.get(posting.journal, 0) + 1
        at = _posted_at(posting.lines[0].date)
        yield {
            "recordno": number,
            "batchno": seen[posting.journal],
            "journal": posting.journal,
            "batch_date": posting.lines[0].date,
            "batch_title": posting.memo or _MEMOS[posting.journal],
            "state": posting.state,
            "referenceno": f"R{number:05d}",
            "bookid": posting.book,
            "module": "2.GL",
            "adj": "F",
            "modified": at,
            "createdby": "1",
            "modifiedby": "1",
            "whencreated": at,
            "whenmodified": at,
        }


def _lines(month: MadeMonth) -> Iterator[Row]:
    every = (
        (batch, line_no, posting, line)
        for batch, posting in enumerate(month.postings, 1)
        for line_no, line in enumerate(posting.lines, 1)
    )
    for record, (batch, line_no, posting, line) in enumerate(every, 1):
        at = _posted_at(line.date)
        yield {
            "recordno": record,
            "batchkey": batch,
            "line_no": line_no,
            "entry_date": line.date,
            "tr_type": 1 if line.cents > 0 else -1,
            "cents": abs(line.cents),
            "trx_cents": abs(line.cents),
            "accountno": line.account,
            "location": line.location,
            "department": line.department or None,
            "document": line.document or None,
            "description": posting.memo or _MEMOS[posting.journal],
            "currency": "USD",
            "whencreated": at,
            "whenmodified": at,
        }


def _account(account: Account) -> Row:
    income = account.type == "incomestatement"
    no = dict.fromkeys(
        ("requiredept", "requireproject", "requirecustomer", "requirevendor", "requireemployee"), "false"
    )
    return {
        "accountno": account.number,
        "title": account.title,
        "accounttype": account.type,
        "normalbalance": account.normal_balance,
        "closingtype": "closing account" if income else "non-closing account",
        "alternativeaccount": _ALTERNATIVE.get(account.control, "None"),
        "category": "Cash and Cash Equivalents" if account.control == "bank" else None,
        "statistical": "F",
        "restricted": "true" if account.direct_posting == "false" else "false",
        **no,
        "requireitem": "false",
        "requireclass": "false",
        "requireloc": "true",
    }


def _locations(month: MadeMonth) -> Iterator[Row]:
    entities = ({"locationid": number, "name": name, "entity": number} for number, name in _ENTITIES)
    stores = (
        {"locationid": store.number, "name": store.name, "entity": entity, "parentid": entity}
        for store in month.stores
        for entity in [_ENTITIES[store.timezone in _WESTERN][0]]
    )
    # The books of the months before are closed: an entry may be dated from here on.
    return ({"open_from": month.period.start, **row} for row in chain(entities, stores))


def _periods(year: int) -> Iterator[Row]:
    for number in range(1, 13):
        start = dt.date(year, number, 1)
        end = (start + 31 * _DAY).replace(day=1) - _DAY
        name = f"Month Ended {end:%B} {year}"
        yield {
            "name": name,
            "header1": "Month Ended",
            "header2": f"{end:%m/%d/%Y}",
            "start_date": start,
            "end_date": end,
        }


def _customers(month: MadeMonth) -> Iterator[Row]:
    return ({"customerid": f"HOUSE-{store.number}", "name": f"House accounts {store.name}"} for store in month.stores)


def _documents(month: MadeMonth) -> Iterator[Row]:
    """What was sold on house account: an order of the day before, and the invoice that it was converted into."""
    sold = [ticket for ticket in month.tickets if ticket.tender == "house_account" and ticket.kind == "sale"]
    # An invoice that no period has closed yet is pending; an order that became one is converted.
    kinds = (("Sales Order", "SO", _DAY, "Converted"), ("Sales Invoice", "SI", 0 * _DAY, "Pending"))
    every = ((number, ticket, *kind) for kind in kinds for number, ticket in enumerate(sold, 1))
    for record, (number, ticket, kind, letters, before, state) in enumerate(every, 1):
        day = ticket.completed_at.date() - before
        at = f"{day}T08:00:00+00:00"
        yield {
            "recordno": record,
            "docno": f"{letters}{number:04d}",
            "docid": f"{kind}-{letters}{number:04d}",
            "docparid": kind,
            "custvendid": f"HOUSE-{ticket.store.number}",
            "state": state,
            "total": ticket.total,
            "trx_total": ticket.total,
            "currency": "USD",
            "location": ticket.store.number,
            "whenposted": day if letters == "SI" else None,
            "message": f"Ticket {ticket.number}",
            "createdby": "1",
            "modifiedby": "1",
            "whencreated": at,
            "whenmodified": at,
        }


def _openings(month: MadeMonth) -> Iterator[Row]:
    day = month.period.start - _DAY
    every = sorted(month.opening.items())
    return (
        {"recordno": number, "accountno": account, "location": location, "cents": cents, "as_of": day}
        for number, ((account, location), cents) in enumerate(every, 1)
        if cents or account in OPENING_CENTS
    )
