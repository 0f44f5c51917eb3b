"""The demo's bookkeeper, given the rehearsal's events, books the rehearsal's right ledger to the cent."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from recon.demo.company import Store
from recon.demo.entries import right_entries
from recon.demo.events import Deposit, PayLine, Ticket

GROUPS = {"DEPOSIT": "card", "AMEX DEPOSIT": "amex", "MONTHLY FEES": "fees"}


def rows(month: Path, name: str) -> Iterator[dict[str, str]]:
    with (month / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def cents(text: str) -> int:
    return int(Decimal(text or "0") * 100)


def date(text: str) -> dt.date:
    month, day, year = text[:10].split("/")
    return dt.date(int(year), int(month), int(day))


def store(number: str) -> Store:
    return Store(int(number[-3:]) - 100 if len(number) == 3 else int(number[-2:]), "", "", "daily", 0, 0)


def tickets(month: Path) -> Iterator[Ticket]:
    for row in rows(month, "retail_tickets.csv"):
        goods = (cents(row[name]) for name in ("Food", "Beverage", "Merchandise", "Discounts"))
        ends = (cents(row[name]) for name in ("Tax Total", "Tips", "Total"))
        closed = dt.datetime.combine(date(row["Completed At"]), dt.time.fromisoformat(row["Completed At"][11:]))
        head = (int(row["Ticket #"]), store(row["Location #"]), closed, row["Type"])
        yield Ticket(*head, *goods, 0, 0, 0, *ends, row["Tender"], row["Card Brand"])


def deposits(month: Path) -> Iterator[Deposit]:
    for row in rows(month, "processor_deposits.csv"):
        parts = (cents(row[name]) for name in ("Sales", "Returns", "Chargebacks", "Fees"))
        head = (row["Deposit Reference Number"], row["Batch #"], store(row["Merchant Number"]))
        yield Deposit(*head, GROUPS[row["Description"]], date(row["Deposit Date"]), *parts)


def payroll(month: Path) -> Iterator[PayLine]:
    for row in rows(month, "payroll_register.csv"):
        who = (row["Payroll Run"], date(row["Check Date"]), row["Employee ID"], store(row["Work Location"]))
        what = (row["Department"], row["Line Type"], row["Code"], cents(row["Amount"]))
        yield PayLine(*who, *what, 0, "")


@pytest.mark.parametrize("name", ["rehearsal-2026-09", "rehearsal-2026-08-hard"])
def test_the_right_ledger_of_the_rehearsal_is_booked(rehearsal: Callable[[str], Path], name: str) -> None:
    month = rehearsal(name)
    period = name[10:17]
    booked = {
        (entry.key, line.document, line.date.isoformat(), line.location, line.department, line.account, line.cents)
        for entry in right_entries(tickets(month), deposits(month), payroll(month))
        for line in entry.lines
        if line.date.isoformat().startswith(period)
    }
    columns = ("key", "doc", "date", "location", "dept", "account")
    right = {
        (*(row[name] for name in columns), int(row["amount_cents"])) for row in rows(month, "truth/right_ledger.csv")
    }

    assert booked == right
