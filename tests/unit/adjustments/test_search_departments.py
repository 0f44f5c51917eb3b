"""An entry corrects what differs account by location by department: what only sums to nothing corrects nothing."""

from __future__ import annotations

import pytest
from make import booked, compare, expected, ledger, told, variance

from recon.adjustments.search import Cells, Standing, search
from recon.pipeline import Reconciled
from recon.variances import Finding

RUN = ("E1 6010 3213.13 D:PR-RUN2 J:PYRJ P:FOH L107 @2026-09-23", "E2 2410 -3213.13")
IN_BACK_OF_HOUSE = ("A1 6010 3213.13 D:PR-RUN2 J:PYRJ P:BOH L107 @2026-09-23", "A2 2410 -3213.13")
RECLASS = (
    "B1 6010 3213.13 J:GJ D:- P:FOH L107 @2026-09-25",
    "B2 6010 -3213.13 P:BOH",
    "B3 2410 3213.13 P:BOH",
    "B4 2410 -3213.13 P:FOH",
)
MOVED = "2410@107/BOH 3213.13, 2410@107/FOH -3213.13, 6010@107/BOH -3213.13, 6010@107/FOH 3213.13"
WRONG = f"wrong_department book: {MOVED}"


def close(*lines: str) -> Reconciled:
    """The payroll run against the ledger, in which a back-of-house run stands beside as it should."""
    other = "O1 6010 50.00 D:PR-RUN1 J:PYRJ P:BOH L101 @2026-09-09", "O2 2410 -50.00"
    return compare(expected(*RUN, *other), ledger(*[f"G{line}" for line in other], *lines))


def opposite(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The same lines with front and back of house exchanged."""
    return tuple(line.replace("P:FOH", "P:X").replace("P:BOH", "P:FOH").replace("P:X", "P:BOH") for line in lines)


@pytest.mark.parametrize(
    "unrelated",
    [
        ("S1 7000 5.00 J:GJ D:- P:IT L101", "S2 7000 -5.00 P:OPS"),
        ("S1 6010 3213.13 J:GJ D:- P:FOH L105", "S2 6010 -3213.13 P:BOH"),
        ("S1 6010 3213.14 J:GJ D:- P:FOH L107", "S2 6010 -3213.14 P:BOH"),
        ("S1 7000 5.00 J:GJ D:- class:A L101", "S2 7000 -5.00 class:B"),
        opposite(RECLASS),
    ],
    ids=["other account", "other store", "other amount", "other class", "the wrong way round"],
)
def test_an_entry_that_only_nets_to_nothing_over_departments_corrects_no_department(unrelated: tuple[str, ...]) -> None:
    found = close(*IN_BACK_OF_HOUSE, *unrelated)

    assert told(found) == [WRONG]
    assert booked(found) == [f"correction bulk 2026-09-23: {MOVED}"]


def test_the_reclass_of_the_very_cells_corrects_the_department() -> None:
    found = close(*IN_BACK_OF_HOUSE, *RECLASS)

    assert (told(found), booked(found)) == (["corrected_elsewhere info"], [])


def test_our_key_over_the_opposite_departments_is_asked_about() -> None:
    key = close(*IN_BACK_OF_HOUSE).frames["adjustments"]["posting_key"][0]
    under = tuple(f"{line} reference:{key}" for line in opposite(RECLASS))

    found = close(*IN_BACK_OF_HOUSE, *under)

    assert (told(found), booked(found)) == ([f"wrong_department ask: {MOVED}"], [])
    assert "key_reused" in variance(found, "wrong_department")["also"]


WITHOUT_DEPARTMENT = ("C1 6010 3213.13 J:GJ D:- P:- L107 @2026-09-25", "C2 2410 -3213.13")
INTO_DEPARTMENTS = "2410@107 3213.13, 2410@107/FOH -3213.13, 6010@107 -3213.13, 6010@107/FOH 3213.13"


def test_a_run_that_was_booked_elsewhere_without_departments_is_not_booked_twice_but_moved_to_its_department() -> None:
    found = close(*WITHOUT_DEPARTMENT)

    assert told(found) == [f"wrong_department book: {INTO_DEPARTMENTS}"]
    assert "names no department" in variance(found, "wrong_department")["explanation"]
    assert booked(found) == [f"correction bulk 2026-09-23: {INTO_DEPARTMENTS}"]


def test_when_its_departments_are_moved_too_nothing_is_left_to_book() -> None:
    moved = ("D1 6010 3213.13 J:GJ D:- P:FOH L107 @2026-09-26", "D2 6010 -3213.13 P:-")
    moved += ("D3 2410 3213.13 P:-", "D4 2410 -3213.13 P:FOH")

    found = close(*WITHOUT_DEPARTMENT, *moved)

    assert (told(found), booked(found)) == (["corrected_elsewhere info"], [])


def test_a_draft_without_departments_waits_and_says_what_it_lacks() -> None:
    found = close(*[f"{line} state:Draft" for line in WITHOUT_DEPARTMENT])

    assert (told(found), booked(found)) == (["draft_pending info: 2410@107/FOH -3213.13, 6010@107/FOH 3213.13"], [])
    assert "without its departments" in variance(found, "draft_pending")["explanation"]


def test_an_entry_that_names_another_department_may_be_the_correction_and_is_asked_about() -> None:
    found = close(*[line.replace("P:-", "P:BOH") for line in WITHOUT_DEPARTMENT])

    assert told(found) == ["missing ask: 2410@107/FOH -3213.13, 6010@107/FOH 3213.13"]
    assert "possible_correction" in variance(found, "missing")["also"]


def test_an_entry_of_what_a_wrong_department_hides_besides_is_asked_about() -> None:
    # Booked in the back of house, and 3.00 too little: an entry of 3.00 mends the total, not the departments.
    cells: Cells = ((("6010", "107", "BOH"), -321013), (("6010", "107", "FOH"), 321313))
    finding = Finding("payroll", "wrong_department", "book", "Booked in another department.", None, "R2", cells=cells)
    mended: Cells = ((("6010", "107", None), 300),)
    entry = Standing("C", "GJ 12", mended, ("C1",), (), (), owned=False, pending=False, in_period=True)

    (found,) = search([finding], [entry], lambda one: one.variance_id).findings

    assert (found.cause, found.status, found.cells) == ("wrong_department", "ask", cells)
    assert "Entry GJ 12 may already correct this." in found.explanation


def test_two_runs_of_equal_amounts_in_two_departments_are_told_apart_by_the_department() -> None:
    wanted = expected(
        "E1 6010 70.00 D:PR-RUN1 J:PYRJ P:FOH", "E2 2410 -70.00",
        "F1 6010 70.00 D:PR-RUN2 J:PYRJ P:BOH", "F2 2410 -70.00",
        "O1 6010 9.00 D:PR-RUN0 J:PYRJ P:BOH L101", "O2 2410 -9.00",
    )  # fmt: skip
    elsewhere = ledger(
        "O1 6010 9.00 D:PR-RUN0 J:PYRJ P:BOH L101", "O2 2410 -9.00", "A1 6010 70.00 J:GJ D:- P:BOH", "A2 2410 -70.00"
    )

    found = compare(wanted, elsewhere)

    assert told(found) == ["corrected_elsewhere info", "missing book: 2410/FOH -70.00, 6010/FOH 70.00"]
    assert variance(found, "corrected_elsewhere")["document"] == "PR-RUN2"


def test_where_the_ledger_keeps_no_departments_a_correction_that_names_one_counts() -> None:
    wanted = expected("E1 1010 97.10 D:DEP1000903", "E2 6510 2.90", "E3 1250 -100.00")
    wrong = ("A1 1010 97.10 D:DEP1000903", "A2 6800 2.90", "A3 1250 -100.00")

    found = compare(wanted, ledger(*wrong, "B1 6510 2.90 J:GJ D:- P:ADM", "B2 6800 -2.90 P:OPS"))

    assert (told(found), booked(found)) == (["corrected_elsewhere info"], [])
