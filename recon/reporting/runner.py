"""Runs the notebooks of a pack: typed parameters, kernels side by side, failed copies kept apart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recon.errors import ConfigError, NotebookFailed
from recon.reporting.kernel import write_kernelspec

CELL_TIMEOUT_S = 300
NOTEBOOK_TIMEOUT_S = 1800
_GRACE_S = 5.0  # from the polite end of a worker to its kill


class RunParameters(BaseModel):
    """Which run a notebook shows: the only thing that may be asked of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    period: Annotated[str, Field(min_length=1, max_length=40)]
    workspace: str = ""
    reports: str = ""
    run_id: Annotated[str, Field(pattern=r"^([0-9a-f]{12})?$")] = ""


class ListParameters(RunParameters):
    """Which run, and how many rows its longest list may have."""

    rows: Annotated[int, Field(ge=1, le=10_000)] = 40


@dataclass(frozen=True)
class NotebookKind:
    """One notebook of the pack: its parameters, and the reconciliations without which it has nothing to show."""

    parameters: type[RunParameters]
    about: frozenset[str] = frozenset()


NOTEBOOKS: dict[str, NotebookKind] = {
    "sales": NotebookKind(ListParameters, frozenset({"sales"})),
    "settlements": NotebookKind(ListParameters, frozenset({"deposits"})),
    "payroll": NotebookKind(ListParameters, frozenset({"payroll"})),
    "clearing": NotebookKind(ListParameters, frozenset({"sales", "deposits"})),
    "close": NotebookKind(RunParameters),
}


@dataclass(frozen=True)
class Job:
    """One notebook to execute, and where its copies go."""

    source: Path
    output: Path
    failed: Path
    parameters: dict[str, object]


def notebooks_folder() -> Path:
    """The folder of the notebooks: inside the installed package, or beside it in a clone."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "notebooks"
    return shipped if shipped.is_dir() else package.parent / "notebooks"


def notebooks_for(reconciliations: set[str]) -> tuple[str, ...]:
    """The notebooks that have something to show for these reconciliations, in reading order."""
    return tuple(name for name, kind in NOTEBOOKS.items() if kind.about <= reconciliations)


def plan_notebook(
    name: str, parameters: Mapping[str, object], output: Path, failed: Path, *, notebooks: Path | None = None
) -> Job:
    """The job that executes one notebook of the pack into the folder `output`.

    Raises: ConfigError if there is no such notebook, or it knows no such parameter or value.
    """
    if name not in NOTEBOOKS:
        raise ConfigError(f"there is no notebook {name!r}", known=", ".join(NOTEBOOKS))
    try:
        typed = NOTEBOOKS[name].parameters.model_validate(dict(parameters))
    except ValidationError as cause:
        problems = tuple(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in cause.errors())
        raise ConfigError(f"the notebook {name!r} refuses its parameters", problems) from cause
    file = f"{name}.ipynb"
    source = (notebooks or notebooks_folder()) / file
    return Job(source, output / file, failed / f"{name}.failed.ipynb", typed.model_dump(mode="json"))


def run_notebooks(
    jobs: list[Job],
    scratch: Path,
    *,
    side_by_side: int = 2,
    cell_timeout_s: int = CELL_TIMEOUT_S,
    done: Callable[[str], None] | None = None,
) -> None:
    """Execute the notebooks, a few at a time, each in its own process and kernel of this interpreter.

    `scratch` takes the private Jupyter folders; `done` is told the name of each finished notebook.

    Raises: NotebookFailed naming the cell and the error; the failed copy is kept and the others are stopped.
        ConfigError if a notebook has no cell for its parameters.
    """
    environment = _private_jupyter(scratch)
    running = _Processes()
    pool = ThreadPoolExecutor(max_workers=side_by_side)
    futures: dict[Future[None], str] = {}
    try:
        for job in jobs:
            futures[pool.submit(_run_job, job, environment, running, cell_timeout_s)] = job.source.stem
        _await_all(futures, done)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        running.stop()
        raise
    finally:
        pool.shutdown()


def _await_all(futures: dict[Future[None], str], done: Callable[[str], None] | None) -> None:
    for future, name in futures.items():
        future.add_done_callback(lambda one, name=name: _tell(one, name, done))  # type: ignore[misc]
    finished, _ = wait(futures, return_when=FIRST_EXCEPTION)
    for future in finished:
        future.result()


def _tell(future: Future[None], name: str, done: Callable[[str], None] | None) -> None:
    if done is not None and not future.cancelled() and future.exception() is None:
        done(name)


class _Processes:
    """The workers that run now, so that all of them can be stopped at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alive: set[subprocess.Popen[str]] = set()
        self.stopped = False

    def start(self, environment: dict[str, str]) -> subprocess.Popen[str] | None:
        """A worker that waits for its job, or None after `stop`."""
        with self._lock:
            if self.stopped:
                return None
            process = subprocess.Popen(
                [sys.executable, "-m", "recon.reporting.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C reaches us alone; we end the workers
            )
            self._alive.add(process)
            return process

    def forget(self, process: subprocess.Popen[str]) -> None:
        """Leave a worker out that has ended."""
        with self._lock:
            self._alive.discard(process)

    def stop(self) -> None:
        """End every worker; each ends its kernel, or is killed after a few seconds."""
        with self._lock:
            self.stopped = True
            alive = list(self._alive)
        for process in alive:
            process.terminate()
        end = time.monotonic() + _GRACE_S
        while time.monotonic() < end and any(process.poll() is None for process in alive):
            time.sleep(0.05)
        for process in alive:
            process.kill()  # a kernel whose worker is gone ends by itself


def _run_job(job: Job, environment: dict[str, str], running: _Processes, cell_timeout_s: int) -> None:
    process = running.start(environment)
    if process is None:
        return
    order = {
        "source": str(job.source),
        "output": str(job.output),
        "parameters": job.parameters,
        "cell_timeout_s": cell_timeout_s,
    }
    try:
        verdict, noise = process.communicate(json.dumps(order), timeout=NOTEBOOK_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        verdict, noise = "", f"stopped after {NOTEBOOK_TIMEOUT_S} s"
    finally:
        running.forget(process)
    if not running.stopped:  # else another notebook has failed, and this one is not to blame
        _judge(job, process.returncode, verdict, noise)


def _judge(job: Job, returncode: int | None, verdict: str, noise: str) -> None:
    """Raise unless the worker ended well and says that every cell was run."""
    name = job.source.stem
    try:
        found = json.loads(verdict)
    except ValueError:
        last = (noise.strip().splitlines() or ["no word why"])[-1]
        found = {"refused": [], "failed": f"its process ended early: {last}"}
    if found["refused"]:
        raise ConfigError(f"the notebook {name!r} cannot be run", tuple(found["refused"]))
    if returncode != 0 or found["failed"]:
        kept = _keep_failed(job)
        why = found["failed"] or f"its process ended with {returncode}"
        raise NotebookFailed(f"the notebook {name!r} failed in {why}", kept=kept or "nothing was written")


def _keep_failed(job: Job) -> Path | None:
    if not job.output.is_file():
        return None
    job.failed.parent.mkdir(parents=True, exist_ok=True)
    return job.output.replace(job.failed)


def _private_jupyter(scratch: Path) -> dict[str, str]:
    """The environment of the workers: no kernel, setting or history of this machine's user is used."""
    write_kernelspec(scratch)
    folders = {
        "JUPYTER_PATH": scratch,
        "JUPYTER_DATA_DIR": scratch,
        "JUPYTER_CONFIG_DIR": scratch / "config",
        "JUPYTER_RUNTIME_DIR": scratch / "runtime",
        "IPYTHONDIR": scratch / "ipython",
    }
    return {**os.environ, **{name: str(path) for name, path in folders.items()}}
