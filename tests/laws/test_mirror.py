"""Law: with the two sides exchanged, every account's difference has the opposite sign."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from small_months import Month, months, reconciled, sum_by_cell


@given(months())
def test_exchanging_the_sides_flips_the_sign_of_every_difference(month: Month) -> None:
    # A source document has a number, is not a draft and belongs to a reconciliation of the month.
    booked = [one for one in month.entries if one.document and one.state == "Posted" and not one.journal]
    fit = [one for one in booked if one.reconciliation in month.only]
    numbered = {(one.document, one.location, one.department): one for one in fit}
    straight = Month(month.documents, tuple(numbered.values()))
    exchanged = Month(straight.entries, straight.documents)

    found, mirrored = reconciled(straight), reconciled(replace(exchanged, asked=straight.only))

    differences = sum_by_cell(found.frames["variance_lines"])
    assert sum_by_cell(mirrored.frames["variance_lines"]) == {cell: -gap for cell, gap in differences.items()}
