"""Small months for the laws: a few documents of a few stores, and a ledger with a few mistakes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

import polars as pl
from hypothesis import note
from hypothesis import strategies as st
from make import compare, framed, locations

from recon.money import from_cents, to_cents
from recon.pipeline import Reconciled
from recon.policy import Policy

Lines = tuple[tuple[str, int], ...]  # account and cents, debit above zero
JOURNALS = {"sales": "SJ", "deposits": "CRJ", "payroll": "PYRJ"}
OTHER = {"FOH": "BOH", "BOH": "FOH"}
STORES = ("100", "101", "102")
TWO_ENTITIES = locations("100 entity:E1", "101 entity:E1", "102 entity:E2")
KIOSK_PRICE = 4500  # cents: kiosks sell at one price, so equal amounts come back every day
FIRST_DAY = dt.date(2026, 8, 30)  # two days before the month, so that its first and last entries can cross over


@dataclass(frozen=True)
class Entry:
    """One entry of one side, as a person would write it."""

    name: str
    reconciliation: str
    document: str | None
    date: dt.date
    location: str
    department: str | None
    lines: Lines
    roles: dict[str, str] = field(default_factory=dict)
    journal: str = ""
    state: str = "Posted"
    reference: str | None = None
    memo: str | None = None

    def __str__(self) -> str:
        amounts = ", ".join(f"{account} {from_cents(cents)}" for account, cents in self.lines)
        head = (self.name, self.journal or JOURNALS[self.reconciliation], self.date, self.location, self.department)
        return f"{' '.join(map(str, head))} {self.document}: {amounts}"


@dataclass(frozen=True)
class Month:
    """What ought to stand, what does, and which reconciliations are asked for."""

    documents: tuple[Entry, ...]
    entries: tuple[Entry, ...]
    asked: tuple[str, ...] = ()

    @property
    def only(self) -> tuple[str, ...]:
        """The reconciliations that are asked for, or else those that the month's documents belong to."""
        return self.asked or tuple(
            name for name in JOURNALS if any(one.reconciliation == name for one in self.documents)
        )

    @property
    def expected(self) -> pl.DataFrame:
        """EXPECTED with its working columns."""
        return expected_frame(self.documents)

    @property
    def actual(self) -> pl.DataFrame:
        """LEDGER."""
        return framed("ledger", ledger_rows(self.entries))


def ledger_rows(entries: tuple[Entry, ...]) -> list[dict[str, object]]:
    """One row per line; an entry that moves nothing has no lines."""
    return [
        {
            "line_id": f"{one.name}:{number}",
            "entry_id": one.name,
            "journal": one.journal or JOURNALS[one.reconciliation],
            "posting_date": one.date,
            "account": account,
            "location": one.location,
            "department": one.department,
            "amount": from_cents(cents),
            "currency": "USD",
            "document": one.document,
            "state": one.state,
            "reference": one.reference,
            "memo": one.memo,
        }
        for one in entries
        for number, (account, cents) in enumerate(one.lines, start=1)
        if cents
    ]


def expected_frame(documents: tuple[Entry, ...]) -> pl.DataFrame:
    """The documents as expected lines, named as the expected ledger names them."""
    rows, working = [], []
    for one in documents:
        entry = f"{one.reconciliation}:{one.document}:{one.location}:{one.department or ''}"
        for account, cents in one.lines:
            row = {"line_id": f"{entry}:{account}", "entry_id": entry, "journal": JOURNALS[one.reconciliation]}
            row |= {"posting_date": one.date, "account": account, "location": one.location, "currency": "USD"}
            row |= {"department": one.department, "amount": from_cents(cents), "document": one.document}
            rows.append({**row, "reconciliation": one.reconciliation, "rule": "rule", "source_ids": [str(one.name)]})
            roles = [one.roles[account]] if account in one.roles else []
            working.append({"cents": cents, "roles": roles, "unmapped": False, "in_period": one.date.month == 9})
    schema = {"cents": pl.Int64, "roles": pl.List(pl.String), "unmapped": pl.Boolean, "in_period": pl.Boolean}
    frame = pl.concat([framed("expected", rows), pl.DataFrame(working, schema=schema)], how="horizontal")
    return frame.sort("line_id")


def reconciled(month: Month, extra: tuple[Entry, ...] = (), by: Policy | None = None) -> Reconciled:
    """The month compared, with entries added to its ledger."""
    for one in (*month.documents, *month.entries, *extra):
        note(str(one))
    ledger = replace(month, entries=month.entries + extra).actual
    return compare(month.expected, ledger, only=month.only, locations=TWO_ENTITIES, by=by)


def _deposit(number: int, day: dt.date, store: str, cents: int) -> Entry:
    fee = max(1, cents * 29 // 1000)
    lines = (("1010", cents - fee), ("6510", fee), ("1250", -cents))
    roles = {"1010": "net", "6510": "fees", "1250": "sales"}
    return Entry(f"E{number}", "deposits", f"DEP{store}-{day:%m%d}-{number}", day, store, None, lines, roles)


def _chargeback(number: int, day: dt.date, store: str, cents: int) -> Entry:
    back = cents // 3 + 1
    lines = (("1010", cents - back), ("6520", back), ("1255", -cents))
    roles = {"1010": "net", "6520": "chargebacks", "1255": "sales"}
    return Entry(f"E{number}", "deposits", f"DEP{store}-{day:%m%d}-{number}-amex", day, store, None, lines, roles)


def _day_of_sales(number: int, day: dt.date, store: str, cents: int) -> Entry:
    tax, tip, cash = cents * 8 // 100 + 1, cents * 15 // 100 + 1, cents // 4 + 1
    total = cents + tax + tip
    lines = (("1250", total - cash), ("1030", cash), ("4010", -cents), ("2200", -tax), ("2350", -tip))
    roles = {"1250": "card", "1030": "cash", "4010": "revenue", "2200": "tax", "2350": "tip"}
    return Entry(f"E{number}", "sales", f"SALES-{store}-{day:%Y%m%d}", day, store, None, lines, roles)


def _kiosk(number: int, day: dt.date, store: str, _cents: int) -> Entry:
    lines = (("1250", KIOSK_PRICE), ("4010", -KIOSK_PRICE))
    return Entry(f"E{number}", "sales", f"KIOSK-{store}-{day:%Y%m%d}", day, store, None, lines, {"1250": "card"})


def _run(number: int, day: dt.date, store: str, cents: int) -> Entry:
    tax = cents // 5 + 1
    lines = (("6010", cents), ("2410", -tax), ("1020", tax - cents))
    roles = {"6010": "earning", "2410": "employee_tax", "1020": "net_pay"}
    department = "FOH" if number % 2 else "BOH"
    return Entry(f"E{number}", "payroll", f"PR-R1-{day:%Y%m%d}", day, store, department, lines, roles)


KINDS = (_deposit, _deposit, _chargeback, _day_of_sales, _kiosk, _kiosk, _run)


@st.composite
def documents(draw: st.DrawFn) -> tuple[Entry, ...]:
    """Three to seven source documents; no two have the same number at the same place."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=3, max_size=7))
    made: dict[tuple[object, ...], Entry] = {}
    for number, kind in enumerate(kinds, start=1):
        day = FIRST_DAY + dt.timedelta(days=draw(st.integers(0, 34)))
        one = kind(number, day, draw(st.sampled_from(STORES)), draw(st.integers(100, 250_000)))
        made.setdefault((one.document, one.location, one.department), one)
    return tuple(made.values())


def _lines(change: Callable[[int], int], entry: Entry, only: int | None = None) -> Entry:
    lines = tuple((a, change(c) if only in (None, n) else c) for n, (a, c) in enumerate(entry.lines))
    return replace(entry, lines=lines)


def _two_lines(entry: Entry, first: int, second: int, cents: int) -> Entry:
    """The entry with cents moved from one of its lines to another: it still balances."""
    lines = list(entry.lines)
    first, second = first % len(lines), second % len(lines)
    lines[first] = (lines[first][0], lines[first][1] + cents)
    lines[second] = (lines[second][0], lines[second][1] - cents)
    return replace(entry, lines=tuple(lines))


def _swapped_digits(cents: int) -> int:
    digits = str(abs(cents)).zfill(3)
    return int(digits[:-3] + digits[-2] + digits[-3] + digits[-1]) * (1 if cents > 0 else -1)


def _merged(entry: Entry, line: int) -> Entry:
    """One line's amount inside its neighbour: a fee, tip or tax that was not told apart."""
    lines = list(entry.lines)
    if len(lines) == 1:
        return entry
    _, cents = lines.pop(1 + line % (len(lines) - 1))
    lines[0] = (lines[0][0], lines[0][1] + cents)
    return replace(entry, lines=tuple(lines))


def _halves(entry: Entry) -> list[Entry]:
    """The entry as two, each balanced."""
    halves = tuple((account, cents // 2) for account, cents in entry.lines)
    short = -sum(cents for _, cents in halves)
    halves = ((halves[0][0], halves[0][1] + short), *halves[1:])
    rest = tuple((a, c - h) for (a, c), (_, h) in zip(entry.lines, halves, strict=True))
    return [replace(entry, lines=halves), replace(entry, name=f"{entry.name}s", lines=rest)]


Mutation = Callable[[Entry, int], list[Entry]]
MUTATIONS: dict[str, Mutation] = {
    "drop": lambda one, n: [],
    "copy": lambda one, n: [one, replace(one, name=f"{one.name}c")],
    "copy without document": lambda one, n: [one, replace(one, name=f"{one.name}c", document=None)],
    "other store": lambda one, n: [replace(one, location=STORES[(STORES.index(one.location) + 1 + n % 2) % 3])],
    "other department": lambda one, n: [
        replace(one, department={"FOH": "BOH", "BOH": "FOH"}.get(one.department or ""))
    ],
    "some days off": lambda one, n: [replace(one, date=one.date + dt.timedelta(days=n % 9 - 3))],
    "next month": lambda one, n: [replace(one, date=dt.date(2026, 10, 1) + dt.timedelta(days=n % 5))],
    "month before": lambda one, n: [replace(one, date=dt.date(2026, 8, 29) + dt.timedelta(days=n % 3))],
    "signs swapped": lambda one, n: [_lines(lambda cents: -cents, one)],
    "ten times": lambda one, n: [_lines(lambda cents: cents * 10, one)],
    "digits swapped": lambda one, n: [_lines(_swapped_digits, one)],
    "digits swapped in one line": lambda one, n: [_lines(_swapped_digits, one, n % len(one.lines))],
    "suspense": lambda one, n: [replace(one, lines=(*one.lines[:-1], ("1999", one.lines[-1][1])))],
    "merged": lambda one, n: [_merged(one, n)],
    "no document": lambda one, n: [replace(one, document=None)],
    "document cut short": lambda one, n: [replace(one, document=(one.document or "")[:-2])],
    "document of another kind": lambda one, n: [replace(one, document=f"JE{n}")],
    "two entries": lambda one, n: _halves(one),
    "cents off": lambda one, n: [_two_lines(one, 0, 1, 1 + n % 3)],
    "another amount": lambda one, n: [_two_lines(one, n, n + 1, 1000 + n)],
    "a line lost": lambda one, n: [replace(one, lines=one.lines[1:])],
    "still a draft": lambda one, n: [replace(one, state="Draft")],
    "booked and reversed": lambda one, n: [
        one,
        replace(one, name=f"{one.name}d", document=None),
        replace(_lines(lambda cents: -cents, one), name=f"{one.name}r", document=None),
    ],
}


@st.composite
def months(draw: st.DrawFn, mistakes: int = 4) -> Month:
    """A small month: its documents, and a ledger in which some of them went wrong, once or twice."""
    wanted = draw(documents())
    entries = {one.name: [one] for one in wanted}
    steps = st.tuples(
        st.sampled_from([one.name for one in wanted]), st.sampled_from(list(MUTATIONS)), st.integers(0, 60)
    )
    for name, mutation, size in draw(st.lists(steps, min_size=1, max_size=mistakes)):
        note(f"{name}: {mutation}")
        first, *others = entries[name] or [None]
        if first is not None:
            entries[name] = [*MUTATIONS[mutation](first, size), *others]
    stray = draw(st.sampled_from([(), (), (), *((one,) for one in _STRAY), _STRAY]))
    booked = [one for some in entries.values() for one in some]
    return Month(wanted, tuple(_numbered([*booked, *stray])))


def _numbered(entries: list[Entry]) -> list[Entry]:
    """The entries, each with a name of its own: a copy of a copy is an entry too."""
    return [replace(one, name=f"G{number}") for number, one in enumerate(entries, start=1)]


_STRAY = (
    Entry("X1", "sales", "ADJ-1", dt.date(2026, 9, 15), "100", None, (("6800", 4200), ("2100", -4200)), journal="GJ"),
    Entry("X2", "deposits", None, dt.date(2026, 9, 11), "101", None, (("1010", 7777), ("1250", -7777))),
    Entry("X3", "sales", "MISC", dt.date(2026, 9, 21), "100", None, (("1030", 4500), ("4010", -4500))),
)


def sum_by_cell(lines: pl.DataFrame, amount: str = "amount") -> dict[tuple[str, str | None], Decimal]:
    """Money per account and location, zeros left out."""
    sums = lines.group_by("account", "location").agg(to_cents(amount).sum().alias("cents"))
    return {(account, place): from_cents(cents) for account, place, cents in sums.rows() if cents}


def compared_lines(month_ledger: pl.DataFrame, found: Reconciled, only: tuple[str, ...]) -> pl.DataFrame:
    """The ledger lines of the period that are compared: of an owned journal, or adopted as a correction."""
    corrected = found.frames["variances"].filter(pl.col("cause") == "corrected_elsewhere")
    adopted = corrected.filter(pl.col("status") == "info")["actual_line_ids"].explode().drop_nulls().to_list()
    owned = pl.col("journal").is_in([JOURNALS[name] for name in only]) | pl.col("line_id").is_in(adopted)
    posted = pl.col("state").fill_null("Posted") == "Posted"
    september = pl.col("posting_date").is_between(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
    return month_ledger.filter(owned & posted & september)
