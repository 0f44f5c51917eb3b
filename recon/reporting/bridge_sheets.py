"""The bridge in the workpaper: one row per account and location, tied by formulas to its detail."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl

from recon.found import ReconciliationStatus
from recon.money import ZERO
from recon.reporting import words
from recon.reporting.model import RunRecord
from recon.reporting.sheets import FIRST_ROW, Book, Column, Table, cell, span
from recon.reporting.views import bridge_grid, bridge_part, titled

_FIRST_LETTER = 3  # account, title and location stand before it
_DETAIL = "Bridge detail"
_DETAIL_AMOUNT = 6
_DETAILED = ("B", "D1", "F")  # made of several journals or causes, which stand in the detail sheet
_PLACES = (Column("Account", 9), Column("Title", 24), Column("Location", 10))
_WHOLE = dict(words.BRIDGE_ROWS)
# One reconciliation has no opening balance: what it moves is all that it says.
_ACTIVITY = {row: label for row, label in words.BRIDGE_ROWS.items() if row != "A"} | {"C": "Activity compared"}
Ranges = dict[tuple[str | None, str, str | None, str], tuple[int, int]]


def write_bridge(book: Book, record: RunRecord) -> Table:
    """The bridge over all reconciliations; B, D1 and F are sums of their rows in the detail sheet."""
    bridge = record.found.frames["bridge"]
    columns = _columns(_WHOLE)
    sheet = book.sheet("Bridge", "Bridge from ledger to source, Dr/(Cr)", [column.width for column in columns])
    sheet.write_string(2, 0, words.BRIDGE_NOTE, book.formats["note"])
    sheet.freeze_panes(FIRST_ROW, _FIRST_LETTER)
    table = _grid(book, sheet, titled(bridge_grid(bridge), record.accounts), _ranges(record), tick=_tick(record))
    _write_detail(book, record)
    return table


def write_reconciliation(book: Book, record: RunRecord, status: ReconciliationStatus) -> Table:
    """The sheet of one reconciliation: how it stands and its own bridge, with the same live sums."""
    name = words.sentence(status.name)
    sheet = book.sheet(name, f"{name}: {status.status}", [column.width for column in _columns(_ACTIVITY)])
    facts = (
        f"{words.count(status.entries_expected, 'entry', 'entries')} expected, {status.entries_matched:,} matched, "
        f"{words.count(status.variances, 'variance')}. To book {words.money(status.to_book)}, asked "
        f"{words.money(status.asked)}, unexplained {words.money(status.unexplained)}. "
        "Activity of its own journals; opening balances stand on the sheet Bridge."
    )
    sheet.write_string(2, 0, facts, book.formats["text"])
    sheet.freeze_panes(FIRST_ROW, _FIRST_LETTER)
    grid = titled(bridge_grid(record.found.frames["bridge"], status.name), record.accounts)
    return _grid(book, sheet, grid, _ranges(record), reconciliation=status.name, tick="F")


def _columns(labels: dict[str, str]) -> tuple[Column, ...]:
    """The columns of a bridge: its place, its rows, its tick marks."""
    money = (Column(f"{row}  {label}", 15, "money", total=True) for row, label in labels.items())
    return (*_PLACES, *money, Column("Tick", 6))


def _tick(record: RunRecord) -> str:
    """The tick marks that the checks of the run have earned for a bridge row."""
    passed = {check.name for check in record.found.checks if check.passed}
    return " ".join(["F", *(["TB"] if "trial_balance" in passed else [])])


def _grid(
    book: Book, sheet: Any, grid: pl.DataFrame, ranges: Ranges, reconciliation: str | None = None, *, tick: str
) -> Table:
    """The rows of a bridge with their live sums, and the totals above."""
    labels = _WHOLE if reconciliation is None else _ACTIVITY
    columns = _columns(labels)
    amounts = [_amounts(row) for row in grid.iter_rows(named=True)]
    sums = {f"{row}  {label}": sum((one[row] for one in amounts), ZERO) for row, label in labels.items()}
    table = Table(sheet.get_name(), FIRST_ROW, FIRST_ROW + grid.height - 1, columns, sums)
    book.totals(sheet, table)
    book.heads(sheet, FIRST_ROW - 1, columns)
    for number, (place, values) in enumerate(zip(grid.iter_rows(named=True), amounts, strict=True), FIRST_ROW):
        for position, key in enumerate(("account", "title", "location")):
            book.write(sheet, number, position, place[key])
        for position, row in enumerate(labels, _FIRST_LETTER):
            formula = _formula(
                number, row, labels, ranges.get((reconciliation, place["account"], place["location"], row))
            )
            # The unexplained is shown even at 0.00.
            style = book.formats["open_money" if row == "I" else "money"]
            if formula is not None:
                sheet.write_formula(number, position, formula, style, values[row])
            elif place[row] is None:
                sheet.write_string(number, position, "not provided", book.formats["absent"])
            else:
                sheet.write_number(number, position, place[row], style)
        sheet.write_string(number, _FIRST_LETTER + len(labels), tick, book.formats["tick"])
    return table


def _amounts(row: dict[str, Any]) -> dict[str, Decimal]:
    """The amounts of one row of the grid, balances summed from their parts."""
    amounts = {letter: row[letter] or ZERO for letter in words.BRIDGE_ROWS}
    for letter, parts in words.BRIDGE_SUMS.items():
        amounts[letter] = sum((amounts[part] for part in parts), ZERO)
    return amounts


def _formula(number: int, row: str, labels: dict[str, str], found: tuple[int, int] | None) -> str | None:
    """A balance as the sum of its parts, a sum of rows in the detail sheet, or nothing for a plain amount."""
    if row in words.BRIDGE_SUMS:
        places = {name: cell(number, position) for position, name in enumerate(labels, _FIRST_LETTER)}
        return "=" + "+".join(places[part] for part in words.BRIDGE_SUMS[row] if part in places)
    return f"=SUM('{_DETAIL}'!{span(*found, _DETAIL_AMOUNT)})" if found is not None else None


def _detail(record: RunRecord) -> pl.DataFrame:
    """The rows behind every bridge, balances left out: the whole first, then one reconciliation after the other."""
    bridge = record.found.frames["bridge"]
    names = (None, *(status.name for status in record.found.statuses))
    parts = [
        bridge_part(bridge, name)
        .filter(~pl.col("row").is_in(list(words.BRIDGE_SUMS)))
        .sort("account", "location", "row", "label", nulls_last=False)
        for name in names
    ]
    return pl.concat(parts)


def _ranges(record: RunRecord) -> Ranges:
    """Where the rows behind B, D1 and F of each bridge, account and location stand in the detail sheet."""
    numbered = _detail(record).with_row_index("number", offset=FIRST_ROW)
    spans = (
        numbered.filter(pl.col("row").is_in(_DETAILED))
        .group_by("reconciliation", "account", "location", "row")
        .agg(first=pl.col("number").min(), last=pl.col("number").max())
    )
    return {(name, account, location, row): (first, last) for name, account, location, row, first, last in spans.rows()}


def _write_detail(book: Book, record: RunRecord) -> None:
    """Every bridge by journal and cause."""
    detail = titled(_detail(record), record.accounts).with_columns(
        pl.col("reconciliation").map_elements(words.sentence, pl.String).fill_null("All together")
    )
    columns = (
        Column("Bridge", 13), Column("Account", 9), Column("Location", 10), Column("Row", 6),
        Column("Journal or cause", 34), Column("Count", 9, "count"), Column("Amount", 16, "money"), Column("Title", 24),
    )  # fmt: skip
    rows = detail.select("reconciliation", "account", "location", "row", "label", "count", "amount", "title")
    book.table(_DETAIL, "Bridges by journal and cause, Dr/(Cr)", columns, rows, frame="bridge")
