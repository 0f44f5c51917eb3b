"""What is wrong between a document and its entry: each recogniser on a ledger of a few lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make import expected, ledger, working

from recon.matching import actual_slips, compare, diagnose, expected_slips
from recon.matching.amounts import are_slipped, are_transposed, is_decimal_slip, is_transposition

FOOTED = ("E1 1010 97.10 role:net", "E2 6510 2.90 role:fees", "E3 1250 -100.00 role:sales")
SOLD = ("E1 1250 66.00 role:card", "E2 4010 -50.00 role:revenue", "E3 2200 -4.00 role:tax", "E4 2350 -12.00 role:tip")


def traits(wanted: tuple[str, ...], *actual: str, rounding: int = 5) -> list[tuple[str, str]]:
    """Cause and accounts of every trait between expected lines and a ledger."""
    left = expected_slips(expected(*wanted))
    lines = working(ledger(*actual))
    right = actual_slips(lines, frozenset({"DOC1"}), reconciliation="deposits", by_department=False)
    return [(one.cause, " ".join(one.accounts)) for one in diagnose(compare(left, right), rounding=rounding)]


def test_equal_amounts_have_no_traits() -> None:
    assert traits(FOOTED, "A1 1010 97.10", "A2 6510 2.90", "A3 1250 -100.00") == []


def test_an_account_over_two_lines_is_still_equal() -> None:
    assert traits(FOOTED, "A1 1010 90.00", "A2 1010 7.10", "A3 6510 2.90", "A4 1250 -100.00") == []


def test_every_amount_with_the_other_sign_is_a_sign_flip() -> None:
    found = traits(FOOTED, "A1 1010 -97.10", "A2 6510 -2.90", "A3 1250 100.00")
    assert found == [("sign_flip", "1010 1250 6510")]


def test_one_amount_with_the_other_sign_is_no_sign_flip() -> None:
    found = traits(FOOTED, "A1 1010 97.10", "A2 6510 2.90", "A3 1250 100.00")
    assert found == [("amount_other", "1250")]


def test_a_fee_inside_the_receivable_is_netted() -> None:
    assert traits(FOOTED, "A1 1010 97.10", "A2 1250 -97.10") == [("fee_netted", "6510 1250")]


def test_a_bank_line_before_the_fee_means_that_the_fee_is_not_booked() -> None:
    assert traits(FOOTED, "A1 1010 100.00", "A2 1250 -100.00") == [("fee_unbooked", "6510 1010")]


@pytest.mark.parametrize(
    ("role", "cause"),
    [
        ("tip", "tip_omitted"),
        ("tax", "tax_omitted"),
        ("chargebacks", "chargeback_unbooked"),
        ("reversals", "reversal_unbooked"),
    ],
)
def test_an_absent_line_inside_another_is_named_by_its_role(role: str, cause: str) -> None:
    wanted = ("E1 1250 66.00 role:card", "E2 4010 -54.00 role:revenue", f"E3 2350 -12.00 role:{role}")
    assert traits(wanted, "A1 1250 66.00", "A2 4010 -66.00") == [(cause, "2350 4010")]


def test_tax_and_tip_that_hide_in_two_lines_are_two_traits() -> None:
    wanted = (*SOLD[:1], "E2 4010 -30.00 role:revenue", "E5 4020 -20.00 role:revenue", *SOLD[2:])
    found = traits(wanted, "A1 1250 66.00", "A2 4010 -34.00", "A3 4020 -32.00")
    assert found == [("tax_omitted", "2200 4010"), ("tip_omitted", "2350 4020")]


def test_tax_and_tip_that_hide_in_one_line_are_told_together() -> None:
    [(cause, accounts)] = traits(SOLD, "A1 1250 66.00", "A2 4010 -66.00")

    assert cause in {"tax_omitted", "tip_omitted"}
    assert accounts == "2200 2350 4010"


def test_a_whole_amount_on_another_account_is_a_wrong_account() -> None:
    assert traits(FOOTED, "A1 1010 97.10", "A2 6800 2.90", "A3 1250 -100.00") == [("wrong_account", "6510 6800")]


def test_suspense_is_a_wrong_account_like_any_other() -> None:
    assert traits(FOOTED, "A1 1999 97.10", "A2 6510 2.90", "A3 1250 -100.00") == [("wrong_account", "1010 1999")]


def test_an_amount_that_is_absent_without_a_host_is_partial() -> None:
    assert traits(FOOTED, "A1 1010 97.10", "A2 1250 -100.00") == [("partial", "6510")]


def test_ten_times_the_amount_is_a_decimal_slip() -> None:
    found = traits(FOOTED, "A1 1010 971.00", "A2 6510 29.00", "A3 1250 -1000.00")
    assert found == [("decimal_slip", "1010 1250 6510")]


def test_two_digits_swapped_on_both_sides_of_an_entry_are_one_transposition() -> None:
    wanted = ("E1 1010 4512.30", "E2 1250 -4512.30")
    assert traits(wanted, "A1 1010 4152.30", "A2 1250 -4152.30") == [("transposition", "1010 1250")]


def test_cents_within_the_tolerance_are_rounding_and_above_it_another_amount() -> None:
    off_by_three = ("A1 1010 97.13", "A2 6510 2.90", "A3 1250 -100.03")
    assert traits(FOOTED, *off_by_three, rounding=5) == [("rounding", "1010 1250")]
    assert traits(FOOTED, *off_by_three, rounding=2) == [("amount_other", "1010 1250")]


def test_an_amount_without_a_reason_is_another_amount() -> None:
    assert traits(FOOTED, "A1 1010 117.10", "A2 6510 2.90", "A3 1250 -120.00") == [("amount_other", "1010 1250")]


def test_two_mistakes_in_one_document_are_two_traits() -> None:
    wanted = ("E1 1250 54.00", "E2 1030 12.00", "E3 4010 -40.00", "E4 4020 -26.00")
    found = traits(wanted, "A1 1250 54.00", "A2 1999 12.00", "A3 4010 -40.02", "A4 4020 -25.98")
    assert found == [("wrong_account", "1030 1999"), ("rounding", "4010 4020")]


def test_an_amount_without_a_rule_names_the_account_that_the_ledger_chose() -> None:
    wanted = ("E1 1250 66.00", "E2 4010 -54.00", "E3 ? -12.00 unmapped:yes")
    assert traits(wanted, "A1 1250 66.00", "A2 4010 -54.00", "A3 2350 -12.00") == [("unmapped", "? 2350")]


@pytest.mark.parametrize(
    ("right", "wrong"), [(12_345, 123_450), (123_450, 12_345), (12_345, 1_234), (-5_000, -500), (5_000, 50)]
)
def test_a_slipped_point_is_a_power_of_ten_whatever_cents_fell_off(right: int, wrong: int) -> None:
    assert is_decimal_slip(right, wrong)


@pytest.mark.parametrize(("right", "wrong"), [(12_345, 12_345), (10_000, -1_000), (3, 30), (0, 100), (12_345, 20_000)])
def test_other_amounts_are_no_slipped_point(right: int, wrong: int) -> None:
    assert not is_decimal_slip(right, wrong)


@pytest.mark.parametrize(("right", "wrong"), [(12_345, 13_245), (10_050, 10_500), (-54, -45), (120, 210)])
def test_two_neighbouring_digits_that_changed_places_are_a_transposition(right: int, wrong: int) -> None:
    assert is_transposition(right, wrong)


CENTS = st.integers(-(10**12), 10**12)


@st.composite
def pairs_of_cents(draw: st.DrawFn) -> tuple[int, int]:
    """Two amounts, often those of which one is the other with digits swapped or the point slipped."""
    first = draw(CENTS)
    swapped = list(str(abs(first)).zfill(draw(st.integers(1, 14))))
    at = draw(st.integers(0, max(len(swapped) - 2, 0)))
    swapped[at : at + 2] = reversed(swapped[at : at + 2])
    sign = -1 if first < 0 else 1
    slipped = first * draw(st.sampled_from([10, 100, 1_000])) + draw(st.integers(-9, 9))
    return first, draw(st.sampled_from([sign * int("".join(swapped)), slipped, first, -first, draw(CENTS)]))


@given(pairs_of_cents())
def test_one_pair_is_judged_as_many_are(pair: tuple[int, int]) -> None:
    right, wrong = pair
    both = np.array([right]), np.array([wrong])

    assert is_decimal_slip(right, wrong) == are_slipped(*both)[0]
    assert is_transposition(right, wrong) == are_transposed(*both)[0]


@pytest.mark.parametrize(
    ("right", "wrong"), [(12_345, 14_325), (12_345, 12_345), (12_345, -13_245), (1_234, 2_143), (10_000, 1_000)]
)
def test_other_digits_are_no_transposition(right: int, wrong: int) -> None:
    assert not is_transposition(right, wrong)
