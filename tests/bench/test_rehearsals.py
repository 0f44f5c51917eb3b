"""Months whose mistakes are known are explained as the toolkit promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bench.campaign import score_month
from bench.score import Score
from make_months import make_month


def assert_explained(reached: Score) -> None:
    """Nothing missed, nothing misnamed, no false alarm, every balance right."""
    measures = ("found", "named", "alarms_per_1000", "cells_wrong", "tb_after")
    assert {name: reached[name] for name in measures} == dict(zip(measures, (1.0, 1.0, 0.0, 0, 0.0), strict=True))


def assert_hard_targets(reached: Score) -> None:
    """The promise for a month in which mistakes come together."""
    tb_after, tb_before = reached["tb_after"], reached["tb_before"]
    assert isinstance(tb_after, float | int)
    assert isinstance(tb_before, float | int)
    missed = {
        name: reached[name]
        for name, holds in {
            "found": reached["found"] >= 0.98,
            "named": reached["named"] >= 0.93,
            "alarms_per_1000": reached["alarms_per_1000"] <= 2,
            "tb_after": tb_after <= 0.01 * tb_before,
        }.items()
        if not holds
    }
    assert missed == {}


def test_the_plain_rehearsal_is_explained_entirely(rehearsal: Callable[[str], Path]) -> None:
    assert_explained(score_month(rehearsal("rehearsal-2026-09"), "2026-09"))


def test_the_hard_rehearsal_reaches_its_targets(rehearsal: Callable[[str], Path]) -> None:
    assert_hard_targets(score_month(rehearsal("rehearsal-2026-08-hard"), "2026-08"))


def test_a_made_plain_month_is_explained_entirely(tmp_path: Path) -> None:
    make_month(tmp_path, seed=11, stores=6)

    assert_explained(score_month(tmp_path, "2026-10"))


@pytest.mark.parametrize("seed", [12, 13])
def test_a_made_hard_month_reaches_the_targets_of_the_hard_rehearsal(tmp_path: Path, seed: int) -> None:
    make_month(tmp_path, seed=seed, stores=12, hard=True)

    assert_hard_targets(score_month(tmp_path, "2026-10"))
