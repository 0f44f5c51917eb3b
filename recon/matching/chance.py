"""How likely it is that a pool holds a set of lines with the wanted sum by accident.

The expected number of accidental sets is: how many sets there are, times the share of them near the
wanted sum, times how much more often than an even spread sums fall on its cents. Amounts heap on
.00 and .99 and on multiples of five and ten dollars, and so do their sums; round prices with a tax on
them heap on a lattice whose step is no whole cent, which is read off the amounts. Amounts that come again
and again (a rent, a menu) make equal sums without any accident of digits; they are counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import comb, expm1

import numpy as np
from numpy.typing import NDArray

Cents = NDArray[np.int64]

_STEPS = (10, 2, 1)  # of the finest modulus, in a dollar, five dollars, ten dollars: each divides the next
_FINEST = 1000  # cents
_UNSEEN = 0.25  # how often an amount or an ending comes again that a pool has shown once: never quite never
_BINS = 256  # of the amounts up to the wanted sum
_FINE_BINS = 4096  # where the amounts crowd in few of those, as wages do
_WINDOW = 32  # bins to either side of the wanted sum: sums spread evenly over an eighth of it
_NARROW = 8  # bins to either side where amounts crowd, if sums are denser there
_TAXED = 100 * (1 + np.arange(1, 601) / 4000)  # cents: a dollar with a tax in steps of .025 %, up to 15 %
_PARTS = 4  # prices are round in quarters of a dollar
_ON_LATTICE = 0.9  # of all lines, as a wave: amounts to the cent on steps of a quarter have .998
_FEWEST = 4  # lines that can show a lattice
_FEW, _NEARLY = 8, 0.12  # lines, and how far from whole steps they may be apart, in steps

# A wave has its middle frequencies twice, of which only one half is kept.
_TWICE = np.r_[1.0, np.full(_FINEST // 2 - 1, 2.0), 1.0]


@dataclass(frozen=True)
class Accidents:
    """What the amounts of one pool say about accidental sums."""

    pool: Cents  # in units of their common divisor
    unit: int
    endings: NDArray[np.complex128]  # the spectrum of the endings of its lines
    once: float  # the chance that a further line has an amount that stands once in the pool
    again: float  # ... that stands there several times

    def chance(self, found: Cents, sums: Cents, others: int) -> float:
        """The chance, 0 to 1, that the pool holds by accident a set as small as `found` with one of the sums.

        `found` are the amounts of the set, `sums` the sums in cents that would have been taken; `others`
        how many other sets of that size or less were taken too, up to equal lines: accidents that happened.
        """
        return chance_of(self.sets_like(found, sums), others)

    def sets_like(self, found: Cents, sums: Cents) -> float:
        """How many sets as small as `found` with one of the sums such a pool holds by accident."""
        return self.expected(sums, len(found)) + self._recurring(found)

    def expected(self, sums: Cents, size: int) -> float:
        """How many sets of 2 to `size` lines of such a pool have one of the sums in cents by accident of digits."""
        wanted = sums[sums % self.unit == 0] // self.unit
        if not len(wanted):
            return 0.0
        densities = _densities(self.pool, int(wanted[len(wanted) // 2]), size)
        heaps: list[float] = np.maximum(_heaps(self.endings, wanted, size), self._taxed(wanted, size)).tolist()
        return sum(
            comb(len(self.pool), lines) * density * heap
            for lines, (density, heap) in enumerate(zip(densities, heaps, strict=True), start=2)
        )

    @cached_property
    def step(self) -> float | None:
        """The price of a dollar with the tax that the amounts show, in cents; None where they show none."""
        if self.unit > 1 or len(self.pool) < _FEWEST:
            return None
        few = np.sort(self.pool)[-_FEW:]  # they show at once which steps are out of the question
        steps = (few - few[0]) * _PARTS / _TAXED[:, None]
        possible = _TAXED[np.abs(steps - np.rint(steps)).mean(axis=1) <= _NEARLY]
        waves = _waves(self.pool, _PARTS / possible)
        return float(possible[waves.argmax()]) if waves.max(initial=0.0) >= _ON_LATTICE else None

    def _taxed(self, wanted: Cents, max_size: int) -> NDArray[np.float64]:
        """For each size from 2 how much denser the sums of taxed prices fall on the wanted ones; 0: none are taxed."""
        if self.step is None:
            return np.zeros(max_size - 1)
        turns = 2j * np.pi * np.arange(int(self.step) // 2 + 1)[:, None] / self.step
        waves = np.exp(turns * self.pool).mean(axis=1)
        asked = np.exp(-turns * wanted).sum(axis=1) * np.r_[1.0, np.full(len(waves) - 1, 2.0)]
        heaps: NDArray[np.float64] = (_powers(waves, max_size) * asked).real.sum(axis=1)
        return heaps

    def _recurring(self, found: Cents) -> float:
        times = (self.pool == (found // self.unit)[:, None]).sum(axis=1)
        return float(np.prod(np.where(times > 1, self.again, self.once)))


def _waves(pool: Cents, frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each frequency (turns a cent) how much the amounts are at one place of the turn: 0 anywhere, 1 at one."""
    turns = 2 * np.pi * frequencies[:, None] * pool
    heights: NDArray[np.float64] = np.hypot(np.cos(turns).mean(axis=1), np.sin(turns).mean(axis=1))
    return heights


def chance_of(expected: float, others: int) -> float:
    """The chance, 0 to 1, that one of so many expected sets is there, where so many others are."""
    return -expm1(-max(expected, float(others)))


def learn_accidents(pool: Cents) -> Accidents:
    """What the amounts of a pool say about accidental sums. O(lines log lines) time."""
    unit = int(np.gcd.reduce(pool)) or 1
    pool = pool // unit
    ordered = np.sort(pool)
    ends = np.flatnonzero(ordered[1:] != ordered[:-1])
    counts = np.diff(np.concatenate(((-1,), ends, (len(pool) - 1,))))
    singles, pairs = int((counts == 1).sum()), int((counts == 2).sum())
    off = _discount(singles, pairs)
    repeated = counts[counts > 1]
    again = float((repeated - off).sum()) / len(pool)
    once = singles * (1 - off) / len(pool)
    return Accidents(pool, unit, np.fft.rfft(_line_endings(pool)), once, again)


def _discount(singles: int, pairs: int) -> float:
    """What one sight is worth less than it seems: near 1 where nearly all that was seen was seen once.

    The estimate of Ney, Essen and Kneser for the absolute discount of rare events.
    """
    return (singles + _UNSEEN) / (singles + 2 * pairs + 2 * _UNSEEN)


def _line_endings(pool: Cents) -> NDArray[np.float64]:
    """The share of each ending among lines like these, coarse endings filling in where fine ones are rare."""
    fine = np.bincount(pool % _FINEST, minlength=_FINEST)
    share = np.full(1, 1.0)
    for step in _STEPS:
        modulus = _FINEST // step
        counts = fine if step == 1 else fine.reshape(step, modulus).sum(axis=0)
        times = np.bincount(counts, minlength=3)
        seen = np.maximum(counts - _discount(int(times[1]), int(times[2])), 0.0) / len(pool)
        filling = (1.0 - float(seen.sum())) * len(share) / modulus
        share = (seen.reshape(-1, len(share)) + filling * share).ravel()
    return share


def _heaps(endings: NDArray[np.complex128], wanted: Cents, max_size: int) -> list[float]:
    """For each size from 2 how many times denser than evenly spread its sums fall on the wanted ones, all together.

    By cents, by five and by ten dollars: the densest counts, and never less than evenly spread.
    """
    asked = np.fft.rfft(np.bincount(wanted % _FINEST, minlength=_FINEST)).conj() * _TWICE
    terms = (_powers(endings, max_size) * asked).real
    # Every tenth frequency of the ten dollars is a frequency of the dollar.
    heaps = [terms[:, ::step].sum(axis=1).tolist() for step in _STEPS]
    return [max(float(len(wanted)), *some) for some in zip(*heaps, strict=True)]


def _powers(wave: NDArray[np.complex128], largest: int) -> NDArray[np.complex128]:
    """The powers of a wave from the square, a row each."""
    powers = np.empty((largest - 1, len(wave)), dtype=np.complex128)
    before = wave
    for power in powers:
        before = np.multiply(before, wave, out=power)
    return powers


def _densities(pool: Cents, wanted: int, max_size: int) -> list[float]:
    """For each size from 2 the share of its sets per unit of sum near the wanted sum, lines drawn independently."""
    if wanted < 0 and pool.max() <= 0:
        pool, wanted = -pool, -wanted
    one_sign = wanted > 0 and pool.min() >= 0
    reach = wanted if one_sign else max(abs(wanted), int(np.abs(pool).max()))
    step, windows = max(reach / _BINS, 1.0), [_WINDOW]
    cells = np.rint(pool / step).astype(np.int64)
    if 2 * len({*cells.tolist()}) <= len({*pool.tolist()}):
        step, windows = max(reach / _FINE_BINS, 1.0), [_WINDOW, _NARROW]
        cells = np.rint(pool / step).astype(np.int64)
    if one_sign:
        cells = cells[cells <= wanted / step + _WINDOW]  # larger lines are in no set near the wanted sum
    # Long enough for the largest sum, so that none comes round to be taken for a small one.
    length = 1 << (int(np.abs(cells).max(initial=1)) * max_size * (1 if one_sign else 2) + 2 * _WINDOW).bit_length()
    lines = _powers(np.fft.rfft(np.bincount(cells % length, minlength=length) / len(pool)), max_size)
    shares = [_share_near(lines, round(wanted / step), width) for width in windows]
    return [max(share, 0.0) / step for share in np.max(shares, axis=0).tolist()]


def _share_near(lines: NDArray[np.complex128], bin_: int, width: int) -> NDArray[np.float64]:
    """For each size the share of its sums in a bin, by the bins up to so many to either side."""
    length = 2 * (lines.shape[1] - 1)
    inside: NDArray[np.float64] = (lines * _window(bin_, width, length)).real.sum(axis=1) / length
    return inside / (2 * width + 1)


@lru_cache(maxsize=16)  # among lines of one sign the wanted sum nearly always stands in the last bin
def _window(bin_: int, width: int, length: int) -> NDArray[np.complex128]:
    """The spectrum of a bin and its neighbours, conjugate, the middle frequencies counted twice."""
    bins = (bin_ + np.arange(-width, width + 1)) % length
    asked: NDArray[np.complex128] = np.fft.rfft(np.bincount(bins, minlength=length)).conj()
    asked[1:-1] *= 2
    return asked
