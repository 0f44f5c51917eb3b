"""The ledger of a perfect bookkeeper: one balanced entry for each day of sales, deposit and pay run."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from recon.demo.events import Deposit, PayLine, Ticket
from recon.errors import check

_TENDER_ACCOUNT = {"cash": "1030", "gift_card": "2310", "house_account": "1200"}
_PAY_ACCOUNTS: dict[str, tuple[tuple[str, int], ...]] = {
    "earning": (("6010", 1),),
    "employee_tax": (("2410", -1),),
    "employer_tax": (("6110", 1), ("2410", -1)),
    "deduction": (("2420", -1),),
    "employer_contribution": (("6120", 1), ("2420", -1)),
    "net_pay": (("1020", -1),),
}


class Line(NamedTuple):
    """One ledger line in cents, debit above zero."""

    date: dt.date
    account: str
    location: str
    department: str
    document: str
    cents: int


@dataclass(frozen=True)
class Entry:
    """One entry that ought to stand in the ledger; its lines sum to zero."""

    key: str
    reconciliation: str  # sales, deposit, payroll
    journal: str
    lines: tuple[Line, ...]

    @property
    def date(self) -> dt.date:
        """The posting date, the same for all lines."""
        return self.lines[0].date

    @property
    def location(self) -> str:
        """The Intacct location, the same for all lines."""
        return self.lines[0].location

    @property
    def document(self) -> str:
        """The document, the same for all lines."""
        return self.lines[0].document

    @property
    def accounts(self) -> set[str]:
        """The accounts that the entry touches."""
        return {line.account for line in self.lines}


@dataclass
class _Draft:
    """An entry while its lines are being summed by account."""

    key: str
    reconciliation: str
    journal: str
    date: dt.date
    location: str
    document: str
    department: str = ""
    cents: Counter[str] = field(default_factory=Counter)

    def entry(self) -> Entry:
        """The entry with one line an account, accounts in order; lines of 0.00 are not booked."""
        head = (self.location, self.department, self.document)
        lines = tuple(Line(self.date, account, *head, self.cents[account]) for account in sorted(self.cents))
        lines = tuple(line for line in lines if line.cents)
        check(sum(line.cents for line in lines) == 0, "an entry of the demo does not balance", key=self.key)
        return Entry(self.key, self.reconciliation, self.journal, lines)


def right_entries(tickets: Iterable[Ticket], deposits: Iterable[Deposit], payroll: Iterable[PayLine]) -> list[Entry]:
    """All entries of a perfect bookkeeper, sales first, then deposits, then payroll."""
    drafts = (*_sales(tickets), *map(_deposit, deposits), *_payroll(payroll))
    return [entry for entry in (draft.entry() for draft in drafts) if entry.lines]


def _sales(tickets: Iterable[Ticket]) -> list[_Draft]:
    drafts: dict[tuple[int, dt.date], _Draft] = {}
    for ticket in tickets:
        store, day = ticket.store, ticket.completed_at.date()
        draft = drafts.get((store.index, day))
        if draft is None:
            key = f"sales|{store.index}|{day.isoformat()}"
            document = f"SALES-{store.index:03d}-{day:%Y%m%d}"
            draft = drafts[store.index, day] = _Draft(key, "sales", "SJ", day, store.number, document)
        _add_ticket(draft.cents, ticket)
    return [drafts[place] for place in sorted(drafts)]


def _add_ticket(cents: Counter[str], ticket: Ticket) -> None:
    cents[_tender_account(ticket)] += ticket.total
    cents["4900"] += ticket.discounts
    cents["4010"] -= ticket.food
    cents["4020"] -= ticket.beverage
    cents["4030"] -= ticket.merchandise
    cents["4040"] -= ticket.service_charge
    cents["4050"] -= ticket.delivery_fee
    cents["2310"] -= ticket.gift_card_sold
    cents["2200"] -= ticket.tax
    cents["2350"] -= ticket.tips


def _tender_account(ticket: Ticket) -> str:
    if ticket.tender == "card":
        return "1255" if ticket.brand == "amex" else "1250"
    return _TENDER_ACCOUNT[ticket.tender]


def _deposit(deposit: Deposit) -> _Draft:
    name = deposit.deposit_id
    draft = _Draft(f"deposit|{name}", "deposit", "CRJ", deposit.date, deposit.store.number, name)
    draft.cents["1010"] += deposit.net
    draft.cents["1255" if deposit.group == "amex" else "1250"] -= deposit.sales + deposit.returns
    draft.cents["6510"] -= deposit.fees
    draft.cents["6520"] -= deposit.chargebacks
    return draft


def _payroll(lines: Iterable[PayLine]) -> list[_Draft]:
    drafts: dict[tuple[str, int, str], _Draft] = {}
    for line in lines:
        place = (line.run, line.store.index, line.department)
        draft = drafts.get(place)
        if draft is None:
            key = f"payroll|{line.run}|{line.store.index}|{line.department}"
            document = f"PR-{line.run}-{line.check_date:%Y%m%d}"
            where = (line.check_date, line.store.number, document, line.department)
            draft = drafts[place] = _Draft(key, "payroll", "PYRJ", *where)
        for account, side in _PAY_ACCOUNTS[line.kind]:
            draft.cents[account] += side * line.cents
    return [drafts[place] for place in sorted(drafts)]
