"""Portico's reports as canonical payments."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon.frames.decoding import Raw
from recon.frames.events import Payments
from recon.heartland.raw import Mapped, columns_of, fitted, last4, moment, money, number, once_each, rejected

TRANSACTION_FIELDS: Mapping[str, str] = {
    "payment_id": "GatewayTxnId",
    "site": "SiteId",
    "device": "DeviceId",
    "name": "MerchName",
    "merchant": "MerchNbr",
    "service": "ServiceName",
    "original": "OriginalGatewayTxnId",
    "utc": "TxnUtcDT",
    "requested": "ReqUtcDT",
    "way": "SaleReturnInd",
    "status_old": "Status",
    "status": "TxnStatus",
    "gateway_code": "GatewayRspCode",
    "issuer_code": "IssuerRspCode",
    "response_code": "RspCode",
    "card": "CardType",
    "masked": "MaskedCardNbr",
    "amount": "Amt",
    "settled": "SettlementAmt",
    "tip": "GratuityAmtInfo",
    "batch_id": "BatchId",
    "closed": "CloseDT",
    "closed_utc": "CloseUtcDT",
    "invoice": "AdditionalTxnFields.InvoiceNbr",
    "invoice_found": "InvoiceNbr",
    "market_invoice": "DirectMktInvoiceNbr",
}
# The raw fields that a canonical id is made of, or that name the batch: a card number there sets the row aside.
ID_FIELDS = (
    *(
        TRANSACTION_FIELDS[name]
        for name in (
            "payment_id", "site", "device", "merchant", "original", "batch_id",
            "invoice", "invoice_found", "market_invoice",
        )
    ),
    "BatchSeqNbr",
)  # fmt: skip
_BRANDS = {"visa": "visa", "mc": "mastercard", "amex": "amex", "disc": "discover", "mastercard": "mastercard"}
# What takes or gives back money; an authorisation does only once it is added to the batch.
_SERVICE = r"(?:Sale|Return|AddToBatch|RecurringBilling|Refund)$"
_ADDS = r"AddToBatch$"
_RETURN = r"(?:Return|Refund)$"
_MOVING, _IDLE = ("A", "C"), ("V", "I", "R")  # active and closed; voided, inactive and reversed ones move nothing
_APPROVED = ("00", "0", "10", "85")  # approved, approved in part, address verified


def gateway_payments(raw: Raw, merchant_of: Mapping[str, str] | None = None) -> Mapped:
    """PAYMENTS of Portico's transactions, one row per transaction that moves money, by payment_id.

    `merchant_of` tells the merchant number of a device, a site or a merchant name; without one the report's own
    number counts, else the device. Amounts are dollars, the settled one (tips included) where there is one. A
    batch that closes in the first half of a local day belongs to the day before. Rows of several reports may be
    given, of the batches last: an authorisation that was added to a batch is one payment.
    """
    found = _one_each(columns_of(raw, TRANSACTION_FIELDS))
    known = {} if merchant_of is None else dict(merchant_of)
    named = [
        pl.col(name).replace_strict(known, default=None, return_dtype=pl.String) for name in ("device", "site", "name")
    ]
    status = pl.coalesce("status", "status_old", pl.lit("C")).str.to_uppercase()
    issuer = pl.coalesce("response_code", "issuer_code", pl.lit("00"))
    moving = ~status.is_in(_IDLE) & pl.col("gateway_code").fill_null("0").is_in(["0", "00"]) & issuer.is_in(_APPROVED)
    back = (pl.col("way") == "R").fill_null(value=False) | pl.col("service").fill_null("").str.contains(_RETURN)
    sign = pl.when(back).then(-1).otherwise(1)
    card = pl.col("card").str.to_lowercase()
    worked = found.filter(moving).with_columns(
        merchant_id=pl.coalesce(*named, "merchant", "device", "site"),
        kind=pl.when(back).then(pl.lit("refund")).otherwise(pl.lit("sale")),
        status=status.str.to_lowercase(),
        is_known=status.is_in(_MOVING),
        brand=card.replace(_BRANDS).fill_null("other"),
        card_last4=last4(pl.col("masked")),
        amount_read=money(number(pl.coalesce("settled", "amount")).abs() * sign),
        tip_read=money(number(pl.col("tip")).abs() * sign),
        currency=pl.lit("USD"),
        created_at=pl.coalesce(moment(pl.col("utc")), moment(pl.col("requested"))),
        batch_date=(moment(pl.col("closed")) - pl.duration(hours=12)).dt.date(),
        reference=pl.coalesce("invoice", "invoice_found", "market_invoice"),
    )
    unread = pl.lit("the amount is no number of dollars and cents")
    strange = pl.lit("this status is not known, so nobody can tell whether it moved money")
    faults = [
        (pl.col("payment_id").is_null(), "GatewayTxnId", pl.col("payment_id"), _unnamed()),
        (~pl.col("is_known"), "TxnStatus", pl.col("status").str.to_uppercase(), strange),
        (pl.col("merchant_id").is_null(), "DeviceId", pl.col("device"), pl.lit("neither device nor site is named")),
        (pl.col("amount_read").is_null(), "SettlementAmt", pl.coalesce("settled", "amount"), unread),
        (pl.col("tip_read").is_null() & pl.col("tip").is_not_null(), "GratuityAmtInfo", pl.col("tip"), unread),
        (pl.col("created_at").is_null(), "TxnUtcDT", pl.col("utc"), pl.lit("the time cannot be read")),
    ]
    good, bad = rejected(worked, faults, source="portico.transactions", key="payment_id")
    frame = good.with_columns(amount=pl.col("amount_read"), tip=pl.col("tip_read"))
    made = fitted(frame, bad, Payments, source="portico.transactions", key="payment_id")
    return Mapped(made.frame.sort("payment_id"), made.rejects)


def _one_each(found: pl.DataFrame) -> pl.DataFrame:
    """The transactions that may move money, each once under the number that its batch knows; the last report counts.

    An authorisation alone takes nothing; what stands in a batch does, and what adds it to the batch is the same.
    """
    adds = pl.col("service").fill_null("").str.contains(_ADDS) & (pl.col("original").fill_null("0") != "0")
    takes = pl.col("service").fill_null("Sale").str.contains(_SERVICE) | pl.col("batch_id").is_not_null()
    named = found.filter(takes).with_columns(payment_id=pl.when(adds).then("original").otherwise("payment_id"))
    return once_each(named, "payment_id")


def _unnamed() -> pl.Expr:
    """What a row without a number is, as far as it says: nothing else tells which it is."""
    said = [pl.col(name).fill_null("?") for name in ("service", "device", "utc", "amount")]
    return pl.format("the transaction has no number ({} on device {} at {}, {} dollars)", *said)
