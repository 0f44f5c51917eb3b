"""Fee schedules: what a processor or a bank keeps of a gross amount, to the cent, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, with_config

from recon.matching.allowed import Charge, Rate
from recon.money import accounting, from_cents

Cents = NDArray[np.int64]
_CENTS = 2  # decimal places of cents
Rounded = Literal["once", "each_line"]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True)
class Fee:
    """What may be missing between the sum of the lines and the wanted amount: gross less fee is net.

    Either rate x gross + per item x lines + per deposit, or any fee of up to the cap. The rate is rounded half
    even: once, of the gross, or of each line by itself, which differs by up to half a cent a line. Cents are
    hundredths of the currency whatever the amounts are counted in: `scale` is the number of their decimal places,
    which passes set. The rate is rounded to the cent, or to the last place of amounts that have no cents.
    """

    rate: Rate
    per_item_cents: Charge
    cap_cents: Charge
    per_deposit_cents: Charge = 0
    rounded: Rounded = "once"
    scale: int = 2  # decimal places of the amounts

    @property
    def cap(self) -> int:
        """The cap in units of the last decimal place of the amounts."""
        return units_of(self.cap_cents, self.scale)


@dataclass(frozen=True)
class LearnedFee(Fee):
    """A schedule that the lines themselves show."""

    seen: frozenset[int] = frozenset()  # rows of the net lines that it explains to the cent
    in_batches: bool = False  # at least a fifth of them are the sum of several lines
    accidents: float = 1.0  # how many schedules of so many votes were to be expected by accident


def units_of(cents: int, scale: int) -> int:
    """Cents in units of the last of `scale` decimal places, halves to the even unit where there are no cents."""
    if scale >= _CENTS:
        return cents * grain_of(scale)
    whole, rest = divmod(cents, cents_of(1, scale))
    over = 2 * rest - cents_of(1, scale)
    return whole + (over > 0 or (over == 0 and whole % 2 == 1))


def cents_of(units: int, scale: int) -> int:
    """Units as cents, where amounts have no cents: 100 for a yen."""
    return units * int(10 ** max(_CENTS - scale, 0))


def grain_of(scale: int) -> int:
    """Units of a cent, or 1 where amounts have no cents: what fees are rounded to."""
    return int(10 ** max(scale - _CENTS, 0))


def fee_of(amounts: Cents, fee: Fee) -> Cents:
    """The fee in units of each deposit, given as a row of the gross amounts of its lines."""
    size = amounts.shape[1]
    part = (
        _share(np.abs(amounts), fee).sum(axis=1)
        if fee.rounded == "each_line"
        else _share(np.abs(amounts.sum(axis=1)), fee)
    )
    whole: Cents = part + fixed_part(fee, size)
    return whole


def fixed_part(fee: Fee, size: int) -> int:
    """What a deposit of so many lines costs in units, whatever its amount."""
    return units_of(fee.per_item_cents * size + fee.per_deposit_cents, fee.scale)


def gross_range(nets: Cents, size: int, fee: Fee) -> tuple[Cents, Cents]:
    """For each net amount the least and the greatest sum of `size` lines, of one sign, that may leave it.

    The ends are a little wide: what lies between is for `fee_of` to judge.
    """
    middle = _middle(nets, size, fee)
    # What is rounded away and taken of the gross again is below half a cent for each rounding, over 1 - rate.
    times, parts = fee.rate.as_integer_ratio()
    roundings = size if fee.rounded == "each_line" else 1
    slack = (1 - (-roundings * parts // (2 * (parts - times)))) * grain_of(fee.scale)
    return middle - slack, middle + 1 + slack


def likely_gross(net: int, size: int, fee: Fee) -> list[int]:
    """The sums of `size` lines that leave the net, in units; where lines are rounded apart, the middle one.

    A set of lines has one net: rounded line by line, it leaves the wanted net as often as it would rounded
    once, though from several sums. So the count of these sums is what accidents are reckoned by.
    """
    if fee.rounded == "each_line" or fee.scale > _CENTS:  # within a cent there is one sum to the cent
        return [int(_middle(np.array([net], dtype=np.int64), size, fee)[0])]
    low, high = (int(end[0]) for end in gross_range(np.array([net], dtype=np.int64), size, fee))
    sums: Cents = np.arange(low, high + 1)
    leaving = sums - _share(np.abs(sums), fee) - fixed_part(fee, size) == net
    return [int(gross) for gross in sums[leaving & (sums > net)]]


def fee_words(fee: Fee) -> str:
    """The schedule as people say it: "2.6 % + 0.10", "2.9 % + 0.30 a line, each line rounded", "25.00"."""
    parts = [f"{(fee.rate * 100).normalize():f} %"] if fee.rate else []
    parts += [accounting(from_cents(fee.per_deposit_cents))] if fee.per_deposit_cents else []
    parts += [f"{accounting(from_cents(fee.per_item_cents))} a line"] if fee.per_item_cents else []
    return " + ".join(parts) + (", each line rounded" if fee.rounded == "each_line" else "")


def fee_seen(fee: Fee, row: int) -> str:
    """The schedule with where else it was seen, for the net line of this row."""
    if not isinstance(fee, LearnedFee):
        return fee_words(fee)
    return f"{fee_words(fee)}, as in {len(fee.seen - {row})} other deposits"


def _middle(nets: Cents, size: int, fee: Fee) -> Cents:
    """The gross before rounding, rounded down. The fee is of the size of the gross: a debit of cash grows by it."""
    times, parts = fee.rate.as_integer_ratio()
    before = nets + fixed_part(fee, size)
    kept = np.where(before >= 0, parts - times, parts + times)
    whole, rest = np.divmod(before, kept)
    middle: Cents = whole * parts + rest * parts // kept
    return middle


def _share(sizes: Cents, fee: Fee) -> Cents:
    """The rate of each size, rounded half even. Wholes and rests are multiplied apart: nothing overflows."""
    times, parts = fee.rate.as_integer_ratio()
    grain = grain_of(fee.scale)
    cents, below = np.divmod(sizes, grain)
    whole, rest = np.divmod(cents, parts)
    share, over = np.divmod(rest * times, parts)
    more, over = np.divmod(over * grain + below * times, parts * grain)
    share = share + more + whole * times
    rounded: Cents = share + ((2 * over > parts * grain) | ((2 * over == parts * grain) & (share % 2 == 1)))
    return rounded * grain
