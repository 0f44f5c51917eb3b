"""Documents and entries through the general matcher: what joins claim, and what is looked at slip by slip."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl
from make import compare, expected, ledger, told, working

from recon.matching import Claims, EntryMatches, Limits, Open, Slips, actual_slips, expected_slips, match, match_entries
from recon.matching.claims import claims_of
from recon.matching.entries import SameDocument, entry_passes
from recon.variances.frames import match_id_of

LIMITS = Limits(5, 2, 5, dt.date(2026, 8, 25), dt.date(2026, 10, 8))
FIRST = ("E1 1010 97.10 D:DEP1000903", "E2 6510 2.90", "E3 1250 -100.00")
SECOND = ("F1 1010 48.00 D:DEP1000904", "F2 6510 2.00", "F3 1250 -50.00")
FIRST_BOOKED = ("A1 1010 97.10 D:DEP1000903", "A2 6510 2.90", "A3 1250 -100.00")
SECOND_BOOKED = ("B1 1010 48.00 D:DEP1000904", "B2 6510 2.00", "B3 1250 -50.00")


def sides(wanted: tuple[str, ...], found: tuple[str, ...]) -> tuple[Slips, Slips]:
    """Both sides as slips."""
    left = expected_slips(expected(*wanted))
    known = frozenset(left.frame["document"].drop_nulls().to_list())
    return left, actual_slips(working(ledger(*found)), known, reconciliation="deposits", by_department=False)


def matched(wanted: tuple[str, ...], found: tuple[str, ...]) -> EntryMatches:
    """What the close makes of the two sides."""
    return match_entries(*sides(wanted, found), LIMITS)


def agreed(matches: EntryMatches) -> list[str]:
    """The lines of documents that agree with their entry, both sides in one word."""
    lists = matches.agreed.select(pl.concat_list("expected_ids", "actual_ids")).to_series()
    return sorted("".join(lines) for lines in lists)


def test_a_document_that_agrees_with_its_one_entry_is_told_without_being_looked_at() -> None:
    found = matched((*FIRST, *SECOND), (*FIRST_BOOKED, *SECOND_BOOKED))

    assert (agreed(found), found.groups) == (["E1E2E3A1A2A3", "F1F2F3B1B2B3"], ())


def test_what_a_surplus_entry_may_repeat_is_looked_at_with_it() -> None:
    copy = ("C1 1010 48.00 D:DEP1000904", "C2 6510 2.00", "C3 1250 -50.00")

    found = matched((*FIRST, *SECOND), (*FIRST_BOOKED, *SECOND_BOOKED, *copy))

    assert agreed(found) == ["E1E2E3A1A2A3"]
    assert [(group.by, group.actual[0].line_ids) for group in found.groups] == [("reference", ("B1", "B2", "B3"))]
    assert {key: slip.title for key, slip in found.copies.items()} == {found.actual_left[0].key: "DEP1000904"}


def test_an_entry_that_crosses_the_edge_of_the_period_is_looked_at() -> None:
    late = ("A1 1010 97.10 D:DEP1000903", "A2 6510 2.90", "A3 1250 -100.00 @2026-10-02")

    found = matched(FIRST, late)

    assert (agreed(found), len(found.groups)) == ([], 1)


def test_a_document_in_another_currency_agrees_with_nothing_at_once() -> None:
    foreign = tuple(f"{line} currency:CAD" for line in FIRST_BOOKED)

    assert [line.partition(" ")[0] for line in told(compare(expected(*FIRST), ledger(*foreign)))] == ["wrong_currency"]


def test_documents_that_differ_in_leading_zeros_are_two_documents() -> None:
    left, right = sides(("E1 1010 5.00 D:00120", "E2 1250 -5.00"), ("A1 1010 5.00 D:120", "A2 1250 -5.00"))

    assert match(left.lines(), right.lines(), [SameDocument()]).groups.is_empty()


def test_two_departments_of_one_document_meet_two_entries_of_a_ledger_without_departments() -> None:
    wanted = expected(
        "E1 6010 10.00 P:FOH D:PR-R1", "E2 1020 -10.00", "F1 6010 10.00 P:BOH D:PR-R1", "F2 1020 -10.00", journal="PYRJ"
    )
    actual = ledger(
        "A1 6010 10.00 D:PR-R1", "A2 1020 -10.00", "B1 6010 10.00 D:PR-R1", "B2 1020 -10.00", journal="PYRJ"
    )

    assert told(compare(wanted, actual)) == []


def test_lines_that_misspell_the_document_of_their_entry_join_the_ones_that_spell_it() -> None:
    _, right = sides(FIRST, ("A1 1010 97.10 D:DEP1000903", "A2 6510 2.90 D:DEP10009", "A3 1250 -100.00 D:-"))

    (slip,) = right
    assert (slip.line_ids, slip.document) == (("A1", "A2", "A3"), "DEP1000903")


def test_a_line_that_names_another_document_keeps_the_misspelt_ones_apart() -> None:
    _, right = sides(FIRST, ("A1 1010 97.10 D:DEP1000903", "A2 6510 2.90 D:DEP10009", "A3 1250 -100.00 D:RENT"))

    assert [slip.line_ids for slip in right] == [("A2", "A3"), ("A1",)]


def test_an_account_that_sums_to_nothing_is_no_content() -> None:
    (slip,) = expected_slips(expected("E1 1010 5.00 D:DEP1", "E2 1010 -5.00", "E3 1250 0.00"))
    left, _ = sides(("E1 1010 5.00 D:DEP1", "E2 1010 -5.00", "E3 1250 0.00"), FIRST_BOOKED)

    assert (slip.content, left.frame["content"].to_list(), left.frame["total"].to_list()) == ((), [""], [0])


@dataclass(frozen=True)
class SameTotal:
    """A pass of a company's own: documents and entries of one day that debit the same, wherever they stand."""

    name: str = "same total"
    agree: tuple[str, ...] = ("date",)

    def find(self, lines: Open) -> Claims:
        pairs = lines.left.join(lines.right, on=["date", "units"]).select(left="row", right="row_right")
        return claims_of(pairs.filter(pl.col("left").is_unique() & pl.col("right").is_unique()))


def test_a_pass_of_ones_own_stands_among_those_of_the_close() -> None:
    left, right = sides((*FIRST, *SECOND), (*FIRST_BOOKED, "B1 1010 50.00 D:RENT", "B2 1250 -50.00"))

    found = match(left.lines(), right.lines(), [SameDocument(), SameTotal(), *entry_passes(left, right, LIMITS)[1:]])

    assert found.groups["pass"].to_list() == ["document", "same total"]


def test_a_match_is_named_by_its_lines_in_any_order() -> None:
    assert match_id_of("deposits", ["A1", "E1"]) == match_id_of("deposits", ["E1", "A1"])
