"""recon as a contender: matches two Parquet files with the shipped list for ledgers and writes the answer.

python -m recon.bench.contender LEFT RIGHT OUT
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from recon.linefiles import match_to_files, shipped
from recon.matching import Claims, InProcess, Open, Pass


class Watched:
    """Runs passes as usual and notes what each took: wall and CPU seconds, and peak bytes so far."""

    def __init__(self, within: InProcess) -> None:
        self.within = within
        self.noted: list[dict[str, float | str]] = []

    @property
    def partition_lines(self) -> int:
        """How many open lines one partition holds at most, about."""
        return self.within.partition_lines

    def run(self, one: Pass, partitions: Iterator[Open]) -> list[Claims]:
        """The claims of each partition."""
        wall, cpu = time.monotonic(), time.process_time()
        claims = self.within.run(one, partitions)
        self.noted.append(
            {
                "name": one.name,
                "wall_s": time.monotonic() - wall,
                "cpu_s": time.process_time() - cpu,
                "peak_bytes": _peak_bytes(),
            }
        )
        return claims


def _peak_bytes() -> int:
    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(left: Path, right: Path, out: Path) -> None:
    """Write matches, groups and both residues with all their evidence, and what each pass took."""
    watched = Watched(InProcess())
    match_to_files(pl.scan_parquet(left), pl.scan_parquet(right), shipped("ledger"), out, runner=watched, csv=False)
    (out / "passes.json").write_text(json.dumps(watched.noted), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
