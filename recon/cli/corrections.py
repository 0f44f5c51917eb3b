"""Corrections at the terminal: a list, and each one side by side with its evidence; or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from recon.cli.screen import counted
from recon.cli.tables import plain_table, wide_console
from recon.lifecycle import Correction
from recon.money import accounting
from recon.reporting.corrections import Evidence, correction_list, evidence
from recon.reporting.model import RunRecord

STATE_STYLES = {
    "proposed": "yellow", "reviewed": "yellow", "approved": "cyan", "intent": "cyan", "sent": "cyan",
    "uncertain": "red", "confirmed": "green", "settled": "green", "rejected": "red", "withdrawn": "dim",
    "reversed": "dim",
}  # fmt: skip
_IDS = 6  # line ids of one document on the terminal; all of them stand in --json
_NOBODY = "–"


def show_list(corrections: Sequence[Correction], record: RunRecord) -> None:
    """Print one row per correction, and what they sum to."""
    console = wide_console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    for heading in ("Key", "State", "Cause", "Date", "Class"):
        table.add_column(heading, no_wrap=heading != "Cause")
    for heading in ("Debits", "Income"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("People")
    listed = correction_list(corrections, record)
    has_records = listed["record_no"].is_not_null().any()
    if has_records:
        table.add_column("Record", justify="right")
    for row in listed.iter_rows(named=True):
        hands = (row[name] or _NOBODY for name in ("prepared_by", "reviewed_by", "approved_by"))
        table.add_row(
            row["key"], f"{state_words(row['state'])}{' [red]held[/]' if row['held'] else ''}", escape(row["cause"]),
            str(row["posting_date"]), row["class"], accounting(row["debits"]), accounting(row["effect"]),
            escape(", ".join(hands)), *([escape(row["record_no"] or "")] if has_records else []),
        )  # fmt: skip
    console.print(table)
    effect = f"effect on pre-tax income, +/(-), {accounting(_sum(listed, 'effect'))}"
    told = f"{counted(listed.height, 'entry', 'entries')} with debits of {accounting(_sum(listed, 'debits'))}"
    console.print(f"{told}; {effect}. People: prepared, reviewed, approved by.")


def state_words(state: str) -> str:
    """The state in its colour."""
    return f"[{STATE_STYLES[state]}]{state}[/]"


def _sum(frame: pl.DataFrame, column: str) -> Decimal:
    return Decimal(frame[column].sum() or 0)


def show_each(corrections: Sequence[Correction], record: RunRecord, others: Sequence[RunRecord] = ()) -> None:
    """Print every correction side by side: per ledger, per source, to book, and what stands behind it."""
    console = wide_console()
    for one, row, behind in _listed(corrections, record, others):
        _show_one(console, one, row, behind)


def _listed(
    corrections: Sequence[Correction], record: RunRecord, others: Sequence[RunRecord]
) -> Iterator[tuple[Correction, dict[str, Any], Evidence]]:
    """Each correction with its row of the list and its evidence, in the order of the list."""
    behind = zip(corrections, evidence(corrections, record, others), strict=True)
    by_key = {one.key: (one, found) for one, found in behind}
    for row in correction_list(corrections, record).iter_rows(named=True):
        one, found = by_key[row["key"]]
        yield one, row, found


def _show_one(console: Console, one: Correction, row: dict[str, Any], behind: Evidence) -> None:
    dates = f"{row['journal']} {row['posting_date']}" + (
        f", reversed on {row['reversal_date']}" if row["reversal_date"] else ""
    )
    hands = ", ".join(
        f"{verb} by {escape(row[name])}"
        for verb, name in (("prepared", "prepared_by"), ("reviewed", "reviewed_by"), ("approved", "approved_by"))
        if row[name]
    )
    console.rule(
        f"[bold]{one.key}[/]  {state_words(one.state)}  {escape(row['cause'])}  {one.approval}",
        align="left",
        style="dim",
    )
    console.print(f"{escape(one.content.memo)}  [dim]{dates}; {hands}[/]", soft_wrap=True)
    console.print(escape(one.explanation))
    if row["held"]:
        console.print(f"[red]Held, {escape(row['held'])}[/]")
    if one.reason and one.state in ("rejected", "uncertain", "withdrawn", "reversed"):
        console.print(f"[yellow]{escape(one.reason)}[/]")
    console.print(_side_by_side(behind))
    console.print(f"  Effect on pre-tax income: {accounting(behind.effect)}")
    for line in _documents(behind.behind):
        console.print(f"  {escape(line)}", style="dim", soft_wrap=True)
    console.print()


def _side_by_side(behind: Evidence) -> Table:
    headings = ("Per ledger", "Per source", "To book Dr/(Cr)")
    table = plain_table("  Account", "Location", "Department", amounts=headings)
    for row in behind.lines.iter_rows(named=True):
        amounts = (_or_dash(row[name]) for name in ("per_ledger", "per_source", "to_book"))
        place = (row["location"] or _NOBODY, row["department"] or _NOBODY)
        table.add_row(escape(f"  {row['account']} {row['title']}"), *map(escape, place), *amounts)
    return table


def _or_dash(amount: Decimal | None) -> str:
    """A dash for nothing; what is not at hand is no zero."""
    if amount is None:
        return "not at hand"
    return accounting(amount) if amount else _NOBODY


def _documents(behind: pl.DataFrame) -> list[str]:
    """One sentence per side and document with the ids of its lines."""
    by_document = behind.group_by("side", "document", "posting_date", maintain_order=True).agg("line_id")
    said = []
    for side, document, day, ids in by_document.iter_rows():
        more = f" and {len(ids) - _IDS} more" if len(ids) > _IDS else ""
        said.append(f"{side.capitalize()} {document or 'without a document'} of {day}: {', '.join(ids[:_IDS])}{more}")
    return said


def corrections_facts(
    corrections: Sequence[Correction], record: RunRecord, others: Sequence[RunRecord] = ()
) -> list[dict[str, Any]]:
    """The corrections with their evidence as plain values; money is text, exact."""
    return [
        {
            **plain(row),
            "digest": one.digest,
            "revision": one.revision,
            "variance_ids": list(one.variance_ids),
            "lines": [plain(line) for line in behind.lines.iter_rows(named=True)],
            "behind": [plain(line) for line in behind.behind.iter_rows(named=True)],
            "source_ids": list(behind.source_ids),
        }
        for one, row, behind in _listed(corrections, record, others)
    ]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """The row with amounts and days as text."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | int | list):
        return value
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)
