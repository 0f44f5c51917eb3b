"""The lines nearest to a line in some respect: the same document, the same amount, a likely miswriting, a rare word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.matching.amounts import Cents
from recon.matching.repeated import distinct, group_numbers

Places = NDArray[np.int64]

# Of the other side: beyond, somebody's matched line has nearly every amount, so that only open lines tell by theirs.
FEW_LINES = 100_000
_SMALLEST_WRITTEN = 10  # units: a single digit is nobody's miswriting
_COMMON_LINES = 50  # of either side: a word of more lines names nobody
_LETTERS = 6  # of a word that count: banks cut them
_SHORTEST_WORD = 4
_PLACES = 2**32  # more than a side has
_NEAREST = {"asked": pl.UInt32, "place": pl.UInt32}


def nearest_in_groups(
    asked: pl.DataFrame,
    among: pl.DataFrame,
    on: Sequence[str],
    apart: pl.DataFrame | None = None,
    *,
    value: str = "value",
) -> pl.DataFrame:
    """asked, place: for each row asked for, the line that equals it in `on`, nulls too, and has the nearest value.

    `asked` has columns asked, those of `on` and the one that `value` names, of whole numbers; `among` has place instead
    of asked. Of several that are as near, the first one of `among`: see `preferred`. The pairs of `apart` (asked,
    place) are passed over. Rows without any are left out.

    O((n + m) log m), and as much again for each pair that one row passes over.
    """
    if not asked.height or not among.height:
        return pl.DataFrame(schema=_NEAREST)
    goal_group, group = group_numbers(asked, among, on)
    is_asked = np.zeros(max(goal_group.max(), group.max()) + 1, dtype=np.bool_)
    is_asked[goal_group] = True
    alike = np.flatnonzero(is_asked[group])
    if not len(alike):
        return pl.DataFrame(schema=_NEAREST)
    group, place = group[alike], among["place"]
    values = among[value].gather(alike).cast(pl.Int64).to_numpy()
    levels, level = np.unique(values, return_inverse=True)
    width = len(levels) + 1
    order = np.argsort(group * width + level, kind="stable")
    key = (group * width + level)[order]
    goal = asked[value].cast(pl.Int64).to_numpy()
    above = np.searchsorted(key, goal_group * width + np.searchsorted(levels, goal), "left")
    begins = np.arange(len(key))  # of the lines of one value: where the first of them stands
    begins[1:][key[1:] == key[:-1]] = 0
    begins = np.maximum.accumulate(begins)
    below = np.where(above > 0, begins[np.maximum(above - 1, 0)], -1)
    barred = _Barred(asked["asked"].to_numpy(), place.to_numpy()[alike][order], apart)
    above, below = barred.next_above(above), barred.next_below(below, key)
    gaps = []
    for at in (above, below):
        inside = (at >= 0) & (at < len(key))
        line = order[np.clip(at, 0, len(key) - 1)]
        fits = inside & (group[line] == goal_group)
        gaps.append((line, np.where(fits, np.abs(values[line] - goal), np.iinfo(np.int64).max)))
    (first, gap), (second, other_gap) = gaps
    line = np.where((other_gap < gap) | ((other_gap == gap) & (second < first)), second, first)
    known = np.minimum(gap, other_gap) < np.iinfo(np.int64).max
    return pl.DataFrame({"asked": asked["asked"].filter(pl.Series(known)), "place": place.gather(alike[line[known]])})


def preferred(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines, of several that are as near the better one first: the open ones, each by `rank`."""
    return lines.sort(~pl.col("open"), "rank")


def ranks(lines: pl.DataFrame) -> pl.Series:
    """The place of each line in the order of the ids, where a longer id is a later one: L9 before L10."""
    name = pl.col("id").cast(pl.String)
    order = lines.select(pl.arg_sort_by(name.str.len_chars(), name)).to_series().to_numpy()
    rank = np.empty(len(order), dtype=np.uint32)
    rank[order] = np.arange(len(order), dtype=np.uint32)
    return pl.Series("rank", rank)


class _Barred:
    """Steps over the lines that a person told apart from the line asked for, in the order of a sorted key."""

    def __init__(self, asked: NDArray[np.uint32], places: NDArray[np.uint32], apart: pl.DataFrame | None) -> None:
        self.asked, self.places = asked.astype(np.int64), places.astype(np.int64)
        pairs = pl.DataFrame(schema=_NEAREST) if apart is None else apart
        one, other = (pairs[name].to_numpy().astype(np.int64) for name in ("asked", "place"))
        self.width = int(max(self.places.max(initial=0), other.max(initial=0))) + 1
        self.pairs = one * self.width + other

    def _is_barred(self, at: Places) -> NDArray[np.bool_]:
        inside = (at >= 0) & (at < len(self.places))
        place = self.places[np.clip(at, 0, len(self.places) - 1)]
        found: NDArray[np.bool_] = inside & np.isin(self.asked * self.width + place, self.pairs)
        return found

    def next_above(self, at: Places) -> Places:
        """The first position at or behind each that is not told apart from its line."""
        while len(self.pairs) and (barred := self._is_barred(at)).any():
            at = at + barred
        return at

    def next_below(self, at: Places, key: Places) -> Places:
        """The same before it: the lines of one value in their order, then those of the value before; or -1."""
        while len(self.pairs) and (barred := self._is_barred(at)).any():
            here = key[np.maximum(at, 0)]
            behind = np.minimum(at + 1, len(key) - 1)
            same = (at + 1 < len(key)) & (key[behind] == here)
            start = np.searchsorted(key, here, "left") - 1
            before = np.where(start >= 0, np.searchsorted(key, key[np.maximum(start, 0)], "left"), -1)
            at = np.where(barred, np.where(same, behind, before), at)
        return at


def candidates(
    asked: pl.DataFrame, among: pl.DataFrame, *, days: int, apart: pl.DataFrame | None = None
) -> pl.DataFrame:
    """asked, place, named: the pairs worth a look, each once: nearest by document, amount, miswriting, word and day.

    `asked` and `among` are working lines with their number (`asked`, `place`), their `day` as a whole number
    and whether they are `open`, those of `among` also with their `rank`. `days` bounds where other amounts are
    looked for. A line that names no currency, and for it one that does, is looked for under the same amount alone.
    `named` is true where a word that few open lines have stands in both texts. No pair of `apart` (asked, place) is
    among them.
    """
    width = 2 * days + 1
    off = pl.Series(np.repeat(np.arange(-days, days + 1), asked.height))
    around = pl.concat([asked[["asked", "units", "currency", "day"]]] * width).with_columns(pl.col("day") + off)
    among = preferred(among)
    still_open = among.filter("open")
    telling = among if among.height <= FEW_LINES else still_open
    of_amount = (still_open,) if telling is still_open else (still_open, telling)
    searches = (
        *((asked, others, "day", ("units", "currency")) for others in of_amount),
        (asked.drop_nulls("reference"), among, "units", ("reference", "currency")),
        (_miswritten(asked), telling, "day", ("units", "currency")),
        (around, telling, "units", ("day", "currency")),
        (asked, still_open, "units", ("currency",)),
        *_across_currencies(asked, among),
    )
    found = [nearest_in_groups(some, others, on, apart, value=value) for some, others, value, on in searches]
    asked_words, words = _rare_words(asked, "asked"), _rare_words(still_open, "place")
    if not asked_words.height or not among.height:
        return _each_once(found).with_columns(named=pl.lit(False))
    one = asked_words.join(asked[["asked", "currency", "units"]], on="asked")
    other = still_open[["place", "currency", "units"]].join(words, on="place", maintain_order="left")
    counted = one.join(words.group_by("word").len(), on="word")
    rarest = counted.sort("asked", "len", "word").unique("asked", keep="first")
    found.append(nearest_in_groups(rarest, other, ("word", "currency"), apart, value="units"))
    pairs = _each_once(found)
    shown = _words(among.join(pairs.select("place").unique(), on="place", how="semi"), "place")
    named = pairs.join(asked_words, on="asked").join(shown, on=("place", "word"), how="semi").select("asked", "place")
    return pairs.join(named.unique().with_columns(named=pl.lit(True)), on=("asked", "place"), how="left").with_columns(
        pl.col("named").fill_null(False)
    )


def _each_once(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """asked, place: the pairs in order; two numbers made one sort in a fraction of the time and memory."""
    both = pl.concat(found).select(pair=pl.col("asked").cast(pl.UInt64) * _PLACES + pl.col("place")).to_series()
    once = distinct(both).to_frame()
    return once.select(asked=pl.col("pair") // _PLACES, place=pl.col("pair") % _PLACES).cast(_NEAREST)  # type: ignore[arg-type]


def _across_currencies(
    asked: pl.DataFrame, among: pl.DataFrame
) -> list[tuple[pl.DataFrame, pl.DataFrame, str, tuple[str, ...]]]:
    """The searches for the same amount where one of two lines names a currency and the other names none."""
    found: list[tuple[pl.DataFrame, pl.DataFrame, str, tuple[str, ...]]] = []
    if not asked["currency"].null_count() and not among["currency"].null_count():
        return found
    for mine, theirs in ((True, False), (False, True)):
        some, others = (
            side.filter(pl.col("currency").is_null() == none) for side, none in ((asked, mine), (among, theirs))
        )
        found.append((some, others.filter("open"), "day", ("units",)))
        found.append((some.drop_nulls("reference"), others, "day", ("units", "reference")))
    return found


def _miswritten(asked: pl.DataFrame) -> pl.DataFrame:
    """The lines under every amount that theirs might stand for: digits swapped, point slipped, sign flipped."""
    units = asked["units"].to_numpy()
    number = asked["asked"].to_numpy()
    numbers, writings = [], []
    for other in _writings(units):
        kept = (np.abs(units) >= _SMALLEST_WRITTEN) & (other != units) & (other != 0)
        numbers.append(number[kept])
        writings.append(other[kept])
    written = pl.DataFrame({"asked": np.concatenate(numbers), "units": np.concatenate(writings)})
    return written.join(asked.select("asked", "day", "currency"), on="asked")


def _writings(units: Cents) -> Iterator[Cents]:
    size, sign = np.abs(units), np.sign(units)
    yield -units
    for power in (10, 100):
        yield units * power
        yield sign * (size // power)
    for place in range(len(str(int(size.max(initial=0))))):
        low = 10**place
        yield sign * (size + (size // low % 10 - size // (10 * low) % 10) * 9 * low)


def _words(lines: pl.DataFrame, number: str) -> pl.DataFrame:
    """number, word: the words of each text, cut to six letters, each once."""
    plain = pl.col("text").str.to_uppercase().str.extract_all(rf"\p{{L}}{{{_SHORTEST_WORD},}}")
    return (
        lines.select(number, word=plain)
        .explode("word")
        .drop_nulls("word")
        .with_columns(pl.col("word").str.head(_LETTERS))
        .unique()
    )


def _rare_words(lines: pl.DataFrame, number: str) -> pl.DataFrame:
    """Words that few of the lines have: number, word."""
    words = _words(lines, number)
    return words.filter(pl.len().over("word") <= _COMMON_LINES)
