"""Five hard months of the package's own generator are explained but for what no data can tell."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from bench.campaign import FRAMES, WORKSPACE
from bench.score import score
from make_months import make_month

from recon.compute import CloseRequest, compute, plan_close

PERIOD = "2026-10"


def asked_about(frames: dict[str, pl.DataFrame]) -> float:
    """Dollars, summed over account and location, of variances about documents that a person has to decide."""
    asked = frames["variances"].filter((pl.col("status") == "ask") & (pl.col("expected_line_ids").list.len() > 0))
    lines = frames["variance_lines"].join(asked, on="variance_id", how="semi")
    return float(lines.group_by("account", "location").agg(pl.col("amount").sum())["amount"].abs().sum() or 0)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_a_hard_month_is_found_and_named_and_wrong_only_by_what_is_asked(tmp_path: Path, seed: int) -> None:
    made = tmp_path / "month"
    make_month(made, seed=seed, stores=12, days_period=PERIOD, hard=True)
    plan = plan_close(CloseRequest(period=PERIOD, workspace=WORKSPACE, sources=made))
    frames = compute(plan, tmp_path / "staging").found.frames
    for name in FRAMES:
        frames[name].write_parquet(tmp_path / f"{name}.parquet")

    reached = score(tmp_path, made)

    assert reached["found"] == 1.0
    assert reached["named"] >= 0.98
    assert reached["alarms_per_1000"] <= 1
    assert reached["tb_after"] in (0.0, pytest.approx(asked_about(frames)))
