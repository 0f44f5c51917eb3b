from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from decimal import Decimal

import polars as pl
import pytest
from records import empty_record, run_record

from recon.identity import posting_key_in
from recon.reporting.entries_import import COLUMNS, render_entries, safe_text

HEADER_COLUMNS = ("JOURNAL", "DATE", "DESCRIPTION", "REFERENCE_NO", "STATE")
Row = dict[str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(csv.DictReader(io.StringIO(render_entries(run_record()))))


def entries(rows: list[Row]) -> list[list[Row]]:
    """The rows cut where LINE_NO restarts."""
    cut: list[list[Row]] = []
    for row in rows:
        if row["LINE_NO"] == "1":
            cut.append([])
        cut[-1].append(row)
    return cut


def test_the_header_is_intacct_s_own_in_its_order() -> None:
    header = render_entries(empty_record())

    assert header == ",".join(COLUMNS) + "\r\n"
    assert header.startswith(
        "DONOTIMPORT,JOURNAL,DATE,REVERSEDATE,DESCRIPTION,REFERENCE_NO,LINE_NO,ACCT_NO,LOCATION_ID,"
    )
    assert header.endswith(
        "BILLABLE,GLENTRY_PROJECTID,GLENTRY_CUSTOMERID,GLENTRY_VENDORID,GLENTRY_ITEMID,GLENTRY_CLASSID,GLENTRY_EMPLOYEEID\r\n"
    )


def test_header_values_stand_on_the_first_line_of_an_entry_only(rows: list[Row]) -> None:
    for entry in entries(rows):
        assert [row["LINE_NO"] for row in entry] == [str(number) for number in range(1, len(entry) + 1)]
        assert all(entry[0][name] for name in HEADER_COLUMNS)
        assert not any(row[name] for row in entry[1:] for name in HEADER_COLUMNS)


def test_every_entry_balances_and_no_amount_is_negative(rows: list[Row]) -> None:
    for entry in entries(rows):
        debits = sum(Decimal(row["DEBIT"] or 0) for row in entry)
        credits = sum(Decimal(row["CREDIT"] or 0) for row in entry)
        assert debits == credits > 0
        assert all(bool(row["DEBIT"]) != bool(row["CREDIT"]) for row in entry)
        assert not any(row[side].startswith("-") for row in entry for side in ("DEBIT", "CREDIT"))


def test_dates_state_and_descriptions_follow_the_template(rows: list[Row]) -> None:
    for entry in entries(rows):
        assert re.fullmatch(r"\d\d/\d\d/\d{4}", entry[0]["DATE"])
        assert entry[0]["STATE"] == "Draft"
        assert len(entry[0]["DESCRIPTION"]) <= 30


def test_each_line_names_its_document_and_key_so_that_the_next_run_knows_it(rows: list[Row]) -> None:
    for entry in entries(rows):
        key = entry[0]["REFERENCE_NO"]
        memos = pl.DataFrame({"memo": [row["MEMO"] for row in entry]})
        assert set(memos.select(posting_key_in(pl.col("memo")))["memo"]) == {key}
        assert all(row["DOCUMENT"] in row["MEMO"] for row in entry)


def test_an_instruction_is_listed_and_skipped_by_the_import(rows: list[Row]) -> None:
    marked: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        marked[row["DONOTIMPORT"]].add(row["DOCUMENT"])

    assert marked["#"] == {"DEP-100-0918"}
    assert "DEP-100-0918" not in marked[""]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=HYPERLINK(1)", "HYPERLINK(1)"),
        ("  -+@=x", "x"),
        ("SALES-100", "SALES-100"),
        ("a\r\nb\tc", "a b c"),
        ("\t=1", "1"),
    ],
)
def test_no_text_can_become_a_formula_or_a_second_line(text: str, safe: str) -> None:
    assert safe_text(text) == safe
