"""Postings that no event of the stores stands behind: the general journal, other books, strays."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from recon.demo.company import OPENING_CENTS
from recon.demo.entries import Entry, Line
from recon.demo.mistakes import DAY, Desk, Posting

_EXPENSES = ("Rent", "Utilities", "Repairs", "Linen service", "Pest control", "Insurance")


def _pair(
    name: tuple[str, str, str],
    where: tuple[dt.date, str, str],
    cents: int,
    accounts: tuple[str, str] = ("1010", "1250"),
) -> Posting:
    """A posting (key, label, journal) of two lines: the first account is debited, the second credited."""
    key, label, journal = name
    date, location, document = where
    debit = Line(date, accounts[0], location, "", document, cents)
    return Posting(journal, key, label, 0, (debit, debit._replace(account=accounts[1], cents=-cents)))


def expenses(desk: Desk, count: int) -> list[Posting]:
    """Bills entered by hand, which are nobody's mistake."""
    return [_expense(desk, n) for n in range(count)]


def _expense(desk: Desk, n: int) -> Posting:
    where = (desk.rng.choice(desk.period.days), desk.rng.choice(desk.locations), f"ADJ{n}")
    bill = _pair((f"noise|{n}", "noise", "GJ"), where, desk.rng.randint(2_000, 500_000), ("6800", "2100"))
    return bill._replace(memo=desk.rng.choice(_EXPENSES))


def ghosts(desk: Desk, count: int) -> list[Posting]:
    """Deposits in the ledger that no processor knows."""
    found = []
    for n in range(count):
        location, date = desk.rng.choice(desk.locations), desk.rng.choice(desk.period.days[10:])
        where = (date, location, f"DEP{int(location) - 100}-{date:%m%d}-x")
        found.append(_pair((f"ghost|{n}", "unexpected", "CRJ"), where, desk.rng.randint(90_000, 310_000)))
    return found


def reversed_pairs(desk: Desk, count: int) -> list[Posting]:
    """Deposits booked by mistake and reversed on the next day; nothing is left to do."""
    found = []
    for n in range(count):
        location, date = desk.rng.choice(desk.locations), desk.rng.choice(desk.period.days[5:-5])
        where = (date, location, f"DEP{int(location) - 100}-{date:%m%d}-r")
        booked = _pair((f"reversed|{n}", "reversed_pair", "CRJ"), where, desk.rng.randint(20_000, 90_000))
        back = tuple(line._replace(date=date + DAY, cents=-line.cents) for line in booked.lines)
        found += [booked, booked._replace(lines=back, copy=1, memo=f"Reversal of {where[2]}")]
    return found


def drafts_and_other_books(desk: Desk) -> list[Posting]:
    """Two drafts and an entry of the tax book: a reconciliation of the posted accrual book passes them by."""
    drafts = [bill._replace(key=f"noise|draft{n}", state="Draft") for n, bill in enumerate(expenses(desk, 2))]
    where = (desk.period.start + 14 * DAY, desk.locations[0], "TAX-1")
    other = _pair(("noise|book", "noise", "TJ"), where, 125_000)  # a journal belongs to one book
    return [*drafts, other._replace(book="TAX", memo="Tax book only")]


def routine(desk: Desk, entries: Iterable[Entry]) -> list[Posting]:
    """Cash brought to the bank each Monday, pay runs funded, last month's sales tax remitted."""
    cash: Counter[tuple[str, dt.date]] = Counter()
    pay: Counter[tuple[str, dt.date]] = Counter()
    for entry in entries:
        monday = entry.date + (7 - entry.date.weekday()) * DAY
        for line in entry.lines:
            if line.account == "1030" and desk.period.has(monday):
                cash[line.location, monday] += line.cents
            if line.account == "1020":
                pay[line.location, entry.date] -= line.cents
    tax_day = desk.period.start + 18 * DAY
    tax = {(location, tax_day): -OPENING_CENTS["2200"] for location in desk.locations}
    return [
        *_transfers("CASH", "Cash to the bank", cash, ("1010", "1030")),
        *_transfers("FUND", "Funding of the pay run", pay, ("1020", "1010")),
        *_transfers("TAX", "Sales tax of last month", tax, ("2200", "1010")),
    ]


def _transfers(
    prefix: str, memo: str, cents: dict[tuple[str, dt.date], int], accounts: tuple[str, str]
) -> list[Posting]:
    found = []
    for (location, date), amount in sorted(cents.items()):
        document = f"{prefix}-{location}-{date:%m%d}"
        if amount > 0:
            posting = _pair((f"noise|{document}", "noise", "GJ"), (date, location, document), amount, accounts)
            found.append(posting._replace(memo=memo))
    return found
