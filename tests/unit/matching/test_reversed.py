"""Lines that cancel on one side: voids, reversals and returned items of which the other side knows nothing."""

from __future__ import annotations

import polars as pl
from make_lines import groups, left_over, lines, pairs

from recon.matching import Equal, Matched, Nearest, match
from recon.matching.reversed import Reversed

NOTHING = lines()
VOIDS = Reversed("voids", days=30)


def voids(right: pl.DataFrame, left: pl.DataFrame = NOTHING) -> Matched:
    """The lines of the right side that cancel, beside the left ones."""
    return match(left, right, [VOIDS])


def test_a_check_and_its_void_cancel():
    found = voids(lines("g1 -500.00 3 10214 Acme Bakery", "g2 500.00 9 10214 VOID Acme Bakery"))
    assert groups(found) == {
        "= g1 g2": ("match", "same reference; 2 lines of one side; reversed pair; g2 takes back g1 after 6 days")
    }
    assert left_over(found) == []


def test_a_void_works_on_the_left_side_too():
    found = voids(NOTHING, lines("b1 -500.00 3 10214 Acme", "b2 500.00 3 10214 VOID Acme"))
    assert groups(found)["b1 b2 ="][1].endswith("b2 takes back b1 on the same day")


def test_a_returned_deposit_says_so():
    found = voids(NOTHING, lines("b1 80.00 3 - DEPOSIT JOAN PATEL", "b2 -80.00 4 - NSF DEPOSIT JOAN PATEL"))
    assert groups(found) == {
        "b1 b2 =": ("match", "same text; 2 lines of one side; returned; b2 takes back b1 after 1 day")
    }


def test_a_reference_may_carry_the_void():
    for reference in ("V10214", "10214-VOID", "REV-10214"):
        found = voids(lines("g1 -500.00 3 10214 Acme", f"g2 500.00 9 {reference} entry"))
        assert pairs(found) == {"= g1 g2": "match"}


def test_a_text_may_name_the_document_that_it_takes_back():
    found = voids(lines("g1 -500.00 3 10214 Acme", "g2 500.00 9 - Void check 10214"))
    assert pairs(found) == {"= g1 g2": "match"}


def test_opposite_amounts_of_one_payee_are_a_suggestion_without_a_word_of_reversal():
    found = voids(lines("g1 -500.00 3 - Zebra Farms", "g2 500.00 9 - Zebra Farms"))
    assert pairs(found) == {"= g1 g2": "suggestion"}


def test_a_void_that_names_nobody_is_a_suggestion():
    found = voids(lines("g1 -500.00 3 - Zebra Farms", "g2 500.00 9 - VOID"))
    assert pairs(found) == {"= g1 g2": "suggestion"}


def test_opposite_amounts_that_nothing_joins_stay_open():
    assert pairs(voids(lines("g1 -500.00 3 - Zebra Farms", "g2 500.00 9 - Oak Hill"))) == {}


def test_a_void_never_comes_before_its_check_nor_long_after():
    assert pairs(voids(lines("g1 -500.00 9 - Acme Bakery", "g2 500.00 3 - VOID Acme Bakery"))) == {}
    far = lines("g1 -500.00 2026-01-05 10214 Acme", "g2 500.00 2026-07-05 10214 VOID Acme")
    assert pairs(voids(far)) == {}


def test_a_line_that_the_other_side_could_claim_is_not_taken():
    right = lines("g1 -500.00 3 10214 Acme", "g2 500.00 4 10214 VOID Acme")
    assert pairs(voids(right, lines("b -500.00 5 - CHECK PAID"))) == {}
    assert pairs(voids(right, lines("b -500.00 5 10300 CHECK PAID"))) == {"= g1 g2": "match"}


def test_a_check_that_was_voided_and_written_again_keeps_the_new_one_for_the_bank():
    right = lines("g1 -500.00 3 10214 Acme", "g2 500.00 4 10214 VOID Acme", "g3 -500.00 4 10215 Acme")
    found = match(lines("b -500.00 9 - CHECK # 10215"), right, [VOIDS, Nearest("window", before=10, after=3)])
    assert pairs(found) == {"= g1 g2": "match", "b = g3": "match"}


def test_the_check_whose_number_the_bank_shows_is_not_the_voided_one():
    right = lines("g1 -500.00 3 10214 Acme Bakery", "g2 500.00 4 - VOID Acme Bakery", "g3 -500.00 4 10215 Acme Bakery")
    found = voids(right, lines("b -500.00 9 - CHECK # 10215"))
    assert pairs(found) == {"= g1 g2": "match"}
    assert left_over(found) == ["b", "g3"]


def test_what_both_sides_show_is_matched_not_cancelled():
    left = lines("b1 80.00 3 D1 DEPOSIT", "b2 -80.00 6 D1R RETURNED")
    right = lines("g1 80.00 3 D1 Deposit", "g2 -80.00 6 D1R Returned")
    found = match(left, right, [Equal("reference", ("reference",)), VOIDS])
    assert pairs(found) == {"b1 = g1": "match", "b2 = g2": "match"}


def test_one_void_and_two_equal_checks_of_one_day_are_ambiguous():
    found = voids(lines("g1 -500.00 3 1 Zebra Farms", "g2 -500.00 3 2 Zebra Farms", "g3 500.00 5 - VOID Zebra Farms"))
    assert groups(found)["= g1 g2 g3"][0] == "ambiguous"


def test_amounts_of_two_currencies_do_not_cancel():
    one, other = lines("g1 -500.00 3 10214 Acme", currency="USD"), lines("g2 500.00 4 10214 VOID", currency="CAD")
    assert pairs(voids(pl.concat([one, other]))) == {}
