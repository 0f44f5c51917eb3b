"""The cover of the workpaper: what an auditor reads first, tied to the sheets behind it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from recon.money import ZERO
from recon.reporting import words
from recon.reporting.first_page import Pairs, first_page
from recon.reporting.model import RunRecord
from recon.reporting.sheets import FIRST_ROW, Book, Column, Table

PURPOSE = (
    "To show that the general ledger says what Heartland's sales, deposits and payroll of the period say happened."
)
PROCEDURE = (
    "The source files were turned into the ledger lines that ought to stand, by the posting policy. These were matched "
    "with the posted lines of the ledger, first by document, then by content. What remained was given a cause, bridged "
    "to the trial balance and, where an entry mends it, proposed as a balanced entry."
)


def write_cover(book: Book, sheet: Any, record: RunRecord, tables: Mapping[str, Table]) -> None:
    """Identity, purpose, procedure, results, control totals, sources, tick marks and sign-off."""
    first = first_page(record)
    row = _pairs(book, sheet, 3, "Workpaper", first.identity)
    row = _pairs(book, sheet, row, "Purpose, procedure, results", (
        ("Purpose", PURPOSE), ("Procedure", PROCEDURE), ("Results", first.conclusion), ("Judgement", first.judgement),
        ("Pre-tax effect", first.effect_note),
    ))  # fmt: skip
    row = _controls(book, sheet, row, record, tables)
    row = _sources(book, sheet, row, record)
    row = _pairs(book, sheet, row, "Entries", first.entries)
    row = _pairs(book, sheet, row, "What was compared", first.filters)
    row = _pairs(book, sheet, row, "Policy and tolerances", first.policy)
    row = _pairs(book, sheet, row, "Tick marks", words.TICK_MARKS)
    _sign_off(book, sheet, row, record)
    sheet.set_portrait()
    sheet.activate()


def _pairs(book: Book, sheet: Any, row: int, title: str, pairs: Pairs) -> int:
    """The row after a block of names and values; long values run over the columns to their right."""
    sheet.write_string(row, 0, title, book.formats["heading"])
    for number, (name, value) in enumerate(pairs, row + 1):
        sheet.write_string(number, 0, name, book.formats["note"])
        if len(value) > 90:
            sheet.merge_range(number, 1, number, 5, value, book.formats["wrapped"])
            sheet.set_row(number, 14 * (1 + len(value) // 130))
        else:
            sheet.write_string(number, 1, value, book.formats["text"])
    return row + len(pairs) + 2


def _controls(book: Book, sheet: Any, row: int, record: RunRecord, tables: Mapping[str, Table]) -> int:
    """The row after the control totals: each sheet's live total against the figure of the run."""
    heads = ("Control total", "Sheet", "Per workpaper", "Per run", "Apart by", "", "Tick")
    sheet.write_string(row, 0, "Control totals", book.formats["heading"])
    for number, head in enumerate(heads):
        sheet.write_string(row + 1, number, head, book.formats["head_right" if number in (2, 3, 4) else "head"])
    controls = _control_totals(record, tables)
    for number, (name, table, heading, per_run, tick) in enumerate(controls, row + 2):
        total = table.totals[heading]
        sheet.write_string(number, 0, name, book.formats["text"])
        sheet.write_string(number, 1, table.sheet, book.formats["text"])
        sheet.write_formula(number, 2, f"={table.total_cell(heading)}", book.formats["money"], total)
        sheet.write_number(number, 3, per_run, book.formats["money"])
        book.tie(sheet, number, 4, f"=ROUND(C{number + 1}-D{number + 1},2)", total - per_run)
        if total == per_run:  # a tick mark is earned, never printed by default
            sheet.write_string(number, 6, tick, book.formats["tick"])
    return row + len(controls) + 3


def _control_totals(record: RunRecord, tables: Mapping[str, Table]) -> tuple[tuple[str, Table, str, Decimal, str], ...]:
    """What is held against what: name, sheet, column, amount per run, tick mark if both agree."""
    found, bridge = record.found, tables["bridge"]
    effects = sum(found.frames["variance_lines"]["amount"], ZERO)
    balance, source, unexplained = (f"{row}  {words.BRIDGE_ROWS[row]}" for row in "CJI")
    moved = sum((bridge.totals[f"{row}  {words.BRIDGE_ROWS[row]}"] for row in ("D1", "D2", "F", "G", "H", "I")), ZERO)
    return (
        ("Debits of the entries proposed", tables["entries"], "Debit", found.entries_debits, "F X"),
        ("Credits of the entries proposed", tables["entries"], "Credit", found.entries_debits, "F X"),
        ("Variances, to book", tables["variances"], "To book", effects, "F"),
        ("Bridge, per source", bridge, source, bridge.totals[balance] + moved, "F S"),
        ("Bridge, unexplained", bridge, unexplained, found.unexplained, "F"),
    )


def _sources(book: Book, sheet: Any, row: int, record: RunRecord) -> int:
    """The row after the list of source files, with a live count of their rows."""
    sheet.write_string(row, 0, "Source files", book.formats["heading"])
    columns = (
        Column("File", 0), Column("Read as", 0), Column("Rows", 0, "count"), Column("Outside margin", 0, "count"),
        Column("Profile", 0), Column("SHA-256", 0), Column("Tick", 0),
    )  # fmt: skip
    book.heads(sheet, row + 1, columns)
    first = row + 2
    for number, file in enumerate(record.files, first):
        values = (file.name, file.frame, file.rows, file.rows_outside, file.profile, file.sha256)
        for position, value in enumerate(values):
            book.write(sheet, number, position, value, columns[position].kind)
        sheet.write_string(number, 6, "PBC", book.formats["tick"])
    last = first + len(record.files) - 1
    if record.files:
        rows = sum(file.rows for file in record.files)
        sheet.write_string(last + 1, 0, "Total", book.formats["bold"])
        sheet.write_formula(last + 1, 2, f"=SUM(C{first + 1}:C{last + 1})", book.formats["count"], rows)
    return last + 3


def _sign_off(book: Book, sheet: Any, row: int, record: RunRecord) -> None:
    """Prepared by, and room for the reviewer."""
    sheet.write_string(row, 0, "Sign-off", book.formats["heading"])
    signed = (("Prepared by", record.prepared_by), ("Prepared at", words.moment(record.prepared_at)))
    for number, (name, value) in enumerate((*signed, ("Reviewed by", ""), ("Reviewed at", "")), row + 1):
        sheet.write_string(number, 0, name, book.formats["note"])
        if value:
            sheet.write_string(number, 1, value, book.formats["text"])
        else:
            sheet.write_blank(number, 1, None, book.formats["blank"])


def write_checks(book: Book, record: RunRecord) -> None:
    """The controls of the run and the headline figures, with what is carried or asked as formulas."""
    columns = (Column("Check", 44), Column("Outcome", 16), Column("Amount", 16), Column("Detail", 60))
    sheet = book.sheet("Checks", "Checks and headline figures", [column.width for column in columns], freeze=None)
    book.heads(sheet, FIRST_ROW - 1, (*columns[:2], Column("Amount", 16, "money"), columns[3]))
    for number, check in enumerate(record.found.checks, FIRST_ROW):
        values = (words.check_title(check.name), words.verdict(check.passed), check.amount, check.detail)
        for position, value in enumerate(values):
            book.write(sheet, number, position, value, "money" if position == 2 else "text")
    row = FIRST_ROW + len(record.found.checks) + 1
    heads = ("Headline figure", "Per source", "Per ledger", "To book", words.NOT_BOOKED)
    for position, head in enumerate(heads):
        sheet.write_string(row, position, head, book.formats["head_right" if position else "head"])
    for number, line in enumerate(record.found.headlines, row + 1):
        sheet.write_string(
            number, 0, words.MEASURES.get(line.measure, words.sentence(line.measure)), book.formats["text"]
        )
        for position, amount in enumerate((line.per_source, line.per_ledger, line.to_book), 1):
            sheet.write_number(number, position, amount, book.formats["money"])
        rest = line.per_source - line.per_ledger - line.to_book
        formula = f"=ROUND(B{number + 1}-C{number + 1}-D{number + 1},2)"
        sheet.write_formula(number, 4, formula, book.formats["money"], rest)
    sheet.set_column(4, 4, 26)
