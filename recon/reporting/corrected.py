"""Tables of what became of proposed entries: by state, side by side with their evidence, posted, and every act."""

from __future__ import annotations

import polars as pl
from great_tables import GT

from recon.reporting.tables import LIMIT, reader_table


def states_table(states: pl.DataFrame) -> GT:
    """One row per state that `by_state` counts."""
    headings = {"state": "State", "entries": "Entries", "debits": "Debits", "effect": "Effect on income, +/(-)"}
    return reader_table(states, "states", "Entries by state", headings)


def corrections_table(listed: pl.DataFrame, *, limit: int = LIMIT) -> GT:
    """One row per entry that `correction_list` lists: state, cause, amounts and people."""
    headings = {
        "key": "Posting key", "state": "State", "cause": "Cause", "posting_date": "Date", "class": "Class",
        "debits": "Debits", "effect": "Effect on income, +/(-)", "prepared_by": "Prepared by",
        "reviewed_by": "Reviewed by", "approved_by": "Approved by", "held": "Held",
    }  # fmt: skip
    if not any(listed["held"]):
        headings.pop("held")
    return reader_table(listed.head(limit), "corrections", "Entries and their people", headings, _more(listed, limit))


def sides_table(lines: pl.DataFrame, *, limit: int = LIMIT) -> GT:
    """One row per entry, account and place: what the ledger has, what the sources say, what is booked."""
    headings = {
        "key": "Posting key", "state": "State", "cause": "Cause", "account": "Account", "title": "Title",
        "location": "Location", "department": "Department", "per_ledger": "Per ledger", "per_source": "Per source",
        "to_book": "To book",
    }  # fmt: skip
    shown = _once(lines.head(limit), "key", "state", "cause")
    return reader_table(shown, "sides", "Side by side, Dr/(Cr)", headings, _more(lines, limit))


def evidence_table(evidence: pl.DataFrame, *, limit: int = LIMIT) -> GT:
    """One row per line behind an entry, with its document and id."""
    headings = {
        "key": "Posting key", "cause": "Cause", "side": "Side", "document": "Document", "posting_date": "Date",
        "account": "Account", "location": "Location", "amount": "Dr/(Cr)", "line_id": "Line",
    }  # fmt: skip
    shown = _once(evidence.head(limit), "key", "cause")
    return reader_table(shown, "evidence", "What stands behind them", headings, _more(evidence, limit))


def posted_table(listed: pl.DataFrame, *, limit: int = LIMIT) -> GT:
    """One row per entry that stands in Intacct, with its record there."""
    posted = listed.filter(pl.col("record_no").is_not_null())
    headings = {
        "key": "Posting key", "record_no": "Record in Intacct", "journal": "Journal", "posting_date": "Date",
        "title": "Title", "debits": "Debits", "approved_by": "Approved by", "state": "State",
    }  # fmt: skip
    table = reader_table(posted.head(limit), "posted", "Posted into Intacct", headings, _more(posted, limit))
    return table.cols_align("right", columns=["record_no"])


def acts_table(acts: pl.DataFrame, *, limit: int = LIMIT) -> GT:
    """The newest acts on entries, the newest first, as the audit trail has them."""
    headings = {
        "sequence": "Row", "at": "When (UTC)", "actor": "Who", "act": "Did", "key": "Posting key", "state": "State",
        "record_no": "Record", "note": "Note",
    }  # fmt: skip
    newest = acts.sort("sequence", descending=True)
    return reader_table(newest.head(limit), "acts", "Who did what", headings, _more(acts, limit))


def _once(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """What an entry has once stands once."""
    again = pl.col("key") == pl.col("key").shift()
    return frame.with_columns(pl.when(again).then(pl.lit("")).otherwise(name).alias(name) for name in columns)


def _more(frame: pl.DataFrame, limit: int) -> str:
    return f"{frame.height - limit:,} more rows are not shown: set rows." if frame.height > limit else ""
