"""Fee schedules learned from the lines: the few that explain many differences between net and gross to the cent.

A processor's rate is not asked for but read off: every net line that shares words with gross lines of one day,
and falls short of them by a plausible fee, votes for each schedule that leaves it exactly. What many votes
agree on, and far more than accidents would bring together, is a schedule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import exp, lgamma, log, log1p

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.matching.fees import Cents, Fee, LearnedFee, Rounded, cents_of, grain_of
from recon.matching.texts import Vocabulary
from recon.matching.worded import alike_pairs

_STEPS = 10_000  # rates are tried in hundredths of a percent
_MOST_STEPS = 600  # up to 6 %
_SMALLEST_GROSS = _STEPS  # cents: from 100.00 a fee to the cent fits one rate at most
_MOST_FIXED = 100  # cents beside a rate
# Cents that processors charge an item or a deposit: the round ones, and those on published price lists.
_FIXED = (*range(0, _MOST_FIXED + 1, 5), 8, 9, 12, 22, 39, 49, 59, 99)
_FLAT_STEPS = (500, 100, 50)  # a fee without a rate is in whole fives, ones or halves of the currency
_MOST_FLAT = 10_000  # cents
_LEAST_VOTES = 5
_BATCH_SHARE = 5  # one vote in so many from a deposit of several lines: the schedule is one of batches too
_MOST_ACCIDENTS = 1e-3  # schedules of so many votes that would be expected by accident
_MOST_SCHEDULES = 6
_BEFORE, _AFTER = 7, 1  # days: deposits come a few days after the sales, bookings may be a day late
_LEAST_TEXT = 0.5
_MOST_LINES = 12  # of one deposit
_CELLS_AT_ONCE = 1 << 20  # guesses times readings that are looked at in one table
_MOST_NETS = 20_000  # the latest net lines vote: more would tell nothing new


@dataclass(frozen=True)
class _Voters:
    """Net amounts with the gross lines that may lie behind each, one row a guess."""

    row: NDArray[np.uint32]
    net: Cents
    lines: Cents  # gross amounts, a column a line, 0 where a deposit has fewer
    size: NDArray[np.int64]

    @property
    def gross(self) -> Cents:
        """The sum of the lines."""
        total: Cents = self.lines.sum(axis=1)
        return total

    def at(self, kept: NDArray[np.bool_]) -> _Voters:
        """The guesses that are kept."""
        return _Voters(self.row[kept], self.net[kept], self.lines[kept], self.size[kept])


def learn_fees(
    net: pl.DataFrame, gross: pl.DataFrame, vocabulary: Vocabulary, *, scale: int = 2
) -> tuple[LearnedFee, ...]:
    """The schedules that lie between net lines and the gross lines behind them, the surest first; often none.

    `net` and `gross` are working lines. A guess is one gross line, or all of a day (of a day and reference)
    that share words with a net line, beyond it by up to 6 % and 1.00 or, flat, 100.00. Lines whose very amount
    stands on the other side near that day do not vote. A schedule needs five votes of different amounts, and
    as many as would come together by accident less than once in a thousand such files; votes that the first
    schedule explains are not counted for the next. `scale` is the number of decimal places of the amounts: lines
    with a fraction of a cent do not vote, and where there are no cents the last place counts as one.

    Time grows with the pairs that share words; of more than 20,000 net lines the latest are asked.
    """
    grain = grain_of(scale)
    net, gross = (
        frame.filter(pl.col("units") % grain == 0).with_columns(pl.col("units") // grain) for frame in (net, gross)
    )
    guesses = _guesses(*_unequal(net, gross), vocabulary)
    learned: list[LearnedFee] = []
    while len(learned) < _MOST_SCHEDULES and len(guesses.row) >= _LEAST_VOTES:
        best = _surest(guesses)
        if best is None:
            break
        item, deposit = cents_of(best.per_item_cents, scale), cents_of(best.per_deposit_cents, scale)
        learned.append(replace(best, per_item_cents=item, per_deposit_cents=deposit, scale=scale))
        guesses = guesses.at(~np.isin(guesses.row, list(best.seen)))
    return tuple(learned)


def _unequal(net: pl.DataFrame, gross: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The dated lines of each side whose amount the other side does not have within the window."""
    width = _BEFORE + _AFTER + 1
    sides = [
        frame.drop_nulls("date").with_columns(_week=pl.col("date").to_physical() // width) for frame in (net, gross)
    ]
    keys = ["units", "currency", "_week"]
    alone = []
    for mine, other in (sides, sides[::-1]):
        near = pl.concat([other.select("units", "currency", pl.col("_week") + step) for step in (-1, 0, 1)])
        alone.append(mine.join(near, on=keys, how="anti", nulls_equal=True).drop("_week"))
    latest = alone[0].sort("date", "units", "row", descending=True).head(_MOST_NETS)
    return latest, alone[1]


def _guesses(net: pl.DataFrame, gross: pl.DataFrame, vocabulary: Vocabulary) -> _Voters:
    """What may lie behind each net line: each gross line, and the lines of a day and of a day's document."""
    pairs = alike_pairs(net, gross, vocabulary, window=(_BEFORE, _AFTER), least=_LEAST_TEXT)
    lines = pl.DataFrame(
        {
            "row": net["row"].gather(pairs["one"]),
            "net": net["units"].gather(pairs["one"]),
            **{name: gross[name].gather(pairs["other"]) for name in ("units", "date", "reference")},
            "_line": gross["row"].gather(pairs["other"]),
        }
    ).filter(pl.col("units").sign() == pl.col("net").sign())
    by_each = [["_line"], ["date"], ["date", "reference"]]
    pools = [
        lines.drop_nulls(by).group_by("row", "net", *by).agg(pl.col("units").sort()).select("row", "net", "units")
        for by in by_each
    ]
    size, total = pl.col("units").list.len(), pl.col("units").list.sum()
    missing = total - pl.col("net")
    rated = total.abs() * _MOST_STEPS // _STEPS + _MOST_FIXED * size
    plausible = pl.concat(pools).filter(
        size <= _MOST_LINES,
        missing > 0,
        missing <= pl.max_horizontal(rated, pl.lit(_MOST_FLAT)),
        total.abs() >= _SMALLEST_GROSS,
    )
    # Twice the same gross and net are one vote: of a weekly payment, say.
    votes = plausible.sort("row", "units").unique(["net", "units"], keep="first", maintain_order=True)
    padded = votes.select(pl.col("units").list.concat([0] * _MOST_LINES).list.head(_MOST_LINES)).to_series()
    lines_of = padded.list.to_array(_MOST_LINES).to_numpy().reshape(-1, _MOST_LINES)
    sizes = votes["units"].list.len().cast(pl.Int64).to_numpy()
    return _Voters(votes["row"].to_numpy(), votes["net"].to_numpy(), lines_of, sizes)


def _surest(guesses: _Voters) -> LearnedFee | None:
    """The schedule with the votes that are least likely to come together by accident; None where none is sure."""
    best: tuple[float, Fee, frozenset[int], bool] | None = None
    for fee, explained, odds in (*_rated(guesses), *_flat(guesses)):
        seen = frozenset(guesses.row[explained].tolist())
        accidents = odds.log_expected(len(seen))
        sure = len(seen) >= _LEAST_VOTES and accidents <= log(_MOST_ACCIDENTS)
        if sure and (best is None or accidents < best[0]):
            batches = frozenset(guesses.row[explained & (guesses.size > 1)].tolist())
            best = accidents, fee, seen, len(batches) * _BATCH_SHARE >= len(seen)
    if best is None:
        return None
    accidents, fee, seen, in_batches = best
    parts = fee.rate, fee.per_item_cents, 0, fee.per_deposit_cents, fee.rounded
    return LearnedFee(*parts, seen=seen, in_batches=in_batches, accidents=exp(accidents))


@dataclass(frozen=True)
class _Odds:
    """How many votes one schedule gets by accident, and how many schedules there are to get them."""

    votes: float
    schedules: int

    def log_expected(self, votes: int) -> float:
        """The logarithm of how many schedules get so many votes or more by accident, at most: a Poisson tail."""
        if votes <= self.votes:
            return log(self.schedules)
        # The terms of the tail fall at least as fast as a geometric series.
        first = votes * log(self.votes) - self.votes - lgamma(votes + 1)
        return log(self.schedules) + first - log1p(-self.votes / (votes + 1))


def _rated(guesses: _Voters) -> Iterator[tuple[Fee, NDArray[np.bool_], _Odds]]:
    """Each rate with fixed cents that five guesses or more vote for, the simpler readings first."""
    missing, sizes = guesses.gross - guesses.net, np.abs(guesses.gross)
    within = np.flatnonzero(missing <= sizes * _MOST_STEPS // _STEPS + _MOST_FIXED * guesses.size)
    missing, sizes, lines, count = missing[within], sizes[within], np.abs(guesses.lines[within]), guesses.size[within]
    # Any difference is as likely as any other, for one guess: it votes by accident once in so many schedules.
    by_accident = float((1 / (sizes * _MOST_STEPS / _STEPS + _MOST_FIXED)).sum())
    readings = [(cents, by_line) for by_line in (False, True) for cents in sorted({*_FIXED}) if cents or not by_line]
    roundings: tuple[Rounded, ...] = "once", "each_line"
    odds = _Odds(by_accident, len(roundings) * len(readings) * _MOST_STEPS)
    fixed = [cents * (count if by_line else np.ones_like(count)) for cents, by_line in readings]
    likely = [*_likely(missing, sizes, fixed)]
    for rounded in roundings:
        for (cents, by_line), kept, (some, rates) in zip(readings, fixed, likely, strict=True):
            if not len(some):
                continue
            amounts = lines[some] if rounded == "each_line" else sizes[some, None]
            exact = _half_even(amounts * rates[:, None]).sum(axis=1) == missing[some] - kept[some]
            voters, voted = some[exact], rates[exact]
            for step in np.flatnonzero(np.bincount(voted, minlength=1) >= _LEAST_VOTES).tolist():
                item, deposit = (cents, 0) if by_line else (0, cents)
                voting = np.zeros(len(guesses.row), dtype=np.bool_)
                voting[within[voters[voted == step]]] = True
                yield Fee(Decimal(step) / _STEPS, item, 0, deposit, rounded), voting, odds


def _likely(missing: Cents, sizes: Cents, fixed: Sequence[Cents]) -> Iterator[tuple[NDArray[np.intp], Cents]]:
    """For each fixed fee the guesses whose rate, in steps, at least as many have as make a schedule; and the rates."""
    at_once = max(1, _CELLS_AT_ONCE // max(len(missing), 1))
    for start in range(0, len(fixed), at_once):
        rest = missing - np.array(fixed[start : start + at_once])
        steps = (rest * _STEPS + sizes // 2) // np.maximum(sizes, 1)
        possible = (steps > 0) & (steps <= _MOST_STEPS)
        reading = np.arange(len(rest))[:, None] * (_MOST_STEPS + 1)
        number = np.where(possible, steps, 0) + reading
        votes = np.bincount(number[possible], minlength=len(rest) * (_MOST_STEPS + 1))
        for one, rates in zip(possible & (votes[number] >= _LEAST_VOTES), steps, strict=True):
            some = np.flatnonzero(one)
            yield some, rates[some]


def _flat(guesses: _Voters) -> Iterator[tuple[Fee, NDArray[np.bool_], _Odds]]:
    """Each round amount without a rate by which five guesses or more fall short."""
    missing = guesses.gross - guesses.net
    amounts, counts = np.unique(missing[missing <= _MOST_FLAT], return_counts=True)
    for cents in amounts[counts >= _LEAST_VOTES].tolist():
        grain = next((step for step in _FLAT_STEPS if cents % step == 0), None)
        if grain is not None:
            # As round as it are as many others, to which the rest of the round differences is spread.
            among = _MOST_FLAT // grain
            round_ones = (missing <= _MOST_FLAT) & (missing % grain == 0)
            others = int((round_ones & (missing != cents)).sum()) + 1
            yield Fee(Decimal(0), 0, 0, cents), missing == cents, _Odds(others / among, among)


def _half_even(amounts: Cents) -> Cents:
    """Amounts in units of a rate step as cents, halves to the even cent."""
    whole, rest = np.divmod(amounts, _STEPS)
    rounded: Cents = whole + ((2 * rest > _STEPS) | ((2 * rest == _STEPS) & (whole % 2 == 1)))
    return rounded
