"""The pack of a whole month: what people read agrees with what was found, to the cent."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from recon.compute import CloseRequest, compute, plan_close
from recon.reporting.balances import compared_lines
from recon.reporting.model import RunRecord
from recon.reporting.pack import write_pack
from recon.reporting.views import bridge_part, variance_effects

WORKSPACE = Path(__file__).parents[1] / "workspaces" / "restaurant"


@pytest.fixture(scope="module")
def month(rehearsal: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[RunRecord, Path]:
    """The record of the hard month and the folder of its pack."""
    folder = tmp_path_factory.mktemp("pack")
    request = CloseRequest("2026-08", WORKSPACE, rehearsal("rehearsal-2026-08-hard"))
    record = compute(plan_close(request), tmp_path_factory.mktemp("scratch"))
    write_pack(record, folder)
    return record, folder


def test_what_stands_on_both_sides_explains_what_is_to_be_booked(month: tuple[RunRecord, Path]) -> None:
    effects = variance_effects(month[0])

    assert effects.filter(pl.col("per_source") - pl.col("per_ledger") != pl.col("to_book")).is_empty()


def test_every_tie_of_the_workpaper_is_zero(month: tuple[RunRecord, Path]) -> None:
    book = openpyxl.load_workbook(month[1] / "workpaper.xlsx", data_only=True)
    rows = book["Cover"].iter_rows(values_only=True)
    controls = {row[0]: (row[4], row[6]) for row in rows if row[1] in ("Entries", "Variances", "Bridge")}

    assert len(controls) == 5
    assert all(apart == 0 and tick for apart, tick in controls.values()), controls
    assert book["Variances"]["O4"].value == 0
    assert book["Entries"]["M4"].value == 0


def test_the_import_file_books_exactly_the_entries_proposed(month: tuple[RunRecord, Path]) -> None:
    record, folder = month
    with (folder / "entries_import.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))

    debits = sum(Decimal(row["DEBIT"] or 0) for row in rows)
    credits = sum(Decimal(row["CREDIT"] or 0) for row in rows)
    assert debits == credits == record.found.entries_debits
    assert sum(row["LINE_NO"] == "1" for row in rows) == record.found.entries_count


def test_the_page_of_a_month_is_small_enough_to_mail(month: tuple[RunRecord, Path]) -> None:
    assert (month[1] / "index.html").stat().st_size < 2_000_000


def test_what_the_notebooks_call_compared_is_what_the_bridge_counted(month: tuple[RunRecord, Path]) -> None:
    record = month[0]
    bridge = record.found.frames["bridge"]

    for status in record.found.statuses:
        counted = bridge_part(bridge, status.name).filter(pl.col("row") == "B")["count"].sum()
        assert compared_lines(record, status.name).height == counted, status.name
