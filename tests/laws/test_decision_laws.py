"""Laws of people's decisions: what is told apart stays apart, undo restores every byte, others are left alone."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import polars as pl
from hypothesis import given, note
from hypothesis import strategies as st
from laws.test_repetition import written
from make import compare, decisions
from small_months import TWO_ENTITIES, Month, compared_lines, months, sum_by_cell

from recon.pipeline import Reconciled


def decided(month: Month, said: pl.DataFrame | None) -> Reconciled:
    """The month compared, with what people decided."""
    return compare(month.expected, month.actual, only=month.only, locations=TWO_ENTITIES, decisions=said)


@dataclass(frozen=True)
class Pair:
    """One expected and one ledger line of a month, of one reconciliation."""

    expected: str
    actual: str


@st.composite
def decided_months(draw: st.DrawFn, count: int = 3) -> tuple[Month, tuple[Pair, ...]]:
    """A small month and pairs of its lines; pairs that the passes matched come first in half of the cases."""
    month = draw(months())
    matches = decided(month, None).frames["matches"]
    groups = matches.group_by("match_id", maintain_order=True).agg(
        expected=pl.col("line_id").filter(pl.col("side") == "expected"),
        actual=pl.col("line_id").filter(pl.col("side") == "actual"),
    )
    together = [Pair(row[1][0], row[2][0]) for row in groups.rows() if row[1] and row[2]]
    expected, actual = month.expected["line_id"].to_list(), month.actual["line_id"].to_list()
    anywhere = st.builds(Pair, st.sampled_from(expected), st.sampled_from(actual or ["none:1"]))
    one = st.one_of(st.sampled_from(together), anywhere) if together else anywhere
    pairs = tuple(draw(st.lists(one, min_size=1, max_size=count)))
    for pair in pairs:
        note(str(pair))
    return month, pairs


def holds_both(found: Reconciled, pair: Pair) -> bool:
    """True where a match or a variance names both lines of the pair."""
    matches = found.frames["matches"]
    mine = [set(matches.filter(pl.col("line_id") == line)["match_id"]) for line in (pair.expected, pair.actual)]
    named = found.frames["variances"].filter(
        pl.col("expected_line_ids").list.contains(pair.expected) & pl.col("actual_line_ids").list.contains(pair.actual)
    )
    return bool(mine[0] & mine[1]) or named.height > 0


@given(decided_months(), st.sampled_from(["reject", "unmatch"]))
def test_a_pair_that_a_person_told_apart_never_returns(case: tuple[Month, tuple[Pair, ...]], action: str) -> None:
    month, pairs = case

    found = decided(month, decisions(*(f"{action} {one.expected} {one.actual}" for one in pairs)))

    assert [pair for pair in pairs if holds_both(found, pair)] == []


@given(decided_months(), st.sampled_from(["match", "unmatch", "reject", "accept", "note", "assign"]))
def test_a_decision_that_was_taken_back_leaves_every_byte_as_it_was(
    case: tuple[Month, tuple[Pair, ...]], action: str
) -> None:
    month, (pair, *others) = case
    before = decisions(*(f"reject {one.expected} {one.actual}" for one in others))
    said = f"{action} {pair.expected} {pair.actual} note:why"

    taken_back = decisions(
        *(f"reject {one.expected} {one.actual}" for one in others), said, f"{said} undoes:D{len(others) + 1}"
    )

    assert written(decided(month, taken_back)) == written(decided(month, before))


@given(decided_months())
def test_lines_and_cents_are_conserved_whatever_people_match(case: tuple[Month, tuple[Pair, ...]]) -> None:
    month, pairs = case

    found = decided(month, decisions(*(f"match {one.expected} {one.actual}" for one in pairs)))

    variances, matches = found.frames["variances"], found.frames["matches"]
    compared = compared_lines(month.actual, found, month.only)
    for side, lines in (("expected", found.frames["expected"]), ("actual", compared)):
        placed = matches.filter(pl.col("side") == side)["line_id"].to_list()
        differing = variances[f"{side}_line_ids"].explode().drop_nulls().to_list()
        places = Counter([*placed, *differing])
        assert {line: places[line] for line in lines["line_id"]} == dict.fromkeys(lines["line_id"], 1)
        assert set(places.values()) <= {1}
    chosen = matches.filter(pl.col("side") == "actual")["line_id"].to_list()
    named = variances["actual_line_ids"].explode().drop_nulls().to_list()
    inside = pl.col("posting_date").is_between(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
    foreign = month.actual.filter(pl.col("line_id").is_in([*chosen, *named]) & inside & (pl.col("state") == "Posted"))
    actual = sum_by_cell(pl.concat([compared, foreign]).unique("line_id"))
    expected = sum_by_cell(found.frames["expected"])
    differences = {cell: expected.get(cell, 0) - actual.get(cell, 0) for cell in {*expected, *actual}}
    assert sum_by_cell(found.frames["variance_lines"]) == {cell: gap for cell, gap in differences.items() if gap}


def groups_by_line(found: Reconciled) -> dict[str, frozenset[tuple[str, str]]]:
    """For every matched line, all lines of its group, by side."""
    lines = found.frames["matches"].group_by("match_id").agg(pl.struct("side", "line_id").alias("lines"))
    groups = [frozenset((one["side"], one["line_id"]) for one in some) for some in lines["lines"].to_list()]
    return {line: group for group in groups for _, line in group}


def touched(month: Month, pair: Pair, before: Reconciled) -> set[str]:
    """Lines of the documents and entries that a decision names, and of what these were matched with."""
    own = pl.concat([month.expected.select("line_id", "entry_id"), month.actual.select("line_id", "entry_id")])
    entries = own.filter(pl.col("line_id").is_in([pair.expected, pair.actual]))["entry_id"].to_list()
    named = set(own.filter(pl.col("entry_id").is_in(entries))["line_id"])
    groups = groups_by_line(before)
    variances = before.frames["variances"].select("expected_line_ids", "actual_line_ids").rows()
    together = [{*left, *right} for left, right in variances]
    return (
        named
        | {line for one in named if one in groups for _, line in groups[one]}
        | {line for lines in together if lines & named for line in lines}
    )


@given(decided_months(count=1), st.sampled_from(["match", "reject", "unmatch"]))
def test_a_decision_about_one_document_changes_no_group_of_another(
    case: tuple[Month, tuple[Pair, ...]], action: str
) -> None:
    month, (pair,) = case
    before = decided(month, None)

    after = decided(month, decisions(f"{action} {pair.expected} {pair.actual}"))

    near = touched(month, pair, before)
    was, now = groups_by_line(before), groups_by_line(after)
    assert {line: now.get(line) for line in was if line not in near} == {
        line: group for line, group in was.items() if line not in near
    }


@given(decided_months())
def test_notes_and_assignments_change_words_only(case: tuple[Month, tuple[Pair, ...]]) -> None:
    month, pairs = case

    said = decisions(*(f"{kind} {one.expected} {one.actual} note:bob" for one in pairs for kind in ("note", "assign")))

    before, after = decided(month, None), decided(month, said)
    words = {"variances": ("also", "explanation"), "match_groups": ("explanation",), "adjustments": ("explanation",)}
    for name, frame in before.frames.items():
        left = words.get(name, ())
        assert after.frames[name].drop(left).equals(frame.drop(left)), name
