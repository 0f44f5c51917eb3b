"""Which past runs count, and what a run's own evidence and its neighbours give back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from make import SEPTEMBER, chart, compare, expected, ledger, locations, no_sales_due, policy

from recon.backtest import claimed
from recon.backtest.past import PastRun, from_evidence, past_runs, signed_by
from recon.errors import DataError
from recon.period import Period, parse_period
from recon.reporting.manifest import write_manifest
from recon.reporting.model import RunRecord
from recon.reporting.runs import save_evidence

AUGUST = parse_period("2026-08")
LATE = "E1 1010 750.00 D:DEP1000831 @2026-08-31", "E2 1250 -750.00"
POSTED = ledger(
    "A1 1010 750.00 D:- @2026-09-01", "A2 1250 -750.00", "R1 6800 1.00 J:GJ D:- @2026-08-25", "R2 2100 -1.00"
)
NEW = expected("F1 1010 750.00 D:DEP1000902 @2026-09-02", "F2 1250 -750.00")


def finished(
    reports: Path, name: str, period: Period, wanted: pl.DataFrame, day: int = 5, only: str = "deposits"
) -> RunRecord:
    """A finished run of one reconciliation on disk, closed on that day of the next month."""
    rules = policy(**no_sales_due(period))
    record = RunRecord(
        run_id=name, found=compare(wanted, POSTED, by=rules, period=period, only=(only,)), policy=rules,
        accounts=chart(), locations=locations(), files=(), policy_digest="p", parameters={}, version="1",
        prepared_by="ann", prepared_at=dt.datetime(2026, 10, day, tzinfo=dt.UTC),
    )  # fmt: skip
    folder = reports / period.name / name
    (folder / "data").mkdir(parents=True)
    for table, frame in record.found.frames.items():
        frame.write_parquet(folder / "data" / f"{table}.parquet")
    save_evidence(record, folder)
    write_manifest(record, folder)
    return record


def test_a_posting_of_last_months_document_is_not_free_where_last_months_run_stands_beside(tmp_path: Path) -> None:
    finished(tmp_path, "aaa", AUGUST, expected(*LATE, period=AUGUST))
    record = finished(tmp_path, "sss", SEPTEMBER, NEW)
    august, september = past_runs(tmp_path)

    alone = from_evidence(september, record, record.policy, [], None)
    beside = from_evidence(september, record, record.policy, [august], None)

    assert beside.expected.filter(~pl.col("in_period"))["line_id"].to_list() == ["E1", "E2"]
    # Without August's documents its posting goes to the new deposit of September.
    assert claimed(alone, record.policy, ("deposits",)).pairs["right"].to_list() == ["A1", "A2"]
    assert claimed(beside, record.policy, ("deposits",)).pairs.is_empty()


def test_of_two_runs_of_a_month_the_newer_one_counts_and_each_reconciliation_once(tmp_path: Path) -> None:
    finished(tmp_path, "old", SEPTEMBER, NEW, day=5)
    finished(tmp_path, "new", SEPTEMBER, NEW, day=6)
    finished(tmp_path, "pay", SEPTEMBER, expected("P1 1020 -9.00 J:PYRJ D:PR-1", "P2 6010 9.00"), day=4, only="payroll")

    assert [(one.run_id, one.names) for one in past_runs(tmp_path)] == [("new", ("deposits",)), ("pay", ("payroll",))]


def test_a_folder_of_one_period_or_of_one_run_is_enough(tmp_path: Path) -> None:
    finished(tmp_path, "sss", SEPTEMBER, NEW)

    for folder in (tmp_path / "2026-09", tmp_path / "2026-09" / "sss"):
        assert [one.run_id for one in past_runs(folder)] == ["sss"]


def test_a_run_that_nobody_signed_says_so_and_a_sign_off_that_is_no_json_is_refused(tmp_path: Path) -> None:
    finished(tmp_path, "sss", SEPTEMBER, NEW)
    folder = tmp_path / "2026-09" / "sss"

    assert signed_by(folder) == {}
    (folder / "signoff.json").write_text("yes, looks good")
    with pytest.raises(DataError, match="this sign-off cannot be read"):
        signed_by(folder)


def test_another_company_beside_gives_no_documents(tmp_path: Path) -> None:
    finished(tmp_path, "aaa", AUGUST, expected(*LATE, period=AUGUST))
    record = finished(tmp_path, "sss", SEPTEMBER, NEW)
    august, september = past_runs(tmp_path)
    stranger: PastRun = replace(august, company="Other Group")

    beside = from_evidence(september, record, record.policy, [stranger], None)

    assert beside.expected["in_period"].all()
