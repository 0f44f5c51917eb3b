"""Tables for notebooks: the views of a run with amounts exactly as accountants write them.

Every amount is text made from the Decimal, so no float is ever printed. Each table has a fixed element
id: a notebook that is executed twice gives the same output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import polars as pl
from great_tables import GT, loc, style

from recon.money import MONEY
from recon.reporting import words
from recon.reporting.model import RunRecord
from recon.reporting.views import (
    bridge_accounts,
    bridge_grid,
    bridge_steps,
    cause_summary,
    entry_detail,
    open_list,
    tie_out_summary,
    titled,
    variance_detail,
    variance_list,
)

Schema = dict[str, pl.DataType | type[pl.DataType]]
_ENTRY_ONCE = ("posting_key", "cause_title", "journal", "document", "booked_by")
LIMIT = 50  # rows of a list in a notebook; the workpaper has them all


def money_text(column: str, *, absent: str = "not provided", zero: str = "0.00") -> pl.Expr:
    """The column as accountants write it: text, thousands with commas, credits in parentheses."""

    def written(amount: Decimal | None) -> str:
        return words.money(amount, absent=absent, zero=zero)

    return pl.col(column).map_elements(written, pl.String, skip_nulls=False)


class ReaderTable(GT):
    """A table whose plain text, which a notebook keeps beside the table, is the same each time: name and rows."""

    def __repr__(self) -> str:
        return f"{self._heading.title}: {len(self._tbl_data)} rows"


def reader_table(
    frame: pl.DataFrame,
    name: str,
    title: str,
    headings: Mapping[str, str],
    note: str = "",
    *,
    proved: Sequence[str] = (),
) -> GT:
    """A frame as a table for readers: its money as text, only the columns of `headings`, in their order.

    A zero is a dash, but for the columns `proved`: their 0.00 says that a proof has succeeded.
    """
    shown = frame.select(list(headings))
    figures = [column for column, kind in shown.schema.items() if kind.is_numeric()]
    money = [column for column in figures if isinstance(shown.schema[column], pl.Decimal)]
    dates = [column for column, kind in shown.schema.items() if kind == pl.Date]
    printed = shown.with_columns(money_text(column, zero="0.00" if column in proved else "–") for column in money)
    table = (
        ReaderTable(printed, id=f"recon-{name}")
        .tab_header(title=title)
        .cols_label(cases=dict(headings))
        .cols_align("left")
        .cols_align("right", columns=figures)
        .tab_style(style.css("white-space: nowrap;"), loc.body(columns=dates))
        .sub_missing(missing_text="–")
        .tab_options(
            table_font_size="13px", heading_align="left", heading_title_font_size="15px",
            heading_title_font_weight="600", table_border_top_style="none", data_row_padding="4px",
            column_labels_border_top_style="none", column_labels_border_bottom_color="#1b2430",
            column_labels_font_weight="600", table_body_border_bottom_color="#1b2430",
            table_body_hlines_color="#eef1f4", source_notes_font_size="12px",
        )
        .opt_css(f"#recon-{name} td {{ font-variant-numeric: tabular-nums; }}")
    )  # fmt: skip
    return table.tab_source_note(note) if note else table


def limited(frame: pl.DataFrame, limit: int) -> tuple[pl.DataFrame, str]:
    """The first rows, and a sentence that says how many there are if some are left out."""
    if frame.height <= limit:
        return frame, ""
    return frame.head(limit), f"The first {limit:,} of {frame.height:,} rows; all stand in workpaper.xlsx and data/."


def checks_table(record: RunRecord) -> GT:
    """What the run tested, with outcome and amount."""
    rows = [
        (words.check_title(one.name), words.verdict(one.passed), words.money(one.amount, absent="–"), one.detail)
        for one in record.found.checks
    ]
    frame = pl.DataFrame(rows, schema=["check", "outcome", "amount", "detail"], orient="row")
    headings = {"check": "Check", "outcome": "Outcome", "amount": "Amount", "detail": "Detail"}
    return reader_table(frame, "checks", "Checks", headings).cols_align("right", columns=["amount"])


def headline_table(record: RunRecord) -> GT:
    """Net sales, card, cash, tax and gross pay per source, per ledger, to book, and what no entry books."""
    rows = [
        (words.MEASURES.get(one.measure, words.sentence(one.measure)), one.per_source, one.per_ledger, one.to_book,
         one.per_source - one.per_ledger - one.to_book)
        for one in record.found.headlines
    ]  # fmt: skip
    headings = {
        "measure": "Measure", "per_source": "Per source", "per_ledger": "Per ledger", "to_book": "To book",
        "not_booked": words.NOT_BOOKED,
    }  # fmt: skip
    schema: Schema = {"measure": pl.String, **dict.fromkeys(list(headings)[1:], MONEY)}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return reader_table(frame, "headlines", "Headline figures", headings)


def status_table(record: RunRecord) -> GT:
    """How each reconciliation stands."""
    rows = [
        (words.sentence(one.name), words.sentence(one.status), one.entries_expected, one.entries_matched,
         one.variances, one.to_book, one.asked, one.unexplained)
        for one in record.found.statuses
    ]  # fmt: skip
    schema: Schema = {
        "name": pl.String, "status": pl.String, "expected": pl.Int64, "matched": pl.Int64, "variances": pl.Int64,
        "to_book": MONEY, "asked": MONEY, "unexplained": MONEY,
    }  # fmt: skip
    headings = {
        "name": "Reconciliation", "status": "Status", "expected": "Entries expected", "matched": "Matched",
        "variances": "Variances", "to_book": "To book", "asked": "Asked", "unexplained": "Unexplained",
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return reader_table(frame, "statuses", "Reconciliations", headings, proved=["unexplained"])


def bridge_table(record: RunRecord, reconciliation: str | None = None) -> GT:
    """The bridge by account over its locations, Dr/(Cr), of one reconciliation or of all."""
    grid = titled(bridge_accounts(bridge_grid(record.found.frames["bridge"], reconciliation)), record.accounts)
    letters = {letter: f"{letter} {label}" for letter, label in words.BRIDGE_ROWS.items()}
    headings = {"account": "Account", "title": "Title"} | letters
    name = words.sentence(reconciliation or "all reconciliations")
    note = f"{words.BRIDGE_NOTE}. Parentheses mean credit."
    identity = f"bridge-{reconciliation or 'all'}"
    return reader_table(grid, identity, f"Bridge, {name}, Dr/(Cr)", headings, note, proved=["I"])


def steps_table(record: RunRecord, account: str, reconciliation: str | None = None) -> GT:
    """The way of one account from ledger to source, Dr/(Cr), one row per journal or cause."""
    steps = bridge_steps(record.found.frames["bridge"], account, reconciliation)
    headings = {"row": "Row", "label": "Step", "count": "Count", "amount": "Amount"}
    title = f"Account {account}: from ledger to source, Dr/(Cr)"
    return reader_table(steps, f"steps-{account}", title, headings, proved=["amount"])


def cause_table(record: RunRecord, reconciliation: str | None = None) -> GT:
    """Variances by cause with their number and gross amount."""
    listed = _of(variance_list(record), reconciliation)
    summary = cause_summary(listed).with_columns(pl.col("status").replace(words.STATUSES))
    headings = {"title": "Cause", "status": "Status", "count": "Count", "gross": "Gross"}
    return reader_table(summary, f"causes-{reconciliation or 'all'}", "Variances by cause", headings)


def variance_table(record: RunRecord, reconciliation: str | None = None, *, limit: int = LIMIT) -> GT:
    """The lines of the variances: per ledger, per source, to book, Dr/(Cr), and in words."""
    shown, note = limited(_of(variance_detail(record), reconciliation), limit)
    headings = {
        "cause_title": "Cause", "status_title": "Status", "document": "Document", "posting_date": "Date",
        "account": "Account", "location": "Location", "department": "Department", "per_ledger": "Per ledger",
        "per_source": "Per source", "to_book": "To book", "in_words": "In words",
    }  # fmt: skip
    return reader_table(shown, f"variances-{reconciliation or 'all'}", "Variances, Dr/(Cr)", headings, note)


def adjustment_table(record: RunRecord, *, limit: int = LIMIT) -> GT:
    """The lines of the proposed entries in debit and credit columns; what an entry has once stands once."""
    shown, note = limited(entry_detail(record), limit)
    again = pl.col("posting_key") == pl.col("posting_key").shift()
    once = [pl.when(again).then(pl.lit("")).otherwise(name).alias(name) for name in _ENTRY_ONCE]
    frame = shown.with_columns(money_text("debit", absent=""), money_text("credit", absent=""), *once)
    headings = {
        "posting_key": "Posting key", "cause_title": "Cause", "journal": "Journal", "posting_date": "Date",
        "document": "Document", "account": "Account", "title": "Title", "location": "Location", "debit": "Debit",
        "credit": "Credit", "booked_by": "Booked by",
    }  # fmt: skip
    table = reader_table(frame, "adjustments", "Entries proposed", headings, note)
    return table.cols_align("right", columns=["debit", "credit"])


def tie_out_table(record: RunRecord) -> GT:
    """The sources held against each other, one row per leg."""
    summary = tie_out_summary(record.found.frames["tie_outs"])
    headings = {
        "source": "Source", "against": "Held against", "rows": "Rows", "agreed": "Agree", "apart": "Apart",
        "not_compared": "Not compared", "left_amount": "Amount", "right_amount": "Amount there",
        "apart_amount": "Apart by",
    }  # fmt: skip
    return reader_table(summary, "tie-outs", "Sources against sources", headings, proved=["apart_amount"])


def open_items_table(record: RunRecord, *, limit: int = LIMIT) -> GT:
    """What the next period takes over, the oldest first, Dr/(Cr)."""
    shown, note = limited(open_list(record), limit)
    headings = {
        "document": "Document", "cause_title": "Cause", "account": "Account", "title": "Title",
        "location": "Location", "posting_date": "Dated", "first_seen": "First seen", "age_days": "Age",
        "amount": "Amount",
    }  # fmt: skip
    return reader_table(shown, "open-items", "Open items, Dr/(Cr)", headings, note)


def rejects_table(record: RunRecord, *, limit: int = LIMIT) -> GT:
    """Source rows that could not be used, with the reason."""
    shown, note = limited(record.found.frames["rejects"], limit)
    headings = {"source": "File", "row": "Row", "field": "Column", "value": "Value", "reason": "Reason"}
    return reader_table(shown, "rejects", "Source rows rejected", headings, note)


def _of(frame: pl.DataFrame, reconciliation: str | None) -> pl.DataFrame:
    """The rows of one reconciliation, or all."""
    return frame if reconciliation is None else frame.filter(pl.col("reconciliation") == reconciliation)
