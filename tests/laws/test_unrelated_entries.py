"""Law: whatever balanced entry of other accounts or of another place is added, no finding vanishes or changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl
from hypothesis import given, note
from hypothesis import strategies as st
from make import compare, framed
from small_months import JOURNALS, TWO_ENTITIES, Entry, Month, months

from recon.money import from_cents
from recon.pipeline import Reconciled

Told = dict[str, tuple[object, ...]]
ELSEWHERE = ("7000", "7100")  # accounts that no document uses
FAR = "199"  # a store that has no documents
DAY = "2026-09-17"


@dataclass(frozen=True)
class Move:
    """An amount from one cell to another: account, location, department."""

    taken: tuple[str, str, str | None]
    given: tuple[str, str, str | None]
    cents: int


def unrelated(moves: tuple[Move, ...], journal: str, state: str) -> pl.DataFrame:
    """LEDGER lines of one entry that makes the moves, without a document."""
    sides = [(cell, sign * one.cents) for one in moves for sign, cell in ((1, one.given), (-1, one.taken))]
    days = pl.lit(DAY).str.to_date()
    rows = [
        {"line_id": f"U:{number}", "entry_id": "U", "journal": journal, "currency": "USD", "state": state}
        | {"account": account, "location": location, "department": department, "amount": from_cents(cents)}
        for number, ((account, location, department), cents) in enumerate(sides, start=1)
    ]
    return framed("ledger", rows).with_columns(posting_date=days)


def run(name: str, document: str, department: str) -> Entry:
    """A payroll run of 50.00 at store 100."""
    lines = (("6010", 5000), ("2410", -5000))
    return Entry(name, "payroll", document, dt.date(2026, 9, 9), "100", department, lines)


# Two runs, one of which stands in the other department: what only departments tell is the easiest to hide.
RUNS = Month(
    (run("E1", "PR-R1", "FOH"), run("E2", "PR-R2", "BOH")), (run("G1", "PR-R1", "BOH"), run("G2", "PR-R2", "BOH"))
)


def closed(month: Month, *extra: pl.DataFrame) -> Reconciled:
    return compare(month.expected, pl.concat([month.actual, *extra]), only=month.only, locations=TWO_ENTITIES)


def findings(found: Reconciled) -> Told:
    """By variance id: cause, status, and its lines with their cells and amounts."""
    lines = found.frames["variance_lines"].sort(pl.all())
    cells = dict(lines.group_by("variance_id", maintain_order=True).agg(pl.struct(pl.all()).alias("cells")).rows())
    rows = found.frames["variances"].select("variance_id", "cause", "status").rows()
    return {name: (cause, status, cells.get(name, [])) for name, cause, status in rows}


DEPARTMENTS = st.sampled_from(["FOH", "BOH", "IT", None])
PLACES = st.one_of(
    st.tuples(st.sampled_from(ELSEWHERE), st.sampled_from(["100", "101", FAR])),
    st.tuples(st.sampled_from(["6010", "2410", "1250"]), st.just(FAR)),
)


@st.composite
def moves(draw: st.DrawFn) -> Move:
    """An amount between two cells, as a rule between two departments of one account and location."""
    taken = draw(PLACES)
    given_ = draw(st.one_of(st.just(taken), PLACES))
    return Move((*taken, draw(DEPARTMENTS)), (*given_, draw(DEPARTMENTS)), draw(st.integers(1, 100_000)))


@given(
    month=st.one_of(st.just(RUNS), months()),
    moved=st.lists(moves(), min_size=1, max_size=2).map(tuple),
    journal=st.sampled_from(["GJ", *JOURNALS.values()]),
    state=st.sampled_from(["Posted", "Draft"]),
)
def test_no_finding_vanishes_beside_an_unrelated_entry(
    month: Month, moved: tuple[Move, ...], journal: str, state: str
) -> None:
    extra = unrelated(moved, journal, state)
    for one in (*month.documents, *month.entries, *moved):
        note(str(one))

    before, after = findings(closed(month)), findings(closed(month, extra))

    assert {name: after.get(name) for name in before} == before
