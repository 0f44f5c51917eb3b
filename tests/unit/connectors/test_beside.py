"""What a pull sets aside reaches the close: rejected rows of their source, and changes in closed books."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from downloads import WORKSPACE, write_downloads

from recon.canonical import ChangedRows, RejectedRows
from recon.close import outcome
from recon.compute import CloseRequest, compute, plan_close
from recon.connectors.beside import CHANGES, REJECTS, read_changes, read_rejects
from recon.connectors.staging import Window
from recon.errors import DataError
from recon.period import parse_period
from recon.reporting.model import RunRecord

SEPTEMBER = Window(parse_period("2026-09"), 10)
REJECTED = {
    "source": "retail.tickets",
    "row": None,
    "field": "total",
    "value": "9.00",
    "reason": "retail.tickets T1: the ticket's lines sum to 8.00, not to its total 9.00",
    "frame": "sales",
    "location": "100",
    "merchant_id": None,
    "date": dt.date(2026, 9, 3),
    "document_id": "T1",
    "duplicate": False,
}
CHANGED = {
    "source": "retail.tickets",
    "row_id": "T2",
    "frame": "sales",
    "change": "changed",
    "window_start": dt.date(2026, 9, 1),
    "window_end": dt.date(2026, 9, 10),
    "closed_through": dt.date(2026, 9, 30),
    "seen_at": dt.datetime(2026, 10, 9, 7, tzinfo=dt.UTC),
    "explanation": "retail.tickets T2 was changed after its days had been closed: total: 1.00, now 2.00",
}


def write_rejects(folder: Path, **more: Any) -> None:
    frame = pl.DataFrame([{**REJECTED, **more}], schema=RejectedRows.create_empty().schema)
    frame.write_parquet(folder / REJECTS)


def write_changes(folder: Path, **more: Any) -> None:
    ChangedRows.validate(pl.DataFrame([{**CHANGED, **more}]), cast=True).write_parquet(folder / CHANGES)


def computed(sources: Path, scratch: Path) -> RunRecord:
    return compute(plan_close(CloseRequest("2026-09", WORKSPACE, sources)), scratch)


def test_a_row_that_a_pull_rejected_is_a_reject_of_the_close(tmp_path: Path) -> None:
    sources = write_downloads(tmp_path / "sources")
    before = plan_close(CloseRequest("2026-09", WORKSPACE, sources)).run_id
    write_rejects(sources)

    record = computed(sources, tmp_path / "scratch")

    rejects = record.found.frames["rejects"]
    assert rejects.select("source", "field", "reason").rows() == [("retail.tickets", "total", REJECTED["reason"])]
    (control,) = [one for one in record.found.checks if one.name == "rejects"]
    assert (control.passed, control.detail) == (False, "1 source rows could not be used")
    assert outcome(record) == 1
    assert record.run_id != before
    assert [one.rows for one in record.files if one.name == REJECTS] == [1]


def test_a_change_in_closed_books_is_a_variance_of_the_close(tmp_path: Path) -> None:
    sources = write_downloads(tmp_path / "sources")
    write_changes(sources)

    record = computed(sources, tmp_path / "scratch")

    told = record.found.frames["variances"].select("cause", "status", "source_ids").rows()
    assert ("source_changed", "ask", ["retail.tickets:T2"]) in told
    assert outcome(record) == 1


def test_rows_beyond_the_margin_and_of_other_frames_are_left_to_their_own_run(tmp_path: Path) -> None:
    frames = ("sales", "ledger")
    write_rejects(tmp_path, date=dt.date(2026, 7, 3))
    write_changes(tmp_path, frame="payroll")
    assert read_rejects(tmp_path, frames, SEPTEMBER)[0].is_empty()
    assert read_changes(tmp_path, frames, SEPTEMBER)[0].is_empty()

    write_rejects(tmp_path, date=None)
    write_changes(tmp_path, window_start=dt.date(2026, 8, 21), window_end=dt.date(2026, 8, 31))
    assert read_rejects(tmp_path, frames, SEPTEMBER)[0].height == 1
    assert read_changes(tmp_path, frames, SEPTEMBER)[0].height == 1

    write_changes(tmp_path, window_start=dt.date(2026, 10, 1), window_end=dt.date(2026, 10, 10))
    assert read_changes(tmp_path, frames, SEPTEMBER)[0].is_empty()


def test_a_card_number_in_either_file_is_shown_masked(tmp_path: Path) -> None:
    write_rejects(tmp_path, value="4111 1111 1111 1111")
    write_changes(tmp_path, explanation="note: 4111111111111111, now nothing")

    assert read_rejects(tmp_path, ("sales",), SEPTEMBER)[0]["value"].to_list() == ["************1111"]
    assert "4111111111111111" not in read_changes(tmp_path, ("sales",), SEPTEMBER)[0]["explanation"][0]


def test_a_file_that_no_pull_wrote_is_told_in_a_sentence(tmp_path: Path) -> None:
    pl.DataFrame({"reason": ["no"]}).write_parquet(tmp_path / REJECTS)

    with pytest.raises(DataError, match=r"rejects.parquet is not what a pull writes.*pull the period again"):
        read_rejects(tmp_path, ("sales",), SEPTEMBER)


def test_a_folder_that_was_not_pulled_has_neither(tmp_path: Path) -> None:
    assert read_rejects(tmp_path, ("sales",), SEPTEMBER)[0].is_empty()
    assert read_changes(tmp_path, ("sales",), SEPTEMBER)[1] == []
