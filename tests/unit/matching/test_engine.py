from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl
import pytest
from make_lines import groups, left_over, lines, pairs

from recon.errors import ConfigError, DataError, InvariantBroken
from recon.matching import Claims, Equal, Nearest, Open, Reversed, claims_of, match

REFERENCE = Equal("reference", ("reference",))
WINDOW = Nearest("window", before=3, after=3)


def test_one_reference_and_amount_is_a_match_with_its_days():
    matched = match(lines("b 12.00 3 INV-7"), lines("g 12.00 1 inv7"), [REFERENCE])
    assert groups(matched) == {"b = g": ("match", "same reference and amount; 2 days apart")}
    assert matched.groups["days_apart"].to_list() == [-2]
    assert matched.groups["difference"].to_list() == [Decimal("0.00")]


def test_equal_keys_do_not_pair_by_the_order_of_rows():
    matched = match(lines("b1 10 1 K", "b2 20 1 K"), lines("g1 20 1 K", "g2 30 1 K"), [REFERENCE])
    assert pairs(matched) == {"b2 = g1": "match"}
    assert left_over(matched) == ["b1", "g2"]


def test_all_lines_of_a_reference_match_as_a_sum_never_in_part():
    left, right = lines("b 30 1 K"), lines("g1 10 1 K", "g2 20 1 K")
    assert groups(match(left, right, [REFERENCE])) == {
        "b = g1 g2": ("match", "same reference and the sum; 1 against 2 lines")
    }
    assert pairs(match(left, lines("g1 10 1 K", "g2 20 1 K", "g3 5 1 K"), [REFERENCE])) == {}
    assert pairs(match(left, right, [Equal("reference", ("reference",), sums=False)])) == {}


def test_a_sum_wider_than_its_days_is_none():
    left, right = lines("b 30 9 K"), lines("g1 10 1 K", "g2 20 9 K")
    assert pairs(match(left, right, [Equal("reference", ("reference",), days=7)])) == {}
    assert pairs(match(left, right, [Equal("reference", ("reference",), days=8)])) == {"b = g1 g2": "match"}


def test_a_later_pass_sees_only_the_residue():
    left, right = lines("b1 10 1 K", "b2 10 2"), lines("g1 10 1 K", "g2 10 2 X")
    matched = match(left, right, [REFERENCE, Nearest("window", after=3)])
    assert matched.groups["pass"].to_list() == ["reference", "window"]
    assert pairs(matched) == {"b1 = g1": "match", "b2 = g2": "match"}


def test_another_currency_never_matches():
    assert pairs(match(lines("b 10 1 K", currency="USD"), lines("g 10 1 K", currency="CAD"), [REFERENCE])) == {}


def test_numbers_with_leading_zeros_are_one_reference():
    assert pairs(match(lines("b 10 1 0010234"), lines("g 10 1 10234"), [REFERENCE])) == {"b = g": "match"}


def test_integer_cents_are_matched_as_they_are():
    left = pl.DataFrame({"id": [1], "amount": [1200], "reference": ["K"]})
    right = pl.DataFrame({"id": [7], "amount": [1200], "reference": ["K"]})
    matched = match(left, right, [REFERENCE])
    assert matched.matches["id"].to_list() == [1, 7]
    assert matched.groups["difference"].to_list() == [0]


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (pl.DataFrame({"id": ["a"]}), "column that matching needs"),
        (pl.DataFrame({"id": ["a"], "amount": [1.0]}), "never another type"),
        (pl.DataFrame({"id": ["a", "a"], "amount": [1, 2]}), "two lines of one side"),
        (pl.DataFrame({"id": ["a", None], "amount": [1, 2]}), "has no id"),
        (pl.DataFrame({"id": ["a"], "amount": [None]}, schema_overrides={"amount": pl.Int64}), "amount is missing"),
        (pl.DataFrame({"id": ["a"], "amount": [1], "date": ["2026-07-01"]}), "another type"),
    ],
)
def test_a_side_that_cannot_be_matched_is_named(frame, sentence):
    good = pl.DataFrame({"id": ["x"], "amount": [1]})
    with pytest.raises(DataError, match=sentence):
        match(frame, good, [REFERENCE])


def test_decimals_on_one_side_and_integers_on_the_other_are_refused():
    with pytest.raises(DataError, match="same type"):
        match(pl.DataFrame({"id": ["x"], "amount": [1]}), lines("g 1 1"), [REFERENCE])


def test_a_pass_on_a_key_that_one_side_lacks_is_refused():
    with pytest.raises(ConfigError, match="do not both have"):
        match(lines("b 1 1"), lines("g 1 1"), [Equal("store", ("key_store",))])


def test_two_passes_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="one name"):
        match(lines("b 1 1"), lines("g 1 1"), [REFERENCE, REFERENCE])


def test_a_rejected_pair_never_returns_and_the_next_best_is_found():
    left, right = lines("b 10 5"), lines("g1 10 5", "g2 10 3")
    window = Nearest("window", before=3, after=3)
    assert pairs(match(left, right, [window])) == {"b = g1": "match"}
    rejected = pl.DataFrame({"left": ["b"], "right": ["g1"]})
    assert pairs(match(left, right, [window], rejected=rejected)) == {"b = g2": "match"}
    whole = match(lines("b 30 1 K"), lines("g1 10 1 K", "g2 20 1 K"), [REFERENCE], rejected=rejected)
    assert pairs(whole) == {}


@dataclass(frozen=True)
class SameCents:
    """A custom pass in ten lines: pairs of lines whose cents after the point are equal, in the order of rows."""

    name: str = "cents"
    agree: tuple[str, ...] = ()

    def find(self, seen: Open) -> Claims:
        sides = (frame.with_columns(cents=pl.col("units") % 100) for frame in (seen.left, seen.right))
        left, right = (side.unique("cents", keep="none") for side in sides)
        return claims_of(left.join(right, on="cents").select(left="row", right="row_right"))


def test_a_custom_pass_takes_part_like_any_other():
    matched = match(lines("b1 10.37 1", "b2 5 1"), lines("g1 99.37 1", "g2 5 1"), [Nearest("window"), SameCents()])
    assert pairs(matched) == {"b1 = g1": "match", "b2 = g2": "match"}
    assert matched.groups["difference"].to_list() == [Decimal("-89.00"), Decimal("0.00")]


@dataclass(frozen=True)
class Greedy:
    name: str = "greedy"
    agree: tuple[str, ...] = ()

    def find(self, seen: Open) -> Claims:
        return claims_of(seen.left.select(left="row", right=pl.lit(0, pl.UInt32)))


def test_a_pass_that_claims_a_line_twice_is_our_bug():
    with pytest.raises(InvariantBroken, match="claimed twice"):
        match(lines("b1 1 1", "b2 1 1"), lines("g 1 1"), [Greedy()])


def test_groups_of_one_side_are_named_apart_from_those_of_the_other():
    left = lines("1 3120.55 8 - Harbor", "2 5 9")
    right = lines("1 -402.60 4 10232 Check", "2 402.60 8 10232 VOID Check", "3 3120.55 8 - Harbor")
    matched = match(left, right, [WINDOW, Reversed("void", days=30)])
    assert matched.groups["match_id"].to_list() == ["M:1", "MR:1"]
    assert "void" in matched.explain("1", "right")
    assert "3,120.55" not in matched.explain("1", "right")


def test_entries_that_balance_are_no_evidence_by_their_sum():
    small = lines("a 100 1 JE1", "b -100 1 JE1")
    large = lines("c 1000 1 JE1", "d -1000 1 JE1")
    assert pairs(match(small, large, [REFERENCE])) == {}


def test_an_amount_too_large_to_be_added_is_refused():
    huge = pl.DataFrame({"id": ["a"], "amount": [2**61]})
    with pytest.raises(DataError, match="too large"):
        match(huge, huge, [REFERENCE])


def test_a_side_that_names_no_currency_says_nothing_of_it():
    left = lines("b 10 1 K", currency=" usd")
    assert pairs(match(left, lines("g 10 1 K"), [REFERENCE])) == {"b = g": "match"}
    assert pairs(match(left, lines("g 10 1 K", currency="USD"), [REFERENCE])) == {"b = g": "match"}


def test_ids_of_two_types_are_compared_as_text():
    left = pl.DataFrame({"id": [1], "amount": [5], "reference": ["K"]}, schema_overrides={"amount": pl.UInt8})
    right = pl.DataFrame({"id": ["x"], "amount": [5], "reference": ["K"]})
    assert match(left, right, [REFERENCE]).matches["id"].to_list() == ["1", "x"]


def test_a_placeholder_is_no_reference():
    assert pairs(match(lines("b 10 1 N/A"), lines("g 10 2 n/a"), [REFERENCE])) == {}


@pytest.mark.parametrize(("one", "other"), [("INV1001", "INV1003"), ("INV1", "INV99"), ("1000", "10001234")])
def test_the_neighbour_of_a_number_is_not_its_misspelling(one, other):
    matched = match(lines(f"b 500 1 {one}"), lines(f"g 500 1 {other}"), [WINDOW])
    assert "misspelt" not in matched.groups["explanation"].str.join("").item()
