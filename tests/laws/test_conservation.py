"""Law: every line ends in exactly one place, and no cent is lost."""

from __future__ import annotations

from collections import Counter

import polars as pl
from hypothesis import assume, given
from small_months import Entry, Month, compared_lines, months, reconciled, sum_by_cell

from recon.money import to_cents


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


def payroll_by_department(lines: pl.DataFrame) -> dict[tuple[object, ...], int]:
    """Cents per account, location and department, zeros left out."""
    cell = ["account", "location", "department"]
    sums = lines.group_by(cell).agg(to_cents("amount").sum().alias("cents")).filter(pl.col("cents") != 0)
    return {tuple(key): cents for *key, cents in sums.rows()}


def _is_booked_run(entry: Entry) -> bool:
    """True for a payroll entry of the month that stands posted in a department: then the ledger keeps departments."""
    is_own = not entry.journal and entry.reconciliation == "payroll" and entry.state == "Posted"
    return is_own and entry.date.month == 9 and bool(entry.department) and any(cents for _, cents in entry.lines)


@given(months())
def test_no_cent_is_lost_between_departments(month: Month) -> None:
    assume("payroll" in month.only and any(_is_booked_run(one) for one in month.entries))

    found = reconciled(month)

    variances = found.frames["variances"].filter(pl.col("reconciliation") == "payroll")
    named = variances["actual_line_ids"].explode().drop_nulls()
    compared = compared_lines(month.actual, found, month.only)
    own = compared.filter((pl.col("journal") == "PYRJ") | pl.col("line_id").is_in(named.implode()))
    wanted = payroll_by_department(found.frames["expected"].filter(pl.col("reconciliation") == "payroll"))
    stands = payroll_by_department(own)
    told = payroll_by_department(found.frames["variance_lines"].join(variances, on="variance_id", how="semi"))
    off = {cell: wanted.get(cell, 0) - stands.get(cell, 0) for cell in {*wanted, *stands}}
    assert told == {cell: cents for cell, cents in off.items() if cents}
