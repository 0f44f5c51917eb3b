"""The day through which books are closed: Intacct's own word against that of sources.toml."""

from __future__ import annotations

import datetime as dt

import pytest

from recon.doctor.books import closed_books_finding, untold_books
from recon.doctor.findings import Finding

AUGUST = dt.date(2026, 8, 31)
SEPTEMBER = dt.date(2026, 9, 30)


def told(closed_through: dt.date | None, *open_from: str) -> Finding:
    """What is found of entities E1, E2 ... whose books are open from these days."""
    rows = [{"id": f"E{n}", "openBooksStartDate": day} for n, day in enumerate(open_from, start=1)]
    return closed_books_finding("intacct_rest", rows, closed_through)


def test_the_same_day_on_both_sides_is_well() -> None:
    found = told(AUGUST, "2026-09-01", "2026-09-01")

    assert (found.state, found.exit_code) == ("well", 0)
    assert found.said == "Intacct's books are closed through 2026-08-31, as sources.toml says"


def test_a_day_that_nobody_wrote_down_is_told() -> None:
    found = told(None, "2026-09-01")

    assert (found.state, found.exit_code) == ("unknown", 0)
    assert found.mend == "write closed_through = 2026-08-31 under [books] in sources.toml"


def test_books_closed_further_than_sources_toml_says_hide_changes() -> None:
    found = told(AUGUST, "2026-10-01")

    assert (found.state, found.exit_code) == ("wrong", 1)
    assert "closed through 2026-09-30, sources.toml says 2026-08-31" in found.said


def test_an_entity_that_can_still_be_booked_is_named() -> None:
    found = told(SEPTEMBER, "2026-10-01", "2026-09-01")

    assert found.state == "wrong"
    assert found.said == "sources.toml says closed through 2026-09-30, but E2 can still be booked from 2026-09-01"


def test_entities_that_can_still_be_booked_are_named_each_with_its_day_and_the_first_three_of_them() -> None:
    found = told(SEPTEMBER, "2026-10-01", "2026-09-01", "2026-09-16", "2026-09-01", "2026-09-02", "2026-09-03")

    assert found.said == (
        "sources.toml says closed through 2026-09-30, but E2 can still be booked from 2026-09-01, E3 from 2026-09-16, "
        "E4 from 2026-09-01 and 2 more"
    )


def test_the_first_closed_day_of_several_entities_counts_and_the_others_are_told() -> None:
    found = told(AUGUST, "2026-10-01", "2026-09-01")

    assert found.state == "well"
    assert "and further in E1 through 2026-09-30" in found.said


@pytest.mark.parametrize("field", ["STARTOPEN", "openBooksStartDate"])
@pytest.mark.parametrize("day", ["09/01/2026", "2026-09-01", "2026-09-01T00:00:00Z"])
def test_both_spellings_of_the_day_are_read(field: str, day: str) -> None:
    assert closed_books_finding("intacct_xml", [{"LOCATIONID": "E1", field: day}], AUGUST).state == "well"


def test_an_entity_that_is_not_active_has_no_books_to_close() -> None:
    rows = [
        {"id": "E1", "openBooksStartDate": "2026-09-01", "status": "active"},
        {"id": "E2", "openBooksStartDate": "1990-01-01", "status": "inactive"},
    ]

    assert closed_books_finding("intacct_rest", rows, AUGUST).state == "well"


def test_entities_without_a_day_are_not_known_and_no_fault() -> None:
    found = told(AUGUST, "", "soon")

    assert (found.state, found.exit_code) == ("unknown", 0)
    assert found == untold_books("intacct_rest", "it names no entity with the first day of its open books")
    assert "Open Books in Intacct" in found.mend
