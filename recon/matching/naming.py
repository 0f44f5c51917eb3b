"""Which document a ledger slip names: its own, a copy's, a misspelt one, or one whose amounts it does not book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from recon.matching.documents import closest, relate_slips
from recon.matching.model import Limits, Residue
from recon.matching.passes import STRONG, content_cost, days_between, index_by
from recon.matching.slips import Place, Slip, Slips


def copies_among(candidates: Sequence[Slip], originals: Mapping[tuple[str | None, Place], Slip]) -> dict[str, Slip]:
    """By key the slips whose document, at their place, has its entry: with that document."""
    return {
        slip.key: originals[slip.document, slip.place]
        for slip in candidates
        if slip.document and not slip.correction and (slip.document, slip.place) in originals
    }


def misnamed(
    candidates: Iterable[Slip],
    missing: Sequence[Slip],
    originals: Mapping[tuple[str | None, Place], Slip],
    residue: Residue,
    limits: Limits,
) -> dict[str, str]:
    """By key the slips that book one open document of their place to the cent and name another: with that document.

    They stand within the window of days, and what they name does not explain their amounts. What several documents of
    the place book alike tells nothing by itself: it must stand on the document's own day, and its name be the
    document's but for a slip of the finger.
    """
    wanted = index_by((slip for slip in missing if slip.content), lambda slip: (slip.place, slip.content))
    named = index_by((slip for slip in missing if slip.documents), lambda slip: slip.documents[0])
    found: dict[str, str] = {}
    for other in candidates:
        equal = wanted.get((other.place, other.content), []) if other.documents and not other.correction else []
        own = [slip for text in other.documents for slip in named.get(text, [])]
        own += [originals[text, other.place] for text in other.documents if (text, other.place) in originals]
        if not equal or any(_explains(slip, other, limits) for slip in own):
            continue
        names = [slip.documents[0] for slip in equal if slip.documents]
        meant = {name for text in other.documents for name in closest(text, names, edits=limits.document_edits)}
        for slip in equal:
            apart = abs(days_between(slip, other))
            if (slip.place, slip.content) in residue.recurring:
                telling = apart == 0 and bool(meant & {*slip.documents})
            else:
                telling = apart <= limits.window_days
            if telling and residue.allows(slip, other):
                found[other.key] = slip.key
                break
    return found


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
