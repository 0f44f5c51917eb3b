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
    book.heads(sheet, FIRST_ROW - 1, _COLUMNS)
    sums = {column.heading: ZERO for column in _COLUMNS if column.total}
    for number, row in enumerate(grid.iter_rows(named=True), FIRST_ROW):
        for position, key in enumerate(("account", "title", "location")):
            book.write(sheet, number, position, row[key])
        for letter, amount in _write_letters(book, sheet, number, row, ranges).items():
            sums[f"{letter}  {words.BRIDGE_ROWS[letter]}"] += amount
        sheet.write_string(number, _FIRST_LETTER + len(_LETTERS), tick, book.formats["tick"])
    table = Table(sheet.get_name(), FIRST_ROW, FIRST_ROW + grid.height - 1, _COLUMNS, sums)
    book.totals(sheet, table)
    return table


def _write_letters(book: Book, sheet: Any, number: int, row: dict[str, Any], ranges: Ranges) -> dict[str, Decimal]:
    """The amounts of one row: balances as sums of their parts, the rest as sums of the detail or as they are."""
    amounts: dict[str, Decimal] = {}
    for position, letter in enumerate(_LETTERS, _FIRST_LETTER):
        found = ranges.get((row["account"], row["location"], letter))
        if letter in _SUMS:
            parts = _SUMS[letter]
            amounts[letter] = sum((amounts[part] for part in parts), ZERO)
            addends = "+".join(cell(number, _FIRST_LETTER + _LETTERS.index(part)) for part in parts)
            sheet.write_formula(number, position, f"={addends}", book.formats["money"], amounts[letter])
            continue
        amounts[letter] = row[letter] or ZERO
        style = book.formats["open_money" if letter == "I" else "money"]  # the unexplained is shown even at 0.00
        if found is not None:
            formula = f"=SUM('{_DETAIL}'!{span(*found, _DETAIL_AMOUNT)})"
            sheet.write_formula(number, position, formula, style, amounts[letter])
        elif row[letter] is not None:
            sheet.write_number(number, position, row[letter], style)
    return amounts


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
    rows = detail.select("account", "location", "row", "label", "count", "amount", "title").iter_rows()
    book.table(_DETAIL, "Bridge by journal and cause, Dr/(Cr)", columns, rows, count=detail.height, frame="bridge")
