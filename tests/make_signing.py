"""Finished runs on disk, and the persons who sign them, for tests of period control."""

from __future__ import annotations

import datetime as dt
import pickle
import shutil
from pathlib import Path
from typing import Any

import polars as pl
from make import (
    SEPTEMBER,
    balances,
    chart,
    compare,
    expected,
    ledger,
    locations,
    no_sales_due,
    payments,
    policy,
    sales,
    tenders,
)
from make_corrections import PEOPLE

from recon.canonical import SourceFileFact
from recon.lifecycle import Control
from recon.period import Period
from recon.pipeline import Reconciled
from recon.policy import Policy
from recon.reporting.manifest import write_manifest
from recon.reporting.model import RunRecord
from recon.reporting.pack import write_data
from recon.reporting.runs import mark_latest, save_evidence
from recon.signoff.closed import keep_closed
from recon.signoff.signing import Books
from recon.state.store import StateStore

BOB, CARLA, ANN, ROBOT = (PEOPLE.acting(login) for login in ("bob", "carla", "ann", "svc-close"))
FOUND: dict[bytes, Reconciled] = {}
FILES = (
    SourceFileFact("deposits.csv", "deposits", 2, "aa" * 32),
    SourceFileFact("payroll.csv", "payroll", 2, "bb" * 32),
    SourceFileFact("gl.csv", "ledger", 2, "cc" * 32),
)


def rules(period: Period, overall: str = "0.00", pass_below: str = "0.00", **sections: object) -> Policy:
    """The policy of a company that has nothing to sell, with its materiality."""
    materiality = {"overall": overall, "pass_below": pass_below}
    return policy(**no_sales_due(period), materiality=materiality, **sections)


# A store that is open on the last day alone.
LAST_DAY = {"calendar": {"closed": tuple(SEPTEMBER.days[:-1])}}


def sold_on_the_last_day(paid: str) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, pl.DataFrame]]:
    """A card sale of 100.00 as it should be booked and is, and the sources, by which the processor knows so much."""
    sold = expected("E1 1250 100.00 J:SJ D:S1 @2026-09-30", "E2 4010 -100.00")
    stands = ledger("A1 1250 100.00 J:SJ D:S1 @2026-09-30", "A2 4010 -100.00")
    sources = {
        "payments": payments(f"P1 visa {paid} at:2026-09-30T20:00Z batch_id:B1 batch_date:2026-09-30"),
        "balances": balances("1250 100 closing:100.00", "4010 100 closing:-100.00"),
        "sales": sales(*(f"T{store} revenue 0.00 L{store} @2026-09-30" for store in (100, 101, 102))),
        "tenders": tenders("T1 card/visa 100.00 @2026-09-30"),
    }
    return sold, stands, sources


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
    # Many tests begin with the same month; nobody writes into what was found.
    asked = pickle.dumps((wanted, actual, by, period, frames))
    if asked not in FOUND:
        FOUND[asked] = compare(wanted, actual, by=by, period=period, **frames)
    record = RunRecord(
        run_id=name, found=FOUND[asked], policy=by, accounts=chart(),
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


def closed(desk: Books, name: str, period: Period, *frames: pl.DataFrame, **said: Any) -> RunRecord:
    """A finished run at the desk, whose close stands in the trail."""
    return put_on_record(desk, finished(desk.reports, name, period, *frames, **said))


def put_on_record(desk: Books, record: RunRecord) -> RunRecord:
    """The record of a finished run, whose close stands in the trail."""
    keep_closed(desk.store, desk.reports / record.found.period.name / record.run_id, record, PEOPLE)
    return record


def books(store: StateStore, reports: Path, by: Policy) -> Books:
    """The desk at which the persons of the users file sign."""
    return Books(store, Control.of(by, PEOPLE), reports)
