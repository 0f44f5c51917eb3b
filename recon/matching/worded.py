"""Pairs of lines that share a word which is rare around their days: what common words cannot bring together."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recon.matching.lines import spoken
from recon.matching.repeated import distinct
from recon.matching.texts import Positions, Vocabulary, number_texts, rare_words, score_numbers

RARE_LINES = 60  # lines of a side on which a word may stand, within one window, and still bring lines together
_STRETCHES = 2**24  # more than there are stretches of days


def worded_pairs(
    ones: pl.DataFrame, others: pl.DataFrame, vocabulary: Vocabulary, *, window: tuple[int, int]
) -> pl.DataFrame:
    """one, other: places in the two frames, each pair once, by place, whose texts share a rare word or number.

    The other date is at most `window[0]` days earlier and `window[1]` days later. A word is rare where at most
    RARE_LINES lines of either side have it in any stretch of days as long as the window, so that more months
    make no word more common. Lines without a date meet nobody.

    Time and memory grow with the pairs: at most RARE_LINES times the words of the lines.
    """
    said = number_texts(vocabulary, spoken(ones), spoken(others))
    return _met(ones, others, said, window)


def alike_pairs(
    ones: pl.DataFrame,
    others: pl.DataFrame,
    vocabulary: Vocabulary,
    *,
    window: tuple[int, int],
    least: float,
    agree: Sequence[str] = (),
) -> pl.DataFrame:
    """What `worded_pairs` gives, of lines equal in `agree`, nulls too, and of texts that score `least` or more."""
    said = number_texts(vocabulary, spoken(ones), spoken(others))
    met = _met(ones, others, said, window)
    for name in agree:
        met = met.filter(ones[name].gather(met["one"]).eq_missing(others[name].gather(met["other"])))
    vocabulary, (left, right) = said
    score = score_numbers(vocabulary, left[met["one"].to_numpy()], right[met["other"].to_numpy()])
    return met.filter(pl.Series(score) >= least)


def _met(
    ones: pl.DataFrame, others: pl.DataFrame, said: tuple[Vocabulary, list[Positions]], window: tuple[int, int]
) -> pl.DataFrame:
    before, after = window
    width = before + after + 1
    words = rare_words(*said)
    one, other = (_heard(lines, heard, width) for lines, heard in zip((ones, others), words, strict=True))
    # A window of so many days reaches into one stretch more, before or behind its own.
    first, last = (pl.col("day") - before) // width, (pl.col("day") + after) // width
    asked = pl.concat(
        [
            one.select("row", "day", at=_in_stretch(first)),
            one.filter(first != last).select("row", "day", at=_in_stretch(last)),
        ]
    )
    pairs = asked.join(other.select("row", "day", "at"), on="at", suffix="_other")
    near = pairs.filter((pl.col("day_other") - pl.col("day")).is_between(-before, after))
    both = distinct(near["row"] * others.height + near["row_other"])
    return pl.DataFrame({"one": both // others.height, "other": both % others.height})


def _heard(lines: pl.DataFrame, words: pl.DataFrame, width: int) -> pl.DataFrame:
    """row, token, day, at: of the words of dated lines those that few of them say within one stretch of days."""
    day = lines["date"].to_physical().cast(pl.Int64).gather(words["row"])
    words = words.hstack([day.alias("day")])
    words = words.drop_nulls("day") if day.null_count() else words
    return words.with_columns(at=_in_stretch(pl.col("day") // width)).filter(pl.len().over("at") <= RARE_LINES)


def _in_stretch(stretch: pl.Expr) -> pl.Expr:
    """One number for a token in a stretch of days."""
    return pl.col("token") * _STRETCHES + stretch
