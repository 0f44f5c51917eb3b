"""Law: every line ends in exactly one place, and no cent is lost."""

from __future__ import annotations

from collections import Counter

import polars as pl
from hypothesis import given
from small_months import Month, compared_lines, months, reconciled, sum_by_cell


@given(months())
def test_every_line_ends_in_one_place_and_no_cent_is_lost(month: Month) -> None:
    found = reconciled(month)

    variances, matches = found.frames["variances"], found.frames["matches"]
    compared = compared_lines(month.actual, found, month.only)
    for side, lines in (("expected", found.frames["expected"]), ("actual", compared)):
        matched = matches.filter(pl.col("side") == side)["line_id"].to_list()
        differing = variances[f"{side}_line_ids"].explode().drop_nulls().to_list()
        places = Counter([*matched, *differing])
        assert {line: places[line] for line in lines["line_id"]} == dict.fromkeys(lines["line_id"], 1)
        assert set(places.values()) <= {1}

    expected, actual = sum_by_cell(found.frames["expected"]), sum_by_cell(compared)
    differences = {cell: expected.get(cell, 0) - actual.get(cell, 0) for cell in {*expected, *actual}}
    assert sum_by_cell(found.frames["variance_lines"]) == {cell: gap for cell, gap in differences.items() if gap}
