"""The matcher's files: lines to be matched, pass lists as TOML, and the answer as Parquet and CSV."""

from recon.linefiles.answer import match_to_files, write_matched
from recon.linefiles.decisions import read_decided, read_rejected
from recon.linefiles.examples import example_sides
from recon.linefiles.lines import read_lines
from recon.linefiles.made import ORDERS, made_of, tolerances
from recon.linefiles.passlists import read_passes, shipped, shipped_names

__all__ = [
    "ORDERS",
    "example_sides",
    "made_of",
    "match_to_files",
    "read_decided",
    "read_lines",
    "read_passes",
    "read_rejected",
    "shipped",
    "shipped_names",
    "tolerances",
    "write_matched",
]
