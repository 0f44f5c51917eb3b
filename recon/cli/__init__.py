"""The command line."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; every fault, and an interrupt, ends in a plain sentence and its exit code."""
    try:
        from recon.cli.app import main as run  # noqa: PLC0415 - while it loads, an interrupt is heard too

        run()
    except KeyboardInterrupt:  # before or after a command, which tells more by itself
        sys.stderr.write("recon: interrupted\n")
        sys.exit(130)
