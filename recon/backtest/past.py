"""Past runs read again: which count, what they compared, and whether their downloads are still those they read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from recon.backtest.replay import Case
from recon.canonical import Canonical
from recon.canonical.coverage import cover
from recon.canonical.population import populate
from recon.decisions import FILE
from recon.digests import digest_file
from recon.errors import DataError, DigestDiffers
from recon.expected import derive_expected
from recon.frames.results import OpenItems
from recon.money import to_cents
from recon.period import Period
from recon.policy import RECONCILIATIONS, UNMAPPED, Policy
from recon.reporting.manifest import MANIFEST, SIGNOFF_JSON
from recon.reporting.model import RunRecord
from recon.reporting.runs import EVIDENCE, StoredRecord, is_intact
from recon.signoff.carried import frame_digest
from recon.variances import carried_postings, carry_in
from recon.workspace import Workspace

_OPEN_ITEMS = "open_items"
_NOT_SOURCES = (_OPEN_ITEMS, "decisions")


@dataclass(frozen=True)
class PastRun:
    """One finished run, and the reconciliations for which it is the one that counts."""

    folder: Path
    run_id: str
    period: str
    company: str
    prepared_at: dt.datetime
    policy: Policy
    names: tuple[str, ...]
    signed: Mapping[str, str]  # by reconciliation: by whom and when, in words

    @property
    def label(self) -> str:
        """Period and id, as tables name the run."""
        return f"{self.period} {self.run_id}"


def past_runs(folder: Path) -> list[PastRun]:
    """The finished runs below the folder that count, by company and period.

    Of several runs of one period the signed one counts, else the newest, reconciliation by reconciliation: no
    month is weighed twice.

    Raises: DataError if no run stands there; DigestDiffers naming every run that was changed or comes from
        another version.
    """
    records = sorted(folder.rglob(f"{EVIDENCE}/record.json"))
    homes = [path.parent.parent for path in records]
    homes = [home for home in homes if not any(part.startswith(".") for part in home.relative_to(folder).parts)]
    homes = [home for home in homes if not home.is_symlink()]
    if not homes:
        raise DataError("no finished run stands in this folder; make one with: recon close PERIOD", folder=folder)
    read = [(home, _stored(home)) for home in homes]
    spoilt = [home for home, stored in read if stored is None]
    if spoilt:
        raise DigestDiffers(
            "runs were changed after they were written, or come from another version of recon; close them again, or "
            "take them out of the folder",
            runs=", ".join(str(home) for home in spoilt),
        )
    return _counting([_past(home, stored) for home, stored in read if stored is not None])


def _stored(home: Path) -> StoredRecord | None:
    try:
        return StoredRecord.model_validate_json((home / EVIDENCE / "record.json").read_bytes())
    except ValidationError:
        return None


def _past(home: Path, stored: StoredRecord) -> PastRun:
    return PastRun(
        home,
        stored.run_id,
        stored.period.name,
        stored.policy.company.name,
        stored.prepared_at,
        stored.policy,
        tuple(one.name for one in stored.statuses),
        signed_by(home),
    )


def _counting(runs: Sequence[PastRun]) -> list[PastRun]:
    """The runs with the reconciliations for which they count; those that count for none are left out."""
    best: dict[tuple[str, str, str], PastRun] = {}
    for one in sorted(runs, key=lambda run: (run.prepared_at, run.run_id)):
        for name in one.names:
            subject = (one.company, one.period, name)
            before = best.get(subject)
            if before is None or name in one.signed or name not in before.signed:
                best[subject] = one
    kept = []
    for one in runs:
        own = tuple(name for name in RECONCILIATIONS if best.get((one.company, one.period, name)) is one)
        if own:
            signed = {name: said for name, said in one.signed.items() if name in own}
            kept.append(replace(one, names=own, signed=signed))
    return sorted(kept, key=lambda one: (one.company, one.period, one.run_id))


def signed_by(folder: Path) -> dict[str, str]:
    """By whom and when each reconciliation of a run was signed, in words; those that nobody signed are left out.

    A sign-off is the file `signoff.json` beside the manifest, which signing writes: it holds for the run that it
    names, for what is not opened again, and only while every output is as the manifest lists it.
    """
    path = folder / SIGNOFF_JSON
    if not path.is_file():
        return {}
    try:
        said = json.loads(path.read_bytes())
        signed = [one for one in said["signed"] if one["kind"] == "reconciliation"]
        days = (dt.datetime.fromisoformat(one["signed_at"]) for one in signed)
        words = {
            str(one["subject"]): f"Signed by {one['signed_by']} on {day:%Y-%m-%d}"
            for one, day in zip(signed, days, strict=True)
        }
        manifests = {str(one["manifest_sha256"]) for one in signed}
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise DataError("this sign-off cannot be read", file=path) from cause
    is_of_run = said.get("run_id") == folder.name and manifests <= {digest_file(folder / MANIFEST)}
    if not is_of_run or not is_intact(folder):
        raise DigestDiffers("this sign-off is of another run, or its run was changed since", file=path)
    return words


def from_evidence(
    past: PastRun, record: RunRecord, policy: Policy, others: Sequence[PastRun], carried: pl.DataFrame | None
) -> Case:
    """The run from its own evidence: its expected lines, the ledger as read, and its neighbours' documents.

    A run keeps the expected lines of its period alone. Those of the days around it come from the other runs;
    where there are none, postings of another month's documents may look free.
    """
    frames, period = record.found.frames, record.found.period
    margin = dt.timedelta(days=record.policy.period.margin_days)
    near = pl.col("posting_date").is_between(period.start - margin, period.end + margin)
    every = [_working(frames["expected"], inside=True)]
    ids = frames["expected"]["line_id"].implode()
    for other in others:
        if other.company == past.company and other.period != past.period:
            lines = pl.read_parquet(other.folder / "data" / "expected.parquet")
            mine = pl.col("reconciliation").is_in(other.names)
            every.append(_working(lines.filter(near, mine, ~pl.col("line_id").is_in(ids)), inside=False))
    expected = pl.concat(every).unique("line_id", keep="first", maintain_order=True).sort("line_id")
    ledger = pl.concat([record.found.ledger, carried_postings(carried, record.found.ledger)])
    uncovered = {
        name: frozenset(_not_compared(record, name).select("location", "posting_date").rows()) for name in past.names
    }
    posted = populate(ledger, policy, period).posted
    return Case(past.label, period, carry_in(expected, carried), posted, uncovered)


def _working(expected: pl.DataFrame, *, inside: bool) -> pl.DataFrame:
    """Published expected lines with what matching needs beside them."""
    return expected.with_columns(
        cents=to_cents("amount"),
        roles=pl.lit([], pl.List(pl.String)),
        unmapped=pl.col("account") == UNMAPPED,
        in_period=pl.lit(inside),
    )


def _not_compared(record: RunRecord, name: str) -> pl.DataFrame:
    """Ledger lines of days for which a reconciliation had no source."""
    variances = record.found.frames["variances"]
    lines = variances.filter(pl.col("reconciliation") == name, pl.col("cause") == "not_compared")
    ids = lines["actual_line_ids"].explode().drop_nulls().unique()
    return record.found.ledger.filter(pl.col("line_id").is_in(ids.implode()))


def carried_items(record: RunRecord, others: Sequence[PastRun]) -> tuple[pl.DataFrame | None, tuple[str, ...]]:
    """The open items that the run took over, found by their digest among the other runs; and a note where not."""
    fact = next((one for one in record.files if one.frame == _OPEN_ITEMS), None)
    if fact is None:
        return None, ()
    for other in others:
        path = other.folder / "data" / "open_items.parquet"
        if path.is_file():
            # A file is known by its bytes, what signing kept by its content.
            items = OpenItems.validate(pl.read_parquet(path), cast=True)
            if fact.sha256 in (digest_file(path), frame_digest(items)):
                return items, ()
    return None, ("the open items that it took over are those of no run here: replayed without them",)


def from_sources(
    past: PastRun, policy: Policy, period: Period, canonical: Canonical, carried: pl.DataFrame | None
) -> Case:
    """The run from its downloads, which `canonical` read again, under a policy."""
    ledger = canonical.ledger.collect()
    posted = populate(pl.concat([ledger, carried_postings(carried, ledger)]), policy, period).posted
    expected = carry_in(derive_expected(canonical, policy, period, only=past.names).lines, carried)
    uncovered = cover(canonical, policy, period, posted, only=past.names).uncovered
    return Case(past.label, period, expected, posted, uncovered)


def other_downloads(record: RunRecord, company: Workspace, sources: Path) -> list[str]:
    """Files that the run read and that are not there, or not as they were; empty if all are."""
    listed = {path.name: path for one in company.policy.sources for path in sources.glob(one.files) if path.is_file()}
    listed |= {path.name: path for path in sources.glob("*") if path.is_file() and path.name not in listed}
    wanted = [one for one in record.files if one.frame not in _NOT_SOURCES and one.name != FILE]
    return [one.name for one in wanted if one.name not in listed or digest_file(listed[one.name]) != one.sha256]
