"""The made ledgers have the shares that they promise, sums that foot, and one form for equal arguments."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from recon.bench.ledgers import Made, make_ledgers

LINES = 20_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_ledgers(LINES, 7, tmp_path_factory.mktemp("ledgers"))


@pytest.fixture(scope="module")
def pairs(made: Made) -> pl.DataFrame:
    """The true pairs with the columns of both lines."""
    left, right = pl.read_parquet(made.left), pl.read_parquet(made.right)
    truth = pl.read_parquet(made.truth)
    return truth.join(left, left_on="left", right_on="id").join(right, left_on="right", right_on="id", suffix="_right")


def of(pairs: pl.DataFrame, share: str) -> pl.DataFrame:
    found = pairs.filter(pl.col("share") == share)
    assert found.height
    return found


def days(pairs: pl.DataFrame) -> set[int]:
    return set((pairs["date_right"] - pairs["date"]).dt.total_days())


def test_equal_arguments_make_equal_ledgers_and_another_seed_makes_others(tmp_path: Path) -> None:
    first, again, other = (make_ledgers(2_000, seed, tmp_path / name) for name, seed in (("a", 3), ("b", 3), ("c", 4)))

    for name in ("left", "right", "truth"):
        assert getattr(first, name).read_bytes() == getattr(again, name).read_bytes()
    assert first.left.read_bytes() != other.left.read_bytes()


def test_the_left_has_the_lines_asked_for_and_every_id_stands_once(made: Made) -> None:
    left, right = pl.read_parquet(made.left), pl.read_parquet(made.right)

    assert left.height == made.lines_left == LINES
    assert right.height == made.lines_right
    assert left["id"].is_unique().all()
    assert right["id"].is_unique().all()
    assert left.schema["amount"] == right.schema["amount"] == pl.Decimal(18, 2)
    assert left["amount"].min() > 0


def test_the_shares_are_as_promised(made: Made) -> None:
    truth = pl.read_parquet(made.truth)
    lines = dict(truth.group_by("share").agg(pl.col("left").n_unique()).iter_rows())
    alone = LINES - truth["left"].n_unique()
    alone_right = made.lines_right - truth["right"].n_unique()
    known = LINES + alone_right

    shares = {name: round(count / known, 3) for name, count in {**lines, "left": alone, "right": alone_right}.items()}

    assert shares == {"equal": 0.7, "moved": 0.1, "mistyped": 0.08, "grouped": 0.08, "left": 0.02, "right": 0.02}


def test_equal_lines_keep_reference_amount_and_store(pairs: pl.DataFrame) -> None:
    equal = of(pairs, "equal")

    for name in ("reference", "amount", "currency", "key_location"):
        assert (equal[name] == equal[f"{name}_right"]).all(), name
    assert days(equal) == {0, 1, 2}


def test_moved_lines_lose_their_reference_and_come_one_to_three_days_later(pairs: pl.DataFrame) -> None:
    moved = of(pairs, "moved")

    assert moved["reference_right"].is_null().all()
    assert 0.4 < moved["reference"].null_count() / moved.height < 0.6
    assert (moved["amount"] == moved["amount_right"]).all()
    assert (moved["key_location"] == moved["key_location_right"]).all()
    assert days(moved) == {1, 2, 3}


def test_mistyped_references_differ_and_nothing_else_does_but_a_day(pairs: pl.DataFrame) -> None:
    mistyped = of(pairs, "mistyped")

    assert (mistyped["reference"] != mistyped["reference_right"]).all()
    assert (mistyped["amount"] == mistyped["amount_right"]).all()
    assert days(mistyped) == {-1, 0, 1}


def test_groups_sum_to_their_one_line_and_run_both_ways(pairs: pl.DataFrame) -> None:
    grouped = of(pairs, "grouped")
    one_to_many = grouped.filter(pl.col("left").is_duplicated())
    many_to_one = grouped.filter(pl.col("right").is_duplicated())
    forward = one_to_many.group_by("left").agg(pl.col("amount").first(), pl.col("amount_right").sum(), size=pl.len())
    backward = many_to_one.group_by("right").agg(pl.col("amount_right").first(), pl.col("amount").sum(), size=pl.len())

    assert one_to_many.height + many_to_one.height == grouped.height
    for groups in (forward, backward):
        assert (groups["amount"] == groups["amount_right"]).all()
        assert set(groups["size"]) == {2, 3, 4, 5}
    assert 0.24 < backward.height / (forward.height + backward.height) < 0.26


def test_half_of_the_groups_share_a_reference_the_others_day_store_and_batch(pairs: pl.DataFrame) -> None:
    grouped = of(pairs, "grouped").with_columns(
        named=(pl.col("reference") == pl.col("reference_right")).fill_null(False),
        batch=pl.col("text").str.extract(r"\b(B\d{5})\b"),
        batch_right=pl.col("text_right").str.extract(r"\b(B\d{5})\b"),
    )
    nameless = grouped.filter(~pl.col("named"))

    assert 0.45 < nameless.height / grouped.height < 0.55
    assert (nameless["batch"] == nameless["batch_right"]).all()
    assert (nameless["key_location"] == nameless["key_location_right"]).all()
    assert days(nameless) == {0}


def test_one_amount_in_a_hundred_repeats_a_hundred_times(made: Made) -> None:
    counts = pl.read_parquet(made.left).group_by("amount").len().filter(pl.col("len") >= 100)

    assert 0.009 < counts["len"].sum() / LINES < 0.02


def test_hardly_any_line_has_a_twin_that_nobody_could_tell_apart(made: Made) -> None:
    assert made.twins_share < 0.0005


def test_texts_are_as_long_as_a_bank_prints_them(made: Made) -> None:
    for side in (made.left, made.right):
        assert pl.read_parquet(side)["text"].str.len_chars().is_between(20, 30).all()


def test_a_ledger_of_several_chunks_is_one_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recon.bench.ledgers.CHUNK_LINES", 1_000)

    made = make_ledgers(2_501, 1, tmp_path)
    left, right, truth = (pl.read_parquet(path) for path in (made.left, made.right, made.truth))

    assert left.height == 2_501
    assert left["id"].is_unique().all()
    assert left["reference"].drop_nulls().n_unique() > 0.9 * left["reference"].count()
    assert (
        truth.join(left, left_on="left", right_on="id").join(right, left_on="right", right_on="id").height == made.pairs
    )
    assert not (tmp_path / "parts").exists()
