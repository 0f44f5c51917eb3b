"""A word or type code in the column of references names no document, whoever's lines it stands on."""

from __future__ import annotations

import polars as pl
from make_lines import left_over, lines, pairs

from recon.linefiles import shipped
from recon.matching import Equal, Matched, match

BY_REFERENCE = [Equal("reference", ("reference",), days=30)]


def statement(word: str, *bank: str, passes: object = None, ledger: tuple[str, ...] = ()) -> Matched:
    """Eight payments whose reference is one word on both sides, and more lines of either side."""
    days = range(1, 9)
    own = lines(*(f"b{day} {-100 - 7 * day} {day + 1} {word} VENDOR{day} INC" for day in days), *bank)
    other = lines(*(f"g{day} {-100 - 7 * day} {day} {word} Vendor{day} Inc" for day in days), *ledger)
    return match(own, other, passes or BY_REFERENCE)


def test_a_word_that_stands_on_every_line_confirms_nobody():
    for word in ("ACH", "WIRE", "165"):
        found = statement(word, f"b -500 28 {word} CONTOSO POWER", ledger=(f"g -500 2 {word} Northwind Rent",))
        assert pairs(found) == {}


def test_a_line_left_over_hears_that_its_reference_is_no_document():
    found = statement("ACH", "b -500 28 ACH CONTOSO POWER", passes=shipped("bank"))
    assert left_over(found) == ["b"]
    assert (
        "its reference ACH stands on lines of many days and amounts: no document"
        in found.residue_left["counterfactual"][0]
    )


def test_payees_still_find_each_other_under_such_a_word():
    found = statement(
        "ACH",
        "x -500 5 ACH CONTOSO POWER",
        "y -500 7 ACH NORTHWIND RENT",
        passes=shipped("bank"),
        ledger=("p -500 5 ACH Northwind Rent", "q -500 3 ACH Contoso power"),
    )
    assert {name for name in pairs(found) if name[0] in "xy"} == {"x = q", "y = p"}


def test_a_number_stays_a_document_and_so_does_what_few_lines_share():
    for word in ("INV-1001", "10214"):
        assert len(pairs(statement(word))) == 8
    two = lines("b1 -10 1 RENT", "b2 -20 2 RENT"), lines("g1 -10 1 RENT", "g2 -20 2 RENT")
    assert pairs(match(*two, BY_REFERENCE)) == {"b1 = g1": "match", "b2 = g2": "match"}


def test_instalments_of_one_amount_and_lines_of_one_day_keep_their_reference():
    same_amount = lines(*(f"b{day} -50 {day} LEASE" for day in range(1, 9)))
    same_day = lines(*(f"b{size} {-size} 1 SLIP" for size in range(1, 9)))
    for side in (same_amount, same_day):
        other = side.with_columns(pl.col("id").str.replace("b", "g"))
        assert len(pairs(match(side, other, BY_REFERENCE))) == 8


def test_a_word_without_a_text_is_still_read_as_a_word():
    days = range(1, 9)
    own = lines(*(f"b{day} {-100 - 7 * day} {day + 1} JONES" for day in days))
    other = lines(*(f"g{day} {-100 - 7 * day} {day} JONES" for day in days))
    assert len(pairs(match(own, other, shipped("bank")))) == 8
