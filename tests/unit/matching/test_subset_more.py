"""One line against several: signs, windows, keys, fees and accident, each bound on both of its sides."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
from make_lines import groups, lines, pairs

from recon.matching import Fee, Subset, match

CARD = Fee(Decimal("0.029"), 30, 0)
CERTAIN = {"most_chance": 1.0, "suggest_from": 1.1}  # few lines make every set likely: what is asked here is which one


def summed(left: pl.DataFrame, right: pl.DataFrame, **fields: object) -> dict[str, str]:
    """The groups of one pass and their kinds."""
    return pairs(match(left, right, [Subset("sum", **{**CERTAIN, **fields})]))


def test_a_plain_sum_has_no_cause_and_says_how_rare_it_is() -> None:
    found = match(lines("b 512.87 3"), lines("g1 300.19 3", "g2 212.68 3"), [Subset("sum", **CERTAIN)])
    assert found.groups["cause"].to_list() == [None]
    ((kind, words),) = groups(found).values()
    assert kind == "match"
    assert words.startswith(
        "same date, the sum; 1 against 2 lines; the only set of up to 5 lines; by accident once in "
    )


def test_a_sum_less_the_rated_fee_is_a_match_and_below_the_cap_a_suggestion() -> None:
    right = lines("g1 300.19 3", "g2 212.68 3")
    rated = match(lines("b 497.40 3"), right, [Subset("sum", **CERTAIN, fee=CARD)])
    assert rated.groups["cause"].to_list() == ["fee_netted"]
    ((kind, words),) = groups(rated).values()
    assert kind == "match"
    assert "off by (15.47); fee netted; fee 2.9 % + 0.30 a line; the only set" in words
    capped = match(lines("b 497.87 3"), right, [Subset("sum", **CERTAIN, fee=Fee(Decimal(0), 0, 15_00))])
    assert pairs(capped) == {"b = g1 g2": "suggestion"}


def test_with_one_sign_a_line_of_nothing_is_no_credit() -> None:
    left, right = lines("b -61.77 3"), lines("g1 -31.48 3", "g2 -30.29 3", "g3 0.00 3", "g4 0.00 3")
    found = match(left, right, [Subset("sum", **CERTAIN, one_sign=True, most_pool=2)])
    assert pairs(found) == {"b = g1 g2": "match"}
    nothing = match(lines("b 0.00 3"), lines("g1 5.00 3", "g2 -5.00 3", "g3 0.00 3"), [Subset("sum", one_sign=True)])
    assert pairs(nothing) == {}


def test_a_line_is_set_aside_for_an_equal_one_as_near_as_the_longer_side_of_the_window() -> None:
    parts = ("g1 300.19 14", "g2 212.68 14")
    bank = lines("b 512.87 16")
    # An equal line against the usual order, up to nine days off either way, speaks louder than a sum.
    for day, found in ((7, {}), (25, {}), (6, {"b = g1 g2": "match"}), (26, {"b = g1 g2": "match"})):
        assert summed(bank, lines(*parts, f"g3 512.87 {day}"), before=3, after=9) == found


def test_a_set_is_only_suggested_where_a_line_of_it_has_an_equal_one_that_might_be_its_own() -> None:
    right = lines("g1 300.19 14", "g2 212.68 14")
    for day, kind in ((11, "suggestion"), (17, "suggestion"), (10, "match"), (18, "match")):
        bank = lines("b 512.87 16", f"c 212.68 {day}")
        assert summed(bank, right, before=3, after=0) == {"b = g1 g2": kind}


PAYEE = {"words": True, "before": 3, "after": 3}


def test_two_sets_of_one_payee_that_fit_equally_well_are_asked_about_with_all_lines() -> None:
    left = lines("b 512.87 6 - OAK HILL GARAGE", "c 19.99 6 - ZEBRA FARMS")
    right = lines(
        "g1 300.19 5 - Oak Hill Garage",
        "g2 212.68 5 - Oak Hill Garage",
        "g3 401.55 5 - Oak Hill Garage",
        "g4 111.32 5 - Oak Hill Garage",
        "g5 77.77 5 - Oak Hill Garage",
        "g6 20.01 5 - Zebra Farms",
    )
    found = match(left, right, [Subset("payee", **PAYEE)])
    assert pairs(found) == {"b = g1 g2 g3 g4": "ambiguous"}
    assert found.groups.select("alternatives", "alternatives_exact").rows() == [(1, True)]


def test_equal_lines_of_a_set_that_only_swap_are_all_asked_about() -> None:
    left = lines("b 512.87 6 - OAK HILL")
    right = lines("g1 300.19 5 A Oak Hill", "g2 212.68 5 B Oak Hill", "g3 212.68 5 C Oak Hill")
    assert pairs(match(left, right, [Subset("payee", **PAYEE)])) == {"b = g1 g2 g3": "ambiguous"}


def test_with_one_sign_a_credit_is_no_part_of_a_payment() -> None:
    left, right = lines("b 212.68 3"), lines("g1 512.87 3", "g2 -300.19 3")
    assert summed(left, right) == {"b = g1 g2": "match"}
    assert summed(left, right, one_sign=True) == {}
    for sign in ("", "-"):
        one = lines(f"b {sign}512.87 3")
        parts = lines(f"g1 {sign}300.19 3", f"g2 {sign}212.68 3")
        assert summed(one, parts, one_sign=True) == {"b = g1 g2": "match"}


def test_the_window_counts_its_last_day_on_either_side() -> None:
    for day, found in ((7, {}), (8, {"b = g1 g2": "match"}), (13, {"b = g1 g2": "match"}), (14, {})):
        right = lines(f"g1 300.19 {day}", f"g2 212.68 {day}")
        assert summed(lines("b 512.87 10"), right, before=2, after=3) == found


def test_the_window_is_seen_from_the_left_where_left_lines_are_summed() -> None:
    for day, found in ((7, {}), (8, {"b1 b2 = g": "match"}), (13, {"b1 b2 = g": "match"}), (14, {})):
        left = lines("b1 300.19 10", "b2 212.68 10")
        assert summed(left, lines(f"g 512.87 {day}"), many="left", before=2, after=3) == found


def test_lines_that_lack_what_they_must_share_are_in_no_set() -> None:
    left = lines("b 512.87 3")
    for field in ("reference", "text"):
        same = lines("g1 300.19 3 A Oak", "g2 212.68 4 A Oak")
        other = lines("g1 300.19 3 A Oak", "g2 212.68 4 B Hill")
        none = lines("g1 300.19 3", "g2 212.68 4")
        assert summed(left, same, together=(field,)) == {"b = g1 g2": "match"}
        assert summed(left, other, together=(field,)) == {}
        assert summed(left, none, together=(field,)) == {}


def test_stores_and_currencies_are_never_mixed_in_a_set() -> None:
    left = lines("b 512.87 3").with_columns(key_store=pl.lit("101"))
    right = lines("g1 300.19 3", "g2 212.68 3")
    for stores, found in ((["101", "101"], {"b = g1 g2": "match"}), (["101", "102"], {}), (["102", "102"], {})):
        keyed = right.with_columns(key_store=pl.Series(stores))
        assert summed(left, keyed, agree=("key_store",)) == found
    for money, found in ((["USD", "USD"], {"b = g1 g2": "match"}), (["USD", "CAD"], {}), (["CAD", "CAD"], {})):
        side = right.with_columns(currency=pl.Series(money))
        assert summed(lines("b 512.87 3", currency="USD"), side) == found


def test_words_in_common_join_days_and_the_least_score_counts() -> None:
    left = lines("b 512.87 5 - OAK HILL GARAGE")
    right = lines("g1 300.19 3 - Oak Hill Garage", "g2 212.68 4 - Oak Hill Garage", "g3 99.00 4 - Zebra Farms")
    assert summed(left, right, together=(), words=True, before=5) == {"b = g1 g2": "match"}
    assert summed(left, right, together=(), words=True, before=5, least_text=1.0) == {"b = g1 g2": "match"}
    strange = lines("g1 300.19 3 - Oak Hill Garage", "g2 212.68 4 - Zebra Farms")
    assert summed(left, strange, together=(), words=True, before=5) == {}


def test_a_set_has_no_more_lines_than_allowed_and_a_pool_neither() -> None:
    left, right = lines("b 512.87 3"), lines("g1 300.19 3", "g2 112.01 3", "g3 100.67 3")
    assert summed(left, right, most_lines=3) == {"b = g1 g2 g3": "match"}
    assert summed(left, right, most_lines=2) == {}
    assert summed(left, right, most_pool=3) == {"b = g1 g2 g3": "match"}
    assert summed(left, right, most_pool=2) == {}


def test_a_likely_accident_is_a_suggestion_or_nothing() -> None:
    left, right = lines("b 12.00 3"), lines("g1 5.00 3", "g2 7.00 3", "g3 4.00 3")
    assert summed(left, right, suggest_from=0.01) == {"b = g1 g2": "suggestion"}
    assert summed(left, right) == {"b = g1 g2": "match"}
    assert summed(left, right, most_chance=0.0) == {}


def test_a_rejected_line_is_left_out_of_one_sum_and_not_of_another() -> None:
    left = lines("b1 512.87 3", "b2 412.87 3")
    right = lines("g1 300.19 3", "g2 212.68 3", "g3 200.19 3")
    rejected = pl.DataFrame({"left": ["b1"], "right": ["g1"]})
    assert pairs(match(left, right, [Subset("sum", **CERTAIN)], rejected=rejected)) == {"b2 = g2 g3": "match"}


def test_several_sets_for_one_sum_are_counted() -> None:
    found = match(
        lines("b 512.87 3"),
        lines("g1 300.19 3", "g2 212.68 3", "g3 310.20 3", "g4 202.67 3"),
        [Subset("sum", **CERTAIN)],
    )
    ((name, (kind, words)),) = groups(found).items()
    assert (name, kind) == ("b = g1 g2 g3 g4", "ambiguous")
    assert words.endswith("2 readings sum to the same; the difference is that of all its lines together")
    assert found.groups["alternatives"].to_list() == [1]
