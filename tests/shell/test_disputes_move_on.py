"""A dispute has one record that moves on from stage to stage: what an earlier stage took stays taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sandbox_company import Company

from recon.sandbox import gp_tables
from recon.sandbox.world import World

OCTOBER, NOVEMBER, DECEMBER = (dt.datetime(2026, month, 2, tzinfo=dt.UTC) for month in (10, 11, 12))
# Taken back on the 4th of September; won back on the 25th.
CHARGEBACK: Mapping[str, Any] = {
    "id": "DIS_1", "status": "WITH_MERCHANT", "stage": "CHARGEBACK", "stage_time_created": "2026-09-04T14:03:44",
    "funding_type": "DEBIT", "amount": "2500", "currency": "USD", "system": {"mid": "101023947262"},
}  # fmt: skip
REVERSAL = CHARGEBACK | {
    "status": "CLOSED", "stage": "REVERSAL", "stage_time_created": "2026-09-25T10:00:00", "funding_type": "CREDIT",
}  # fmt: skip


@pytest.fixture
def company(tmp_path: Path) -> Company:
    world = World.of_rows({"gp_disputes": gp_tables.kept("gp_disputes", [CHARGEBACK])})
    return Company(tmp_path / "company", world, {"payments": "gp_api"}, closed="2026-09-30")


def become(company: Company, *disputes: Mapping[str, Any]) -> None:
    """Let these be all disputes that the service knows."""
    company.world.write("DELETE FROM gp_disputes")
    for row in gp_tables.kept("gp_disputes", disputes):
        places = ", ".join("?" * len(row))
        company.world.write(f"INSERT INTO gp_disputes ({', '.join(row)}) VALUES ({places})", tuple(row.values()))


def payments(company: Company) -> list[tuple[str, Decimal]]:
    folder = company.root / "sources" / "2026-09"
    return pl.read_parquet(folder / "payments.parquet").select("kind", "amount").sort("amount").rows()


def test_what_a_chargeback_took_stays_taken_when_its_dispute_is_won(company: Company) -> None:
    company.pull(OCTOBER)
    become(company, REVERSAL)
    pulled = company.pull(NOVEMBER)

    assert payments(company) == [("chargeback", Decimal("-25.00")), ("chargeback_reversal", Decimal("25.00"))]
    assert [one.deleted for one in pulled.added.values() if one.any] == [0]
    assert pulled.changes["change"].to_list() == ["late"]  # the reversal of September, known only in November


def test_a_stage_that_was_left_stays_however_often_the_month_is_pulled(company: Company) -> None:
    company.pull(OCTOBER)
    become(company, REVERSAL)
    company.pull(NOVEMBER)
    pulled = company.pull(DECEMBER)

    assert not any(one.any for one in pulled.added.values())
    assert len(payments(company)) == 2


def test_a_dispute_that_moved_on_after_the_days_that_are_pulled_stays_in_them(company: Company) -> None:
    company.pull(OCTOBER)
    become(company, REVERSAL | {"stage_time_created": "2026-12-24T10:00:00"})
    company.pull(NOVEMBER)

    assert payments(company) == [("chargeback", Decimal("-25.00"))]


def test_a_dispute_that_the_service_knows_no_more_is_told_as_deleted(company: Company) -> None:
    company.pull(OCTOBER)
    become(company)
    pulled = company.pull(NOVEMBER)

    assert payments(company) == []
    assert pulled.changes["change"].to_list() == ["deleted"]
