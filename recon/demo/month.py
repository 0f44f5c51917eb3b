"""One made month: what happened, what ought to stand in the ledger, what stands there, and why."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from recon.demo.company import (
    DAYS_AFTER,
    DAYS_BEFORE,
    OPENING_CENTS,
    Store,
    days_between,
    demo_stores,
    plain_stores,
)
from recon.demo.entries import Entry, right_entries
from recon.demo.events import (
    Deposit,
    PayLine,
    Ticket,
    make_deposits,
    make_fee_debits,
    make_payroll,
    make_tickets,
)
from recon.demo.journal import drafts_and_other_books, expenses, ghosts, reversed_pairs, routine
from recon.demo.mistakes import DAY, Desk, Posting, combine, may_be, misbook, share_entry, traits_of
from recon.errors import check
from recon.period import Period, parse_period

# Mistakes that few entries can have choose their entries before the others do.
_CHOOSY = (
    "chargeback_unbooked",
    "fee_netted",
    "wrong_department",
    "combined",
    "shared_entry",
    "tip_omitted",
    "tax_omitted",
)
_TOGETHER = ("combined", "shared_entry")  # several documents in one entry


@dataclass(frozen=True)
class Nature:
    """How the bookkeeper fails, and how real the company is."""

    mistakes: Mapping[str, int]  # label: entries
    kiosks: int = 1
    rich: bool = True  # service charges, gift cards, delivery, house accounts, voided checks, drafts
    traits_percent: int = 0  # mistaken entries whose document is missing or date is off besides
    across_stores: bool = False  # one entry may hold the deposits of several stores
    chargebacks_in_clearing: bool = False  # True: an unbooked one hides in clearing as often as in the bank
    misspells: bool = False  # documents of mistaken entries and of copies may be misspelt too
    swaps_letters: bool = False  # a misspelt document may have two neighbouring letters swapped
    noise: int = 20  # entries of the general journal that are nobody's mistake


class Fate(NamedTuple):
    """What became of one entry: the truth that a reconciliation is measured against."""

    key: str
    label: str
    also: str = ""
    touched: str = ""


@dataclass(frozen=True)
class MadeMonth:
    """Everything about a made month, in cents and in memory."""

    period: Period
    nature: Nature
    stores: list[Store]
    tickets: list[Ticket]  # up to the end of the month
    deposits: list[Deposit]
    payroll: list[PayLine]
    right: list[Entry]
    postings: list[Posting]  # in the order of the ledger
    fates: list[Fate]
    opening: dict[tuple[str, str], int] = field(default_factory=dict)


def make(period: str, seed: int, stores: int, nature: Nature) -> MadeMonth:
    """A whole month; equal arguments make equal months."""
    dice = {name: Random(f"{seed}:{name}") for name in ("stores", "tickets", "deposits", "payroll", "books")}  # noqa: S311
    month = parse_period(period)
    kiosks = min(nature.kiosks, stores - 1)  # a kiosk alone would be no company to reconcile
    places = (demo_stores if nature.rich else plain_stores)(stores, kiosks, dice["stores"])
    after = month.end + DAYS_AFTER * DAY
    days = days_between(month.start - DAYS_BEFORE * DAY, after)
    tickets = make_tickets(places, days, dice["tickets"], rich=nature.rich)
    deposits = make_fee_debits(places, month.start, dice["deposits"])
    deposits += make_deposits(tickets, month.start, after, dice["deposits"], rich=nature.rich)
    deposits.sort(key=lambda deposit: (deposit.date, deposit.deposit_id))
    payroll = make_payroll(places, month.start, dice["payroll"], rich=nature.rich)
    entries = [entry for entry in right_entries(tickets, deposits, payroll) if entry.date >= month.start]
    numbers = tuple(store.number for store in places)
    desk = Desk(dice["books"], month, numbers, nature.chargebacks_in_clearing, nature.misspells, nature.swaps_letters)
    postings, fates = _keep_books(desk, entries, nature)
    return MadeMonth(
        period=month,
        nature=nature,
        stores=places,
        tickets=[ticket for ticket in tickets if ticket.completed_at.date() <= month.end],
        deposits=deposits,
        payroll=payroll,
        right=[entry for entry in entries if month.has(entry.date)],
        postings=postings,
        fates=fates,
        opening=_opening(places, tickets, deposits, month.start, rich=nature.rich),
    )


def _keep_books(desk: Desk, entries: list[Entry], nature: Nature) -> tuple[list[Posting], list[Fate]]:
    """What stands in the ledger in the end, shuffled as people post, and what became of each entry."""
    labels = _assign([entry for entry in entries if desk.period.has(entry.date)], desk, nature)
    postings: list[Posting] = []
    fates: list[Fate] = []
    for entry in entries:
        label = labels.get(entry.key, "clean" if desk.period.has(entry.date) else "next_month")
        if label in _TOGETHER:
            fates.append(Fate(entry.key, label))
            continue
        traits = traits_of(desk, label, nature.traits_percent) if entry.key in labels else ()
        stands = misbook(desk, entry, label, traits)
        postings += stands
        fates.append(Fate(entry.key, label, " ".join(traits), _touched(desk, entry, stands)))
    postings += _combined([entry for entry in entries if labels.get(entry.key) == "combined"], nature)
    postings += _shared([entry for entry in entries if labels.get(entry.key) == "shared_entry"])
    strays = ghosts(desk, nature.mistakes.get("unexpected", 0))
    strays += reversed_pairs(desk, nature.mistakes.get("reversed_pair", 0))
    fates += [Fate(posting.key, posting.label) for posting in strays if posting.copy == 0]
    postings += strays + expenses(desk, nature.noise)
    if nature.rich:
        postings += drafts_and_other_books(desk) + routine(desk, entries)
    desk.rng.shuffle(postings)
    desk.rng.shuffle(fates)
    return postings, fates


def _assign(entries: list[Entry], desk: Desk, nature: Nature) -> dict[str, str]:
    """The label of each entry that does not stay clean."""
    free = list(entries)
    desk.rng.shuffle(free)
    labels: dict[str, str] = {}
    never = {"unexpected", "reversed_pair"}
    if len(desk.locations) == 1:
        never.add("wrong_location")  # there is no other store to book it at
    wanted = [label for label in nature.mistakes if label not in never]
    for label in sorted(wanted, key=lambda label: (label not in _CHOOSY, wanted.index(label))):
        count = nature.mistakes[label]
        if label in _TOGETHER:
            able = [entry for entry in free if may_be(label, entry)]
            across = nature.across_stores or label == "shared_entry"
            chosen = _neighbours(able, count, desk.rng, across_stores=across)
        else:
            able = [entry for entry in free if may_be(label, entry)]
            chosen = (_taking_turns(able) if nature.rich else able)[:count]
        labels |= dict.fromkeys((entry.key for entry in chosen), label)
        free = [entry for entry in free if entry.key not in labels]
    return labels


def _taking_turns(entries: list[Entry]) -> list[Entry]:
    """The entries ordered so that a few from the top show every reconciliation, payroll least often."""
    seen: Counter[str] = Counter()
    turns = []
    for n, entry in enumerate(entries):
        seen[entry.reconciliation] += 1
        turns.append((seen[entry.reconciliation] * (5 if entry.reconciliation == "payroll" else 2), n))
    return [entries[n] for _, n in sorted(turns)]


def _group(entry: Entry, *, across_stores: bool) -> tuple[dt.date, str]:
    return entry.date, "" if across_stores else entry.location


def _neighbours(free: list[Entry], count: int, rng: Random, *, across_stores: bool) -> list[Entry]:
    """Entries to post together: two to four of one day, of one store or of several."""
    groups: dict[tuple[dt.date, str], list[Entry]] = {}
    for entry in free:
        groups.setdefault(_group(entry, across_stores=across_stores), []).append(entry)
    chosen: list[Entry] = []
    for group in groups.values():
        if len(chosen) < count and len(group) > 1:
            chosen += group[: rng.randint(2, 4)]
    return chosen[: max(count, 2)]


def _combined(entries: list[Entry], nature: Nature) -> list[Posting]:
    groups: dict[tuple[dt.date, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(_group(entry, across_stores=nature.across_stores), []).append(entry)
    return [
        combine(group, f"DEPOSITS {group[0].date:%m/%d}" if len(group) > 1 else group[0].document)
        for group in groups.values()
    ]


def _shared(entries: list[Entry]) -> list[Posting]:
    days: dict[dt.date, list[Entry]] = {}
    for entry in entries:
        days.setdefault(entry.date, []).append(entry)
    return [share_entry(several) for several in days.values()]


def _touched(desk: Desk, entry: Entry, stands: Iterable[Posting]) -> str:
    """The accounts whose balance a mistake changes in the month, separated by blanks."""
    off: Counter[tuple[str, str, str]] = Counter()
    for line in entry.lines:
        off[line.account, line.location, line.department] -= line.cents
    for posting in stands:
        for line in posting.lines:
            if line.date <= desk.period.end or entry.date > desk.period.end:
                off[line.account, line.location, line.department] += line.cents
    return " ".join(sorted({account for (account, _, _), cents in off.items() if cents}))


def _opening(
    stores: list[Store], tickets: list[Ticket], deposits: list[Deposit], start: dt.date, *, rich: bool
) -> dict[tuple[str, str], int]:
    """Balances before the month by account and location; clearing holds exactly what is in transit."""
    arriving = {deposit.batch_id for deposit in deposits if deposit.batch_id}
    opening: Counter[tuple[str, str]] = Counter()
    for store in stores:
        for account, cents in OPENING_CENTS.items():
            opening[account, store.number] = cents
    for ticket in tickets:
        if ticket.tender == "card" and ticket.completed_at.date() < start:
            batch = f"B{ticket.store.index}-{ticket.batch_day:%m%d}-{ticket.group}"
            if batch in arriving:
                opening["1255" if ticket.group == "amex" else "1250", ticket.store.number] += ticket.total
    if rich:
        for store in stores:
            opening["1200", store.number] = 45_000
            opening["3900", store.number] = -sum(cents for (_, at), cents in opening.items() if at == store.number)
    return dict(opening)


def trial_balance(month: MadeMonth) -> list[tuple[str, str, int, int, int]]:
    """Account, location, opening, debits and credits in cents, of posted lines of the month."""
    debits: Counter[tuple[str, str]] = Counter()
    credits_: Counter[tuple[str, str]] = Counter()
    for posting in month.postings:
        if posting.state == "Posted" and posting.book == "ACCRUAL":
            for line in posting.lines:
                if month.period.has(line.date):
                    side = debits if line.cents > 0 else credits_
                    side[line.account, line.location] += abs(line.cents)
    places = debits.keys() | credits_.keys()
    if month.nature.rich:
        places |= {place for place, cents in month.opening.items() if cents}
    rows = [(*place, month.opening.get(place, 0), debits[place], credits_[place]) for place in sorted(places)]
    check(sum(row[3] - row[4] for row in rows) == 0, "the trial balance of the demo does not foot")
    return rows
