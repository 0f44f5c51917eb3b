"""Runs on disk: what a finished run keeps beside `data/` so that it can be read again, and where runs stand."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from recon.canonical import SourceFileFact
from recon.digests import digest_file
from recon.errors import DataError, DigestDiffers
from recon.found import Check, Compared, Headline, Reconciled, ReconciliationStatus
from recon.frames import RESULT_FRAMES
from recon.locks import held
from recon.period import Period
from recon.policy import Policy
from recon.reporting.model import RunRecord

EVIDENCE = "evidence"
LATEST = "latest"
_RECORD = "record.json"
_KEPT_FRAMES = ("ledger", "accounts", "locations")


class StoredRecord(BaseModel):
    """Everything of a run that is not a table, and the digests of its tables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    period: Period
    checks: tuple[Check, ...]
    headlines: tuple[Headline, ...]
    statuses: tuple[ReconciliationStatus, ...]
    entries_count: int
    entries_debits: Decimal
    pretax_effect: Decimal
    asked: Decimal
    unexplained: Decimal
    compared: tuple[Compared, ...] = ()
    policy: Policy
    files: tuple[SourceFileFact, ...]
    policy_digest: str
    parameters: dict[str, str]
    version: str
    prepared_by: str
    prepared_at: dt.datetime
    closed_by: str = ""
    digests: dict[str, str]


@dataclass(frozen=True)
class RunFact:
    """One run in the reports folder, as `recon status` lists it."""

    period: str
    run_id: str
    folder: Path
    is_latest: bool
    prepared_at: dt.datetime
    prepared_by: str
    statuses: tuple[ReconciliationStatus, ...]
    entries_count: int
    entries_debits: Decimal
    asked: Decimal
    unexplained: Decimal


def save_evidence(record: RunRecord, folder: Path) -> None:
    """Write the compared ledger, the masters and the record of a run whose `data/` already stands."""
    evidence = folder / EVIDENCE
    evidence.mkdir()
    record.found.ledger.write_parquet(evidence / "ledger.parquet")
    record.accounts.write_parquet(evidence / "accounts.parquet")
    record.locations.write_parquet(evidence / "locations.parquet")
    tables = sorted([*(folder / "data").glob("*.parquet"), *evidence.glob("*.parquet")])
    digests = {path.relative_to(folder).as_posix(): digest_file(path) for path in tables}
    text = _stored(record, digests).model_dump_json(indent=1, by_alias=True)
    (evidence / _RECORD).write_text(text + "\n", encoding="utf-8")


def _stored(record: RunRecord, digests: dict[str, str]) -> StoredRecord:
    found = record.found
    return StoredRecord(
        run_id=record.run_id,
        period=found.period,
        checks=found.checks,
        headlines=found.headlines,
        statuses=found.statuses,
        entries_count=found.entries_count,
        entries_debits=found.entries_debits,
        pretax_effect=found.pretax_effect,
        asked=found.asked,
        unexplained=found.unexplained,
        compared=found.compared,
        policy=record.policy,
        files=record.files,
        policy_digest=record.policy_digest,
        parameters=record.parameters,
        version=record.version,
        prepared_by=record.prepared_by,
        prepared_at=record.prepared_at,
        closed_by=record.closed_by,
        digests=digests,
    )


def read_record(folder: Path) -> RunRecord:
    """The run that stands in the folder, every table checked against the digest it was written with.

    Raises: DataError if no run stands there, or one of a version without some table; DigestDiffers if a table is not
            what was written.
    """
    stored = _read_stored(folder)
    _check_tables(folder, stored)
    _check_digests(folder, stored.digests)
    frames = {name: pl.read_parquet(folder / "data" / f"{name}.parquet") for name in RESULT_FRAMES}
    kept = {name: pl.read_parquet(folder / EVIDENCE / f"{name}.parquet") for name in _KEPT_FRAMES}
    found = Reconciled(
        period=stored.period,
        frames=frames,
        ledger=kept["ledger"],
        checks=stored.checks,
        headlines=stored.headlines,
        statuses=stored.statuses,
        entries_count=stored.entries_count,
        entries_debits=stored.entries_debits,
        pretax_effect=stored.pretax_effect,
        asked=stored.asked,
        unexplained=stored.unexplained,
        compared=stored.compared,
    )
    return RunRecord(
        run_id=stored.run_id,
        found=found,
        policy=stored.policy,
        accounts=kept["accounts"],
        locations=kept["locations"],
        files=stored.files,
        policy_digest=stored.policy_digest,
        parameters=stored.parameters,
        version=stored.version,
        prepared_by=stored.prepared_by,
        prepared_at=stored.prepared_at,
        closed_by=stored.closed_by,
    )


def _read_stored(folder: Path) -> StoredRecord:
    path = folder / EVIDENCE / _RECORD
    if not path.is_file():
        raise DataError("no finished run stands in this folder", folder=folder)
    try:
        return StoredRecord.model_validate_json(path.read_bytes())
    except ValidationError as cause:
        raise DigestDiffers("the record of this run was changed, or comes from another version", file=path) from cause


def _check_tables(folder: Path, stored: StoredRecord) -> None:
    """A run of an earlier version has no tables that came later."""
    absent = [name for name in RESULT_FRAMES if f"data/{name}.parquet" not in stored.digests]
    if absent:
        raise DataError(
            f"this run was made by recon {stored.version} and lacks tables of this version; run the close again",
            folder=folder,
            tables=", ".join(absent),
        )


def _check_digests(folder: Path, digests: dict[str, str]) -> None:
    changed = [name for name, digest in digests.items() if not _is_unchanged(folder / name, digest)]
    if changed:
        raise DigestDiffers(
            "tables of this run are missing or were changed after it was written; run the close again",
            folder=folder,
            tables=", ".join(changed),
        )


def _is_unchanged(path: Path, digest: str) -> bool:
    return path.is_file() and digest_file(path) == digest


def is_intact(folder: Path) -> bool:
    """True if every output that the run's manifest lists is there, byte for byte."""
    try:
        outputs = json.loads((folder / "manifest.json").read_bytes())["outputs"]
        digests = {str(one["name"]): str(one["sha256"]) for one in outputs}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(digests) and all(_is_unchanged(folder / name, digest) for name, digest in digests.items())


def find_run(reports: Path, period: str, run_id: str | None = None) -> Path:
    """The folder of one run: the one named, or the newest of the period.

    Raises: DataError if there is none.
    """
    home = reports / period
    name = run_id or latest_run_id(home)
    if name is None or not (home / name / EVIDENCE / _RECORD).is_file():
        known = ", ".join(fact.run_id for fact in list_runs(reports) if fact.period == period) or "none"
        wanted = f"run {run_id} of {period}" if run_id else f"run of {period}"
        raise DataError(f"there is no {wanted} in the reports folder", reports=reports, runs=known)
    return home / name


@contextlib.contextmanager
def period_lock(reports: Path, period: str) -> Iterator[Path]:
    """The period's folder of runs, held by this process alone; removed again if nothing was put there.

    Raises: LockHeld where another process closes or signs the period.
    """
    home = reports / period
    lock = home / ".lock"
    try:
        with held(lock, "another close of this period is running; wait for it", period=period):
            try:
                yield home
            finally:
                lock.unlink(missing_ok=True)  # filelock gives up a lock whose file is gone, so this is safe
    finally:
        with contextlib.suppress(OSError):
            home.rmdir()


def latest_run_id(home: Path) -> str | None:
    """The run that `latest` of a period's folder points to, or None."""
    latest = home / LATEST
    if latest.is_symlink():
        return latest.readlink().name
    return latest.read_text(encoding="utf-8").strip() or None if latest.is_file() else None


def mark_latest(home: Path, run_id: str) -> None:
    """Point `latest` to the run in one step: a link, or a file with its name where links are not allowed."""
    fresh = home / f".{LATEST}"
    fresh.unlink(missing_ok=True)
    try:
        fresh.symlink_to(run_id, target_is_directory=True)
    except (OSError, NotImplementedError):
        fresh.write_text(f"{run_id}\n", encoding="utf-8")
    fresh.replace(home / LATEST)


def list_runs(reports: Path) -> list[RunFact]:
    """Every finished run in the reports folder whose record can be read, newest first."""
    facts = [_fact(folder, stored) for folder, stored in _records(reports) if stored is not None]
    return sorted(facts, key=lambda fact: (fact.prepared_at, fact.period, fact.run_id), reverse=True)


def unreadable_runs(reports: Path) -> list[Path]:
    """Folders of runs whose record was changed, or was written by another version."""
    return [folder for folder, stored in _records(reports) if stored is None]


def _records(reports: Path) -> Iterator[tuple[Path, StoredRecord | None]]:
    for path in sorted(reports.glob(f"*/*/{EVIDENCE}/{_RECORD}")):
        folder = path.parent.parent
        if folder.is_symlink() or folder.parent.name.startswith("."):
            continue
        try:
            yield folder, _read_stored(folder)
        except DigestDiffers:
            yield folder, None


def _fact(folder: Path, stored: StoredRecord) -> RunFact:
    return RunFact(
        period=stored.period.name,
        run_id=stored.run_id,
        folder=folder,
        is_latest=stored.run_id == latest_run_id(folder.parent),
        prepared_at=stored.prepared_at,
        prepared_by=stored.prepared_by,
        statuses=stored.statuses,
        entries_count=stored.entries_count,
        entries_debits=stored.entries_debits,
        asked=stored.asked,
        unexplained=stored.unexplained,
    )
