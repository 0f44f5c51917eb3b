"""Why a line stands alone, in one sentence: what is nearest and what would have to differ."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from make_lines import lines

from recon.errors import DataError
from recon.matching import Equal, Matched, Nearest, match
from recon.matching.reversed import Reversed
from recon.matching.wording import amount_words
from recon.money import accounting, from_cents

REFERENCE = Equal("reference", ("reference",))


def alone(left: pl.DataFrame, right: pl.DataFrame, *passes: Equal | Nearest | Reversed) -> dict[str, tuple[str, str]]:
    """Cause and counterfactual of every line that stands alone."""
    matched = match(left, right, passes or [REFERENCE])
    rows = pl.concat([matched.residue_left, matched.residue_right]).select("id", "cause", "counterfactual")
    return {name: (cause, words) for name, cause, words in rows.iter_rows()}


def test_swapped_digits_under_one_reference():
    found = alone(lines("b 1,243.00 4 INV-7"), lines("g 1,234.00 3 INV-7"))
    assert found["b"] == (
        "transposition",
        "nearest is g of 3 Jul 2026 over 1,234.00 under the same reference: two digits are swapped, 1 day earlier",
    )
    assert found["g"][1] == (
        "nearest is b of 4 Jul 2026 over 1,243.00 under the same reference: two digits are swapped, 1 day later"
    )


def test_a_slipped_point_and_a_flipped_sign_with_a_name_in_common():
    found = alone(lines("b1 50.25 4 - MARTINEZ PLUMB", "b2 80.00 4 - ACH ZEBRA"), lines(
        "g1 502.50 4 INV-7 Martinez Plumbing", "g2 -80.00 4 INV-8 Zebra Farms"
    ))  # fmt: skip
    assert found["b1"] == (
        "decimal_slip",
        "nearest is g1 of 4 Jul 2026 over 502.50 with a name in common: the decimal point slipped",
    )
    assert found["b2"] == (
        "sign_flip",
        "nearest is g2 of 4 Jul 2026 over (80.00) with a name in common: the sign is the opposite",
    )


def test_the_amount_itself_on_another_day():
    found = alone(lines("b 500.00 20"), lines("g 500.00 4"), Nearest("window", before=3, after=3))
    assert found["b"] == ("other_day", "nearest is g of 4 Jul 2026 over 500.00: 16 days earlier")


def test_the_amount_itself_that_is_matched_already():
    left = lines("b1 500.00 4 INV-7", "b2 500.00 5 INV-8")
    found = alone(left, lines("g 500.00 4 INV-7"))
    assert found == {
        "b2": (
            "taken",
            "nearest is g of 4 Jul 2026 over 500.00: 1 day earlier, reference INV7 instead of INV8, "
            "it is matched already (M:b1)",
        )
    }


def test_one_document_over_another_amount_at_another_store():
    left = lines("b 800.00 4 INV-7").with_columns(key_store=pl.lit("101"))
    right = lines("g 1,000.00 4 INV-7").with_columns(key_store=pl.lit("102"))
    assert alone(left, right)["b"] == (
        "amount_other",
        "nearest is g of 4 Jul 2026 over 1,000.00 under the same reference: its amount is off by 200.00, "
        "store 102 instead of 101",
    )


def test_an_entry_made_twice_names_the_one_that_is_matched():
    right = lines("g1 500.00 4 INV-7 Acme", "g2 500.00 5 INV-7 Acme", "g3 500.00 5 INV-9 Acme")
    found = alone(lines("b 500.00 4 INV-7"), right)
    assert found["g2"] == (
        "duplicate",
        "equals g1 of 4 Jul 2026, which is matched (M:b): entered twice, or its own counterpart is missing",
    )
    assert found["g3"][0] == "taken"  # another document of the same text is no copy


def test_the_same_rent_a_week_later_is_no_duplicate():
    found = alone(lines("b -500.00 4 R1 Rent"), lines("g1 -500.00 4 R1 Rent", "g2 -500.00 11 R1 Rent"))
    assert found["g2"][0] == "taken"


def test_a_returned_item_that_the_other_side_lacks_names_what_it_takes_back():
    left = lines("b1 80.00 3 D1 DEPOSIT", "b2 -80.00 6 - NSF CHARGEBACK", "b3 -80.00 6 - SERVICE")
    found = alone(left, lines("g 80.00 3 D1"))
    assert found["b2"] == (
        "reversal_unbooked",
        "seems to take back b1 of 3 Jul 2026, which is matched (M:b1): the other side lacks this",
    )
    assert found["b3"][0] == "missing"


def test_a_missing_line_tells_what_was_looked_for_and_what_is_nearest():
    found = alone(lines("b 1,250.00 4"), lines("g1 1,205.40 3", "g2 90.00 4"))
    assert found["b"] == (
        "missing",
        "no open line of 1,250.00 within 31 days; nearest by amount is g1 of 3 Jul 2026 over 1,205.40",
    )


def test_a_line_with_nothing_on_the_other_side_says_so():
    assert alone(lines("b -1,250.00 4"), lines()) == {
        "b": ("missing", "no open line of (1,250.00) within 31 days, nor any other to compare")
    }
    assert alone(lines("b 5.00 -"), lines())["b"][1] == "no open line of 5.00, nor any other to compare"


def test_lines_that_no_pass_compared_may_differ_in_nothing():
    matched = match(lines("b 5.00 4 K"), lines("g 5.00 4 K"), [])
    assert matched.residue_left["cause"].to_list() == ["near"]
    assert matched.residue_left["counterfactual"].to_list() == [
        "nearest is g of 4 Jul 2026 over 5.00 under the same reference: nothing that is compared differs"
    ]


def test_another_currency_is_never_near():
    found = alone(lines("b 5.00 4 K", currency="USD"), lines("g 5.00 4 K", currency="CAD"))
    assert found["b"][0] == "missing"


def test_what_came_with_a_line_stays_and_the_reason_stands_behind_it():
    left = lines("b 5.00 4").with_columns(clerk=pl.lit("Ana"))
    matched = match(left, lines("g 6.00 4"), [REFERENCE])
    assert matched.residue_left.columns == [*left.columns, "cause", "nearest_id", "counterfactual"]
    assert matched.residue_left.select(left.columns).equals(left)
    assert matched.residue_left["nearest_id"].to_list() == ["g"]


def test_a_side_that_has_the_columns_of_the_reason_already_is_refused():
    with pytest.raises(DataError, match=r"rename them.*cause.*side=right"):
        match(lines("b 5.00 4"), lines("g 6.00 4").with_columns(cause=pl.lit("x")), [REFERENCE])


def test_whole_cents_and_numbers_as_ids_are_told_as_amounts():
    left, right = pl.DataFrame({"id": [1], "amount": [125_000]}), pl.DataFrame({"id": [2], "amount": [120_000]})
    matched = match(left, right, [REFERENCE])
    assert matched.residue_left["nearest_id"].to_list() == [2]
    assert matched.explain(1, "left") == (
        "1 (left, 1,250.00) stands alone: no open line of 1,250.00; nearest by amount is 2 over 1,200.00."
    )


def test_a_matched_line_is_explained_with_its_group():
    matched: Matched = match(lines("b 30.00 3 K"), lines("g1 10.00 1 K", "g2 20.00 1 K"), [REFERENCE])
    assert matched.explain("g1") == (
        "g1 (right, 10.00) is matched with left: b 30.00; right: g2 20.00, by the pass reference: "
        "same reference and the sum; 1 against 2 lines; 2 days apart."
    )


def test_a_suggestion_and_a_tie_are_explained_as_what_they_are():
    tie = match(lines("b 5.00 4"), lines("g1 5.00 4 X", "g2 5.00 4 Y"), [Nearest("window")])
    assert tie.explain("b").startswith("b (left, 5.00) cannot be told apart among the readings of right: g1 5.00, g2")
    void = match(lines(), lines("g1 -5.00 4 - Oakland", "g2 5.00 5 - Oakland"), [Reversed("voids", days=9)])
    assert void.explain("g2").startswith("g2 (right, 5.00) may belong with right: g1 (5.00), by the pass voids")


def test_an_unknown_id_or_one_that_both_sides_have_is_refused():
    matched = match(lines("a 5.00 4"), lines("a 6.00 4"), [REFERENCE])
    with pytest.raises(DataError, match=r"no line has this id.*id=z"):
        matched.explain("z")
    with pytest.raises(DataError, match="name the side"):
        matched.explain("a")
    assert matched.explain("a", "right").startswith("a (right, 6.00) stands alone: ")


def test_amounts_of_columns_read_as_single_amounts_do():
    cents = [0, 5, -5, 99, 100, 123_456, -123_456, 100_000_000, -99_999_999, 1_000_000_000_000]
    found = pl.DataFrame({"cents": cents}).select(amount_words(pl.col("cents"), scale=2)).to_series().to_list()
    assert found == [accounting(from_cents(one)) for one in cents]
    tenths = pl.DataFrame({"tenths": [15, -12_345]}).select(amount_words(pl.col("tenths"), scale=1)).to_series()
    assert tenths.to_list() == ["1.50", "(1,234.50)"]
    assert accounting(Decimal("1.5")) == "1.50"


def test_the_order_of_rows_decides_nothing():
    left = lines("b1 5.00 4 - Oakland", "b2 5.00 5 - Oakland", "b3 9.00 5 - Elm")
    right = lines("g1 5.10 4 - Oakland", "g2 5.10 4 - Oakland", "g10 5.10 4 - Oakland")
    assert alone(left, right) == alone(left.reverse(), right.reverse())
    assert "nearest is g1 " in alone(left, right.reverse())["b1"][1]
