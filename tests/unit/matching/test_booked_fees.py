"""A fee that the ledger has booked on a line of its own is never asked for again."""

from __future__ import annotations

from decimal import Decimal

from make_lines import groups, left_over, lines, pairs

from recon.linefiles import shipped
from recon.matching import match
from recon.matching.fees import Fee
from recon.matching.near import Near

BANK = shipped("bank")
CARD = Near(
    "fee", causes=("fee_netted",), confirmed=("fee_netted",), before=12, after=3, fee=Fee(Decimal("0.029"), 30, 0)
)


def test_gross_and_booked_fee_are_what_the_bank_received():
    ledger = lines("g 2,400.72 2 - Stripe payout gross", "h -69.92 2 - Stripe fees")
    found = match(lines("b 2,330.80 4 - STRIPE TRANSFER"), ledger, BANK)
    assert pairs(found) == {"b = g h": "match"}
    assert "booked already as h" in groups(found)["b = g h"][1]
    assert left_over(found) == []
    assert found.groups["difference"].to_list() == [Decimal("0.00")]


def test_every_payout_finds_the_fee_of_its_own_day():
    bank = lines("b1 970.70 3 - STRIPE TRANSFER", "b2 971.67 4 - STRIPE TRANSFER", "b3 972.64 5 - STRIPE TRANSFER")
    gross = "g1 1000 1 - Stripe payout", "g2 1001 2 - Stripe payout", "g3 1002 3 - Stripe payout"
    ledger = lines(*gross, "h1 -29.30 1 - Stripe fees", "h2 -29.33 2 - Stripe fees", "h3 -29.36 3 - Stripe fees")
    found = match(bank, ledger, [CARD])
    assert pairs(found) == {f"b{day} = g{day} h{day}": "match" for day in (1, 2, 3)}


def test_a_fee_that_is_booked_nowhere_is_still_named():
    ledger = lines("g 2,400.72 2 - Stripe payout gross", "h -69.91 2 - Stripe fees")
    found = match(lines("b 2,330.80 4 - STRIPE TRANSFER"), ledger, [CARD])
    assert pairs(found) == {"b = g": "match"}
    assert found.groups["cause"].to_list() == ["fee_netted"]


def test_one_booked_fee_serves_one_payout():
    bank = lines("b1 970.70 3 - STRIPE TRANSFER", "b2 970.70 10 - STRIPE TRANSFER")
    ledger = lines("g1 1000 1 - Stripe payout", "g2 1000 9 - Stripe payout", "h -29.30 1 - Stripe fees")
    found = match(bank, ledger, [CARD])
    assert pairs(found) == {"b1 = g1 h": "match", "b2 = g2": "match"}


def test_the_fee_of_case_8_is_a_line_of_the_ledger():
    """ERPNext: a deposit of 100 less 2 is booked as 98, and 5 charged outside as 3 and 2: 95 reach the bank."""
    found = match(lines("b 95 2 - DEPOSIT HILL CAFE"), lines("g 98 2 - Deposit Hill Cafe", "h -3 2 - fee"), BANK)
    assert pairs(found) == {"b = g h": "suggestion"}


def test_no_common_word_is_needed_beside_the_formula_but_a_person_looks():
    ledger = lines("g 1,240.80 2 - Card sales", "h -36.28 2 - Processing")
    found = match(lines("b 1,204.52 4 - BANKCARD 8812"), ledger, BANK)
    assert pairs(found) == {"b = g h": "suggestion"}


def test_a_line_of_the_same_amount_on_another_day_under_another_name_is_no_fee():
    ledger = lines("g 2,400.72 2 - Stripe payout", "h -69.92 5 - Office chairs")
    found = match(lines("b 2,330.80 4 - STRIPE TRANSFER"), ledger, [CARD])
    assert pairs(found) == {"b = g": "match"}


def test_a_fee_that_the_bank_took_apart_too_makes_it_a_question_for_a_person():
    bank = lines("b 2,330.80 4 - STRIPE TRANSFER", "c -69.92 6 - CHAIR SHOP")
    found = match(bank, lines("g 2,400.72 2 - Stripe payout", "h -69.92 2 - Stripe fees"), [CARD])
    assert pairs(found) == {"b = g h": "suggestion"}


def test_two_lines_that_may_be_the_fee_are_a_question():
    ledger = lines("g 2,400.72 2 - Stripe payout", "h1 -69.92 2 - Stripe fees", "h2 -69.92 2 - Stripe fee May")
    found = match(lines("b 2,330.80 4 - STRIPE TRANSFER"), ledger, [CARD])
    assert pairs(found) == {"b = g h1 h2": "ambiguous"}


def test_a_bill_of_the_day_that_is_a_fee_to_the_cent_by_accident_is_never_confirmed_as_one():
    ledger = lines("g 1,000 1 - Stripe payout", "h -29.30 1 - Nolu Farms")
    assert pairs(match(lines("b 970.70 3 - STRIPE TRANSFER"), ledger, [CARD])) == {"b = g h": "suggestion"}


def test_a_line_that_says_it_is_a_fee_needs_no_other_name():
    ledger = lines("g 1,000 1 - Stripe payout", "h -29.30 1 - Card charges July")
    assert pairs(match(lines("b 970.70 3 - STRIPE TRANSFER"), ledger, [CARD])) == {"b = g h": "match"}
