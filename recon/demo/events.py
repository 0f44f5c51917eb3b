"""What happened in the stores: tickets, card batches with their deposits, and payroll runs.

All money is integer cents; the only source of chance is the generator that is handed in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from random import Random
from typing import NamedTuple

from recon.demo.company import CUTOFF_HOUR, LAG_DAYS, Store, business_days_after

BRANDS = ("visa", "mastercard", "amex", "discover")
_BRAND_WEIGHTS = (50, 28, 15, 7)
_FEE_PERMILLE = {"card": 21, "amex": 29}
_FEE_CENTS_AN_ITEM = 10
_WEEKDAY_PERCENT = (78, 82, 92, 100, 128, 136, 110)  # Monday first
_GIFT_CARDS = (2500, 5000, 10000)
DEPARTMENTS = ("FOH", "BOH", "ADMIN")


class Ticket(NamedTuple):
    """One POS ticket in cents; every amount of a return is negative."""

    number: int
    store: Store
    completed_at: dt.datetime  # store-local
    kind: str  # sale, return
    food: int
    beverage: int
    merchandise: int
    discounts: int
    service_charge: int
    gift_card_sold: int
    delivery_fee: int
    tax: int
    tips: int
    total: int
    tender: str
    brand: str

    @property
    def batch_day(self) -> dt.date:
        """The day whose card batch holds the ticket."""
        return self.completed_at.date() + dt.timedelta(days=self.completed_at.hour >= CUTOFF_HOUR)

    @property
    def group(self) -> str:
        """The deposit group of a card ticket: American Express settles apart."""
        return "amex" if self.brand == "amex" else "card"


@dataclass(frozen=True)
class Deposit:
    """One funding in cents; sales + returns + chargebacks + fees = net."""

    deposit_id: str
    batch_id: str  # empty for a monthly fee debit
    store: Store
    group: str  # card, amex, fees
    date: dt.date
    sales: int = 0
    returns: int = 0
    chargebacks: int = 0  # below zero taken back, above zero won back
    fees: int = 0

    @property
    def net(self) -> int:
        """Cents that reach the bank; below zero if they leave it."""
        return self.sales + self.returns + self.chargebacks + self.fees


class PayLine(NamedTuple):
    """One row of the payroll register, in cents and hundredths of hours."""

    run: str
    check_date: dt.date
    employee: str
    store: Store
    department: str
    kind: str
    code: str
    cents: int
    check_no: int
    check_type: str
    hours: int = 0


def share(cents: int, parts: int, whole: int) -> int:
    """The share of an amount in cents, halves to the even cent, alike for both signs."""
    product = abs(cents) * parts
    quotient, rest = divmod(product, whole)
    quotient += rest * 2 > whole or (rest * 2 == whole and quotient % 2 == 1)
    return quotient if cents >= 0 else -quotient


def make_tickets(stores: list[Store], days: list[dt.date], rng: Random, *, rich: bool) -> list[Ticket]:
    """Every ticket of the days, in the order of completion, then of its number."""
    tickets: list[Ticket] = []
    number = 500_000
    for store in stores:
        for day in days:
            for _ in range(_tickets_on(store, day, rng, rich=rich)):
                minute = rng.randrange(12 * 60, 13 * 60) if store.kiosk_price else rng.randrange(8 * 60, 24 * 60)
                at = dt.datetime(day.year, day.month, day.day, minute // 60, minute % 60)  # noqa: DTZ001
                if store.kiosk_price:
                    tickets.append(_kiosk_ticket(number, store, at))
                else:
                    tickets.append(_ticket(number, store, at, rng, rich=rich))
                number += 1
    return sorted(tickets, key=attrgetter("completed_at", "number"))


def _tickets_on(store: Store, day: dt.date, rng: Random, *, rich: bool) -> int:
    if store.kiosk_price:
        return store.tickets_a_day
    usual = store.tickets_a_day * _WEEKDAY_PERCENT[day.weekday()] // 100 if rich else store.tickets_a_day
    return max(5, usual + rng.randint(-8, 8) + rng.randint(-8, 8))


def _kiosk_ticket(number: int, store: Store, at: dt.datetime) -> Ticket:
    price = store.kiosk_price
    tax = share(price, store.tax_basis_points, 10_000)
    return Ticket(number, store, at, "sale", price, 0, 0, 0, 0, 0, 0, tax, 0, price + tax, "card", "visa")


def _ticket(number: int, store: Store, at: dt.datetime, rng: Random, *, rich: bool) -> Ticket:
    is_return = rng.random() < 0.015
    tender, brand = _tender(rng, rich=rich)
    food, beverage, merchandise = _goods(store, rng)
    discounts = share(food, rng.randint(5, 20), 100) if not is_return and rng.random() < 0.07 else 0
    service = gift = delivery = 0
    if rich and not is_return:
        service, gift, delivery = _extras(food + beverage, rng)
    base = food + beverage + merchandise - discounts
    tax = share(base, store.tax_basis_points, 10_000)
    has_tip = tender == "card" and not is_return and rng.random() < 0.5
    tips = share(base, rng.randint(150, 250), 1000) if has_tip else 0
    total = base + service + gift + delivery + tax + tips
    sign, kind = (-1, "return") if is_return else (1, "sale")
    food, beverage, merchandise, tax, total = (sign * part for part in (food, beverage, merchandise, tax, total))
    goods = (food, beverage, merchandise, discounts, service, gift, delivery)
    return Ticket(number, store, at, kind, *goods, tax, tips, total, tender, brand)


def _tender(rng: Random, *, rich: bool) -> tuple[str, str]:
    draw = rng.randrange(1000)
    if draw < 825:
        return "card", rng.choices(BRANDS, _BRAND_WEIGHTS)[0]
    if rich and draw < 840:
        return "house_account", ""
    return ("cash", "") if draw < 971 else ("gift_card", "")


def _goods(store: Store, rng: Random) -> tuple[int, int, int]:
    if store.menu:
        food = sum(rng.choices(store.menu, k=rng.choice((1, 1, 2, 2, 2, 3, 4))))
    else:
        food = rng.randrange(60, 2700) + rng.randrange(2700) + (rng.randrange(6000) if rng.random() < 0.1 else 0)
    beverage = rng.randrange(150, 1700) if rng.random() < 0.6 else 0
    merchandise = rng.randrange(500, 5300) if rng.random() < 0.075 else 0
    return food, beverage, merchandise


def _extras(base: int, rng: Random) -> tuple[int, int, int]:
    """Service charge of large tables, gift card sold and delivery fee, each seldom."""
    service = share(base, 18, 100) if base > 9000 else 0
    gift = rng.choice(_GIFT_CARDS) if rng.random() < 0.012 else 0
    delivery = rng.choice((399, 499, 599)) if rng.random() < 0.05 else 0
    return service, gift, delivery


def make_deposits(
    tickets: Iterable[Ticket], first: dt.date, last: dt.date, rng: Random, *, rich: bool
) -> list[Deposit]:
    """The deposits that arrive from the first to the last day, by date and name; no fee debits."""
    batches: dict[tuple[int, dt.date, str], list[Ticket]] = {}
    for ticket in tickets:
        if ticket.tender == "card":
            batches.setdefault((ticket.store.index, ticket.batch_day, ticket.group), []).append(ticket)
    found = []
    for (_, day, group), batch in sorted(batches.items()):
        date = business_days_after(day, LAG_DAYS[group])
        if first <= date <= last:
            found.append(_deposit(batch, day, group, date, rng, rich=rich))
    return sorted(found, key=attrgetter("date", "deposit_id"))


def _deposit(batch: list[Ticket], day: dt.date, group: str, date: dt.date, rng: Random, *, rich: bool) -> Deposit:
    store = batch[0].store
    sales = sum(ticket.total for ticket in batch if ticket.total > 0)
    returns = sum(ticket.total for ticket in batch if ticket.total < 0)
    fees = share(sales + returns, _FEE_PERMILLE[group], 1000) + _FEE_CENTS_AN_ITEM * len(batch)
    chargebacks = 0
    if rng.random() < 0.02:
        chargebacks = -rng.randint(1500, 14500)
        if rich and rng.random() < 0.3:  # the cardholder's bank lost the dispute
            chargebacks = -chargebacks
    return Deposit(
        deposit_id=f"DEP{store.index}-{day:%m%d}-{group}",
        batch_id=f"B{store.index}-{day:%m%d}-{group}",
        store=store,
        group=group,
        date=date,
        sales=sales,
        returns=returns,
        chargebacks=chargebacks,
        fees=-fees if store.fee_billing == "daily" else 0,
    )


def make_fee_debits(stores: list[Store], start: dt.date, rng: Random) -> list[Deposit]:
    """Last month's fees of the stores that are billed monthly, debited on the third business day."""
    date = business_days_after(start - dt.timedelta(days=1), 3)
    return [
        Deposit(
            deposit_id=f"FEE{store.index}-{date:%m%d}",
            batch_id="",
            store=store,
            group="fees",
            date=date,
            fees=-(rng.randint(14_000, 17_000) if store.kiosk_price else rng.randint(90_000, 125_000)),
        )
        for store in stores
        if store.fee_billing == "monthly"
    ]


def fee_kinds(deposit: Deposit) -> dict[str, int]:
    """What a monthly debit is made of, in cents above zero: seven tenths go on to the cards' banks."""
    passed_on = -deposit.fees * 7 // 10
    return {"interchange": passed_on, "discount": -deposit.fees - passed_on}


def make_payroll(stores: list[Store], start: dt.date, rng: Random, *, rich: bool) -> list[PayLine]:
    """The register of two runs, four people to a department; kiosks have no staff of their own."""
    first = start + dt.timedelta(days=rng.randint(4, 9))
    while first.weekday() > 4:
        first += dt.timedelta(days=1)
    lines: list[PayLine] = []
    staffed = [store for store in stores if not store.kiosk_price]
    check_no = 20_001
    for run, date in (("RUN1", first), ("RUN2", first + dt.timedelta(days=14))):
        employee = 0
        for store in staffed:
            for department in DEPARTMENTS:
                for _ in range(4):
                    name = f"E{employee // 12:03d}{employee % 12:02d}"
                    head = PayLine(run, date, name, store, department, "", "", 0, check_no, "regular")
                    lines += _check(head, rng, rich=rich)
                    employee, check_no = employee + 1, check_no + 1
    return lines + _void_and_reissue(lines, check_no) if rich else lines


def _check(head: PayLine, rng: Random, *, rich: bool) -> list[PayLine]:
    """The rows of one pay check; gross less taxes and deductions is net pay."""
    gross = rng.randint(40_000, 100_000)
    overtime = rng.randint(2_000, 9_000) if rich and rng.random() < 0.15 else 0
    income_tax, social = share(gross + overtime, 11, 100), share(gross + overtime, 765, 10_000)
    saving = rng.choice((5000, 12_500)) if rng.random() < 0.67 else 0
    benefit = 8000 if rng.random() < 0.5 else 0
    rows = [
        ("earning", "REG", gross, rng.randint(5_000, 8_000) if rich else 0),
        ("earning", "OT", overtime, overtime * 2 // 5),
        ("employee_tax", "FIT", income_tax, 0),
        ("employee_tax", "FICA", social, 0),
        ("deduction", "401K", saving, 0),
        ("employer_tax", "FICA-ER", social, 0),
        ("employer_contribution", "MED-ER", benefit, 0),
        ("net_pay", "NET", gross + overtime - income_tax - social - saving, 0),
    ]
    return [head._replace(kind=kind, code=code, cents=cents, hours=hours) for kind, code, cents, hours in rows if cents]


def _void_and_reissue(lines: list[PayLine], check_no: int) -> list[PayLine]:
    """A check of the second run that was voided: its rows negative, then once more on a new check."""
    lost = [line for line in lines if line.check_no == lines[-1].check_no]
    voided = [line._replace(check_type="void", cents=-line.cents, hours=-line.hours) for line in lost]
    return voided + [line._replace(check_type="manual", check_no=check_no) for line in lost]
