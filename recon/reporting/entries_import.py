"""`entries_import.csv`: the proposed entries in Intacct's journal import template.

Header values stand on the first line of an entry only, LINE_NO restarts at 1, amounts are never
negative. An entry that touches an account without direct posting is an instruction: its rows carry
`#` in DONOTIMPORT, which Intacct skips.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from recon.reporting.model import RunRecord
from recon.reporting.views import entry_lines, entry_list
from recon.reporting.words import shorten

COLUMNS = (
    "DONOTIMPORT", "JOURNAL", "DATE", "REVERSEDATE", "DESCRIPTION", "REFERENCE_NO", "LINE_NO", "ACCT_NO",
    "LOCATION_ID", "DEPT_ID", "DOCUMENT", "MEMO", "DEBIT", "CREDIT", "SOURCEENTITY", "CURRENCY",
    "EXCH_RATE_DATE", "EXCH_RATE_TYPE_ID", "EXCHANGE_RATE", "STATE", "ALLOCATION_ID", "BILLABLE",
    "GLENTRY_PROJECTID", "GLENTRY_CUSTOMERID", "GLENTRY_VENDORID", "GLENTRY_ITEMID", "GLENTRY_CLASSID",
    "GLENTRY_EMPLOYEEID",
)  # fmt: skip
DESCRIPTION_LIMIT = 30
_FORMULA = re.compile(r"^[\s]*[=+\-@]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def render_entries(record: RunRecord) -> str:
    """The whole file: the header, then the lines of each entry by date and posting key."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(import_rows(record))
    return stream.getvalue()


def import_rows(record: RunRecord) -> Iterator[dict[str, str]]:
    """One row per line of a proposed entry, all values text."""
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in entry_lines(record).iter_rows(named=True):
        lines.setdefault(line["posting_key"], []).append(line)
    state = record.policy.adjustments.state
    for entry in entry_list(record).iter_rows(named=True):
        header = _header_values(entry, state)
        for number, line in enumerate(lines.get(entry["posting_key"], []), 1):
            skip = {"DONOTIMPORT": "#"} if entry["by_hand"] else {}
            yield skip | (header if number == 1 else {}) | _line_values(entry, line, number)


def _header_values(entry: dict[str, Any], state: str) -> dict[str, str]:
    """What stands on the first line of an entry only."""
    reverse = entry["reversal_date"]
    return {
        "JOURNAL": safe_text(entry["journal"]),
        "DATE": f"{entry['posting_date']:%m/%d/%Y}",
        "REVERSEDATE": f"{reverse:%m/%d/%Y}" if reverse else "",
        "DESCRIPTION": shorten(safe_text(entry["title"]), DESCRIPTION_LIMIT),
        "REFERENCE_NO": entry["posting_key"],
        "STATE": state,
    }


def _line_values(entry: dict[str, Any], line: dict[str, Any], number: int) -> dict[str, str]:
    """What stands on every line; the memo names the posting key, by which the next run knows it."""
    amount = line["amount"]
    document = safe_text(entry["document"] or "")
    return {
        "LINE_NO": str(number),
        "ACCT_NO": safe_text(line["account"]),
        "LOCATION_ID": safe_text(line["location"] or ""),
        "DEPT_ID": safe_text(line["department"] or ""),
        "DOCUMENT": document,
        "MEMO": " ".join(part for part in (entry["cause"], document, entry["posting_key"]) if part),
        "DEBIT": f"{amount:.2f}" if amount >= 0 else "",
        "CREDIT": f"{-amount:.2f}" if amount < 0 else "",
        "GLENTRY_PROJECTID": safe_text(line["project"] or ""),
        "GLENTRY_CUSTOMERID": safe_text(line["customer"] or ""),
        "GLENTRY_CLASSID": safe_text(line["class"] or ""),
    }


def safe_text(text: str) -> str:
    """The text on one line and without the signs that make a spreadsheet take it for a formula.

    The leading signs are dropped rather than quoted: a quotation mark would be imported with the text.
    """
    flat = _CONTROL.sub(" ", text).strip()
    while _FORMULA.match(flat):
        flat = flat[1:].lstrip()
    return flat
