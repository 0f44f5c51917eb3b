"""Months of the package's own generator for tests, also in the headings of other systems.

`make_month` writes one into a folder; as a program: `python tests/make_months.py FOLDER --seed 7 --hard`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from restyle import STYLES, restyle

import recon.demo
from recon.demo import DemoMonth


def make_month(
    folder: Path,
    *,
    seed: int,
    stores: int = 12,
    days_period: str = "2026-10",
    hard: bool = False,
    headings: str = "standard",
    **nature: Any,
) -> DemoMonth:
    """One month of the package's own generator; equal arguments, equal bytes.

    With `headings` other than standard the same downloads are written once more to `restyled/` as another
    system would export them, and `restyled/changes.json` says how.
    """
    written = recon.demo.make_month(folder, seed=seed, stores=stores, period=days_period, hard=hard, **nature)
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
