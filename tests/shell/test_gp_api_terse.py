"""A GP-API that tells nothing of its pages: each row once, a page that repeats itself is told."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import pytest

from recon.heartland.gp_api import GpApi, GpCredentials
from recon.heartland.gp_reports import TRANSACTIONS, GpReport
from recon.store.port import Window
from recon.wire import Answer, Ask, Broken, Secret, run

MARCH = Window(dt.date(2026, 3, 1), dt.date(2026, 3, 31))
NOW = dt.datetime(2026, 4, 2, 9, 0, tzinfo=dt.UTC)


def sale(number: int, day: int = 2) -> dict[str, Any]:
    """A sale of 20.00 on that day of March."""
    at = f"2026-03-{day:02d}T10:{number // 60:02d}:{number % 60:02d}Z"
    return {"id": f"TRN_{number:06d}", "time_created": at, "type": "SALE", "amount": "2000", "currency": "USD"}


class Terse:
    """A service that answers with rows and nothing about pages; `paged` False: with the first page whatever is asked.

    Each of LATE stands in the list from the second request on.
    """

    def __init__(self, rows: Sequence[dict[str, Any]], *, paged: bool = True, late: Sequence[dict[str, Any]] = ()):
        self.rows = [*rows]
        self.paged = paged
        self.late = [*late]
        self.asks = 0

    async def ask(self, ask: Ask) -> Answer:
        if ask.method == "POST":
            told: dict[str, Any] = {"token": "T", "seconds_to_expire": 3600, "type": "Bearer"}
        else:
            query = dict(ask.query)
            size, page = int(query["page_size"]), int(query["page"]) if self.paged else 1
            days = query["from_time_created"], query["to_time_created"]
            listed = [
                row
                for row in sorted(self.rows, key=lambda row: str(row["time_created"]))
                if days[0] <= row["time_created"][:10] <= days[1] and row["type"] == query["type"]
            ]
            told = {"transactions": listed[size * (page - 1) : size * page]}
            self.asks += 1
            if self.asks == 1:
                self.rows += self.late
            assert self.asks < 100, "the reading does not end"
        return Answer(200, {"content-type": "application/json"}, json.dumps(told).encode(), "http://sandbox/ucp")


def read_from(service: Terse, *windows: Window) -> list[str]:
    """The ids in the windows, one after the other."""

    async def work() -> list[str]:
        source = GpReport(GpApi(service, GpCredentials("APP", Secret("KEY")), clock=lambda: NOW), TRANSACTIONS)
        return [source.row_id(row) for one in windows async for page in source.pages(one, None) for row in page.rows]

    return run(work())


def day_of_march(day: int) -> Window:
    return Window(dt.date(2026, 3, day), dt.date(2026, 3, day))


def test_a_round_number_of_rows_from_a_service_without_pages_is_read_once() -> None:
    service = Terse([sale(number) for number in range(10)], paged=False)

    assert read_from(service, day_of_march(2)) == [f"TRN_{number:06d}" for number in range(10)]
    assert service.asks == 3


@pytest.mark.parametrize("window", [day_of_march(2), MARCH], ids=["a day", "a month"])
def test_a_full_page_that_comes_again_in_place_of_the_next_is_told_and_does_not_go_on_for_ever(window: Window) -> None:
    service = Terse([sale(number) for number in range(1500)], paged=False)

    with pytest.raises(Broken, match=r"Page 2 of GP-API's /transactions on 2026-03-02 repeats") as caught:
        read_from(service, window)

    assert caught.value.exit_code == 3


def test_a_row_that_comes_between_two_questions_makes_no_later_page_smaller() -> None:
    service = Terse([sale(number) for number in range(5)], late=[sale(5), *(sale(9 + n, 3) for n in range(2000))])

    ids = read_from(service, day_of_march(2), day_of_march(3))

    assert sorted(ids) == [f"TRN_{number:06d}" for number in (*range(6), *range(9, 2009))]
    assert service.asks < 15


def test_rows_without_a_name_on_a_later_page_are_read_though_they_share_a_digest() -> None:
    rows = [{"type": "SALE", "time_created": "2026-03-02T10:00:00Z", "amount": f"{number}"} for number in range(1500)]

    assert len(read_from(Terse(rows), day_of_march(2))) == 1500
