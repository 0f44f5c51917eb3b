"""Finished runs on disk, and the persons who sign them, for tests of period control."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import polars as pl
from make import chart, compare, locations, no_sales_due, policy
from make_corrections import PEOPLE

from recon.canonical import SourceFileFact
from recon.lifecycle import Control
from recon.period import Period
from recon.policy import Policy
from recon.reporting.manifest import write_manifest
from recon.reporting.model import RunRecord
from recon.reporting.pack import write_data
from recon.reporting.runs import mark_latest, save_evidence
from recon.signoff.signing import Books
from recon.state.store import StateStore

BOB, CARLA, ANN, ROBOT = (PEOPLE.acting(login) for login in ("bob", "carla", "ann", "svc-close"))
FILES = (
    SourceFileFact("deposits.csv", "deposits", 2, "aa" * 32),
    SourceFileFact("payroll.csv", "payroll", 2, "bb" * 32),
    SourceFileFact("gl.csv", "ledger", 2, "cc" * 32),
)


def rules(period: Period, overall: str = "0.00", **sections: object) -> Policy:
    """The policy of a company that has nothing to sell, with its materiality."""
    return policy(**no_sales_due(period), materiality={"overall": overall}, **sections)


def finished(
    reports: Path,
    name: str,
    period: Period,
    wanted: pl.DataFrame,
    actual: pl.DataFrame,
    *,
    by: Policy,
    prepared_by: str = "ann",
    closed_by: str = "ann",
    files: tuple[SourceFileFact, ...] = FILES,
    **frames: object,
) -> RunRecord:
    """A finished run on disk, the newest of its period."""
    record = RunRecord(
        run_id=name, found=compare(wanted, actual, by=by, period=period, **frames), policy=by, accounts=chart(),
        locations=locations(), files=files, policy_digest="p", parameters={}, version="1", prepared_by=prepared_by,
        prepared_at=dt.datetime(2026, 10, 2, tzinfo=dt.UTC), closed_by=closed_by,
    )  # fmt: skip
    write_run(record, reports)
    return record


def write_run(record: RunRecord, reports: Path) -> None:
    """Put a run on disk, without pages and notebooks, as the newest of its period."""
    folder = reports / record.found.period.name / record.run_id
    shutil.rmtree(folder, ignore_errors=True)
    write_data(record, folder / "data")
    save_evidence(record, folder)
    write_manifest(record, folder)
    mark_latest(folder.parent, record.run_id)


def books(store: StateStore, reports: Path, by: Policy) -> Books:
    """The desk at which the persons of the users file sign."""
    return Books(store, Control.of(by, PEOPLE), reports)
