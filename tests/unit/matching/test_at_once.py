"""Both sides at a time answer what they answer in turn, whatever their size."""

from __future__ import annotations

from threading import get_ident

import pytest

from recon.matching.at_once import both


@pytest.mark.parametrize(("lines", "threads"), [(2, 1), (99_999, 1), (100_000, 2), (30_000_000, 2), (30_000_001, 1)])
def test_few_lines_and_very_many_are_taken_in_turn(lines: int, threads: int) -> None:
    here = get_ident()
    seen = both(lambda side: (side, get_ident() == here), lines)
    assert [side for side, _ in seen] == [0, 1]
    assert [in_turn for _, in_turn in seen] == [threads == 1] * 2


@pytest.mark.parametrize("lines", [2, 200_000])
def test_an_error_of_the_left_side_is_told_first(lines: int) -> None:
    def fails(side: int) -> int:
        raise ValueError(f"side {side}")

    with pytest.raises(ValueError, match="side 0"):
        both(fails, lines)
