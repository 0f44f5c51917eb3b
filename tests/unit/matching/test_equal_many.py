"""Many lines of one reference and amount: paired day by day, and what was not looked into is said."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from make_lines import left_over, lines, pairs

from recon.matching import Equal, match

REFERENCE = Equal("reference", ("reference",))


def rents(side: str, count: int, *, days: int) -> pl.DataFrame:
    """So many rents of 5.00 under one reference, each with its own text, one day after the other."""
    first = dt.date(2025, 1, 1)
    return lines(*(f"{side}{at} 5.00 {first + dt.timedelta(at % days)} K {side} flat {at}" for at in range(count)))


@pytest.mark.parametrize("count", [700, 1100])
def test_lines_that_are_too_many_to_compare_say_so_and_are_no_sum(count: int) -> None:
    found = match(rents("b", count, days=300), rents("g", count - 1, days=300), [REFERENCE])

    assert found.groups["left_count"].max() in (None, 1)
    assert found.residue_left["counterfactual"].str.contains("search bounded by the pass reference").all()
    assert found.residue_right["counterfactual"].str.contains("search bounded by the pass reference").all()
    even = match(rents("b", count, days=300), rents("g", count, days=300), [REFERENCE])
    assert even.groups["left_count"].max() in (None, 1)


def test_lines_with_one_partner_on_their_own_day_pair_however_many_they_are() -> None:
    found = match(rents("b", 1100, days=1100), rents("g", 1099, days=1100), [REFERENCE])

    assert pairs(found) == {f"b{at} = g{at}": "match" for at in range(1099)}
    assert left_over(found) == ["b1099"]


def test_lines_that_fit_equally_well_say_so() -> None:
    found = match(lines("b 5 2 K Oak"), lines("g1 5 1 K Elm", "g2 5 3 K Ash"), [REFERENCE])

    assert pairs(found) == {}
    for residue in (found.residue_left, found.residue_right):
        assert residue["counterfactual"].str.ends_with("fit equally well in the pass reference").all()
