"""Thirteen bank lines against twelve of a ledger: what each word tells in bits, and what each pair scores.

The figures move when a weight does: whoever changes one reads here what that does to pairs he can judge.
"""

from __future__ import annotations

from itertools import product

import polars as pl
import pytest

from recon.matching.texts import Vocabulary, agreed_words, learn, rare_tokens, score_pairs

BANK = (
    "ACH DEBIT MARTINEZ PLUMBIN",
    "ACH DEBIT GARCIA BAKERY TX",
    "ACH DEBIT OBRIEN SEAFOOD A",
    "ACH DEBIT NORTHGATE MEA",
    "POS PURCHASE ACMECORP TX",
    "POS PURCHASE KOWALSKI ELEC",
    "POS PURCHASE LINDQVIST ROO",
    "CHECK 0010234",
    "CHECK 0010243",
    "CHECK 0010250 KOWALSKI",
    "CARD DEPOSIT 88123 LAKESID",
    "CARD DEPOSIT 88124 HARBOR",
    "CARD DEPOSIT 88125 LAKESID",
)
LEDGER = (
    "Martinez Plumbing LLC - repairs",
    "Garcia Bakery - invoice 20877",
    "O'Brien Seafood",
    "Acme Corp",
    "Northgate Meats - weekly order",
    "Lindquist Roofing",
    "Check no. 10234 Garcia Bakery",
    "Check 10243 Martinez Plumbing",
    "Kowalski Electric & Sons, inv. 20931",
    "Lakeside card sales 88123",
    "Harbor card sales 88124",
    "Plumbing Supply House",
)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return learn(pl.Series([*BANK, None]), pl.Series([*LEDGER, None]))


@pytest.mark.parametrize(
    ("bank", "ledger", "score", "said"),
    [
        ("ACH DEBIT MARTINEZ PLUMBIN", "Martinez Plumbing LLC - repairs", 0.655, "MARTINEZ PLUMBIN(G)"),
        ("ACH DEBIT GARCIA BAKERY TX", "Garcia Bakery - invoice 20877", 0.815, "GARCIA BAKERY"),
        ("ACH DEBIT OBRIEN SEAFOOD A", "O'Brien Seafood", 0.824, "OBRIEN SEAFOOD"),
        ("POS PURCHASE ACMECORP TX", "Acme Corp", 0.822, "ACME CORP"),
        ("POS PURCHASE LINDQVIST ROO", "Lindquist Roofing", 0.754, "LINDQVIST/LINDQUIST ROO(FING)"),
        ("POS PURCHASE KOWALSKI ELEC", "Kowalski Electric & Sons, inv. 20931", 0.691, "KOWALSKI ELEC(TRIC)"),
        ("CHECK 0010234", "Check no. 10234 Garcia Bakery", 0.816, "check 10234"),
        ("CHECK 0010234", "Check 10243 Martinez Plumbing", 0.0, ""),
        ("CARD DEPOSIT 88123 LAKESID", "Lakeside card sales 88123", 0.871, "CARD LAKESID(E), number 88123"),
        ("CARD DEPOSIT 88125 LAKESID", "Lakeside card sales 88123", 0.185, "CARD LAKESID(E)"),
        ("ACH DEBIT MARTINEZ PLUMBIN", "Plumbing Supply House", 0.342, "PLUMBIN(G)"),
        ("ACH DEBIT NORTHGATE MEA", "Northgate Meats - weekly order", 0.719, "NORTHGATE MEA(TS)"),
        ("ACH DEBIT NORTHGATE MEA", "Garcia Bakery - invoice 20877", 0.0, ""),
    ],
)
def test_pairs_score_by_what_they_share_and_say_what_that_is(
    vocabulary: Vocabulary, bank: str, ledger: str, score: float, said: str
) -> None:
    assert score_pairs(vocabulary, pl.Series([bank]), pl.Series([ledger]))[0] == pytest.approx(score, abs=6e-4)
    assert score_pairs(vocabulary, pl.Series([ledger]), pl.Series([bank]))[0] == pytest.approx(score, abs=6e-4)
    assert agreed_words(vocabulary, bank, ledger) == said


@pytest.mark.parametrize(
    ("token", "left", "right", "bits", "unmatched"),
    [
        ("10234", 1, 1, 7.749, 1.0),  # a number tells twice what a word of so few lines does
        ("10250", 1, 0, 7.877, 0.941),
        ("ACH", 4, 0, 2.354, 0.5),  # only the bank says it, and often
        ("DEPOSIT", 3, 0, 2.716, 0.64),
        ("TX", 2, 0, 3.202, 0.8),
        ("A", 1, 0, 3.939, 0.982),
        ("CHECK", 3, 2, 0.0, 1.0),  # names a kind of number, nobody
        ("INVOICE", 0, 1, 0.0, 0.941),
        ("CARD", 3, 2, 2.716, 1.0),
        ("GARCIA", 1, 2, 3.138, 1.0),
        ("ELEC", 1, 0, 3.939, 1.0),  # cut, and so on both sides
        ("ELECTRIC", 0, 1, 3.874, 1.0),
        ("LINDQVIST", 1, 0, 3.939, 0.941),
        ("SALES", 0, 2, 3.138, 0.8),
    ],
)
def test_a_word_tells_the_more_the_fewer_lines_have_it(
    vocabulary: Vocabulary, token: str, left: int, right: int, bits: float, unmatched: float
) -> None:
    [row] = vocabulary.tokens.filter(token=token).rows(named=True)
    assert (row["left"], row["right"]) == (left, right)
    assert row["bits"] == pytest.approx(bits, abs=6e-4)
    assert row["unmatched"] == pytest.approx(unmatched, abs=6e-4)
    assert row["is_number"] is token.isdigit()


def test_numbers_of_checks_invoices_and_others_are_told_apart_by_their_digits(vocabulary: Vocabulary) -> None:
    five = 1 << 5
    found = dict(zip(vocabulary.texts["text"], vocabulary.series.tolist(), strict=True))
    assert found["CHECK 0010250 KOWALSKI"] == [five, 0, 0]
    assert found["Check no. 10234 Garcia Bakery"] == [five, 0, 0]
    assert found["Kowalski Electric & Sons, inv. 20931"] == [0, five, 0]
    assert found["CARD DEPOSIT 88125 LAKESID"] == [0, 0, five]
    assert found["Plumbing Supply House"] == [0, 0, 0]
    assert vocabulary.texts.height == len(BANK) + len(LEDGER)


def test_rare_words_are_those_that_both_sides_say_on_few_lines(vocabulary: Vocabulary) -> None:
    asked = pl.Series(["ACH DEBIT MARTINEZ PLUMBIN", None, "CHECK 0010250 KOWALSKI", "CARD DEPOSIT 88123 LAKESID"])
    found: dict[int, list[str]] = {}
    (told,) = rare_tokens(vocabulary, asked, most_lines=2)
    for row, token in told.rows():
        found.setdefault(row, []).append(vocabulary.meeting_words.token[token])
    assert found == {
        0: ["MART PLUM", "MARTINEZ", "MARTIN~", "MART~"],
        2: ["KOWALSKI", "KOWALS~", "KOWA~"],
        3: ["88123", "LAKESI~", "LAKE~"],
    }


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("paid 2026-07-04 7/4 07/04/26 12:30 1,234.50 20260704 XX1234 ****88", ["PAID"]),
        ("Café Müller's & Co. 0012 no 7", ["7", "12", "CAFE", "CO", "MULLERS"]),
        ("INV-2031/A 000", ["0", "2031", "A", "INV"]),
    ],
)
def test_a_text_is_read_as_words_and_numbers_without_dates_and_amounts(text: str, tokens: list[str]) -> None:
    found = learn(pl.Series([text]), pl.Series(["else"]))
    said = found.tokens.filter(pl.col("left") > 0)["token"].to_list()
    assert sorted(said, key=lambda token: (not token.isdigit(), token.isdigit() and int(token), token)) == tokens


@pytest.mark.parametrize(
    ("glued", "beside", "parts"),
    [
        ("ACMECORP", "Acme Corp", ["ACME", "CORP"]),
        ("OAKHILLGAR", "Oak Hill Garage", ["OAK", "HILL", "GAR"]),
        ("ACMECO", "Acme Corp", ["ACMECO"]),  # two letters of a cut word are too few
        ("ACMECORPX", "Acme Corp", ["ACMECORPX"]),
        ("ACMEDELI", "Acme and Deli", ["ACME", "DELI"]),
    ],
)
def test_a_word_glued_from_two_is_read_as_two(glued: str, beside: str, parts: list[str]) -> None:
    found = learn(pl.Series([glued]), pl.Series([beside]))
    assert sorted(found.tokens.filter(pl.col("left") > 0)["token"].to_list()) == sorted(parts)


def test_a_word_that_can_be_cut_in_two_ways_is_always_cut_in_the_same_one() -> None:
    ledger = pl.Series(["ACME CORP", "CORP LTD", "ACME CORPLTD", "BOLT SHOP", "SHOP EAST", "BOLT SHOPEAST"])

    read = [
        learn(pl.Series(["ACMECORPLTD", "BOLTSHOPEAST"]), ledger.sample(fraction=1.0, shuffle=True, seed=n))
        for n in range(16)
    ]

    assert len({(*one.tokens["token"], *one.parts.values.tolist()) for one in read}) == 1


def test_a_number_of_ten_digits_is_a_trace_and_no_check() -> None:
    nine, ten = "CHECK 123456789 OAK", "CHECK 1234567890 OAK"
    found = learn(pl.Series([nine, ten]), pl.Series(["Check 123456789", "Check 1234567890"]))
    series = dict(zip(found.texts["text"], found.series.tolist(), strict=True))
    assert series[nine] == [1 << 9, 0, 0]
    assert series[ten] == [0, 0, 0]


def test_the_score_is_the_same_whichever_text_is_called_left() -> None:
    bank = pl.Series(["BILLPAY BUFAFA CATERING C", "BILLPAY MORE CATERING C", "POS KOSIRA FLORIST"])
    ledger = pl.Series(["Bill payment - More Catering Co", "Bufafa Catering Co", "Vendor pmt Kosira Florist LLC"])
    ones, others = (pl.Series(side) for side in zip(*product(bank, ledger), strict=True))

    scores = score_pairs(learn(bank, ledger), ones, others)
    assert scores.tolist() == score_pairs(learn(ledger, bank), others, ones).tolist()


def test_a_cut_word_goes_to_the_partner_that_no_better_one_took() -> None:
    """C is cut from Catering or from Co; Catering has its own partner, so that C is that of Co."""
    bank, ledger = pl.Series(["BUFAFA CATERING C"]), pl.Series(["More Catering Co"])
    words = learn(pl.concat([bank, pl.Series(["C"])]), ledger)
    assert agreed_words(words, bank[0], ledger[0]) == "CATERING C(O)"
    assert agreed_words(words, ledger[0], bank[0]) == "CATERING C(O)"
