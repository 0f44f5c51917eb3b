"""Many made months through the core, each scored: where does the toolkit fail, and on which seed?

`python tests/bench/campaign.py --seeds 1-20 --hard` prints one line a month and the labels that were
not all found and named.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))  # run as a program, the helpers of the tests are not on the path

from bench.score import Score, score  # noqa: E402
from make_months import make_month  # noqa: E402

from recon.compute import CloseRequest, compute, plan_close  # noqa: E402

WORKSPACE = TESTS / "workspaces/restaurant"
FRAMES = ("variances", "expected", "adjustments", "adjustment_lines")
SIZES = (3, 6, 9, 12, 12, 18, 25, 40)
PERIODS = ("2026-09", "2026-10", "2026-11", "2026-12", "2027-01", "2027-02", "2027-03", "2027-05")


def score_month(month: Path, period: str, workspace: Path = WORKSPACE) -> Score:
    """The measures of one month's folder, closed in memory."""
    with tempfile.TemporaryDirectory() as scratch:
        plan = plan_close(CloseRequest(period=period, workspace=workspace, sources=month))
        frames = compute(plan, Path(scratch) / "staging").found.frames
        data = Path(scratch) / "data"
        data.mkdir()
        for name in FRAMES:
            frames[name].write_parquet(data / f"{name}.parquet")
        return score(data, month)


def one_month(seed: int, *, hard: bool, folder: Path) -> str:
    """A line on one seed: its size, its measures and the labels that were not all found and named."""
    dice = Random(f"{seed}:shape")
    stores, period = dice.choice(SIZES), dice.choice(PERIODS)
    make_month(folder, seed=seed, stores=stores, days_period=period, hard=hard)
    started = time.perf_counter()
    reached = score_month(folder, period)
    seconds = time.perf_counter() - started
    table = reached["by_label"]
    short = {label: cell for label, cell in table.items() if cell[2] < cell[0]} if isinstance(table, dict) else {}
    measures = " ".join(
        f"{name} {reached[name]}" for name in ("found", "named", "alarms_per_1000", "tb_after", "cells_wrong")
    )
    return f"seed {seed} {period} {stores} stores {seconds:.1f} s: {measures} {short or ''}".rstrip()


def main() -> None:
    """Score the seeds that the command line names."""
    parser = argparse.ArgumentParser(description="Score the toolkit on many made months.")
    parser.add_argument("--seeds", default="1-8", help="first-last")
    parser.add_argument("--hard", action="store_true")
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition("-")
    for seed in range(int(first), int(last or first) + 1):
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(one_month(seed, hard=asked.hard, folder=Path(folder)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
