"""Other bank statements beside other books, written apart from `make_bank`: a second opinion, for no tuning.

Where `make_bank` writes in the dialect of one bank at a time, a month here has the conventions that come together in
one account: capitals with a city cut at 22 to 25 letters, purchases by card and day, ACH company ids, check numbers
in a column of their own or in the text alone, processors that settle by merchant number, wages by department. Rents
and retainers are round, in every other month a third of all amounts, so that they meet by accident. What an honest
accountant could not tell apart is no true pair: no party has two equal amounts within a fortnight, unless one is part
of a payment that only it completes, and no other receipts of a day sum to one of its deposits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from random import Random
from typing import Any

import polars as pl
from make_bank import SCHEMA, BankCase

CENT = Decimal("0.01")
FIRST = dt.date(2027, 1, 4)
APART = 14  # days within which a party has no amount twice
MOST_IN_DEPOSIT = 5
BANKS = ("frontier", "heritage", "meridian")

PEOPLE = (
    "Adaeze Obi, Brandon Whitaker, Celeste Fontaine, Dmitri Volkov, Elena Marchetti, Farouk Haddad, Greta Lund,"
    "Hiroshi Sato, Imani Brooks, Jonas Keller, Kaitlyn Sharp, Lorenzo Bianchi, Marisol Vega, Nadia Rahman, Owen Pryce"
)
FAMILIES = (
    "Abbott Barker Calloway Dunham Ellsworth Forsyth Granger Holloway Ingram Jarvis Kessler Langdon Mercer Norwood"
    " Ogden Prescott Quimby Radcliffe Sinclair Thorne Underhill Vance Wexler Yardley Zeller"
)
LINES = (
    "Plumbing & Heating,Dental Laboratory,Office Solutions,Truck Parts,Wholesale Grocers,Packaging,Testing Services,"
    "Document Storage,Tire Center,Lumber,Electrical Contractors,Screen Printing,Water Treatment,Elevator Service,"
    "Translation Bureau,Courier,Sign Works,Lock & Key,Sheet Metal,Staffing Partners,Farm Supply,Glass Block"
)
PREFIXES = "Blue Iron,Cedar,Great Plains,Tri-County,First Street,Northern,Silver Creek,Capitol,Twin Oaks,Metro,Pioneer"
ENDINGS = ("Inc", "LLC", "Co.", "Ltd.", "Corporation", "", "")
CITIES = ("OMAHA NE", "BOISE ID", "TAMPA FL", "FRESNO CA", "AKRON OH", "WACO TX", "SALEM OR", "PROVO UT")
BRANDS = ("Visa", "Mastercard", "Amex", "Discover", "Debit")
DEPARTMENTS = ("Kitchen", "Front office", "Warehouse", "Drivers", "Sales floor")


@dataclass
class _Books:
    """The statement and the books as they are written."""

    random: Random
    bank: str
    days: list[dt.date]
    parties: list[str]
    round_share: float
    label: str = ""
    group: int = 0
    check: int = 0
    left: list[dict[str, Any]] = field(default_factory=list)
    right: list[dict[str, Any]] = field(default_factory=list)
    spent: dict[str, list[tuple[Decimal, int]]] = field(default_factory=dict)

    def start(self, label: str) -> None:
        """Begin the next document."""
        self.label, self.group = label, self.group + 1

    def day(self) -> int:
        """A business day, by number, that leaves room for the bank."""
        return self.random.randrange(len(self.days) - 6)

    def party(self) -> str:
        """A vendor or customer; a third of them stands for most of the lines."""
        return self.parties[int(self.random.triangular(0, len(self.parties), 0))]

    def amount(self, who: str, day: int, middle: float, *, round_share: float | None = None) -> Decimal:
        """An amount above zero that this party has not had within a fortnight."""
        while True:
            some = Decimal(round(middle * self.random.lognormvariate(0, 0.8) * 100) + 217) / 100
            if self.random.random() < (self.round_share if round_share is None else round_share):
                some = (some / 50).quantize(Decimal(1), ROUND_HALF_UP) * 50 + Decimal("0.00")
            taken = (
                known for known, at in self.spent.get(who, ()) if abs((self.days[at] - self.days[day]).days) <= APART
            )
            if some > 0 and some not in taken:
                self.spent.setdefault(who, []).append((some, day))
                return some.quantize(CENT)

    def number(self) -> str:
        """The next check number."""
        self.check += 1
        return str(self.check)

    def shown(self, amount: Decimal, day: int, text: str, reference: str | None = None) -> None:
        """Write a line of the statement: the text as the bank prints it, cut where the bank cuts."""
        cut = {"frontier": 40, "heritage": 34, "meridian": 48}[self.bank]
        text = " ".join(text.upper().replace(",", "").replace(".", "").split())[:cut].strip()
        self.left.append(self._line(amount, day, text, reference))

    def booked(self, amount: Decimal, day: int, text: str, reference: str | None = None) -> None:
        """Write a line of the books."""
        self.right.append(self._line(amount, day, text, reference))

    def _line(self, amount: Decimal, day: int, text: str, reference: str | None) -> dict[str, Any]:
        known = {"text": text, "reference": reference, "currency": "USD", "group": self.group, "label": self.label}
        return {"amount": amount, "date": self.days[day]} | known

    def printed(self, name: str, cut: int) -> str:
        """A name with its city as a card network prints it."""
        plain = name.replace("&", "AND" if self.bank == "meridian" else "&")
        return f"{plain[:cut]} {self.random.choice(CITIES)}"[: cut + 3]


def make_statement(seed: int, bank_lines: int = 1000) -> BankCase:
    """A statement of so many lines and the books beside it; the same seed, the same lines."""
    random = Random(f"statement {seed} {bank_lines}")
    count = max(20, round(40 * (bank_lines / 1000) ** 0.75))
    days = [day for day in (FIRST + dt.timedelta(days=at) for at in range(2 * count)) if day.weekday() < 5][:count]
    books = _Books(
        random, BANKS[seed % len(BANKS)], days, _parties(random, max(40, bank_lines // 5)), (0.12, 0.35)[seed % 2]
    )
    books.check = random.randrange(1200, 60_000)
    kinds = [kind for kind, share in SHARES.items() for _ in range(max(1, round(share * bank_lines)))]
    random.shuffle(kinds)
    for kind in kinds:
        if len(books.left) < bank_lines - 4:
            books.start(kind.__name__.strip("_"))
            kind(books)
    while len(books.left) < bank_lines:
        books.start("ach")
        _ach(books)
    return _case(books)


def _parties(random: Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    people, families = [name.strip() for name in PEOPLE.split(",")], FAMILIES.split()
    while len(found) < count:
        line, ending = random.choice(LINES.split(",")), random.choice(ENDINGS)
        form = random.randrange(5)
        if form == 0:
            name = f"{random.choice(people).split()[0]} {random.choice(families)}"
        elif form == 1:
            name = f"{random.choice(families)} {line} {ending}"
        elif form == 2:
            name = f"{random.choice(PREFIXES.split(','))} {line} {ending}"
        elif form == 3:
            name = f"{random.choice(families)}, {random.choice(families)} & {random.choice(families)}"
        else:
            name = f"{random.choice(families)} Bros. {line}"
        found[name.strip()] = None
    return list(found)


def _check(books: _Books) -> None:
    """A check, whose number the bank prints in a column or in the text."""
    who, day = books.party(), books.day()
    amount, number = -books.amount(who, day, 450), books.number()
    _draft(books, who, day, amount, number)
    _paid(books, amount, day + books.random.choice((1, 2, 2, 3, 4)), number)


def _draft(books: _Books, who: str, day: int, amount: Decimal, number: str) -> None:
    text = books.random.choice((who, f"Bill Pmt - Check {who}", f"Check {number} {who}"))
    books.booked(amount, day, text, number)


def _paid(books: _Books, amount: Decimal, day: int, number: str) -> None:
    column = {"frontier": 1.0, "heritage": 0.0, "meridian": 0.5}[books.bank]
    if books.random.random() < column:
        books.shown(amount, day, "CHECK", number.zfill(8) if books.bank == "meridian" else number)
    else:
        books.shown(amount, day, books.random.choice((f"CHECK #{number}", f"CHECK {number}", f"CK {number}")))


def _purchase(books: _Books) -> None:
    """A purchase by card; the bank prints the day of the sale, the shop and its city."""
    who, day = books.party(), books.day()
    amount = -books.amount(who, day, 60, round_share=0.03)
    books.booked(amount, day, books.random.choice((who, f"Visa 4471 {who}", f"Expense - {who}")))
    when, later = f"{books.days[day]:%m%d}", day + books.random.choice((0, 1, 1, 2))
    shop = books.printed(who, books.random.choice((19, 20, 22)))
    books.shown(amount, later, books.random.choice((f"POS PURCHASE {when} {shop}", f"DBT CRD {when} {shop}")))


def _pay(books: _Books, who: str, amount: Decimal, day: int) -> None:
    """The bank's line of a payment to somebody."""
    name, trace = who[: books.random.choice((16, 20, 22))], books.random.randrange(10**9, 10**10)
    forms = {
        "frontier": (f"ACH DEBIT CO ID {trace} {name}", f"ONLINE PMT {name}"),
        "heritage": (f"{name} ACH PMT {trace}", f"BILL PAY {name}"),
        "meridian": (f"ACH DEBIT {name} CCD {trace}", f"PREAUTH PMT {name}"),
    }[books.bank]
    books.shown(amount, day, books.random.choice(forms))


def _invoice(books: _Books) -> str | None:
    return f"BP-{books.random.randrange(10_000, 99_999)}" if books.random.random() < 0.6 else None


def _ach(books: _Books) -> None:
    """A bill paid by transfer."""
    who, day = books.party(), books.day()
    amount = -books.amount(who, day, 700)
    books.booked(amount, day, books.random.choice((who, f"AP Pymt: {who}", f"Bill payment {who}")), _invoice(books))
    _pay(books, who, amount, day + books.random.choice((0, 1, 1, 2, 3)))


def _receipt(books: _Books) -> None:
    """A customer pays by transfer."""
    who, day = books.party(), books.day()
    amount = books.amount(who, day, 950)
    books.booked(amount, day, books.random.choice((who, f"Pmt recd {who}", f"AR receipt - {who}")), _invoice(books))
    name = who[: books.random.choice((16, 20, 22))]
    form = books.random.choice(
        (f"ACH CREDIT CO ID {books.random.randrange(10**9, 10**10)} {name}", f"ACH CREDIT {name}")
    )
    books.shown(amount, day + books.random.choice((0, 0, 1, 2)), form)


def _wire(books: _Books) -> None:
    """A wire that comes in, less the bank's 25.00 in half of the cases."""
    who, day = books.party(), books.day()
    amount = books.amount(who, day, 8000)
    books.booked(amount, day, f"Wire from {who}", _invoice(books))
    fee = books.random.choice((0, 25))
    books.shown(amount - fee, day + books.random.choice((0, 1)), f"WIRE IN {who[:22]}")


def _settlement(books: _Books) -> None:
    """A processor settles a day's card sales by merchant number, which the books know; one of the two nets its fee."""
    random, day = books.random, books.day()
    merchant, nets = random.choice((("8021554433", True), ("4417700926", False)))
    amounts = [books.amount(f"card {merchant}", day, 500, round_share=0) for _ in range(random.choice((1, 2, 3, 4, 5)))]
    for brand, amount in zip(random.sample(BRANDS, len(amounts)), amounts, strict=True):
        books.booked(amount, day, f"{brand} sales MID {merchant}", f"Z{books.group}")
    gross = sum(amounts, Decimal(0))
    fee = (gross * Decimal("0.0235")).quantize(CENT, ROUND_HALF_UP) if nets else Decimal(0)
    books.shown(gross - fee, day + random.choice((1, 1, 2)), f"MERCHANT BNKCD DEPOSIT {merchant}")


def _deposit(books: _Books) -> None:
    """Two to five receipts, deposited together on the next business day."""
    random, day = books.random, books.day()
    names = [books.party() for _ in range(random.choice((2, 2, 3, 3, 4, 5)))]
    earlier = [row["amount"] for row in books.right if row["date"] == books.days[day] and row["label"] == "deposit"]
    while True:
        amounts = [books.amount(who, day, 600) for who in names]
        if len(earlier) <= 2 * MOST_IN_DEPOSIT and _tells_itself(amounts, earlier):
            break
        day, earlier = (day, earlier) if len(earlier) <= 2 * MOST_IN_DEPOSIT else (books.day(), [])
        earlier = [row["amount"] for row in books.right if row["date"] == books.days[day] and row["label"] == "deposit"]
    for who, amount in zip(names, amounts, strict=True):
        books.booked(amount, day, random.choice((who, f"Check from {who}", f"Pmt recd {who}")))
    books.shown(
        sum(amounts, Decimal(0)), day + 1, random.choice(("DEPOSIT", "BRANCH DEPOSIT", "REMOTE DEPOSIT CAPTURE"))
    )


def _tells_itself(amounts: list[Decimal], earlier: list[Decimal]) -> bool:
    """True where no other two to five receipts of the day sum to this deposit."""
    every, wanted = [*amounts, *earlier], sum(amounts)
    found = sum(sum(some) == wanted for size in range(1, MOST_IN_DEPOSIT + 1) for some in combinations(every, size))
    return found == 1


def _bills(books: _Books) -> None:
    """Two to five bills of one vendor in one payment."""
    who, day = books.party(), books.day()
    amounts = [-books.amount(who, day, 350) for _ in range(books.random.choice((2, 2, 3, 4, 5)))]
    for amount in amounts:
        books.booked(amount, day, f"AP Pymt: {who}", f"BP-{books.random.randrange(10_000, 99_999)}")
    _pay(books, who, sum(amounts, Decimal(0)), day + books.random.choice((0, 1, 2)))


def _overlap(books: _Books) -> None:
    """A bill, and another of the same amount that is paid together with more, some days later."""
    who, day = books.party(), books.random.randrange(len(books.days) - 10)
    amount = -books.amount(who, day, 350)
    books.booked(amount, day, f"AP Pymt: {who}", _invoice(books))
    _pay(books, who, amount, day + books.random.choice((1, 2, 3)))
    books.group += 1
    later = day + books.random.choice((1, 2, 3))
    amounts = [amount, *(-books.amount(who, later, 350) for _ in range(books.random.choice((1, 2, 3))))]
    for part in amounts:
        books.booked(part, later, f"AP Pymt: {who}", _invoice(books))
    _pay(books, who, sum(amounts, Decimal(0)), later + books.random.choice((0, 1, 2)))


def _wages(books: _Books) -> None:
    """One draw of the wage bureau for the departments that the books have."""
    random, day = books.random, books.day()
    chosen = random.sample(DEPARTMENTS, random.choice((2, 3, 4, 5)))
    amounts = [-books.amount("wages", day, 3000, round_share=0) for _ in chosen]
    for department, amount in zip(chosen, amounts, strict=True):
        books.booked(amount, day, f"Net wages {department}", f"PR{books.group}")
    books.shown(
        sum(amounts, Decimal(0)), day + random.choice((0, 1)), f"PAYLOCITY PAYROLL {random.randrange(10**6):06d}"
    )


def _rent(books: _Books) -> None:
    """The same round amount to one party, a fortnight and more apart."""
    who, day = books.party(), books.random.randrange(8)
    amount = -books.amount(who, day, 1500, round_share=1)
    for at in range(day, len(books.days) - 5, 12):
        books.booked(amount, at, books.random.choice((who, f"Rent {who}", f"AP Pymt: {who}")))
        _pay(books, who, amount, at + books.random.choice((0, 1, 2)))
        books.spent[who].append((amount, at))
        books.group += 1


def _transposed(books: _Books) -> None:
    """A payment in whose booking two neighbouring digits changed places."""
    who, day = books.party(), books.day()
    amount = books.amount(who, day, 700)
    digits = str(amount).replace(".", "")
    places = [at for at in range(len(digits) - 1) if digits[at] != digits[at + 1] and (at or digits[1] != "0")]
    if places:
        at = books.random.choice(places)
        digits = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    books.spent[who].append((Decimal(digits) / 100, day))
    books.booked(-Decimal(digits) / 100, day, f"AP Pymt: {who}", _invoice(books))
    _pay(books, who, -amount, day + books.random.choice((0, 1, 2)))


def _void(books: _Books) -> None:
    """A voided check; half of them were issued anew under the next number."""
    who, day = books.party(), books.day()
    amount, number = -books.amount(who, day, 450), books.number()
    _draft(books, who, day, amount, number)
    later = day + books.random.choice((0, 1, 2, 3))
    books.booked(-amount, later, books.random.choice((f"VOID: {who}", f"Void check {number} {who}")), number)
    if books.random.random() < 0.5:
        books.group += 1
        again = books.number()
        _draft(books, who, later, amount, again)
        _paid(books, amount, min(later + books.random.choice((1, 2, 3)), len(books.days) - 1), again)


def _twice(books: _Books) -> None:
    """A bill that was booked twice, and paid once."""
    _ach(books)
    entry = books.right[-1]
    books.right.append(entry | {"group": None})


def _bank_only(books: _Books) -> None:
    sign, text = books.random.choice(
        ((-1, "MONTHLY SERVICE CHARGE"), (-1, "ACCOUNT ANALYSIS CHARGE"), (1, "INTEREST PAID"))
    )
    books.shown(sign * books.amount(text, (day := books.day()), 18, round_share=0), day, text)


def _books_only(books: _Books) -> None:
    """A check that nobody has cashed."""
    who, day = books.party(), books.day()
    _draft(books, who, day, -books.amount(who, day, 450), books.number())


def _returned(books: _Books) -> None:
    """A customer's check, its deposit, and its return, which the books know in half of the cases."""
    who, day = books.party(), books.random.randrange(len(books.days) - 10)
    amount = books.amount(who, day, 500, round_share=0)
    books.booked(amount, day, f"Check from {who}")
    books.shown(amount, day + 1, f"DEPOSIT {who[:16]}")
    books.group += 1
    books.shown(-amount, day + 5, f"RETURNED ITEM NSF {who[:16]}")
    if books.random.random() < 0.5:
        books.booked(-amount, day + 6, f"NSF {who}")


SHARES: Mapping[Callable[[_Books], None], float] = {  # documents per bank line
    _check: 0.17, _purchase: 0.17, _ach: 0.14, _receipt: 0.12, _wire: 0.02, _settlement: 0.065, _deposit: 0.06,
    _bills: 0.035, _overlap: 0.006, _wages: 0.012, _rent: 0.02, _transposed: 0.015, _void: 0.014, _twice: 0.01,
    _bank_only: 0.03, _books_only: 0.025, _returned: 0.005,
}  # fmt: skip


def _case(books: _Books) -> BankCase:
    """Both sides in an order, and with ids, that tell nothing."""
    sides: dict[str, pl.DataFrame] = {}
    for side, rows in (("left", books.left), ("right", books.right)):
        ids = books.random.sample(range(16**5, 16**6), len(rows))
        books.random.shuffle(rows)
        named = [row | {"id": f"{side[0].upper()}{number:x}"} for number, row in zip(ids, rows, strict=True)]
        sides[side] = pl.DataFrame(named, schema=SCHEMA | {"group": pl.Int64, "label": pl.String})
    left, right = sides["left"], sides["right"]
    pairs = left.join(right, on="group", suffix="_right").select(left_id="id", right_id="id_right")
    labels = pl.concat([frame.select("id", "label", side=pl.lit(side)) for side, frame in sides.items()])
    return BankCase(
        left=left.select(list(SCHEMA)),
        right=right.select(list(SCHEMA)),
        truth=pairs.sort("left_id", "right_id"),
        labels=labels.select("side", "id", "label"),
        dialect=books.bank,
    )
