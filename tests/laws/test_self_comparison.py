"""Law: a ledger compared with itself leaves nothing."""

from __future__ import annotations

from hypothesis import given
from small_months import Entry, Month, documents, reconciled


@given(documents())
def test_a_ledger_that_says_what_the_sources_say_has_no_variances(wanted: tuple[Entry, ...]) -> None:
    found = reconciled(Month(wanted, wanted))

    assert found.frames["variances"].is_empty()
    assert found.frames["adjustments"].is_empty()
    assert found.frames["matches"].height == 2 * found.frames["expected"].height
