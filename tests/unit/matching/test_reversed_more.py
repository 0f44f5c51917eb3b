"""What makes two lines of one side cancel, mark by mark, and how many of equal lines can be spared."""

from __future__ import annotations

import polars as pl
import pytest
from make_lines import groups, left_over, lines, pairs

from recon.linefiles import shipped
from recon.matching import Matched, match
from recon.matching.reversed import RETURNED_WORDS, REVERSED_WORDS, Reversed

NOTHING = lines()


def cancelled(*jotted: str, other: pl.DataFrame = NOTHING, **fields: object) -> Matched:
    """The lines of the right side, beside those of the left one."""
    return match(other, lines(*jotted), [Reversed("voids", **{"days": 30, **fields})])


@pytest.mark.parametrize("word", [*REVERSED_WORDS, *RETURNED_WORDS])
def test_each_word_of_reversal_makes_a_match_of_one_name(word: str) -> None:
    found = cancelled("g1 -500.00 3 - Oak Hill Garage", f"g2 500.00 5 - {word.lower()} Oak Hill Garage")
    ((name, (kind, words)),) = groups(found).items()
    cause = "returned" if word in RETURNED_WORDS else "reversed pair"
    assert (name, kind) == ("= g1 g2", "match")
    assert words == f"same text; 2 lines of one side; {cause}; g2 takes back g1 after 2 days"


@pytest.mark.parametrize("reference", ["NSF88", "88RTN", "RTN88", "88NSF"])
def test_a_reference_may_say_returned(reference: str) -> None:
    found = cancelled("g1 80.00 3 88123 Joan", f"g2 -80.00 5 {reference} Patel")
    assert groups(found)["= g1 g2"][1] == "2 lines of one side; returned; g2 takes back g1 after 2 days"


@pytest.mark.parametrize("reference", ["VOID88", "REV88", "88VOID", "88VOIDED", "88REV"])
def test_a_reference_may_say_void(reference: str) -> None:
    found = cancelled("g1 80.00 3 88123 Joan", f"g2 -80.00 5 {reference} Patel")
    assert groups(found)["= g1 g2"] == (
        "suggestion",
        "2 lines of one side; reversed pair; g2 takes back g1 after 2 days",
    )


def test_a_word_inside_another_is_no_mark() -> None:
    assert pairs(cancelled("g1 -500.00 3 - Oak Hill", "g2 500.00 5 - Avoidance Ltd")) == {}


def test_two_lines_that_both_say_void_do_not_cancel() -> None:
    assert pairs(cancelled("g1 -500.00 3 88 VOID Oak Hill", "g2 500.00 5 88 VOID Oak Hill")) == {}


def test_an_unmarked_pair_of_one_document_cancels_in_either_order() -> None:
    for days, words in (("3 5", "g2 takes back g1 after 2 days"), ("5 3", "g1 takes back g2 after 2 days")):
        first, second = days.split()
        found = cancelled(f"g1 -500.00 {first} 8812 Oak", f"g2 500.00 {second} 8812 Oak")
        assert groups(found)["= g1 g2"] == ("match", f"same reference; 2 lines of one side; reversed pair; {words}")
    same_day = groups(cancelled("g1 -500.00 3 8812 Oak", "g2 500.00 3 8812 Oak"))
    assert same_day["= g1 g2"][1].endswith("reversed pair; g2 and g1 cancel")


def test_the_days_count_their_edge() -> None:
    assert pairs(cancelled("g1 -500.00 3 8812 Oak", "g2 500.00 13 8812 VOID", days=10)) == {"= g1 g2": "match"}
    assert pairs(cancelled("g1 -500.00 3 8812 Oak", "g2 500.00 14 8812 VOID", days=10)) == {}


def test_a_line_without_a_date_needs_the_document() -> None:
    found = groups(cancelled("g1 -500.00 3 8812 Oak Hill", "g2 500.00 - 8812 VOID Oak Hill"))
    assert found["= g1 g2"] == ("match", "same reference; 2 lines of one side; reversed pair; g2 takes back g1")
    assert pairs(cancelled("g1 -500.00 3 - Oak Hill", "g2 500.00 - - VOID Oak Hill")) == {}


def test_two_documents_of_one_name_are_a_suggestion_though_one_is_marked() -> None:
    found = cancelled("g1 -500.00 3 8812 Oak Hill", "g2 500.00 5 9944 VOID Oak Hill")
    assert groups(found) == {
        "= g1 g2": ("suggestion", "same text; 2 lines of one side; reversed pair; g2 takes back g1 after 2 days")
    }


def test_a_document_of_two_characters_is_named_by_no_text() -> None:
    assert pairs(cancelled("g1 -500.00 3 812 Oak Hill", "g2 500.00 5 - VOID 812")) == {"= g1 g2": "match"}
    assert pairs(cancelled("g1 -500.00 3 81 Oak Hill", "g2 500.00 5 - VOID 81")) == {"= g1 g2": "suggestion"}


def test_the_nearer_of_two_checks_is_the_one_taken_back() -> None:
    found = cancelled("g1 -500.00 1 - Oak Hill", "g2 -500.00 8 - Oak Hill", "g3 500.00 9 - VOID Oak Hill")
    assert pairs(found) == {"= g2 g3": "match"}
    near = cancelled("g1 -500.00 6 - Oak Hill", "g2 -500.00 8 - Oak Hill", "g3 500.00 9 - VOID Oak Hill")
    assert pairs(near) == {"= g1 g2 g3": "ambiguous"}
    said = "3 lines of one side; reversed pair; 2 readings fit equally well"
    assert groups(near)["= g1 g2 g3"][1] == f"{said}; the difference is that of all its lines together"


def test_one_of_three_equal_checks_is_spared_where_the_bank_shows_two() -> None:
    checks = "g1 -500.00 3 - Oak Hill", "g2 -500.00 3 - Oak Hill", "g3 -500.00 3 - Oak Hill"
    void = "g4 500.00 4 - VOID Oak Hill"
    two = lines("b1 -500.00 5 - CHECK PAID", "b2 -500.00 6 - CHECK PAID")
    assert pairs(cancelled(*checks, void, other=two)) == {"= g1 g4": "match"}
    three = pl.concat([two, lines("b3 -500.00 6 - CHECK PAID")])
    assert pairs(cancelled(*checks, void, other=three)) == {}


def test_what_the_other_side_shows_long_after_claims_nothing() -> None:
    check, void = "g1 -500.00 3 - Oak Hill", "g2 500.00 4 - VOID Oak Hill"
    for day, found in ((13, {}), (14, {"= g1 g2": "match"})):
        assert pairs(cancelled(check, void, other=lines(f"b -500.00 {day} - CHECK"), days=10)) == found
    assert pairs(cancelled(check, void, other=lines("b -500.00 - - CHECK"), days=10)) == {}
    assert pairs(cancelled(check, void, other=lines("b -400.00 3 - CHECK"), days=10)) == {"= g1 g2": "match"}


def test_only_the_sides_asked_for_are_searched() -> None:
    both = lines("x1 -500.00 3 8812 Oak", "x2 500.00 5 8812 VOID Oak")
    right = both.with_columns(id=pl.col("id").str.replace("x", "g"))
    left = both.with_columns(
        id=pl.col("id").str.replace("x", "b"), reference=pl.lit("7711"), amount=pl.col("amount") * 2
    )
    assert pairs(match(left, right, [Reversed("voids", days=9)])) == {"b1 b2 =": "match", "= g1 g2": "match"}
    assert pairs(match(left, right, [Reversed("voids", days=9, sides=("left",))])) == {"b1 b2 =": "match"}
    assert left_over(match(left, right, [Reversed("voids", days=9, sides=("right",))])) == ["b1", "b2"]


def test_lines_of_two_stores_do_not_cancel_where_the_store_must_agree() -> None:
    right = lines("g1 -500.00 3 8812 Oak", "g2 500.00 5 8812 VOID Oak")
    voids = Reversed("voids", days=9, agree=("key_store",))
    left = NOTHING.with_columns(key_store=pl.lit("101"))
    one, two = (right.with_columns(key_store=pl.Series(stores)) for stores in (["101", "101"], ["101", "102"]))
    assert pairs(match(left, one, [voids])) == {"= g1 g2": "match"}
    assert pairs(match(left, two, [voids])) == {}


def test_the_bank_pays_the_live_check_and_not_the_one_whose_void_names_it():
    """Two checks of one payee and amount; 1002 is voided, and what the bank paid is 1001."""
    ledger = lines(
        "g1 -500.00 5 1001 Daru Security Co",
        "g2 -500.00 7 1002 Daru Security Co",
        "g3 500.00 7 1002 Void check 1002 Daru Security Co",
    )
    found = match(lines("b -500.00 9 - ACH DARU SECURITY"), ledger, shipped("bank"))
    assert pairs(found) == {"= g2 g3": "match", "b = g1": "match"}


def test_a_void_that_names_its_check_takes_back_no_other():
    ledger = lines("g1 -500.00 5 1001 Daru Security Co", "g3 500.00 7 - Void check 1002 Daru Security Co")
    assert pairs(match(lines(), ledger, [Reversed("void", days=30)])) == {}


def test_a_check_that_the_bank_paid_is_no_void_whatever_the_ledger_says():
    ledger = lines("g2 -500.00 7 1002 Daru Security Co", "g3 500.00 8 1002 Void check 1002 Daru Security Co")
    found = match(lines("b -500.00 9 - CHECK 1002"), ledger, shipped("bank"))
    assert pairs(found) == {"b = g2": "match"}
    assert left_over(found) == ["g3"]
