"""One error may get two names: its cause, or the lines beside it, change from run to run. Its own lines tell. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from recon.lifecycle import IN_BOOKS, ON_THE_WAY, Correction, State

IN_THE_WAY: tuple[State, ...] = (*ON_THE_WAY, *IN_BOOKS)


def other_in_the_way(one: Correction, every: Iterable[Correction]) -> str | None:
    """Why the correction is neither approved nor sent now, since another one is about the same lines.

    What one run proposed side by side is not in each other's way, nor is an entry that the run of this one saw booked.
    """
    for other in _about_the_same(one, every):
        if other.state in ON_THE_WAY:
            return f"{other.key}, which corrects the same lines, is {other.state}: settle it first: recon settle"
        if other.state in IN_BOOKS and other.key not in one.seen:
            return (
                f"{other.key}, which corrects the same lines, is {other.state}, and the run that proposes this one did "
                "not see it in the ledger: pull and close again"
            )
    return None


def seen_of(one: Correction, every: Iterable[Correction], in_ledger: Collection[str]) -> tuple[str, ...]:
    """The posting keys of others about the same lines that stand in the ledger of a run."""
    return tuple(sorted(key for other in _about_the_same(one, every) for key in other.keys if key in in_ledger))


def unknown_to_each_other(booked: Iterable[Correction]) -> Iterator[tuple[Correction, Correction]]:
    """Pairs of booked corrections about the same lines, of two runs neither of which saw the other's entry."""
    by_line: dict[str, list[Correction]] = defaultdict(list)
    for one in booked:
        beside = {other.identity: other for line in one.line_ids for other in by_line[line]}
        for other in _about_the_same(one, beside.values()):
            if other.key not in one.seen and one.key not in other.seen:
                yield other, one
        for line in one.line_ids:
            by_line[line].append(one)


def _about_the_same(one: Correction, every: Iterable[Correction]) -> Iterator[Correction]:
    """Others about a line of this one that another run proposed last."""
    lines = frozenset(one.line_ids)
    for other in every:
        is_other = other.identity != one.identity and other.run_id != one.run_id
        if is_other and not lines.isdisjoint(other.line_ids):
            yield other
