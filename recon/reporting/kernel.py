"""The kernel of scheduled notebooks: this interpreter's, started lean and without a history file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

KERNEL_NAME = "python3"


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


def main() -> None:
    """Run the kernel until its client says goodbye."""
    skip_slow_grammar()
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415 - after the grammar is out of the way

    IPKernelApp.launch_instance([*sys.argv[1:], "--HistoryManager.enabled=False"])


if __name__ == "__main__":
    main()
