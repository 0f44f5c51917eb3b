"""Law: into how many parts the work is split changes nothing, neither for the close nor for any two frames."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from make import working
from small_months import JOURNALS, Month, months

from recon.matching import EntryMatches, InProcess, Limits, actual_slips, expected_slips, match, match_entries
from recon.matching.entries import entry_passes

LIMITS = Limits(5, 2, 5, dt.date(2026, 8, 25), dt.date(2026, 10, 8))
ANSWERS = ("matches", "groups", "residue_left", "residue_right")


def assert_same(found: EntryMatches, wanted: EntryMatches) -> None:
    """Every field of the answer is the same."""
    for name in (field.name for field in fields(EntryMatches)):
        one, other = getattr(found, name), getattr(wanted, name)
        assert one.equals(other) if isinstance(one, pl.DataFrame) else one == other, name


@given(months(), st.integers(1, 9))
def test_the_close_finds_the_same_in_one_part_and_in_many(month: Month, lines: int) -> None:
    name = month.only[0]
    left = expected_slips(month.expected.filter(pl.col("reconciliation") == name))
    known = frozenset(left.frame["document"].drop_nulls().to_list())
    posted = working(month.actual).filter(pl.col("journal") == JOURNALS[name])
    right = actual_slips(posted, known, reconciliation=name, by_department=name == "payroll")
    parts = InProcess(partition_lines=lines)

    assert_same(match_entries(left, right, LIMITS, runner=parts), match_entries(left, right, LIMITS))

    passes = entry_passes(left, right, LIMITS)
    whole, split = (match(left.lines(), right.lines(), passes, runner=runner) for runner in (InProcess(), parts))
    assert [name for name in ANSWERS if not getattr(split, name).equals(getattr(whole, name))] == []
