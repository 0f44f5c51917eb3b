"""Pairs of lines that share a word which is rare around their days: what common words cannot bring together."""

from __future__ import annotations

import polars as pl

from recon.matching.lines import spoken
from recon.matching.repeated import distinct
from recon.matching.texts import Vocabulary, rare_tokens

RARE_LINES = 60  # lines of a side on which a word may stand, within one window, and still bring lines together


def worded_pairs(
    ones: pl.DataFrame, others: pl.DataFrame, vocabulary: Vocabulary, *, window: tuple[int, int]
) -> pl.DataFrame:
    """one, other: places in the two frames, each pair once, by place, whose texts share a rare word or number.

    The other date is at most `window[0]` days earlier and `window[1]` days later. A word is rare where at most
    RARE_LINES lines of either side have it in any stretch of days as long as the window, so that more months
    make no word more common. Lines without a date meet nobody.

    Time and memory grow with the pairs: at most RARE_LINES times the words of the lines.
    """
    before, after = window
    width = before + after + 1
    words = rare_tokens(vocabulary, spoken(ones), spoken(others))
    one, other = (_heard(lines, said, width) for lines, said in zip((ones, others), words, strict=True))
    # A window of so many days reaches into one stretch more, before or behind its own.
    first, last = (pl.col("day") - before) // width, (pl.col("day") + after) // width
    asked = pl.concat([one.with_columns(stretch=first), one.with_columns(stretch=last).filter(first != last)])
    pairs = asked.join(other, on=["token", "stretch"], suffix="_other")
    near = pairs.filter((pl.col("day_other") - pl.col("day")).is_between(-before, after))
    both = distinct(near["row"] * others.height + near["row_other"])
    return pl.DataFrame({"one": both // others.height, "other": both % others.height})


def _heard(lines: pl.DataFrame, words: pl.DataFrame, width: int) -> pl.DataFrame:
    """row, token, day, stretch: of the words of dated lines those that few of them say within one stretch of days."""
    day = lines["date"].to_physical().gather(words["row"])
    words = words.hstack([day.alias("day"), (day // width).alias("stretch")]).drop_nulls("day")
    return words.filter(pl.len().over("token", "stretch") <= RARE_LINES)
