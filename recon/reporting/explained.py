"""One line of a run explained: what it is matched with and why, or what differs, and what comes nearest."""

from __future__ import annotations

import html
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import extract

from recon.errors import DataError
from recon.money import ZERO, accounting
from recon.reporting.model import RunRecord
from recon.reporting.words import STATUSES, cause_title, count

_PASSES = {
    "decided": "by a person",
    "reference": "by the document's number",
    "key": "by place, amounts and day",
    "grouped": "as a sum of one day",
    "window": "by place and amounts within the window of days",
    "subset": "as the sum of some lines",
    "cross": "by what comes nearest",
}
_MOST_LINES = 12
_NEAR_IDS = 3
Row = dict[str, Any]


class Explanation(str):
    """What is said of a line: plain text, one thought a line, and paragraphs in a notebook."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return "".join(f"<p>{html.escape(line)}</p>" for line in self.splitlines())

    def __repr__(self) -> str:
        return str(self)


def explain_line(record: RunRecord, line_id: str) -> Explanation:
    """What became of an expected or a ledger line: its match and evidence, its variance, or why it was left out.

    Raises: DataError if the run has no such line; it names those that read alike.
    """
    side, line = _found(record, line_id)
    parts = [_head(side, line)]
    matches = record.found.frames["matches"]
    mine = matches.filter((pl.col("line_id") == line_id) & (pl.col("side") == side))
    parts += [text for one in mine["match_id"].to_list() for text in _matched(record, one, side)]
    variances = list(_variances_of(record, line_id, side))
    parts += [text for one in variances for text in _differs(record, one)]
    if mine.is_empty() and not variances:
        parts.append(_left_out(record, side, line))
    parts += list(_candidate_of(record, line_id, {one["variance_id"] for one in variances}))
    return Explanation("\n".join(parts))


def find_line(record: RunRecord, line_id: str) -> str | None:
    """The side on which a line of that id stands, expected or actual; None if the run has none."""
    frames = {"expected": record.found.frames["expected"], "actual": record.found.ledger}
    return next((side for side, lines in frames.items() if lines.filter(pl.col("line_id") == line_id).height), None)


def like_ids(record: RunRecord, line_id: str) -> list[str]:
    """The ids of lines that read most like one that is not there, the closest first."""
    every = pl.concat([record.found.frames["expected"].select("line_id"), record.found.ledger.select("line_id")])
    found = extract(line_id, every["line_id"].to_list(), scorer=JaroWinkler.normalized_similarity, limit=_NEAR_IDS)
    return [text for text, _, _ in found]


def _found(record: RunRecord, line_id: str) -> tuple[str, Row]:
    side = find_line(record, line_id)
    if side is None:
        near = ", ".join(like_ids(record, line_id)) or "none"
        raise DataError(f"run {record.run_id} of {record.found.period.name} has no line {line_id}", alike=near)
    lines = record.found.frames["expected"] if side == "expected" else record.found.ledger
    return side, lines.row(by_predicate=pl.col("line_id") == line_id, named=True)


def _head(side: str, line: Row) -> str:
    what = "ought to stand" if side == "expected" else f"stands in journal {line['journal']}, entry {line['entry_id']}"
    document = f"document {line['document']}" if line["document"] else "without a document"
    return f"{line['line_id']} {what}: {_money(line)}, {line['posting_date']}, {document}."


def _money(line: Row) -> str:
    place = f" at location {line['location']}" if line["location"] else ""
    department = f", department {line['department']}" if line["department"] else ""
    return f"{accounting(line['amount'])} on {line['account']}{place}{department}"


def _matched(record: RunRecord, match_id: str, side: str) -> Iterator[str]:
    """What a line agrees with: the pass, what agreed, how far apart, how many other readings, the other side."""
    frames = record.found.frames
    group = frames["match_groups"].row(by_predicate=pl.col("match_id") == match_id, named=True)
    how = _PASSES.get(group["pass"], f"by the pass {group['pass']}")
    counts = f"{count(group['expected_count'], 'expected line')} against {count(group['actual_count'], 'ledger line')}"
    yield f"It agrees. Matched {how}: {group['explanation'].rstrip('.')}. {counts}, {_apart(group)}."
    if group["alternatives"]:
        least = "" if group["alternatives_exact"] else "at least "
        yield f"{least}{count(group['alternatives'], 'other reading')} would do as well.".capitalize()
    else:
        yield "No other candidate of that pass fits as well."
    members = frames["matches"].filter((pl.col("match_id") == match_id) & (pl.col("side") != side))
    yield from _listed("Against it stand", record, members["line_id"].to_list(), side)


def _apart(group: Row) -> str:
    days = group["days_apart"]
    when = "of the same day" if not days else f"posted {count(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"
    gap = group["difference"]
    return f"{when}, {'to the cent' if not gap else f'off by {accounting(gap)}'}"


def _listed(words: str, record: RunRecord, ids: list[str], side: str) -> Iterator[str]:
    """The lines of the other side, each with its money."""
    lines = record.found.ledger if side == "expected" else record.found.frames["expected"]
    rows = lines.filter(pl.col("line_id").is_in(ids)).sort("line_id").to_dicts()
    if not rows:
        return
    shown = "; ".join(f"{row['line_id']} {_money(row)}" for row in rows[:_MOST_LINES])
    more = f"; and {len(rows) - _MOST_LINES} more" if len(rows) > _MOST_LINES else ""
    yield f"{words}: {shown}{more}."


def _variances_of(record: RunRecord, line_id: str, side: str) -> Iterator[Row]:
    named = pl.col(f"{side}_line_ids").list.contains(line_id)
    yield from record.found.frames["variances"].filter(named).iter_rows(named=True)


def _differs(record: RunRecord, one: Row) -> Iterator[str]:
    """A variance in words: cause, status, evidence, what it amounts to, and the entry that is proposed."""
    yield f"It is part of {one['variance_id']}: {cause_title(one['cause'])} ({STATUSES[one['status']].lower()})."
    yield one["explanation"]
    cells = record.found.frames["variance_lines"].filter(pl.col("variance_id") == one["variance_id"])
    if cells.height:
        yield f"Expected less actual, Dr/(Cr): {_cells(cells)}."
    lines = record.found.frames["adjustment_lines"]
    entries = record.found.frames["adjustments"].filter(pl.col("variance_ids").list.contains(one["variance_id"]))
    for entry in entries.iter_rows(named=True):
        mine = _cells(lines.filter(pl.col("posting_key") == entry["posting_key"]))
        booked = "exactly these amounts" if mine == _cells(cells) else mine
        yield f"Proposed entry {entry['posting_key']} in journal {entry['journal']}, {entry['posting_date']}: {booked}."
    if entries.is_empty():
        yield _NOT_PROPOSED[one["status"]]


_NOT_PROPOSED = {
    "book": "No entry is proposed.",
    "ask": "No entry is proposed: a person must say.",
    "timing": "No entry is proposed: it is carried to the next period.",
    "source": "No entry is proposed: mend it at the source.",
    "accepted": "No entry is proposed: it was accepted and is listed among the uncorrected misstatements.",
    "info": "There is nothing more to book.",
}


def _cells(lines: pl.DataFrame) -> str:
    rows = lines.sort("account", "location", "department", nulls_last=True).to_dicts()
    shown = [_money(row) for row in rows[:_MOST_LINES]]
    total = sum((row["amount"] for row in rows if row["amount"] > 0), ZERO)
    more = f"; {len(rows) - _MOST_LINES} more lines, debits {accounting(Decimal(total))} in all"
    return "; ".join(shown) + (more if len(rows) > _MOST_LINES else "")


def _candidate_of(record: RunRecord, line_id: str, told: set[str]) -> Iterator[str]:
    frame = record.found.frames["variances"].filter(pl.col("candidates").list.contains(line_id))
    for one in frame.iter_rows(named=True):
        if one["variance_id"] not in told:
            yield f"It is also a candidate of {one['variance_id']}: {cause_title(one['cause'])}. {one['explanation']}"


def _left_out(record: RunRecord, side: str, line: Row) -> str:
    """Why a line was compared with nothing."""
    period = record.found.period
    if not period.has(line["posting_date"]):
        return f"It is not of {period.name}, so it could only be a candidate, and nothing needed it."
    if side == "expected":
        return "It stands in no match and in no variance, which must not be: please report this run."
    return _not_compared(record, line)


def _not_compared(record: RunRecord, line: Row) -> str:
    policy = record.policy
    owner = policy.reconciliation_of(line["journal"])
    if line["statistical"]:
        return "It is a statistical line: those are not compared."
    if (line["book"] or policy.company.book) != policy.company.book:
        return f"It stands in book {line['book']}; compared is book {policy.company.book}."
    if line["state"] and line["state"].lower() != "posted":
        return f"Its state is {line['state']}: only what is posted is compared."
    if owner is None:
        return f"No reconciliation owns journal {line['journal']}; its lines stand in the bridge as they are."
    return f"Its journal belongs to {owner}, which this run did not compare."
