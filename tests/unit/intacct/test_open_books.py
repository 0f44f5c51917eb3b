"""Which entities' books are closed through which day, and which places belong to them."""

from __future__ import annotations

import datetime as dt

from recon.intacct.open_books import last_closed_days, with_places_below

AUGUST, JULY = dt.date(2026, 8, 31), dt.date(2026, 7, 31)


def test_the_day_before_the_first_open_one_is_the_last_closed_one_in_either_spelling() -> None:
    rows = [
        {"LOCATIONID": "10", "STARTOPEN": "09/01/2026", "STATUS": "active"},
        {"id": "20", "openBooksStartDate": "2026-08-01", "status": "Active"},
        {"id": "30", "openBooksStartDate": "", "status": "active"},
        {"id": "40", "openBooksStartDate": "2026-08-01", "status": "inactive"},
    ]

    assert last_closed_days(rows) == {"10": AUGUST, "20": JULY}


def test_every_place_below_an_entity_is_closed_with_it() -> None:
    above = {"10": "", "100": "10", "101": "100", "20": "", "200": "20", "900": "", "1": "2", "2": "1"}

    assert with_places_below({"10": AUGUST, "20": JULY}, above) == {
        "10": AUGUST, "100": AUGUST, "101": AUGUST, "20": JULY, "200": JULY,
    }  # fmt: skip
