"""Precision and recall count pairs: of a group, every left line with every right one."""

from __future__ import annotations

import polars as pl
import pytest

from recon.bench.quality import pairs_of, quality_of_pairs

# One deposit found by reference, one paired wrongly by its amount, and a batch of two of which nothing is certain.
MATCHES = pl.DataFrame(
    [
        (1, "left", "L1"),
        (1, "right", "R1"),
        (2, "left", "L2"),
        (2, "right", "R9"),
        (3, "left", "L3"),
        (3, "right", "R3"),
        (3, "right", "R4"),
        (4, "left", "L5"),
        (4, "right", "R5"),
    ],
    schema=["match_id", "side", "id"],
    orient="row",
)
GROUPS = pl.DataFrame(
    {
        "match_id": [1, 2, 3, 4],
        "pass": ["reference", "window", "grouped", "window"],
        "kind": ["match", "match", "match", "suggestion"],
    }
)
TRUTH = pl.DataFrame(
    [
        ("L1", "R1", "equal"),
        ("L2", "R2", "moved"),
        ("L3", "R3", "grouped"),
        ("L3", "R4", "grouped"),
        ("L5", "R5", "moved"),
    ],
    schema=["left", "right", "share"],
    orient="row",
)


def quality(matches: pl.DataFrame, groups: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    return quality_of_pairs(pairs_of(matches, groups), truth)


def row(found: pl.DataFrame, scope: str, name: str) -> dict[str, object]:
    return found.row(by_predicate=(pl.col("scope") == scope) & (pl.col("name") == name), named=True)


def test_every_line_of_a_group_is_paired_with_every_line_across() -> None:
    pairs = pairs_of(MATCHES, GROUPS).sort("left", "right")

    assert pairs.rows() == [
        ("L1", "R1", "reference"),
        ("L2", "R9", "window"),
        ("L3", "R3", "grouped"),
        ("L3", "R4", "grouped"),
    ]


def test_three_of_four_claims_are_right_and_three_of_five_truths_found() -> None:
    every = row(quality(MATCHES, GROUPS, TRUTH), "all", "all")

    assert (every["claimed"], every["true"], every["right"]) == (4, 5, 3)
    assert every["precision"] == pytest.approx(3 / 4)
    assert every["recall"] == pytest.approx(3 / 5)


def test_passes_answer_for_their_own_pairs_and_sum_to_the_whole() -> None:
    found = quality(MATCHES, GROUPS, TRUTH)

    assert row(found, "pass", "window")["precision"] == 0
    assert row(found, "pass", "grouped")["precision"] == 1
    assert found.filter(scope="pass")["recall"].sum() == pytest.approx(row(found, "all", "all")["recall"])


def test_shares_tell_what_was_missed() -> None:
    found = quality(MATCHES, GROUPS, TRUTH)

    shares = found.filter(scope="share").select("name", "claimed", "true", "right", "recall").rows()

    assert shares == [("equal", None, 1, 1, 1.0), ("grouped", None, 2, 2, 1.0), ("moved", None, 2, 0, 0.0)]


def test_a_pair_that_is_claimed_twice_counts_once() -> None:
    pairs = pl.DataFrame({"left": ["L1", "L1"], "right": ["R1", "R1"]})

    assert row(quality_of_pairs(pairs, TRUTH), "all", "all")["claimed"] == 1


def test_who_claims_nothing_has_no_precision_and_no_recall_to_boast_of() -> None:
    every = row(quality(MATCHES.clear(), GROUPS.clear(), TRUTH), "all", "all")

    assert every["precision"] is None
    assert every["recall"] == 0
