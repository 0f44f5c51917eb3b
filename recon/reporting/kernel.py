"""The kernel of scheduled notebooks: this interpreter's, started lean and without a history file."""

from __future__ import annotations

import decimal
import json
import os
import sys
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

KERNEL_NAME = "python3"
_undo = ExitStack()


def write_kernelspec(folder: Path) -> None:
    """Write a private kernelspec that starts this interpreter, whatever kernels the machine has installed."""
    spec = folder / "kernels" / KERNEL_NAME
    spec.mkdir(parents=True)
    content = {
        "argv": [sys.executable, "-m", "recon.reporting.kernel", "-f", "{connection_file}"],
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        # The kernel is spoken to over encrypted sockets only; without this it is refused.
        "metadata": {"supported_encryption": ["curve"]},
    }
    (spec / "kernel.json").write_text(json.dumps(content), encoding="utf-8")


def skip_slow_grammar() -> None:
    """Make jsonschema do without its IRI grammar, which costs a second to build and no notebook needs."""
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]


def begin_anew(folder: str) -> None:
    """Make this process, a kernel, what it was before its first notebook, but for its modules; in this folder.

    Raises: RuntimeError if it has been told to leave.
    """
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415 - a worker has no need of it

    shell: Any = InteractiveShell.instance()
    if shell.exit_now:
        raise RuntimeError("the notebook before has told this kernel to leave")
    shell.reset(new_session=True)
    shell.init_display_formatter()
    _undo.close()
    os.chdir(folder)
    _undo.callback(_set_environment, dict(os.environ))
    _undo.callback(_forget_table_settings)  # before the environment, where many of them stand
    _undo.callback(setattr, sys, "path", sys.path.copy())
    _undo.enter_context(warnings.catch_warnings())
    _undo.enter_context(decimal.localcontext())


def _set_environment(variables: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)


def _forget_table_settings() -> None:
    if "polars" in sys.modules:
        import polars  # noqa: PLC0415 - not every notebook does

        polars.Config.restore_defaults()


def main() -> None:
    """Run the kernel until its client says goodbye."""
    skip_slow_grammar()
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415 - after the grammar is out of the way

    IPKernelApp.launch_instance([*sys.argv[1:], "--HistoryManager.enabled=False"])


if __name__ == "__main__":
    main()
