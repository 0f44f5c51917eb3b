"""What stands nearest to a document or an entry that found no partner, and what would have to differ."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from recon.matching import EntryMatches, Slip, compare, diagnose
from recon.matching.slips import NEAR, Place
from recon.money import accounting, from_cents

_NEIGHBOURS = 4  # open slips looked at before and after a day, at one place or on one account
# Doubt in a candidate, in days.
_OTHER_PLACE, _OTHER_DOCUMENT, _NO_DOCUMENT, _TAKEN, _TOLD_APART = 8, 6, 3, 12, 15
_OTHER_AMOUNTS = 30  # where no amount agrees
_SHOWN = 2  # accounts that are named with what they are off by
NO_ENTRY = "No entry comes near: none that is left over shares its place or an account."
NO_DOCUMENT = "No document comes near: none that is left over shares its place or an account."


@dataclass
class _Shelf:
    """Slips by what may bring them near to one of the other side, each list by day."""

    by_document: dict[str, list[Slip]] = field(default_factory=dict)
    by_amount: dict[tuple[str, int], list[Slip]] = field(default_factory=dict)
    by_place: dict[Place, list[Slip]] = field(default_factory=dict)
    by_account: dict[str, list[Slip]] = field(default_factory=dict)
    partner: dict[str, str] = field(default_factory=dict)  # key to the document or entry that it is matched with

    def near(self, slip: Slip) -> list[Slip]:
        """Slips worth a look, each once: of its document or an amount, or next to its day at its place or account."""
        found = [one for text in slip.documents for one in self.by_document.get(text, [])]
        for pair in slip.content:
            found += _around(self.by_amount.get(pair, []), slip, NEAR)
        found += _around(self.by_place.get(slip.place, []), slip, _NEIGHBOURS)
        for account, _ in slip.content:
            found += _around(self.by_account.get(account, []), slip, _NEIGHBOURS)
        return [*{one.key: one for one in found}.values()]


def _around(slips: Sequence[Slip], slip: Slip, count: int) -> Sequence[Slip]:
    at = bisect_left(slips, slip.date, key=lambda one: one.date)
    return slips[max(0, at - count) : at + count]


def _open(slips: Iterable[Slip]) -> _Shelf:
    """A shelf of slips that found no partner either."""
    shelf = _Shelf()
    for slip in sorted(slips, key=lambda slip: (slip.date, slip.key)):
        for text in slip.documents:
            shelf.by_document.setdefault(text, []).append(slip)
        for pair in slip.content:
            shelf.by_amount.setdefault(pair, []).append(slip)
            shelf.by_account.setdefault(pair[0], []).append(slip)
        shelf.by_place.setdefault(slip.place, []).append(slip)
    return shelf


def _taken(asking: Iterable[Slip], matched: Iterable[tuple[Slip, str]]) -> _Shelf:
    """A shelf of matched slips, only of documents and amounts that somebody asks for: they are few."""
    asking = list(asking)
    documents = {text for slip in asking for text in slip.documents}
    amounts = {pair for slip in asking for pair in slip.content}
    shelf = _Shelf()
    if not asking:
        return shelf
    for slip, partner in sorted(matched, key=lambda pair: (pair[0].date, pair[0].key)):
        for text in documents.intersection(slip.documents):
            shelf.by_document.setdefault(text, []).append(slip)
        for pair in amounts.intersection(slip.content):
            shelf.by_amount.setdefault(pair, []).append(slip)
        shelf.partner[slip.key] = partner
    return shelf


class Nearest:
    """Says of each slip without a partner what is nearest on the other side, and what stands against it.

    Each question costs a few dozen comparisons, however many slips there are.
    """

    def __init__(self, matches: EntryMatches, *, rounding: int) -> None:
        self._rounding = rounding
        self._rejected = matches.rejected
        missing, surplus = matches.expected_left, matches.actual_left
        entries = (
            (slip, f"matched with {group.expected[0].title}")
            for group in matches.groups
            if group.expected
            for slip in group.actual
        )
        documents = (
            (slip, f"matched with entry {entry_of(group.actual[0])}")
            for group in matches.groups
            if group.actual
            for slip in group.expected
        )
        self._entries = _open(surplus), _taken(missing, entries)
        self._documents = _open(missing), _taken(surplus, documents)

    def entry(self, slip: Slip) -> str:
        """The entry nearest to a document that none books, in a sentence."""
        best = _best(self._entries, slip, lambda other: (slip.key, other.key) in self._rejected)
        if best is None:
            return NO_ENTRY
        named = f"{entry_of(best)} ({best.title})" if best.title else f"{entry_of(best)} without a document"
        return f"Nearest entry: {named}{self._against(slip, best, best, self._entries[1])}."

    def document(self, slip: Slip) -> str:
        """The document nearest to an entry that none asks for, in a sentence."""
        best = _best(self._documents, slip, lambda other: (other.key, slip.key) in self._rejected)
        if best is None:
            return NO_DOCUMENT
        return f"Nearest document: {best.title}{self._against(best, slip, best, self._documents[1])}."

    def _against(self, wanted: Slip, found: Slip, other: Slip, taken: _Shelf) -> str:
        """What stands against the pair, each after a comma: place, day, amounts, another partner."""
        words = []
        if wanted.place != found.place:
            location, department = other.place
            there = "at no location" if location is None else f"at location {location}"
            same = wanted.place[0] == found.place[0]
            words.append(f"in department {department}" if same and department else there)
        apart = (other.date - (found if other is wanted else wanted).date).days
        if apart:
            words.append(f"{abs(apart)} day{'s' if abs(apart) > 1 else ''} {'later' if apart > 0 else 'earlier'}")
        words.append(self._amounts(wanted, found))
        if (wanted.key, found.key) in self._rejected:
            words.append("told apart by a person")
        if other.key in taken.partner:
            words.append(taken.partner[other.key])
        return "".join(f", {one}" for one in words)

    def _amounts(self, wanted: Slip, found: Slip) -> str:
        if wanted.content == found.content:
            return "same amounts"
        both = compare([wanted], [found])
        trait = diagnose(both, rounding=self._rounding)[0]
        if trait.cause not in ("amount_other", "partial", "rounding"):
            return trait.evidence
        off = sorted(both.differing(), key=lambda account: (-abs(both.difference(account)), account))
        shown = [f"{accounting(from_cents(both.difference(account)))} on {account}" for account in off[:_SHOWN]]
        left = len(off) - _SHOWN
        if left > 0:
            shown.append(f"on {left} more account{'s' if left > 1 else ''}")
        return f"off by {', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else f"off by {shown[0]}"


def entry_of(slip: Slip) -> str:
    """The id of the ledger entry that a slip is part of."""
    return slip.key.split("|", 1)[0]


def _best(shelves: tuple[_Shelf, _Shelf], slip: Slip, is_apart: Callable[[Slip], bool]) -> Slip | None:
    """The candidate of least doubt; of equal ones the first by key."""
    free, taken = shelves
    candidates = [(_doubt(slip, one) + is_apart(one) * _TOLD_APART, one) for one in free.near(slip)]
    candidates += [(_doubt(slip, one) + _TAKEN + is_apart(one) * _TOLD_APART, one) for one in taken.near(slip)]
    return min(candidates, key=lambda pair: (pair[0], pair[1].key))[1] if candidates else None


def _doubt(slip: Slip, other: Slip) -> float:
    """How far two slips are from being one, in days."""
    doubt = float(abs((slip.date - other.date).days)) + (_OTHER_PLACE if slip.place != other.place else 0)
    if not slip.documents or not other.documents:
        doubt += _NO_DOCUMENT
    elif not set(slip.documents) & set(other.documents):
        doubt += _OTHER_DOCUMENT
    every = {*slip.content, *other.content}
    agree = len({*slip.content} & {*other.content})
    return doubt + _OTHER_AMOUNTS * (1 - agree / len(every) if every else 0)
