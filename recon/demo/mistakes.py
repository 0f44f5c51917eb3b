"""What a fallible bookkeeper makes of right entries: labelled mistakes and harmless shapes.

A shape is a function from one entry to the postings that stand in the ledger instead of it. The
label is the truth that a reconciliation is measured against.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import NamedTuple

from recon.demo.entries import Entry, Line
from recon.demo.events import DEPARTMENTS
from recon.period import Period

DAY = dt.timedelta(days=1)
WRONG_ACCOUNTS = ("1999", "2350", "4010", "4020", "6010", "6510")


class Posting(NamedTuple):
    """One entry as it stands in the ledger, rightly or wrongly."""

    journal: str
    key: str
    label: str
    copy: int
    lines: tuple[Line, ...]
    state: str = "Posted"
    book: str = "ACCRUAL"
    memo: str = ""


@dataclass(frozen=True)
class Desk:
    """Where the bookkeeper sits: the month, the locations, and the dice."""

    rng: Random
    period: Period
    locations: tuple[str, ...]
    chargebacks_in_clearing: bool = False  # True: an unbooked one hides in clearing as often as in the bank
    misspells: bool = False  # True: documents of mistaken entries and of copies may be misspelt too
    swaps_letters: bool = False  # True: a misspelt document may have two neighbouring letters swapped

    def clip(self, day: dt.date) -> dt.date:
        """The day, or the last of the month if it lies beyond."""
        return min(day, self.period.end)


Change = Callable[[Desk, tuple[Line, ...]], tuple[Line, ...]]


def _redate(lines: tuple[Line, ...], date: dt.date) -> tuple[Line, ...]:
    return tuple(line._replace(date=date) for line in lines)


def _redocument(lines: tuple[Line, ...], document: str) -> tuple[Line, ...]:
    return tuple(line._replace(document=document) for line in lines)


def _move(lines: tuple[Line, ...], change: Callable[[int], int]) -> tuple[Line, ...]:
    """The entry with its largest amount changed, and the next largest by the same delta."""
    first, second = sorted(range(len(lines)), key=lambda n: (-abs(lines[n].cents), lines[n].account))[:2]
    delta = change(lines[first].cents) - lines[first].cents
    moved = list(lines)
    moved[first] = lines[first]._replace(cents=lines[first].cents + delta)
    moved[second] = lines[second]._replace(cents=lines[second].cents - delta)
    return tuple(moved)


def _into(lines: tuple[Line, ...], gone: str, into: str) -> tuple[Line, ...]:
    """The entry without its line on one account, whose amount sits inside the line of another."""
    hidden = sum(line.cents for line in lines if line.account == gone)
    kept = [line for line in lines if line.account != gone]
    return tuple(line._replace(cents=line.cents + hidden) if line.account == into else line for line in kept)


def transposed(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Two neighbouring digits of the largest amount are swapped."""

    def swap(cents: int) -> int:
        digits = str(abs(cents))
        places = [n for n in range(len(digits) - 1) if digits[n] != digits[n + 1] and (n or digits[1] != "0")]
        at = desk.rng.choice(places)
        swapped = int(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])
        return swapped if cents > 0 else -swapped

    return _move(lines, swap)


def decimal_slip(_desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The largest amount is booked ten times too large."""
    return _move(lines, lambda cents: cents * 10)


def rounding(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The largest amount is 1 to 3 cents off."""
    return _move(lines, lambda cents: cents + desk.rng.randint(1, 3))


def amount_other(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The largest amount is some other amount, for no reason that shows."""
    delta = desk.rng.randint(1_600, 89_000)
    delta += delta % 9 == 0  # swapped digits and slipped points differ by a multiple of nine
    return _move(lines, lambda cents: cents + delta)


def sign_flip(_desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Debits and credits are swapped."""
    return tuple(line._replace(cents=-line.cents) for line in lines)


def wrong_account(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """One line stands on an account that the entry does not know."""
    taken = {line.account for line in lines}
    account = desk.rng.choice([number for number in WRONG_ACCOUNTS if number not in taken])
    at = desk.rng.randrange(len(lines))
    return (*lines[:at], lines[at]._replace(account=account), *lines[at + 1 :])


def wrong_location(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """All lines stand at another store."""
    location = desk.rng.choice([one for one in desk.locations if one != lines[0].location])
    return tuple(line._replace(location=location) for line in lines)


def wrong_department(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """All lines stand in another department."""
    department = desk.rng.choice([one for one in DEPARTMENTS if one != lines[0].department])
    return tuple(line._replace(department=department) for line in lines)


def fee_netted(_desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The fee is not shown: clearing is relieved by what reached the bank only."""
    return _into(lines, "6510", "1255" if any(line.account == "1255" for line in lines) else "1250")


def chargeback_unbooked(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The chargeback is not shown: the bank line, or clearing, holds its amount."""
    clearing = next(line.account for line in lines if line.account in {"1250", "1255"})
    into = clearing if desk.chargebacks_in_clearing and desk.rng.random() < 0.5 else "1010"
    return _into(lines, "6520", into)


def tip_omitted(_desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Tips are credited to food."""
    return _into(lines, "2350", "4010")


def tax_omitted(_desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Sales tax is credited to food."""
    return _into(lines, "2200", "4010")


def late_period(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The entry is posted in the first days of the next month."""
    return _redate(lines, desk.period.end + desk.rng.randint(1, 5) * DAY)


def date_shift(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Each line is posted one or two days late, within the month."""
    return tuple(line._replace(date=desk.clip(line.date + desk.rng.randint(1, 2) * DAY)) for line in lines)


def no_doc(_desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The document is empty."""
    return _redocument(lines, "")


def mangled_doc(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Each line has its document cut short or typed in lower case with blanks."""
    return tuple(line._replace(document=_mangle(desk, line.document)) for line in lines)


def _mangle(desk: Desk, document: str) -> str:
    return document[:-1] if desk.rng.random() < 0.5 else document.lower().replace("-", " ")


def _misspelt(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The same entry with its document mangled or, where letters are swapped, with two neighbours in disorder."""
    document = lines[0].document
    if not desk.swaps_letters or desk.rng.random() < 0.5:
        return _redocument(lines, _mangle(desk, document))
    at = next(n for n in range(1, len(document) - 1) if document[n] != document[n + 1])
    return _redocument(lines, document[:at] + document[at + 1] + document[at] + document[at + 2 :])


def split(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Each line is booked as two lines of the same side."""
    halves: list[Line] = []
    for line in lines:
        part = abs(line.cents) * desk.rng.randint(200, 800) // 1000
        part = part if line.cents > 0 else -part
        halves += [line._replace(cents=part), line._replace(cents=line.cents - part)]
    return tuple(line for line in halves if line.cents)


CHANGES: dict[str, Change] = {
    "transposed": transposed,
    "decimal_slip": decimal_slip,
    "rounding": rounding,
    "amount_other": amount_other,
    "sign_flip": sign_flip,
    "wrong_account": wrong_account,
    "wrong_location": wrong_location,
    "wrong_department": wrong_department,
    "fee_netted": fee_netted,
    "chargeback_unbooked": chargeback_unbooked,
    "tip_omitted": tip_omitted,
    "tax_omitted": tax_omitted,
    "late_period": late_period,
    "date_shift": date_shift,
    "no_doc": no_doc,
    "mangled_doc": mangled_doc,
    "split": split,
}
HARMLESS = (
    "date_shift",
    "no_doc",
    "mangled_doc",
    "combined",
    "shared_entry",
    "split",
    "two_parts",
    "rebooked",
    "foreign_journal",
    "corrected_elsewhere",
    "draft_pending",
)
_NEEDS = {  # an account without which the mistake cannot be made
    "fee_netted": "6510",
    "chargeback_unbooked": "6520",
    "tip_omitted": "2350",
    "tax_omitted": "2200",
}
_ONLY = {"wrong_department": "payroll", "combined": "deposit", "shared_entry": "sales", "draft_pending": "sales"}
_SMALLEST_PART = 100  # cents: less is not worth two entries
_TRAITLESS = frozenset({*HARMLESS, "missing", "late_period", "wrong_department", "fee_netted", "chargeback_unbooked"})


def may_be(label: str, entry: Entry) -> bool:
    """True if the mistake can happen to the entry and be told from every other one."""
    if label in _ONLY:
        return entry.reconciliation == _ONLY[label]
    if label == "two_parts":
        return entry.reconciliation != "payroll" and all(abs(line.cents) > _SMALLEST_PART for line in entry.lines)
    if label == "chargeback_unbooked" and any(line.account == "6520" and line.cents < 0 for line in entry.lines):
        return False  # won back: that is a reversal
    if label in {"transposed", "rebooked"}:
        largest = str(max(abs(line.cents) for line in entry.lines))
        return any(a != b and (n or b != "0") for n, (a, b) in enumerate(pairwise(largest)))
    needed = _NEEDS.get(label)
    return needed is None or (needed in entry.accounts and len(entry.lines) > 2)


def misbook(desk: Desk, entry: Entry, label: str, traits: tuple[str, ...]) -> list[Posting]:
    """What stands in the ledger instead of the entry; nothing if it was forgotten."""
    if label == "missing":
        return []
    lines = CHANGES[label](desk, entry.lines) if label in CHANGES else entry.lines
    if "date_shift" in traits:
        lines = _redate(lines, desk.clip(entry.date + desk.rng.randint(1, 3) * DAY))
    if "no_doc" in traits:
        lines = _redocument(lines, "")
    if "mangled_doc" in traits:
        lines = _misspelt(desk, lines)
    first = Posting(entry.journal, entry.key, label, 0, lines)
    if label in _SEVERAL:
        return _SEVERAL[label](desk, first, entry)
    if label == "foreign_journal":
        return [first._replace(journal="GJ")]
    return [first._replace(state="Draft") if label == "draft_pending" else first]


def traits_of(desk: Desk, label: str, percent: int) -> tuple[str, ...]:
    """What else happens to a mistaken entry: its document is missing, its date is off, or both."""
    if label in _TRAITLESS or desk.rng.randrange(100) >= percent:
        return ()
    traits: tuple[tuple[str, ...], ...] = (("no_doc",), ("date_shift",), ("no_doc", "date_shift"))
    if desk.misspells and label != "duplicate":  # what a copy is called is its own business
        traits = (*traits, ("mangled_doc",), ("mangled_doc", "date_shift"))
    return desk.rng.choices(traits, (1, 2, 2, 1, 1)[: len(traits)])[0]


def _copied(desk: Desk, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The second copy: the same once more, or up to three days later without a document or with a misspelt one."""
    if desk.rng.random() < 0.45:
        return lines
    if desk.misspells and lines[0].document and desk.rng.random() < 0.3:
        return _redate(_misspelt(desk, lines), desk.clip(lines[0].date + desk.rng.randint(0, 2) * DAY))
    late = desk.rng.choice((1, 1, 1, 0, 2, 3)) * DAY
    return tuple(line._replace(date=desk.clip(line.date + late), document="") for line in lines)


def _twice(desk: Desk, first: Posting, _entry: Entry) -> list[Posting]:
    return [first, first._replace(copy=1, lines=_copied(desk, first.lines))]


def _corrected(desk: Desk, _first: Posting, entry: Entry) -> list[Posting]:
    """A wrong account, and the general journal entry by which somebody has already mended it."""
    wrong = wrong_account(desk, entry.lines)
    at = next(n for n, line in enumerate(wrong) if line.account != entry.lines[n].account)
    day = desk.clip(entry.date + 3 * DAY)
    mend = (
        entry.lines[at]._replace(date=day, document=f"COR {entry.document}"),
        wrong[at]._replace(date=day, document=f"COR {entry.document}", cents=-wrong[at].cents),
    )
    memo = f"Correct account of {entry.document}"
    return [
        Posting(entry.journal, entry.key, "corrected_elsewhere", 0, wrong),
        Posting("GJ", entry.key, "corrected_elsewhere", 0, mend, memo=memo),
    ]


def _two_parts(desk: Desk, whole: Posting, _entry: Entry) -> list[Posting]:
    """The lines over two entries of one document, each of which balances."""
    permille, lines = desk.rng.randint(250, 750), whole.lines
    part = [line.cents * permille // 1000 for line in lines]
    largest = max(range(len(lines)), key=lambda n: abs(lines[n].cents))
    part[largest] -= sum(part)
    pairs = list(zip(lines, part, strict=True))
    return [
        whole._replace(lines=tuple(line._replace(cents=cents) for line, cents in pairs)),
        whole._replace(lines=tuple(line._replace(cents=line.cents - cents) for line, cents in pairs)),
    ]


def _rebooked(desk: Desk, right: Posting, _entry: Entry) -> list[Posting]:
    """A wrong entry, its reversal on the next day, and the right entry: nothing is left to do."""
    day = desk.clip(right.lines[0].date + DAY)
    wrong = transposed(desk, right.lines)
    back = tuple(line._replace(date=day, cents=-line.cents) for line in wrong)
    again = right._replace(lines=_redate(right.lines, day), memo="Booked again")
    return [right._replace(lines=wrong), right._replace(lines=back, memo="Reversal"), again]


_SEVERAL: dict[str, Callable[[Desk, Posting, Entry], list[Posting]]] = {
    "duplicate": _twice,
    "corrected_elsewhere": _corrected,
    "two_parts": _two_parts,
    "rebooked": _rebooked,
}


def share_entry(entries: list[Entry]) -> Posting:
    """One posting for the documents of several stores of a day; each line names its own document."""
    lines = tuple(line for entry in entries for line in entry.lines)
    return Posting(entries[0].journal, "+".join(entry.key for entry in entries), "shared_entry", 0, lines)


def combine(entries: list[Entry], document: str) -> Posting:
    """One posting for several deposits of a day: one line a store and account."""
    sums: dict[tuple[str, str], int] = {}
    for entry in entries:
        for line in entry.lines:
            sums[line.location, line.account] = sums.get((line.location, line.account), 0) + line.cents
    date = entries[0].date
    lines = tuple(
        Line(date, account, location, "", document, cents) for (location, account), cents in sums.items() if cents
    )
    return Posting("CRJ", "+".join(entry.key for entry in entries), "combined", 0, lines)
