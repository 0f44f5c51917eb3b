"""Notebooks, executed by papermill one after the other in one kernel: a job in, a verdict out, a line of JSON each."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from recon.reporting.kernel import KERNEL_NAME, skip_slow_grammar

PARAMETERS_TAG = "parameters"
_INJECTED_TAG = "injected-parameters"
_START_TIMEOUT_S = 120
_AGAIN_TIMEOUT_S = 5  # a kernel that has run a notebook answers at once, or not at all
_BEGIN_ANEW = "from recon.reporting.kernel import begin_anew; begin_anew({folder!r})"


def parameter_problems(source: Path, names: set[str]) -> tuple[str, ...]:
    """Why these parameters cannot be given to the notebook, in sentences; empty if they can."""
    import papermill  # noqa: PLC0415

    try:
        notebook = _read_notebook(source)
    except (OSError, ValueError) as cause:
        return (f"{source.name} cannot be read: {cause}",)
    if "kernelspec" not in notebook["metadata"]:
        return (f"{source.name} names no kernel; save it once with the kernel Python 3",)
    tagged = [cell for cell in notebook["cells"] if PARAMETERS_TAG in cell["metadata"].get("tags", ())]
    if len(tagged) != 1:
        return (f"{source.name} has {len(tagged)} cells tagged '{PARAMETERS_TAG}'; it needs exactly one",)
    unknown = sorted(names - set(papermill.inspect_notebook(source)))
    return tuple(f"{source.name} has no parameter {name!r}" for name in unknown)


def execute(kernel: Kernel, source: Path, output: Path, parameters: dict[str, Any], cell_timeout_s: int) -> str | None:
    """What went wrong, or None after every code cell has run; the executed copy stands at `output`."""
    failed = _run_cells(kernel, source, output, parameters, cell_timeout_s)
    if not output.is_file():
        return failed or "nothing: no executed copy was written"
    notebook = _without_times(_read_notebook(output))
    _write_notebook(notebook, output)
    return failed or _skipped_cell(notebook)


def _run_cells(
    kernel: Kernel, source: Path, output: Path, parameters: dict[str, Any], cell_timeout_s: int
) -> str | None:
    """What papermill says went wrong, or None."""
    import papermill  # noqa: PLC0415
    from papermill.exceptions import PapermillExecutionError  # noqa: PLC0415

    try:
        papermill.execute_notebook(
            source,
            output,
            parameters,
            kernel_name=KERNEL_NAME,
            progress_bar=False,
            cwd=output.parent,
            start_timeout=_START_TIMEOUT_S,
            execution_timeout=cell_timeout_s,
            km=kernel.anew(output.parent),
        )
    except PapermillExecutionError as error:
        return f"cell {error.exec_count}: {error.ename}: {error.evalue}"
    except Exception as error:  # a dead kernel, a cell that took too long, a notebook that is none
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
    return None


class Kernel:
    """A kernel in which one notebook after the other is run: to start one takes longer than most notebooks.

    No notebook finds what the one before has set of these: names and numbers of cells, the working folder, the
    environment, the path of modules, the decimal context, the filters of warnings, the settings of polars, and how
    values are displayed. What cannot be taken back stays: modules are loaded once, so what a notebook patched in one,
    or set there (a seed of random numbers, a registered renderer, a cache), the next one sees; threads, tasks and
    programs that it left running, and hooks that it hung into IPython, go on.

    A kernel that a notebook has ended (`exit`, `quit()`, a crash), or that does not answer, is replaced by a new one.
    """

    def __init__(self) -> None:
        self._manager: Any = None
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def anew(self, folder: Path) -> Any:
        """The kernel's manager, for papermill: the kernel as the class says, and its working folder is this one.

        Raises: RuntimeError or TimeoutError if a new kernel cannot be made ready.
        """
        if self._manager is not None:
            try:
                return self._begun(folder, _AGAIN_TIMEOUT_S)
            except (RuntimeError, TimeoutError):  # it has ended, or is about to
                self._opened.close()
        self._manager = self._started()
        return self._begun(folder, _START_TIMEOUT_S)

    def _begun(self, folder: Path, timeout_s: int) -> Any:
        client = self._manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=timeout_s)
            code = _BEGIN_ANEW.format(folder=str(folder.resolve()))
            reply = client.execute(code, silent=True, store_history=False, reply=True, timeout=timeout_s)["content"]
        finally:
            client.stop_channels()
        if reply["status"] != "ok":
            raise RuntimeError(f"the kernel cannot begin a notebook: {reply.get('ename')}: {reply.get('evalue')}")
        return self._manager

    def _started(self) -> Any:
        from jupyter_client.manager import AsyncKernelManager  # noqa: PLC0415
        from jupyter_core.utils import run_sync  # noqa: PLC0415

        manager = AsyncKernelManager(kernel_name=KERNEL_NAME, config=self._wires())
        run_sync(manager.start_kernel)()
        self._opened.callback(run_sync(manager.shutdown_kernel), now=True)
        return manager

    def _wires(self) -> Any:
        """How the kernel is spoken to: by sockets that are files of this user alone, where the system has such.

        By TCP the ports are chosen before the kernel takes them: kernels that start at the same time sometimes choose
        the same, and one never answers (https://github.com/jupyter/jupyter_client/issues/487). Without file sockets it
        is TCP with encryption, since any program of the machine can connect there.
        """
        from traitlets.config import Config  # noqa: PLC0415

        if not hasattr(socket, "AF_UNIX"):
            return Config({"KernelManager": {"transport_encryption": "required"}})
        # Such paths may have about a hundred characters, and a relative one would be sought elsewhere by the kernel.
        made = tempfile.TemporaryDirectory(prefix="recon-", ignore_cleanup_errors=True)
        return Config({"KernelManager": {"transport": "ipc", "ip": f"{self._opened.enter_context(made)}/kernel"}})


def _read_notebook(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_bytes())
    return notebook


def _write_notebook(notebook: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _skipped_cell(notebook: dict[str, Any]) -> str | None:
    # Papermill calls a notebook that ended early by sys.exit(0) a success; we do not.
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == "code" and cell["source"] and cell["execution_count"] is None:
            return f"cell number {number}, which was never run: the notebook ended before it"
    return None


def _without_times(notebook: dict[str, Any]) -> dict[str, Any]:
    notebook["metadata"].pop("papermill", None)  # it holds paths of this machine, and times
    for cell in notebook["cells"]:
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        if _INJECTED_TAG in cell["metadata"].get("tags", ()):
            cell["id"] = _INJECTED_TAG
    return notebook


def _verdicts() -> IO[str]:
    """Where the verdicts go: what was standard output, from here on known to this process alone.

    Whatever else is written to standard output, by a cell or a program that it starts, goes where the errors go.
    """
    verdicts = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")  # no kernel inherits it
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return verdicts


def main() -> None:
    """Read jobs from standard input, run them, write a verdict on each to standard output; end with the input."""
    skip_slow_grammar()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the kernel is ended, too
    with _verdicts() as verdicts, Kernel() as kernel:
        for line in sys.stdin:
            job = json.loads(line)
            source, output = Path(job["source"]), Path(job["output"])
            refused = parameter_problems(source, set(job["parameters"]))
            failed = None if refused else execute(kernel, source, output, job["parameters"], job["cell_timeout_s"])
            verdicts.write(json.dumps({"refused": refused, "failed": failed}) + "\n")
            verdicts.flush()


if __name__ == "__main__":
    main()
