"""`match` on any two frames: nothing is lost, nothing depends on the order of rows or on how work is split."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_lines import SCHEMA, lines
from polars.testing import assert_frame_equal

from recon.matching import Balance, Equal, InProcess, Nearest, Pass, Subset, match

PASSES = [
    Equal("reference", ("reference",)),
    Equal("key", ("date", "key_store")),
    Nearest("window", agree=("key_store",), before=2, after=2),
    Subset("day", agree=("key_store",), most_lines=3),
    Nearest("far", before=9, after=9, texts=True),
]
LINE = st.tuples(
    st.sampled_from([100, 200, 300, 500, 1234]).map(lambda cents: Decimal(cents).scaleb(-2)),
    st.integers(1, 6).map(lambda day: dt.date(2026, 7, day)),
    st.sampled_from([None, None, "INV-1", "inv1", "INV-2", "A77"]),
    st.sampled_from([None, "ACME PLUMBING", "Acme Plumb", "rent"]),
    st.sampled_from(["10", "20"]),
)


@st.composite
def sides(draw, mark=""):
    rows = draw(st.lists(LINE, max_size=9))
    named = [(f"{mark}{number}", *row[:4], None, row[4]) for number, row in enumerate(rows, 1)]
    return pl.DataFrame(named, schema=SCHEMA | {"key_store": pl.String}, orient="row")


def _sorted(matched):
    return {
        "matches": matched.matches.sort("match_id", "side", "id"),
        "groups": matched.groups.sort("match_id"),
        "left": matched.residue_left.sort("id"),
        "right": matched.residue_right.sort("id"),
    }


def _assert_same(one, other):
    for name, frame in _sorted(one).items():
        assert_frame_equal(frame, _sorted(other)[name])


@given(sides("b"), sides("g"))
def test_every_line_stands_in_one_place_and_no_cent_is_lost(left, right):
    matched = match(left, right, PASSES)
    for side, frame, residue in (("left", left, matched.residue_left), ("right", right, matched.residue_right)):
        ids = matched.matches.filter(side=side)["id"].to_list() + residue["id"].to_list()
        assert sorted(ids) == sorted(frame["id"].to_list())
    sums = matched.matches.group_by("match_id").agg(
        total=pl.col("amount").filter(side="left").sum() - pl.col("amount").filter(side="right").sum()
    )
    both = sums.join(matched.groups, on="match_id")
    assert both.height == matched.groups.height == sums.height
    assert (both["total"] == both["difference"]).all()
    plain = matched.groups.filter(pl.col("kind") == "match", pl.col("cause").is_null())
    assert (plain["difference"] == 0).all()


@given(sides("b"), sides("g"), st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(left, right, random):
    shuffled = [frame.sample(fraction=1, shuffle=True, seed=random.randrange(10_000)) for frame in (left, right)]
    _assert_same(match(left, right, PASSES), match(*shuffled, PASSES))


SUMS: list[Pass] = [
    Balance("balance", suggest_from=2.0),
    Balance("balance at once", suggest_from=2.0, days=5, most_lines=3),
    Subset("batch", before=5, most_chance=1.0, suggest_from=2.0),
    Subset("instalments", many="left", span=2, before=5, most_chance=1.0, suggest_from=2.0),
    Subset("accidents are open", many="left", together=(), before=5, most_lines=4),
]
HALVES = st.integers(2, 40).map(lambda halves: halves * 50)


@st.composite
def contending(draw):
    """Two sides of a few lines that often sum to each other in more than one way."""
    frames = []
    for mark in "bg":
        cents = draw(st.lists(HALVES, min_size=2, max_size=7))
        days = draw(st.lists(st.integers(1, 4), min_size=len(cents), max_size=len(cents)))
        dated = enumerate(zip(cents, days, strict=True), 8)
        jotted = [f"{mark}{number} {Decimal(cent).scaleb(-2)} {day}" for number, (cent, day) in dated]
        frames.append(lines(*jotted))
    return frames


@pytest.mark.parametrize("one", SUMS, ids=lambda one: one.name)
@given(contending(), st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing_to_a_pass_that_sums(one, frames, random):
    shuffled = [frame.sample(fraction=1, shuffle=True, seed=random.randrange(10_000)) for frame in frames]
    _assert_same(match(*frames, [one]), match(*shuffled, [one]))


@given(sides("b"), sides("g"))
def test_however_the_work_is_split_the_answer_is_the_same(left, right):
    whole, split = match(left, right, PASSES), match(left, right, PASSES, runner=InProcess(partition_lines=3))
    for name in ("matches", "groups", "residue_left", "residue_right"):
        assert_frame_equal(getattr(whole, name), getattr(split, name))


@given(sides("b"), sides("g"), st.data())
def test_a_rejected_pair_is_in_no_group(left, right, data):
    first = match(left, right, PASSES)
    pairs = first.matches.filter(side="left").join(first.matches.filter(side="right"), on="match_id")
    if pairs.is_empty():
        return
    row = data.draw(st.sampled_from(pairs.rows(named=True)))
    rejected = pl.DataFrame({"left": [row["id"]], "right": [row["id_right"]]})
    again = match(left, right, PASSES, rejected=rejected)
    held = again.matches.filter(pl.col("id").is_in([row["id"], row["id_right"]])).filter(
        pl.col("match_id").is_duplicated()
    )
    assert held.is_empty()
