"""How well a matcher pairs bank lines with ledger lines whose true pairs are known.

`python tests/bench/bank.py --seeds 1-20 --lines 1000` makes statements, matches them with the pass list that
ships for banks and prints one JSON line a statement, then a summary; `--held-out` takes the dialects on
which nothing is tuned.

precision, recall, f1  over all pairs of a bank line and a ledger line that one group holds, of kind match or suggestion
confirmed_*            the same over groups of kind match alone: confirmed_precision is what a wrong booking costs
wrong_groups           groups of kind match that hold a wrong pair
by_label               label: [true pairs, found, wrong]
cpu_s, wall_s          seconds to match, of the process (all threads) and of the clock

Lines that are equal in every field are interchangeable: any of them answers for any other.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from make_bank import BankCase, make_bank
from make_statement import make_statement

FIELDS = ("amount", "date", "text", "reference", "currency")
PAIR = ("left_id", "right_id")
TWINS = ("left_twin", "right_twin")


class Result(Protocol):
    """What `recon.matching.match` returns, as far as it is scored."""

    @property
    def matches(self) -> pl.DataFrame:
        """match_id, side, id: one row per matched line."""
        ...

    @property
    def groups(self) -> pl.DataFrame:
        """match_id, pass, kind: one row per group."""
        ...


def score(matched: Result, case: BankCase) -> dict[str, Any]:
    """The figures of one result, as above, `wrong`: pairs that are not true, with pass and kind, and `missed` ones."""
    twins = _twins(case)
    truth = _judged(case.truth, twins, case)
    found = _judged(_pairs(matched, ("match", "suggestion")), twins, case)
    confirmed = found.filter(pl.col("kind") == "match")
    right_found, right_confirmed = _is_true(found, truth), _is_true(confirmed, truth)
    wrong = found.filter(~right_found)
    sure = _figures(right_confirmed, truth.height)
    return {
        **_figures(right_found, truth.height),
        **{f"confirmed_{name}": value for name, value in sure.items()},
        "wrong_groups": confirmed.filter(~right_confirmed)["match_id"].n_unique(),
        "by_label": _by_label(truth, found, right_found),
        "wrong": wrong.select(*PAIR, "pass", "kind", "label").rows(),
        "missed": truth.filter(~_is_true(truth, found)).select(*PAIR, "label").rows(),
    }


def _pairs(matched: Result, kinds: Sequence[str]) -> pl.DataFrame:
    """left_id, right_id, match_id, pass, kind: every pair of a left and a right line of one group."""
    heads = matched.groups.filter(pl.col("kind").cast(pl.String).is_in(kinds)).select(
        "match_id", pl.col("pass", "kind").cast(pl.String)
    )
    side = pl.col("side").cast(pl.String)
    left = matched.matches.filter(side == "left").select("match_id", left_id="id")
    right = matched.matches.filter(side == "right").select("match_id", right_id="id")
    return left.join(right, on="match_id").join(heads, on="match_id").unique().sort(*PAIR)


def _twins(case: BankCase) -> tuple[pl.DataFrame, pl.DataFrame]:
    """id, twin for each side: lines equal in every field have one number."""
    left, right = (
        frame.select("id", twin=pl.struct(FIELDS).rank("dense").cast(pl.Int64)) for frame in (case.left, case.right)
    )
    return left, right


def _judged(pairs: pl.DataFrame, twins: tuple[pl.DataFrame, pl.DataFrame], case: BankCase) -> pl.DataFrame:
    """The pairs with the numbers of their twins, the count of such pairs before it, and its bank line's label."""
    labels = case.labels.filter(side="left").select("label", left_id="id")
    return (
        pairs.join(twins[0].select(left_id="id", left_twin="twin"), on="left_id")
        .join(twins[1].select(right_id="id", right_twin="twin"), on="right_id")
        .join(labels, on="left_id")
        .sort(*PAIR)
        .with_columns(nth=pl.int_range(pl.len()).over(TWINS))
    )


def _is_true(found: pl.DataFrame, truth: pl.DataFrame) -> pl.Series:
    """Which of the found pairs are true, as often as the truth has pairs of such twins; or the other way round."""
    found = found.with_columns(nth=pl.int_range(pl.len()).over(TWINS))
    marked = found.join(
        truth.select(*TWINS, "nth", is_true=pl.lit(True)), on=[*TWINS, "nth"], how="left", maintain_order="left"
    )
    return marked["is_true"].fill_null(False)


def _figures(right: pl.Series, true: int) -> dict[str, float]:
    hits = int(right.sum())
    precision, recall = (hits / right.len() if right.len() else 1.0), (hits / true if true else 1.0)
    both = precision + recall
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / both if both else 0.0}


def _by_label(truth: pl.DataFrame, found: pl.DataFrame, right: pl.Series) -> dict[str, list[int]]:
    known = truth.group_by("label").agg(true=pl.len())
    told = (
        found.with_columns(right=right)
        .group_by("label")
        .agg(found=pl.col("right").sum(), wrong=(~pl.col("right")).sum())
    )
    both = known.join(told, on="label", how="full", coalesce=True).fill_null(0).sort("label")
    return {label: [true, hits, wrong] for label, true, hits, wrong in both.rows()}


def wrong_pairs(case: BankCase, figures: dict[str, Any]) -> str:
    """Each wrong pair in full, and the true partners that its lines should have met; for a person to read."""
    left = {row["id"]: row for row in case.left.iter_rows(named=True)}
    right = {row["id"]: row for row in case.right.iter_rows(named=True)}
    told = []
    for bank, ledger, by, kind, label in figures["wrong"]:
        partners = [right[two] for one, two in case.truth.rows() if one == bank]
        partners += [left[one] for one, two in case.truth.rows() if two == ledger]
        told.append(f"{label}: {kind} by {by}")
        for word, rows in (("found", (left[bank], right[ledger])), ("truth", partners)):
            told += [f"  {word} " + " | ".join(str(row[name]) for name in ("id", *FIELDS)) for row in rows]
    return "".join(f"{line}\n" for line in told)


def missed_pairs(case: BankCase, figures: dict[str, Any]) -> str:
    """Each true pair that no group holds; for a person to read."""
    left = {row["id"]: row for row in case.left.iter_rows(named=True)}
    right = {row["id"]: row for row in case.right.iter_rows(named=True)}
    told = []
    for bank, ledger, label in figures["missed"]:
        told.append(f"{label}: missed")
        told += ["  " + " | ".join(str(row[name]) for name in ("id", *FIELDS)) for row in (left[bank], right[ledger])]
    return "".join(f"{line}\n" for line in told)


MADE: Mapping[str, Callable[[int, int], BankCase]] = {
    "dialects": make_bank,
    "held-out": partial(make_bank, held_out=True),
    "statements": make_statement,
}


def run(seed: int, lines: int, *, made: str, wrong: bool) -> dict[str, Any]:
    """The figures of one made statement, with the seconds that matching it took."""
    from recon.linefiles import shipped
    from recon.matching import match

    case = MADE[made](seed, lines)
    passes = shipped("bank")
    wall, cpu = time.perf_counter(), time.process_time()
    matched = match(case.left, case.right, passes)
    seconds = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    figures = score(matched, case)
    if wrong:
        sys.stdout.write(wrong_pairs(case, figures) + missed_pairs(case, figures))
    return {"seed": seed, "dialect": case.dialect, "lines": lines} | seconds | figures


def main(words: Sequence[str] | None = None) -> None:
    """One JSON line a seed, then the means and the worst."""
    parser = argparse.ArgumentParser(description="Score the matching of made bank statements.")
    parser.add_argument("--seeds", default="1-20", help="first and last seed")
    parser.add_argument("--lines", type=int, default=1000, help="bank lines of a statement")
    parser.add_argument(
        "--held-out",
        dest="made",
        action="store_const",
        const="held-out",
        default="dialects",
        help="dialects on which nothing is tuned",
    )
    parser.add_argument(
        "--statements",
        dest="made",
        action="store_const",
        const="statements",
        help="lists of another maker, on which nothing is tuned either",
    )
    parser.add_argument("--wrong", action="store_true", help="print the wrong pairs, and those that were missed")
    chosen = parser.parse_args(words)
    first, _, last = chosen.seeds.partition("-")
    every = []
    for seed in range(int(first), int(last or first) + 1):
        figures = run(seed, chosen.lines, made=chosen.made, wrong=chosen.wrong)
        every.append(figures)
        told = {name: round(value, 5) if isinstance(value, float) else value for name, value in figures.items()}
        told |= {name: len(figures[name]) for name in ("wrong", "missed")}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    names = ("f1", "precision", "recall", "confirmed_precision", "confirmed_recall", "cpu_s", "wall_s")
    worst = {name: max if name.endswith("_s") else min for name in names}
    summary = {
        name: {
            "mean": round(sum(one[name] for one in every) / len(every), 5),
            "worst": round(worst[name](one[name] for one in every), 5),
        }
        for name in names
    }
    missed: dict[str, list[int]] = {}
    for one in every:
        for label, counts in one["by_label"].items():
            missed[label] = [a + b for a, b in zip(missed.get(label, [0, 0, 0]), counts, strict=True)]
    sys.stdout.write(json.dumps({"statements": len(every), **summary, "by_label": missed}) + "\n")


if __name__ == "__main__":
    main()
