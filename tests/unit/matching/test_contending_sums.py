"""Sums that contend for lines: what all of them together leave each one, and what a bank's list makes of it."""

from __future__ import annotations

from make_lines import groups, left_over, lines, pairs

from recon.linefiles import shipped
from recon.matching import Subset, match
from recon.matching.packing import margins

BANK = shipped("bank")


def test_the_reading_that_leaves_another_sum_its_lines_is_suggested() -> None:
    bank = lines("b1 5,003.37 3", "b2 6,702.24 3")
    book = lines("g1 3001.13 3", "g2 2002.24 3", "g3 3701.11 3", "g4 1302.26 3", "g5 4700.00 3")

    found = groups(match(bank, book, [Subset("day", most_chance=1.0)]))
    assert {name: kind for name, (kind, _) in found.items()} == {"b1 = g3 g4": "suggestion", "b2 = g2 g5": "suggestion"}
    assert "of 2 sets of up to 5 lines the one that leaves other sums theirs" in found["b1 = g3 g4"][1]


def test_two_sums_that_may_change_places_are_asked_about() -> None:
    bank = lines("b1 5,003.37 3", "b2 5,003.37 3")
    book = lines("g1 3001.13 3", "g2 2002.24 3", "g3 3701.11 3", "g4 1302.26 3")
    assert pairs(match(bank, book, [Subset("day", most_chance=1.0)])) == {"b1 b2 = g1 g2 g3 g4": "ambiguous"}


def test_claims_are_chosen_apart_where_they_share_nothing_and_not_at_all_where_all_of_them_share() -> None:
    apart = [frozenset({2 * at, 2 * at + 1}) for at in range(200)]
    assert margins(apart, [1.0] * 200) == [1.0] * 200
    tangled = [frozenset({one, other}) for one in range(14) for other in range(one)]
    assert margins(tangled, [1.0] * 91) == [0.0] * 91


def test_bills_of_two_days_in_one_payment_are_found_where_the_payee_is_named() -> None:
    bank = lines("b1 -1,043.88 9 - ACH DEBIT OAK HILL GAR", "b2 -77.10 9 - ACH DEBIT ZEBRA FARMS")
    book = lines(
        "g1 -731.55 5 INV-1 Oak Hill Garage", "g2 -312.33 7 INV-2 Oak Hill Garage", "g3 -77.10 8 - Zebra Farms"
    )
    assert pairs(match(bank, book, BANK)) == {
        "b1 = g1 g2": "suggestion",
        "b2 = g3": "match",
    }  # so few lines prove little


def test_a_bill_paid_alone_leaves_its_like_to_the_payment_that_needs_it() -> None:
    bank = lines("b1 -480.42 8 - ACH DEBIT OAK HILL GARAGE", "b2 -678.44 9 - ACH DEBIT OAK HILL GARAGE")
    book = lines(
        "g1 -480.42 3 - Oak Hill Garage", "g2 -480.42 8 INV-4 Oak Hill Garage", "g3 -198.02 8 INV-5 Oak Hill Garage"
    )

    found = match(bank, book, BANK)
    assert [*pairs(found)] == ["b1 = g1", "b2 = g2 g3"]
    assert left_over(found) == []


def test_a_deposit_of_two_days_is_found_when_all_else_is_taken_but_nobody_is_sure_of_it() -> None:
    bank = lines("b1 1,043.88 9 - DEPOSIT")
    book = lines("g1 731.55 7 - Oak Hill Garage", "g2 312.33 8 - Zebra Farms")
    assert pairs(match(bank, book, BANK)) == {"b1 = g1 g2": "suggestion"}


def test_of_two_sets_for_a_deposit_the_one_without_a_line_that_a_receipt_equals_is_suggested() -> None:
    bank = lines("b1 5,003.37 4 - DEPOSIT", "b2 2,002.24 4 - ACH CREDIT ZEBRA")
    book = lines("g1 3001.13 3 - Oak", "g2 2002.24 3 - Zebra", "g3 3701.11 3 - Elm", "g4 1302.26 3 - Ash")

    found = pairs(match(bank, book, [Subset("day", most_chance=1.0, before=3)]))
    assert found == {"b1 = g3 g4": "suggestion"}


def test_the_receipts_of_one_slip_are_taken_before_sets_of_several() -> None:
    bank = lines("b1 5,003.37 4 - CARD DEPOSIT", "b2 5,305.30 4 - CARD DEPOSIT")
    one = ("g1 3001.13 3 Z-1 Card Visa", "g2 2002.24 3 Z-1 Card Amex")
    other = ("g3 3701.11 3 Z-2 Card Visa", "g4 302.00 3 Z-2 Card Amex", "g5 1302.19 3 Z-2 Card Debit")
    found = match(bank, lines(*one, *other), BANK)
    assert [*pairs(found)] == ["b1 = g1 g2", "b2 = g3 g4 g5"]
    assert {*found.groups["pass"].to_list()} <= {"payee sum", "deposit slip"}


def test_hundreds_of_sums_that_want_the_same_lines_are_given_up_and_not_dug_into() -> None:
    claims = [frozenset((-1 - number, 1, 2)) for number in range(700)]

    assert margins(claims, [5.0] * len(claims)) == [0.0] * len(claims)
