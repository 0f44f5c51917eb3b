"""Law: a later pass never changes what an earlier one matched."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given
from make import working
from small_months import JOURNALS, Month, months

from recon.matching import Limits, actual_slips, expected_slips, match
from recon.matching.entries import entry_passes

LIMITS = Limits(5, 2, 5, dt.date(2026, 8, 25), dt.date(2026, 10, 8))


@given(months())
def test_what_an_earlier_pass_matched_stays_as_it_was(month: Month) -> None:
    name = month.only[0]
    left = expected_slips(month.expected.filter(pl.col("reconciliation") == name))
    known = frozenset(document for slip in left for document in slip.documents)
    lines = working(month.actual).filter(pl.col("journal") == JOURNALS[name])
    right = actual_slips(lines, known, reconciliation=name, by_department=name == "payroll")

    passes = entry_passes(left, right, LIMITS)

    before: set[tuple[object, ...]] = set()
    for count in range(1, len(passes) + 1):
        matched = match(left.lines(), right.lines(), passes[:count])
        claimed = set(matched.matches.join(matched.groups, on="match_id").select("pass", "side", "id", "kind").rows())
        assert before <= claimed
        before = claimed
