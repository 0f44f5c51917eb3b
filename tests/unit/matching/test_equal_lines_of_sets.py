"""Lines equal in every field go to the sums that want all of them in the order of ids; a surplus is asked about."""

from __future__ import annotations

import polars as pl
import pytest
from make_lines import groups, left_over, lines, pairs

from recon.matching import Subset, match
from recon.matching.dealing import Dealt, Wanted, deal

DAY = Subset("day", most_chance=1.0, suggest_from=1.1)  # few lines make every set likely: which one is asked here


def test_two_deposits_of_four_equal_receipts_take_them_in_the_order_of_ids() -> None:
    bank = lines("b1 200.00 3", "b2 200.00 3")
    book = lines("g10 100.00 3", "g2 100.00 3", "g1 100.00 3", "g9 100.00 3")
    found = match(bank, book, [DAY])

    assert pairs(found) == {"b1 = g1 g2": "match", "b2 = g10 g9": "match"}
    assert found.groups["alternatives"].to_list() == [0, 0]
    for _, words in groups(found).values():
        assert "1 against 2 lines; equal lines taken in order: 2 of 4; the only set" in words


def test_what_is_likely_by_accident_is_dealt_out_as_a_suggestion() -> None:
    book = lines(*(f"g{number} 100.00 3" for number in range(4)))
    found = match(lines("b1 200.00 3", "b2 200.00 3"), book, [Subset("day")])
    assert pairs(found) == {"b1 = g0 g1": "suggestion", "b2 = g2 g3": "suggestion"}


def test_deposits_of_several_sizes_share_out_receipts_of_several_kinds() -> None:
    bank = lines("b1 300.00 3", "b2 150.25 3", "b3 150.25 3")
    book = lines(*(f"g{number} 100.00 3" for number in range(1, 6)), "h1 50.25 3", "h2 50.25 3")
    assert pairs(match(bank, book, [DAY])) == {
        "b1 = g1 g2 g3": "match",
        "b2 = g4 h1": "match",
        "b3 = g5 h2": "match",
    }


@pytest.mark.parametrize("many", [3, 5])
def test_one_receipt_too_few_or_too_many_is_asked_about(many: int) -> None:
    book = lines(*(f"g{number} 100.00 3" for number in range(many)))
    found = match(lines("b1 200.00 3", "b2 200.00 3"), book, [DAY])
    assert set(pairs(found).values()) == {"ambiguous"}
    assert left_over(found) == []


def test_equal_amounts_under_other_references_are_asked_about() -> None:
    book = lines("g1 100.00 3 A", "g2 100.00 3 A", "g3 100.00 3 B", "g4 100.00 3 B")
    found = match(lines("b1 200.00 3", "b2 200.00 3"), book, [DAY])
    assert pairs(found) == {"b1 b2 = g1 g2 g3 g4": "ambiguous"}


def test_a_receipt_that_a_person_told_apart_from_a_deposit_is_no_equal_one() -> None:
    book = lines(*(f"g{number} 100.00 3" for number in range(4)))
    rejected = pl.DataFrame({"left": ["b1"], "right": ["g3"]})
    found = match(lines("b1 200.00 3", "b2 200.00 3"), book, [DAY], rejected=rejected)
    assert "match" not in pairs(found).values()


def test_equal_receipts_that_another_deposit_may_need_are_asked_about() -> None:
    bank = lines("b1 200.00 3", "b2 200.00 3", "b3 140.00 3")
    book = lines(*(f"g{number} 100.00 3" for number in range(1, 5)), "h 40.00 3", "k1 70.00 3", "k2 70.00 3 X")
    assert pairs(match(bank, book, [DAY])) == {"b1 b2 b3 = g1 g2 g3 g4 h k1 k2": "ambiguous"}


def test_equal_lines_are_dealt_out_where_all_of_them_are_wanted() -> None:
    equal = dict.fromkeys((1, 2, 3), (1, 2, 3))
    one, other = Wanted(8, (1, 7), 3), Wanted(9, (1, 2), 3)
    assert deal([other, one], equal, set()) == {8: Dealt((1, 7), ("1 of 3",)), 9: Dealt((2, 3), ("2 of 3",))}
    assert deal([one], equal, set()) == {}
    assert deal([one, other], equal, {3}) == {}
    assert deal([one, Wanted(9, (1, 2), 4)], equal, set()) == {}
