"""Near matches: each trait on a ledger of a few lines, several traits together, and what must never match."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from make_lines import groups, left_over, lines, pairs

from recon.matching import Matched, match
from recon.matching.amounts import RELATIONS, amount_relation, digits_of, net_of
from recon.matching.fees import Fee
from recon.matching.near import Near

CARD = Fee(Decimal("0.029"), 30, 3000)
WRITTEN = ("transposition", "decimal_slip", "sign_flip")
EVERY = ("within_tolerance", "fee_netted", *WRITTEN, "fee_capped", "amount_other")


def near(left: pl.DataFrame, right: pl.DataFrame, *causes: str, **fields: object) -> Matched:
    """Both sides through one pass, ten days before to three after, with a card fee."""
    given = {"before": 10, "after": 3, "fee": CARD, **fields}
    return match(left, right, [Near("near", causes=causes or EVERY, **given)])


def causes(matched: Matched) -> list[str]:
    return matched.groups["cause"].to_list()


def test_swapped_digits_are_told_with_the_name_that_both_texts_hold():
    found = near(lines("b -1,243.00 4 - ACH DEBIT MARTINEZ PLUMBIN"), lines("g -1,234.00 3 - Martinez Plumbing"))
    assert groups(found) == {
        "b = g": (
            "suggestion",
            "same text; 1 day apart; (1,243.00) stands as (1,234.00); off by (9.00); transposition; "
            "digits 3 and 4 are swapped; both name MARTINEZ PLUMBIN(G)",
        )
    }


def test_another_day_swapped_digits_and_no_reference_are_found_together():
    left = lines("b1 -873.10 14 - BILL PAY KOWALSKI INS", "b2 -873.10 14 - BILL PAY OAK HILL")
    right = lines("g1 -837.10 8 INV-7 Kowalski Insurance Agency", "g2 -50.00 8 INV-8 Oak Hill Garage")
    assert pairs(near(left, right)) == {"b1 = g1": "suggestion"}


def test_a_number_in_the_text_is_the_document():
    found = near(lines("b -405.64 28 - PAID CHECK 00007044"), lines("g -4,056.40 23 7044 Lakeside Consulting"))
    [(kind, words)] = groups(found).values()
    assert kind == "suggestion"
    assert words == (
        "same number in the text; 5 days apart; (405.64) stands as (4,056.40); off by 3,650.76; decimal slip; "
        "the decimal point slipped; both name check 7044"
    )


def test_a_flipped_sign_is_a_suggestion_never_a_match():
    found = near(lines("b 1,000.00 5 INV-12 ACME"), lines("g -1,000.00 5 INV-12 Acme"), confirmed=("sign_flip",))
    assert causes(found) == ["sign_flip"]
    assert "the sign is the opposite" in groups(found)["b = g"][1]


def test_a_credit_without_document_or_name_is_no_candidate_of_a_debit():
    assert pairs(near(lines("b 1,000.00 5"), lines("g -1,000.00 5"))) == {}


def test_a_fee_by_the_formula_is_a_match_where_the_policy_says_so():
    left, right = lines("b 96.80 6 - CARD UNION MEATS"), lines("g 100.00 4 - Union Meats LLC")
    assert pairs(near(left, right)) == {"b = g": "suggestion"}
    found = near(left, right, confirmed=("fee_netted",))
    assert groups(found) == {
        "b = g": (
            "match",
            "same text; 2 days apart; 96.80 stands as 100.00; off by (3.20); fee netted; "
            "net of a fee of 2.9 % + 0.30 a line; both name UNION MEATS",
        )
    }
    assert found.groups["difference"].to_list() == [Decimal("-3.20")]


def test_a_fee_makes_the_net_smaller_never_the_gross():
    left, right = lines("b 100.00 6 - CARD UNION MEATS"), lines("g 96.80 4 - Union Meats LLC")
    assert pairs(near(left, right, "fee_netted")) == {}
    assert pairs(near(left, right, "fee_netted", net="right")) == {"b = g": "suggestion"}


def test_a_flat_fee_below_the_cap_is_round_or_has_the_document():
    right = lines("g 9,113.02 8 INV-3 Wire Maria Sandoval")
    assert causes(near(lines("b 9,098.02 9 - WIRE MARIA SANDOVAL"), right)) == ["fee_netted"]
    assert pairs(near(lines("b 9,100.11 9 - WIRE MARIA SANDOVAL"), right)) == {}
    assert causes(near(lines("b 9,100.11 9 INV-3 WIRE"), right)) == ["fee_netted"]
    assert pairs(near(lines("b 9,073.02 9 - WIRE MARIA SANDOVAL"), right)) == {}


def test_the_tolerance_counts_its_edge_and_the_difference_stays_to_be_seen():
    left, right = lines("b 990.00 5 INV-1"), lines("g 1,000.00 5 INV-1")
    shares = {rate: near(left, right, "within_tolerance", tolerance_rate=Decimal(rate)) for rate in ("0.005", "0.01")}
    assert pairs(shares["0.005"]) == {}
    assert pairs(shares["0.01"]) == {"b = g": "suggestion"}
    assert shares["0.01"].groups["difference"].to_list() == [Decimal("-10.00")]
    assert "within the tolerance of 1 %" in groups(shares["0.01"])["b = g"][1]


def test_equal_keys_carry_a_tolerance_without_words():
    left = lines("b 100.03 5").with_columns(key_store=pl.lit("12"))
    right = lines("g1 100.00 5", "g2 100.02 5").with_columns(key_store=pl.Series(["12", "14"]))
    fields = {"agree": ("key_store",), "tolerance_cents": 5, "confirmed": ("within_tolerance",)}
    assert groups(near(left, right, "within_tolerance", **fields))["b = g1"] == (
        "match",
        "same store; 100.03 stands as 100.00; off by 0.03; within tolerance; within the tolerance of 0.05",
    )


@pytest.mark.parametrize(("one", "other"), [("149.00", "199.00"), ("125.50", "89.75"), ("100.00", "102.50")])
def test_near_misses_are_no_matches_whatever_the_name(one: str, other: str):
    found = near(lines(f"b {one} 5 - SMITH BAKERY"), lines(f"g {other} 5 - Smith Bakery"), "within_tolerance", *WRITTEN)
    assert pairs(found) == {}


def test_four_fifths_of_the_amount_need_the_document_number():
    right = lines("g 1,000.00 5 123456 Acme")
    assert causes(near(lines("b 800.00 5 123456 ACME"), right)) == ["amount_other"]
    assert pairs(near(lines("b 800.00 5 - ACME"), right)) == {}
    assert pairs(near(lines("b 800.00 5 - xx56yy34zz12"), right)) == {}
    assert pairs(near(lines("b 790.00 5 123456 ACME"), right)) == {}


def test_a_tenth_never_matches_without_a_name_or_document():
    assert pairs(near(lines("b 100.00 5"), lines("g 1,000.00 5"))) == {}
    found = near(lines("b 100.00 5 INV-1"), lines("g 1,000.00 5 INV-1"), confirmed=("fee_netted", "within_tolerance"))
    assert groups(found)["b = g"][0] == "suggestion"


def test_a_misspelt_reference_carries_what_hardly_happens_by_accident():
    left, right = lines("b 1,243.00 5 INV-20351"), lines("g 1,234.00 5 INV-20531")
    assert "same misspelt reference; " in groups(near(left, right))["b = g"][1]
    assert pairs(near(left, lines("g 1,200.00 5 INV-20531"))) == {}


def test_two_readings_that_fit_equally_are_ambiguous():
    left = lines("b 1,243.00 5 - ACH ZEBRA FARMS")
    right = lines("g1 1,234.00 5 - Zebra Farms", "g2 1,234.00 5 - Farms Zebra")
    found = near(left, right)
    assert groups(found)["b = g1 g2"][0] == "ambiguous"
    assert left_over(found) == []


def test_of_twins_the_first_is_paired_and_the_surplus_stays_open():
    left = lines("b 1,243.00 5 - ACH ZEBRA FARMS")
    right = lines("g1 1,234.00 5 - Zebra Farms", "g2 1,234.00 5 - Zebra Farms")
    found = near(left, right)
    assert pairs(found) == {"b = g1": "suggestion"}
    assert left_over(found) == ["g2"]


def test_another_currency_or_a_day_outside_the_window_is_no_candidate():
    left = lines("b 1,243.00 5 INV-1", currency="USD")
    assert pairs(near(left, lines("g 1,234.00 5 INV-1", currency="CAD"))) == {}
    assert pairs(near(left, lines("g 1,234.00 9 INV-1", currency="USD"))) == {}


def test_a_pair_that_a_person_rejected_is_not_suggested_again():
    left, right = lines("b 1,243.00 5 INV-1"), lines("g 1,234.00 5 INV-1")
    rejected = pl.DataFrame({"left": ["b"], "right": ["g"]})
    one = Near("near", causes=WRITTEN, before=3, after=3)
    assert pairs(match(left, right, [one], rejected=rejected)) == {}


@pytest.mark.parametrize(
    ("net", "gross", "relation"),
    [
        (10_000, 10_000, "equal"),
        (9_996, 10_000, "within_tolerance"),
        (9_680, 10_000, "fee_netted"),
        (-10_320, -10_000, "fee_netted"),
        (124_300, 123_400, "transposition"),
        (1_023, 123, "transposition"),
        (12_345, 1_234, "decimal_slip"),
        (50_000, -50_000, "sign_flip"),
        (8_500, 10_000, "fee_capped"),
        (-11_500, -10_000, "fee_capped"),
        (80_000, 100_000, "amount_other"),
        (10_000, 8_500, "amount_other"),
        (14_900, 19_900, "none"),
        (12_550, 8_975, "none"),
        (100, -100_000, "none"),
        (0, 3, "none"),
    ],
)
def test_two_amounts_have_the_first_relation_that_holds(net: int, gross: int, relation: str):
    [code] = amount_relation(
        *(pl.Series([cents], dtype=pl.Int64).to_numpy() for cents in (net, gross)), fees=[CARD], tolerance_cents=5
    )
    assert RELATIONS[code] == relation


def test_halves_of_a_fee_are_rounded_to_the_even_cent():
    half = Fee(Decimal("0.005"), 0, 0)
    gross = pl.Series([100, 300, -100], dtype=pl.Int64).to_numpy()
    assert net_of(gross, half).tolist() == [100, 298, -100]


def test_miswritten_amounts_have_the_same_digits():
    amounts = pl.Series([124_300, 123_400, -123_400, 1_234_000, 124_301], dtype=pl.Int64).to_numpy()
    assert len(set(digits_of(amounts).tolist())) == 2
