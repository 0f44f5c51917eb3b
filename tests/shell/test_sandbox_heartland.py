"""The vendor's own Python SDK, unchanged, is the judge of GP-API's and Portico's look-alikes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from judging import judged

from recon.sandbox import gp_api, gp_tables, portico
from recon.sandbox.app import make_app
from recon.sandbox.serve import serving
from recon.sandbox.world import World

PAGE = 1000  # the largest page of GP-API
CRITERIA = {"StartUtcDT": "2026-09-01T00:00:00Z", "EndUtcDT": "2026-10-01T00:00:00Z"}
SIZES = (0, 1, PAGE, PAGE + 1, 5000)
FIRST, LAST = "2026-09-01", "2026-09-30"
SEPTEMBER = {"StartDate": FIRST, "EndDate": LAST}


@contextlib.contextmanager
def served(world: World) -> Iterator[str]:
    """The address of both surfaces over the world, on loopback."""
    with serving(make_app(world, [gp_api.routes, portico.routes])) as url:
        yield url


def report(world: World, name: str, where: Mapping[str, str], **more: object) -> list[Any]:
    """The pages of a GP-API report as the SDK gives them: `more` is the size of a page, or another key."""
    access = {name: world.access[f"gp_api.{name}"] for name in ("app_id", "app_key")}
    with served(world) as address:
        return judged("gp_api", address, {**access, "report": name, "where": where, **more})


def sale(n: int) -> dict[str, Any]:
    return {
        "id": f"TRN_{n:05d}",
        "time_created": f"2026-09-{n % 28 + 1:02d}T12:{n % 60:02d}:30.52Z",
        "status": "CAPTURED",
        "type": "SALE",
        "amount": str(1000 + n),
        "currency": "USD",
        "gratuity_amount": "",
        "reference": f"INV-{n}",
        "batch_id": "",
        "payment_method": {"card": {"brand": "VISA", "masked_number_first6last4": f"426397XXXXXX{n % 9000 + 1000}"}},
        "system": {"mid": "101023947262", "hierarchy": "055-70-024-011-019", "name": "CAFE LLC", "dba": "CAFE"},
    }


def settled(n: int) -> dict[str, Any]:
    return {**sale(n), "status": "FUNDED", "deposit_id": "DEP_1", "deposit_time_created": "2026-09-30", "fees": {}}


def deposit(n: int) -> dict[str, Any]:
    return {
        "id": f"DEP_{n:05d}",
        "time_created": f"2026-09-{n % 28 + 1:02d}",
        "status": "FUNDED",
        "funding_type": "CREDIT",
        "amount": str(1000 + n),
        "currency": "USD",
        "sales": {"count": 1, "amount": str(1000 + n)},
        "refunds": {"count": 0, "amount": ""},
        "disputes": {"chargebacks": {"count": 0, "amount": ""}, "reversals": {"count": 0, "amount": ""}},
        "fees": {"amount": ""},
        "system": {"mid": "101023947262"},
    }


def dispute(n: int) -> dict[str, Any]:
    return {
        "id": f"DIS_{n:05d}",
        "status": "CLOSED",
        "stage": "CHARGEBACK",
        "stage_time_created": f"2026-09-{n % 28 + 1:02d}T14:03:44",
        "funding_type": "DEBIT",
        "amount": str(1000 + n),
        "currency": "USD",
        "system": {"mid": "101023947262"},
        "transaction": {"time_created": "2026-08-10T18:00:00", "type": "SALE", "amount": "", "currency": "USD"},
    }


Reports = Mapping[str, tuple[str, str, Callable[[int], dict[str, Any]], str, str]]
REPORTS: Reports = {
    "transactions": ("gp_transactions", "FindTransactionsPaged", sale, "transaction_id", "amount"),
    "settled": ("gp_settled", "FindSettlementTransactionsPaged", settled, "transaction_id", "amount"),
    "deposits": ("gp_deposits", "FindDepositsPaged", deposit, "deposit_id", "amount"),
    "disputes": ("gp_disputes", "FindSettlementDisputesPaged", dispute, "case_id", "case_amount"),
}


def every_row(world: World, name: str, page_size: int) -> tuple[list[Any], list[int | None]]:
    """All rows of September as the SDK gives them, and the total that each page told."""
    pages = report(world, name, SEPTEMBER, page_size=page_size)
    return [row for page in pages for row in page["rows"]], [page["total"] for page in pages]


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("name", REPORTS)
def test_the_sdk_lists_every_record_of_a_gp_api_report_once_and_to_the_cent(name: str, count: int) -> None:
    table, asked, made, id_field, amount_field = REPORTS[name]
    world = World.of_rows({table: gp_tables.kept(table, (made(n) for n in range(count)))})

    rows, totals = every_row(world, asked, PAGE)

    assert sorted(row[id_field] for row in rows) == [made(n)["id"] for n in range(count)]
    assert sum(Decimal(row[amount_field]) for row in rows) == sum(
        (Decimal(1000 + n) / 100 for n in range(count)), Decimal(0)
    )
    assert totals == [count] + [None] * (count // PAGE)  # the total stands on the first page only


@pytest.mark.parametrize("count", [0, 1, 10, 11])
def test_small_pages_end_with_a_short_one_even_if_it_is_empty(count: int) -> None:
    world = World.of_rows({"gp_deposits": gp_tables.kept("gp_deposits", (deposit(n) for n in range(count)))})

    rows, totals = every_row(world, "FindDepositsPaged", 10)

    assert len(rows) == count
    assert len(totals) == count // 10 + 1


def test_the_sdk_reads_one_deposit_and_hears_of_one_that_is_not_there() -> None:
    world = World.of_rows({"gp_deposits": gp_tables.kept("gp_deposits", [deposit(7)])})

    (found,) = report(world, "DepositDetail", {"DepositId": "DEP_00007"})
    (fault,) = report(world, "DepositDetail", {"DepositId": "DEP_x"})

    (row,) = found["rows"]
    assert (row["deposit_id"], Decimal(row["amount"]), row["status"]) == ("DEP_00007", Decimal("10.07"), "FUNDED")
    assert fault["code"] == "40118"
    assert "Deposits DEP_x not found at this /ucp/settlement/deposits/DEP_x" in fault["message"]


def test_the_sdk_filters_by_amount_brand_reference_and_merchant() -> None:
    world = World.of_rows({"gp_transactions": gp_tables.kept("gp_transactions", (sale(n) for n in range(30)))})
    wanted = (
        ("Amount", "10.05", 1),
        ("CardBrand", "VISA", 30),
        ("CardBrand", "AMEX", 0),
        ("ReferenceNumber", "INV-3", 1),
        ("CardNumberLastFour", "1004", 1),
    )

    found = []
    for criterion, value, _ in wanted:
        pages = report(world, "FindTransactionsPaged", {**SEPTEMBER, criterion: value}, page_size=100)
        found.append(sum(len(page["rows"]) for page in pages))

    assert found == [count for _, _, count in wanted]


def test_a_wrong_key_is_told_by_the_vendors_number() -> None:
    world = World.of_rows({})

    (fault,) = report(world, "FindDepositsPaged", SEPTEMBER, page_size=10, app_key="somebody-elses")

    assert (fault["error"], fault["code"]) == ("GatewayException", "40004")


def test_the_demo_months_deposits_are_the_demos() -> None:
    world = World.of_demo(stores=3)
    assert world.month is not None

    rows, _ = every_row(world, "FindDepositsPaged", PAGE)

    expected = {one.deposit_id: abs(one.net) for one in world.month.deposits if one.date.isoformat() <= LAST}
    assert {row["deposit_id"]: int(Decimal(row["amount"]) * 100) for row in rows} == expected


def transaction(n: int) -> dict[str, Any]:
    return {
        "GatewayTxnId": f"2{n:011d}",
        "DeviceId": "1525000",
        "MerchName": "CAFE & SONS",
        "ServiceName": "CreditSale",
        "TxnUtcDT": f"2026-09-{n % 28 + 1:02d}T12:{n % 60:02d}:30.52",
        "TxnDT": f"2026-09-{n % 28 + 1:02d}T08:{n % 60:02d}:30",
        "GatewayRspCode": "0",
        "GatewayRspMsg": "Success",
        "TxnStatus": "C",
        "RspCode": "00",
        "MaskedCardNbr": f"426397******{n % 9000 + 1000}",
        "Amt": f"{Decimal(1000 + n).scaleb(-2):f}",
        "SettlementAmt": f"{Decimal(1000 + n).scaleb(-2):f}",
        "InvoiceNbr": f"INV-{n}",
        "BatchId": "1",
    }


def gateway(count: int) -> World:
    return World.of_rows(
        {"portico_transactions": portico.kept("portico_transactions", (transaction(n) for n in range(count)))}
    )


def gateway_report(world: World, name: str, **more: object) -> list[Any]:
    """The transactions of a report of Portico as the SDK gives them."""
    key = world.access["portico.secret_api_key"]
    with served(world) as address:
        return judged("portico", address, {"secret_api_key": key, "report": name, **more})


# The SDK cannot read a report of fewer than two details: it takes a single one for a list of its fields.
@pytest.mark.parametrize("count", [2, PAGE, PAGE + 1, 5000])
def test_the_sdk_reads_every_transaction_of_porticos_activity_in_dollars(count: int) -> None:
    rows = gateway_report(gateway(count), "activity", first=f"{FIRST}T00:00:00Z", last=f"{LAST}T00:00:00Z")

    assert sorted(row["transaction_id"] for row in rows) == [f"2{n:011d}" for n in range(count)]
    assert sum(Decimal(row["settlement_amount"]) for row in rows) == sum(Decimal(1000 + n) for n in range(count)) / 100


# Of these two the sandbox says what the vendor's documents say, and each stops the SDK's own reader.
@pytest.mark.parametrize(
    ("count", "report", "stumbles"),
    [
        (0, "activity", "KeyError: 'Transaction'"),  # code 10 comes without a transaction
        (0, "found", "KeyError: 'Transaction'"),
        (1, "activity", "string indices must be integers"),
    ],
)
def test_the_sdk_stumbles_over_fewer_rows_than_its_reader_knows(count: int, report: str, stumbles: str) -> None:
    days = {"first": f"{FIRST}T00:00:00Z", "last": f"{LAST}T00:00:00Z"}

    with pytest.raises(AssertionError, match=stumbles):
        gateway_report(gateway(count), report, **days, criteria=CRITERIA)


@pytest.mark.parametrize("count", [1, 2, PAGE, PAGE + 1, 5000])
def test_the_sdk_finds_porticos_transactions(count: int) -> None:
    rows = gateway_report(gateway(count), "found", criteria=CRITERIA)

    assert sorted(row["transaction_id"] for row in rows) == [f"2{n:011d}" for n in range(count)]


def test_the_sdk_reads_the_detail_of_one_portico_transaction() -> None:
    (found,) = gateway_report(gateway(3), "detail", id="200000000002")

    assert (found["transaction_id"], found["status"], found["service_name"]) == ("200000000002", "C", "CreditSale")
