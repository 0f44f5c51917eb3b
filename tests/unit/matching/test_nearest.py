"""Equal amounts within days: the usual order counts, and a day against it counts twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import polars as pl
from make_lines import groups, lines, pairs

from recon.matching import Equal, Nearest, match


def nearest(before: int, after: int) -> Nearest:
    return Nearest("near", before=before, after=after)


def test_of_two_equal_lines_the_nearer_is_taken() -> None:
    bank = lines("b1 -496.00 9 - Orchards")
    book = lines("g1 -496.00 7 - Orchards apples", "g2 -496.00 4 - Orchards pears")

    assert pairs(match(bank, book, [nearest(12, 3)])) == {"b1 = g1": "match"}


def test_where_the_ledger_books_first_a_line_booked_later_is_the_farther_one() -> None:
    bank = lines("b1 -496.00 7 - Orchards")
    book = lines("g1 -496.00 3 - Orchards apples", "g2 -496.00 10 - Orchards pears")

    assert pairs(match(bank, book, [nearest(12, 3)])) == {"b1 = g1": "match"}
    assert pairs(match(bank, book, [nearest(12, 12)])) == {"b1 = g2": "suggestion"}  # a day is no proof


def test_where_the_bank_comes_first_the_order_counts_the_other_way_round() -> None:
    bank = lines("b1 -496.00 7 - Orchards")
    book = lines("g1 -496.00 4 - Orchards apples", "g2 -496.00 11 - Orchards pears")

    assert pairs(match(bank, book, [nearest(3, 12)])) == {"b1 = g2": "match"}


def test_a_line_left_over_that_is_nearly_as_near_makes_the_nearer_one_a_suggestion() -> None:
    bank = lines("b1 -496.00 9 - -")
    book = lines("g1 -496.00 7 - Orchards apples", "g2 -496.00 6 - Orchards pears")

    found = groups(match(bank, book, [nearest(12, 3)]))["b1 = g1"]
    assert found[0] == "suggestion"
    assert found[1].endswith("2 days apart, a line that is left over would do nearly as well")
    assert pairs(match(bank, book, [replace(nearest(12, 3), clear=6)])) == {"b1 = g1": "match"}


def test_of_two_bills_of_one_amount_that_a_party_sent_within_days_the_earlier_is_paid_first() -> None:
    bank = lines("b1 -496.00 9 - Orchards")
    book = lines("g1 -496.00 6 INV-1 Orchards apples", "g2 -496.00 9 INV-7 Orchards apples")

    assert pairs(match(bank, book, [nearest(12, 3)])) == {"b1 = g1": "suggestion"}
    both = lines("b1 -496.00 9 - Orchards", "b2 -496.00 12 - Orchards")
    assert pairs(match(both, book, [nearest(12, 3)])) == {"b1 = g1": "match", "b2 = g2": "match"}


def test_one_line_that_four_would_fit_as_well_is_asked_about_with_all_four() -> None:
    bank = lines("b1 -496.00 7 - -")
    book = lines(*(f"g{at} -496.00 7 - Orchards {word}" for at, word in enumerate(["pears", "figs", "plums", "nuts"])))

    found = groups(match(bank, book, [nearest(3, 3)]))
    assert [*found] == ["b1 = g0 g1 g2 g3"]
    assert found["b1 = g0 g1 g2 g3"][1].endswith(
        "1 against 4 lines; 4 readings fit equally well; the difference is that of all its lines together"
    )


def of_others(lefts: int, rights: int) -> tuple[object, ...]:
    """What is told of so many equal amounts of either side whose texts have nothing in common."""
    bank = lines(*(f"b{at} -496.00 7 - L{at}x" for at in range(lefts)))
    book = lines(*(f"g{at} -496.00 7 - R{at}y" for at in range(rights)))
    (found,) = match(bank, book, [nearest(3, 3)]).groups.rows(named=True)
    words = next(part for part in found["explanation"].split("; ") if "readings" in part)
    return found["alternatives"], found["alternatives_exact"], words


def test_lines_that_all_fit_each_other_have_as_many_readings_as_there_are_ways_to_pair_them() -> None:
    assert of_others(2, 2) == (1, True, "2 readings fit equally well")
    assert of_others(2, 3) == (5, True, "6 readings fit equally well")
    assert of_others(5, 5) == (119, True, "120 readings fit equally well")
    assert of_others(12, 12) == (479_001_599, True, "479,001,600 readings fit equally well")
    told = "at least 1,000,000,000,000,000,000 readings fit equally well"
    assert of_others(30, 30) == (10**18 - 1, False, told)


def test_readings_that_nobody_counted_are_told_as_so_many_at_least() -> None:
    bank = lines("b1 -496.00 1 - Ash", "b2 -496.00 5 - Elm")
    book = lines("g1 -496.00 3 - Fir", "g2 -496.00 3 - Yew", "g3 -496.00 7 - Oak")

    (words,) = match(bank, book, [nearest(3, 3)]).groups["explanation"].to_list()
    assert "at least 3 readings fit equally well" in words


def test_three_lines_that_fit_one_as_well_are_asked_about_with_all_three() -> None:
    bank = lines(*(f"b{at} -496.00 7 - Orchards {word}" for at, word in enumerate(["pears", "figs", "plums"])))
    book = lines("g1 -496.00 7 - -")

    found = match(bank, book, [nearest(3, 3)]).groups.row(0, named=True)
    assert (found["left_count"], found["alternatives"], found["alternatives_exact"]) == (3, 2, True)
    assert found["explanation"].endswith(
        "3 against 1 lines; 3 readings fit equally well; the difference is that of all its lines together"
    )


def test_three_equal_lines_against_three_and_one_more_as_good_are_asked_about_in_any_order() -> None:
    bank = lines("b1 1.00 1", "b2 1.00 1", "b3 1.00 1")
    book = lines("g1 1.00 1", "g2 1.00 1", "g3 1.00 1", "g4 1.00 1 - Acme")
    passes = [Equal("day", ("date",)), nearest(2, 2)]

    for rows in permutations(range(4)):
        assert pairs(match(bank, book[list(rows)], passes)) == {"b1 b2 b3 = g1 g2 g3 g4": "ambiguous"}


def test_a_question_that_would_hold_a_rejected_pair_is_left_open_and_no_later_pass_decides_it() -> None:
    bank = lines("b1 10.00 1 - a", "b2 10.00 2 - b", "b3 10.00 3 - c")
    book = lines("g1 10.00 1 - p", "g2 10.00 2 - q", "g3 10.00 3 - r")
    passes = [Nearest("near", before=5, after=5, margin=12), Nearest("window", before=2, after=2, margin=1)]
    rejected = pl.DataFrame({"left": ["b1"], "right": ["g3"]})

    assert pairs(match(bank, book, passes)) == {"b1 b2 b3 = g1 g2 g3": "ambiguous"}
    found = match(bank, book, passes, rejected=rejected)
    assert pairs(found) == {}
    words = "it is one of 3 against 3 lines that several readings fit, of which a person told two apart"
    assert all(words in said for side in (found.residue_left, found.residue_right) for said in side["counterfactual"])
