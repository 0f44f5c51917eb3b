"""`workpaper.xlsx`: every list in full, tied by live formulas that carry their values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from recon.reporting import words
from recon.reporting.bridge_sheets import write_bridge, write_reconciliation
from recon.reporting.cover_sheet import write_checks, write_cover
from recon.reporting.model import RunRecord
from recon.reporting.passed import uncorrected_list
from recon.reporting.sheets import FIRST_ROW, Book, Column, Table, cell, span
from recon.reporting.views import entry_detail, open_list, source_names, variance_detail

ROWS_LIMIT = 1_000_000  # Excel ends at 1,048,576
STREAMED_FROM = 200_000  # rows from which cells go to disk at once, to spare memory


def write_workbook(
    record: RunRecord, path: Path, *, rows_limit: int = ROWS_LIMIT, streamed_from: int = STREAMED_FROM
) -> Path:
    """The path of the workpaper; the same record always gives the same bytes.

    From `streamed_from` rows on, cells are not kept in memory and the checks beside single rows are left
    out; totals and the cover's control totals are always live.
    """
    frames = record.found.frames
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": sum(frame.height for frame in frames.values()) >= streamed_from,
    }
    company = record.policy.company.name
    workbook = xlsxwriter.Workbook(str(path), options)
    workbook.set_properties(
        {
            "title": f"Reconciliation {record.found.period.name}",
            "author": record.prepared_by,
            "company": company,
            "created": record.prepared_at.replace(tzinfo=None),
        }
    )
    book = Book(workbook, f"{company} · {record.found.period.name} · run {record.run_id}", rows_limit)
    cover = book.sheet("Cover", f"Reconciliation {record.found.period.name}", [30, 26, 16, 16, 12, 70, 8], freeze=None)
    write_checks(book, record)
    for status in record.found.statuses:
        write_reconciliation(book, record, status)
    tables = {
        "bridge": write_bridge(book, record),
        "variances": _variances(book, record),
        "entries": _entries(book, record),
        "uncorrected": _uncorrected(book, record),
        "open_items": _open_items(book, record),
        "tie_outs": _tie_outs(book, record),
        "matches": _matches(book, record),
        "rejects": _rejects(book, record),
    }
    write_cover(book, cover, record, tables)
    workbook.close()
    return path


def _variances(book: Book, record: RunRecord) -> Table:
    """One row per line of a variance; source less ledger less to book is 0.00."""
    lines = variance_detail(record)
    columns = (
        Column("Variance", 16), Column("Reconciliation", 13), Column("Status", 13), Column("Cause", 26),
        Column("Date", 11, "date"), Column("Document", 22), Column("Account", 9), Column("Title", 22),
        Column("Location", 9), Column("Department", 11), Column("Per ledger", 15, "money", total=True),
        Column("Per source", 15, "money", total=True), Column("To book", 15, "money", total=True),
        Column("In words", 38), Column("Age", 7, "count"), Column("Explanation", 80),
    )  # fmt: skip
    names = (
        "variance_id", "reconciliation", "status_title", "cause_title", "posting_date", "document", "account", "title",
        "location", "department", "per_ledger", "per_source", "to_book", "in_words", "age_days", "explanation",
    )  # fmt: skip
    rows = lines.select(names)
    table = book.table("Variances", "Variances, Dr/(Cr)", columns, rows, frame="variances")
    sheet = book.workbook.get_worksheet_by_name("Variances")
    row = FIRST_ROW - 2
    sheet.write_string(row, 13, "source − ledger − to book; must be 0.00", book.formats["note"])
    left = table.totals["Per source"] - table.totals["Per ledger"] - table.totals["To book"]
    book.tie(sheet, row, 14, f"=ROUND({cell(row, 11)}-{cell(row, 10)}-{cell(row, 12)},2)", left)
    return table


def _entries(book: Book, record: RunRecord) -> Table:
    """One row per line of a proposed entry; each entry's debits less credits are 0.00."""
    lines = entry_detail(record)
    columns = (
        Column("Posting key", 27), Column("Line", 6, "count"), Column("Journal", 9), Column("Date", 11, "date"),
        Column("Cause", 26), Column("Document", 22), Column("Account", 9), Column("Title", 22),
        Column("Location", 9), Column("Department", 11), Column("Debit", 15, "money", total=True),
        Column("Credit", 15, "money", total=True), Column("Debits − credits", 15, "money"),
        Column("Approval", 10), Column("Booked by", 11), Column("Explanation", 80),
    )  # fmt: skip
    names = (
        "posting_key", "line_no", "journal", "posting_date", "cause_title", "document", "account", "title", "location",
        "department", "debit", "credit", "tie", "class", "booked_by", "explanation",
    )  # fmt: skip
    rows = lines.with_columns(tie=None).select(names)
    table = book.table("Entries", "Entries proposed", columns, rows, frame="adjustment_lines")
    sheet = book.workbook.get_worksheet_by_name("Entries")
    row = FIRST_ROW - 2
    left = table.totals["Debit"] - table.totals["Credit"]
    book.tie(sheet, row, 12, f"=ROUND({cell(row, 10)}-{cell(row, 11)},2)", left)
    _tie_entries(book, sheet, lines, table)
    return table


def _tie_entries(book: Book, sheet: Any, lines: pl.DataFrame, table: Table) -> None:
    """A live check beside the first line of each entry."""
    row = FIRST_ROW
    for _, length, total in (
        lines.group_by("posting_key", maintain_order=True)
        .agg(pl.len().alias("length"), pl.col("amount").sum())
        .iter_rows()
    ):
        last = row + length - 1
        if last > table.last_row or book.workbook.constant_memory:
            return
        formula = f"=ROUND(SUM({span(row, last, 10)})-SUM({span(row, last, 11)}),2)"
        book.tie(sheet, row, 12, formula, total)
        row = last + 1


def _uncorrected(book: Book, record: RunRecord) -> Table:
    """One row per difference that is known and was not booked, of this period and the earlier ones of the year."""
    columns = (
        Column("Period", 10), Column("Treatment", 22), Column("Cause", 26), Column("Account", 9), Column("Title", 22),
        Column("Location", 9), Column("Amount", 15, "money", total=True),
        Column("Effect on income", 15, "money", total=True), Column("Note", 80),
    )  # fmt: skip
    names = (
        "period", "treatment_title", "cause_title", "account", "title", "location", "amount", "pretax_effect", "note",
    )  # fmt: skip
    listed = uncorrected_list(record.found.frames["uncorrected"], record.accounts)
    rows = listed.with_columns(cause_title=pl.col("cause").map_elements(words.cause_title, pl.String)).select(names)
    return book.table("Uncorrected", "Uncorrected misstatements, Dr/(Cr)", columns, rows, frame="uncorrected")


def _open_items(book: Book, record: RunRecord) -> Table:
    """One row per item that the next period takes over."""
    items = open_list(record)
    columns = (
        Column("Side", 10), Column("Cause", 26), Column("Document", 22), Column("Dated", 11, "date"),
        Column("First seen", 11, "date"), Column("Age", 7, "count"), Column("Account", 9), Column("Title", 22),
        Column("Location", 9), Column("Journal", 9), Column("Amount", 15, "money", total=True),
        Column("Line", 34), Column("Memo", 50),
    )  # fmt: skip
    names = (
        "side", "cause_title", "document", "posting_date", "first_seen", "age_days", "account", "title", "location",
        "journal", "amount", "line_id", "memo",
    )  # fmt: skip
    rows = items.select(names)
    return book.table("Open items", "Open items carried forward, Dr/(Cr)", columns, rows, frame="open_items")


def _tie_outs(book: Book, record: RunRecord) -> Table:
    """One row per pair of sources, place and day; apart is a live amount less the amount there."""
    tie_outs = record.found.frames["tie_outs"]
    columns = (
        Column("Source", 20), Column("Held against", 20), Column("Location", 10), Column("Day", 11, "date"),
        Column("Group", 12), Column("Amount", 15, "money", total=True), Column("Amount there", 15, "money", total=True),
        Column("Apart by", 15, "money", total=True), Column("Outcome", 14), Column("Cause", 30),
    )  # fmt: skip
    apart = pl.col("difference")
    rows = tie_outs.select(
        *source_names(), "location", "business_date", "group", "left_amount", "right_amount", "difference",
        outcome=pl.when(apart.is_null()).then(pl.lit("not compared"))
        .when(apart == 0).then(pl.lit("agrees")).otherwise(pl.lit("apart")),
        cause=pl.col("cause").map_elements(words.tie_cause, pl.String),
    )  # fmt: skip
    table = book.table("Tie-outs", "Sources against sources", columns, rows, frame="tie_outs")
    if not book.workbook.constant_memory:
        sheet = book.workbook.get_worksheet_by_name("Tie-outs")
        for number, apart in enumerate(tie_outs["difference"].head(book.rows_limit), FIRST_ROW):
            if apart is not None:
                sheet.write_formula(
                    number, 7, f"=ROUND({cell(number, 5)}-{cell(number, 6)},2)", book.formats["money"], apart
                )
    return table


def _matches(book: Book, record: RunRecord) -> Table:
    """One row per match with its evidence."""
    groups = record.found.frames["match_groups"]
    columns = (
        Column("Match", 18), Column("Reconciliation", 13), Column("Pass", 11), Column("Kind", 11),
        Column("Lines expected", 10, "count"), Column("Lines in ledger", 10, "count"),
        Column("Left over", 13, "money", total=True), Column("Days apart", 8, "count"),
        Column("Alternatives", 11, "count"), Column("Decided by", 16), Column("Evidence", 90),
    )  # fmt: skip
    names = (
        "match_id", "reconciliation", "pass", "kind", "expected_count", "actual_count", "difference", "days_apart",
        "alternatives", "decided_by", "explanation",
    )  # fmt: skip
    rows = groups.select(names)
    title = "Matches with their evidence"
    return book.table("Matches", title, columns, rows, frame="match_groups")


def _rejects(book: Book, record: RunRecord) -> Table:
    """One row per source row that could not be used."""
    rejects = record.found.frames["rejects"]
    columns = (
        Column("File", 34), Column("Row", 9, "count"), Column("Column", 20), Column("Value", 40), Column("Reason", 70)
    )  # fmt: skip
    names = ("source", "row", "field", "value", "reason")
    rows = rejects.select(names)
    return book.table("Rejects", "Source rows rejected", columns, rows, frame="rejects")
