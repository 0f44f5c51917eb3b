"""How likely it is that a pool holds a set of lines with the wanted sum by accident.

The expected number of accidental sets is: how many sets there are, times the share of them near the
wanted sum, times how much more often than an even spread sums fall on its cents. Amounts heap on
.00 and .99 and on multiples of five and ten dollars, and so do their sums; round prices with a tax on
them heap on a lattice whose step is no whole cent, which is read off the amounts. Amounts that come again
and again (a rent, a menu) make equal sums without any accident of digits; they are counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb, expm1, prod
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Cents = NDArray[np.int64]
Numbers = TypeVar("Numbers", float, NDArray[np.float64])

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
_AT_ONCE = 128  # pools that are looked at together: a few megabytes
_BINS_AT_ONCE = 1 << 18  # of theirs together

# A wave has its middle frequencies twice, of which only one half is kept.
_TWICE = np.r_[1.0, np.full(_FINEST // 2 - 1, 2.0), 1.0]


@dataclass(frozen=True)
class Accidents:
    """What the amounts of one pool say about accidental sums."""

    pool: Cents  # in units of their common divisor
    unit: int
    endings: NDArray[np.complex128]  # the spectrum of the endings of its lines
    step: float | None  # the price of a dollar with the tax that the amounts show, in cents; None where they show none

    def chance(self, found: Cents, sums: Cents, others: int) -> float:
        """The chance, 0 to 1, that the pool holds by accident a set as small as `found` with one of the sums.

        `found` are the amounts of the set, `sums` the sums in cents that would have been taken; `others`
        how many other sets of that size or less were taken too, up to equal lines: accidents that happened.
        """
        return chance_of(sets_like([(self, found, sums, None)])[0], others)

    def expected(self, sums: Cents, size: int) -> float:
        """How many sets of 2 to `size` lines of such a pool have one of the sums in cents by accident of digits."""
        return _expected([(self, sums, size)])[0]

    def recurring(self, found: Cents, among: Sequence[int] | None = None) -> float:
        """The chance that the lines behind a sum are others, with amounts that stand in the pool as often.

        How often amounts come again is learned from `among`, which holds the pool, or else from the pool alone.
        """
        pool = (self.pool * self.unit).tolist()
        times = Counter(pool if among is None else among)
        counts, lines = Counter(times.values()), times.total()
        off = _discount(counts[1], counts[2])
        shares = {amount: (times[amount] - off) / lines for amount in sorted({*pool})}
        again = sum(share for amount, share in shares.items() if times[amount] > 1)
        once = sum(share for amount, share in shares.items() if times[amount] == 1)
        return prod(again if times[amount] > 1 else once for amount in found.tolist())


def sets_like(asked: Sequence[tuple[Accidents, Cents, Cents, Sequence[int] | None]]) -> list[float]:
    """For each pool, amounts found and sums how many sets as small with one of the sums it holds by accident.

    The fourth are the amounts of all lines that may be behind the sums, where they are more than the pool has.
    """
    expected = _expected([(accidents, sums, len(found)) for accidents, found, sums, _ in asked])
    recurring = (accidents.recurring(found, among) for accidents, found, _, among in asked)
    return [some + more for some, more in zip(expected, recurring, strict=True)]


def chance_of(expected: float, others: int) -> float:
    """The chance, 0 to 1, that one of so many expected sets is there, where so many others are."""
    return -expm1(-max(expected, float(others)))


def learn_accidents(pool: Cents) -> Accidents:
    """What the amounts of a pool say about accidental sums. O(lines log lines) time."""
    return learn_each([pool])[0]


def learn_each(pools: Sequence[Cents]) -> list[Accidents]:
    """The same of several pools: most are small, and looked at together they take a fraction of the time."""
    units = [int(np.gcd.reduce(pool)) or 1 for pool in pools]
    pools = [pool // unit if unit > 1 else pool for pool, unit in zip(pools, units, strict=True)]
    learned: list[Accidents] = []
    for start in range(0, len(pools), _AT_ONCE):
        some = pools[start : start + _AT_ONCE]
        of_units = units[start : start + _AT_ONCE]
        told = zip(some, of_units, np.fft.rfft(_line_endings(some)), _steps(some, of_units), strict=True)
        learned += [Accidents(pool, unit, endings, step) for pool, unit, endings, step in told]
    return learned


def _discount(singles: Numbers, pairs: Numbers) -> Numbers:
    """What one sight is worth less than it seems: near 1 where nearly all that was seen was seen once.

    The estimate of Ney, Essen and Kneser for the absolute discount of rare events.
    """
    return (singles + _UNSEEN) / (singles + 2 * pairs + 2 * _UNSEEN)


def _line_endings(pools: Sequence[Cents]) -> NDArray[np.float64]:
    """The share of each ending among lines like those of each pool, coarse endings filling in where fine ones are rare.

    A row a pool.
    """
    count, sizes = len(pools), np.array([len(pool) for pool in pools])
    at = np.repeat(np.arange(count), sizes) * _FINEST + np.concatenate(pools) % _FINEST
    fine = np.bincount(at, minlength=count * _FINEST).reshape(count, _FINEST)
    share = np.ones((count, 1))
    for step in _STEPS:
        modulus = _FINEST // step
        counts = fine if step == 1 else fine.reshape(count, step, modulus).sum(axis=1)
        off = _discount((counts == 1).sum(axis=1).astype(np.float64), (counts == 2).sum(axis=1).astype(np.float64))
        seen = np.maximum(counts - off[:, None], 0.0) / sizes[:, None]
        coarse = share.shape[1]
        filling = (1.0 - seen.sum(axis=1)) * coarse / modulus
        share = (seen.reshape(count, -1, coarse) + (filling[:, None] * share)[:, None, :]).reshape(count, modulus)
    return share


def _steps(pools: Sequence[Cents], units: Sequence[int]) -> list[float | None]:
    """The price of a dollar with the tax that the amounts of each pool show, in cents; None where they show none."""
    steps: list[float | None] = [None] * len(pools)
    by_lines: dict[int, list[int]] = {}
    for at, (pool, unit) in enumerate(zip(pools, units, strict=True)):
        if unit == 1 and len(pool) >= _FEWEST:
            by_lines.setdefault(min(len(pool), _FEW), []).append(at)
    for places in by_lines.values():
        few = np.array([np.sort(pools[at])[-_FEW:] for at in places])  # they show which steps are out of the question
        whole = (few - few[:, :1])[:, None, :] * _PARTS / _TAXED[:, None]
        near = np.abs(whole - np.rint(whole)).mean(axis=2) <= _NEARLY
        for row in np.flatnonzero(near.any(axis=1)).tolist():
            possible, at = _TAXED[near[row]], places[row]
            waves = _waves(pools[at], _PARTS / possible)
            steps[at] = float(possible[waves.argmax()]) if waves.max() >= _ON_LATTICE else None
    return steps


def _waves(pool: Cents, frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each frequency (turns a cent) how much the amounts are at one place of the turn: 0 anywhere, 1 at one."""
    turns = 2 * np.pi * frequencies[:, None] * pool
    heights: NDArray[np.float64] = np.hypot(np.cos(turns).mean(axis=1), np.sin(turns).mean(axis=1))
    return heights


@dataclass(frozen=True)
class _Question:
    """One pool that is asked how often it has some sums by accident."""

    number: int
    accidents: Accidents
    wanted: Cents  # in units of the pool, never none
    size: int


def _expected(asked: Sequence[tuple[Accidents, Cents, int]]) -> list[float]:
    """For each pool how many of its sets of 2 to so many lines have one of the sums in cents by accident of digits."""
    found = [0.0] * len(asked)
    questions: list[_Question] = []
    for number, (accidents, sums, size) in enumerate(asked):
        wanted = sums[sums % accidents.unit == 0] // accidents.unit
        if len(wanted):
            questions.append(_Question(number, accidents, wanted, size))
    questions.sort(key=lambda one: one.size)  # the largest of those looked at together says how far all are reckoned
    for start in range(0, len(questions), _AT_ONCE):
        some = questions[start : start + _AT_ONCE]
        for one, densities, heaps in zip(some, _densities(some), _heaps(some), strict=True):
            accidents = one.accidents
            found[one.number] = sum(
                comb(len(accidents.pool), lines) * density * max(heap, taxed)
                for lines, density, heap, taxed in zip(
                    range(2, one.size + 1), densities, heaps, _taxed(accidents, one.wanted, one.size), strict=False
                )
            )
    return found


def _taxed(accidents: Accidents, wanted: Cents, max_size: int) -> list[float]:
    """For each size from 2 how much denser the sums of taxed prices fall on the wanted ones; 0: none are taxed."""
    pool, step = accidents.pool, accidents.step
    if step is None:
        return [0.0] * (max_size - 1)
    turns = 2j * np.pi * np.arange(int(step) // 2 + 1)[:, None] / step
    waves = np.exp(turns * pool).mean(axis=1)
    asked = np.exp(-turns * wanted).sum(axis=1) * np.r_[1.0, np.full(len(waves) - 1, 2.0)]
    heaps: list[float] = (_powers(waves, max_size) * asked).real.sum(axis=1).tolist()
    return heaps


def _heaps(asked: Sequence[_Question]) -> list[list[float]]:
    """For each pool and size from 2 how many times denser than evenly spread its sums fall on the wanted ones.

    By cents, by five and by ten dollars: the densest counts, and never less than evenly spread. The sizes go up to
    the largest that one of them asks for.
    """
    endings = np.stack([one.accidents.endings for one in asked])
    fine = np.stack([np.bincount(one.wanted % _FINEST, minlength=_FINEST) for one in asked])
    terms = (_powers(endings, max(one.size for one in asked)) * (np.fft.rfft(fine).conj() * _TWICE)).real
    # Every tenth frequency of the ten dollars is a frequency of the dollar.
    heaps = np.stack([terms[:, :, ::step].sum(axis=2) for step in _STEPS]).max(axis=0)
    least = [float(len(one.wanted)) for one in asked]
    told: list[list[float]] = np.maximum(heaps, least).T.tolist()
    return told


def _powers(wave: NDArray[np.complex128], largest: int) -> NDArray[np.complex128]:
    """The powers of a wave, or of several, from the square, one after the other."""
    powers = np.empty((largest - 1, *wave.shape), dtype=np.complex128)
    before = wave
    for power in powers:
        before = np.multiply(before, wave, out=power)
    return powers


@dataclass(frozen=True)
class _Spread:
    """The lines of one pool in bins of their amounts."""

    cells: Cents
    lines: int  # of the pool
    step: float  # units a bin
    goal: int  # the bin of the wanted sum
    windows: tuple[int, ...]
    length: int  # of the ring of bins


def _densities(asked: Sequence[_Question]) -> list[list[float]]:
    """For each pool and size from 2 the share of its sets per unit of sum near the wanted one, drawn independently."""
    spreads = [_spread(one.accidents.pool, int(one.wanted[len(one.wanted) // 2]), one.size) for one in asked]
    found: list[list[float]] = [[] for _ in asked]
    for length in {one.length for one in spreads}:
        alike = [at for at, one in enumerate(spreads) if one.length == length]
        at_once = max(1, _BINS_AT_ONCE // length)
        for start in range(0, len(alike), at_once):
            places = alike[start : start + at_once]
            some, largest = [spreads[at] for at in places], max(asked[at].size for at in places)
            for at, one, shares in zip(places, some, _shares_near(some, length, largest), strict=True):
                found[at] = [max(share, 0.0) / one.step for share in shares]
    return found


def _spread(pool: Cents, wanted: int, max_size: int) -> _Spread:
    lowest, highest = int(pool.min()), int(pool.max())
    if wanted < 0 and highest <= 0:
        pool, wanted, lowest, highest = -pool, -wanted, -highest, -lowest
    one_sign = wanted > 0 and lowest >= 0
    reach = wanted if one_sign else max(abs(wanted), highest, -lowest)
    windows: tuple[int, ...] = (_WINDOW,)
    step = max(reach / _BINS, 1.0)
    cells = np.rint(pool / step).astype(np.int64)
    if 2 * len({*cells.tolist()}) <= len({*pool.tolist()}):
        step, windows = max(reach / _FINE_BINS, 1.0), (_WINDOW, _NARROW)
        cells = np.rint(pool / step).astype(np.int64)
    if one_sign:
        cells = cells[cells <= wanted / step + _WINDOW]  # larger lines are in no set near the wanted sum
    # Long enough for the largest sum, so that none comes round to be taken for a small one.
    length = 1 << (int(np.abs(cells).max(initial=1)) * max_size * (1 if one_sign else 2) + 2 * _WINDOW).bit_length()
    return _Spread(cells, len(pool), step, round(wanted / step), windows, length)


def _shares_near(spreads: Sequence[_Spread], length: int, max_size: int) -> list[list[float]]:
    """For each pool and size from 2 the share of its sums in the bin of the wanted one, by the bins to either side."""
    owner = np.repeat(np.arange(len(spreads)), [len(one.cells) for one in spreads])
    at = owner * length + np.concatenate([one.cells for one in spreads]) % length
    counts = np.bincount(at, minlength=len(spreads) * length).reshape(-1, length)
    lines = _powers(np.fft.rfft(counts / np.array([one.lines for one in spreads])[:, None]), max_size)
    told = np.zeros((len(spreads), max_size - 1))
    for nth in (0, 1):  # the narrower window, where there is one
        some = [at for at, one in enumerate(spreads) if nth < len(one.windows)]
        if some:
            asked = np.stack([_window(spreads[at].goal, spreads[at].windows[nth], length) for at in some])
            of_some = lines if len(some) == len(spreads) else lines[:, some]
            inside = (of_some * asked).real.sum(axis=2) / length
            shares = (inside / [2 * spreads[at].windows[nth] + 1 for at in some]).T
            told[some] = shares if not nth else np.maximum(told[some], shares)
    shares_by_pool: list[list[float]] = told.tolist()
    return shares_by_pool


@lru_cache(maxsize=16)  # among lines of one sign the wanted sum nearly always stands in the last bin
def _window(bin_: int, width: int, length: int) -> NDArray[np.complex128]:
    """The spectrum of a bin and its neighbours, conjugate, the middle frequencies counted twice."""
    bins = (bin_ + np.arange(-width, width + 1)) % length
    asked: NDArray[np.complex128] = np.fft.rfft(np.bincount(bins, minlength=length)).conj()
    asked[1:-1] *= 2
    return asked
