"""Where an equal amount is not the best evidence: sums that only whole payments complete, slips under one name."""

from __future__ import annotations

from make_lines import groups, left_over, lines, pairs

from recon.linefiles import shipped
from recon.matching import Balance, Nearest, match

BANK = shipped("bank")
OTHERS = (
    ("b8 -500 2 - ACH DORAN TILE", "b9 -500 3 - ACH MILO WASTE"),
    ("g8 -500 2 - Doran Tile", "g9 -500 3 - Milo Waste"),
)


def test_a_bill_that_a_larger_payment_needs_is_left_to_it() -> None:
    bank = lines("b1 -300.00 16 - POS TIKASI UNIFORMS", "b2 -339.99 16 - ONLINE TIKASI UNIFORMS")
    ledger = lines(
        "g1 -300.00 11 A10 Tikasi Uniforms", "g2 -300.00 15 A20 Tikasi Uniforms", "g3 -39.99 15 A30 Tikasi Uniforms"
    )
    assert list(pairs(match(bank, ledger, BANK))) == ["b1 = g1", "b2 = g2 g3"]


def test_a_payment_that_one_bill_equals_is_never_looked_for_as_a_sum_first() -> None:
    bank = lines("b1 -300.00 16 - POS TIKASI UNIFORMS")
    ledger = lines(
        "g1 -300.00 11 A10 Tikasi Uniforms", "g2 -260.01 15 A20 Tikasi Uniforms", "g3 -39.99 15 A30 Tikasi Uniforms"
    )
    assert pairs(match(bank, ledger, BANK)) == {"b1 = g1": "match"}


def test_two_sums_for_one_payment_stay_a_question_until_the_single_bills_are_known() -> None:
    bank = lines("b1 -1,100 16 - POS TIKASI UNIFORMS", "b2 -1,000 17 - CHECK 5073")
    ledger = lines(
        "g1 -1,000 15 5073 Tikasi Uniforms", "g2 -1,000 15 A20 Tikasi Uniforms", "g3 -100 15 A30 Tikasi Uniforms"
    )
    assert list(pairs(match(bank, ledger, BANK))) == ["b1 = g2 g3", "b2 = g1"]


def test_two_digits_that_changed_places_under_one_name_say_more_than_an_equal_amount_under_another() -> None:
    bank = lines("b -1,520.00 26 - BILLPAY TENU FLORIST")
    ledger = lines("g -5,120.00 25 - Tenu Florist", "h -1,520.00 25 - Debe Signs")
    found = match(bank, ledger, BANK)
    assert groups(found)["b = g"][1].startswith("same text")
    assert found.groups["cause"].to_list() == ["transposition"]


def test_an_amount_that_many_parties_have_is_no_evidence_under_another_name() -> None:
    bank = lines(*OTHERS[0], "b1 -500 4 - ACH LASESA NIPA")
    ledger = lines(*OTHERS[1], "g1 -500 4 - Reviva Law")
    assert left_over(match(bank, ledger, BANK)) == ["b1", "g1"]


def test_an_amount_of_one_rent_is_evidence_under_another_name_too() -> None:
    bank = lines(*(f"b{day} -1,250 {day} - ACH 77{day} LASESA NIPA" for day in (1, 11, 21)))
    ledger = lines(*(f"g{day} -1,250 {day} - Office space" for day in (1, 11, 21)))
    assert pairs(match(bank, ledger, BANK)) == {f"b{day} = g{day}": "suggestion" for day in (1, 11, 21)}


def test_the_same_reference_speaks_for_a_common_amount_under_another_name() -> None:
    bank = lines(*OTHERS[0], "b1 -500 4 C100 ACH LASESA NIPA")
    ledger = lines(*OTHERS[1], "g1 -500 4 C100 Reviva Law")
    found = match(bank, ledger, [Nearest("amount", before=3, after=3, texts=True)])
    assert pairs(found)["b1 = g1"] == "match"


def test_several_lines_that_sum_by_accident_as_often_as_not_say_nothing() -> None:
    bank, ledger = lines("b1 50 1", "b2 30 1"), lines("g1 60 1", "g2 20 1")
    assert list(pairs(match(bank, ledger, [Balance("several")]))) == ["b1 b2 = g1 g2"]
    assert pairs(match(bank, ledger, [Balance("several", most_chance=0.001)])) == {}


def test_an_entry_and_its_void_of_which_the_other_ledger_knows_nothing_are_told_together() -> None:
    mine = lines("m1 -500 5 1001 Debe Signs", "m2 -500 7 1002 Debe Signs", "m3 500 9 1002 Void check 1002 Debe Signs")
    other = lines("o1 -500 5 1001 Debe Signs")
    found = match(mine, other, shipped("ledger"))
    assert pairs(found) == {"m1 = o1": "match", "m2 m3 =": "match"}
    assert found.groups["cause"].to_list() == [None, "reversed_pair"]


def test_an_entry_whose_void_the_other_ledger_has_too_is_matched_with_its_own() -> None:
    mine = lines("m2 -500 7 1002 Debe Signs", "m3 500 9 1002 Void check 1002 Debe Signs")
    other = lines("o2 -500 7 1002 Debe Signs", "o3 500 9 1002 Void check 1002 Debe Signs")
    assert pairs(match(mine, other, shipped("ledger"))) == {"m2 = o2": "match", "m3 = o3": "match"}
