from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from recon.reporting import words


@pytest.mark.parametrize(
    ("normal", "to_book", "said"),
    [
        ("debit", "-12.00", "Card clearing overstated by 12.00"),
        ("debit", "12.00", "Card clearing understated by 12.00"),
        ("credit", "-1234.50", "Card clearing understated by 1,234.50"),
        ("credit", "12.00", "Card clearing overstated by 12.00"),
        ("credit", "0.00", "Card clearing agrees"),
    ],
)
def test_an_account_is_over_or_understated_by_its_normal_balance(normal: str, to_book: str, said: str) -> None:
    assert words.misstatement("Card clearing", normal, Decimal(to_book)) == said


def test_credits_stand_in_parentheses_and_a_missing_amount_in_words() -> None:
    assert words.money(Decimal("-1234.5")) == "(1,234.50)"
    assert words.money(Decimal("0.00")) == "0.00"
    assert words.money(Decimal("0.00"), zero="–") == "–"
    assert words.money(None) == "not provided"


def test_numbers_carry_their_noun() -> None:
    assert words.count(1, "entry", "entries") == "1 entry"
    assert words.count(1204, "entry", "entries") == "1,204 entries"
    assert words.count(0, "row") == "0 rows"


def test_text_is_cut_with_an_ellipsis_and_never_longer_than_the_limit() -> None:
    assert words.shorten("In the ledger without a source", 30) == "In the ledger without a source"
    assert words.shorten("In the ledger without a source!", 30) == "In the ledger without a sourc…"


def test_causes_and_checks_have_words_even_if_they_are_new() -> None:
    assert words.cause_title("fee_netted") == "Fee netted into another line"
    assert words.cause_title("payment_without_ticket") == "Payment without ticket"
    assert words.check_title("quite_new") == "Quite new"
    assert [words.verdict(one) for one in (True, False, None)] == ["Pass", "Fail", "Not tested"]


def test_days_and_moments_are_written_the_same_everywhere() -> None:
    assert words.day(dt.date(2026, 9, 1)) == "2026-09-01"
    assert words.day(None) == ""
    assert words.moment(dt.datetime(2026, 10, 5, 14, 30, tzinfo=dt.UTC)) == "2026-10-05 14:30 UTC"
