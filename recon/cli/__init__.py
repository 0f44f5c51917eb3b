"""The command line: `recon init`, `profile`, `close` and `status`."""

from recon.cli.app import main

__all__ = ["main"]
