"""The made-up company: its stores, its chart of accounts and the days on which its banks work."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import NamedTuple

import holidays

COMPANY_NAME = "Juniper Table Restaurants"
CUTOFF_HOUR = 23  # store-local; later card tickets belong to the batch of the next day
DAYS_BEFORE = 4  # tickets start so early that the deposits in transit at opening are complete
DAYS_AFTER = 5  # deposits and ledger reach so far into the next month
LAG_DAYS = {"card": 1, "amex": 2}  # business days from the batch to the bank


class Account(NamedTuple):
    """One account of the chart, as Intacct exports it."""

    number: str
    title: str
    normal_balance: str
    type: str = "balancesheet"
    control: str = ""
    direct_posting: str = "true"


CHART = (
    Account("1010", "Operating bank", "debit", control="bank"),
    Account("1020", "Payroll bank", "debit", control="bank"),
    Account("1030", "Cash in safe", "debit"),
    Account("1200", "House accounts receivable", "debit", control="ar"),
    Account("1250", "Card clearing", "debit"),
    Account("1255", "Amex clearing", "debit"),
    Account("1999", "Suspense", "debit"),
    Account("2100", "Accounts payable", "credit", control="ap"),
    Account("2200", "Sales tax payable", "credit"),
    Account("2310", "Gift card liability", "credit"),
    Account("2320", "Customer deposits", "credit"),
    Account("2350", "Tips payable", "credit"),
    Account("2410", "Payroll taxes payable", "credit"),
    Account("2420", "Payroll deductions payable", "credit"),
    Account("3900", "Retained earnings", "credit", direct_posting="false"),
    Account("4010", "Food sales", "credit", "incomestatement"),
    Account("4020", "Beverage sales", "credit", "incomestatement"),
    Account("4030", "Merchandise sales", "credit", "incomestatement"),
    Account("4040", "Service charges", "credit", "incomestatement"),
    Account("4050", "Delivery fees", "credit", "incomestatement"),
    Account("4900", "Discounts and comps", "debit", "incomestatement"),
    Account("4910", "Returns", "debit", "incomestatement"),
    Account("6010", "Wages", "debit", "incomestatement"),
    Account("6110", "Employer payroll taxes", "debit", "incomestatement"),
    Account("6120", "Employee benefits", "debit", "incomestatement"),
    Account("6510", "Merchant fees", "debit", "incomestatement"),
    Account("6520", "Chargebacks", "debit", "incomestatement"),
    Account("6800", "Other expense", "debit", "incomestatement"),
)
TITLES = {account.number: account.title for account in CHART}
RICH_ACCOUNTS = frozenset({"2320", "3900", "4040", "4050"})  # unknown to the plain layout

OPENING_CENTS = {
    "1010": 5_000_000,
    "1020": 2_000_000,
    "1030": 60_000,
    "2200": -900_000,
    "2310": -400_000,
    "2350": -300_000,
    "2410": -250_000,
    "2420": -80_000,
}


@dataclass(frozen=True)
class Store:
    """One restaurant, its merchant account and how it sells."""

    index: int
    name: str
    timezone: str
    fee_billing: str  # daily, monthly
    tax_basis_points: int
    tickets_a_day: int
    menu: tuple[int, ...] = ()  # prices of dishes in cents; empty: any price occurs
    kiosk_price: int = 0  # above zero: the store sells one dish at this price, by Visa only

    @property
    def number(self) -> str:
        """The POS number, which is the Intacct location too."""
        return str(100 + self.index)

    @property
    def merchant(self) -> str:
        """The merchant number at the processor."""
        return f"1010239472{self.index:02d}"


_TOWNS = (
    ("Brooklyn", "America/New_York", 888),
    ("Hoboken", "America/New_York", 663),
    ("Evanston", "America/Chicago", 1025),
    ("Austin", "America/Chicago", 825),
    ("Boulder", "America/Denver", 905),
    ("Phoenix", "America/Phoenix", 860),
    ("Pasadena", "America/Los_Angeles", 1025),
    ("Tacoma", "America/Los_Angeles", 1030),
    ("Savannah", "America/New_York", 700),
    ("Madison", "America/Chicago", 550),
)
_DISHES = (895, 1095, 1250, 1375, 1495, 1650, 1795, 1995, 2250, 2495, 2850, 3295)


def demo_stores(count: int, kiosks: int, rng: Random) -> list[Store]:
    """The restaurants of the demo company in several time zones, each with its menu and tax rate."""
    stores = []
    for index in range(count):
        town, timezone, tax = _TOWNS[index % len(_TOWNS)]
        again = f" {index // len(_TOWNS) + 1}" if index >= len(_TOWNS) else ""
        stores.append(
            Store(
                index=index,
                name=f"JUNIPER {town.upper()}{again}",
                timezone=timezone,
                fee_billing="daily" if index % 3 == 0 else "monthly",
                tax_basis_points=tax,
                tickets_a_day=rng.randint(28, 44),
                menu=tuple(sorted(price + 5 * rng.randint(-8, 8) for price in _DISHES)),
                kiosk_price=1295 if index >= count - kiosks else 0,
            )
        )
    return stores


def plain_stores(count: int, kiosks: int, rng: Random) -> list[Store]:
    """Stores that differ in nothing but number and fee billing; the last ones are kiosks."""
    price = rng.choice((1000, 850, 1200, 1500))
    meals = rng.choice((15, 20, 25))
    return [
        Store(
            index=index,
            name=f"STORE {100 + index}",
            timezone="America/New_York",
            fee_billing="daily" if index % 3 == 0 else "monthly",
            tax_basis_points=825,
            tickets_a_day=meals if index >= count - kiosks else 40,
            kiosk_price=price if index >= count - kiosks else 0,
        )
        for index in range(count)
    ]


@cache
def _bank_holidays(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.financial_holidays("XFED", years=[year - 1, year, year + 1]))


def is_business_day(day: dt.date) -> bool:
    """True unless the day is a weekend or a holiday of the Federal Reserve."""
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def business_days_after(day: dt.date, count: int) -> dt.date:
    """The day that many business days after another, itself a business day."""
    while count:
        day += dt.timedelta(days=1)
        count -= is_business_day(day)
    return day


def days_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """Every day from the first to the last, both included."""
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
