"""Reports that a merchant does not have, or its application may not read: the pull does without them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pull_rig import START
from sandbox_company import Company, app_of

from recon.sandbox import gp_tables
from recon.sandbox.world import World
from recon.wire.client import in_process

SOLD = {
    "id": "TRN_1", "time_created": "2026-09-04T14:03:44.000Z", "type": "SALE", "status": "CAPTURED", "amount": "2500",
    "currency": "USD", "system": {"mid": "101023947262"},
}  # fmt: skip
SETTLED = SOLD | {"settlement_transaction_reference": "STR1", "status": "FUNDED", "amount": "2700"}
REFUSALS = [
    (403, "ACTION_NOT_AUTHORIZED", "40003", "Permission not enabled to execute action"),
    (400, "INVALID_REQUEST_DATA", "40043", "no such resource"),
    (404, "RESOURCE_NOT_FOUND", "40118", "not found"),
]
Refusal = tuple[int, str, str, str]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    rows = {"gp_transactions": [SOLD], "gp_settled": [SETTLED]}
    world = World.of_rows({table: gp_tables.kept(table, mine) for table, mine in rows.items()})
    return Company(tmp_path / "company", world, {"payments": "gp_api"}, closed="2026-09-30")


def refuse(company: Company, refusal: Refusal, path: str = "/settlement/transactions") -> None:
    """Let the service refuse the report from now on."""
    served = app_of(company.world)
    status, code, detailed, words = refusal
    told = {"error_code": code, "detailed_error_code": detailed, "detailed_error_description": words}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].endswith(path):
            await served(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(told).encode()})

    company.transport = in_process(app)


def amounts(company: Company) -> list[str]:
    frame = pl.read_parquet(company.root / "sources" / "2026-09" / "payments.parquet")
    return [str(amount) for amount in frame["amount"]]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: str(one[0]))
def test_a_report_that_may_not_be_read_costs_only_what_it_would_have_told(company: Company, refusal: Refusal) -> None:
    refuse(company, refusal)

    company.pull()

    assert amounts(company) == ["25.00"]


def test_a_right_that_was_taken_away_deletes_nothing_that_was_read_with_it(company: Company) -> None:
    company.pull()
    refuse(company, REFUSALS[0])
    pulled = company.pull(START + dt.timedelta(days=1))

    assert amounts(company) == ["27.00"]
    assert not any(one.any for one in pulled.added.values())
    assert pulled.changes.is_empty()


def test_the_doctor_says_that_it_does_not_know_what_the_report_would_tell(company: Company) -> None:
    refuse(company, REFUSALS[0])

    (found,) = [one for one in company.examine() if one.check.endswith("gp_api.settlement_transactions")]

    assert found.state == "unknown"
    assert "Permission not enabled" in found.said
    assert "give the application the right" in found.mend
