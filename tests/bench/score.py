"""How well a run explains a month whose mistakes are known.

`score` reads the published frames of a run and the truth of a month; as a program it prints the
result as one JSON line: `python tests/bench/score.py RUN_DATA MONTH`.

found            share of harmful entries that a variance points at (status book or ask, or late_posted)
named            of those, the share whose causes are right and nothing but right
alarms_per_1000  clean or merely differently shaped entries that were flagged all the same
tb_before/after  misstatement in dollars, summed over account and location, before and after the corrections
cells_wrong      balances by account and location that are still wrong after the corrections
by_label         label: [entries, found, named]
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

CAUSES: dict[str, set[str]] = {
    "missing": {"missing", "fee_unbooked"},
    "duplicate": {"duplicate"},
    "transposed": {"transposition"},
    "decimal_slip": {"decimal_slip"},
    "sign_flip": {"sign_flip"},
    "wrong_account": {"wrong_account"},
    "wrong_location": {"wrong_location"},
    "wrong_department": {"wrong_department"},
    "late_period": {"late_posted"},
    "fee_netted": {"fee_netted"},
    "tip_omitted": {"tip_omitted"},
    "tax_omitted": {"tax_omitted"},
    "chargeback_unbooked": {"chargeback_unbooked"},
    "rounding": {"rounding"},
    "amount_other": {"amount_other"},
    "unexpected": {"unexpected"},
}
Score = dict[str, int | float | dict[str, list[int]]]


@dataclass(frozen=True)
class Truth:
    """What happened in a month: labels of entries, the entry of each ledger line, the right ledger."""

    labels: dict[str, str]
    line_entry: dict[str, str]
    right: pl.DataFrame
    ledger: pl.DataFrame

    @property
    def harmful(self) -> list[str]:
        """Keys of the entries that hold a mistake."""
        return [key for key, label in self.labels.items() if label in CAUSES]


def read_truth(month: Path) -> Truth:
    """The truth of a month from its folder."""
    entries = pl.read_csv(month / "truth/entries.csv", infer_schema=False)
    lines = pl.read_csv(month / "truth/gl_lines.csv", infer_schema=False)
    right = pl.read_csv(month / "truth/right_ledger.csv", infer_schema=False)
    ledger = pl.read_csv(month / "intacct_gl_detail.csv", infer_schema=False)
    return Truth(
        labels=dict(zip(entries["key"], entries["label"], strict=True)),
        line_entry=dict(zip(lines["RECORDNO"], lines["key"], strict=True)),
        right=right.with_columns(pl.col("amount_cents").cast(pl.Int64)),
        ledger=ledger.join(lines.select("RECORDNO", "key"), on="RECORDNO"),
    )


def score(run_data: Path, month: Path) -> Score:
    """The measures above for one run's `data/` folder against one month."""
    truth = read_truth(month)
    names = ("variances", "expected", "adjustments", "adjustment_lines")
    frames = {name: pl.read_parquet(run_data / f"{name}.parquet") for name in names}
    causes = causes_found(truth, frames["variances"], frames["expected"])
    table = _by_label(truth, causes)
    found = sum(cell[1] for cell in table.values())
    fine = [key for key, label in truth.labels.items() if label not in CAUSES]
    before, after = _misstated(truth, frames["adjustments"], frames["adjustment_lines"])
    return {
        "harmful": len(truth.harmful),
        "found": round(found / max(1, len(truth.harmful)), 4),
        "named": round(sum(cell[2] for cell in table.values()) / max(1, found), 4),
        "alarms_per_1000": round(1000 * sum(key in causes for key in fine) / max(1, len(fine)), 2),
        "tb_before": before[0],
        "tb_after": after[0],
        "cells_wrong": after[1],
        "by_label": table,
    }


def causes_found(truth: Truth, variances: pl.DataFrame, expected: pl.DataFrame) -> dict[str, set[str]]:
    """The causes by which each entry was flagged."""
    place: dict[tuple[str, str, str | None], str] = {}
    heads = truth.right.select("key", "doc", "location", "dept").unique(maintain_order=True)
    for key, document, location, department in heads.iter_rows():
        place[document, location, department or ""] = key
        place.setdefault((document, location, None), key)
    expected_entry = {
        line: place.get((document, location, department or "")) or place.get((document, location, None))
        for line, document, location, department in expected.select(
            "line_id", "document", "location", "department"
        ).iter_rows()
    }
    causes: dict[str, set[str]] = {}
    flagged = variances.filter(pl.col("status").is_in(["book", "ask"]) | (pl.col("cause") == "late_posted"))
    for row in flagged.iter_rows(named=True):
        keys = {truth.line_entry.get(str(line).rsplit(":", 1)[-1]) for line in row["actual_line_ids"] or []}
        keys |= {expected_entry.get(line) for line in row["expected_line_ids"] or []}
        for key in {part for joined in keys if joined for part in joined.split("+")}:
            causes.setdefault(key, set()).add(row["cause"])
    return causes


def _by_label(truth: Truth, causes: dict[str, set[str]]) -> dict[str, list[int]]:
    table: dict[str, list[int]] = {}
    for key in truth.harmful:
        label = truth.labels[key]
        cell = table.setdefault(label, [0, 0, 0])
        cell[0] += 1
        cell[1] += key in causes
        cell[2] += key in causes and causes[key] <= CAUSES[label]
    return table


def _misstated(
    truth: Truth, adjustments: pl.DataFrame, adjustment_lines: pl.DataFrame
) -> tuple[tuple[float, int], tuple[float, int]]:
    """Dollars and count of wrong balances before and after the corrections dated in the month.

    Accruals of late postings are neither demanded nor punished; entries without a source are asked
    about, not booked.
    """
    period = str(truth.right["date"].max())[:7]
    late = [key for key, label in truth.labels.items() if label == "late_period"]
    right = truth.right.filter(~pl.col("key").is_in(late))
    wanted = right.group_by("account", "location").agg(right=pl.col("amount_cents").sum())
    iso = pl.col("ENTRY_DATE").str.replace(r"^(\d\d)/(\d\d)/(\d{4})$", "$3-$1-$2")
    inside = iso.str.starts_with(period) & ~pl.col("key").str.contains("^(noise|ghost)")
    cents = _cents("DEBITAMOUNT") - _cents("CREDITAMOUNT")
    actual = truth.ledger.filter(inside).select(account="ACCOUNTNO", location="LOCATIONID", amount=cents)
    dated = pl.col("posting_date").cast(pl.String).str.starts_with(period)
    counted = adjustments.filter(dated & ~pl.col("cause").is_in(["late_posted", "early_posted"]))
    booked = adjustment_lines.join(counted, on="posting_key", how="semi").select(
        "account", "location", amount=(pl.col("amount") * 100).cast(pl.Int64)
    )
    return _off(wanted, actual), _off(wanted, actual, booked)


def _cents(column: str) -> pl.Expr:
    text = pl.col(column).fill_null("0").str.replace_all(r"[$,\s]", "")
    sign = pl.when(text.str.starts_with("(")).then(-1).otherwise(1)
    digits = text.str.replace_all(r"[()]", "").str.replace("^$", "0")
    return sign * (digits.cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64)


def _off(wanted: pl.DataFrame, *frames: pl.DataFrame) -> tuple[float, int]:
    place = ["account", "location"]
    total = pl.concat(frames).group_by(place).agg(pl.col("amount").sum())
    both = total.join(wanted, on=place, how="full", coalesce=True)
    off = both.select(off=(pl.col("amount").fill_null(0) - pl.col("right").fill_null(0)).abs())["off"]
    return int(off.sum()) / 100, int((off > 0).sum())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(score(Path(sys.argv[1]), Path(sys.argv[2]))) + "\n")
