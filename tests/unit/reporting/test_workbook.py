from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from openpyxl.utils import range_boundaries
from openpyxl.workbook import Workbook as Read
from records import FORMULA, SCRIPT, Month, build_month, empty_record, run_record

from recon.reporting.sheets import column_letter
from recon.reporting.workbook import write_workbook

REFERENCE = re.compile(r"(?:'([^']+)'!)?([A-Z]+\d+(?::[A-Z]+\d+)?)")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workbook(run_record(), tmp_path_factory.mktemp("workbook") / "workpaper.xlsx")


@pytest.fixture(scope="module")
def cached(path: Path) -> Read:
    return openpyxl.load_workbook(path, data_only=True)


def cents(value: object) -> Decimal:
    """A cell's number to the cent; an empty cell or text is zero, as in a sum."""
    return round(Decimal(str(value)), 2) if isinstance(value, int | float) else Decimal(0)


def recalculate(formula: str, sheet: str, values: Read) -> Decimal:
    """What a spreadsheet would make of our formulas: SUM and ROUND of references, added and subtracted."""
    total = Decimal(0)
    body = re.sub(r"^=ROUND\((.*),2\)$", r"=\1", formula)[1:]
    for sign, term in re.findall(r"([+-]?)((?:SUM\()?(?:'[^']+'!)?[A-Z]+\d+(?::[A-Z]+\d+)?\)?)", body):
        match = REFERENCE.search(term)
        assert match is not None
        left, top, right, bottom = range_boundaries(match[2])
        cells = values[match[1] or sheet].iter_rows(top, bottom, left, right, values_only=True)
        amount = sum((cents(value) for row in cells for value in row), Decimal(0))
        total += -amount if sign == "-" else amount
    return total


def test_every_formula_carries_the_value_that_a_spreadsheet_would_find(path: Path, cached: Read) -> None:
    formulas = 0
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    formulas += 1
                    found = recalculate(str(cell.value), sheet.title, cached)
                    assert found == cents(cached[sheet.title][cell.coordinate].value), (sheet.title, cell.coordinate)
    assert formulas > 100


def test_text_that_looks_like_a_formula_stays_text(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value in (FORMULA, SCRIPT)]

    assert len(cells) >= 3
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell for cell in cells if cell.hyperlink]


def test_the_cover_ties_the_sheets_to_the_run(cached: Read) -> None:
    rows = list(cached["Cover"].iter_rows(values_only=True))
    controls = {row[0]: row for row in rows if row[0] and row[6] and row[6].startswith("F")}

    assert controls["Debits of the entries proposed"][2] == pytest.approx(11830.77)
    assert [cents(row[4]) for row in controls.values()] == [Decimal(0)] * 5
    labels = {row[0] for row in rows}
    assert {"Purpose", "Procedure", "Results", "Prepared by", "Reviewed by", "Source files", "Tick marks"} <= labels
    assert any("ab" * 32 in row for row in rows)


def test_there_is_a_sheet_for_each_reconciliation_and_each_list(cached: Read) -> None:
    assert cached.sheetnames == [
        "Cover", "Checks", "Sales", "Deposits", "Payroll", "Bridge", "Bridge detail", "Variances", "Entries",
        "Uncorrected",
        "Open items", "Tie-outs", "Matches", "Rejects",
    ]  # fmt: skip


def test_the_bridge_is_summed_from_its_detail_and_shows_the_unexplained(path: Path, cached: Read) -> None:
    formulas = openpyxl.load_workbook(path)["Bridge"]
    heads = [str(cell.value) for cell in formulas[5]]

    assert str(formulas.cell(6, heads.index("B  Activity per ledger") + 1).value).startswith("=SUM('Bridge detail'!")
    assert cents(cached["Bridge"].cell(4, heads.index("I  Unexplained") + 1).value) == 0


def test_the_bridge_of_one_reconciliation_is_live_like_the_whole_one(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Sales"]
    row = {str(head.value)[:2].strip(): str(cell.value) for head, cell in zip(sheet[5], sheet[6], strict=True)}

    assert row["B"].startswith("=SUM('Bridge detail'!")
    assert row["C"] == "=D6"
    assert row["E"] == "=E6+F6+G6"
    assert row["J"].startswith("=H6+")


def test_an_opening_that_nobody_provided_says_so(tmp_path: Path) -> None:
    record = run_record()
    opening = pl.when(pl.col("row") == "A").then(None).otherwise("amount").alias("amount")
    frames = record.found.frames | {"bridge": record.found.frames["bridge"].with_columns(opening)}
    blind = replace(record, found=replace(record.found, frames=frames))

    book = openpyxl.load_workbook(write_workbook(blind, tmp_path / "workpaper.xlsx"))

    assert book["Bridge"]["D6"].value == "not provided"


def test_a_list_without_rows_says_none(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_workbook(empty_record(), tmp_path / "workpaper.xlsx"))

    assert book["Entries"]["A6"].value == "none"


def test_numbers_are_written_as_accountants_do(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Variances"]

    assert sheet["K6"].number_format == "#,##0.00;(#,##0.00);–"
    assert sheet.freeze_panes == "A6"


def test_equal_records_give_equal_bytes(path: Path, tmp_path: Path) -> None:
    assert write_workbook(run_record(), tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


def test_a_sheet_that_is_too_long_says_so_and_points_to_the_data(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_workbook(run_record(), tmp_path / "short.xlsx", rows_limit=5), data_only=True)
    sheet = book["Variances"]

    assert re.fullmatch(
        r"\d+ rows; the first 5 stand here, all of them in data/variances.parquet", str(sheet["A3"].value)
    )
    assert sheet.max_row == 10


def test_a_streamed_workbook_has_the_same_totals(path: Path, cached: Read, tmp_path: Path) -> None:
    streamed = openpyxl.load_workbook(
        write_workbook(run_record(), tmp_path / "s.xlsx", streamed_from=0), data_only=True
    )

    for name in ("Bridge", "Variances", "Entries", "Sales"):
        for row in (4, 5, 6):
            left, right = ([cell.value for cell in book[name][row] if cell.column < 13] for book in (streamed, cached))
            assert left == right, (name, row)
    assert [row[4].value for row in streamed["Cover"]] == [row[4].value for row in cached["Cover"]]


def test_a_month_without_findings_has_a_workpaper_too(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_workbook(empty_record(), tmp_path / "empty.xlsx"), data_only=True)

    assert cents(book["Entries"]["K4"].value) == 0


def test_a_very_long_explanation_is_cut_to_what_a_cell_holds(tmp_path: Path) -> None:
    month: Month = build_month()
    month.differ(
        "sales", "rounding", "R", month.expected[0]["posting_date"], "100", (("2200", "0.01"),), (), "x" * 40_000
    )

    book = openpyxl.load_workbook(write_workbook(run_record(month), tmp_path / "long.xlsx"), read_only=True)

    assert max(len(str(row[15])) for row in book["Variances"].iter_rows(values_only=True)) == 32_000


def test_columns_are_lettered_as_spreadsheets_do() -> None:
    assert [column_letter(number) for number in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
