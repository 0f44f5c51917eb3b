"""The command line."""

from recon.cli.app import main

__all__ = ["main"]
