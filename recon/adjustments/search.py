"""Before an entry is proposed: does the ledger already hold lines that explain the variance?

Booking twice is the worst mistake a reconciliation makes. Searched are entries that carry the posting
key of the very proposal (also drafts), then any entry of other journals, of the next days, or without
a document, whose lines are exactly the correction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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
            pl.coalesce("entry_no", "entry_id").first().alias("title"),
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
    """The cells summed over departments, for entries that name none."""
    sums = CellSum()
    for (account, location, _), cents in cells:
        cell = (account, location, None)
        sums.cents[cell] = sums.cents.get(cell, 0) + cents
    return sums.cells()


Apart = Callable[[Finding, Standing], bool]


def _never(_finding: Finding, _entry: Standing) -> bool:
    return False


def search(
    findings: Sequence[Finding],
    standing: Iterable[Standing],
    key_of: Callable[[Finding], str],
    *,
    is_apart: Apart = _never,
) -> Searched:
    """Findings that stand corrected or wait as drafts no longer ask for booking.

    Each entry explains one finding at most, and the one whose document it names before any other. Where equal
    findings outnumber the entries that would explain them, all are asked about, not booked. An entry that
    corrects once more what is already corrected is a finding of its own: a duplicate. `is_apart` tells of which
    entry a person said that it has nothing to do with a finding.
    """
    keys = {finding.variance_id: key_of(finding) for finding in findings if _is_searched(finding)}
    shelf = _Shelf.of(standing, frozenset(keys.values()), is_apart)
    searched = [finding for finding in findings if _is_searched(finding)]
    named = shelf.named([finding for finding in searched if keys[finding.variance_id] not in shelf.by_key])
    shares = Counter(without_department(one.cells) for one in searched if one.variance_id not in named)
    result: list[Finding] = []
    for finding in findings:
        if finding.variance_id in named:
            shelf.adopt(named[finding.variance_id])
            result.append(_corrected(finding, named[finding.variance_id]))
        elif _is_searched(finding):
            result += _judged(finding, keys[finding.variance_id], shelf, shares)
        else:
            result.append(finding)
    return Searched(tuple(result), frozenset(shelf.adopted))


def _is_searched(finding: Finding) -> bool:
    return finding.status in ("book", "ask") and bool(finding.cells) and finding.cause != "unexpected"


@dataclass
class _Shelf:
    """Standing entries by what may identify them as a correction; each is taken once."""

    by_key: dict[str, list[Standing]]
    by_cells: dict[Cells, list[Standing]]
    drafts: dict[str, Standing]  # by document
    enough: dict[Cells, int]  # how many entries there were, before any was taken
    adopted: set[str]  # lines of posted entries of the period that turned out to be corrections
    is_apart: Apart

    @classmethod
    def of(cls, standing: Iterable[Standing], wanted: frozenset[str], is_apart: Apart) -> _Shelf:
        """An entry whose key no proposal has (line ids changed with a new download) is known by its lines."""
        by_key: dict[str, list[Standing]] = {}
        by_cells: dict[Cells, list[Standing]] = {}
        drafts: dict[str, Standing] = {}
        for entry in sorted(standing, key=lambda one: (one.pending, not one.in_period, one.entry_id)):
            own = wanted.intersection(entry.keys)
            for key in own:
                by_key.setdefault(key, []).append(entry)
            if not own:
                by_cells.setdefault(without_department(entry.cells), []).append(entry)
                drafts |= {document: entry for document in entry.documents if entry.pending}
        enough = {cells: len(some) for cells, some in by_cells.items()}
        return cls(by_key, by_cells, drafts, enough, set(), is_apart)

    def named(self, findings: Iterable[Finding]) -> dict[str, Standing]:
        """By variance id, the entry that is the correction and names the finding's own document; off the shelf.

        Where the same amounts recur every day, only the document tells whose correction an entry is.
        """
        found: dict[str, Standing] = {}
        for finding in findings:
            cells = without_department(finding.cells)
            some = self.near(finding, self.by_cells.get(cells, [])) if finding.status == "book" else []
            own = next((entry for entry in some if finding.expected_document in entry.documents), None)
            if own is not None:
                found[finding.variance_id] = own
                self.by_cells[cells].remove(own)
                self.enough[cells] -= 1
        return found

    def near(self, finding: Finding, entries: Sequence[Standing]) -> list[Standing]:
        """Those of the entries that no person told apart from the finding."""
        return [entry for entry in entries if not self.is_apart(finding, entry)]

    def take(self, entry: Standing) -> None:
        """The entry explains a finding: no other one."""
        self.by_cells[without_department(entry.cells)].remove(entry)
        self.adopt(entry)

    def adopt(self, entry: Standing) -> None:
        """Count the entry's lines as compared, if they stand in the period."""
        if entry.in_period and not entry.pending:
            self.adopted |= set(entry.line_ids)


def _judged(finding: Finding, key: str, shelf: _Shelf, shares: Mapping[Cells, int]) -> list[Finding]:
    """One finding after the search, and what repeats its correction."""
    cells = without_department(finding.cells)
    keyed = shelf.near(finding, shelf.by_key.get(key, []))
    if keyed:
        equal = [entry for entry in keyed if without_department(entry.cells) == cells]
        if not equal:
            return [_other_lines(finding, keyed[0])]
        again = [entry for entry in keyed if entry is not equal[0]]
        for entry in keyed:
            shelf.adopt(entry)
        return [_corrected(finding, equal[0]), *(_repeated(finding, entry) for entry in again)]
    same = shelf.near(finding, shelf.by_cells.get(cells, []))
    if same and finding.status == "book":
        return [_by_amounts(finding, same, shelf, certain=shares[cells] <= shelf.enough[cells])]
    draft = shelf.drafts.get(finding.expected_document or "")
    if draft is not None and finding.status == "book" and not shelf.is_apart(finding, draft):
        return [_asked(finding, [draft], "draft_pending" if not finding.actual_line_ids else None)]
    return [finding]


def _by_amounts(finding: Finding, same: list[Standing], shelf: _Shelf, *, certain: bool) -> Finding:
    """The finding that an entry corrects exactly, or asked about where that is not certain.

    An entry of an owned journal that names another document proves nothing by its amounts.
    """
    if not certain:
        return _asked(finding, same)
    entry = same[0]
    if entry.owned and entry.documents and finding.expected_document not in entry.documents:
        shelf.by_cells[without_department(entry.cells)].remove(entry)
        return _asked(finding, [entry])
    shelf.take(entry)
    return _corrected(finding, entry)


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


def _corrected(finding: Finding, entry: Standing) -> Finding:
    """Nothing to book: the correcting lines stand, wait as a draft, or stand in the next period."""
    also = (*finding.also, finding.cause)
    if entry.pending or not entry.in_period:
        draft = f"Draft entry {entry.title} is exactly this correction: post it in Intacct."
        later = f"Entry {entry.title} of another period is exactly this correction."
        return replace(
            finding,
            cause="draft_pending" if entry.pending else "corrected_elsewhere",
            status="info" if entry.pending else "timing",
            also=also,
            candidates=(*finding.candidates, *entry.line_ids),
            explanation=f"{draft if entry.pending else later} {finding.explanation}",
        )
    words = f"Entry {entry.title} already corrects this."
    return replace(
        finding,
        cause="corrected_elsewhere",
        status="info",
        also=also,
        cells=(),
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
