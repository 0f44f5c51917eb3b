"""A made month as the processor reports it: GP-API and Portico records, as their answers carry them.

GP-API writes money as text in cents, `""` where there is none; Portico writes dollars. Instants are UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from recon.demo.company import COMPANY_NAME, Store
from recon.demo.events import Deposit, Ticket, fee_kinds
from recon.demo.month import MadeMonth

MERCHANT_ID = "MER_juniper"
ACCOUNTS: tuple[Mapping[str, Any], ...] = (
    {"id": "TRA_juniper", "name": "transaction_processing", "permissions": ["TRN_GET_List", "TRN_GET_Single"]},
    {"id": "DAA_juniper", "name": "Settlement Reporting", "permissions": ["TRN_GET_List_Funded"]},
    {"id": "DIA_juniper", "name": "dispute_management", "permissions": []},
)
SITE_ID = "21232"
LICENSE_ID = "21229"
_FEES = {"card": (Decimal("2.1"), Decimal(10)), "amex": (Decimal("2.9"), Decimal(10))}  # percent, cents an item
_FIRST6 = {"visa": "426397", "mastercard": "547888", "amex": "379132", "discover": "601100"}
_PORTICO_CARDS = {"visa": "Visa", "mastercard": "MC", "amex": "Amex", "discover": "Disc"}
Row = Mapping[str, Any]


def first_ticket(month: MadeMonth) -> int:
    """The number that all tickets of the made company count from."""
    return min((ticket.number for ticket in month.tickets), default=0) // 100_000 * 100_000


def utc(ticket: Ticket) -> dt.datetime:
    """The instant of a ticket, which itself carries the wall clock of its store."""
    return ticket.completed_at.replace(tzinfo=ZoneInfo(ticket.store.timezone)).astimezone(dt.UTC)


def batch_id(ticket: Ticket) -> str:
    """The processor's batch that holds a card ticket."""
    return f"B{ticket.store.index}-{ticket.batch_day:%m%d}-{ticket.group}"


def card_tickets(month: MadeMonth) -> Iterator[tuple[int, Ticket]]:
    """Each card ticket with its number within the company."""
    first = first_ticket(month)
    return ((ticket.number - first, ticket) for ticket in month.tickets if ticket.tender == "card")


def minor(cents: int) -> str:
    """Cents as GP-API writes them: nothing at all for zero."""
    return str(cents) if cents else ""


def _stamp(at: dt.datetime, n: int) -> str:
    """An instant as GP-API writes it: the fraction has three digits, or two."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{n % 1000:03d}Z" if n % 2 else f"{at:%Y-%m-%dT%H:%M:%S}.{n % 100:02d}Z"


def _system(store: Store) -> dict[str, str]:
    return {
        "mid": store.merchant,
        "tid": "0001",
        "hierarchy": f"055-70-024-011-{store.index:03d}",
        "name": f"{COMPANY_NAME.upper()} LLC",
        "dba": store.name,
    }


def _card(n: int, ticket: Ticket) -> dict[str, str]:
    digits = 15 if ticket.brand == "amex" else 16
    return {
        "brand": ticket.brand.upper(),
        "funding": "CREDIT",
        "authcode": f"{n % 900_000 + 100_000}",
        "brand_reference": f"MWE{n:09d}",
        "masked_number_first6last4": f"{_FIRST6[ticket.brand]}{'X' * (digits - 10)}{n % 9000 + 1000}",
    }


def portico_number(n: int) -> str:
    """The gateway's own number of a transaction: twelve digits."""
    return f"2{n:011d}"


def _gp_transaction(n: int, ticket: Ticket, *, funded: bool) -> Row:
    at = utc(ticket)
    name = f"TRN_{ticket.store.index}_{n}"
    return {
        "id": name,
        "time_created": _stamp(at, n),
        "time_last_updated": "",
        "time_created_reference": f"{ticket.completed_at:%Y-%m-%dT%H:%M:%S}",
        "status": "FUNDED" if funded else "CAPTURED",
        "type": "SALE" if ticket.total > 0 else "REFUND",
        "channel": "CP",
        "capture_mode": "AUTO",
        "amount": str(abs(ticket.total)),
        "currency": "USD",
        "gratuity_amount": minor(ticket.tips),
        "cashback_amount": "",
        "surcharge_amount": "",
        "reference": str(ticket.number),
        "order_reference": str(ticket.number),
        "order": {"reference": str(ticket.number)},
        "batch_id": batch_id(ticket),
        "country": "US",
        "merchant_id": MERCHANT_ID,
        "merchant_name": COMPANY_NAME,
        "account_id": ACCOUNTS[0]["id"],
        "account_name": ACCOUNTS[0]["name"],
        "action_create_id": f"ACT_{n:09d}",
        "parent_resource_id": name,
        "platforms": [{"type": "PORTICO", "transaction_id": portico_number(n)}],
        "payment_method": {
            "result": "00",
            "message": "APPROVAL",
            "entry_mode": "CHIP",
            "name": "",
            "card": _card(n, ticket),
        },
        "system": _system(ticket.store),
    }


def gp_transactions(month: MadeMonth) -> Iterator[Row]:
    """GP-API's transactions: one a card ticket; refunds are positive, their type says what they are."""
    funded = {deposit.batch_id for deposit in month.deposits}
    return (_gp_transaction(n, ticket, funded=batch_id(ticket) in funded) for n, ticket in card_tickets(month))


def _fees(ticket: Ticket) -> dict[str, Any]:
    """The fee of one transaction in cents with their fraction; those of a batch round to its deposit's fee."""
    percent, item = _FEES[ticket.group]
    share = ticket.total * percent / 100
    return {
        "total_amount_decimal": f"{share + item:f}",
        "charge_type": "DAILY" if ticket.store.fee_billing == "daily" else "MONTHLY",
        "interchange": {
            "total_amount_decimal": f"{share:f}",
            "program": "CPS RETAIL",
            "percentage": f"{percent}",
            "per_item_flat_amount_decimal": f"{item}",
        },
    }


def gp_settled(month: MadeMonth) -> Iterator[Row]:
    """GP-API's settled transactions: those whose batch was deposited, each with its deposit and its fee.

    Deposits that arrive after the month bring batches of sales that the made month does not list; they stand here
    with one sale and one refund of the whole.
    """
    left = {deposit.batch_id: deposit for deposit in month.deposits if deposit.batch_id}
    deposits = dict(left)
    for n, ticket in card_tickets(month):
        deposit = deposits.get(batch_id(ticket))
        if deposit is None:
            continue
        left.pop(deposit.batch_id, None)
        local = f"{ticket.completed_at:%Y-%m-%dT%H:%M:%S}"
        yield {
            "id": f"TRN_{ticket.store.index}_{n}",
            "settlement_transaction_reference": f"STR{n:09d}",
            "time_created": _stamp(utc(ticket), 2 * n + 1),
            "time_created_reference": local,
            "reference": str(ticket.number),
            "order": {"reference": str(ticket.number)},
            "fees": _fees(ticket),
            "payment_method": {
                "entry_mode": "CHIP",
                "card": {**_card(n, ticket), "arn": f"24692166060{n:012d}"},
            },
            **_settlement(deposit, ticket.batch_day, ticket.total),
        }
    for deposit in left.values():
        yield from _unlisted(deposit)


def _settlement(deposit: Deposit, day: dt.date, cents: int) -> Row:
    """What a settled record says of the money, its batch and its deposit."""
    return {
        "status": "FUNDED",
        "type": "SALE" if cents > 0 else "REFUND",
        "amount": str(abs(cents)),
        "currency": "USD",
        "merchant_amount": str(abs(cents)),
        "merchant_currency": "USD",
        "deposit_id": deposit.deposit_id,
        "deposit_time_created": deposit.date.isoformat(),
        "deposit_status": "FUNDED",
        "batch_id": deposit.batch_id,
        "batch_time_created": day.isoformat(),
        "system": _system(deposit.store),
    }


def _unlisted(deposit: Deposit) -> Iterator[Row]:
    """The sales and the refunds of a batch whose tickets the month does not list, as one record each."""
    month_day = deposit.batch_id.split("-")[1]
    days = (deposit.date - dt.timedelta(days=n) for n in range(366))
    day = next(day for day in days if f"{day:%m%d}" == month_day)
    brand = "amex" if deposit.group == "amex" else "visa"
    for kind, cents in (("S", deposit.sales), ("R", deposit.returns)):
        if cents:
            yield {
                "id": f"TRN_{deposit.batch_id}-{kind}",
                "settlement_transaction_reference": f"STR_{deposit.batch_id}-{kind}",
                "time_created": f"{day.isoformat()}T17:00:00.000Z",
                "time_created_reference": "",
                "reference": "",
                "fees": {},
                "payment_method": {"entry_mode": "CHIP", "card": {"brand": brand.upper()}},
                **_settlement(deposit, day, cents),
            }


def gp_deposits(month: MadeMonth) -> Iterator[Row]:
    """GP-API's deposits: signed parts, the amount without a sign, and which way the money goes."""
    counts: dict[str, list[int]] = {}
    for _, ticket in card_tickets(month):
        counts.setdefault(batch_id(ticket), [0, 0])[ticket.total < 0] += 1
    for deposit in month.deposits:
        sold, returned = counts.get(deposit.batch_id, (0, 0))
        lost, won = min(deposit.chargebacks, 0), max(deposit.chargebacks, 0)
        yield {
            "id": deposit.deposit_id,
            "time_created": deposit.date.isoformat(),
            "status": "FUNDED",
            "funding_type": "CREDIT" if deposit.net >= 0 else "DEBIT",
            "amount": minor(abs(deposit.net)),
            "currency": "USD",
            "aggregation_model": "H-By Date",
            "bank_transfer": {"masked_account_number_last4": "XXXXXX9999", "bank": {"code": "XXXXX0021"}},
            "system": {key: value for key, value in _system(deposit.store).items() if key != "tid"},
            "sales": {"count": sold, "amount": minor(deposit.sales)},
            "refunds": {"count": returned, "amount": minor(deposit.returns)},
            "discounts": {"count": 0, "amount": ""},
            "tax": {"count": 0, "amount": ""},
            "disputes": {
                "chargebacks": {"count": int(lost != 0), "amount": minor(lost)},
                "reversals": {"count": int(won != 0), "amount": minor(won)},
            },
            "fees": {"amount": minor(deposit.fees)},
        }


def gp_disputes(month: MadeMonth) -> Iterator[Row]:
    """GP-API's disputes by money: one for each chargeback in a deposit, taken back or won back."""
    for n, deposit in enumerate(deposit for deposit in month.deposits if deposit.chargebacks):
        lost = deposit.chargebacks < 0
        yield {
            "id": f"DIS_{deposit.deposit_id}",
            "status": "WITH_MERCHANT" if lost else "CLOSED",
            "stage": "CHARGEBACK" if lost else "REVERSAL",
            "stage_time_created": f"{deposit.date.isoformat()}T14:03:44",  # this report writes no zone
            "funding_type": "DEBIT" if lost else "CREDIT",
            "deposit_id": deposit.deposit_id,
            "deposit_time_created": deposit.date.isoformat(),
            "amount": str(abs(deposit.chargebacks)),
            "currency": "USD",
            "reason_code": "13.1",
            "reason_description": "Merchandise/Services Not Received",
            "time_to_respond_by": f"{(deposit.date + dt.timedelta(days=20)).isoformat()}T00:00:00",
            "result": "PENDING" if lost else "WON",
            "last_adjustment_amount": str(abs(deposit.chargebacks)),
            "last_adjustment_currency": "USD",
            "last_adjustment_funding": "DEBIT" if lost else "CREDIT",
            "last_adjustment_time_created": f"{deposit.date.isoformat()}T00:00:00",
            "system": _system(deposit.store),
            "transaction": _disputed(n, deposit),
        }


def _disputed(n: int, deposit: Deposit) -> Row:
    sold = deposit.date - dt.timedelta(days=21)
    brand = "amex" if deposit.group == "amex" else "visa"
    stars = "X" * (5 if brand == "amex" else 6)
    return {
        "time_created": f"{sold.isoformat()}T18:00:00",
        "merchant_time_created": f"{sold.isoformat()}T13:00:00",
        "type": "SALE",
        "amount": str(abs(deposit.chargebacks)),
        "currency": "USD",
        "reference": "",
        "payment_method": {
            "card": {
                "masked_number_first6last4": f"{_FIRST6[brand]}{stars}{n % 9000 + 1000}",
                "arn": f"24692166061{n:012d}",
                "brand": brand.upper(),
                "authcode": f"{n % 900_000 + 100_000}",
                "brand_reference": "",
            }
        },
    }


def gp_cases(month: MadeMonth) -> Iterator[Row]:
    """GP-API's disputes by case: times in UTC, the card's mask in small letters."""
    for row in gp_disputes(month):
        card = row["transaction"]["payment_method"]["card"]
        yield {
            "id": row["id"],
            "time_created": f"{row['stage_time_created']}.000Z",
            "status": row["status"],
            "status_time_created": f"{row['stage_time_created']}.000Z",
            "stage": row["stage"],
            "stage_time_created": f"{row['stage_time_created']}.000Z",
            "merchant_id": MERCHANT_ID,
            "account_id": ACCOUNTS[2]["id"],
            "amount": row["amount"],
            "currency": "USD",
            "payer_amount": row["amount"],
            "payer_currency": "USD",
            "merchant_amount": row["amount"],
            "merchant_currency": "USD",
            "reason_code": row["reason_code"],
            "reason_description": row["reason_description"],
            "result": row["result"],
            "time_to_respond_by": f"{row['time_to_respond_by']}.000Z",
            "system": row["system"],
            "payment_method": {
                "card": {
                    "number": card["masked_number_first6last4"].lower(),
                    "arn": card["arn"],
                    "brand": card["brand"],
                }
            },
        }


def gp_monthly_fees(month: MadeMonth) -> Iterator[Row]:
    """GP-API's monthly fees: what each store that is billed monthly was debited, positive."""
    for deposit in month.deposits:
        if deposit.group != "fees":
            continue
        yield {
            "id": f"MFE_{deposit.deposit_id}",
            "time_created": deposit.date.isoformat(),
            "status": "FINALIZED",
            "amount": str(-deposit.fees),
            "currency": "USD",
            **{f"{kind}_amount": str(cents) for kind, cents in fee_kinds(deposit).items()},
            "assessment_amount": "",
            "authorization_amount": "",
            "chargeback_amount": "",
            "supplies_amount": "",
            "device_amount": "",
            "other_amount": "",
            "transaction_count": "",
            "passthrough": {"amount": ""},
            "merchant": {"id": MERCHANT_ID, "name": COMPANY_NAME},
            "system": _system(deposit.store),
        }


def device_id(store: Store) -> str:
    """The gateway's device in a store."""
    return str(1_525_000 + store.index)


def _portico_batch(month: MadeMonth, ticket: Ticket) -> int:
    """The gateway's own batch number: one batch a device and day, American Express in it too."""
    return 1_000_000 + ticket.store.index * 1000 + (ticket.batch_day - month.period.start).days + 10


def portico_transactions(month: MadeMonth) -> Iterator[Row]:
    """Portico's transactions: dollars, UTC and the store's own time side by side."""
    for n, ticket in card_tickets(month):
        dollars = f"{Decimal(abs(ticket.total)).scaleb(-2):f}"
        tips = Decimal(ticket.tips).scaleb(-2)
        digits = 15 if ticket.brand == "amex" else 16
        yield {
            "GatewayTxnId": portico_number(n),
            "SiteId": SITE_ID,
            "DeviceId": device_id(ticket.store),
            "MerchName": ticket.store.name,
            "MerchNbr": ticket.store.merchant,
            "UserName": f"store{ticket.store.number}",
            "ServiceName": "CreditSale" if ticket.total > 0 else "CreditReturn",
            "TxnUtcDT": f"{utc(ticket):%Y-%m-%dT%H:%M:%S}.52",
            "TxnDT": f"{ticket.completed_at:%Y-%m-%dT%H:%M:%S}",
            "OriginalGatewayTxnId": "0",
            "GatewayRspCode": "0",
            "GatewayRspMsg": "Success",
            "TxnStatus": "C",
            "RspCode": "00",
            "RspText": "APPROVAL",
            "AuthCode": f"{n % 900_000 + 100_000}",
            "CardType": _PORTICO_CARDS[ticket.brand],
            "MaskedCardNbr": f"{_FIRST6[ticket.brand]}{'*' * (digits - 10)}{n % 9000 + 1000}",
            "DebitCreditInd": "C",
            "SaleReturnInd": "S" if ticket.total > 0 else "R",
            "Amt": dollars,
            "AuthAmt": f"{Decimal(dollars) - tips:f}",
            "SettlementAmt": dollars,
            "GratuityAmtInfo": f"{tips:f}",
            "InvoiceNbr": str(ticket.number),
            "RefNbr": f"{n:012d}",
            "BatchId": str(_portico_batch(month, ticket)),
        }


def portico_batches(month: MadeMonth) -> Iterator[Row]:
    """Portico's batches: one a device and day, closed after the store's cut-off."""
    found: dict[int, list[tuple[int, Ticket]]] = {}
    for n, ticket in card_tickets(month):
        found.setdefault(_portico_batch(month, ticket), []).append((n, ticket))
    for number, batch in sorted(found.items()):
        (first, opening), (last, _) = batch[0], batch[-1]
        store, day = opening.store, opening.batch_day
        closed = dt.datetime(day.year, day.month, day.day, 23, 5, tzinfo=ZoneInfo(store.timezone))
        yield {
            "SiteId": SITE_ID,
            "MerchName": store.name,
            "DeviceId": device_id(store),
            "BatchId": str(number),
            "BatchStatus": "C",
            "BatchSeqNbr": str(number % 1000),
            "OpenUtcDT": f"{utc(opening):%Y-%m-%dT%H:%M:%S}",
            "CloseUtcDT": f"{closed.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}",
            "OpenTxnId": portico_number(first),
            "CloseTxnId": portico_number(last),
            "BatchTxnCnt": str(len(batch)),
            "BatchTxnAmt": f"{Decimal(sum(ticket.total for _, ticket in batch)).scaleb(-2):f}",
            "OpenDT": f"{opening.completed_at:%Y-%m-%dT%H:%M:%S}",
            "CloseDT": f"{closed:%Y-%m-%dT%H:%M:%S}",
        }
