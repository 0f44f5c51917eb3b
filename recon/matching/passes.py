"""The passes over slips: reference, key, grouped, window, (subset), cross. Pure: what is open in, groups out.

Each sees only the residue of the passes before it. Costs are whole points of doubt: a missing
document, another place, another day, another amount each add some; what is cheapest in total wins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import TypeVar

from recon.matching.assign import Alone, Edge, assign
from recon.matching.documents import Relation, closest, is_swap, relate_slips, shape
from recon.matching.model import Group, Limits, PassName, Residue
from recon.matching.slips import Content, Place, Slip, join_content
from recon.matching.traits import compare, diagnose, negated

# Points of doubt. Only their order matters much; what leaving both sides alone costs keeps three weak
# signs from making a match.
DOCUMENT_COST: dict[Relation, int] = {"exact": 0, "mangled": 10, "similar": 20, "none": 40, "other": 60}
PLACE_COST = 30
TRAIT_COST = {
    "sign_flip": 10,
    "fee_netted": 10,
    "fee_unbooked": 10,
    "chargeback_unbooked": 10,
    "reversal_unbooked": 10,
    "tip_omitted": 10,
    "tax_omitted": 10,
    "wrong_account": 10,
    "rounding": 10,
    "unmapped": 10,
    "decimal_slip": 20,
    "transposition": 20,
    "partial": 30,
}
OTHER_AMOUNT_COST = 60  # when no amount of the slip agrees; less as more of it agrees
DAY_EARLIER_COST = 5  # on top, per day: books follow the event; with 4 a day early would tie with two days late
OTHER_PERIOD_COST = 25
MISSING_COST, UNEXPECTED_COST = 15, 100  # to leave a document, or a ledger entry, without a partner
STRONG = 25  # content this close may bridge a place or a document that names something else
COPY_COST = 10  # on top of the missing document: a copy of a booked entry is the simpler story
_MOST_COMBINED = 12
TELLING = 3  # accounts on which the amounts of two slips agree: no accident any more
K = TypeVar("K")
T = TypeVar("T")
SAME_DOCUMENT = "same document at the same place"


def tie_words(expected: Sequence[Slip], actual: Sequence[Slip]) -> str:
    """What a group says of which several readings do equally well."""
    return f"{len(expected)} documents and {len(actual)} entries fit equally well"


def index_by(slips: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """The items by a key, in order."""
    found: dict[K, list[T]] = {}
    for slip in slips:
        found.setdefault(key(slip), []).append(slip)
    return found


def by_reference(residue: Residue, _limits: Limits) -> list[Group]:
    """Pass 1: the same document at the same place.

    Where several places share a document (a payroll run), it alone names none of them: there only equal
    amounts match at once.
    """
    found = index_by((s for s in residue.actual.values() if s.document), lambda s: (s.document, s.place))
    groups: list[Group] = []
    used: set[str] = set()
    for slip in residue.expected.values():
        named = found.get((slip.document, slip.place), []) if slip.document else []
        # A ledger without departments has one place for several slips of a document: each entry serves one.
        candidates = [one for one in named if one.key not in used and residue.allows(slip, one)]
        chosen = _equal_of(slip, candidates)
        if not chosen and slip.document not in residue.shared:
            chosen = _nearest_of(slip, candidates)
        if chosen:
            used |= {one.key for one in chosen}
            groups.append(Group("reference", "match", (slip,), chosen, SAME_DOCUMENT))
    return groups


def by_document(residue: Residue, limits: Limits) -> list[Group]:
    """Pass 1, other places: what is left of each document; weak amounts only at the slip's own place."""
    named = index_by((s for s in residue.actual.values() if s.document), lambda s: s.document)
    edges = [
        (slip, other, cost if slip.place == other.place else cost + PLACE_COST)
        for slip in residue.expected.values()
        if slip.documents
        for other in named.get(slip.documents[0], [])
        if residue.allows(slip, other)
        if (cost := content_cost(slip, other, limits)) <= STRONG or slip.place == other.place
        if not (cost and other.correction)
    ]
    return _assigned(
        "reference", edges, lambda e, a: "same document, " + ("same place" if e.place == a.place else "other place")
    )


def _equal_of(slip: Slip, candidates: list[Slip]) -> tuple[Slip, ...]:
    """Of several slips with the document: the one that equals it, else those that sum to it, else none.

    A correction of ours that equals the document by accident completes entries beside it all the same: it stands for
    the document only where no sum of several does.
    """
    equal = [one for one in candidates if one.content == slip.content]
    nearest = sorted(equal, key=lambda one: (one.correction, abs((one.date - slip.date).days), one.key))[:1]
    if nearest and not nearest[0].correction:
        return tuple(nearest)
    several = candidates[:_MOST_COMBINED]
    for size in range(len(several), 1, -1):
        for some in combinations(several, size):
            if join_content(some) == slip.content:
                return some
    return tuple(nearest)


def _nearest_of(slip: Slip, candidates: list[Slip]) -> tuple[Slip, ...]:
    """The slip whose amounts come nearest, or all together where they come nearer still.

    A correction of ours completes an entry; alone it is none, however near its amounts are.
    """
    entries = [one for one in candidates if not one.correction]
    if not entries:
        return ()
    nearest = min(entries, key=lambda one: (_gap(slip.content, one.content), abs((one.date - slip.date).days), one.key))
    together = _gap(slip.content, join_content(candidates))
    return tuple(candidates) if together < _gap(slip.content, nearest.content) else (nearest,)


def _gap(wanted: Content, found: Content) -> int:
    """Cents by which two contents differ, summed over accounts."""
    left, right = dict(wanted), dict(found)
    return sum(abs(left.get(account, 0) - right.get(account, 0)) for account in {*left, *right})


def undoing(residue: Residue, _limits: Limits) -> list[Group]:
    """After the references: ledger slips of one document and place that undo each other, no candidates any more."""
    waiting: dict[tuple[tuple[str, ...], Place, Content], list[Slip]] = {}
    pairs: list[tuple[Slip, Slip]] = []
    for slip in [one for one in residue.actual.values() if one.documents]:
        partners = waiting.get((slip.documents, slip.place, negated(slip.content)), [])
        if partners:
            pairs.append((partners.pop(0), slip))
        else:
            waiting.setdefault((slip.documents, slip.place, slip.content), []).append(slip)
    return [Group("reference", "match", (), pair, "two entries of one document undo each other") for pair in pairs]


def by_misspelt_reference(residue: Residue, limits: Limits) -> list[Group]:
    """Pass 1, typos: a truncated or misspelt document at the same place; it means the one that it comes nearest to."""
    places = index_by(residue.expected.values(), lambda slip: slip.place)
    edges: list[tuple[Slip, Slip, int]] = []
    for other in residue.actual.values():
        if other.key in residue.copies or not other.documents:
            continue
        for slip in places.get(other.place, []):
            if _relation(slip, other, residue, limits) == "mangled" and residue.allows(slip, other):
                edges.append((slip, other, content_cost(slip, other, limits) + _day_cost(slip, other)))
    return _assigned("reference", edges, lambda _e, _a: "misspelt document at the same place")


def _relation(slip: Slip, other: Slip, residue: Residue, limits: Limits) -> Relation:
    """How the documents of two slips relate; what comes nearer to another document of its place misspells that one.

    Two digits swapped are a misspelling near the document's day and with its amounts, or all but what a trait explains;
    else they are the number of another document.
    """
    relation = relate_slips(other, slip, edits=limits.document_edits)
    near = slip.in_period and other.in_period and abs(days_between(slip, other)) <= limits.window_days
    swapped = relation == "similar" and near and any(is_swap(text, slip.documents[0]) for text in other.documents)
    if swapped and content_cost(slip, other, limits) <= STRONG:
        relation = "mangled"
    nearest = residue.nearest.get(other.key)
    if relation != "mangled" or not nearest:
        return relation
    wanted, edits = slip.documents[0], limits.document_edits
    means = any(wanted in closest(text, [*nearest, wanted], edits=edits) for text in other.documents)
    return "mangled" if means else "other"


def _free(residue: Residue) -> list[Slip]:
    """Actual slips whose documents say nothing about which expected one they are, or say it wrongly."""
    return [
        slip
        for slip in residue.actual.values()
        if slip.key in residue.misnamed or (slip.key not in residue.copies and not _names_a_sibling(slip, residue))
    ]


def _names_a_sibling(slip: Slip, residue: Residue) -> bool:
    """True where the document has the form of the company's own: it names some document, expected or not."""
    return any(shape(text) in residue.series for text in slip.documents)


def _readable(slip: Slip, limits: Limits) -> bool:
    """True where the ledger was read for the slip's own day: else its partner may simply not be here."""
    return limits.ledger_from <= slip.date <= limits.ledger_to


def by_key(residue: Residue, limits: Limits) -> list[Group]:
    """Pass 2: same place, content and day; of equal twins the k-th meets the k-th."""
    return _same_content("key", residue, limits, lambda apart: apart == 0, "same place, amounts and day")


def by_window(residue: Residue, limits: Limits) -> list[Group]:
    """Pass 4: same place and content within the window of days, solved as one assignment."""
    inside = limits.window_days
    return _same_content(
        "window", residue, limits, lambda apart: abs(apart) <= inside, "same place and amounts, other day"
    )


def _same_content(
    name: PassName, residue: Residue, limits: Limits, is_near: Callable[[int], bool], words: str
) -> list[Group]:
    # What may be a copy of a booked entry waits for the last pass, where both stories compete; not so on
    # the document's own day, where the match is the simpler story whatever else it equals.
    copies = {} if name == "key" else _copy_costs(residue, limits)
    found = index_by((s for s in _free(residue) if s.key not in copies), lambda slip: (slip.place, slip.content))
    edges = [
        (slip, other, _day_cost(slip, other))
        for slip in residue.expected.values()
        if _readable(slip, limits)
        for other in found.get((slip.place, slip.content), [])
        if is_near(days_between(slip, other)) and residue.allows(slip, other)
    ]
    return _assigned(name, edges, lambda _e, _a: words)


def by_shared_day(residue: Residue, limits: Limits) -> list[Group]:
    """Pass 3: one entry for several documents of a day and place, or one document over several entries."""
    groups: list[Group] = []
    wanted = index_by((s for s in residue.expected.values() if _readable(s, limits)), lambda s: (s.place, s.date))
    used: set[str] = set()
    for other in _free(residue):
        days = [other.date - dt.timedelta(days=n) for n in range(limits.window_days + 1)]
        for day in days:
            several = [
                slip
                for slip in wanted.get((other.place, day), [])
                if slip.key not in used and residue.allows(slip, other)
            ]
            chosen = _summing(several, other.content)
            if chosen:
                used |= {other.key, *(slip.key for slip in chosen)}
                groups.append(
                    Group("grouped", "match", chosen, (other,), f"one entry for {len(chosen)} documents of a day")
                )
                break
    parts = index_by((s for s in _free(residue) if s.key not in used), lambda s: (s.place, s.date))
    for slip in residue.expected.values():
        chosen = (
            ()
            if slip.key in used or not _readable(slip, limits)
            else _summing(
                [one for one in parts.get((slip.place, slip.date), []) if residue.allows(slip, one)], slip.content
            )
        )
        if chosen and not used & {one.key for one in chosen}:
            used |= {slip.key, *(one.key for one in chosen)}
            groups.append(
                Group("grouped", "match", (slip,), chosen, f"one document over {len(chosen)} entries of its day")
            )
    return groups


def _summing(slips: list[Slip], content: Content) -> tuple[Slip, ...]:
    """All slips if they sum to the content, else the only pair that does; else none."""
    if len(slips) > 1 and join_content(slips) == content:
        return tuple(slips)
    pairs = [pair for pair in combinations(slips[:_MOST_COMBINED], 2) if join_content(pair) == content]
    return pairs[0] if len(pairs) == 1 else ()


def across(residue: Residue, limits: Limits) -> list[Group]:
    """Pass 6: what would match but for account, place, period, sign or digits; cheapest story first."""
    copies = _copy_costs(residue, limits)
    edges = [
        (slip, other, cost)
        for slip, other in _candidates(residue.expected.values(), residue.actual.values(), limits)
        if residue.allows(slip, other)
        if (cost := _cross_cost(slip, other, residue, limits)) is not None
        # A likely copy may still be the lost partner of an equal document, never a wrong one of another.
        and (slip.content == other.content or cost < copies.get(other.key, UNEXPECTED_COST))
    ]
    return _assigned("cross", edges, _cross_words, lambda other: copies.get(other.key, UNEXPECTED_COST))


def _candidates(expected: Iterable[Slip], others: Iterable[Slip], limits: Limits) -> Iterator[tuple[Slip, Slip]]:
    """Pairs worth a look: one document, one place within the window of days, or the same amounts anywhere."""
    slips = list(expected)
    by_document = index_by((slip for slip in slips if slip.documents), lambda slip: slip.documents[0])
    by_day = index_by(slips, lambda slip: (slip.place, slip.date))
    by_content = index_by(slips, lambda slip: slip.content)
    reach = range(-limits.window_days, limits.window_days + 1)
    for other in others:
        days = {day + dt.timedelta(days=n) for day in other.dates for n in reach}
        found = [slip for text in other.documents for slip in by_document.get(text, [])]
        found += [slip for day in days for slip in by_day.get((other.place, day), [])]
        found += by_content.get(other.content, [])
        for slip in sorted({one.key: one for one in found}.values(), key=lambda one: one.key):
            yield slip, other


def _copy_costs(residue: Residue, limits: Limits) -> dict[str, int]:
    """What it costs to call an unclaimed slip a copy of one that is already matched."""
    booked: dict[tuple[Place, Content], list[Slip]] = {}
    for slip in residue.booked:
        booked.setdefault((slip.place, slip.content), []).append(slip)
    found: dict[str, int] = {}
    for other in residue.actual.values():
        near = [
            _day_cost(slip, other)
            for slip in booked.get((other.place, other.content), [])
            if abs(days_between(slip, other)) <= limits.window_days
        ]
        if near:
            document = 0 if not other.documents else DOCUMENT_COST["other"] - DOCUMENT_COST["none"]
            # Who repeats a wrong amount may as well have made the same mistake twice.
            doubt = 0 if (other.place, other.content) in residue.sound else TRAIT_COST["decimal_slip"]
            found[other.key] = DOCUMENT_COST["none"] + document + COPY_COST + doubt + min(near)
    return found


def _cross_cost(slip: Slip, other: Slip, residue: Residue, limits: Limits) -> int | None:
    """The doubt in pairing two slips that differ in something; None where it cannot be."""
    relation = _relation(slip, other, residue, limits)
    named = relation in ("exact", "mangled")
    means_another = _means_another(slip, other, relation, residue, limits)
    speaks = _speaks(slip, other, residue) and (not means_another or days_between(slip, other) >= 0)
    if (not named and not _readable(slip, limits)) or (means_another and not speaks):
        return None
    same_place = slip.place == other.place
    near = abs(days_between(slip, other)) <= limits.window_days
    # Far from its day a slip is known by its amounts alone: all agree, and are no habit of the place.
    later = slip.in_period and not other.in_period and not means_another and days_between(slip, other) > 0
    telling = slip.content == other.content and (slip.place, slip.content) not in residue.recurring
    if not named and not near and not (same_place and telling and (speaks or later)):
        return None
    content = content_cost(slip, other, limits)
    weak = content > STRONG
    # A neighbouring period, a document that names something else and another place each need the amounts to speak.
    if weak and (not slip.in_period or not other.in_period or relation in ("similar", "other") or not same_place):
        return None
    if weak and (other.place[0], other.date) in limits.uncovered:
        return None
    # Books follow the event: what names nothing, stands before the document and differs from it is not its entry.
    if weak and not named and days_between(slip, other) < 0:
        return None
    when = _day_cost(slip, other) if near else OTHER_PERIOD_COST
    return DOCUMENT_COST[relation] + (0 if same_place else PLACE_COST) + content + when


def _means_another(slip: Slip, other: Slip, relation: Relation, residue: Residue, limits: Limits) -> bool:
    """True where the ledger slip names a document that is not this one: it needs amounts that speak.

    A number of the series that is nobody else's may be this one's, mistyped: where the amounts agree, or where one
    trait explains them and they are no habit of the place.
    """
    if other.key in residue.copies:
        return True
    if relation == "similar" and slip.in_period and other.in_period:
        is_habit = slip.place != other.place or (slip.place, slip.content) in residue.recurring
        if slip.content == other.content or (not is_habit and content_cost(slip, other, limits) <= STRONG):
            return False
    return relation in ("similar", "none", "other") and _names_a_sibling(other, residue)


def _speaks(slip: Slip, other: Slip, residue: Residue) -> bool:
    """True where the amounts alone tell the document: TELLING accounts agree, their signs apart, and are no habit."""
    if slip.place != other.place or (slip.place, slip.content) in residue.recurring:
        return False
    booked = dict(other.content)
    return sum(abs(cents) == abs(booked.get(account, 0)) for account, cents in slip.content) >= TELLING


def _cross_words(slip: Slip, other: Slip) -> str:
    place = "same place" if slip.place == other.place else "other place"
    content = "same amounts" if slip.content == other.content else "amounts differ"
    return f"nearest entry: {place}, {content}, {abs(days_between(slip, other))} days apart"


def content_cost(slip: Slip, other: Slip, limits: Limits) -> int:
    """The doubt in the amounts: zero where they agree, by trait where one explains them."""
    if slip.content == other.content:
        return 0
    both = compare([slip], [other])
    traits = diagnose(both, rounding=limits.rounding_cents)
    cost = 0
    for trait in traits:
        cost += TRAIT_COST.get(trait.cause, 0)
        if trait.cause == "amount_other":
            agree = sum(both.expected[a] == both.actual.get(a) for a in both.expected)
            shared = len({*both.expected} & {*both.actual})
            every = len({*both.expected, *both.actual})
            cost += OTHER_AMOUNT_COST - (OTHER_AMOUNT_COST * (2 * agree + shared)) // (4 * every)
    return cost


def days_between(slip: Slip, other: Slip) -> int:
    """Days from the first slip to the nearest line of the other; below zero where it stands earlier."""
    return min(((day - slip.date).days for day in other.dates), key=abs)


def _day_cost(slip: Slip, other: Slip) -> int:
    """Doubt in the days between: it grows faster than the days, so that of two stories in which the
    days add up alike, the one without a long delay wins."""
    apart = days_between(slip, other)
    return abs(apart) * (abs(apart) + 1) + (0 if apart >= 0 else -apart * DAY_EARLIER_COST)


def _assigned(
    name: PassName,
    edges: list[tuple[Slip, Slip, int]],
    words: Callable[[Slip, Slip], str],
    alone: Callable[[Slip], int] | None = None,
) -> list[Group]:
    """Groups of the best assignment; where others would do as well, one ambiguous group of them all.

    `alone` is the doubt in leaving a ledger slip without a document: a pair must beat it.
    """
    lefts = list({slip.key: slip for slip, _, _ in edges}.values())
    rights = list({other.key: other for _, other, _ in edges}.values())
    row = {slip.key: index for index, slip in enumerate(lefts)}
    column = {slip.key: index for index, slip in enumerate(rights)}
    groups: list[Group] = []
    used: set[str] = set()
    costs = None if alone is None else Alone(MISSING_COST, lambda position: alone(rights[position]))
    for chosen in assign([Edge(row[slip.key], column[other.key], cost) for slip, other, cost in edges], costs):
        expected = [lefts[chosen.edge.left], *(lefts[i] for i in chosen.equal_left if lefts[i].key not in used)]
        actual = [rights[chosen.edge.right], *(rights[i] for i in chosen.equal_right if rights[i].key not in used)]
        if expected[0].key in used or actual[0].key in used:
            continue
        actual, _ = _twins_aside(actual, _looks_and_names)
        # A twin of the document goes on to the later passes: what they find tells whether one is missing.
        expected, twins = _twins_aside(expected, _looks)
        used |= {slip.key for slip in (*expected, *actual)}
        ambiguous = len(expected) > 1 or len(actual) > 1
        text = tie_words(expected, actual) if ambiguous else words(expected[0], actual[0])
        groups.append(
            Group(
                name,
                "ambiguous" if ambiguous else "match",
                tuple(expected),
                tuple(actual),
                text,
                alternatives=max(len(expected), len(actual)) - 1,
                twins=tuple(twins),
            )
        )
    return groups


def _twins_aside(slips: list[Slip], likeness: Callable[[Slip], object]) -> tuple[list[Slip], list[Slip]]:
    """The first slip with those that differ from it, and apart its twins: no tie, for every pairing says the same."""
    alike = likeness(slips[0])
    twins = [slip for slip in slips[1:] if likeness(slip) == alike]
    return [slips[0], *(slip for slip in slips[1:] if likeness(slip) != alike)], twins


def _looks(slip: Slip) -> tuple[object, ...]:
    """All of a document but its number, which an entry without one cannot tell."""
    return slip.content, slip.dates, slip.place


def _looks_and_names(slip: Slip) -> tuple[object, ...]:
    """All of a ledger entry, with the documents that it names."""
    return (*_looks(slip), slip.documents)
