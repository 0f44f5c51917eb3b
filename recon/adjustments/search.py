"""Before an entry is proposed: does the ledger already hold lines that explain the variance?

Booking twice is the worst mistake a reconciliation makes. Searched are entries that carry the posting
key of the very proposal (also drafts), then any entry of other journals, of the next days, or without
a document, whose lines are exactly the correction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from recon.identity import normal_document
from recon.period import Period
from recon.variances.model import Cell, CellSum, Finding

Cells = tuple[tuple[Cell, int], ...]


@dataclass(frozen=True)
class Standing:
    """An entry of the ledger that may already be the correction."""

    entry_id: str
    title: str
    cells: Cells
    line_ids: tuple[str, ...]
    keys: tuple[str, ...]  # posting keys found in its texts
    documents: tuple[str, ...]  # normalised
    owned: bool  # of a journal that a reconciliation owns
    pending: bool  # a draft, or waiting for approval
    in_period: bool


@dataclass(frozen=True)
class Searched:
    """The findings after the search, and the ledger lines that turned out to be corrections."""

    findings: tuple[Finding, ...]
    adopted: frozenset[str]


def _title() -> pl.Expr:
    """The entry by its record number, as posting and review name it, with its number in the journal where it has one.

    Where the ledger gives no record number, by that number alone.
    """
    record, number = pl.col("entry_id"), pl.col("entry_no")
    both = pl.when(record.str.contains(r"^\d+$") & (record != number)).then(pl.format("{} (no. {})", record, number))
    return pl.coalesce(both.otherwise(number), record)


def standing_entries(lines: pl.DataFrame, period: Period) -> list[Standing]:
    """Ledger lines as entries that may explain a variance; LEDGER plus cents, pending, owned, posting_key."""
    by = ["entry_id", "pending", "owned", "posting_key"]
    grouped = (
        lines.sort("line_id")
        .with_columns(_document=normal_document("document"))
        .group_by(by, maintain_order=True)
        .agg(
            pl.col("account", "location", "department", "cents", "line_id", "posting_date"),
            pl.col("_document").drop_nulls().unique().sort(),
            _title().first().alias("title"),
        )
    )
    found = []
    for row in grouped.iter_rows(named=True):
        sums = CellSum()
        for account, location, department, cents in zip(
            row["account"], row["location"], row["department"], row["cents"], strict=True
        ):
            cell = (account, location, department)
            sums.cents[cell] = sums.cents.get(cell, 0) + cents
        found.append(
            Standing(
                row["entry_id"],
                row["title"],
                sums.cells(),
                tuple(row["line_id"]),
                (row["posting_key"],) if row["posting_key"] else (),
                tuple(row["_document"]),
                row["owned"],
                row["pending"],
                all(period.has(day) for day in row["posting_date"]),
            )
        )
    return found


def without_department(cells: Cells) -> Cells:
    """The cells summed over departments; empty where they only move money from one department to another."""
    sums = CellSum()
    for (account, location, _), cents in cells:
        cell = (account, location, None)
        sums.cents[cell] = sums.cents.get(cell, 0) + cents
    return sums.cells()


def _less(wanted: Cells, stands: Cells) -> Cells:
    """What is still wanted beside what stands."""
    sums = CellSum(dict(wanted))
    for cell, cents in stands:
        sums.cents[cell] = sums.cents.get(cell, 0) - cents
    return sums.cells()


_Key = tuple[str, Cells]  # whether departments count, and what is booked then


def _by_department(cells: Cells) -> _Key:
    return "department", cells


def _by_location(cells: Cells) -> _Key:
    return "location", without_department(cells)


def _lacks_only_departments(wanted: Cells, stands: Cells) -> bool:
    """True where what stands is what is wanted but for its departments: it names none, and none cancels another."""
    sums = without_department(wanted)
    is_whole = sum(abs(cents) for _, cents in sums) == sum(abs(cents) for _, cents in wanted)
    return stands == sums != () and is_whole


Apart = Callable[[Finding, Standing], bool]


def _never(_finding: Finding, _entry: Standing) -> bool:
    return False


def search(
    findings: Sequence[Finding],
    standing: Iterable[Standing],
    key_of: Callable[[Finding], str],
    *,
    without_departments: Collection[str] = (),
    is_apart: Apart = _never,
) -> Searched:
    """Findings that stand corrected or wait as drafts no longer ask for booking.

    An entry corrects a finding whose cells are its own, account by location by department, to the cent; of the
    reconciliations in `without_departments`, which compare none, account by location. An entry that names no
    department at all corrects all but the departments, which are left to be booked; one that names others is
    asked about.

    Each entry explains one finding at most, and the one whose document it names before any other. Where equal
    findings outnumber the entries that would explain them, all are asked about, not booked. An entry that
    corrects once more what is already corrected is a finding of its own: a duplicate. `is_apart` tells of which
    entry a person said that it has nothing to do with a finding.
    """
    keys = {finding.variance_id: key_of(finding) for finding in findings if _is_searched(finding)}
    shelf = _Shelf.of(standing, frozenset(keys.values()), is_apart, frozenset(without_departments))
    result = {
        finding.variance_id: _keyed(finding, keyed, shelf)
        for finding in findings
        if _is_searched(finding) and (keyed := shelf.near(finding, shelf.by_key.get(keys[finding.variance_id], [])))
    }
    left = [finding for finding in findings if _is_searched(finding) and finding.variance_id not in result]
    result |= {name: [one] for name, one in _by_lines(left, shelf).items()}
    # What an entry without departments left to be moved may have been moved by another entry.
    moves = {name: ones[0] for name, ones in result.items() if ones[0].status == "book"}
    moved = _by_amounts([*moves.values()], shelf, shelf.same)
    for name, one in moves.items():
        result[name] = [moved.get(one.variance_id, one), *result[name][1:]]
    for finding in left:
        if finding.variance_id not in result and (draft := shelf.draft(finding)):
            result[finding.variance_id] = [draft]
    found = [one for finding in findings for one in result.get(finding.variance_id, [finding])]
    return Searched(tuple(found), frozenset(shelf.adopted))


def _is_searched(finding: Finding) -> bool:
    return finding.status in ("book", "ask") and bool(finding.cells) and finding.cause != "unexpected"


@dataclass
class _Shelf:
    """Standing entries by what may identify them as a correction; each is taken once."""

    by_key: dict[str, list[Standing]]
    by_cells: dict[_Key, list[Standing]]  # an entry that moves nothing is equal to nothing
    drafts: dict[str, Standing]  # by document
    adopted: set[str]  # lines of posted entries of the period that turned out to be corrections
    is_apart: Apart
    without_departments: frozenset[str]  # reconciliations that compare none

    @classmethod
    def of(
        cls,
        standing: Iterable[Standing],
        wanted: frozenset[str],
        is_apart: Apart,
        without_departments: frozenset[str],
    ) -> _Shelf:
        """An entry whose key no proposal has (line ids changed with a new download) is known by its lines."""
        by_key: dict[str, list[Standing]] = {}
        by_cells: dict[_Key, list[Standing]] = {}
        drafts: dict[str, Standing] = {}
        for entry in sorted(standing, key=lambda one: (one.pending, not one.in_period, one.entry_id)):
            own = wanted.intersection(entry.keys)
            for key in own:
                by_key.setdefault(key, []).append(entry)
            if not own:
                for cells in _keys(entry):
                    by_cells.setdefault(cells, []).append(entry)
                drafts |= {document: entry for document in entry.documents if entry.pending}
        return cls(by_key, by_cells, drafts, set(), is_apart, without_departments)

    def same(self, finding: Finding) -> _Key:
        """Under which entries lie that book exactly what the finding asks for."""
        is_blind = finding.reconciliation in self.without_departments
        return _by_location(finding.cells) if is_blind else _by_department(finding.cells)

    def alike(self, finding: Finding) -> _Key:
        """Under which entries lie that book the same, whatever their departments."""
        return _by_location(finding.cells)

    def corrects(self, finding: Finding, entry: Standing) -> bool:
        """True where the entry is the correction, at least but for its departments."""
        return self.same(finding) in _keys(entry) or _lacks_only_departments(finding.cells, entry.cells)

    def near(self, finding: Finding, entries: Sequence[Standing]) -> list[Standing]:
        """Those of the entries that no person told apart from the finding."""
        return [entry for entry in entries if not self.is_apart(finding, entry)]

    def draft(self, finding: Finding) -> Finding | None:
        """The finding asked about, where a draft names its document."""
        draft = self.drafts.get(finding.expected_document or "")
        if draft is None or finding.status != "book" or self.is_apart(finding, draft):
            return None
        return _asked(finding, [draft], "draft_pending" if not finding.actual_line_ids else None)

    def remove(self, entry: Standing) -> None:
        """The entry may explain no other finding."""
        for key in _keys(entry):
            self.by_cells[key].remove(entry)

    def adopt(self, entry: Standing) -> None:
        """Count the entry's lines as compared, if they stand in the period."""
        if entry.in_period and not entry.pending:
            self.adopted |= set(entry.line_ids)

    def correct(self, finding: Finding, entry: Standing) -> Finding:
        """The finding corrected by the entry, whose lines count as compared."""
        self.adopt(entry)
        is_blind = finding.reconciliation in self.without_departments
        return _corrected(finding, entry, () if is_blind else _less(finding.cells, entry.cells))


def _keys(entry: Standing) -> list[_Key]:
    """What an entry is known by: its cells with departments and without; nothing where they sum to nothing."""
    return [key for key in (_by_department(entry.cells), _by_location(entry.cells)) if key[1]]


def _keyed(finding: Finding, keyed: Sequence[Standing], shelf: _Shelf) -> list[Finding]:
    """A finding whose posting key stands in the ledger, and what repeats its correction."""
    exact = [entry for entry in keyed if shelf.same(finding) in _keys(entry)]
    equal = exact or [entry for entry in keyed if shelf.corrects(finding, entry)]
    if not equal:
        return [_other_lines(finding, keyed[0])]
    again = [entry for entry in keyed if entry is not equal[0]]
    for entry in again:
        shelf.adopt(entry)
    return [shelf.correct(finding, equal[0]), *(_repeated(finding, entry) for entry in again)]


def _by_lines(findings: Sequence[Finding], shelf: _Shelf) -> dict[str, Finding]:
    """By variance id, the findings that entries correct, or may: by their document first, departments before places."""
    found: dict[str, Finding] = {}
    for way in (_by_document, _by_amounts):
        for key in (shelf.same, shelf.alike):
            found |= way([one for one in findings if one.variance_id not in found], shelf, key)
    return found


def _by_document(findings: Iterable[Finding], shelf: _Shelf, key: Callable[[Finding], _Key]) -> dict[str, Finding]:
    """The findings whose correction names their own document.

    Where the same amounts recur every day, only the document tells whose correction an entry is.
    """
    found: dict[str, Finding] = {}
    for finding in findings:
        some = shelf.near(finding, shelf.by_cells.get(key(finding), [])) if finding.status == "book" else []
        named = (entry for entry in some if finding.expected_document in entry.documents)
        own = next((entry for entry in named if shelf.corrects(finding, entry)), None)
        if own is not None:
            shelf.remove(own)
            found[finding.variance_id] = shelf.correct(finding, own)
    return found


def _by_amounts(findings: Sequence[Finding], shelf: _Shelf, key: Callable[[Finding], _Key]) -> dict[str, Finding]:
    """The findings that an entry corrects, or asked about where that is not certain.

    An entry of an owned journal that names another document proves nothing by its amounts.
    """
    shares = Counter(key(finding) for finding in findings)
    enough = {cells: len(shelf.by_cells.get(cells, [])) for cells in shares}
    found: dict[str, Finding] = {}
    for finding in findings:
        cells = key(finding)
        some = shelf.near(finding, shelf.by_cells.get(cells, [])) if finding.status == "book" else []
        if not some:
            continue
        entry = some[0]
        if shares[cells] > enough[cells] or not all(shelf.corrects(finding, one) for one in some):
            found[finding.variance_id] = _asked(finding, some)
            continue
        shelf.remove(entry)
        foreign = entry.owned and entry.documents and finding.expected_document not in entry.documents
        found[finding.variance_id] = _asked(finding, [entry]) if foreign else shelf.correct(finding, entry)
    return found


def _repeated(finding: Finding, entry: Standing) -> Finding:
    """The same correction once more: its mirror is booked, or the second draft is asked about."""
    if entry.pending:
        words = f"Draft entry {entry.title} repeats a correction that already stands or waits: delete it in Intacct."
        return replace(
            finding,
            cause="draft_pending",
            status="ask",
            cells=(),
            expected_line_ids=(),
            actual_line_ids=(),
            candidates=entry.line_ids,
            also=("key_reused",),
            explanation=words,
        )
    words = f"Entry {entry.title} books once more a correction that already stands; the extra copy is to be reversed."
    return replace(
        finding,
        cause="duplicate",
        status="book" if entry.in_period else "ask",
        cells=tuple((cell, -cents) for cell, cents in entry.cells) if entry.in_period else (),
        expected_line_ids=(),
        actual_line_ids=entry.line_ids,
        candidates=(),
        also=("key_reused",),
        explanation=words,
    )


def _other_lines(finding: Finding, entry: Standing) -> Finding:
    """The finding whose posting key stands in the ledger over lines that do not correct it."""
    words = f"Entry {entry.title} carries this correction's posting key, but other lines: look at it before you book."
    return replace(
        finding,
        status="ask",
        also=(*finding.also, "key_reused"),
        candidates=(*finding.candidates, *entry.line_ids),
        explanation=f"{finding.explanation} {words}",
    )


def _corrected(finding: Finding, entry: Standing, left: Cells) -> Finding:
    """Nothing to book: the correcting lines stand, wait as a draft, or stand in the next period.

    What is `left` are amounts without their departments: they are booked already and only to be moved.
    """
    also = (*finding.also, finding.cause)
    if entry.pending or not entry.in_period:
        what = "this correction, without its departments" if left else "exactly this correction"
        draft = f"Draft entry {entry.title} is {what}: {'complete and ' if left else ''}post it in Intacct."
        later = f"Entry {entry.title} of another period is {what}."
        return replace(
            finding,
            cause="draft_pending" if entry.pending else "corrected_elsewhere",
            status="info" if entry.pending else "timing",
            also=also,
            candidates=(*finding.candidates, *entry.line_ids),
            explanation=f"{draft if entry.pending else later} {finding.explanation}",
        )
    words = f"Entry {entry.title} already corrects this"
    words += ", but names no department: its amounts are to be moved to theirs." if left else "."
    return replace(
        finding,
        cause="wrong_department" if left else "corrected_elsewhere",
        status=finding.status if left else "info",
        also=also,
        cells=left,
        actual_line_ids=(*finding.actual_line_ids, *entry.line_ids),
        explanation=f"{words} {finding.explanation}",
    )


def _asked(finding: Finding, entries: Sequence[Standing], cause: str | None = None) -> Finding:
    """Something stands that may be the correction, but not for certain: a person decides."""
    lines = tuple(line for entry in entries for line in entry.line_ids)
    titles = ", ".join(entry.title for entry in entries)
    return replace(
        finding,
        cause=cause or finding.cause,
        status="ask",
        also=(*finding.also, "possible_correction"),
        candidates=(*finding.candidates, *lines),
        explanation=f"{finding.explanation} Entry {titles} may already correct this.",
    )
