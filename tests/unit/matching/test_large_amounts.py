"""Large amounts and fine rates: what a side may hold, every pass and every reason can compare."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.errors import ConfigError, DataError
from recon.linefiles import shipped
from recon.matching import Near, match
from recon.matching.amounts import RELATIONS, amount_relation, are_slipped, is_decimal_slip
from recon.matching.fees import Fee, fee_of

amounts = st.integers(0, 10**6) | st.integers(0, 2**54)
rates = st.decimals(0, Decimal("0.999999"), places=6)


def side(name: str, kind: pl.Decimal, *some: str) -> pl.DataFrame:
    """One line of 1 September under the reference K for each amount."""
    ids = [f"{name}{number}" for number in range(len(some))]
    columns = {"id": ids, "amount": pl.Series([Decimal(one) for one in some], dtype=kind)}
    return pl.DataFrame(columns).with_columns(date=dt.date(2026, 9, 1), reference=pl.lit("K"))


@pytest.mark.parametrize("passes", ["bank", "ledger"])
@pytest.mark.parametrize(("places", "left", "right"), [(9, "600000", "610000"), (10, "50000", "1500000")])
def test_amounts_of_many_places_are_compared(passes, places, left, right):
    kind = pl.Decimal(38, places)
    found = match(side("b", kind, left), side("g", kind, right), shipped(passes))
    assert found.residue_left["cause"].to_list() == ["amount_other"]
    assert "under the same reference: its amount is off by" in found.residue_left["counterfactual"].item()


@pytest.mark.parametrize("passes", ["bank", "ledger"])
def test_the_largest_amounts_that_a_side_may_hold_go_through_every_pass(passes):
    most = Decimal(2**54 - 1) / 100
    left = side("b", pl.Decimal(38, 2), str(most), str(-most), str(most // 10), "7")
    right = side("g", pl.Decimal(38, 2), str(most - 1), str(most // 2), str(most - most // 2), "5", "2")
    found = match(left, right, shipped(passes))
    assert found.matches.height + found.residue_left.height + found.residue_right.height == 9


def test_beyond_them_a_side_is_refused_with_the_mend():
    large = side("b", pl.Decimal(38, 9), "1000000000")
    with pytest.raises(DataError, match="round the amounts to fewer decimal places"):
        match(large, large, shipped("bank"))
    fine = side("b", pl.Decimal(38, 20), "0")
    with pytest.raises(DataError, match=r"too many decimal places: round them \(most=14 places=20\)"):
        match(fine, fine, shipped("bank"))


def test_a_rate_finer_than_exact_sums_allow_is_refused():
    fine = Decimal("0.0299999999999999")
    for wrong in (
        Near("n", ("fee_netted",), before=1, after=1, fee=Fee(fine, 0, 0)),
        Near("n", ("within_tolerance",), before=1, after=1, tolerance_rate=fine),
    ):
        with pytest.raises(ConfigError, match=r"rate` is 0.0299999999999999: round it to 6 decimal places"):
            match(side("b", pl.Decimal(18, 2), "97"), side("g", pl.Decimal(18, 2), "100"), [wrong])


@given(amounts, st.integers(0, 4), st.integers(-1001, 1001))
def test_a_slipped_point_is_one_at_every_size(small, power, off):
    small %= 2**54 // 10**power
    large = max(small * 10**power + off, 0)
    both = np.array([small], dtype=np.int64), np.array([large], dtype=np.int64)
    assert bool(are_slipped(*both)[0]) == is_decimal_slip(small, large)


@given(amounts.filter(bool), st.integers(-(10**6), 10**6), rates)
def test_a_share_of_the_larger_amount_is_exact_at_every_size(size, off, rate):
    other = max(size + off, 1)
    code = amount_relation(
        np.array([size]), np.array([other]), tolerance_rate=rate, relations=("within_tolerance",)
    )  # fmt: skip
    within = abs(size - other) <= rate * max(size, other)
    assert RELATIONS[code[0]] == ("within_tolerance" if within else "none")


@given(amounts, rates, st.integers(2, 9))
def test_a_fee_is_the_rate_of_the_gross_rounded_half_even_to_the_cent(units, rate, scale):
    with localcontext(prec=60):
        cents = (Decimal(units) / 10 ** (scale - 2) * rate).quantize(Decimal(1), ROUND_HALF_EVEN)
    found = fee_of(np.array([[units]], dtype=np.int64), Fee(rate, 0, 0, scale=scale))
    assert int(found[0]) == int(cents) * 10 ** (scale - 2)
