"""Equal keys: what is needed, what is paired first, and the sum of what is left."""

from __future__ import annotations

import polars as pl
import pytest
from make_lines import groups, left_over, lines, pairs

from recon.matching import Equal, match


@pytest.mark.parametrize("field", ["reference", "text", "date"])
def test_a_line_that_lacks_what_must_be_equal_is_no_candidate(field: str) -> None:
    left, right = lines("b 70 4 K Oak"), lines("g 70 4 K Oak")
    assert pairs(match(left, right, [Equal("equal", (field,))])) == {"b = g": "match"}
    bare = (side.with_columns(pl.lit(None, side.schema[field]).alias(field)) for side in (left, right))
    assert pairs(match(*bare, [Equal("equal", (field,))])) == {}


def test_a_number_of_the_text_is_a_key() -> None:
    left, right = lines("b 70 4 - CHECK 10214 PAID"), lines("g 70 9 - Oak Hill, check 10214")
    assert groups(match(left, right, [Equal("number", ("number",))])) == {
        "b = g": ("match", "same number and amount; 5 days apart")
    }
    assert pairs(match(left, lines("g 70 9 - check 10215"), [Equal("number", ("number",))])) == {}
    assert pairs(match(lines("b 70 4 - Oak"), lines("g 70 4 - Oak"), [Equal("number", ("number",))])) == {}


def test_of_equal_amounts_under_one_key_the_nearest_days_pair() -> None:
    left, right = lines("b1 70 4 K", "b2 70 9 K"), lines("g1 70 8 K", "g2 70 5 K")
    assert pairs(match(left, right, [Equal("equal", ("reference",))])) == {"b1 = g2": "match", "b2 = g1": "match"}


def test_days_bound_pairs_with_their_edge() -> None:
    for day, found in ((11, {"b = g": "match"}), (12, {})):
        assert (
            pairs(match(lines("b 70 4 K"), lines(f"g 70 {day} K"), [Equal("equal", ("reference",), days=7)])) == found
        )


def test_what_stands_on_another_day_says_nothing_where_the_day_must_agree() -> None:
    left, right = lines("b 70 6"), lines("g1 70 6 K rent", "g2 70 4 K rent", "g3 70 6")
    assert pairs(match(left, right, [Equal("day", ("date",))])) == {}  # g1 may copy g2, yet g2 is in no part with b


def test_the_copy_made_next_day_is_left_for_the_original() -> None:
    right = lines("g1 70 3 K Oak", "g2 70 4 K Oak")
    assert left_over(match(lines("b 70 4 K"), right, [Equal("equal", ("reference",), sums=False)])) == ["g2"]


def test_whole_keys_match_as_sums_each_by_itself() -> None:
    left = lines("b1 30 1 K", "b2 50 2 L", "b3 8 2 M")
    right = lines("g1 10 1 K", "g2 20 1 K", "g3 45 2 L", "g4 5 3 L", "g5 9 2 M")
    found = match(left, right, [Equal("equal", ("reference",))])
    assert groups(found) == {
        "b1 = g1 g2": ("match", "same reference and the sum; 1 against 2 lines"),
        "b2 = g3 g4": ("match", "same reference and the sum; 1 against 2 lines; 1 day apart"),
    }
    assert left_over(found) == ["b3", "g5"]


def test_a_sum_that_holds_a_rejected_pair_is_none() -> None:
    left, right = lines("b1 30 1 K", "b2 30 1 L"), lines("g1 10 1 K", "g2 20 1 K", "g3 10 1 L", "g4 20 1 L")
    rejected = pl.DataFrame({"left": ["b1"], "right": ["g2"]})
    found = match(left, right, [Equal("equal", ("reference",))], rejected=rejected)
    assert pairs(found) == {"b2 = g3 g4": "match"}


def test_keys_are_named_without_their_prefix() -> None:
    left, right = (lines(f"{name} 70 4").with_columns(key_store=pl.lit("101")) for name in ("b", "g"))
    assert groups(match(left, right, [Equal("equal", ("key_*", "date"))]))["b = g"][1] == "same store, date and amount"
