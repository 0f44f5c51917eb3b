"""Check numbers that differ, and words that name nobody: two lines of one amount are no match for them."""

from __future__ import annotations

from make_lines import groups, lines, pairs

from recon.linefiles import shipped
from recon.matching import Matched, match

BANK = shipped("bank")
DAYS = range(1, 21)


def beside_checks(bank: str, ledger: str) -> Matched:
    """The two lines among twenty checks, whose numbers the ledger has as references."""
    own = lines(*(f"k{day} {-100 - 7 * day} {day + 2} - CHECK {1000 + 2 * day}" for day in DAYS), bank)
    other = lines(*(f"m{day} {-100 - 7 * day} {day} {1000 + 2 * day} Vendor{day} Co" for day in DAYS), ledger)
    return match(own, other, BANK)


def test_another_check_number_is_never_confirmed_and_both_numbers_are_told():
    found = groups(beside_checks("b -250 13 - CHECK 1301", "g -250 13 1303 Ann Jones"))["b = g"]
    assert found[0] == "suggestion"
    assert found[1].endswith("only a suggestion: a reference missing, check 1301 against 1303")


def test_it_is_the_same_where_no_other_check_teaches_it():
    found = groups(match(lines("b -250 13 - CHECK 1301"), lines("g -250 13 1303 Ann Jones"), BANK))["b = g"]
    assert found[0] == "suggestion"
    assert "check 1301 against 1303" in found[1]


def test_the_same_number_and_a_number_of_another_form_are_no_contradiction():
    assert pairs(beside_checks("b -250 13 - CHECK 1303", "g -250 11 1303 Ann Jones"))["b = g"] == "match"
    assert pairs(beside_checks("b -250 13 - CHECK 1301", "g -250 13 44120-A Ann Jones"))["b = g"] == "match"


def test_numbers_that_the_other_side_never_answers_are_no_series():
    own = lines(*(f"k{day} {-100 - 7 * day} {day + 2} - VENDOR{day} INC" for day in DAYS), "b -250 13 - CHECK 1301")
    booked = (f"m{day} {-100 - 7 * day} {day} {5000 + day} Vendor{day} Inc" for day in DAYS)
    found = match(own, lines(*booked, "g -250 13 5099 Ann Jones"), BANK)
    assert pairs(found)["b = g"] == "match"


def test_payees_who_share_a_channel_word_alone_are_two_payees():
    bank = (f"k{day} {-100 - 7 * day} {day + 1} - ONLINE PMT VENDOR{day} INC" for day in DAYS)
    ledger = (f"m{day} {-100 - 7 * day} {day} - Vendor pmt Vendor{day} Inc" for day in DAYS)
    found = match(
        lines(*bank, "b -250 13 - ONLINE PMT MEGA UNIFORMS"), lines(*ledger, "g -250 13 - Vendor pmt Bala Tile"), BANK
    )
    kind, words = groups(found)["b = g"]
    assert kind == "suggestion"
    assert words.endswith("texts that share little")
