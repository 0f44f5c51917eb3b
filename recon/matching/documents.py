"""How a document in the ledger relates to the document that was expected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from recon.matching.slips import Slip

Relation = Literal["exact", "mangled", "similar", "none", "other"]

_SHORTEST_TRUNCATION = 5
_KEPT_SHARE = 0.6  # a truncation keeps at least this share of the document


def shape(document: str) -> str:
    """The document with every digit as 9 and every letter as A: two numbers of one series are alike."""
    return re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", document))


def relate(found: str, wanted: str, *, edits: int) -> Relation:
    """How one normalised document relates to another.

    *mangled* is a truncation or a few edits that leave the digits or break the form of the number; *similar*
    has the form and other digits: it may as well be the next number of the series and needs support by the amounts.
    """
    if found == wanted:
        return "exact"
    truncated = wanted.startswith(found) and len(found) >= max(_SHORTEST_TRUNCATION, _KEPT_SHARE * len(wanted))
    extended = (
        found.startswith(wanted) and len(wanted) >= _SHORTEST_TRUNCATION and len(found) - len(wanted) <= edits + 2
    )
    if truncated or extended:
        return "mangled"
    if abs(len(found) - len(wanted)) > edits or OSA.distance(found, wanted, score_cutoff=edits) > edits:
        return "other"
    # Digits tell the numbers of a series apart, letters do not: SLAES-001 is SALES-001, misspelt.
    renumbered = re.sub(r"\D", "", found) != re.sub(r"\D", "", wanted)
    return "similar" if renumbered and shape(found) == shape(wanted) else "mangled"


def is_swap(found: str, wanted: str) -> bool:
    """True where one document is the other with two neighbours swapped: a slip of the finger."""
    return sorted(found) == sorted(wanted) and OSA.distance(found, wanted, score_cutoff=1) == 1


def closest(found: str, known: Sequence[str], *, edits: int) -> frozenset[str]:
    """The known documents that a misspelt one comes nearest to, at most the edits away; cut or extended is one edit.

    The time of one comparison per known document.
    """
    apart = {
        text: int(edits)
        for text, edits, _ in extract(found, known, scorer=OSA.distance, score_cutoff=edits, limit=None)
    }
    apart |= {text: 1 for text in known if text != found and (text.startswith(found) or found.startswith(text))}
    least = min(apart.values(), default=0)
    return frozenset(text for text, distance in apart.items() if distance == least)


_CLOSEST: tuple[Relation, ...] = ("exact", "mangled", "similar", "other")


def relate_slips(actual: Slip, expected: Slip, *, edits: int) -> Relation:
    """The closest relation between the documents of two slips; *none* where the ledger names none."""
    if not actual.documents or not expected.documents:
        return "none"
    found = {relate(text, expected.documents[0], edits=edits) for text in actual.documents}
    return next(relation for relation in _CLOSEST if relation in found)
