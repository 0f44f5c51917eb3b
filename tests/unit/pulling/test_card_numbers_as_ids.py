"""No canonical id is ever a masked card number: the row is set aside, whichever raw field the id is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from recon.heartland.frames import Shop, deposits, gateway_payments, payments, sales_and_tenders
from recon.heartland.gp_reports import DEPOSITS, DISPUTES, SETTLED, TRANSACTIONS, GpDisputes, GpReport, Report
from recon.heartland.portico import Portico, SecretKey, portico_sources
from recon.heartland.retail import Retail, retail_sources
from recon.pulling.keeping import QUARANTINED, keep
from recon.store import Source, row_of
from recon.wire import Secret

CARD = "4111111111111111"
IDS = {"payment_id", "merchant_id", "batch_id", "deposit_id", "reference", "ticket_id", "location", "customer_id"}
Row = dict[str, Any]
Make = Callable[[Sequence[Row]], list[pl.DataFrame]]
SOLD: Row = {
    "id": "TRN_1", "time_created": "2026-03-02T11:15:30Z", "status": "FUNDED", "type": "SALE", "amount": "2000",
    "currency": "USD", "reference": "INV-1", "order": {"reference": "7"}, "order_reference": "7", "batch_id": "BAT_1",
    "account_id": "TRA_1", "merchant_id": "MER_1", "system": {"mid": "101023947262", "tid": "9"},
    "settlement_transaction_reference": "STR1", "deposit_id": "DEP_1", "parent_resource_id": "TRN_0",
    "platforms": [{"transaction_id": "1"}], "payment_method": {"card": {"brand": "VISA", "brand_reference": "B"}},
}  # fmt: skip
PAID_OUT: Row = {
    "id": "DEP_1", "time_created": "2026-03-03", "status": "FUNDED", "funding_type": "CREDIT", "amount": "100",
    "currency": "USD", "system": {"mid": "101023947262"}, "sales": {"amount": "100"},
}  # fmt: skip
DISPUTED: Row = {
    "id": "DIS_1", "stage": "CHARGEBACK", "stage_time_created": "2026-03-03", "funding_type": "DEBIT", "amount": "100",
    "currency": "USD", "system": {"mid": "101023947262"}, "transaction": {"reference": "INV-1"}, "deposit_id": "DEP_1",
}  # fmt: skip
SWIPED: Row = {
    "GatewayTxnId": "200", "DeviceId": "1525997", "SiteId": "21232", "MerchNbr": "777",
    "ServiceName": "CreditAddToBatch", "OriginalGatewayTxnId": "199",
    "TxnUtcDT": "2026-03-02T11:15:30.52", "TxnStatus": "C", "Amt": "20.00",
    "BatchId": "77", "BatchSeqNbr": "4", "InvoiceNbr": "1", "DirectMktInvoiceNbr": "1",
    "AdditionalTxnFields": {"InvoiceNbr": "INV-1"},
}  # fmt: skip
TICKET: Row = {
    "id": 900, "public_id": "100231", "status": "complete", "source_location_id": 11, "location_id": 11,
    "station_id": 3, "customer_id": 5, "completed_at": "2026-03-02T04:10:11Z", "completed?": True, "voided?": False,
    "lines": [{"type": "ItemLine", "item_id": 1, "qty": 1, "value": Decimal("5.00")}],
    "payments": [
        {"amount": Decimal("5.00"), "payment_type_id": 2, "custom": {"portico_transaction_id": "2"}}
    ],
}  # fmt: skip


def gp(report: Report) -> Source:
    return GpReport(None, report)


def portico() -> Source:
    return portico_sources(Portico(None, SecretKey(Secret("k" * 8))))["portico.batch_details"]  # type: ignore[arg-type]


def shop() -> Source:
    return retail_sources(Retail(None, None))["retail.tickets"]  # type: ignore[arg-type]


def ticket_frames(rows: Sequence[Row]) -> list[pl.DataFrame]:
    found = sales_and_tenders(rows, Shop([{"id": 1}], [{"id": 2, "name": "Visa"}], [{"id": 11, "public_id": "0101"}]))
    return [found.sales, found.tenders]


CASES: list[tuple[Source, Row, Make]] = [
    (gp(TRANSACTIONS), SOLD, lambda rows: [payments(rows).frame]),
    (gp(SETTLED), SOLD, lambda rows: [payments((), rows).frame]),
    (gp(DEPOSITS), PAID_OUT, lambda rows: [deposits(rows).frame]),
    (GpDisputes(None, DISPUTES), DISPUTED, lambda rows: [payments((), (), rows).frame]),
    (portico(), SWIPED, lambda rows: [gateway_payments(rows).frame]),
    (shop(), TICKET, ticket_frames),
]


def planted(value: Any) -> Iterator[Any]:
    """The value with the card number in each of its leaves in turn, as text and as a number."""
    if not isinstance(value, dict | list):
        yield from (CARD, int(CARD))
        return
    for at in value if isinstance(value, dict) else range(len(value)):
        for inside in planted(value[at]):
            changed = deepcopy(value)
            changed[at] = inside
            yield changed


@pytest.mark.parametrize(("source", "row", "make"), CASES, ids=[source.name for source, _, _ in CASES])
def test_a_row_whose_canonical_id_would_be_a_masked_card_number_is_set_aside(
    source: Source, row: Row, make: Make
) -> None:
    assert any(frame.height for frame in make([row])), "the row itself makes something"
    aside = 0
    for one in planted(row):
        row_id, _, body = keep(source, [one]).row(0)
        if row_id.startswith(QUARANTINED):
            aside += 1
            continue
        for frame in make([row_of(body)]):
            for column in IDS & {*frame.columns}:
                assert not frame[column].cast(pl.String).str.contains("*", literal=True).any(), (column, body)
    assert aside >= 4
