"""Equal amounts within days: the usual order counts, and a day against it counts twice."""

from __future__ import annotations

from make_lines import lines, pairs

from recon.matching import Nearest, match


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
    assert pairs(match(bank, book, [nearest(12, 12)])) == {"b1 = g2": "match"}


def test_where_the_bank_comes_first_the_order_counts_the_other_way_round() -> None:
    bank = lines("b1 -496.00 7 - Orchards")
    book = lines("g1 -496.00 4 - Orchards apples", "g2 -496.00 11 - Orchards pears")

    assert pairs(match(bank, book, [nearest(3, 12)])) == {"b1 = g2": "match"}
