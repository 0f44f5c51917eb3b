"""Bank statements beside the ledger's cash lines, with the true pairs known: cut names, batches, fees and mistakes.

`make_bank` writes one in the dialect of a bank and a bookkeeper that the seed chooses: where a name is cut,
what stands before it, where a check number shows, how fees are netted. `HELD_OUT` dialects have their own
banks, books and names; nothing should be tuned on them. Amounts are signed as in the ledger's cash account:
money in is above zero.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random
from typing import Any

import polars as pl
from bank_dialects import CITIES, DIALECTS, HELD_OUT, STOCKS, Dialect

CENT = Decimal("0.01")
FIRST_DAY = dt.date(2026, 7, 1)
BATCH_SIZES = (2, 2, 2, 2, 3, 3, 3, 4, 4, 5)
SCHEMA = {
    "id": pl.String,
    "amount": pl.Decimal(18, 2),
    "date": pl.Date,
    "text": pl.String,
    "reference": pl.String,
    "currency": pl.String,
}


@dataclass(frozen=True)
class BankCase:
    """One made statement and ledger: left the bank, right the ledger, and what is true of them."""

    left: pl.DataFrame  # one row a bank line: SCHEMA
    right: pl.DataFrame  # one row a ledger line: SCHEMA
    truth: pl.DataFrame  # left_id, right_id: one row a true pair, all pairs of a group
    labels: pl.DataFrame  # side, id, label: one row a line of either side
    dialect: str


@dataclass
class _Writer:
    """The statement and the ledger as they are written, document by document."""

    random: Random
    dialect: Dialect
    days: list[dt.date]
    label: str = ""
    group: int = 0
    check_number: int = 0
    left: list[dict[str, Any]] = field(default_factory=list)
    right: list[dict[str, Any]] = field(default_factory=list)
    parties: list[str] = field(default_factory=list)

    def start(self, label: str) -> None:
        """Begin the next document: its lines belong together."""
        self.label = label
        self.group += 1

    def party(self) -> str:
        """A vendor or customer; some come often."""
        return self.parties[min(int(self.random.expovariate(1.0) * len(self.parties) / 3), len(self.parties) - 1)]

    def day(self, margin: int = 7) -> int:
        """A business day, by number, so that the bank can still clear it."""
        return self.random.randrange(len(self.days) - margin)

    def delay(self, channel: str) -> int:
        """Business days from the ledger to the bank."""
        if channel == "receipt" and self.random.random() < self.dialect.booked_late:
            return -1
        return self.random.choice(self.dialect.delays.get(channel, (0, 1, 1, 2)))

    def number(self) -> str:
        """The next check number."""
        self.check_number += 1
        return str(self.check_number)

    def invoice(self) -> str:
        """An invoice number in the form of the books."""
        return self.dialect.invoice.format(self.random.randrange(10_000, 99_999))

    def bank(self, channel: str, amount: Decimal, day: int, **known: Any) -> None:
        """Write one bank line; `known` may give name, number, batch, location, currency."""
        dialect, random = self.dialect, self.random
        number, template = known.get("number"), random.choice(dialect.bank[channel])
        words = {
            "name": self._bank_name(known.get("name", "")),
            "number": dialect.check.format(int(number)) if channel == "check" else number or "",
            "batch": known.get("batch", str(random.randrange(100, 99_999))),
            "location": known.get("location", ""),
            "city": random.choice(CITIES),
            "trace": str(random.randrange(10**8, 10**15)),
            "card": f"XX{random.randrange(1000, 9999)}",
            "when": f"{self.days[max(day - 1, 0)]:%m/%d}",
        }
        text = template.format(**words)
        shares = (dialect.check_reference, 0) if channel == "check" else (dialect.invoice_shown, dialect.invoice_hidden)
        shown, hidden = (bool(number) and random.random() < share for share in shares)
        if hidden:
            text = f"{text[: dialect.cut - len(words['number']) - 1]} {number}"
        if channel == "check" and "{number}" not in template:
            shown = True  # a bank names the number of a check somewhere
        text = " ".join(text.split())[: dialect.cut].strip()
        self.left.append(
            {
                "amount": amount,
                "date": self.days[day],
                "text": text if dialect.mixed_case else text.upper(),
                "reference": words["number"] if shown else None,
                "currency": known.get("currency", "USD"),
                "group": self.group,
                "label": self.label,
            }
        )

    def book(self, channel: str, amount: Decimal, day: int, **known: Any) -> None:
        """Write one ledger line; `known` as for the bank."""
        dialect, random = self.dialect, self.random
        name = known.get("name", "")
        if name and random.random() < dialect.misspelt:
            name = _misspell(name, random)
        words = {
            "name": name,
            "number": known.get("number", ""),
            "location": known.get("location", ""),
            "brand": known.get("brand", ""),
            "memo": random.choice(STOCKS[dialect.stock].memos),
        }
        text = random.choice(dialect.book[channel]).format(**words)
        number = known.get("number") if channel == "check" or random.random() < dialect.booked_number else None
        self.right.append(
            {
                "amount": amount,
                "date": self.days[day],
                "text": " ".join(text.split())[: dialect.book_cut].strip(" -,"),
                "reference": number or known.get("batch"),
                "currency": known.get("currency", "USD"),
                "group": self.group,
                "label": self.label,
            }
        )

    def _bank_name(self, name: str) -> str:
        dialect, random = self.dialect, self.random
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        for mark, instead in (("&", dialect.ampersand), (",", ""), (".", ""), ("'", "")):
            plain = plain.replace(mark, instead)
        words = plain.split()
        if len(words) > 2 and words[-1] in {"LLC", "Inc", "Co", "Corp", "Ltd"} and random.random() < 0.6:
            words = words[:-1]
        if len(words) > 1 and random.random() < dialect.reordered:
            words = [*words[1:], words[0]]
        joined = ("" if random.random() < dialect.glued else " ").join(words)
        return joined[: dialect.name_cut].strip()


def make_bank(seed: int, bank_lines: int = 1000, *, held_out: bool = False) -> BankCase:
    """A statement of so many bank lines and the ledger beside it; the same seed, the same lines.

    About 1.35 ledger lines a bank line. The seed also chooses the dialect, from `HELD_OUT` if asked.
    """
    dialects = HELD_OUT if held_out else DIALECTS
    dialect = dialects[seed % len(dialects)]
    random = Random(f"{seed}|{bank_lines}|{dialect.name}")
    writer = _Writer(random, dialect, _business_days(dialect, bank_lines), check_number=random.randrange(1000, 40_000))
    writer.parties = _names(random, dialect, max(40, bank_lines // 6))
    kinds = [kind for kind, share in SHARES.items() for _ in range(max(1, round(share * bank_lines)))]
    random.shuffle(kinds)
    for kind in kinds:
        if len(writer.left) > bank_lines - 4:  # the longest document holds four bank lines
            break
        writer.start(kind.__name__.strip("_"))
        kind(writer)
    while len(writer.left) < bank_lines:
        writer.start("payment")
        _payment(writer)
    return _case(writer, random)


def _business_days(dialect: Dialect, bank_lines: int) -> list[dt.date]:
    """The working days of the statement: more lines are a longer time and a busier company."""
    count = max(22, round(dialect.days * (bank_lines / 1000) ** 0.75))
    every = (FIRST_DAY + dt.timedelta(days=offset) for offset in range(count * 2 + 30))
    return [day for day in every if day.weekday() < 5][: count + 7]


def _names(random: Random, dialect: Dialect, count: int) -> list[str]:
    """Distinct parties; many share a surname, a place or a trade."""
    stock = STOCKS[dialect.stock]
    surnames, given = stock.surnames.split(), stock.given.split()
    found: dict[str, None] = {}
    while len(found) < count:
        form = random.choice(stock.forms)
        found[
            form.format(
                surname=random.choice(surnames),
                other=random.choice(surnames),
                given=random.choice(given),
                place=random.choice(stock.places),
                trade=random.choice(stock.trades),
                coined=random.choice(stock.starts) + random.choice(stock.ends),
                suffix=random.choice(("LLC", "Inc.", "Co.", "Corp", "", "")),
            ).strip()
        ] = None
    return list(found)


def _misspell(name: str, random: Random) -> str:
    """The name with one letter left out, doubled or two swapped, past the first of a word."""
    at = random.choice([at for at in range(2, len(name)) if name[at - 2 : at + 1].isalpha()])
    return random.choice((name[:at] + name[at + 1 :], name[:at] + name[at] + name[at:], _swap(name, at)))


def _swap(text: str, at: int) -> str:
    return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]


def _amount(random: Random, middle: float, spread: float = 0.9) -> Decimal:
    """A plausible amount above zero: some round, most to the cent."""
    value = Decimal(str(round(middle * random.lognormvariate(0, spread), 2))) + Decimal("5.03")
    if random.random() < 0.1:
        value = value.quantize(Decimal("5"), ROUND_HALF_EVEN)
    return max(value, Decimal("1.10")).quantize(CENT)


def _clear(writer: _Writer, channel: str, amount: Decimal, **known: Any) -> None:
    """A ledger line and the bank line that clears it, for the same amount."""
    day = writer.day()
    writer.book(channel, amount, day, **known)
    writer.bank(channel, amount, max(day + writer.delay(channel), 0), **known)


def _payment(writer: _Writer) -> None:
    currency = "CAD" if writer.random.random() < 0.02 else "USD"
    number = writer.invoice()
    _clear(writer, "payment", -_amount(writer.random, 600), name=writer.party(), number=number, currency=currency)


def _check(writer: _Writer) -> None:
    _clear(writer, "check", -_amount(writer.random, 500), name=writer.party(), number=writer.number())


def _purchase(writer: _Writer) -> None:
    _clear(writer, "purchase", -_amount(writer.random, 40, 0.7), name=writer.party())


def _receipt(writer: _Writer) -> None:
    _clear(writer, "receipt", _amount(writer.random, 900), name=writer.party(), number=writer.invoice())


def _wire(writer: _Writer) -> None:
    amount = _amount(writer.random, 9000) * writer.random.choice((1, -1))
    _clear(writer, "wire", amount, name=writer.party(), number=writer.invoice())


def _recurring(writer: _Writer) -> None:
    """Rent, a subscription or wages: the same amount every week, fortnight or month."""
    random, name = writer.random, writer.party()
    amount, step = -_amount(random, 800).quantize(Decimal("1")), random.choice((5, 10, 21))
    day, delay = random.randrange(step), random.choice((0, 1, 2))
    for _ in range(4):
        if day + 4 >= len(writer.days):
            break
        writer.book("payment", amount, day, name=name)
        writer.bank("payment", amount, day + max(delay + random.choice((-1, 0, 0, 0, 1)), 0), name=name)
        writer.group += 1
        day += step


def _card_batch(writer: _Writer, *, fee: bool = False) -> None:
    """One card deposit for the sales of a day at a place, by brand or by ticket; net of fees or not."""
    random, day = writer.random, writer.day()
    known = {"location": random.choice(STOCKS[writer.dialect.stock].places)}
    if random.random() < writer.dialect.batch_booked:
        known["batch"] = str(random.randrange(100_000, 999_999))
    amounts = [_amount(random, 350) for _ in range(random.choice(BATCH_SIZES))]
    brands = random.sample(("Visa", "Mastercard", "Discover", "Debit", "Amex", "Other cards"), len(amounts))
    for amount, brand in zip(amounts, brands, strict=True):
        writer.book("card", amount, day, brand=brand, **known)
    parts = amounts if writer.dialect.fee_per_line else [sum(amounts, Decimal(0))]
    fees = sum((_card_fee_of(part) for part in parts), Decimal(0)) if fee else Decimal(0)
    writer.bank("card", sum(amounts, Decimal(0)) - fees, day + writer.delay("card"), **known)


def _card_batch_fee(writer: _Writer) -> None:
    _card_batch(writer, fee=True)


def _card_fee_of(amount: Decimal) -> Decimal:
    return (amount * Decimal("0.029") + Decimal("0.30")).quantize(CENT, ROUND_HALF_EVEN)


def _deposit_batch(writer: _Writer) -> None:
    """Checks of several customers on one deposit slip, which the bank shows without their names."""
    random, day = writer.random, writer.day()
    slip = {"batch": str(random.randrange(1000, 9999))} if random.random() < writer.dialect.batch_booked else {}
    amounts = [_amount(random, 700) for _ in range(random.choice(BATCH_SIZES))]
    for amount in amounts:
        writer.book("deposit", amount, day, name=writer.party(), **slip)
    writer.bank("deposit", sum(amounts, Decimal(0)), day + writer.delay("deposit"), **slip)


def _vendor_batch(writer: _Writer) -> None:
    """Several bills of one vendor, paid at once."""
    random, day, name = writer.random, writer.day(), writer.party()
    amounts = [-_amount(random, 400) for _ in range(random.choice(BATCH_SIZES))]
    for amount in amounts:
        writer.book("payment", amount, day, name=name, number=writer.invoice())
    writer.bank("payment", sum(amounts, Decimal(0)), day + writer.delay("payment"), name=name)


def _split(writer: _Writer) -> None:
    """One ledger entry over two or three bank lines: wages in parts, a day's cards by brand, a bill in halves."""
    random, day = writer.random, writer.day()
    amounts = [_amount(random, 900) for _ in range(random.choice((2, 2, 3)))]
    channel = random.choice(("payroll", "card", "payment"))
    sign = 1 if channel == "card" else -1
    known = {"name": STOCKS[writer.dialect.stock].payroll if channel == "payroll" else writer.party()}
    if channel == "card":
        known = {"location": random.choice(STOCKS[writer.dialect.stock].places)}
    writer.book(channel, sign * sum(amounts, Decimal(0)), day, brand="all brands", **known)
    clearing = day + writer.delay("payroll")
    for amount in amounts:
        writer.bank(channel, sign * amount, clearing + random.choice((0, 0, 0, 1)), **known)


def _card_fee(writer: _Writer) -> None:
    """A customer pays by card: the bank shows the receipt less 2.9 % and 0.30."""
    amount, day, name = _amount(writer.random, 500), writer.day(), writer.party()
    writer.book("receipt", amount, day, name=name, number=writer.invoice())
    writer.bank("receipt", amount - _card_fee_of(amount), day + writer.delay("card"), name=name)


def _wire_fee(writer: _Writer) -> None:
    """A wire with the bank's flat fee inside."""
    random, day = writer.random, writer.day()
    amount = _amount(random, 9000) * random.choice((1, -1))
    known = {"name": writer.party(), "number": writer.invoice()}
    writer.book("wire", amount, day, **known)
    writer.bank("wire", amount - Decimal(writer.dialect.wire_fee), day + writer.delay("wire"), **known)


def _wrong(writer: _Writer, change: Callable[[Decimal], Decimal]) -> None:
    """A document whose ledger line has another amount than the bank's."""
    random, day = writer.random, writer.day()
    channel = random.choice(("check", "payment", "payment", "receipt"))
    amount = _amount(random, 700) * (1 if channel == "receipt" else -1)
    known = {"name": writer.party(), "number": writer.number() if channel == "check" else writer.invoice()}
    writer.book(channel, change(amount), day, **known)
    writer.bank(channel, amount, day + writer.delay(channel), **known)


def _transposed(writer: _Writer) -> None:
    def change(amount: Decimal) -> Decimal:
        digits = str(abs(amount)).replace(".", "")
        places = [at for at in range(1, len(digits)) if digits[at] != digits[at - 1]]
        swapped = _swap(digits, writer.random.choice(places)) if places else digits + "0"
        return Decimal(swapped).scaleb(-2).copy_sign(amount)

    _wrong(writer, change)


def _decimal_slip(writer: _Writer) -> None:
    power = writer.random.choice((1, -1, 2))
    _wrong(writer, lambda amount: amount.scaleb(power).quantize(CENT, ROUND_HALF_EVEN))


def _sign_flip(writer: _Writer) -> None:
    _wrong(writer, lambda amount: -amount)


def _bank_only(writer: _Writer) -> None:
    channel = writer.random.choice(("fee", "fee", "interest"))
    amount = _amount(writer.random, 15, 0.5) * (1 if channel == "interest" else -1)
    writer.bank(channel, amount, writer.day())


def _returned(writer: _Writer) -> None:
    """A customer's check comes back: the bank shows deposit and return, the ledger may know of the return."""
    amount, day, name = _amount(writer.random, 600), writer.day(12), writer.party()
    writer.book("receipt", amount, day, name=name)
    writer.bank("receipt", amount, day + 1, name=name)
    writer.group += 1
    writer.bank("returned", -amount, day + 4, name=name)
    if writer.random.random() < 0.5:
        writer.book("returned", -amount, day + 5, name=name)


def _bank_duplicate(writer: _Writer) -> None:
    """The bank shows one payment twice; the ledger knows it once."""
    _payment(writer)
    writer.left.append(writer.left[-1] | {"group": None})


def _duplicate(writer: _Writer) -> None:
    """The ledger holds one payment twice, on the same day or the next; the bank paid once."""
    writer.random.choice((_payment, _check, _receipt))(writer)
    entry = writer.right[-1]
    later = writer.days[writer.days.index(entry["date"]) + writer.random.choice((0, 0, 1))]
    writer.right.append(entry | {"group": None, "date": later})


def _void(writer: _Writer) -> None:
    """A check and its void, of which the bank knows nothing."""
    _voided(writer, writer.party(), _amount(writer.random, 500))


def _voided(writer: _Writer, name: str, amount: Decimal) -> int:
    """Write a check and its void; the day of the void."""
    day, known = writer.day(12), {"name": name, "number": writer.number()}
    void_day = day + writer.random.randrange(1, 6)
    writer.book("check", -amount, day, **known)
    writer.book("void", amount, void_day, **known)
    return void_day


def _reissued(writer: _Writer) -> None:
    """A check, its void, and the same amount on another check, which the bank pays."""
    name, amount = writer.party(), _amount(writer.random, 500)
    day = _voided(writer, name, amount)
    writer.group += 1
    known = {"name": name, "number": writer.number()}
    writer.book("check", -amount, day, **known)
    writer.bank("check", -amount, day + 3, **known)


def _ledger_only(writer: _Writer) -> None:
    """A check that nobody cashed yet, or a deposit in transit."""
    if writer.random.random() < 0.75:
        writer.book("check", -_amount(writer.random, 500), writer.day(1), name=writer.party(), number=writer.number())
    else:
        writer.book("receipt", _amount(writer.random, 900), len(writer.days) - 1, name=writer.party())


SHARES: Mapping[Callable[[_Writer], None], float] = {  # documents per bank line
    _check: 0.13,
    _purchase: 0.14,
    _receipt: 0.10,
    _wire: 0.03,
    _recurring: 0.02,  # four times the same amount
    _card_batch: 0.055,
    _card_batch_fee: 0.04,
    _deposit_batch: 0.045,
    _vendor_batch: 0.03,
    _split: 0.018,
    _card_fee: 0.02,
    _wire_fee: 0.015,
    _transposed: 0.015,
    _decimal_slip: 0.004,
    _sign_flip: 0.006,
    _bank_only: 0.03,
    _returned: 0.005,
    _bank_duplicate: 0.006,
    _duplicate: 0.008,
    _void: 0.008,
    _reissued: 0.006,
    _ledger_only: 0.03,
}


def _case(writer: _Writer, random: Random) -> BankCase:
    """The written lines in an order that tells nothing, with ids, truth and labels."""
    sides: dict[str, pl.DataFrame] = {}
    for side, rows, letter in (("left", writer.left, "B"), ("right", writer.right, "G")):
        random.shuffle(rows)
        numbered = [row | {"id": f"{letter}{number:06d}"} for number, row in enumerate(rows, start=1)]
        sides[side] = pl.DataFrame(numbered, schema=SCHEMA | {"group": pl.Int64, "label": pl.String})
    left, right = sides["left"], sides["right"]
    pairs = left.join(right, on="group", suffix="_right").select(left_id="id", right_id="id_right")
    labels = [frame.select("id", "label", side=pl.lit(side)) for side, frame in sides.items()]
    return BankCase(
        left=left.select(list(SCHEMA)),
        right=right.select(list(SCHEMA)),
        truth=pairs.sort("left_id", "right_id"),
        labels=pl.concat(labels).select("side", "id", "label"),
        dialect=writer.dialect.name,
    )
