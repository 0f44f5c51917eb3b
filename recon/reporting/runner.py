"""Runs the notebooks of a pack: typed parameters, kernels side by side, failed copies kept apart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recon.errors import ConfigError, NotebookFailed
from recon.reporting.kernel import write_kernelspec

CELL_TIMEOUT_S = 300
NOTEBOOK_TIMEOUT_S = 1800
_GRACE_S = 5.0  # from the polite end of a worker to its kill
_WORTH_A_KERNEL = 2  # to start a kernel, and to load what notebooks use, takes as long as two of them


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
    """Execute the notebooks in kernels of this interpreter, each of which takes several, one after the other.

    At most so many kernels run `side_by_side`. Which one takes which notebooks is told by their order alone, so that a
    pack is the same each time. `scratch` takes the private Jupyter folders; `done` is told the name of each finished
    notebook.

    Raises: NotebookFailed naming the cell and the error; the failed copy is kept and the others are stopped.
        ConfigError if a notebook has no cell for its parameters.
    """
    running = _Processes(_private_jupyter(scratch), scratch)
    kernels = max(1, min(side_by_side, len(jobs) // _WORTH_A_KERNEL))
    pool = ThreadPoolExecutor(max_workers=kernels)
    try:
        _await_all(
            [pool.submit(_run_jobs, jobs[n::kernels], running, cell_timeout_s, done or _no_one) for n in range(kernels)]
        )
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        running.stop()
        raise
    finally:
        pool.shutdown()


def _await_all(futures: list[Future[None]]) -> None:
    finished, _ = wait(futures, return_when=FIRST_EXCEPTION)
    for future in finished:
        future.result()


def _no_one(name: str) -> None:
    """Nobody waits to be told the name."""


class _Verdict(BaseModel):
    """What a worker says of a notebook: why it cannot be run, or where it failed; neither if every cell was run."""

    refused: tuple[str, ...] = ()
    failed: str | None = None


@dataclass(frozen=True)
class _Worker:
    """A process that executes notebooks: where its orders go, where its verdicts come from, the file of its noise."""

    process: subprocess.Popen[str]
    orders: IO[str]
    verdicts: IO[str]
    noise: Path


class _Processes:
    """The workers that run now, so that all of them can be stopped at once."""

    def __init__(self, environment: dict[str, str], scratch: Path) -> None:
        self._environment = environment
        self._scratch = scratch
        self._lock = threading.Lock()
        self._alive: set[subprocess.Popen[str]] = set()
        self.stopped = False

    @contextmanager
    def worker(self) -> Iterator[_Worker | None]:
        """A worker that waits for its jobs and ends with the block; None after `stop`."""
        with self._lock:
            started = None if self.stopped else self._start()
        if started is None:
            yield None
            return
        try:
            yield started
        finally:
            _end(started.process)
            with self._lock:
                self._alive.discard(started.process)

    def _start(self) -> _Worker:
        noise = self._scratch / f"worker-{len(self._alive)}.log"
        with noise.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "recon.reporting.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                env=self._environment,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C reaches us alone; we end the workers
            )
        self._alive.add(process)
        return _Worker(process, cast("IO[str]", process.stdin), cast("IO[str]", process.stdout), noise)

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


def _end(process: subprocess.Popen[str]) -> None:
    """Tell a worker that there are no more jobs: it ends its kernel and itself, or is killed after a few seconds."""
    try:
        process.communicate(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _run_jobs(jobs: list[Job], running: _Processes, cell_timeout_s: int, done: Callable[[str], None]) -> None:
    """Have one worker execute the notebooks in their order, and tell the name of each; the first failure ends it."""
    with running.worker() as worker:
        for job in jobs:
            verdict = _verdict(worker, job, cell_timeout_s) if worker is not None else ""
            if worker is None or running.stopped:  # another notebook has failed, and this one is not to blame
                return
            _judge(job, verdict)
            done(job.source.stem)


def _verdict(worker: _Worker, job: Job, cell_timeout_s: int) -> str:
    """What the worker says of the job, or what is to be said if it ended before, or took too long and was ended."""
    order = {
        "source": str(job.source),
        "output": str(job.output),
        "parameters": job.parameters,
        "cell_timeout_s": cell_timeout_s,
    }
    began, told = time.monotonic(), worker.noise.stat().st_size
    patience = threading.Timer(NOTEBOOK_TIMEOUT_S, worker.process.kill)
    patience.start()
    try:
        worker.orders.write(json.dumps(order) + "\n")
        worker.orders.flush()
        verdict = worker.verdicts.readline()
    except BrokenPipeError:
        verdict = ""
    finally:
        patience.cancel()
    return verdict or _early_end(worker.noise, told, seconds=time.monotonic() - began)


def _early_end(noise: Path, told: int, seconds: float) -> str:
    """The verdict on a notebook whose worker ended without one; what it had told before the notebook is not quoted."""
    words = noise.read_bytes()[told:].decode("utf-8", errors="replace")
    last = (words.strip().splitlines() or ["no word why"])[-1]
    why = last if seconds < NOTEBOOK_TIMEOUT_S else f"stopped after {NOTEBOOK_TIMEOUT_S} s"
    return _Verdict(failed=f"its process ended early: {why}").model_dump_json()


def _judge(job: Job, verdict: str) -> None:
    """Raise unless the worker says that every cell was run."""
    name = job.source.stem
    try:
        found = _Verdict.model_validate_json(verdict)
    except ValueError:
        found = _Verdict(failed=f"something that left no verdict but {verdict.strip()!r}")
    if found.refused:
        raise ConfigError(f"the notebook {name!r} cannot be run", found.refused)
    if found.failed:
        kept = _keep_failed(job)
        raise NotebookFailed(f"the notebook {name!r} failed in {found.failed}", kept=kept or "nothing was written")


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
