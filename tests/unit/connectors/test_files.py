"""Downloads of other shapes: encodings, preambles, workbooks, other clocks, canonical files, files in parts."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from downloads import DEPOSITS, LEDGER, TICKETS, WORKSPACE, ids, read_month

from recon.canonical import Canonical
from recon.connectors import read_sources, staging
from recon.period import parse_period
from recon.workspace import load_workspace


def changed_workspace(folder: Path, profile: str, old: str, new: str) -> Path:
    target = folder / "workspace"
    shutil.copytree(WORKSPACE, target)
    path = target / "profiles" / f"{profile}.toml"
    path.write_text(path.read_text().replace(old, new))
    return target


def frames(month: Canonical) -> dict[str, pl.DataFrame]:
    lazies = {"sales": month.sales, "tenders": month.tenders, "deposits": month.deposits, "ledger": month.ledger}
    return {name: frame.collect().drop("line_id", strict=False) for name, frame in lazies.items() if frame is not None}


@pytest.mark.parametrize("name", ["rehearsal-2026-09", "rehearsal-2026-08-hard"])
def test_a_rehearsal_month_is_read_whole(rehearsal: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    company = load_workspace(WORKSPACE)
    sources = rehearsal(name)

    month = read_sources(company.policy, company.profiles, sources, parse_period(name[10:17]), tmp_path)

    assert month.rejected.is_empty()
    assert month.tenders is not None
    total = sum(Decimal(row) for row in pl.read_csv(sources / "retail_tickets.csv", infer_schema=False)["Total"])
    assert month.tenders.collect()["amount"].sum() == total
    assert month.sales is not None
    assert month.sales.collect()["amount"].sum() == total
    balance = month.ledger.collect().group_by("entry_id").agg(pl.col("amount").sum())
    assert balance.filter(pl.col("amount") != 0).is_empty()


def test_a_file_in_parts_reads_like_a_file_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = frames(read_month(tmp_path / "whole"))
    monkeypatch.setattr(staging, "_ROWS_AT_ONCE", 1)

    parts = frames(read_month(tmp_path / "parts"))

    assert all(parts[name].equals(whole[name]) for name in whole)


def test_windows_text_is_read_where_the_profile_says_so(tmp_path: Path) -> None:
    workspace = changed_workspace(tmp_path, "ledger", "[columns]", '[file]\nencoding = "cp1252"\n\n[columns]')
    ledger = LEDGER.replace("ADJ1,,68", "ADJ1,café,68").encode("cp1252")

    month = read_month(tmp_path, {"intacct_gl_detail.csv": ledger}, workspace=workspace)

    assert "café" in month.ledger.collect()["memo"].to_list()


def test_preamble_and_total_rows_are_passed_over(tmp_path: Path) -> None:
    rule = '[[file.skip]]\ncolumn = "Merchant Number"\nmatches = "^total"\n\n[columns]'
    workspace = changed_workspace(tmp_path, "deposits", "[columns]", rule)
    framed = f"Deposit report\n\nPrinted,09/30/2026\n{DEPOSITS}Total,,,,,,13.00,-5.40,0.00,-0.30,7.30\n"

    month = read_month(tmp_path, {"processor_deposits.csv": framed}, workspace=workspace)

    assert month.rejected.is_empty()
    assert len(ids(month.deposits, "deposit_id")) == 2


def test_a_row_number_is_the_one_a_spreadsheet_shows(tmp_path: Path) -> None:
    framed = "Deposit report\n\n" + DEPOSITS.replace("12.70", "oops")

    month = read_month(tmp_path, {"processor_deposits.csv": framed})

    assert month.rejected["row"].to_list() == [4]


def test_a_workbook_reads_like_the_csv(tmp_path: Path) -> None:
    workspace = changed_workspace(tmp_path, "tickets", "unused", "")
    policy = workspace / "policy.toml"
    policy.write_text(policy.read_text().replace("retail_tickets*", "tickets.xlsx"))
    (tmp_path / "sources").mkdir()
    with xlsxwriter.Workbook(str(tmp_path / "sources" / "tickets.xlsx")) as book:
        sheet = book.add_worksheet()
        stamp = book.add_format({"num_format": "mm/dd/yyyy hh:mm"})
        for row, line in enumerate(TICKETS.splitlines()):
            for column, cell in enumerate(line.split(",")):
                if row and column == 2:
                    when = dt.datetime.strptime(cell, "%m/%d/%Y %H:%M")  # noqa: DTZ007
                    sheet.write_datetime(row, column, when, stamp)
                elif row and 4 <= column <= 10:
                    sheet.write_number(row, column, float(cell))
                else:
                    sheet.write_string(row, column, cell)

    month = read_month(tmp_path, {"retail_tickets.csv": None}, workspace=workspace)

    plain = frames(read_month(tmp_path / "plain"))
    found = frames(month)
    assert all(found[name].equals(plain[name]) for name in ("sales", "tenders"))


def test_sales_after_midnight_belong_to_the_day_before_where_the_day_starts_later(tmp_path: Path) -> None:
    workspace = changed_workspace(tmp_path, "tickets", 'order = "mdy"', 'order = "mdy"\nday_starts = 4')
    late = TICKETS.replace("09/02/2026 12:00", "09/02/2026 03:59")

    month = read_month(tmp_path, {"retail_tickets.csv": late}, workspace=workspace)

    assert ids(month.sales, "business_date") == [dt.date(2026, 9, 1)]


def test_times_in_utc_become_the_stores_own_business_date(tmp_path: Path) -> None:
    workspace = changed_workspace(tmp_path, "tickets", 'zone = "location"', 'zone = "UTC"')
    utc = TICKETS.replace("09/01/2026 08:01", "09/01/2026 02:30")

    month = read_month(tmp_path, {"retail_tickets.csv": utc}, workspace=workspace)

    assert month.sales is not None
    [day] = month.sales.filter(pl.col("ticket_id") == "500001").collect()["business_date"].unique()
    assert day == dt.date(2026, 8, 31)


def test_the_hour_that_daylight_saving_skips_or_repeats_is_still_read(tmp_path: Path) -> None:
    company = load_workspace(WORKSPACE)
    sources = tmp_path / "sources"
    skipped = TICKETS.replace("09/01/2026 08:01", "03/08/2026 02:30").replace("09/01/2026 23:59", "03/08/2026 01:30")
    read_month(tmp_path, {"retail_tickets.csv": skipped.replace("09/02", "03/09")})

    march = parse_period("2026-03")
    month = read_sources(company.policy, company.profiles, sources, march, tmp_path / "march")

    assert month.rejected.is_empty()
    assert month.sales is not None
    moments = {row["ticket_id"]: row["completed_at"] for row in month.sales.collect().to_dicts()}
    assert moments["500001"] == dt.datetime(2026, 3, 8, 7, 30, tzinfo=dt.UTC)
    assert moments["500002"] == dt.datetime(2026, 3, 8, 6, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_canonical_files_need_no_profile_and_read_the_same(tmp_path: Path, ending: str) -> None:
    month = read_month(tmp_path / "profiled")
    want = frames(month)
    sources = tmp_path / "canonical" / "sources"
    sources.mkdir(parents=True)
    for name in ("sales", "tenders", "deposits"):
        if ending == "csv":
            want[name].write_csv(sources / f"{name}.csv")
        else:
            want[name].write_parquet(sources / f"{name}.parquet")

    again = read_month(tmp_path / "canonical", {"retail_tickets.csv": None, "processor_deposits.csv": None})

    assert again.rejected.is_empty()
    found = frames(again)
    assert all(found[name].equals(want[name]) for name in ("sales", "tenders", "deposits"))


def test_a_canonical_ticket_that_does_not_foot_is_left_out_of_sales_and_tenders(tmp_path: Path) -> None:
    want = frames(read_month(tmp_path / "profiled"))
    sources = tmp_path / "canonical" / "sources"
    sources.mkdir(parents=True)
    want["sales"].write_parquet(sources / "sales.parquet")
    short = pl.when(pl.col("ticket_id") == "500002").then(pl.lit(Decimal("21.50"))).otherwise(pl.col("amount"))
    want["tenders"].with_columns(amount=short.cast(pl.Decimal(18, 2))).write_parquet(sources / "tenders.parquet")

    month = read_month(tmp_path / "canonical", {"retail_tickets.csv": None})

    assert ids(month.sales, "ticket_id") == ids(month.tenders, "ticket_id") == ["500001", "500003"]
    assert set(month.rejected["document_id"]) == {"500002"}
    assert "differ by 0.10" in month.rejected["reason"][0]


def test_several_files_of_one_layout_are_read_as_one(tmp_path: Path) -> None:
    lines = TICKETS.splitlines(keepends=True)
    split: dict[str, str | bytes | None] = {
        "retail_tickets.csv": "".join(lines[:2]),
        "retail_tickets_2.csv": lines[0] + "".join(lines[2:]),
    }

    month = read_month(tmp_path, split)

    assert ids(month.sales, "ticket_id") == ["500001", "500002", "500003"]


def test_store_numbers_become_intacct_locations(tmp_path: Path) -> None:
    locations = (
        "Location #,Merchant Number,LOCATIONID,Fee billing\n100,101023947200,NYC-1,daily\n101,1010,BOS-1,daily\n"
    )

    month = read_month(tmp_path, {"locations.csv": locations, "retail_tickets.csv": TICKETS.replace(",101,", ",0101,")})

    assert ids(month.sales, "location") == ["BOS-1", "NYC-1"]
    assert ids(month.payroll, "location") == ["NYC-1"]
    assert ids(month.ledger, "location") == ["100"]


def test_lines_without_a_record_number_are_named_by_file_and_row(tmp_path: Path) -> None:
    workspace = changed_workspace(tmp_path, "ledger", 'line_id = "RECORDNO"\n', "")

    month = read_month(tmp_path, workspace=workspace)

    assert ids(month.ledger, "line_id") == ["intacct_gl_detail:2", "intacct_gl_detail:3"]
