"""The bridge in the workpaper: one row per account and location, tied by formulas to its detail."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl

from recon.money import ZERO
from recon.pipeline import ReconciliationStatus
from recon.reporting import words
from recon.reporting.model import RunRecord
from recon.reporting.sheets import FIRST_ROW, Book, Column, Table, cell, span
from recon.reporting.views import bridge_grid, bridge_part, titled

_LETTERS = tuple(words.BRIDGE_ROWS)
_FIRST_LETTER = 3  # account, title and location stand before it
_DETAIL = "Bridge detail"
_DETAIL_AMOUNT = 5
_PLACES = (Column("Account", 9), Column("Title", 24), Column("Location", 10))
_SUMS = {"C": "AB", "E": "CD", "J": "EFGHI"}  # each balance is the sum of these rows
_COLUMNS = (
    *_PLACES,
    *(Column(f"{letter}  {label}", 15, "money", total=True) for letter, label in words.BRIDGE_ROWS.items()),
    Column("Tick", 6),
)
Ranges = dict[tuple[str, str | None, str], tuple[int, int]]


def write_bridge(book: Book, record: RunRecord) -> Table:
    """The bridge over all reconciliations; B, D and F are sums of their rows in the detail sheet."""
    bridge = record.found.frames["bridge"]
    grid = titled(bridge_grid(bridge), record.accounts)
    sheet = book.sheet("Bridge", "Bridge from ledger to source, Dr/(Cr)", [column.width for column in _COLUMNS])
    sheet.write_string(2, 0, "C = A + B; E = C + D; J = E + F + G + H + I", book.formats["note"])
    sheet.freeze_panes(FIRST_ROW, _FIRST_LETTER)
    table = _grid(book, sheet, grid, _detail_ranges(bridge), tick=_tick(record))
    _write_detail(book, record)
    return table


def write_reconciliation(book: Book, record: RunRecord, status: ReconciliationStatus) -> Table:
    """The sheet of one reconciliation: how it stands and its own bridge."""
    name = words.sentence(status.name)
    sheet = book.sheet(name, f"{name}: {status.status}", [column.width for column in _COLUMNS])
    facts = (
        f"{words.count(status.entries_expected, 'entry', 'entries')} expected, {status.entries_matched:,} matched, "
        f"{words.count(status.variances, 'variance')}. To book {words.money(status.to_book)}, asked "
        f"{words.money(status.asked)}, unexplained {words.money(status.unexplained)}."
    )
    sheet.write_string(2, 0, facts, book.formats["text"])
    sheet.freeze_panes(FIRST_ROW, _FIRST_LETTER)
    grid = titled(bridge_grid(record.found.frames["bridge"], status.name), record.accounts)
    return _grid(book, sheet, grid, {}, tick="F")


def _tick(record: RunRecord) -> str:
    """The tick marks that the checks of the run have earned for a bridge row."""
    passed = {check.name for check in record.found.checks if check.passed}
    return " ".join(["F", *(["TB"] if "trial_balance" in passed else [])])


def _grid(book: Book, sheet: Any, grid: pl.DataFrame, ranges: Ranges, *, tick: str) -> Table:
    """The rows of a bridge with their live sums, and the totals above."""
    amounts = [_amounts(row) for row in grid.iter_rows(named=True)]
    headings = {letter: f"{letter}  {label}" for letter, label in words.BRIDGE_ROWS.items()}
    sums = {heading: sum((row[letter] for row in amounts), ZERO) for letter, heading in headings.items()}
    table = Table(sheet.get_name(), FIRST_ROW, FIRST_ROW + grid.height - 1, _COLUMNS, sums)
    book.totals(sheet, table)
    book.heads(sheet, FIRST_ROW - 1, _COLUMNS)
    for number, (row, values) in enumerate(zip(grid.iter_rows(named=True), amounts, strict=True), FIRST_ROW):
        for position, key in enumerate(("account", "title", "location")):
            book.write(sheet, number, position, row[key])
        for position, letter in enumerate(_LETTERS, _FIRST_LETTER):
            # The unexplained is shown even at 0.00; an opening that was not provided stays blank.
            style = book.formats["open_money" if letter == "I" else "money"]
            formula = _formula(number, letter, ranges.get((row["account"], row["location"], letter)))
            if formula is not None:
                sheet.write_formula(number, position, formula, style, values[letter])
            elif row[letter] is not None:
                sheet.write_number(number, position, row[letter], style)
        sheet.write_string(number, _FIRST_LETTER + len(_LETTERS), tick, book.formats["tick"])
    return table


def _amounts(row: dict[str, Any]) -> dict[str, Decimal]:
    """The amounts of one row of the grid, balances summed from their parts."""
    amounts = {letter: row[letter] or ZERO for letter in _LETTERS}
    for letter, parts in _SUMS.items():
        amounts[letter] = sum((amounts[part] for part in parts), ZERO)
    return amounts


def _formula(number: int, letter: str, found: tuple[int, int] | None) -> str | None:
    """A balance as the sum of its parts, a sum of rows in the detail sheet, or nothing for a plain amount."""
    if letter in _SUMS:
        return "=" + "+".join(cell(number, _FIRST_LETTER + _LETTERS.index(part)) for part in _SUMS[letter])
    return f"=SUM('{_DETAIL}'!{span(*found, _DETAIL_AMOUNT)})" if found is not None else None


def _detail(bridge: pl.DataFrame) -> pl.DataFrame:
    """The rows behind the bridge, balances left out, in the order of the grid."""
    part = bridge_part(bridge).filter(~pl.col("row").is_in(list(_SUMS)))
    return part.sort("account", "location", "row", "label", nulls_last=False)


def _detail_ranges(bridge: pl.DataFrame) -> Ranges:
    """Where the rows behind B, D and F of each account and location stand in the detail sheet."""
    numbered = _detail(bridge).with_row_index("number", offset=FIRST_ROW)
    spans = (
        numbered.filter(pl.col("row").is_in(["B", "D", "F"]))
        .group_by("account", "location", "row")
        .agg(first=pl.col("number").min(), last=pl.col("number").max())
    )
    return {(account, location, row): (first, last) for account, location, row, first, last in spans.iter_rows()}


def _write_detail(book: Book, record: RunRecord) -> None:
    """The bridge by journal and cause."""
    detail = titled(_detail(record.found.frames["bridge"]), record.accounts)
    columns = (
        Column("Account", 9), Column("Location", 10), Column("Row", 6), Column("Journal or cause", 34),
        Column("Count", 9, "count"), Column("Amount", 16, "money", total=True), Column("Title", 24),
    )  # fmt: skip
    rows = detail.select("account", "location", "row", "label", "count", "amount", "title")
    book.table(_DETAIL, "Bridge by journal and cause, Dr/(Cr)", columns, rows, frame="bridge")
