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


def test_the_plain_rehearsal_is_explained_entirely(rehearsal: Callable[[str], Path]) -> None:
    assert_explained(score_month(rehearsal("rehearsal-2026-09"), "2026-09"))


def test_the_hard_rehearsal_is_explained_entirely(rehearsal: Callable[[str], Path]) -> None:
    assert_explained(score_month(rehearsal("rehearsal-2026-08-hard"), "2026-08"))


def test_a_made_plain_month_is_explained_entirely(tmp_path: Path) -> None:
    make_month(tmp_path, seed=11, stores=6)

    assert_explained(score_month(tmp_path, "2026-10"))


@pytest.mark.parametrize("seed", [12, 13])
def test_a_made_hard_month_is_explained_entirely(tmp_path: Path, seed: int) -> None:
    make_month(tmp_path, seed=seed, stores=12, hard=True)

    assert_explained(score_month(tmp_path, "2026-10"))
