"""Twenty thousand lines of one amount, one too many on the left: the answer is the surplus, not a standstill."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_lines import SCHEMA

from recon.linefiles import shipped
from recon.matching import Balance, Equal, Matched, Near, Nearest, Pass, Reversed, Subset, match
from recon.matching.blocks import without_near

MANY = 20_000
ENOUGH = 30  # processor seconds, on a machine that others use: what joined every line with every other took hours
KINDS: list[Pass] = [
    Equal("equal", ("reference",)),
    Nearest("nearest", before=2, after=5, texts=True),
    Near("near", ("fee_netted", "transposition", "sign_flip"), before=2, after=5, learn_fees=True),
    Subset("subset", before=5, after=0),
    Subset("instalments", many="left", words=True, span=2),
    Balance("balance"),
    Reversed("reversed", days=9),
]


def coffees(side: str, count: int, *, texts: bool) -> pl.DataFrame:
    """So many coffees at 5.00 over three days, under one reference; with texts each from its own till."""
    return pl.DataFrame(
        {
            "id": [f"{side}{number}" for number in range(count)],
            "amount": [Decimal("5.00")] * count,
            "date": [dt.date(2026, 9, 1 + number % 3) for number in range(count)],
            "text": [f"COFFEE HOUSE TILL {number}" if texts else None for number in range(count)],
            "reference": ["CAFE-1" if texts else None] * count,
        },
        schema={name: kind for name, kind in SCHEMA.items() if name != "currency"},
    )


def answered(passes: list[Pass], *, texts: bool) -> Matched:
    """The answer for the coffees, which came in time and holds every one of them once."""
    begun = time.process_time()
    found = match(coffees("b", MANY, texts=texts), coffees("g", MANY - 1, texts=texts), passes)
    assert time.process_time() - begun < ENOUGH
    assert found.matches.height + found.residue_left.height + found.residue_right.height == 2 * MANY - 1
    return found


@pytest.mark.parametrize("name", ["bank", "ledger"])
@pytest.mark.parametrize("texts", [True, False])
def test_a_shipped_list_pairs_equal_lines_or_says_that_it_did_not_look_at_all(name: str, texts: bool) -> None:
    found = answered(shipped(name), texts=texts)

    assert found.groups["kind"].unique().to_list() in ([], ["match"])
    surplus = found.residue_left.height - found.residue_right.height
    assert surplus == 1
    if found.residue_right.height:  # of them nobody looked at every other one
        assert found.residue_right["counterfactual"].str.contains("search bounded").all()


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.name)
@pytest.mark.parametrize("texts", [True, False])
def test_each_kind_of_pass_alone_comes_to_its_end(one: Pass, texts: bool) -> None:
    answered([one], texts=texts)


def subscribers(side: str, count: int, first: dt.date, *, names: bool, days: int) -> pl.DataFrame:
    """So many payments of 19.99, one or more a day, each of a customer of its own where `names`."""
    letters = "ABCDEFGHIKLMNOPRSTUVWY"
    name = [f"{letters[n % 22]}{letters[n // 22 % 22]}{letters[n // 484]}EN HARBOR" for n in range(count)]
    return pl.DataFrame(
        {
            "id": [f"{side}{number}" for number in range(count)],
            "amount": [Decimal("19.99")] * count,
            "date": [first + dt.timedelta(number % days) for number in range(count)],
            "text": name if names else [None] * count,
        },
        schema={key: SCHEMA[key] for key in ("id", "amount", "date", "text")},
    )


@pytest.mark.parametrize(("count", "days", "names"), [(1_100, 1_100, False), (1_100, 28, True), (2_500, 28, True)])
def test_a_thousand_equal_amounts_pair_by_their_days_or_by_their_names(count: int, days: int, names: bool) -> None:
    bank = subscribers("b", count, dt.date(2023, 3, 2), names=names, days=days)
    book = subscribers("g", count, dt.date(2023, 3, 1 if names else 2), names=names, days=days)

    found = match(bank, book, [Nearest("payee", before=12, after=3, texts=True)])
    told = found.matches.group_by("match_id").agg(pl.col("id").str.slice(1).n_unique()).sort("match_id")
    assert found.groups["kind"].to_list() == ["match"] * count
    assert told["id"].to_list() == [1] * count


def test_lines_of_one_amount_that_are_too_many_to_look_at_stay_open_and_say_so() -> None:
    bank = subscribers("b", 2_000, dt.date(2023, 3, 2), names=True, days=2)
    book = subscribers("g", 2_000, dt.date(2023, 3, 1), names=True, days=2)

    found = match(bank, book, [Nearest("amount", before=12, after=3)])
    assert found.groups.is_empty()
    for residue in (found.residue_left, found.residue_right):
        assert residue["counterfactual"].str.contains("search bounded by the pass amount").all()


DATED = st.lists(st.tuples(st.sampled_from([500, 700]), st.sampled_from(["USD", None]), st.integers(1, 20)), max_size=8)


def _dated(rows: list[tuple[int, str | None, int]]) -> pl.DataFrame:
    numbered = [(row, units, money, dt.date(2026, 9, day)) for row, (units, money, day) in enumerate(rows)]
    schema = {"row": pl.UInt32, "units": pl.Int64, "currency": pl.String, "date": pl.Date}
    return pl.DataFrame(numbered, schema=schema, orient="row")


@given(DATED, DATED, st.integers(0, 6))
def test_lines_without_an_equal_one_near_them_are_those_that_comparing_each_with_each_leaves(
    mine: list[tuple[int, str | None, int]], others: list[tuple[int, str | None, int]], days: int
) -> None:
    left = without_near(_dated(mine), _dated(others), ["currency", "units"], days=days)

    alone = [
        row
        for row, (units, money, day) in enumerate(mine)
        if not any((units, money) == other[:2] and abs(day - other[2]) <= days for other in others)
    ]
    assert left["row"].to_list() == alone
