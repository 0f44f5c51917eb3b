"""Which lines a rare word brings together: how rare, and within how many days."""

from __future__ import annotations

import polars as pl
import pytest
from make_lines import lines

from recon.matching.lines import spoken
from recon.matching.texts import learn
from recon.matching.worded import RARE_LINES, worded_pairs


def met(ones: pl.DataFrame, others: pl.DataFrame, *, before: int = 2, after: int = 3) -> list[tuple[int, int]]:
    """The places of the pairs."""
    vocabulary = learn(spoken(ones), spoken(others))
    return worded_pairs(ones, others, vocabulary, window=(before, after)).rows()


@pytest.mark.parametrize(("day", "found"), [(7, []), (8, [(0, 0)]), (13, [(0, 0)]), (14, [])])
def test_the_window_counts_its_last_day_on_either_side(day: int, found: list[tuple[int, int]]) -> None:
    assert met(lines("b 1 10 - Zebra"), lines(f"g 1 {day} - Zebra")) == found


def test_a_line_without_a_date_or_without_the_word_meets_nobody() -> None:
    ones = lines("b1 1 - - Zebra", "b2 1 10 - Oak", "b3 1 10 - Zebra")
    assert met(ones, lines("g1 1 10 - Zebra", "g2 1 - - Zebra", "g3 1 10 - Hill")) == [(2, 0)]


def test_a_word_of_sixty_lines_in_one_stretch_is_rare_and_of_one_more_is_not() -> None:
    one = lines("b 1 10 - Zebra", *(f"x{at} 1 10 - Oak" for at in range(2 * RARE_LINES)))
    for count, pairs in ((RARE_LINES, RARE_LINES), (RARE_LINES + 1, 0)):
        many = lines(*(f"g{at} {at + 1} 10 - Zebra {at}" for at in range(count)))
        assert len(met(one, many)) == pairs
        assert len(met(many, one)) == pairs
    apart = lines(*(f"g{at} 1 {1 + at % 28} - Zebra {at}" for at in range(2 * RARE_LINES)))
    assert met(one, apart) != []  # spread over the month no stretch has so many
