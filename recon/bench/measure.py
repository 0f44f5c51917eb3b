"""Contenders measured side by side: each run a process of its own, in turn, from Parquet files to a result."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from recon.bench import launch
from recon.bench.quality import pairs_of, quality_of_pairs
from recon.errors import ConfigError

PATIENCE_S = 120  # a contender whose run took longer is not run again
LIMIT_S = 600  # and a run that takes longer is stopped
_ENDS = 400  # characters of a failed contender's last words
_PAIR_COLUMNS = (("id_left", "id_right"), ("id_l", "id_r"), ("left", "right"))

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Contender:
    """Something that pairs two files of lines: its name, and its command without LEFT, RIGHT and OUT.

    `pairs`: it writes one Parquet file of pairs; `matched`: it writes a folder with matches and groups.
    """

    name: str
    command: tuple[str, ...]
    writes: Literal["pairs", "matched"]


@dataclass(frozen=True)
class Run:
    """One run, as the system counted it."""

    exit_code: int  # below zero: the signal that ended it
    wall_s: float
    cpu_s: float
    peak_bytes: int
    is_stopped: bool  # killed, because it took longer than the limit


@dataclass(frozen=True)
class Measured:
    """The runs of one contender over one pair of ledgers, and how good its pairs are."""

    contender: str
    runs: tuple[Run, ...]
    quality: pl.DataFrame  # QUALITY; empty where it failed
    passes: tuple[dict[str, float | str], ...]  # name, wall_s, cpu_s, peak_bytes so far; of the median run
    failure: str | None  # its last words, where a run failed
    stopped: bool = False  # a run took longer than the limit: `failure` says which

    @property
    def middle(self) -> Run:
        """The run whose wall time is the median (the lower one of two)."""
        middle = statistics.median_low(run.wall_s for run in self.runs)
        return next(run for run in self.runs if run.wall_s == middle)


def measure(
    contenders: Sequence[Contender],
    left: Path,
    right: Path,
    folder: Path,
    repeats: int,
    *,
    tell: Tell,
    limit_s: int = LIMIT_S,
) -> dict[str, list[Run]]:
    """The runs of each contender, by name: all once, then all again, so that a busy minute strikes all alike.

    What a contender wrote stands in `folder`, under its name and the number of the run. One that failed, or
    took longer than two minutes, is not run again; one that takes longer than the limit is stopped.

    Raises: ConfigError for a program that does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    runs: dict[str, list[Run]] = {one.name: [] for one in contenders}
    for number in range(repeats):
        for one in contenders:
            if any(run.exit_code or run.wall_s > PATIENCE_S for run in runs[one.name]):
                continue
            tell(f"{one.name}, run {number + 1} of {repeats}")
            runs[one.name].append(_run(one, left, right, _out(one, folder, number), limit_s))
    return runs


def judged(one: Contender, runs: Sequence[Run], folder: Path, truth: pl.DataFrame) -> Measured:
    """The runs of a contender with the quality of what its median run wrote."""
    failed = next((number for number, run in enumerate(runs) if run.exit_code), None)
    if failed is not None and runs[failed].is_stopped:
        words = f"stopped after {runs[failed].wall_s:.0f} s"
        return Measured(one.name, tuple(runs), pl.DataFrame(), (), words, stopped=True)
    if failed is not None:
        log = _out(one, folder, failed).with_suffix(".log")
        last = log.read_text(encoding="utf-8", errors="replace").strip()[-_ENDS:]
        return Measured(one.name, tuple(runs), pl.DataFrame(), (), f"exit code {runs[failed].exit_code}: {last}")
    bare = Measured(one.name, tuple(runs), pl.DataFrame(), (), None)
    out = _out(one, folder, runs.index(bare.middle))
    passes: tuple[dict[str, float | str], ...] = ()
    if one.writes == "matched":
        pairs = pairs_of(pl.read_parquet(out / "matches.parquet"), pl.read_parquet(out / "groups.parquet"))
        passes = tuple(json.loads((out / "passes.json").read_text(encoding="utf-8")))
    else:
        pairs = _pairs(out)
    return Measured(one.name, tuple(runs), quality_of_pairs(pairs, truth), passes, None)


def _out(one: Contender, folder: Path, number: int) -> Path:
    """Where a run writes its result: a file of pairs, or a folder."""
    name = f"{one.name}-{number}"
    return folder / (f"{name}.parquet" if one.writes == "pairs" else name)


def _run(one: Contender, left: Path, right: Path, out: Path, limit_s: int) -> Run:
    report, log = out.with_suffix(".json"), out.with_suffix(".log")
    command = [*one.command, str(left), str(right), str(out)]
    if not Path(command[0]).is_file():
        raise ConfigError("a contender's program is not there", contender=one.name, program=command[0])
    launcher = [sys.executable, "-I", "-S", str(launch.__file__), str(limit_s), str(report), str(log)]
    subprocess.run([*launcher, *command], check=True)  # noqa: S603 - our own script, and commands of the caller
    return Run(**json.loads(report.read_text(encoding="utf-8")))


def _pairs(out: Path) -> pl.DataFrame:
    scan = pl.scan_parquet(out)
    names = scan.collect_schema().names()
    for left, right in _PAIR_COLUMNS:
        if left in names and right in names:
            return scan.select(left=left, right=right).drop_nulls().collect()
    raise ConfigError("a contender wrote no pairs of ids", file=out, columns=names)
