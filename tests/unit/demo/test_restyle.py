"""Restyled downloads say the same as the standard ones, and `changes.json` says how they look."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from make_months import make_month
from restyle import STYLES


@pytest.fixture(scope="module")
def restyled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {}
    for style in STYLES:
        folder = tmp_path_factory.mktemp(style)
        make_month(folder, seed=3, stores=3, headings=style)
        folders[style] = folder
    return folders


def rows_of(path: Path, style: dict[str, object]) -> list[list[str]]:
    with path.open(encoding=str(style["encoding"]), newline="") as stream:
        return list(csv.reader(stream, delimiter=str(style["delimiter"])))


@pytest.mark.parametrize("name", [name for name, style in STYLES.items() if style.suffix == "csv"])
def test_a_restyled_file_has_the_renamed_headings_below_the_preamble(restyled: dict[str, Path], name: str) -> None:
    folder = restyled[name]
    changes = json.loads((folder / "restyled/changes.json").read_text())
    for original, change in changes.items():
        rows = rows_of(folder / "restyled" / change["file"], change)
        standard = rows_of(folder / original, {"encoding": "utf-8", "delimiter": ","})

        assert rows[change["preamble_rows"]] == [change["headings"][heading] for heading in standard[0]]
        assert len(rows) == len(standard) + change["preamble_rows"] + change["total_row"]


def test_parentheses_and_trailing_minus_carry_the_same_fee(restyled: dict[str, Path]) -> None:
    standard = pl.read_csv(restyled["accounting"] / "processor_deposits.csv", infer_schema=False)
    fee = next(fee for fee in standard["Fees"] if fee.startswith("-"))
    accounting = (restyled["accounting"] / "restyled/processor_deposits.csv").read_text("utf-8-sig")
    trailing = (restyled["daymonth"] / "restyled/processor_deposits.csv").read_text("cp1252")

    assert f"(${fee[1:]})" in accounting
    assert f"{fee[1:]}-" in trailing


def test_a_workbook_holds_dates_and_numbers(restyled: dict[str, Path]) -> None:
    sheet = pl.read_excel(restyled["xlsx"] / "restyled/processor_deposits.xlsx", read_options={"header_row": 2})
    standard = pl.read_csv(restyled["xlsx"] / "processor_deposits.csv")

    assert sheet.height == standard.height + 1
    assert sheet["Net"][:-1].round(2).to_list() == standard["Net Deposit"].to_list()
    assert sheet["Funded"][0].strftime("%m/%d/%Y") == standard["Deposit Date"][0]
