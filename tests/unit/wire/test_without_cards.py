"""The one look at a whole record says "clean" only where looking at each of its values says so too."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recon.store import content_text, content_texts
from recon.wire.cards import masked_row, without_cards

CARD = "4263970000005262"
MARKS = [
    "",
    " ",
    "-",
    ".",
    "/",
    ":",
    "_",
    ",",
    "\u00a0",
    "\u200b",
    "%20",
    "&nbsp;",
    "\\",
    '"',
    "\n",
    " card ",
    "T",
    "\x7f",
]


def with_check_digit(digits: str) -> str:
    """The digits with the last one that makes them pass for a card's."""
    return next(digits + last for last in "0123456789" if _luhn(digits + last))


def _luhn(digits: str) -> bool:
    doubled = [int(one) * 2 for one in digits[-2::-2]]
    return (sum(map(int, digits[::-2])) + sum(one - 9 if one > 9 else one for one in doubled)) % 10 == 0


@st.composite
def numbers_in_disguise(draw: st.DrawFn) -> str:
    """A number with a card's prefix and check digit, cut into groups with any marks in between."""
    first = draw(st.sampled_from("2345689017"))
    body = draw(st.text("0123456789", min_size=11, max_size=18))
    digits = with_check_digit(first + body)
    cuts = sorted(draw(st.sets(st.integers(1, len(digits) - 1), max_size=6)))
    pieces = [digits[a:b] for a, b in zip([0, *cuts], [*cuts, len(digits)], strict=True)]
    return draw(st.sampled_from(MARKS)).join(pieces)


def shaped(form: str) -> st.SearchStrategy[str]:
    """Texts of a form in which each 9 may be any digit."""
    return st.lists(st.sampled_from("0123456789"), min_size=len(form), max_size=len(form)).map(
        lambda digits: "".join(digit if mark == "9" else mark for mark, digit in zip(form, digits, strict=True))
    )


FORMS = [
    "99/99/9999 99:99:99", "99/99/9999 99:99:99 PM", "999-99-999-999-999", "2999-99-99T99:99:99.999999999+99:99",
    "1999-99-99 99:99", "9" * 23, "9" * 20, "9" * 19, "9999 9999 9999 9999", "9999-9999-9999", "-9999999999999",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=30), numbers_in_disguise(), *map(shaped, FORMS),
    st.text("0123456789 -/:.T", max_size=30), st.tuples(st.text(max_size=4), numbers_in_disguise()).map("".join),
)  # fmt: skip
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-(10**20), 10**20), NUMBERS),
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(TEXTS, below, max_size=3)),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.dictionaries(TEXTS, VALUES, max_size=5), max_size=4))
@example([{"memo": CARD}])
@example([{CARD: None}])
@example([{"a": int(CARD), "b": Decimal(CARD)}])
@example([{"a": {"b": [CARD[:8], {"c": f"paid {CARD[:4]} {CARD[4:8]}-{CARD[8:]}"}]}}])
@example([{"arn": "7" * 23, "hierarchy": "055-70-024-011-019", "at": "09/30/2026 23:59:59"}])
def test_no_record_that_needs_a_mask_passes_the_one_look(rows: list[dict[str, Any]]) -> None:
    for row, is_clean in zip(rows, without_cards([content_text(row) for row in rows]), strict=True):
        if is_clean:
            assert masked_row(row).row is row


@settings(max_examples=300, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=6), VALUES, max_size=5), max_size=4))
def test_the_quick_writing_of_a_page_is_the_slow_one(rows: list[Mapping[str, object]]) -> None:
    assert content_texts(rows).to_list() == [content_text(row) for row in rows]


@pytest.mark.parametrize("form", FORMS[:5])
def test_a_form_that_is_let_through_never_holds_a_card_whatever_its_digits(form: str) -> None:
    chance = random.Random(form)
    for _ in range(20_000):
        text = "".join(chance.choice("0123456789") if mark == "9" else mark for mark in form)
        assert masked_row({"at": text}).row == {"at": text}


def test_the_fields_of_the_services_pass_at_once() -> None:
    row = {
        "id": "TRN_0000001", "time_created": "2026-09-01T05:03:30.52Z", "arn": "24412136244000000000001",
        "system": {"hierarchy": "055-70-024-011-019", "mid": "101023947262"}, "masked": "426397XXXXXX5262",
        "WHENMODIFIED": "10/01/2026 01:00:00", "AMOUNT": "1234567.89", "memo": 'He said "no" \\ twice\n', "n": 12,
        "flag": True, "none": None, "rate": Decimal("0.25"),
    }  # fmt: skip
    assert without_cards([content_text(row)]).to_list() == [True]
