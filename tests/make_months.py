"""Months of the nature of the two rehearsals: other stores, other days, other mixes of mistakes.

`make_month` writes one into a folder; as a program: `python tests/make_months.py FOLDER --seed 7 --hard`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random

from restyle import STYLES, restyle

from recon.demo import DemoMonth, Nature, make, write_month

# Shares of a month's entries, counted in the rehearsal months.
PLAIN_RATES: Mapping[str, float] = {
    "missing": 0.012,
    "duplicate": 0.010,
    "transposed": 0.005,
    "decimal_slip": 0.006,
    "sign_flip": 0.009,
    "wrong_account": 0.008,
    "wrong_location": 0.006,
    "wrong_department": 0.001,
    "late_period": 0.005,
    "fee_netted": 0.001,
    "split": 0.034,
    "combined": 0.014,
    "no_doc": 0.022,
    "mangled_doc": 0.016,
    "date_shift": 0.027,
}
HARD_RATES: Mapping[str, float] = {
    "missing": 0.014,
    "duplicate": 0.006,
    "transposed": 0.011,
    "decimal_slip": 0.008,
    "sign_flip": 0.005,
    "wrong_account": 0.012,
    "wrong_location": 0.009,
    "wrong_department": 0.001,
    "late_period": 0.010,
    "fee_netted": 0.002,
    "tip_omitted": 0.002,
    "tax_omitted": 0.002,
    "chargeback_unbooked": 0.002,
    "rounding": 0.011,
    "amount_other": 0.022,
    "unexpected": 0.003,
    "split": 0.033,
    "combined": 0.012,
    "no_doc": 0.015,
    "mangled_doc": 0.017,
    "date_shift": 0.016,
}


def make_month(
    folder: Path,
    *,
    seed: int,
    stores: int = 12,
    days_period: str = "2026-10",
    hard: bool = False,
    rates: Mapping[str, float] | None = None,
    kiosks: int | None = None,
    traits_percent: int | None = None,
    headings: str = "standard",
) -> DemoMonth:
    """One month in the layout of the rehearsals, with its truth; equal arguments, equal bytes.

    `rates` are shares of entries a label (default: those of the rehearsals, each between half and
    one and a half of it). With `headings` other than standard the same downloads are written once
    more to `restyled/` as another system would export them, and `restyled/changes.json` says how.
    """
    entries = stores * 90
    dice = Random(f"{seed}:nature")
    counts = {
        label: max(1, round(rate * entries * (1.0 if rates else 0.5 + dice.random())))
        for label, rate in (rates or (HARD_RATES if hard else PLAIN_RATES)).items()
        if rate
    }
    if "combined" in counts:
        counts["combined"] += counts["combined"] % 2
    nature = Nature(
        mistakes=counts,
        kiosks=kiosks if kiosks is not None else (stores // 4 if hard else 0),
        rich=False,
        traits_percent=traits_percent if traits_percent is not None else (50 if hard else 0),
        across_stores=hard,
        chargebacks_in_clearing=hard,
        noise=stores * 5,
    )
    written = write_month(make(days_period, seed, stores, nature), folder)
    if headings != "standard":
        restyle(folder, folder / "restyled", STYLES[headings])
    return written


def main(arguments: list[str] | None = None) -> None:
    """Write the month that the command line describes, and say what is in it."""
    parser = argparse.ArgumentParser(description="Write a made month, with its truth, into a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stores", type=int, default=12)
    parser.add_argument("--period", default="2026-10", help="YYYY-MM")
    parser.add_argument("--hard", action="store_true", help="mistakes come together; kiosks; entries without a source")
    parser.add_argument("--headings", default="standard", choices=["standard", *STYLES])
    asked = parser.parse_args(arguments)
    made = make_month(
        asked.folder,
        seed=asked.seed,
        stores=asked.stores,
        days_period=asked.period,
        hard=asked.hard,
        headings=asked.headings,
    )
    for label, count in made.labels.items():
        sys.stdout.write(f"{label:20} {count:6}\n")


if __name__ == "__main__":
    main()
