"""A line that repeats on both sides is no doubt, and a pair that is only suggested says what speaks against it."""

from __future__ import annotations

from make_lines import groups, lines, pairs

from recon.matching import Nearest, match

WORDS = Nearest("window", after=1, texts=True)


def test_a_purchase_of_every_day_on_both_sides_is_matched_on_every_day():
    left = lines(*(f"b{day} 5.00 {day} - COFFEE HOUSE" for day in range(1, 6)))
    right = lines(*(f"g{day} 5.00 {day + 1} - COFFEE HOUSE" for day in range(1, 6)))
    assert pairs(match(left, right, [WORDS])) == {f"b{day} = g{day}": "match" for day in range(1, 6)}


def test_of_an_entry_made_twice_on_one_side_the_first_is_the_original():
    left = lines("b1 5.00 1 - COFFEE HOUSE", "b2 5.00 2 - COFFEE HOUSE")
    assert list(pairs(match(left, lines("g1 5.00 2 - COFFEE HOUSE"), [WORDS]))) == ["b1 = g1"]


def test_a_suggestion_says_what_speaks_against_it():
    found = match(lines("b 5.00 4 A1001"), lines("g 5.00 1 B2002"), [Nearest("window", before=3, after=5)])
    assert groups(found)["b = g"] == (
        "suggestion",
        "same amount; 3 days apart; only a suggestion: another reference, 3 days against the usual order",
    )
    found = match(lines("b 5.00 1"), lines("g 5.00 2 K1"), [Nearest("window", confirm=20)])
    assert groups(found)["b = g"][1].endswith("; only a suggestion: a reference missing, 1 day apart")


def test_a_match_says_nothing_of_doubt():
    found = match(lines("b 5.00 1 K1"), lines("g 5.00 2 K1"), [Nearest("window")])
    assert groups(found)["b = g"] == ("match", "same amount, reference; 1 day apart")
