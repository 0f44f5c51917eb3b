"""Card numbers are found in every disguise, and nothing that books are matched by is taken for one."""

from __future__ import annotations

import random
from decimal import Decimal
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon.wire.cards import holds_card, masked, masked_row

VISA = "4111111111111111"
CARDS = {
    "Visa": VISA,
    "an old Visa of 13 digits": "4222222222222",
    "a long Visa of 19 digits": "4000000000000000006",
    "Mastercard": "5555555555554444",
    "a Mastercard of the two series": "2223003122003222",
    "American Express": "378282246310005",
    "Discover": "6011111111111117",
    "Diners": "30569309025904",
    "JCB": "3530111333300000",
    "UnionPay": "6200000000000005",
    "Maestro of 18 digits": "676770000000000013",
}
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


def in_groups(card: str, *sizes: int, by: str = " ") -> str:
    """The card in groups of these sizes; the last size repeats."""
    parts, rest = [], card
    for size in [*sizes, *[sizes[-1]] * len(card)]:
        parts.append(rest[:size])
        rest = rest[size:]
    return by.join(part for part in parts if part)


def in_digits_from(zero: str, card: str) -> str:
    return "".join(chr(ord(zero) + int(digit)) for digit in card)


def floating(card: str) -> str:
    """As Java writes a number of its type double, without the zeros at its end."""
    return f"{card[0]}.{card[1:].rstrip('0')}E{len(card) - 1}"


DISGUISES = {
    "nothing": lambda card: card,
    "spaces": lambda card: in_groups(card, 4),
    "dashes": lambda card: in_groups(card, 4, by="-"),
    "long dashes": lambda card: in_groups(card, 4, by="\u2013"),
    "dots": lambda card: in_groups(card, 4, by="."),
    "slashes": lambda card: in_groups(card, 4, by="/"),
    "underscores": lambda card: in_groups(card, 4, by="_"),
    "spaced dashes": lambda card: in_groups(card, 4, by=" - "),
    "lines": lambda card: in_groups(card, 4, by="\r\n"),
    "brackets": lambda card: "(" + in_groups(card, 4, by=")(") + ")",
    "stars and pipes": lambda card: in_groups(card, 4, by="*|"),
    "single digits": " ".join,
    "pairs": lambda card: in_groups(card, 2, by="-"),
    "groups of other sizes": lambda card: in_groups(card, 3, 5, 4),
    "full-width digits": lambda card: in_digits_from("\uff10", card),
    "Arabic digits": lambda card: in_digits_from("\u0660", card),
    "mathematical digits": lambda card: in_digits_from("\U0001d7ce", card),
    "superscripts": lambda card: "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in card),
    "spaces that do not break": lambda card: in_groups(card, 4, by="\u00a0"),
    "narrow spaces": lambda card: in_groups(card, 4, by="\u202f"),
    "letters of no width": ZERO_WIDTH.join,
    "letters of no width between other groups": lambda card: in_groups(in_groups(card, 3, by="\u200b"), 7),
    "control letters": lambda card: in_groups(card, 4, by="\0"),
    "codes of HTML": lambda card: "".join(f"&#{ord(digit)};" for digit in card),
    "codes of XML": lambda card: "".join(f"&#x{ord(digit):x};" for digit in card),
    "spaces of HTML": lambda card: in_groups(card, 4, by="&nbsp;"),
    "HTML within HTML": lambda card: in_groups(card, 4, by="&amp;nbsp;"),
    "tags of HTML": lambda card: in_groups(card, 4, by="</b><b class='x'>"),
    "codes of a URL": lambda card: "".join(f"%{ord(digit):02X}" for digit in card),
    "spaces of a URL": lambda card: quote(in_groups(card, 4)),
    "a URL within a URL": lambda card: quote(quote(in_groups(card, 4))),
    "a code that eats digits": lambda card: "50%" + card,
    "codes of JSON": lambda card: "".join(f"\\u{ord(digit):04x}" for digit in card),
    "codes of mail": lambda card: in_groups(card, 4, by="=20"),
    "a word in the middle": lambda card: f"{card[:6]} card {card[6:]}",
    "month and year of its end": lambda card: f"{card}1225",
    "year and month of its end, and its code": lambda card: f"{card}2512123",
    "zeros": lambda card: f"000{card}",
    "zeros up to twenty digits": lambda card: card.zfill(20),
    "a card glued to it": lambda card: f"{card}5555555555554444",
    "many spaces": lambda card: in_groups(card, 4, by=" " * 7),
    "indented lines": lambda card: in_groups(card, 4, by="\n" + " " * 12),
    "many spaces and a word": lambda card: in_groups(card, 4, by=" " * 6 + "then" + " " * 6),
    "the letter x": lambda card: in_groups(card, 4, by="x"),
    "the letters x apart": lambda card: in_groups(card, 4, by=" xx "),
    "a foreign word that repeats": lambda card: in_groups(card, 4, by=" og "),
    "any groups behind one mark": lambda card: in_groups(card, 4, 2, 4, 6, by="-"),
    "other groups behind one mark": lambda card: in_groups(card, 2, 6, 4, by="-"),
    "comments of HTML": lambda card: in_groups(card, 4, by="<!-- so - it -- is -->"),
    "a tag with much in it": lambda card: in_groups(card, 4, by=f"<span style='{'x' * 200}'>"),
    "raw data of XML": lambda card: f"{card[:4]}<![CDATA[{card[4:]}]]>",
    "several words": lambda card: in_groups(card, 4, by=" then "),
    "letters around": lambda card: f"PAN{card}X",
    "the second track of a stripe": lambda card: f";{card}=25121011000012345678?",
    "a floating number": floating,
    "a floating number with its sign": lambda card: floating(card).replace("E", "e+"),
    "the first track of a stripe": lambda card: f"%B{card}^DOE/JANE^25121011000012345678?",
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("network", CARDS)
def test_a_card_is_masked_but_for_its_last_four_digits_behind(disguise: str, network: str) -> None:
    card = CARDS[network]
    text = f"Ticket 77, {DISGUISES[disguise](card)}, thank you"

    said = masked(text)

    assert holds_card(text)
    assert said.startswith("Ticket 77, ")
    assert f"************{card[-4:]}" in said
    assert card[:6] not in "".join(letter for letter in said if letter.isdigit())
    assert masked(said) == said


NO_CARDS = [
    "24011339232000000000001",  # the reference of an acquirer, 23 digits
    "74011339232000000000006",
    "200123038490",  # a transaction of Portico
    "101023947262",  # a merchant
    "426397XXXXXX5262",
    "379132XXXXX1007",
    "2026-03-02T11:15:30.520Z",
    "2026-03-02T11:15:30.520123+00:00",
    "03/02/2026 11:15:30",
    "1772454930520",  # milliseconds since 1970
    "Deposit 2026-09-03 101023947262 1,234.56",
    "DEP-4012-20260903-0001",
    "accounts 4100 2026-09-03 1234",
    "+1 (415) 555-2671 ext. 1234",
    "DE89370400440532013000",
    "0000000000000000",
    "4111111111111112",  # its check digit is wrong
    "41111111111111112222",  # 20 digits, and no month behind the sixteenth
    "360-00-001-002-003",  # the place of a merchant, whose check digit is right by chance
    "4100k4200u51000t561",
    "11271.0000000000000001",
    "4.111111111111112E15",  # its check digit is wrong
    "4.1111111111111111E15",  # no whole number
    "202609012204121234567890",  # a day, a time and a counter
    "202609014111111111111112",
    "202613014111111111111111",  # no day
    "550e8400-e29b-41d4-a716-446655440000",
]


@pytest.mark.parametrize("card", [card for card in CARDS.values() if len(card) == 16 and card[0] in "3456"])
@pytest.mark.parametrize("front", ["20260901", "ORDER", "on 20260901", "Ref20260901"])
def test_a_day_or_a_word_glued_in_front_of_a_card_of_the_usual_length_hides_nothing(front: str, card: str) -> None:
    assert masked(f"{front}{card}") == f"{front}************{card[-4:]}"


@pytest.mark.parametrize("text", NO_CARDS)
def test_what_books_are_matched_by_is_left_as_it_is(text: str) -> None:
    assert masked(text) == text
    assert not holds_card(text)


def test_every_card_of_a_text_is_masked_and_the_rest_stays() -> None:
    text = f"paid by {VISA}, then {in_groups(CARDS['American Express'], 4, 6, 5)} on 2026-09-03, ticket 0042"

    assert masked(text) == "paid by ************1111, then ************0005 on 2026-09-03, ticket 0042"


def test_a_row_is_masked_however_deep_and_says_which_of_its_ids_held_a_card() -> None:
    row = {
        "id": VISA,
        "note": f"card {VISA}",
        "amount": Decimal("11271"),
        "count": 4,
        "number": int(VISA),
        "paid": True,
        "order": {"reference": in_groups(VISA, 4), "lines": [{"memo": VISA}, None]},
        "arn": "24011339232000000000001",
        f"field {VISA}": "x",
    }

    found = masked_row(row, {"id", "order.reference", "arn"})

    assert found.row == {
        "id": "************1111",
        "note": "card ************1111",
        "amount": Decimal("11271"),
        "count": 4,
        "number": "************1111",
        "paid": True,
        "order": {"reference": "************1111", "lines": [{"memo": "************1111"}, None]},
        "arn": "24011339232000000000001",
        "field ************1111": "x",
    }
    assert found.in_ids == ("id", "order.reference")
    assert found.is_quarantined


def test_an_acquirers_reference_that_begins_like_a_card_stays_where_it_belongs_and_is_masked_in_a_note() -> None:
    row = {"arn": "22230031220032221225123", "note": "22230031220032221225123"}

    found = masked_row(row, {"arn"})

    assert found.row == {"arn": "22230031220032221225123", "note": "************3222"}
    assert not found.is_quarantined


def test_a_run_of_three_cards_and_what_follows_the_end_of_the_last_shows_the_last_four_of_each() -> None:
    run = f"0{VISA}{CARDS['American Express']}{CARDS['JCB']}0927999888"

    assert masked(f"keyed {run}.") == "keyed 0************1111************0005************0000."


def test_a_card_in_a_note_does_not_set_its_row_aside() -> None:
    assert not masked_row({"id": "TRN_1", "note": VISA}, {"id"}).is_quarantined


def with_check_digit(digits: str) -> str:
    for last in "0123456789":
        doubled = [int(one) * (1 + at % 2) for at, one in enumerate(reversed(digits + last))]
        if sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0:
            return digits + last
    raise AssertionError


@given(st.integers(0, 10**9), st.sampled_from(list(DISGUISES)), st.text("ab cX,.:", max_size=12))
@settings(max_examples=150, deadline=None)
def test_no_made_card_shows_in_any_disguise_and_surrounding(seed: int, disguise: str, around: str) -> None:
    chance = random.Random(seed)
    first, length = chance.choice([("4", 16), ("51", 16), ("37", 15), ("6011", 16), ("2221", 16), ("36", 14)])
    card = with_check_digit(first + "".join(chance.choices("0123456789", k=length - len(first) - 1)))

    said = masked(f"{around} {DISGUISES[disguise](card)} {around}")

    assert f"************{card[-4:]}" in said
    assert card[:-4] not in "".join(letter for letter in said if letter.isdigit())


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_can_be_looked_through(text: str) -> None:
    assert masked(masked(text)) == masked(text)
