"""How a month's bookkeeper fails, plainly or hard, in shares of its entries that a seed varies."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from recon.demo.month import Nature

ENTRIES_A_STORE = 90  # documents of a store in a month: sales, deposits, pay runs

# Shares of a month's entries.
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
    "shared_entry": 0.008,
    "two_parts": 0.008,
    "rebooked": 0.004,
    "foreign_journal": 0.004,
    "corrected_elsewhere": 0.003,
    "reversed_pair": 0.002,
}


def nature_of(
    seed: int,
    stores: int,
    *,
    hard: bool,
    rates: Mapping[str, float] | None = None,
    kiosks: int | None = None,
    traits_percent: int | None = None,
) -> Nature:
    """How one seed's bookkeeper fails at so many stores.

    `rates` are shares of entries a label (None: the usual ones, each between half and one and a half of
    it). In a hard month half of the mistakes bring a missing or misspelt document, another day, or both;
    a quarter of the stores are kiosks, which book the same every day; entries hold several stores, stand
    in two parts, are reversed and booked again, or stand in another journal.
    """
    entries = stores * ENTRIES_A_STORE
    dice = Random(f"{seed}:nature")  # noqa: S311
    counts = {
        label: max(1, round(rate * entries * (1.0 if rates else 0.5 + dice.random())))
        for label, rate in (rates or (HARD_RATES if hard else PLAIN_RATES)).items()
        if rate
    }
    for label in {"combined", "shared_entry"} & counts.keys():
        counts[label] += counts[label] % 2
    return Nature(
        mistakes=counts,
        kiosks=kiosks if kiosks is not None else (stores // 4 if hard else 0),
        rich=False,
        traits_percent=traits_percent if traits_percent is not None else (50 if hard else 0),
        across_stores=hard,
        chargebacks_in_clearing=hard,
        misspells=hard,
        swaps_letters=hard,
        noise=stores * 5,
    )
