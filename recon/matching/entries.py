"""The entries of a month, matched: expected slips against ledger slips, by `match` and passes of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from recon.matching.claims import SIDE, Claims, Open, Pass, claims_of
from recon.matching.decided import Decided, is_touched
from recon.matching.engine import InProcess, Matched, Runner, match
from recon.matching.model import AGREED, EntryMatches, Group, Limits, Pairs, Residue
from recon.matching.naming import copies_among, misnamed, misspelt_copies, nearest_documents
from recon.matching.passes import (
    SAME_DOCUMENT,
    across,
    by_document,
    by_key,
    by_misspelt_reference,
    by_reference,
    by_shared_day,
    by_window,
    index_by,
    tie_words,
    undoing,
)
from recon.matching.slips import Place, Slip, Slips

Search = Callable[[Residue, Limits], list[Group]]
Originals = dict[tuple[str | None, Place], Slip]
_DOCUMENT = ("key_document", "key_location", "key_department")
_SAME = (*_DOCUMENT, "key_content", "currency")
_PAIRS = {"left": pl.String(), "right": pl.String()}  # keys of an expected and of a ledger slip


@dataclass(frozen=True)
class SameDocument:
    """Slips that are alone with their document and place on both sides, and book the same in one currency."""

    name: str = "document"
    agree: tuple[str, ...] = _DOCUMENT

    def find(self, lines: Open) -> Claims:
        """One pair per document and place; the time of two hash joins."""
        left, right = (
            frame.filter(pl.col("key_document").is_not_null() & pl.struct(_DOCUMENT).is_unique())
            for frame in (lines.left, lines.right)
        )
        pairs = left.join(right, on=_SAME, nulls_equal=True).select(left="row", right="row_right")
        pairs = pairs.join(lines.rejected, on=["left", "right"], how="anti").sort("left")
        return claims_of(pairs.with_columns(agreed=pl.lit("document, place, accounts and amounts")))


@dataclass(frozen=True)
class Before:
    """What stands before the passes run: nothing, or what a run before them left standing."""

    documents: tuple[Slip, ...] = ()  # matched ones that an open ledger slip may repeat
    entries: tuple[Slip, ...] = ()  # matched ledger slips that an open one may repeat
    originals: Mapping[tuple[str | None, Place], Slip] = field(default_factory=dict)  # by document: it has its entry
    rejected: Pairs = frozenset()


@dataclass(frozen=True)
class SlipPass:
    """A pass that looks at slips one by one: `run` has the open ones and answers groups.

    The rows of both sides are those of `expected` and `actual`; slips are made for open rows, and for claimed
    ones that book the same at the same place. Entries that complete others of ours are candidates of the
    passes by reference only (`corrections`).
    """

    name: str
    run: Search
    expected: Slips
    actual: Slips
    limits: Limits
    corrections: bool = False
    before: Before = field(default_factory=Before)
    agree: tuple[str, ...] = ()
    sees_claimed: bool = True

    def find(self, lines: Open) -> Claims:
        """The groups of the pass as sets, in its order."""
        return self.claims(self.groups(lines), lines)

    def groups(self, lines: Open) -> list[Group]:
        """What the pass finds among the open lines; a tie that holds a rejected pair is left open."""
        residue = self.residue(lines)
        return [group for group in self.run(residue, self.limits) if residue.fits(group)]

    def claims(self, groups: Sequence[Group], lines: Open) -> Claims:
        """The groups as claims: one set each."""
        rows = [dict(frame.select("id", "row").iter_rows()) for frame in (lines.left, lines.right)]
        members = [
            (number, side, known[slip.key])
            for number, group in enumerate(groups)
            for side, known, slips in (("left", rows[0], group.expected), ("right", rows[1], group.actual))
            for slip in slips
        ]
        sets = {
            "set": list(range(len(groups))),
            "kind": [group.kind for group in groups],
            "cause": [None if group.expected else "reversed_pair" for group in groups],
            "alternatives": [group.alternatives for group in groups],
            "alternatives_exact": [group.alternatives_exact for group in groups],
            "words": [group.explanation for group in groups],
        }
        shown = pl.DataFrame(members, schema={"set": pl.UInt32, "side": SIDE, "row": pl.UInt32}, orient="row")
        return claims_of(None, shown, pl.DataFrame(sets))

    def residue(self, lines: Open) -> Residue:
        """The open lines as slips, with what the pass must know of the claimed ones."""
        expected = self.expected.at(lines.left["row"].to_list())
        candidates = [
            slip for slip in self.actual.at(lines.right["row"].to_list()) if self.corrections or not slip.correction
        ]
        habits = self.expected.habits[lines.left["row"].to_list()]
        often = zip(expected, habits["recurring"].to_list(), strict=True)
        documents = (*self.before.documents, *self._booked(lines, "left"))
        # Where a document is named exactly, nobody asks which one a misspelt name means.
        edits = self.limits.document_edits
        nearest = {} if self.corrections else nearest_documents(candidates, self.expected, expected, edits=edits)
        repeated = misspelt_copies(candidates, nearest, documents, expected, edits=edits)
        originals = {**self.before.originals, **self._originals(lines)}
        residue = Residue(
            {slip.key: slip for slip in expected},
            {slip.key: slip for slip in candidates},
            booked=(*documents, *self.before.entries, *self._booked(lines, "right")),
            sound=frozenset((slip.place, slip.content) for slip in documents),
            copies=repeated | copies_among(candidates, originals),
            nearest=nearest,
            series=self.expected.series,
            shared=frozenset(habits.filter("shared")["document"].to_list()),
            recurring=frozenset((slip.place, slip.content) for slip, is_habit in often if is_habit),
            rejected=self.before.rejected,
        )
        return replace(residue, misnamed=misnamed(candidates, expected, originals, residue, self.limits))

    def _booked(self, lines: Open, side: str) -> list[Slip]:
        """The matched slips of a side that book what an open ledger slip books, at its place."""
        claimed = lines.claimed.filter((pl.col("pass") != UNDOING) & (pl.col("side") == side))
        if claimed.is_empty() or lines.right.is_empty():
            return []
        slips = self.expected if side == "left" else self.actual
        return slips.at(slips.like(lines.right, claimed["row"]).to_list())

    def _originals(self, lines: Open) -> Originals:
        groups = lines.claimed.filter(pl.col("pass").is_in(REFERENCES) & (pl.col("side") == "left"))
        first = groups.unique("group", keep="first", maintain_order=True)["row"].to_list()
        return {(slip.document, slip.place): slip for slip in self.expected.at(first)}


# Name and search of the passes that look at slips, in their order, and whether corrections are candidates.
# The subset search (N:M) has its place between window and cross.
REFERENCE, ELSEWHERE, UNDOING = "reference", "reference elsewhere", "undoing"
REFERENCES = (REFERENCE, ELSEWHERE)
SEARCHES: tuple[tuple[str, Search, bool], ...] = (
    (REFERENCE, by_reference, True),
    (ELSEWHERE, by_document, True),
    (UNDOING, undoing, True),
    ("misspelt reference", by_misspelt_reference, False),
    ("key", by_key, False),
    ("grouped", by_shared_day, False),
    ("window", by_window, False),
    ("cross", across, False),
)


def entry_passes(expected: Slips, actual: Slips, limits: Limits, before: Before | None = None) -> list[Pass]:
    """The passes of the close over the lines of these slips, in their order."""
    stands = before or Before()
    return [
        SameDocument(),
        *(SlipPass(name, run, expected, actual, limits, some, stands) for name, run, some in SEARCHES),
    ]


@dataclass
class _Keeper:
    """Runs passes over slips here and keeps their groups as they said them; all others run where they would."""

    runner: Runner
    groups: dict[str, list[Group]] = field(default_factory=dict)

    @property
    def partition_lines(self) -> int:
        """How many open lines one partition holds at most, about."""
        return self.runner.partition_lines

    def run(self, one: Pass, partitions: Iterator[Open]) -> list[Claims]:
        """The claims of each partition."""
        if not isinstance(one, SlipPass):
            return self.runner.run(one, partitions)
        (lines,) = partitions
        self.groups[one.name] = one.groups(lines)
        return [one.claims(self.groups[one.name], lines)]


@dataclass(frozen=True)
class _Asked:
    """What is matched, how far, by which passes, and where they run."""

    expected: Slips
    actual: Slips
    limits: Limits
    runner: Runner


@dataclass(frozen=True)
class _Found:
    """Where the slips went: pairs that agree, groups by kind, and what is open on each side."""

    same: pl.DataFrame  # left, right: keys of slips that are one document, its one entry, and alike
    references: list[Group]
    others: list[Group]
    undone: list[Group]
    originals: Originals  # documents that have their entry, by themselves and their place
    copies: Mapping[str, Slip]  # open ledger slip by key: the document that it repeats
    left: list[Slip]
    right: list[Slip]
    forced: tuple[Group, ...] = ()


def match_entries(
    expected: Slips,
    actual: Slips,
    limits: Limits,
    *,
    decided: Decided | None = None,
    noted: frozenset[str] = frozenset(),
    runner: Runner | None = None,
) -> EntryMatches:
    """Every slip in one group or left over, by the passes in their order; the order of the slips does not matter.

    Documents that agree wholly with their one entry are claimed by joins; only what they leave is looked at
    slip by slip, and what a person noted (`noted`: line ids). What people decided beats every pass: the passes
    run once more on what the decisions opened, and only there.
    """
    asked = _Asked(expected, actual, limits, runner or InProcess())
    found = _run(asked, Before())
    if decided:
        found = _run_again(asked, found, decided)
    agreed, seen = _same_documents(found, expected, actual, noted)
    references = sorted([*seen, *found.references], key=lambda group: group.expected[0].key)
    return EntryMatches(
        groups=(*found.forced, *references, *found.others),
        agreed=agreed,
        expected_left=tuple(found.left),
        actual_left=tuple(sorted(found.right, key=lambda slip: slip.correction)),
        cancelled=tuple((group.actual[0], group.actual[1]) for group in found.undone),
        copies=found.copies,
        rejected=decided.rejected if decided else frozenset(),
    )


def _run(asked: _Asked, before: Before) -> _Found:
    """All passes in their order over both sides."""
    expected, actual = asked.expected, asked.actual
    keeper = _Keeper(asked.runner)
    rejected = pl.DataFrame(sorted(before.rejected), schema=_PAIRS, orient="row")
    if not actual:
        return _Found(pl.DataFrame(schema=_PAIRS), [], [], [], {}, {}, [*expected], [])
    passes = entry_passes(expected, actual, asked.limits, before)
    if not expected:  # what undoes itself is told even where no document stands on the other side
        passes = [one for one in passes if one.name == UNDOING]
    matched = match(expected.lines(), actual.lines(), passes, rejected=rejected, runner=keeper, reasons=False)
    left, right = (
        slips.at(slips.rows_of(frame["id"]).to_list())
        for slips, frame in ((expected, matched.residue_left), (actual, matched.residue_right))
    )
    groups = dict(keeper.groups)
    named = [group.expected[0] for name in REFERENCES for group in groups.get(name, [])]
    references, undone = groups.pop(REFERENCE, []), groups.pop(UNDOING, [])
    others, left = tell_twins([group for some in groups.values() for group in some], left, before.rejected)
    originals = {(slip.document, slip.place): slip for slip in named}
    claimed = expected.rows_of(matched.matches.filter(pl.col("side") == "left")["id"])
    alike = expected.at(expected.like(actual.keyed({slip.key for slip in right}).lines(), claimed).to_list())
    edits = asked.limits.document_edits
    nearest = nearest_documents(right, expected, left, edits=edits)
    copies = misspelt_copies(right, nearest, (*before.documents, *alike), left, edits=edits)
    copies |= copies_among(right, {**before.originals, **originals})
    return _Found(_pairs(matched, SameDocument.name), references, others, undone, originals, copies, left, right)


def _run_again(asked: _Asked, found: _Found, decided: Decided) -> _Found:
    """The same after people's decisions: their groups stand, what these touch is open again and matched anew."""
    named = pl.col("left").is_in(decided.documents) | pl.col("right").is_in(decided.entries)
    apart = pl.DataFrame(sorted(decided.rejected), schema=_PAIRS, orient="row")
    freed = pl.concat([found.same.filter(named), found.same.join(apart, on=["left", "right"], how="semi")])
    groups = [group for group in (*found.references, *found.others) if is_touched(group, decided)]
    undone = [group for group in found.undone if is_touched(group, decided)]
    gone = {id(group) for group in (*groups, *undone)}
    documents = {slip.key for slip in (*found.left, *(slip for group in groups for slip in group.expected))}
    entries = {slip.key for slip in (*found.right, *(slip for group in (*groups, *undone) for slip in group.actual))}
    opened = replace(
        asked,
        expected=asked.expected.keyed({*documents, *freed["left"]} - decided.documents),
        actual=asked.actual.keyed({*entries, *freed["right"]} - decided.entries),
    )
    kept = replace(
        found,
        same=found.same.join(freed, on=["left", "right"], how="anti", maintain_order="left"),
        references=[group for group in found.references if id(group) not in gone],
        others=[group for group in found.others if id(group) not in gone],
        undone=[group for group in found.undone if id(group) not in gone],
        originals={
            name: slip
            for name, slip in found.originals.items()
            if slip.key not in documents and slip.key not in decided.documents
        }
        | {
            (document, slip.place): slip
            for group in decided.forced
            for slip in group.expected
            for document in slip.documents
        },
        forced=decided.forced,
    )
    again = _run(opened, Before(*_booked(kept, asked, opened.actual), kept.originals, decided.rejected))
    return replace(
        again,
        same=pl.concat([kept.same, again.same]),
        references=[*kept.references, *again.references],
        others=[*kept.others, *again.others],
        undone=[*kept.undone, *again.undone],
        originals=kept.originals | again.originals,
        forced=kept.forced,
    )


def _booked(kept: _Found, asked: _Asked, opened: Slips) -> tuple[tuple[Slip, ...], tuple[Slip, ...]]:
    """Documents and ledger slips of what stands that an open ledger slip may repeat."""
    groups = (*kept.forced, *kept.references, *kept.others)
    documents, entries = (
        slips.at(slips.like(opened.lines(), slips.rows_of(kept.same[side])).to_list())
        for slips, side in ((asked.expected, "left"), (asked.actual, "right"))
    )
    return (
        (*documents, *(slip for group in groups for slip in group.expected)),
        (*entries, *(slip for group in groups for slip in group.actual)),
    )


def tell_twins(
    groups: Sequence[Group], left: Sequence[Slip], rejected: Pairs = frozenset()
) -> tuple[list[Group], list[Slip]]:
    """Where a twin of matched documents found no entry, one ambiguous group of them all: any may be the one.

    Answers the groups, and the documents that are still left.
    """
    told, gone = list(groups), set[int]()
    open_keys = {slip.key for slip in left}
    lonely = [group for group in groups if any(twin.key in open_keys for twin in group.twins)]
    families = index_by(
        lonely, lambda group: (group.expected[0].place, group.expected[0].content, group.expected[0].date)
    )
    for family in families.values():
        twins = {twin.key: twin for group in family for twin in group.twins if twin.key in open_keys}
        expected = (*(slip for group in family for slip in group.expected), *twins.values())
        actual = tuple(slip for group in family for slip in group.actual)
        if any((one.key, other.key) in rejected for one in expected for other in actual):
            continue
        words = tie_words(expected, actual)
        told.append(Group(family[0].by, "ambiguous", expected, actual, words, alternatives=len(twins)))
        gone |= {id(group) for group in family}
        open_keys -= twins.keys()
    return [group for group in told if id(group) not in gone], [slip for slip in left if slip.key in open_keys]


def _pairs(matched: Matched, name: str) -> pl.DataFrame:
    """The pairs of one pass: left, right (keys), by left."""
    groups = matched.groups.filter(pl.col("pass") == name).select("match_id")
    lines = matched.matches.join(groups, on="match_id").select("match_id", "side", "id")
    left, right = (lines.filter(pl.col("side") == side) for side in ("left", "right"))
    both = left.join(right, on="match_id").select(left="id", right="id_right")
    return both.cast(_PAIRS).sort("left")  # type: ignore[arg-type]


def _same_documents(
    found: _Found, expected: Slips, actual: Slips, noted: frozenset[str]
) -> tuple[pl.DataFrame, list[Group]]:
    """The pairs of which nobody needs the slips (AGREED), and those that must be looked at as groups.

    Looked at are pairs that cross the period's edge, that a person noted, and that share a document or an
    amount with an open slip: it may be their copy, or they may be what stands nearest to it.
    """
    pairs = found.same.select(
        key="left", left=expected.rows_of(found.same["left"]), right=actual.rows_of(found.same["right"])
    )
    left, right = expected.frame, actual.frame
    inside = left["in_period"].gather(pairs["left"])
    touched = inside | right["in_period"].gather(pairs["right"])
    whole = inside & right["whole"].gather(pairs["right"])
    alike = expected.like(actual.keyed({slip.key for slip in found.right}).lines(), pairs["left"])
    seen = pairs["left"].is_in(pl.concat([alike, expected.sharing(found.right, pairs["left"])]).implode())
    seen |= pairs["right"].is_in(actual.sharing(found.left, pairs["right"]).implode())
    if noted:
        lines = pl.Series(sorted(noted))
        seen |= pairs["left"].is_in(expected.holding(lines)["row"].implode())
        seen |= pairs["right"].is_in(actual.holding(lines)["row"].implode())
    looked = pairs.filter(seen | (touched & ~whole))
    slips = expected.at(looked["left"].to_list()), actual.at(looked["right"].to_list())
    groups = [
        Group("reference", "match", (slip,), (other,), SAME_DOCUMENT, alternatives_exact=True)
        for slip, other in zip(*slips, strict=True)
    ]
    return _agreed(pairs.filter(whole & ~seen), left, right), groups


def _agreed(pairs: pl.DataFrame, expected: pl.DataFrame, actual: pl.DataFrame) -> pl.DataFrame:
    """The pairs as AGREED, by key."""
    lefts = expected.select("key", "date", expected_ids="line_ids", expected_cents="cents")[pairs["left"]]
    rights = actual.select("dates", actual_ids="line_ids", actual_cents="cents")[pairs["right"]]
    early, late = (
        (day - pl.col("date")).dt.total_days() for day in (pl.col("dates").list.min(), pl.col("dates").list.max())
    )
    days = pl.when(late.abs() > early.abs()).then(late).otherwise(early)
    both = pl.concat([lefts, rights], how="horizontal").with_columns(days_apart=days)
    return both.select(pl.col(name).cast(kind) for name, kind in AGREED.items())
