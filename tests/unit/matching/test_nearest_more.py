"""How much doubt a pair of one amount carries, point by point, and where each bound begins."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from make_lines import groups, left_over, lines, pairs

from recon.linefiles import shipped
from recon.matching import Nearest, match
from recon.matching.nearest import NEVER, relation_of

WIDE = 40


def kinds(left: pl.DataFrame, right: pl.DataFrame, points: int, **fields: object) -> list[str]:
    """What the pair is when so many points of doubt are confirmed, and when one point fewer is."""
    found = []
    for confirm in (points, points - 1):
        near = Nearest("window", before=WIDE, after=WIDE, most=NEVER - 1, confirm=confirm, **fields)
        found += pairs(match(left, right, [near])).values()
    return found


@pytest.mark.parametrize(
    ("bank", "ledger", "points"),
    [
        ("b 70 4 INV-100", "g 70 4 INV-100", 0),
        ("b 70 4 INV-100", "g 70 5 INV-100", 6),
        ("b 70 4 INV-100", "g 70 1 INV-100", 18),
        ("b 70 4 INV-20310", "g 70 4 INV-20311", 5),  # eight letters: hardly neighbours in a series
        ("b 70 4 INV-100", "g 70 4 INV-101", 45),  # the next of its series
        ("b 70 4 INV-100", "g 70 4 IVN-100", 5),
        ("b 70 4 INV-100", "g 70 4 INV-1", 5),  # cut
        ("b 70 4 INV", "g 70 4 INVOICE", 45),  # three letters are no cut reference
        ("b 70 4 INV-100", "g 70 4 INV-234", 45),
        ("b 70 4 INV-100", "g 70 4", 15),
        ("b 70 4", "g 70 4", 15),
        ("b 70 4", "g 70 6", 27),
    ],
)
def test_days_and_references_raise_the_doubt_by_points(bank: str, ledger: str, points: int) -> None:
    assert kinds(lines(bank), lines(ledger), points) == ["match", "suggestion"]
    assert kinds(lines(ledger), lines(bank), points) == ["match", "suggestion"]


@pytest.mark.parametrize(
    ("bank", "ledger", "points"),
    [
        ("b 70 4 K Oak Hill Garage", "g 70 4 K Oak Hill Garage", 0),
        ("b 70 4 - Oak Hill Garage", "g 70 4 - Zebra Farms", 55),  # 15 without a reference, 40 for other words
        ("b 70 4", "g 70 4", 30),
    ],
)
def test_texts_raise_it_too_where_they_are_weighed(bank: str, ledger: str, points: int) -> None:
    assert kinds(lines(bank), lines(ledger), points, texts=True) == ["match", "suggestion"]


def test_a_pair_of_more_doubt_than_allowed_is_none() -> None:
    left, right = lines("b 70 4"), lines("g 70 6")
    assert pairs(match(left, right, [Nearest("window", most=27)])) == {"b = g": "match"}
    assert pairs(match(left, right, [Nearest("window", most=26)])) == {}


def test_the_window_counts_its_last_day_on_either_side() -> None:
    near = Nearest("window", before=2, after=3)
    assert pairs(match(lines("b 70 10"), lines("g 70 8"), [near])) == {"b = g": "match"}
    assert pairs(match(lines("b 70 10"), lines("g 70 13"), [near])) == {"b = g": "match"}
    assert pairs(match(lines("b 70 10"), lines("g 70 7"), [near])) == {}
    assert pairs(match(lines("b 70 10"), lines("g 70 14"), [near])) == {}
    assert pairs(match(lines("b 70 -"), lines("g 70 10"), [near])) == {}


@pytest.mark.parametrize("window", [5, 11, 12, 20, 45, 400])
def test_a_window_is_as_wide_as_it_says(window: int) -> None:
    """The last day is looked at, without a reference, a text or a point more than shipped; the next day is not."""
    near = Nearest("window", before=0, after=window, texts=True)
    bank = lines("b 70 2026-03-01")
    last, beyond = (f"g 70 {dt.date(2026, 3, 1) + dt.timedelta(days)}" for days in (window, window + 1))
    assert pairs(match(bank, lines(last), [near])) == {"b = g": "match" if window == 5 else "suggestion"}
    assert pairs(match(bank, lines(beyond), [near])) == {}


def test_what_is_ten_days_apart_is_no_surer_where_the_window_is_wider() -> None:
    bank, ledger = lines("b 70 2 INV-100"), lines("g 70 12 INV-100")
    for window in (10, 12, 45, 400):
        for confirm, kind in ((60, "match"), (59, "suggestion")):
            assert pairs(match(bank, ledger, [Nearest("window", after=window, confirm=confirm)])) == {"b = g": kind}
    later = lines("g 70 2026-08-12 INV-100")  # 41 of 45 days, by the same document
    told = "same amount, reference; 41 days apart; only a suggestion: 41 days apart"
    assert groups(match(bank, later, [Nearest("window", after=45)])) == {"b = g": ("suggestion", told)}


def test_of_two_lines_in_a_wide_window_the_nearer_one_is_taken_where_it_is_much_nearer() -> None:
    near = Nearest("window", before=0, after=45)
    bank = lines("b 70 2026-07-01")
    assert pairs(match(bank, lines("g1 70 2026-07-04", "g2 70 2026-08-10"), [near])) == {"b = g1": "match"}
    assert pairs(match(bank, lines("g1 70 2026-07-25", "g2 70 2026-08-10"), [near])) == {"b = g1 g2": "ambiguous"}


@pytest.mark.parametrize("name", ["bank", "ledger"])
def test_lines_of_amounts_alone_are_suggested_where_nothing_else_comes_near(name: str) -> None:
    left, right = (lines(f"{side}1 10", f"{side}2 20", f"{side}3 30").select("id", "amount") for side in "bg")
    found = match(left, right, shipped(name))
    assert pairs(found) == {f"b{at} = g{at}": "suggestion" for at in (1, 2, 3)}
    assert "only a suggestion: a reference missing, a date missing" in groups(found)["b1 = g1"][1]


def test_a_line_without_a_date_is_asked_about_where_two_would_do_and_loses_to_a_dated_one() -> None:
    near = Nearest("window", after=5, texts=True, undated=True)
    two = lines("g1 70 - - Oak", "g2 70 - - Elm")
    assert pairs(match(lines("b 70 4"), two, [near])) == {"b = g1 g2": "ambiguous"}
    assert pairs(match(lines("b 70 4"), lines("g1 70 5", "g2 70 -"), [near])) == {"b = g1": "match"}
    other = match(lines("b 70 4 - Oak Hill"), lines("g 70 - - Zebra Farms"), [near])
    assert pairs(other) == {}  # another name, and nobody knows when


def test_texts_below_the_least_score_are_no_candidates() -> None:
    left, right = lines("b 70 4 - Oak Hill Garage"), lines("g 70 4 - Zebra Farms")
    assert pairs(match(left, right, [Nearest("window", texts=True, least_text=0.5)])) == {}
    assert pairs(match(left, lines("g 70 4 - Oak Hill"), [Nearest("window", texts=True, least_text=0.5)])) != {}
    assert pairs(match(left, lines("g 70 4"), [Nearest("window", texts=True, least_text=0.5)])) == {}


def test_what_agrees_is_said_with_the_keys_and_the_text() -> None:
    left = lines("b 70 4 PO-ABX Oak Hill Garage").with_columns(key_store=pl.lit("101"))
    right = lines("g 70 4 PO-ABY Oak Hill Garage").with_columns(key_store=pl.lit("101"))
    found = match(left, right, [Nearest("window", agree=("key_store",), texts=True)])
    assert groups(found)["b = g"][1] == "same amount, store, misspelt reference, text"
    other = right.with_columns(key_store=pl.lit("102"))
    assert pairs(match(left, other, [Nearest("window", agree=("key_store",), texts=True)])) == {}


def test_the_original_is_taken_before_the_copy_made_a_day_earlier_or_later() -> None:
    right = lines("g1 70 3 - Oak Hill Garage", "g2 70 5 - Oak Hill Garage")
    assert left_over(match(lines("b 70 5"), right, [Nearest("window", before=9, after=9)])) == ["g2"]
    weeks = lines("g1 70 3 - Oak Hill Garage", "g2 70 9 - Oak Hill Garage")  # six days on it recurs
    assert left_over(match(lines("b 70 9"), weeks, [Nearest("window", before=9, after=9)])) == ["g1"]


def test_two_readings_within_the_margin_are_asked_about_and_one_point_more_is_sure() -> None:
    right = lines("g1 70 5 INV-100", "g2 70 4 IVN-100")  # 6 points for the day against 5 for the misspelling
    assert pairs(match(lines("b 70 4 INV-100"), right, [Nearest("window", margin=1, clear=0)])) == {
        "b = g1 g2": "ambiguous"
    }
    assert pairs(match(lines("b 70 4 INV-100"), right, [Nearest("window", margin=0, clear=1)])) == {"b = g2": "match"}


def test_twins_are_paired_in_order_and_counted() -> None:
    found = match(lines("b1 70 4", "b2 70 4", "b10 70 4"), lines("g1 70 4", "g2 70 4"), [Nearest("window")])
    twins = "same amount; equal lines paired in order: 2 of 3 on the left, 2 of 2 on the right"
    assert groups(found) == {"b1 = g1": ("match", twins), "b2 = g2": ("match", twins)}
    assert left_over(found) == ["b10"]


def test_twins_of_one_side_alone_are_counted_for_that_side() -> None:
    found = match(lines("b 70 4"), lines("g1 70 4", "g2 70 4", "g3 70 4"), [Nearest("window")])
    said = "same amount; equal lines paired in order: 1 of 3 on the right"
    assert groups(found) == {"b = g1": ("match", said)}
    assert left_over(found) == ["g2", "g3"]


def test_every_pair_of_twins_says_what_the_first_pair_says() -> None:
    left, right = lines("b1 70 4 K Oak", "b2 70 4 K Oak"), lines("g1 70 5 K Oak", "g2 70 5 K Oak")
    order = "equal lines paired in order: 2 of 2 on the left, 2 of 2 on the right"
    said = f"same amount, reference, text; 1 day apart; {order}"
    found = match(left, right, [Nearest("window", texts=True)])
    assert groups(found) == {"b1 = g1": ("match", said), "b2 = g2": ("match", said)}


@pytest.mark.parametrize(
    ("bank", "book", "said"),
    [
        ("VISA", "VISA", "same amount, text"),
        ("ACH", "ACH DEBIT", "same amount, channel word"),
        ("VISA Plumb", "VISA Plumbing", "same amount, text"),  # cut, and no other word in common letter by letter
        ("ACH PAYMENT 7044", "ACH 7044", "same amount, text"),
        ("Oak Hill ACH", "Oak Hill", "same amount, text"),
    ],
)
def test_a_channel_word_in_common_is_not_called_the_same_text(bank: str, book: str, said: str) -> None:
    left = lines(f"b1 70 4 - {bank}", "b2 11 4 - Elm", "b3 12 4 - Fir")
    right = lines(f"g1 70 4 - {book}", "g2 13 4 - Yew", "g3 14 4 - Ash")
    assert groups(match(left, right, [Nearest("window", texts=True)])) == {"b1 = g1": ("match", said)}


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        ("10214", "10214", 0),
        ("10214778", "10214787", 1),  # neighbours swapped: one edit
        ("1021477", "1021478", 3),  # seven digits: another number
        ("INV10214", "INV10215", 1),
        ("PO102", "OP102", 1),  # the same digits
        ("AB", "BA", 3),
        ("ABC", "BAC", 1),
        ("10214", "1021", 1),
        ("10214", "102", 3),
        ("1021", "10214778", 3),  # half of it is no cut
        ("10214", "10214778", 1),
        ("102", "10214778", 3),
        ("10214", "98765", 3),
        ("10214", None, 2),
        (None, None, 2),
    ],
)
def test_two_references_are_the_same_misspelt_missing_or_others(
    one: str | None, other: str | None, relation: int
) -> None:
    sides = pl.Series([one], dtype=pl.String), pl.Series([other], dtype=pl.String)
    assert relation_of(*sides, edits=1).tolist() == [relation]
    assert relation_of(*reversed(sides), edits=1).tolist() == [relation]
