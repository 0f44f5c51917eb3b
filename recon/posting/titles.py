"""Titles of entries, as they stand in the ledger: short, and never with a piece of a number that looks like another."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 80
_LONGEST_DOCUMENT = 40
_CUT = "…"


def title_of(period: str, reconciliation: str, cause: str, documents: Iterable[str | None]) -> str:
    """The title of the entry in the ledger: period, cause, what it is about."""
    named = ", ".join(sorted({shortened(one, _LONGEST_DOCUMENT) for one in documents if one}))
    return shortened(f"{period} {reconciliation}: {cause.replace('_', ' ')}{f', {named}' if named else ''}")


def shortened(title: str, longest: int = _LONGEST) -> str:
    """The title, cut between two words where it is too long, with a sign that it was cut."""
    if len(title) <= longest:
        return title
    cut = title[: longest - len(_CUT)]
    whole = cut if title[len(cut)] == " " else cut.rpartition(" ")[0] or cut
    return f"{whole.rstrip(f' ,:{_CUT}')}{_CUT}"
