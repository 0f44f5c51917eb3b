"""The close of one period: downloads and policy in, a published folder with the whole pack out."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import getpass
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import polars as pl
from filelock import FileLock, Timeout

from recon.canonical import Canonical, SourceFileFact
from recon.connectors.files import read_sources
from recon.errors import ConfigError, DataError, LockHeld
from recon.frames import CANONICAL_FRAMES, complete
from recon.frames.results import OpenItems
from recon.identity import digest_file, run_id
from recon.period import Period, parse_period
from recon.pipeline import reconcile
from recon.policy import Policy
from recon.reporting.manifest import write_manifest
from recon.reporting.model import RunRecord
from recon.reporting.pack import write_pack
from recon.reporting.runner import notebooks_folder, notebooks_for, plan_notebook, run_notebooks
from recon.reporting.runs import is_intact, mark_latest, read_record, save_evidence
from recon.workspace import Workspace, load_workspace

# From a run's folder back to the reports: an executed notebook finds its own run wherever the reports are
# moved to, and no path of this machine stands in it.
_REPORTS_FROM_RUN = "../.."


class Progress(Protocol):
    """Is told what begins, and how many steps of how many are done."""

    def __call__(self, label: str, done: int, total: int) -> None:
        """Show the step."""
        ...


@dataclass(frozen=True)
class CloseRequest:
    """Which period of which company is closed, from which downloads."""

    period: str
    workspace: Path
    sources: Path
    only: tuple[str, ...] = ()
    as_of: dt.date | None = None
    open_items: Path | None = None

    def parameters(self) -> dict[str, str]:
        """What was asked, as the pack prints it; no path, so that equal runs are equal on any machine."""
        asked = {
            "period": self.period,
            "only": ", ".join(self.only),
            "as_of": self.as_of.isoformat() if self.as_of else "",
            "open_items": self.open_items.name if self.open_items else "",
        }
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True)
class ClosePlan:
    """A request whose policy is loaded and whose inputs have been named by their digests."""

    request: CloseRequest
    company: Workspace
    period: Period
    run_id: str


@dataclass(frozen=True)
class Closed:
    """A published run: what was found, where it stands, and whether it was made now or answered from an equal one."""

    record: RunRecord
    folder: Path
    fresh: bool


def plan_close(request: CloseRequest) -> ClosePlan:
    """The request with its policy, its period and the id of its run. Raises: ConfigError."""
    if not request.workspace.is_dir():
        raise ConfigError("the workspace is not there; make one with: recon init DIR", workspace=request.workspace)
    company = load_workspace(request.workspace)
    period = parse_period(request.period, company.policy.periods)
    if Path(period.name).name != period.name or period.name.startswith("."):
        raise ConfigError("a period's name is also the name of a folder; this one cannot be", period=period.name)
    return ClosePlan(request, company, period, _identity(request, company))


def close(request: CloseRequest, reports: Path, *, progress: Progress | None = None) -> Closed:
    """The published run of the request; an equal run that still stands unchanged is answered at once.

    Nothing half-written is left in the reports folder: everything is made in a hidden folder beside the
    runs and appears in one step. Raises: every ReconError of its stages; LockHeld if the period is being
    closed by another process.
    """
    tell = progress or _silent
    tell("Reading the policy", 0, 1)
    plan = plan_close(request)
    with _locked(reports, plan.period) as home:
        folder = home / plan.run_id
        if is_intact(folder):
            mark_latest(home, plan.run_id)
            return Closed(read_record(folder), folder, fresh=False)
        with _staging(reports, plan.period) as staging:
            made = staging / plan.period.name / plan.run_id
            record = _write_run(plan, made, staging, home / "failed", progress=tell)
            _publish(made, folder, staging / "replaced")
        mark_latest(home, plan.run_id)
        shutil.rmtree(home / "failed", ignore_errors=True)  # failed copies of the runs before this one
        return Closed(record, folder, fresh=True)


def outcome(record: RunRecord) -> int:
    """0 if nothing is to be booked or asked, no row was rejected and all was compared; otherwise 1."""
    found = record.found
    left = found.frames["variances"].filter(pl.col("status").is_in(["book", "ask"]))
    is_done = (
        left.is_empty()
        and found.frames["rejects"].is_empty()
        and all(one.status != "not compared" for one in found.statuses)
        and all(one.passed is not False for one in found.checks)
    )
    return 0 if is_done else 1


def compute(plan: ClosePlan, scratch: Path, *, progress: Progress | None = None) -> RunRecord:
    """What the plan finds, in memory; `scratch` holds intermediate tables and may be removed afterwards."""
    tell = progress or _silent
    company, request = plan.company, plan.request
    tell("Reading the downloads", 1, 3)
    canonical = _read(plan, scratch)
    tell("Comparing with the ledger", 2, 3)
    found = reconcile(canonical, company.policy, plan.period, only=request.only, as_of=request.as_of)
    return RunRecord(
        run_id=plan.run_id,
        found=found,
        policy=company.policy,
        accounts=canonical.accounts,
        locations=canonical.locations,
        files=canonical.files,
        policy_digest=company.digest,
        parameters=request.parameters(),
        version=version("recon"),
        prepared_by=company.policy.company.preparer or _user(),
        prepared_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
    )


def _write_run(plan: ClosePlan, folder: Path, staging: Path, failed: Path, *, progress: Progress) -> RunRecord:
    """The run, written whole into the folder: tables, evidence, pack, executed notebooks, manifest last."""
    names = notebooks_for(set(plan.request.only or plan.company.policy.reconciliations))
    total = 4 + len(names)
    ready: list[str] = []

    def count(name: str) -> None:
        ready.append(name)
        progress(f"Notebook {name} is ready", 4 + len(ready), total)

    scratch = staging / "scratch"
    scratch.mkdir()
    folder.mkdir(parents=True)
    record = compute(plan, scratch, progress=lambda label, done, _: progress(label, done, total))
    progress("Writing page, PDF and workbook", 3, total)
    write_pack(record, folder)
    save_evidence(record, folder)
    progress("Running the notebooks", 4, total)
    asked = {"period": plan.period.name, "reports": _REPORTS_FROM_RUN, "run_id": plan.run_id}
    jobs = [plan_notebook(name, asked, folder, failed) for name in names]
    run_notebooks(jobs, staging / "jupyter", done=count)
    write_manifest(record, folder)
    return record


def _read(plan: ClosePlan, scratch: Path) -> Canonical:
    request, company = plan.request, plan.company
    canonical = read_sources(
        company.policy,
        company.profiles,
        request.sources,
        plan.period,
        scratch,
        only=request.only,
        mappings=company.mappings,
    )
    if request.open_items is None:
        return canonical
    items = _read_open_items(request.open_items)
    fact = SourceFileFact(request.open_items.name, "open_items", items.height, digest_file(request.open_items))
    return dataclasses.replace(canonical, open_items=items, files=(*canonical.files, fact))


def _read_open_items(path: Path) -> pl.DataFrame:
    """OPEN_ITEMS of the period before, from the Parquet file of its run or a CSV file of the same columns."""
    if not path.is_file():
        raise DataError("the file of open items is not there", file=path)
    try:
        scan = pl.scan_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.scan_parquet(path)
        return OpenItems.validate(complete(scan, OpenItems).collect(), cast=True)
    except Exception as cause:
        raise DataError(
            "the file of open items cannot be read; give data/open_items.parquet of the run before",
            file=path,
            reason=str(cause).splitlines()[0],
        ) from cause


def _identity(request: CloseRequest, company: Workspace) -> str:
    """The run's id: the digest of inputs, policy, parameters, version and notebooks."""
    inputs = [(path.relative_to(request.sources).as_posix(), path) for path in _inputs(request.sources, company.policy)]
    if request.open_items is not None and request.open_items.is_file():
        inputs.append(("open_items", request.open_items))
    inputs += [(path.name, path) for path in sorted(notebooks_folder().glob("*.ipynb"))]
    asked = [f"{name}={value}" for name, value in request.parameters().items()]
    files = [text for name, path in inputs for text in (name, digest_file(path))]
    return run_id(["recon", version("recon"), company.digest, str(len(asked)), *asked, *files])


def _inputs(sources: Path, policy: Policy) -> list[Path]:
    listed = {path for one in policy.sources for path in sources.glob(one.files)}
    canonical = {sources / f"{name}.{suffix}" for name in CANONICAL_FRAMES for suffix in ("parquet", "csv")}
    return sorted(path for path in listed | canonical if path.is_file())


@contextlib.contextmanager
def _locked(reports: Path, period: Period) -> Iterator[Path]:
    """The period's folder of runs, held by this process alone; removed again if nothing was put there."""
    home = reports / period.name
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise ConfigError("the reports folder cannot be written", reports=reports, reason=cause.strerror) from cause
    lock = FileLock(home / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as cause:
        raise LockHeld("another close of this period is running; wait for it", period=period.name) from cause
    try:
        yield home
    finally:
        (home / ".lock").unlink(missing_ok=True)  # filelock gives up a lock whose file is gone, so this is safe
        lock.release()
        with contextlib.suppress(OSError):
            home.rmdir()


@contextlib.contextmanager
def _staging(reports: Path, period: Period) -> Iterator[Path]:
    """A hidden folder beside the runs; what an earlier crash left there is removed first."""
    folder = reports / f".staging-{period.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish(made: Path, folder: Path, replaced: Path) -> None:
    """Put the finished folder in its place in one step, after its bytes have reached the disk."""
    for path in (*made.rglob("*"), made):
        _sync(path)
    if folder.exists():
        folder.replace(replaced)  # an equal run whose files were lost or changed
    made.replace(folder)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows cannot open folders
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "not named"


def _silent(label: str, done: int, total: int) -> None:
    """Nothing is shown."""
