"""The close of one period: downloads and policy in, a published folder with the whole pack out."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recon.compute import ClosePlan, CloseRequest, compute, plan_close, vouched_login
from recon.matching import Runner
from recon.period import Period
from recon.progress import Progress, silent
from recon.reporting.manifest import write_manifest
from recon.reporting.model import RunRecord
from recon.reporting.pack import write_pack
from recon.reporting.runner import notebooks_for, plan_notebook, run_notebooks
from recon.reporting.runs import is_intact, mark_latest, period_lock, read_record, save_evidence
from recon.state.place import has_state

# From a run's folder back to the reports: an executed notebook finds its own run wherever the reports are
# moved to, and no path of this machine stands in it.
_REPORTS_FROM_RUN = "../.."


@dataclass(frozen=True)
class Closed:
    """A published run: what was found, where it stands, and whether it was made now or answered from an equal one."""

    record: RunRecord
    folder: Path
    fresh: bool


def close(
    request: CloseRequest, reports: Path, *, progress: Progress | None = None, runner: Runner | None = None
) -> Closed:
    """The published run of the request; an equal run that still stands unchanged is answered at once.

    Nothing half-written is left in the reports folder: everything is made in a hidden folder beside the
    runs and appears in one step. `runner` says where the parts of a match run (None: here); the run is the
    same to the byte. Raises: every ReconError of its stages; LockHeld if the period is being closed by
    another process; KeyboardInterrupt, which says so where the run was published before.
    """
    _hear_interrupts_once()
    tell = progress or silent
    tell("Reading the policy", 0, 1)
    plan = plan_close(request)
    with period_lock(reports, plan.period.name) as home, _telling_of(folder := home / plan.run_id):
        stands = _standing(plan, folder)
        if stands is not None:
            mark_latest(home, plan.run_id)
            _stamp_again(request.workspace, folder, stands)
            return Closed(stands, folder, fresh=False)
        with _staging(reports, plan.period) as staging:
            made = staging / plan.period.name / plan.run_id
            record = _write_run(plan, made, staging, home / "failed", progress=tell, runner=runner)
            _publish(made, folder, staging / "replaced")
        _put_on_record(request.workspace, folder, record)
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


def _hear_interrupts_once() -> None:
    # Polars takes Ctrl-C over: it raises an interrupt in its query and lets Python raise the same again while the first
    # is tidied up after (https://github.com/pola-rs/polars/issues/23988), and a wait hears nothing until it is over
    # (https://github.com/pola-rs/polars/issues/21739). From here on Python alone hears it, as soon as a query is done.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))


@contextlib.contextmanager
def _telling_of(folder: Path) -> Iterator[None]:
    """An interrupt within says whether the run stands in the folder all the same."""
    try:
        yield
    except KeyboardInterrupt as cause:
        if is_intact(folder):
            raise KeyboardInterrupt("the run is published, and the same command goes on from there") from cause
        raise


def _standing(plan: ClosePlan, folder: Path) -> RunRecord | None:
    """The equal run that stands there as it was closed; None where nothing does, or not what the trail knows."""
    if not is_intact(folder):
        return None
    record, workspace = read_record(folder), plan.request.workspace
    if not has_state(workspace):
        return record
    from recon.signoff.closed import counts_still  # noqa: PLC0415 - what reads the records is slow to import

    return record if counts_still(workspace, folder, record, vouched_login(plan.company.policy)) else None


def _put_on_record(workspace: Path, folder: Path, record: RunRecord) -> None:
    from recon.signoff.closed import put_close  # noqa: PLC0415 - what reads the records is slow to import

    put_close(workspace, folder, record)


def _stamp_again(workspace: Path, folder: Path, record: RunRecord) -> None:
    from recon.signoff.stamp import stamp_again  # noqa: PLC0415 - what reads the records is slow to import

    stamp_again(workspace, folder, record)


def _write_run(
    plan: ClosePlan, folder: Path, staging: Path, failed: Path, *, progress: Progress, runner: Runner | None
) -> RunRecord:
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
    record = compute(plan, scratch, progress=lambda label, done, _: progress(label, done, total), runner=runner)
    progress("Writing page, PDF and workbook", 3, total)
    write_pack(record, folder, notebooks=names)
    save_evidence(record, folder)
    progress("Running the notebooks", 4, total)
    asked = {"period": plan.period.name, "reports": _REPORTS_FROM_RUN, "run_id": plan.run_id}
    source = plan.request.notebooks
    jobs = [plan_notebook(name, asked, folder, failed, notebooks=source) for name in names]
    run_notebooks(jobs, staging / "jupyter", done=count)
    from recon.signoff.stamp import head_from, stamp_from  # noqa: PLC0415 - what reads the records is slow to import

    write_manifest(record, folder, head_from(plan.request.workspace))
    stamp_from(plan.request.workspace, folder, record)
    return record


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
