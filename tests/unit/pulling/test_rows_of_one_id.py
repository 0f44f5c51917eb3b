"""Rows that share an id are never lost: made-up ids are numbered, and of rows named alike all but one are told."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recon.heartland.gp_reports import SETTLED, TRANSACTIONS, GpReport, Report
from recon.intacct.xml_sources import TrialBalance
from recon.pulling.keeping import keep, parted
from recon.pulling.reading import Task, read_window
from recon.pulling.session import Session
from recon.store import Circumstance, Page, SourceStore, Window

SEPTEMBER = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
SALE = {
    "time_created": "2026-09-30", "type": "SALE", "currency": "USD", "reference": "", "batch_id": "B1", "amount": "100",
}  # fmt: skip
CASH = {"GLACCOUNTNO": "1010", "LOCATIONID": "100", "ENDBALANCE": "500"}


@dataclass
class Answers:
    """A source that gives each list of its rows as one page."""

    pages_given: list[list[Mapping[str, Any]]]
    name: str = "made.bills"

    def row_id(self, row: Mapping[str, object]) -> str:
        return str(row["id"])

    async def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:
        for at in range(int(cursor or 0), len(self.pages_given)):
            yield Page(tuple(self.pages_given[at]), str(at + 1) if at + 1 < len(self.pages_given) else None)


def pulled(home: Path, *pages: list[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """The bodies of the rows that may be used, and the reasons of those that may not."""
    now = Circumstance(dt.datetime(2026, 10, 2, tzinfo=dt.UTC))
    source, store = Answers([*pages]), SourceStore(home / "store")
    task = Task(source, store, SEPTEMBER, "fee_statements")
    asyncio.run(read_window(task, Session(home / "pull.json", "", now), keep))
    good, bad = parted(source.name, store.view([SEPTEMBER]), "fee_statements")
    return good["body"].to_list(), bad["reason"].to_list()


@pytest.mark.parametrize("report", [TRANSACTIONS, SETTLED])
def test_two_sales_of_a_day_without_ids_are_two(report: Report) -> None:
    ids = keep(GpReport(None, report), [SALE, SALE | {"amount": "250"}, SALE | {"amount": "7"}])["row_id"].to_list()

    assert len({*ids}) == 3
    assert ids[0] == keep(GpReport(None, report), [SALE])["row_id"].item()


def test_the_balances_of_an_account_in_two_currencies_are_two() -> None:
    rows = [CASH | {"CURRENCY": currency} for currency in ("USD", "CAD")]

    assert keep(TrialBalance(None), rows)["row_id"].n_unique() == 2  # type: ignore[arg-type]


def test_rows_of_one_id_that_say_different_things_are_told(tmp_path: Path) -> None:
    good, told = pulled(tmp_path, [{"id": "A", "fee": "50.00"}, {"id": "A", "fee": "7.00"}, {"id": "B", "fee": "1.00"}])

    assert good == ['{"fee":"7.00","id":"A"}', '{"fee":"1.00","id":"B"}']
    assert len(told) == 1
    assert "another row has this id" in told[0]


def test_a_row_that_came_twice_is_one(tmp_path: Path) -> None:
    row = {"id": "A", "fee": "50.00"}

    assert pulled(tmp_path, [row], [row]) == (['{"fee":"50.00","id":"A"}'], [])


def test_rows_of_one_id_stay_the_same_when_they_are_pulled_again(tmp_path: Path) -> None:
    rows: list[Mapping[str, Any]] = [{"id": "A", "fee": "50.00"}, {"id": "A", "fee": "7.00"}]

    assert pulled(tmp_path, rows) == pulled(tmp_path, rows)
    assert SourceStore(tmp_path / "store").history().collect().height == 2
