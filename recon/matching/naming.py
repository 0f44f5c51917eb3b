"""Which document a ledger slip names: its own, a copy's, a misspelt one, or one whose amounts it does not book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from recon.matching.documents import closest, relate_slips
from recon.matching.model import Limits, Residue
from recon.matching.passes import STRONG, TELLING, content_cost, days_between, index_by
from recon.matching.slips import Place, Slip, Slips
from recon.matching.traits import negated


def copies_among(candidates: Sequence[Slip], originals: Mapping[tuple[str | None, Place], Slip]) -> dict[str, Slip]:
    """By key the slips whose document, at their place, has its entry: with that document."""
    return {
        slip.key: originals[slip.document, slip.place]
        for slip in candidates
        if slip.document and not slip.correction and (slip.document, slip.place) in originals
    }


def misnamed(
    candidates: Sequence[Slip],
    missing: Sequence[Slip],
    originals: Mapping[tuple[str | None, Place], Slip],
    residue: Residue,
    limits: Limits,
) -> dict[str, str]:
    """By key the slips that book one open document of their place to the cent and name another: with that document.

    Only where nothing else can be meant: the document's day was read, the slip stands on it or, with enough accounts,
    within the window of days, no other open slip books the same, no other completes or undoes it under the number that
    it bears, and that number's own document does not explain it. What several documents of the place book alike is
    told by the day, if the number is the document's but for a slip of the finger.
    """
    wanted = index_by((slip for slip in missing if slip.content), lambda slip: (slip.place, slip.content))
    named = index_by((slip for slip in missing if slip.documents), lambda slip: slip.documents[0])
    alike = Counter((other.place, other.content) for other in candidates if (other.place, other.content) in wanted)
    bearing = index_by((one for one in candidates if one.document), lambda one: (one.document, one.place))
    found: dict[str, str] = {}
    for other in candidates:
        cell = (other.place, other.content)
        if cell not in wanted or not other.document or other.correction:
            continue
        own = named.get(other.document, [])
        if (other.document, other.place) in originals:
            own = [*own, originals[other.document, other.place]]
        beside = [one for one in bearing[other.document, other.place] if one is not other]
        if any(_explains(slip, other, limits) for slip in own) or not _stands_alone(other, beside, own):
            continue
        is_habit = cell in residue.recurring
        equal = [slip for slip in wanted[cell] if not is_habit or slip.date in other.dates]
        if len(equal) != 1 or (not is_habit and alike[cell] > 1) or not residue.allows(equal[0], other):
            continue
        slip, apart = equal[0], abs(days_between(equal[0], other))
        if not limits.ledger_from <= slip.date <= limits.ledger_to or not slip.documents:
            continue
        if is_habit:
            numbers = [one.documents[0] for one in wanted[cell] if one.documents]
            telling = slip.documents[0] in closest(other.document, numbers, edits=limits.document_edits)
        else:
            telling = apart <= (limits.window_days if len(slip.content) >= TELLING else 0)
        if telling:
            found[other.key] = slip.key
    return found


def _stands_alone(other: Slip, beside: Sequence[Slip], own: Sequence[Slip]) -> bool:
    """True where the slips that bear the same number have no need of this one: one of them is the document's entry."""
    if any(one.content == negated(other.content) or one.correction for one in beside):
        return False
    return not beside or any(one.content == slip.content for one in beside for slip in own)


def _explains(named: Slip, other: Slip, limits: Limits) -> bool:
    """True where a slip books the document that it names, near its day, but for what a trait explains."""
    return abs(days_between(named, other)) <= limits.window_days and content_cost(named, other, limits) <= STRONG


def nearest_documents(
    candidates: Iterable[Slip], expected: Slips, missing: Iterable[Slip], *, edits: int
) -> dict[str, frozenset[str]]:
    """By key of a ledger slip the documents of its place, claimed or open, that its own come nearest to.

    What is more than an edit away from all of them may mean one that is missing elsewhere. The time of one
    comparison per slip and document of its place, and for those few per missing document.
    """
    spelt = [slip for slip in candidates if slip.documents and not slip.correction]
    known = expected.documents_at({slip.place for slip in spelt})
    elsewhere = sorted({text for slip in missing for text in slip.documents})
    found: dict[str, frozenset[str]] = {}
    for slip in spelt:
        near: set[str] = set()
        for text in slip.documents:
            here = closest(text, known.get(slip.place, ()), edits=edits)
            sure = not here or closest(text, [*here], edits=1)
            near |= here if sure else closest(text, [*here, *elsewhere], edits=edits)
        found[slip.key] = frozenset(near)
    return found


def misspelt_copies(
    candidates: Iterable[Slip],
    nearest: Mapping[str, frozenset[str]],
    booked: Iterable[Slip],
    missing: Iterable[Slip],
    *,
    edits: int,
) -> dict[str, Slip]:
    """By key the slips that misspell a booked document of their place and book the same: with that document.

    What might as well be the entry of an equal document that is missing, here or elsewhere, is no copy.
    """
    originals = index_by(booked, lambda slip: (slip.document, slip.place, slip.content))
    wanted = index_by((slip for slip in missing if slip.document), lambda slip: slip.content)
    found: dict[str, Slip] = {}
    for slip in candidates:
        spelt = sorted(nearest.get(slip.key, ()))
        equal = [one for name in spelt for one in originals.get((name, slip.place, slip.content), [])]
        equal = [one for one in equal if relate_slips(slip, one, edits=edits) == "mangled"]
        rivals = {one.documents[0] for one in wanted.get(slip.content, [])} if equal else set()
        if equal and not any(rivals & closest(text, [*{*spelt, *rivals}], edits=edits) for text in slip.documents):
            found[slip.key] = min(equal, key=lambda one: (abs((one.date - slip.date).days), one.key))
    return found
