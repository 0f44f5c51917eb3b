"""One notebook, executed by papermill in a process of its own: one job in, one verdict out, both JSON."""

from __future__ import annotations

import json
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recon.reporting.kernel import KERNEL_NAME, skip_slow_grammar

PARAMETERS_TAG = "parameters"
_INJECTED_TAG = "injected-parameters"
_START_TIMEOUT_S = 120


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


def execute(source: Path, output: Path, parameters: dict[str, Any], cell_timeout_s: int) -> str | None:
    """What went wrong, or None after every code cell has run; the executed copy stands at `output`."""
    failed = _run_cells(source, output, parameters, cell_timeout_s)
    if not output.is_file():
        return failed or "nothing: no executed copy was written"
    notebook = _without_times(_read_notebook(output))
    _write_notebook(notebook, output)
    return failed or _skipped_cell(notebook)


def _run_cells(source: Path, output: Path, parameters: dict[str, Any], cell_timeout_s: int) -> str | None:
    """What papermill says went wrong, or None."""
    import papermill  # noqa: PLC0415
    from papermill.exceptions import PapermillExecutionError  # noqa: PLC0415

    try:
        with _wires() as wires:
            papermill.execute_notebook(
                source,
                output,
                parameters,
                kernel_name=KERNEL_NAME,
                progress_bar=False,
                cwd=output.parent,
                start_timeout=_START_TIMEOUT_S,
                execution_timeout=cell_timeout_s,
                config=wires,
            )
    except PapermillExecutionError as error:
        return f"cell {error.exec_count}: {error.ename}: {error.evalue}"
    except Exception as error:  # a dead kernel, a cell that took too long, a notebook that is none
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
    return None


@contextmanager
def _wires() -> Iterator[Any]:
    """How a kernel is spoken to: by sockets that are files of this user alone, where the system has such.

    By TCP the ports are chosen before the kernel takes them: kernels that start at the same time sometimes choose the
    same, and one never answers (https://github.com/jupyter/jupyter_client/issues/487). Without file sockets it is
    TCP with encryption, since any program of the machine can connect there.
    """
    from traitlets.config import Config  # noqa: PLC0415

    if not hasattr(socket, "AF_UNIX"):
        yield Config({"KernelManager": {"transport_encryption": "required"}})
        return
    with tempfile.TemporaryDirectory(prefix="recon-", ignore_cleanup_errors=True) as folder:
        # Such paths may have about a hundred characters, and a relative one would be sought elsewhere by the kernel.
        yield Config({"KernelManager": {"transport": "ipc", "ip": f"{folder}/kernel"}})


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


def main() -> None:
    """Read a job from standard input, run it, write its verdict to standard output."""
    skip_slow_grammar()
    job = json.load(sys.stdin)
    source = Path(job["source"])
    refused = parameter_problems(source, set(job["parameters"]))
    failed = None if refused else execute(source, Path(job["output"]), job["parameters"], job["cell_timeout_s"])
    json.dump({"refused": refused, "failed": failed}, sys.stdout)


if __name__ == "__main__":
    main()
