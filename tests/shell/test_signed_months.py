"""Three months of one company, each closed over its downloads and signed: a close takes over what the records hold."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from make_corrections import ANN, BOB, CARLA
from make_months import make_month
from make_signing import put_on_record, write_run
from test_close import WORKSPACE

from recon.compute import CloseRequest, compute, plan_close
from recon.decisions import person
from recon.lifecycle import Control, People
from recon.reporting.model import RunRecord
from recon.signoff.gate import Subject
from recon.signoff.signing import Books, sign
from recon.state.store import open_state
from recon.workspace import load_workspace

MONTHS = ("2026-08", "2026-09", "2026-10")
DEPOSITS = Subject("reconciliation", "deposits")


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """A company where whatever a test leaves unbooked may be waived, with the downloads of three months."""
    workspace = tmp_path / "company"
    shutil.copytree(WORKSPACE, workspace)
    policy = workspace / "policy.toml"
    text = policy.read_text(encoding="utf-8").replace("[company]", '[company]\npreparer = "ann"', 1)
    policy.write_text(f'{text}\n[materiality]\noverall = "9999999.00"\n', encoding="utf-8")
    for month in MONTHS:
        make_month(tmp_path / month, seed=3, stores=2, days_period=month)
    return workspace


def close_month(workspace: Path, month: str, open_items: Path | None = None) -> RunRecord:
    """What a close of the month's deposits finds."""
    request = CloseRequest(month, workspace, workspace.parent / month, only=("deposits",), open_items=open_items)
    scratch = workspace.parent / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    return compute(plan_close(request), scratch)


def ages(record: RunRecord) -> dict[str, tuple[dt.date, int]]:
    """Open items by line: the day on which each was first seen, and its age at the end of the month."""
    items = record.found.frames["open_items"].select("line_id", "first_seen", "age_days")
    return {line: (first, age) for line, first, age in items.iter_rows()}


def test_each_month_takes_over_what_the_month_before_left_open_and_uncorrected(company: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    # Ann prints her name, and runs the close as whoever runs this test.
    people = People((replace(ANN, aliases=(*ANN.aliases, person())), BOB, CARLA))
    store = open_state(company)
    desk = Books(store, Control.of(load_workspace(company).policy, people), reports)
    records = []
    for month in MONTHS:
        record = close_month(company, month)
        write_run(record, reports)
        put_on_record(desk, record)
        sign(desk, month, DEPOSITS, people.acting("bob"), force=True, note="small")
        records.append(record)
    store.close()

    august, september, october = records
    assert august.found.frames["open_items"].height
    assert [record.files[-1].name for record in records[1:]] == [
        "open items of 2026-08, as signed", "open items of 2026-09, as signed",
    ]  # fmt: skip
    assert ages(august).keys() & ages(september).keys() & ages(october).keys()
    for earlier, later, days in ((august, september, 30), (september, october, 31)):
        for line, (first, age) in ages(earlier).items():
            assert ages(later).get(line, (first, age + days)) == (first, age + days)
    periods = (
        october.found.frames["uncorrected"]
        .filter(pl.col("treatment") == "waived")["period"]
        .unique(maintain_order=True)
    )
    assert periods.to_list() == ["2026-08", "2026-09"]

    # Closed again over the same inputs, the month is the run that was signed; a file that is named wins over records.
    assert close_month(company, "2026-10").run_id == october.run_id
    named = tmp_path / "items.parquet"
    august.found.frames["open_items"].clear().write_parquet(named)
    assert close_month(company, "2026-09", named).files[-1].name == "items.parquet"
