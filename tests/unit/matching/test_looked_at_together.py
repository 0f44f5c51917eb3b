"""What is looked at together for speed says of each what it says of it alone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.matching.chance import learn_accidents, learn_each, sets_like
from recon.matching.fees import Fee
from recon.matching.repeated import group_numbers
from recon.matching.sums import Asked, Bounds, find_each, find_sums
from recon.matching.texts import learn, score_pairs
from recon.matching.worded import alike_pairs, worded_pairs

BOUNDS = Bounds(max_size=4, work=50_000)
FEES = (Fee(Decimal("0.029"), 30, 60), Fee(Decimal("0.1"), 0, 0, rounded="each_line"))

amounts = st.integers(-9, 20) | st.integers(1, 5_000)
pools = st.lists(st.tuples(st.lists(amounts, max_size=9), st.lists(amounts, max_size=4)), max_size=8)


@given(pools, st.sampled_from([(), FEES]))
def test_many_pools_are_answered_as_each_alone(asked: list[tuple[list[int], list[int]]], fees: tuple[Fee, ...]) -> None:
    together = find_each([Asked(pool, targets) for pool, targets in asked], BOUNDS, *fees)

    alone = [find_sums(np.array(pool, np.int64), np.array(targets, np.int64), BOUNDS, *fees) for pool, targets in asked]
    assert together == alone


priced = st.lists(st.integers(1, 400).map(lambda quarters: round(quarters * 25 * 1.0825)), min_size=2, max_size=12)
any_pools = st.lists(priced | st.lists(st.integers(-5_000, 90_000).filter(bool), min_size=2, max_size=12), max_size=6)


@given(any_pools)
def test_the_chance_of_an_accident_is_that_of_the_pool_alone(pools: list[list[int]]) -> None:
    arrays = [np.array(pool, dtype=np.int64) for pool in pools]
    asked = [(one[: 2 + len(one) % 2], one[:2].sum(keepdims=True)) for one in arrays]

    together = sets_like([(one, *some, None) for one, some in zip(learn_each(arrays), asked, strict=True)])

    alone = [sets_like([(learn_accidents(pool), *some, None)])[0] for pool, some in zip(arrays, asked, strict=True)]
    assert together == alone


rows = st.lists(
    st.tuples(st.sampled_from([None, "INV1", "INV2", "", "é"]), st.sampled_from([None, 1, 2, -7]), st.booleans()),
    max_size=12,
)


@given(rows, rows)
def test_rows_have_one_number_if_they_are_equal_in_every_column_and_null_equals_null(
    one: list[tuple[str | None, int | None, bool]], other: list[tuple[str | None, int | None, bool]]
) -> None:
    schema = {"reference": pl.String, "units": pl.Int64, "key_open": pl.Boolean}
    left, right = (pl.DataFrame(some, schema=schema, orient="row") for some in (one, other))

    numbers = np.concatenate(group_numbers(left, right, [*schema])).tolist()

    both = [*one, *other]
    assert [[a == b for b in both] for a in both] == [[a == b for b in numbers] for a in numbers]


@pytest.mark.parametrize("agree", [(), ("currency",)])
def test_alike_pairs_are_worded_pairs_whose_texts_and_columns_agree(agree: tuple[str, ...]) -> None:
    day = dt.date(2026, 9, 3)
    said = [("ACH GARCIA BAKERY", "USD"), ("GARCIA BAKERY 1041", "CAD"), ("NORTH STAR PLUMBING", None)]
    bank, ledger = (
        pl.DataFrame(some, schema=["text", "currency"], orient="row").with_columns(
            date=pl.lit(day), reference=pl.lit(None, pl.String)
        )
        for some in (said, [("Garcia Bakery", "USD"), ("North Star Towing", None), ("Plumbing", None)])
    )
    vocabulary = learn(bank["text"], ledger["text"])

    found = alike_pairs(bank, ledger, vocabulary, window=(5, 5), least=0.7, agree=agree).rows()

    met = worded_pairs(bank, ledger, vocabulary, window=(5, 5))
    scores = score_pairs(vocabulary, bank["text"].gather(met["one"]), ledger["text"].gather(met["other"]))
    alike = [pair for pair, score in zip(met.rows(), scores.tolist(), strict=True) if score >= 0.7]
    assert found == [pair for pair in alike if not agree or bank["currency"][pair[0]] == ledger["currency"][pair[1]]]
    assert 0 < len(found) < met.height
