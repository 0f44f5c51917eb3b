"""Books for the sandbox, row by row: lines whose amounts follow from their numbers, and small companies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from recon.sandbox.intacct.objects import BY_XML, fields_of
from recon.sandbox.world import Row, Rows, World

if TYPE_CHECKING:
    import pytest

LINES_PER_ENTRY = 2


def cents_of(record: int) -> int:
    """The amount of a line in cents: another one for every entry, alike for its two sides."""
    return 100 + 7 * ((record - 1) // LINES_PER_ENTRY)


def books(lines: int) -> Rows:
    """So many ledger lines in entries of a debit and a credit, in one store of one entity, and their chart."""
    return {
        "intacct_batch": _batches(-(-lines // LINES_PER_ENTRY)),
        "intacct_line": _lines(lines),
        **chart(),
    }


def chart() -> Rows:
    """Two accounts, two entities with a store each, a department, a journal, a customer, the month of September."""
    flags = {"status": "active", "restricted": "false", "requireloc": "true", "statistical": "F"}
    return {
        "intacct_account": [
            {"recordno": 1, "accountno": "1010", "title": "Operating bank", "normalbalance": "debit", **flags},
            {"recordno": 2, "accountno": "6800", "title": "Rent & repairs", "normalbalance": "debit", **flags},
            {"recordno": 3, "accountno": "3900", "title": "Retained", **flags, "restricted": "true"},
            {"recordno": 4, "accountno": "6010", "title": "Wages", **flags, "requiredept": "true"},
        ],
        "intacct_location": [
            _place(1, "10", None, "10"),
            _place(2, "20", None, "20"),
            _place(3, "100", "10", "10"),
            _place(4, "200", "20", "20"),
        ],
        "intacct_department": [{"recordno": 1, "departmentid": "FOH", "title": "Front of house", "status": "active"}],
        "intacct_journal": [
            {"recordno": 1, "symbol": "GJ", "title": "General", "bookid": "ACCRUAL", "adj": "F", "statistical": "F"},
            {"recordno": 2, "symbol": "STAT", "title": "Statistics", "bookid": "ACCRUAL", "statistical": "T"},
        ],
        "intacct_period": [
            {"recordno": 1, "name": "Month Ended September 2026", "start_date": "2026-09-01", "end_date": "2026-09-30"}
        ],
        "intacct_customer": [{"recordno": 1, "customerid": "HOUSE-100", "name": "House accounts", "status": "active"}],
        "intacct_balance": [
            {"recordno": 1, "accountno": "1010", "location": "100", "cents": 500_00, "as_of": "2026-08-31"}
        ],
    }


def small_world(lines: int = 0) -> World:
    """A sandbox's world with these books."""
    return World.of_rows(books(lines))


def tell_open_books_by_xml(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sandbox's gateway tell from which day books are open, which its vendor documents for REST alone."""
    entities = BY_XML["LOCATIONENTITY"]
    fields = entities.fields | fields_of("STARTOPEN day t.open_from\n")  # type: ignore[operator]
    monkeypatch.setitem(BY_XML, "LOCATIONENTITY", replace(entities, fields=fields))  # type: ignore[arg-type]


def _place(number: int, name: str, parent: str | None, entity: str) -> Row:
    facts = {"recordno": number, "locationid": name, "name": f"Place {name}", "parentid": parent, "entity": entity}
    return {**facts, "status": "active", "currency": "USD", "open_from": "2026-09-01"}


def _batches(count: int) -> Iterator[Row]:
    for number in range(1, count + 1):
        yield {
            "recordno": number,
            "batchno": number,
            "journal": "GJ",
            "batch_date": f"2026-09-{1 + number % 30:02d}",
            "batch_title": f"Entry {number} <R&D>",
            "state": "Posted",
            "referenceno": f"R{number}",
            "bookid": "ACCRUAL",
            "module": "2.GL",
            "whenmodified": "2026-10-01T08:00:00+00:00",
        }


def _lines(count: int) -> Iterator[Row]:
    for record in range(1, count + 1):
        number = (record + 1) // LINES_PER_ENTRY
        yield {
            "recordno": record,
            "batchkey": number,
            "line_no": 2 - record % 2,
            "entry_date": f"2026-09-{1 + number % 30:02d}",
            "tr_type": 1 if record % 2 else -1,
            "cents": cents_of(record),
            "trx_cents": cents_of(record),
            "accountno": "1010" if record % 2 else "6800",
            "location": "100" if number % 2 else "200",
            "document": f"DOC-{number}",
            "description": 'He said "<5 & >3>"',
            "currency": "USD",
            "whenmodified": f"2026-10-01T{record % 24:02d}:00:00+00:00",
        }
