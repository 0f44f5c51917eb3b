"""People's decisions over entries: groups that a person formed, pairs that a person said never belong together.

A decision names lines; the document, or the ledger entry, at the place of a line is decided as a whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from recon.matching.model import Group
from recon.matching.slips import Slip, Slips

SEPARATES = ("unmatch", "reject")
Pairs = frozenset[tuple[str, str]]  # of an expected and an actual id


@dataclass(frozen=True)
class Decision:
    """What one person said about some lines."""

    decision_id: str
    decided_at: dt.datetime
    decided_by: str
    action: str  # match, unmatch, reject, accept, note, assign
    expected: tuple[str, ...]
    actual: tuple[str, ...]
    note: str | None

    @property
    def lines(self) -> frozenset[str]:
        """The ids it names, of both sides."""
        return frozenset((*self.expected, *self.actual))

    @property
    def pairs(self) -> Pairs:
        """Every expected id with every actual id."""
        return frozenset((wanted, found) for wanted in self.expected for found in self.actual)

    def said(self, verb: str) -> str:
        """Who did it, when and why: "Matched by ann on 2026-10-03: same transfer."."""
        words = (self.note or "").strip().rstrip(".")
        return f"{verb} by {self.decided_by} on {self.decided_at:%Y-%m-%d}{f': {words}' if words else ''}."


@dataclass(frozen=True)
class Overruled:
    """A decision that a later one on the same lines put aside."""

    earlier: Decision
    later: Decision


@dataclass(frozen=True)
class Effective:
    """The decisions that hold, in order of time, and those that a later one overruled."""

    standing: tuple[Decision, ...] = ()
    overruled: tuple[Overruled, ...] = ()

    def of(self, *actions: str) -> tuple[Decision, ...]:
        """Those of some actions, in order of time."""
        return tuple(one for one in self.standing if one.action in actions)

    def rejected(self) -> Pairs:
        """Line ids that never stand together, less what a later decision matched."""
        pairs: set[tuple[str, str]] = set()
        for one in self.standing:
            if one.action in SEPARATES:
                pairs |= one.pairs
            elif one.action == "match":
                pairs -= one.pairs
        return frozenset(pairs)


def effective(decisions: pl.DataFrame | None) -> Effective:
    """The decisions of DECISIONS that nobody took back; the later decision on the same lines wins.

    A row with `undoes` takes back the decision that it names, and is taken back itself like any other.
    The order of the rows does not matter: decisions follow each other by their time, then by their id.
    """
    if decisions is None or decisions.is_empty():
        return Effective()
    rows = decisions.sort("decided_at", "decision_id").to_dicts()
    taken_back: set[str] = set()
    for row in reversed(rows):
        if row["undoes"] and row["decision_id"] not in taken_back:
            taken_back.add(row["undoes"])
    left = [_decision(row) for row in rows if not row["undoes"] and row["decision_id"] not in taken_back]
    standing: list[Decision] = []
    overruled: list[Overruled] = []
    for one in left:
        overruled += [Overruled(earlier, one) for earlier in standing if _contradicts(one, earlier)]
        standing = [*(earlier for earlier in standing if not _beats(one, earlier)), one]
    return Effective(tuple(standing), tuple(overruled))


def _decision(row: dict[str, object]) -> Decision:
    fields = {name: row[name] for name in ("decision_id", "decided_at", "decided_by", "action", "note")}
    lines = {name: tuple(sorted(set(row[f"{name}_line_ids"] or ()))) for name in ("expected", "actual")}  # type: ignore[call-overload]
    return Decision(**fields, **lines)  # type: ignore[arg-type]


def _beats(later: Decision, earlier: Decision) -> bool:
    """True where both cannot hold: what was formed is separated, formed otherwise, or was accepted as it stood."""
    shared = bool(later.lines & earlier.lines)
    if later.action == "match":
        return shared and (
            earlier.action in ("match", "accept") or (earlier.action in SEPARATES and earlier.pairs <= later.pairs)
        )
    if later.action in SEPARATES:
        # What was accepted is no longer what stands, once its lines are told apart.
        return (shared and earlier.action == "accept") or bool(
            later.pairs & earlier.pairs
            if earlier.action == "match"
            else earlier.action in SEPARATES and earlier.pairs <= later.pairs
        )
    return shared and later.action == earlier.action and later.action in ("accept", "assign")


def _contradicts(later: Decision, earlier: Decision) -> bool:
    """True where the later one says something else about the same lines, not the same once more."""
    if later.action in SEPARATES:
        return earlier.action not in SEPARATES and _beats(later, earlier)
    if later.action == "match" and earlier.action in SEPARATES:
        return bool(later.pairs & earlier.pairs)
    return later.action == "match" and later.lines != earlier.lines and _beats(later, earlier)


@dataclass(frozen=True)
class Decided:
    """What people decided about the slips of one reconciliation."""

    forced: tuple[Group, ...] = ()
    rejected: Pairs = frozenset()  # keys of an expected and an actual slip
    applied: frozenset[str] = frozenset()  # ids of the matches that stand in `forced`
    overruled: tuple[Overruled, ...] = ()  # on other lines of the same documents

    def __bool__(self) -> bool:
        return bool(self.forced or self.rejected)

    @cached_property
    def documents(self) -> frozenset[str]:
        """Keys of the expected slips in groups that people formed."""
        return frozenset(slip.key for group in self.forced for slip in group.expected)

    @cached_property
    def entries(self) -> frozenset[str]:
        """Keys of the ledger slips in groups that people formed."""
        return frozenset(slip.key for group in self.forced for slip in group.actual)


def decide_slips(decisions: Effective, expected: Slips, actual: Slips) -> Decided:
    """The decisions as groups and pairs of slips, in order of time.

    A match of which a line is in no slip here is not applied, for half of it is not what was decided. Matches
    that share a document form one group.
    """
    deciding = decisions.of("match", *SEPARATES)
    if not deciding:
        return Decided()
    wanted = _by_line(expected, [line for one in deciding for line in one.expected])
    found = _by_line(actual, [line for one in deciding for line in one.actual])
    formed: list[list[Decision]] = []
    rejected: set[tuple[str, str]] = set()
    overruled: list[Overruled] = []
    for one in deciding:
        pairs = _slip_pairs([one], wanted, found)
        if one.action in SEPARATES:
            rejected |= pairs
            broken = [some for some in formed if pairs & _slip_pairs(some, wanted, found)]
            overruled += [Overruled(earlier, one) for some in broken for earlier in some]
            formed = [some for some in formed if some not in broken]
        elif all(line in wanted for line in one.expected) and all(line in found for line in one.actual):
            slips = _keys([one], wanted, found)
            joined = [some for some in formed if slips & _keys(some, wanted, found)]
            formed = [some for some in formed if some not in joined]
            formed.append([*(earlier for some in joined for earlier in some), one])
            rejected -= _slip_pairs(formed[-1], wanted, found)
    applied = frozenset(one.decision_id for some in formed for one in some)
    groups = tuple(_group(some, wanted, found) for some in formed)
    return Decided(groups, frozenset(rejected), applied, tuple(overruled))


def _by_line(slips: Slips, lines: Sequence[str]) -> dict[str, Slip]:
    rows = slips.holding(pl.Series(lines, dtype=pl.String))["row"].to_list()
    return {line: slip for slip in slips.at(rows) for line in slip.line_ids}


def _sides(
    some: Iterable[Decision], wanted: dict[str, Slip], found: dict[str, Slip]
) -> tuple[dict[str, Slip], dict[str, Slip]]:
    """The slips that decisions name on each side, by key."""
    some = list(some)
    left = [wanted[line] for one in some for line in one.expected if line in wanted]
    right = [found[line] for one in some for line in one.actual if line in found]
    return {slip.key: slip for slip in left}, {slip.key: slip for slip in right}


def _slip_pairs(some: Iterable[Decision], wanted: dict[str, Slip], found: dict[str, Slip]) -> set[tuple[str, str]]:
    left, right = _sides(some, wanted, found)
    return {(one, other) for one in left for other in right}


def _keys(some: Iterable[Decision], wanted: dict[str, Slip], found: dict[str, Slip]) -> set[tuple[str, str]]:
    left, right = _sides(some, wanted, found)
    return {("expected", key) for key in left} | {("actual", key) for key in right}


def _group(some: Sequence[Decision], wanted: dict[str, Slip], found: dict[str, Slip]) -> Group:
    left, right = _sides(some, wanted, found)
    return Group(
        "decided",
        "match",
        tuple(left[key] for key in sorted(left)),
        tuple(right[key] for key in sorted(right)),
        " ".join(one.said("Matched") for one in some),
        decided_by=", ".join(sorted({one.decided_by for one in some})),
    )


def is_touched(group: Group, decided: Decided) -> bool:
    """True where a decision takes a slip of the group for another, or tells two of its slips apart.

    All other groups of the passes stay as they are: a decision about one document changes no group of another.
    """
    return (
        any(slip.key in decided.documents for slip in group.expected)
        or any(slip.key in decided.entries for slip in group.actual)
        or holds_rejected(group, decided.rejected)
    )


def holds_rejected(group: Group, rejected: Pairs) -> bool:
    """True where a group holds two slips that a person said never belong together."""
    return bool(rejected) and any((one.key, other.key) in rejected for one in group.expected for other in group.actual)
