"""One raw row of every report that makes canonical rows, with every field that its mapping reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from recon.heartland import settlement
from recon.heartland.frames import (
    Shop,
    deposits,
    fee_statements,
    gateway_payments,
    payments,
    prepayments,
    sales_and_tenders,
)
from recon.heartland.gateway import TRANSACTION_FIELDS as PORTICO_FIELDS
from recon.heartland.gp_reports import DEPOSITS, DISPUTES, MONTHLY_FEES, SETTLED, TRANSACTIONS, GpDisputes, GpReport
from recon.heartland.monthly_fees import BILL_FIELDS
from recon.heartland.portico import Portico, SecretKey, portico_sources
from recon.heartland.retail import Retail, retail_sources
from recon.heartland.tickets import LINE_FIELDS, PAYMENT_FIELDS, TICKET_FIELDS
from recon.intacct import frames, rest_ledger, xml_ledger
from recon.intacct.rest_sources import rest_sources
from recon.intacct.xml_sources import TrialBalance, xml_sources
from recon.store import Source
from recon.wire import Secret

Row = dict[str, Any]
Made = tuple[dict[str, pl.DataFrame], pl.DataFrame]  # frames by name, rejects
_CARD: Row = {
    "brand": "VISA", "masked_number_first6last4": "411111XXXXXX1111", "masked_number_last4": "XXXX1111",
    "authcode": "12345", "brand_reference": "B",
}  # fmt: skip
_SOLD: Row = {
    "id": "TRN_1", "time_created": "2026-03-02T11:15:30Z", "status": "FUNDED", "type": "SALE", "amount": "2000",
    "gratuity_amount": "100", "currency": "USD", "reference": "INV-1", "order": {"reference": "7"},
    "order_reference": "7", "batch_id": "BAT_1", "account_id": "TRA_1", "merchant_id": "MER_1",
    "system": {"mid": "101023947262", "tid": "9"}, "parent_resource_id": "TRN_0",
    "platforms": [{"transaction_id": "1"}],
    "payment_method": {
        "card": _CARD, "digital_wallet": {"masked_token_first6last4": "411111XXXXXX1111"},
        "bank_transfer": {"masked_account_number_last4": "XXXX1111"},
    },
}  # fmt: skip
_SETTLED: Row = {
    **_SOLD, "settlement_transaction_reference": "STR1", "deposit_id": "DEP_1", "batch_time_created": "2026-03-02",
    "fees": {"total_amount_decimal": "12.345"},
}  # fmt: skip
_PAID_OUT: Row = {
    "id": "DEP_1", "time_created": "2026-03-03", "status": "FUNDED", "funding_type": "CREDIT", "amount": "100",
    "currency": "USD", "system": {"mid": "101023947262"}, "sales": {"amount": "100"}, "refunds": {"amount": "0"},
    "discounts": {"amount": "0"}, "tax": {"amount": "0"}, "fees": {"amount": "0"},
    "disputes": {"chargebacks": {"amount": "0"}, "reversals": {"amount": "0"}},
    "bank_transfer": {"masked_account_number_last4": "XXXX1111"},
}  # fmt: skip
_DISPUTED: Row = {
    "id": "DIS_1", "stage": "CHARGEBACK", "stage_time_created": "2026-03-03", "funding_type": "DEBIT", "amount": "100",
    "currency": "USD", "system": {"mid": "101023947262"}, "deposit_id": "DEP_1", "status": "UNDER_REVIEW",
    "last_adjustment_funding": "DEBIT", "deposit_time_created": "2026-03-03",
    "transaction": {"reference": "INV-1", "payment_method": {"card": _CARD}},
}  # fmt: skip
_BILLED: Row = {
    "time_created": "2026-03-31", "status": "FINALIZED", "amount": "180", "currency": "USD",
    "system": {"mid": "101023947262"}, "passthrough": {"amount": "100"},
    **{path: "10" for path in BILL_FIELDS.values() if path.endswith("_amount")},
}  # fmt: skip
_SWIPED: Row = {
    "GatewayTxnId": "200", "DeviceId": "1525997", "SiteId": "21232", "MerchName": "CAFE", "MerchNbr": "777",
    "ServiceName": "CreditAddToBatch", "OriginalGatewayTxnId": "199", "TxnUtcDT": "2026-03-02T11:15:30.52",
    "ReqUtcDT": "2026-03-02T11:15:30.52", "SaleReturnInd": "S", "Status": "C", "TxnStatus": "C",
    "GatewayRspCode": "0", "IssuerRspCode": "00", "RspCode": "00", "CardType": "Visa",
    "MaskedCardNbr": "411111******1111", "Amt": "20.00", "SettlementAmt": "21.00", "GratuityAmtInfo": "1.00",
    "BatchId": "77", "CloseDT": "2026-03-02T23:15:30", "CloseUtcDT": "2026-03-03T04:15:30", "BatchSeqNbr": "4",
    "InvoiceNbr": "1", "DirectMktInvoiceNbr": "1", "AdditionalTxnFields": {"InvoiceNbr": "INV-1"},
}  # fmt: skip
_TICKET: Row = {
    "id": 900, "public_id": "100231", "status": "complete", "source_location_id": 11, "location_id": 11,
    "station_id": 3, "customer_id": 5, "completed_at": "2026-03-02T04:10:11Z",
    "local_completed_at": "2026-03-01T22:10:11", "completed?": True, "voided?": False, "total": Decimal("5.00"),
    "lines": [
        {
            "type": "ItemLine", "item_id": 1, "qty": 1, "value": Decimal("5.00"),
            "adjusted_unit_price": Decimal("5.00"), "unit_price": Decimal("5.00"),
            "original_unit_price": Decimal("5.00"), "description": "Soup",
        }
    ],
    "payments": [
        {
            "type": "Payments::CreditCardPayment", "status": "complete", "amount": Decimal("5.00"),
            "payment_type_id": 2, "custom": {"portico_transaction_id": "2"}, "description": "Visa", "deposit": False,
            "tip": Decimal(0), "tip_amount": Decimal(0), "gratuity": Decimal(0),
        }
    ],
}  # fmt: skip
_PAID_DOWN: Row = {
    "id": 7, "deposit": True, "status": "complete", "amount": Decimal("5.00"), "payment_type_id": 2, "order_id": 4,
    "ticket_id": None, "sales_order_id": 4, "completed_at": "2026-03-02T04:10:11Z", "customer_id": 5, "station_id": 3,
    "local_completed_at": "2026-03-01T22:10:11", "source_location_id": 11, "location_id": 11,
    "type": "Payments::CreditCardPayment", "description": "Visa", "custom": {"portico_transaction_id": "2"},
}  # fmt: skip
_LINE: Row = {
    **dict.fromkeys(xml_ledger.LINE_FIELDS, "7"), "ENTRY_DATE": "09/03/2026", "TR_TYPE": "1", "DEBITAMOUNT": "12.5",
    "CREDITAMOUNT": "0", "AMOUNT": "12.5", "TRX_DEBITAMOUNT": "12.5", "TRX_CREDITAMOUNT": "0", "CURRENCY": "USD",
    "BASECURR": "USD", "ENTRY_STATE": "Posted", "STATISTICAL": "false", "WHENCREATED": "09/03/2026 10:00:00",
    "WHENMODIFIED": "09/03/2026 10:00:00", "MODIFIED": "09/03/2026 10:00:00",
}  # fmt: skip
_REST_LINE: Row = {
    **dict.fromkeys(rest_ledger.LINE_FIELDS, "7"), "entryDate": "2026-09-03", "txnType": "debit", "txnAmount": "12.5",
    "baseAmount": "12.5", "currency.baseCurrency": "USD", "currency.txnCurrency": "MXN",
    "currency.exchangeRate": "0.05", "state": "posted", "journalEntry.state": "posted",
    "audit.createdDateTime": "2026-09-03T10:00:00Z", "audit.modifiedDateTime": "2026-09-03T10:00:00Z",
}  # fmt: skip
_BALANCE: Row = {
    "GLACCOUNTNO": "1010", "LOCATIONID": "100", "DEPARTMENTID": "7", "STARTBALANCE": "1", "DEBITS": "2",
    "CREDITS": "1", "ADJDEBITS": "0", "ADJCREDITS": "0", "ENDBALANCE": "2", "PERIODBALANCE": "1",
}  # fmt: skip
_ACCOUNT: Row = {
    "RECORDNO": "1", "ACCOUNTNO": "1010", "TITLE": "Cash", "NORMALBALANCE": "debit", "ACCOUNTTYPE": "balancesheet",
    "ALTERNATIVEACCOUNT": "None", "STATUS": "active", "REQUIREDEPT": "true",
}  # fmt: skip
_REST_ACCOUNT: Row = {
    "key": "1", "id": "1010", "name": "Cash", "normalBalance": "debit", "accountType": "balanceSheet",
    "status": "active", "alternativeGLAccount": "none", "disallowDirectPosting": False,
    "requireDimensions.department": True,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A report: where its rows come from, one of them, its mapping's raw fields, and what rows make."""

    source: Source
    row: Row
    fields: frozenset[str]
    make: Callable[[Sequence[Row] | pl.DataFrame], Made]


def _one(name: str, made: Callable[[Any], Any]) -> Callable[[Any], Made]:
    def make(rows: Any) -> Made:
        found = made(rows)
        return {name: found.frame}, found[1] if isinstance(found, tuple) else found.rejected

    return make


def _shop(known: Callable[[Any, Shop], Any]) -> Callable[[Any], Made]:
    shop = Shop([{"id": 1}], [{"id": 2, "name": "Visa"}], [{"id": 11, "public_id": "0101"}])

    def make(rows: Any) -> Made:
        found = known(rows, shop)
        return {"sales": found.sales, "tenders": found.tenders}, found.rejects

    return make


def _paths(*mappings: Mapping[str, str]) -> frozenset[str]:
    return frozenset(path for mapping in mappings for path in mapping.values())


_SHOP = retail_sources(Retail(None, None))  # type: ignore[arg-type]
_GATEWAY = portico_sources(Portico(None, SecretKey(Secret("k" * 8))))  # type: ignore[arg-type]
_XML, _REST = xml_sources(None), rest_sources(None)  # type: ignore[arg-type]
_ORDERS = [{"id": 4, "source_location_id": 11}]
CASES: dict[str, Case] = {
    "gp_api.transactions": Case(
        GpReport(None, TRANSACTIONS), _SOLD, _paths(settlement.TRANSACTION_FIELDS), _one("payments", payments)  # type: ignore[arg-type]
    ),
    "gp_api.settlement_transactions": Case(
        GpReport(None, SETTLED),  # type: ignore[arg-type]
        _SETTLED,
        _paths(settlement.SETTLED_FIELDS),
        _one("payments", lambda rows: payments((), rows)),
    ),
    "gp_api.disputes": Case(
        GpDisputes(None, DISPUTES),  # type: ignore[arg-type]
        _DISPUTED,
        _paths(settlement.DISPUTE_FIELDS),
        _one("payments", lambda rows: payments((), (), rows)),
    ),
    "gp_api.deposits": Case(
        GpReport(None, DEPOSITS), _PAID_OUT, _paths(settlement.DEPOSIT_FIELDS), _one("deposits", deposits)  # type: ignore[arg-type]
    ),
    "gp_api.monthly_fees": Case(
        GpReport(None, MONTHLY_FEES), _BILLED, _paths(BILL_FIELDS), _one("fee_statements", fee_statements)  # type: ignore[arg-type]
    ),
    "portico.batch_details": Case(
        _GATEWAY["portico.batch_details"], _SWIPED, _paths(PORTICO_FIELDS), _one("payments", gateway_payments)
    ),
    "retail.tickets": Case(
        _SHOP["retail.tickets"],
        _TICKET,
        _paths(TICKET_FIELDS, LINE_FIELDS, PAYMENT_FIELDS),
        _shop(sales_and_tenders),
    ),
    "retail.prepayments": Case(
        _SHOP["retail.prepayments"],
        _PAID_DOWN,
        frozenset(),
        _shop(lambda rows, shop: prepayments(rows, _ORDERS, shop)),
    ),
    "intacct.gldetail": Case(
        _XML["intacct.gldetail"], _LINE, frozenset(xml_ledger.LINE_FIELDS), _one("ledger", frames.ledger)
    ),
    "intacct.trialbalance": Case(
        TrialBalance(None),  # type: ignore[arg-type]
        _BALANCE,
        frozenset(),
        _one("balances", lambda rows: frames.balances(rows, period="2026-09")),
    ),
    "intacct.glaccount": Case(
        _XML["intacct.glaccount"], _ACCOUNT, frozenset(), _one("accounts", frames.accounts)
    ),
    "intacct.location": Case(
        _XML["intacct.location"],
        {"RECORDNO": "1", "LOCATIONID": "100", "PARENTID": "1"},
        frozenset(),
        _one("locations", frames.locations),
    ),
    "intacct.journal_entry_line": Case(
        _REST["intacct.journal_entry_line"],
        _REST_LINE,
        frozenset(rest_ledger.LINE_FIELDS),
        _one("ledger", frames.rest_ledger),
    ),
    "intacct.account": Case(
        _REST["intacct.account"], _REST_ACCOUNT, frozenset(), _one("accounts", frames.rest_accounts)
    ),
    "intacct.rest_location": Case(
        _REST["intacct.rest_location"],
        {"key": "1", "id": "100", "parent.id": "1"},
        frozenset(),
        _one("locations", frames.rest_locations),
    ),
}  # fmt: skip


def paths_in(value: Any, above: str = "") -> set[str]:
    """The dotted names of all that stands in a row; elements of lists under the list's own names."""
    if isinstance(value, list):
        return {path for one in value for path in paths_in(one)}
    if not isinstance(value, dict):
        return {above}
    return {path for name, one in value.items() for path in paths_in(one, f"{above}.{name}" if above else name)}
