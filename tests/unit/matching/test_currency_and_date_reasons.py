"""Why a line stands alone where its currency or its date is the reason."""

from __future__ import annotations

import polars as pl
from make_lines import left_over, lines

from recon.linefiles import shipped
from recon.matching import Nearest, match

WINDOW = Nearest("window")


def priced(**currencies: str | None) -> pl.DataFrame:
    """Lines of 11.00 of 1 July under the reference A2, each in its currency."""
    side = lines(*(f"{name} 11.00 1 A2" for name in currencies))
    return side.with_columns(currency=pl.Series([*currencies.values()], dtype=pl.String))


def test_a_currency_that_one_line_does_not_name_is_the_reason():
    dollars = lines("b1 70 1 A1", currency="USD")
    left = pl.concat([dollars, priced(b2=None)])
    right = pl.concat([dollars.with_columns(id=pl.lit("g1")), priced(g2="USD")])

    found = match(left, right, shipped("bank"))

    assert left_over(found) == ["b2", "g2"]
    assert found.residue_left["counterfactual"].to_list() == [
        "nearest is g2 of 1 Jul 2026 over 11.00 under the same reference: its currency is not named, that one is USD"
    ]
    assert found.residue_right["counterfactual"].to_list() == [
        "nearest is b2 of 1 Jul 2026 over 11.00 under the same reference: that line names no currency"
    ]


def test_the_currency_that_no_other_line_has_is_told():
    found = match(priced(b="EUR"), priced(g="USD"), [WINDOW])
    assert found.residue_left["counterfactual"].item() == (
        "no open line of 11.00 EUR within 31 days, nor any other to compare"
    )


def test_another_figure_is_not_compared_where_a_currency_is_not_named():
    left = pl.concat([priced(b=None), priced(c="EUR")])
    right = priced(g="USD").with_columns(amount=pl.col("amount") + 1)
    found = match(left, right, [WINDOW])
    assert found.residue_left["cause"].to_list() == ["missing", "missing"]


def test_a_line_of_its_own_currency_is_nearer_than_one_that_names_none():
    later = lines("g2 11.00 9 A2", currency="EUR")
    found = match(priced(b="EUR"), pl.concat([priced(g1=None), later]), [WINDOW])
    assert found.residue_left["nearest_id"].item() == "g2"


def test_dates_that_are_missing_are_the_reason():
    undated = match(lines("b 11 - A"), lines("g 11 - A"), [WINDOW])
    assert undated.residue_left["counterfactual"].item().endswith("under the same reference: neither has a date")
    left, right = lines("b 11 - A"), lines("g 11 1 A")
    assert match(left, right, [WINDOW]).residue_left["counterfactual"].item().endswith("reference: it has no date")
    assert match(left, right, [WINDOW]).residue_right["counterfactual"].item().endswith(": that line has no date")
