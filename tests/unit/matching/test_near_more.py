"""How much doubt each reason for a near amount carries, and where its bounds begin."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from make_lines import groups, lines, pairs

from recon.matching import match
from recon.matching.fees import Fee
from recon.matching.near import Near
from recon.matching.nearest import NEVER

CARD = Fee(Decimal("0.029"), 30, 3000)
EVERY = ("within_tolerance", "fee_netted", "transposition", "decimal_slip", "sign_flip", "fee_capped", "amount_other")


def kinds(left: pl.DataFrame, right: pl.DataFrame, points: int, **fields: object) -> list[str]:
    """What the pair is when so many points of doubt are confirmed, and when one point fewer is."""
    found = []
    for confirm in (points, points - 1):
        given = {"causes": EVERY, "before": 40, "after": 40, "fee": CARD, "confirmed": EVERY, **fields}
        found += pairs(match(left, right, [Near("near", confirm=confirm, most=NEVER - 1, **given)])).values()
    return found


@pytest.mark.parametrize(
    ("bank", "ledger", "points"),
    [
        ("b -1243 4 INV-100", "g -1234 4 INV-100", 10),  # two digits swapped
        ("b -1243 4 INV-100", "g -1234 6 INV-100", 22),
        ("b -1243 - INV-100", "g -1234 6 INV-100", 25),
        ("b 50.25 4 INV-100", "g 502.50 4 INV-100", 20),  # the point slipped
        ("b 80.00 4 INV-100", "g -80.00 4 INV-100", 20),  # the sign flipped
        ("b 970.70 4 INV-100", "g 1000.00 4 INV-100", 0),  # 2.9 % and 30 cents kept
        ("b 985.00 4 INV-100", "g 1000.00 4 INV-100", 20),  # 15.00 below the cap
        ("b 870.00 4 INV-100", "g 1000.00 4 INV-100", 40),  # another amount
    ],
)
def test_each_relation_of_amounts_has_its_points_under_one_document(bank: str, ledger: str, points: int) -> None:
    assert kinds(lines(bank), lines(ledger), points) == ["match", "suggestion"]


@pytest.mark.parametrize(
    ("bank", "ledger", "points"),
    [
        ("b -1243 4 - Oak Hill Garage", "g -1234 4 - Oak Hill Garage", 25),
        ("b -1243 4 - PAID 7044", "g -1234 4 7044", 17),
    ],
)
def test_names_and_documents_in_other_forms_have_theirs(bank: str, ledger: str, points: int) -> None:
    assert kinds(lines(bank), lines(ledger), points) == ["match", "suggestion"]


def test_only_the_named_causes_are_confirmed() -> None:
    left, right = lines("b -1243 4 INV-100"), lines("g -1234 4 INV-100")
    given = {"causes": EVERY, "before": 3, "after": 3}
    assert pairs(match(left, right, [Near("near", **given)])) == {"b = g": "suggestion"}
    assert pairs(match(left, right, [Near("near", confirmed=("sign_flip",), **given)])) == {"b = g": "suggestion"}
    assert pairs(match(left, right, [Near("near", confirmed=("transposition",), **given)])) == {"b = g": "match"}
    assert pairs(match(left, right, [Near("near", **(given | {"causes": ("sign_flip",)}))])) == {}


def test_the_doubt_allowed_counts_its_edge() -> None:
    left, right = lines("b -1243 4 INV-100"), lines("g -1234 6 INV-100")
    given = {"causes": EVERY, "before": 3, "after": 3}
    assert pairs(match(left, right, [Near("near", most=22, **given)])) == {"b = g": "suggestion"}
    assert pairs(match(left, right, [Near("near", most=21, **given)])) == {}


def test_the_window_counts_its_last_day_on_either_side() -> None:
    near = Near("near", causes=EVERY, before=2, after=3)
    ledger = {day: lines(f"g -1234 {day} INV-100") for day in (7, 8, 13, 14)}
    found = {day: pairs(match(lines("b -1243 10 INV-100"), side, [near])) for day, side in ledger.items()}
    assert found == {7: {}, 8: {"b = g": "suggestion"}, 13: {"b = g": "suggestion"}, 14: {}}


def test_the_gross_may_stand_on_the_left() -> None:
    left, right = lines("b 1000.00 4 INV-100"), lines("g 970.70 4 INV-100")
    given = {"causes": ("fee_netted",), "before": 3, "after": 3, "fee": CARD, "confirmed": ("fee_netted",)}
    assert pairs(match(left, right, [Near("near", **given)])) == {}
    found = groups(match(left, right, [Near("near", net="right", **given)]))
    assert found == {
        "b = g": (
            "match",
            "same reference, text; 1,000.00 stands as 970.70; off by 29.30; fee netted; "
            "net of a fee of 2.9 % + 0.30 a line; both name invoice 100",
        )
    }


def test_a_fee_below_the_cap_says_what_the_cap_is() -> None:
    found = groups(
        match(
            lines("b 985.00 4 INV-100"),
            lines("g 1000.00 4 INV-100"),
            [Near("near", causes=EVERY, before=3, after=3, fee=CARD)],
        )
    )
    assert found == {
        "b = g": (
            "suggestion",
            "same reference, text; 985.00 stands as 1,000.00; off by (15.00); fee netted; "
            "net of what may be a fee of up to 30.00; both name invoice 100",
        )
    }


def test_a_tolerance_is_told_in_money_and_per_cent() -> None:
    near = Near(
        "near", causes=("within_tolerance",), before=3, after=3, tolerance_cents=50, tolerance_rate=Decimal("0.005")
    )
    found = groups(match(lines("b 100.00 4 INV-100"), lines("g 100.40 4 INV-100"), [near]))
    assert "off by (0.40); within tolerance; within the tolerance of 0.50 or 0.5 %;" in found["b = g"][1]
    assert pairs(match(lines("b 100.00 4 INV-100"), lines("g 100.52 4 INV-100"), [near])) == {}


def test_equal_keys_find_a_small_difference_without_document_or_name() -> None:
    near = Near("near", causes=("within_tolerance",), before=3, after=3, agree=("key_store",), tolerance_cents=50)
    left = lines("b 100.00 4").with_columns(key_store=pl.lit("101"))
    for amount, expected in (("100.50", {"b = g": "suggestion"}), ("99.50", {"b = g": "suggestion"}), ("100.51", {})):
        right = lines(f"g {amount} 4").with_columns(key_store=pl.lit("101"))
        assert pairs(match(left, right, [near])) == expected
    elsewhere = lines("g 100.50 4").with_columns(key_store=pl.lit("102"))
    assert pairs(match(left, elsewhere, [near])) == {}


def test_a_name_that_many_lines_have_finds_nothing() -> None:
    left = lines("b -1243.50 4 - Oak Hill Garage", *(f"b{number} -{number}.07 4 - Oak" for number in range(100, 106)))
    right = lines("g -1234.50 4 - Oak Hill Garage", *(f"g{number} -{number}.91 4 - Oak" for number in range(200, 206)))
    given = {"causes": ("amount_other", "fee_capped"), "before": 3, "after": 3, "fee": Fee(Decimal(0), 0, 1000)}
    assert pairs(match(left, right, [Near("near", rare_lines=50, **given)])) == {"b = g": "suggestion"}


def test_equal_amounts_are_left_to_other_passes() -> None:
    near = Near("near", causes=EVERY, before=3, after=3, fee=CARD, tolerance_cents=50)
    assert pairs(match(lines("b 100.00 4 INV-100"), lines("g 100.00 4 INV-100"), [near])) == {}


def test_a_misspelt_reference_alone_brings_a_small_difference_together() -> None:
    near = Near("near", causes=("within_tolerance",), before=3, after=3, tolerance_cents=50)
    left = lines("b 100.00 4 INV-2031")
    for reference in ("INV-203", "INV-20311", "NIV-2031"):
        assert pairs(match(left, lines(f"g 100.40 4 {reference}"), [near])) == {"b = g": "suggestion"}
    for reference in ("INV-2145", "INV-2039", "-"):
        assert pairs(match(left, lines(f"g 100.40 4 {reference}"), [near])) == {}
    short = lines("b 100.00 4 2031"), lines("g 100.40 4 2032")  # four characters are too few to be misspelt
    assert pairs(match(*short, [near])) == {}


@pytest.mark.parametrize(("net", "amounts"), [("left", ("970.70", "1000.00")), ("right", ("1000.00", "970.70"))])
def test_a_rated_fee_is_found_by_its_amount_where_keys_agree(net: str, amounts: tuple[str, str]) -> None:
    near = Near("near", causes=("fee_netted",), before=3, after=3, agree=("key_store",), fee=CARD, net=net)
    left, right = (
        lines(f"{name} {amount} 4").with_columns(key_store=pl.lit("101"))
        for name, amount in zip(("b", "g"), amounts, strict=True)
    )
    assert pairs(match(left, right, [near])) == {"b = g": "suggestion"}
    assert pairs(match(left, right.with_columns(key_store=pl.lit("102")), [near])) == {}


def test_a_channel_word_alone_is_called_so_where_amounts_are_near() -> None:
    left = lines("b1 71 4 - VISA", "b2 11 4 - Elm", "b3 12 4 - Fir")
    right = lines("g1 70 4 - VISA DEBIT", "g2 13 4 - Yew", "g3 14 4 - Ash")
    near = Near("near", ("within_tolerance",), before=3, after=3, tolerance_cents=100)
    [(kind, said)] = groups(match(left, right, [near])).values()
    assert kind == "suggestion"
    assert said.startswith("same channel word; 71.00 stands as 70.00; off by 1.00;")
