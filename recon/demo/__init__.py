"""A made-up restaurant group and months of its books whose mistakes are known.

`write_demo_month` writes the downloads of one month, as exported, and the truth about them. It knows
nothing of the rest of the toolkit: its ledger is worked out apart, so that it can judge the toolkit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recon.demo.company import COMPANY_NAME
from recon.demo.files import tables, write_tables
from recon.demo.month import MadeMonth, Nature, make
from recon.demo.natures import nature_of

__all__ = [
    "COMPANY_NAME",
    "DEMO_MISTAKES",
    "DemoMonth",
    "MadeMonth",
    "Nature",
    "make",
    "make_month",
    "nature_of",
    "write_demo_month",
    "write_month",
]

DEMO_MISTAKES: Mapping[str, int] = {
    "missing": 5,
    "duplicate": 4,
    "transposed": 3,
    "decimal_slip": 2,
    "sign_flip": 2,
    "wrong_account": 4,
    "wrong_location": 3,
    "wrong_department": 2,
    "late_period": 3,
    "fee_netted": 2,
    "tip_omitted": 2,
    "tax_omitted": 2,
    "chargeback_unbooked": 2,
    "rounding": 2,
    "amount_other": 2,
    "unexpected": 2,
    "split": 8,
    "combined": 6,
    "no_doc": 6,
    "mangled_doc": 6,
    "date_shift": 6,
    "corrected_elsewhere": 1,
    "draft_pending": 1,
    "reversed_pair": 1,
}


@dataclass(frozen=True)
class DemoMonth:
    """A month that was written: where, which, how many rows a file, how many entries a label."""

    folder: Path
    period: str
    stores: int
    rows: dict[str, int]
    labels: dict[str, int]


def write_demo_month(
    folder: Path,
    *,
    period: str = "2026-09",
    seed: int = 926,
    stores: int = 10,
    kiosks: int = 1,
    mistakes: Mapping[str, int] = DEMO_MISTAKES,
    traits_percent: int = 0,
) -> DemoMonth:
    """The demo company's downloads of one month in a folder, with the truth in `truth/`.

    Equal arguments write equal bytes. `mistakes` counts entries a label, `kiosks` the stores that
    sell at one price, `traits_percent` the mistaken entries that lack their document or date besides.
    """
    nature = Nature(mistakes=mistakes, kiosks=kiosks, traits_percent=traits_percent)
    return write_month(make(period, seed, stores, nature), folder)


def make_month(
    folder: Path, *, seed: int, stores: int = 12, period: str = "2026-10", hard: bool = False, **more: Any
) -> DemoMonth:
    """A month of the plain layout in a folder, with its truth; equal arguments write equal bytes.

    3 to 40 stores. In a `hard` month mistakes come together and amounts recur; see `nature_of`, which
    takes `more`.
    """
    return write_month(make(period, seed, stores, nature_of(seed, stores, hard=hard, **more)), folder)


def write_month(month: MadeMonth, folder: Path) -> DemoMonth:
    """The files of a made month in a folder, and what was written."""
    rows = write_tables(tables(month), folder)
    labels = dict(sorted(Counter(fate.label for fate in month.fates).items()))
    return DemoMonth(folder, month.period.name, len(month.stores), rows, labels)
