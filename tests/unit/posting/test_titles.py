"""A title that is cut names no document that does not exist."""

from __future__ import annotations

from recon.posting.titles import shortened, title_of

LONG = "2026-09 sales: late posted, SALES-005-20260914"


def test_a_title_that_is_too_long_is_cut_before_the_document_that_does_not_fit() -> None:
    title = f"Reversal of RCNDSKWSRCNDSKWSRCNDSKW1: {LONG}"

    assert len(title) > 80
    assert shortened(title) == "Reversal of RCNDSKWSRCNDSKWSRCNDSKW1: 2026-09 sales: late posted…"
    assert shortened(LONG) == LONG
    assert len(shortened("x" * 90)) == 80


def test_a_title_names_the_documents_that_fit_and_shows_that_there_are_more() -> None:
    documents = [f"DEP100090{number}" for number in range(9)]

    assert title_of("2026-09", "deposits", "fee_unbooked", ["DEP1", None]) == "2026-09 deposits: fee unbooked, DEP1"
    said = title_of("2026-09", "deposits", "fee_unbooked", documents)
    assert said == "2026-09 deposits: fee unbooked, DEP1000900, DEP1000901, DEP1000902, DEP1000903…"
    assert title_of("2026-09", "sales", "missing", ["D" * 50]).endswith(f", {'D' * 39}…")
