"""The measure itself: a blind run scores nothing, a knowing run everything."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from bench.score import CAUSES, score

from recon.demo import DemoMonth

NAMES = {"transposed": "transposition", "late_period": "late_posted"}


def write_run(folder: Path, month: Path, *, knowing: bool) -> Path:
    """Frames of a run that sees every mistake, or none; neither corrects anything."""
    right = pl.read_csv(month / "truth/right_ledger.csv", infer_schema=False).with_row_index("line")
    entries = pl.read_csv(month / "truth/entries.csv", infer_schema=False)
    lines = pl.read_csv(month / "truth/gl_lines.csv", infer_schema=False)
    harmful = entries.filter(pl.col("label").is_in(list(CAUSES)))
    expected_ids = right.group_by("key").agg(expected_line_ids=pl.format("expected:{}", "line"))
    actual_ids = lines.group_by("key").agg(actual_line_ids=pl.format("intacct:{}", "RECORDNO"))
    variances = harmful.join(expected_ids, on="key", how="left").join(actual_ids, on="key", how="left")
    variances = variances.select(
        "expected_line_ids", "actual_line_ids", cause=pl.col("label").replace(NAMES), status=pl.lit("book")
    )
    heads = right.select(
        pl.format("expected:{}", "line").alias("line_id"), "location", document="doc", department="dept"
    )
    none = pl.DataFrame(schema={"posting_key": pl.String, "posting_date": pl.Date, "cause": pl.String})
    no_lines = pl.DataFrame(
        schema={"posting_key": pl.String, "account": pl.String, "location": pl.String, "amount": pl.Decimal(18, 2)}
    )
    (variances if knowing else variances.clear()).write_parquet(folder / "variances.parquet")
    heads.write_parquet(folder / "expected.parquet")
    none.write_parquet(folder / "adjustments.parquet")
    no_lines.write_parquet(folder / "adjustment_lines.parquet")
    return folder


def test_a_run_that_names_every_mistake_scores_one_without_alarms(tmp_path: Path, demo_month: DemoMonth) -> None:
    reached = score(write_run(tmp_path, demo_month.folder, knowing=True), demo_month.folder)

    assert (reached["found"], reached["named"], reached["alarms_per_1000"]) == (1.0, 1.0, 0.0)
    assert reached["tb_after"] == reached["tb_before"] != 0


def test_a_blind_run_scores_nothing(tmp_path: Path, demo_month: DemoMonth) -> None:
    reached = score(write_run(tmp_path, demo_month.folder, knowing=False), demo_month.folder)

    assert (reached["found"], reached["named"]) == (0.0, 0.0)
    assert reached["harmful"] == sum(count for label, count in demo_month.labels.items() if label in CAUSES)
