"""GP-API's reports as canonical payments and deposits."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon.frames.decoding import Raw
from recon.frames.events import Deposits, Payments
from recon.heartland.raw import (
    Mapped,
    columns_of,
    day,
    fitted,
    last4,
    major,
    moment,
    money,
    number,
    once_each,
    rejected,
)

# A transaction moves money once it is captured, and no more when it is reversed or was never accepted.
SETTLING = ("CAPTURED", "BATCHED", "FUNDED", "CLOSED", "SETTLED")
_IDLE = (
    "FOR_REVIEW", "INITIATED", "PENDING", "AUTHENTICATED", "PREAUTHORIZED", "REVERSED", "DECLINED", "FAILED",
    "REJECTED",
)  # fmt: skip
_TYPES = ("SALE", "REFUND")
# What the processor pays out, and what it holds back; a released deposit was held back before.
_PAID_OUT = ("FUNDED", "RELEASED")
_HELD_BACK = ("RESERVED", "DELAYED", "IRREG")
# Stages of a dispute that take money from the merchant, give it back, or only ask; an answer may say more.
_TAKING = (
    "CHARGEBACK", "SECOND_CHARGEBACK", "PRE_ARBITRATION", "ARBITRATION", "PRE_COMPLIANCE", "COMPLIANCE", "GOODFAITH",
)  # fmt: skip
_GIVING, _ASKING = "REVERSAL", "RETRIEVAL"
_CARD = "payment_method.card"
_SOLD: Mapping[str, str] = {
    "payment_id": "id",
    "merchant_id": "system.mid",
    "type": "type",
    "status": "status",
    "amount": "amount",
    "currency": "currency",
    "created": "time_created",
    "batch_id": "batch_id",
    "reference": "reference",
    "order": "order.reference",
    "order_old": "order_reference",  # reports write the order in either place
    "brand": f"{_CARD}.brand",
    "masked": f"{_CARD}.masked_number_first6last4",
    "masked4": f"{_CARD}.masked_number_last4",
    "authcode": f"{_CARD}.authcode",
    "brand_reference": f"{_CARD}.brand_reference",
    "wallet": "payment_method.digital_wallet.masked_token_first6last4",
    "bank": "payment_method.bank_transfer.masked_account_number_last4",
}
TRANSACTION_FIELDS = {**_SOLD, "tip": "gratuity_amount"}
SETTLED_FIELDS = {
    **_SOLD,
    "str": "settlement_transaction_reference",
    "deposit_id": "deposit_id",
    "batched": "batch_time_created",
    "fee": "fees.total_amount_decimal",
}
DISPUTE_FIELDS = {
    "dispute_id": "id",
    "stage": "stage",
    "created": "stage_time_created",
    "way": "funding_type",
    "moved": "last_adjustment_funding",
    "status": "status",
    "deposit_id": "deposit_id",
    "amount": "amount",
    "currency": "currency",
    "merchant_id": "system.mid",
    "brand": "transaction.payment_method.card.brand",
    "masked": "transaction.payment_method.card.masked_number_first6last4",
    "reference": "transaction.reference",
    "deposited": "deposit_time_created",
}
# What a canonical id is made of, or a record found by: a card number in its raw field sets the row aside.
_IDS = (
    "payment_id", "dispute_id", "deposit_id", "merchant_id", "batch_id", "reference", "order", "order_old", "str",
    "brand_reference",
)  # fmt: skip
_LENT = ("brand", "masked", "masked4", "wallet", "bank")  # what either report may say of the card
_SAME_SALE = ("merchant_id", "type", "amount", "authcode", "brand_reference", "reference")
DEPOSIT_FIELDS = {
    "deposit_id": "id",
    "merchant_id": "system.mid",
    "deposited": "time_created",
    "status": "status",
    "way": "funding_type",
    "amount": "amount",
    "currency": "currency",
    "bank": "bank_transfer.masked_account_number_last4",
    "sales": "sales.amount",
    "refunds": "refunds.amount",
    "discounts": "discounts.amount",
    "tax": "tax.amount",
    "chargebacks": "disputes.chargebacks.amount",
    "reversals": "disputes.reversals.amount",
    "fees": "fees.amount",
}
_BUCKETS = ("sales", "refunds", "discounts", "tax", "chargebacks", "reversals", "fees")
_NEGATIVE = ("refunds", "discounts", "chargebacks", "fees")


def id_fields(fields: Mapping[str, str]) -> tuple[str, ...]:
    """The raw fields among those of a report that ids are made of."""
    return tuple(path for name, path in fields.items() if name in _IDS)


def payments(transactions: Raw = (), settled: Raw = (), disputes: Raw = ()) -> Mapped:
    """PAYMENTS of GP-API's three reports, one row per transaction that moves money, by payment_id.

    A settled record lends its transaction the final amount, batch date, deposit and fee; one that no transaction
    knows stands for itself. A sale is above zero, a refund, and a chargeback that was debited, below. Declined,
    reversed, pending and merely authorised transactions move no money and have no row; one whose status or type is
    none that the vendor documents is rejected, for nobody knows what it moves.
    """
    sold = once_each(columns_of(transactions, TRANSACTION_FIELDS), "payment_id")
    final = _named_like(_settled(settled), sold)
    both = sold.join(final, on="payment_id", how="full", coalesce=True, suffix="_final")
    whole = both.with_columns(
        pl.coalesce(f"{name}_final", name).alias(name)
        for name in ("amount", "currency", "status", "type", "merchant_id")
    ).with_columns(
        pl.coalesce(name, f"{name}_final").alias(name)
        for name in (
            "created",
            "batch_id",
            "brand",
            "masked",
            "masked4",
            "wallet",
            "bank",
            "reference",
            "order",
            "order_old",
        )
    )
    whole = whole.select(pl.exclude(r"^.*_final$"))  # what stands twice need not be carried on
    moving = whole.filter(~_said("status").is_in(_IDLE))
    currency = pl.col("currency").fill_null("USD").str.to_uppercase()
    back = _said("type") == "REFUND"
    sign = pl.when(back).then(-1).otherwise(1)
    worked = moving.with_columns(
        currency=currency,
        kind=pl.when(back).then(pl.lit("refund")).otherwise(pl.lit("sale")),
        amount_read=money(major(number(pl.col("amount")).abs() * sign, currency)),
        tip_read=money(major(number(pl.col("tip")).abs() * sign, currency)),
        fee_read=major(number(pl.col("fee")), currency).round(6, "half_to_even"),
        created_at=moment(pl.col("created")),
        batch_date=day(pl.col("batched")),
        state=_said("status"),
        status=pl.col("status").str.to_lowercase(),
        brand=_brand(),
        card_last4=last4(pl.coalesce("masked", "masked4", "wallet", "bank")),
        reference=pl.coalesce("reference", "order", "order_old"),
    )
    good, bad = rejected(worked, _payment_faults(), source="gp_api.transactions", key="payment_id")
    frame = good.with_columns(amount=pl.col("amount_read"), tip=pl.col("tip_read"), fee=pl.col("fee_read"))
    moved = fitted(frame, bad, Payments, source="gp_api.transactions", key="payment_id")
    charged = _charged(disputes)
    every = pl.concat([moved.frame, charged.frame]).sort("payment_id")
    return Mapped(every, pl.concat([moved.rejects, charged.rejects]))


def _brand() -> pl.Expr:
    other = pl.when(pl.col("bank").is_not_null()).then(pl.lit("bank")).otherwise(pl.lit("other"))
    return pl.coalesce(pl.col("brand").str.to_lowercase(), other)


def _said(name: str) -> pl.Expr:
    """A word of the vendor in capitals, blank where it says none."""
    return pl.col(name).str.to_uppercase().fill_null("")


def _payment_faults() -> list[tuple[pl.Expr, str, pl.Expr, pl.Expr]]:
    unread = pl.lit("the amount is no whole number of the currency's smallest unit, or has parts of a cent")
    strange = pl.lit("this status is not known, so nobody can tell whether it moved money")
    neither = pl.lit("the type is neither SALE nor REFUND, so nobody can tell which way the money went")
    return [
        (pl.col("payment_id").is_null(), "id", pl.col("payment_id"), pl.lit("the transaction has no id")),
        (~pl.col("state").is_in(SETTLING), "status", pl.col("state").replace("", None), strange),
        (~_said("type").is_in(_TYPES), "type", pl.col("type"), neither),
        (pl.col("merchant_id").is_null(), "system.mid", pl.col("merchant_id"), pl.lit("no merchant is named")),
        (pl.col("amount_read").is_null(), "amount", pl.col("amount"), unread),
        (pl.col("tip_read").is_null() & pl.col("tip").is_not_null(), "gratuity_amount", pl.col("tip"), unread),
        (
            pl.col("fee_read").is_null() & pl.col("fee").is_not_null(),
            "fees.total_amount_decimal",
            pl.col("fee"),
            pl.lit("the fee is no number"),
        ),
        (pl.col("created_at").is_null(), "time_created", pl.col("created"), pl.lit("the time cannot be read")),
    ]


def _settled(raw: Raw) -> pl.DataFrame:
    """Settled records with a key of their own where they carry no transaction id."""
    found = columns_of(raw, SETTLED_FIELDS)
    return once_each(found, "str") if found["str"].null_count() < found.height else once_each(found, "payment_id")


def _named_like(final: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    """The settled records under the ids of their transactions: their own, or by equal facts if nothing else has them.

    One that finds none is called by its settlement reference.
    """
    lacking = final["payment_id"].is_null().any()
    if lacking and sold.height:
        key = pl.concat_str([pl.col(name).fill_null("") for name in _SAME_SALE], separator="\x1f")
        left, right = final.with_columns(__same=key), sold.select(__same=key, __id="payment_id")
        once = right.filter(pl.col("__same").is_unique())
        alone = pl.col("__same").is_unique()
        found = left.join(once, on="__same", how="left", maintain_order="left")
        final = found.with_columns(pl.coalesce("payment_id", pl.when(alone).then(pl.col("__id")))).drop(
            "__same", "__id"
        )
    named = final.with_columns(payment_id=pl.coalesce("payment_id", "str"))
    return once_each(named, "payment_id")


def _charged(raw: Raw) -> Mapped:
    """Payments of the disputes that moved money: taken back below zero, won back above."""
    found = columns_of(raw, DISPUTE_FIELDS)
    named = pl.concat_str("dispute_id", pl.col("stage").fill_null(""), separator="\x1f")
    found = once_each(found.with_columns(__one=named), "__one")
    stage, way = _said("stage"), _said("way")
    won = (way == "CREDIT") | ((way == "") & (stage == _GIVING))
    moved = (stage != _ASKING) & (way != "NONE") & (_said("moved") != "NONE")
    told = (way == "DEBIT") | (way == "CREDIT") | ((way == "") & stage.is_in([*_TAKING, _GIVING]))
    currency = pl.col("currency").fill_null("USD").str.to_uppercase()
    sign = pl.when(won).then(1).otherwise(-1)
    worked = found.filter(moved).with_columns(
        is_told=told,
        payment_id=pl.concat_str("dispute_id", pl.col("stage").str.to_lowercase(), separator=":", ignore_nulls=True),
        kind=pl.when(won).then(pl.lit("chargeback_reversal")).otherwise(pl.lit("chargeback")),
        status=pl.col("status").str.to_lowercase().fill_null("unknown"),
        brand=pl.col("brand").str.to_lowercase().fill_null("other"),
        card_last4=last4(pl.col("masked")),
        amount_read=money(major(number(pl.col("amount")).abs() * sign, currency)),
        currency=currency,
        created_at=pl.coalesce(moment(pl.col("created")), moment(pl.col("deposited"))),
    )
    unread = pl.lit("the amount is no whole number of the currency's smallest unit, or has parts of a cent")
    neither = pl.lit("neither the stage nor funding_type tells which way the money went")
    faults = [
        (pl.col("dispute_id").is_null(), "id", pl.col("dispute_id"), pl.lit("the dispute has no id")),
        (~pl.col("is_told"), "funding_type", pl.coalesce("way", "stage"), neither),
        (pl.col("merchant_id").is_null(), "system.mid", pl.col("merchant_id"), pl.lit("no merchant is named")),
        (pl.col("amount_read").is_null(), "amount", pl.col("amount"), unread),
        (pl.col("created_at").is_null(), "stage_time_created", pl.col("created"), pl.lit("the time cannot be read")),
    ]
    good, bad = rejected(worked, faults, source="gp_api.disputes", key="dispute_id")
    frame = good.with_columns(amount=pl.col("amount_read"))
    return fitted(frame, bad, Payments, source="gp_api.disputes", key="dispute_id")


def deposits(funded: Raw, settled: Raw = ()) -> Mapped:
    """DEPOSITS of GP-API's deposit report, one row per funding, by deposit_id; its parts sum to its net.

    The vendor does not say whether the amount of a debit is signed, so its size is taken with the direction of
    `funding_type`; parts may be signed or not, and a deposit whose parts sum to its amount neither way is
    rejected. Settled records lend it batch and group, if all of its records agree. What the processor holds back
    (RESERVED, DELAYED, IRREG) is of the group `reserve`: it is in no bank yet, and is paid out by a later RELEASED.
    """
    found = once_each(columns_of(funded, DEPOSIT_FIELDS), "deposit_id")
    currency = pl.col("currency").fill_null("USD").str.to_uppercase()
    worked = found.with_columns(
        currency=currency,
        whole=money(major(number(pl.col("amount").fill_null("0")), currency)),
        deposit_date=day(pl.col("deposited")),
        **{f"{name}_read": money(major(number(pl.col(name).fill_null("0")), currency)) for name in _BUCKETS},
    )
    debit = (pl.col("way").str.to_uppercase() == "DEBIT").fill_null(value=False)
    credit = (pl.col("way").str.to_uppercase() == "CREDIT").fill_null(value=False)
    net = pl.when(debit).then(-pl.col("whole").abs()).when(credit).then(pl.col("whole").abs()).otherwise("whole")
    worked = worked.with_columns(net=net, as_sent=_sum({name: pl.col(f"{name}_read") for name in _BUCKETS}))
    foots = pl.col("as_sent") == pl.col("net")
    worked = worked.with_columns(
        pl.when(foots).then(pl.col(f"{name}_read")).otherwise(_usual_sign(name)).alias(f"{name}_read")
        for name in _BUCKETS
    ).with_columns(parts=_sum({name: pl.col(f"{name}_read") for name in _BUCKETS}))
    good, bad = rejected(worked, _deposit_faults(), source="gp_api.deposits", key="deposit_id")
    funded_as = fitted(_grouped(good, settled), bad, Deposits, source="gp_api.deposits", key="deposit_id")
    return Mapped(funded_as.frame.sort("deposit_id"), funded_as.rejects)


def _sum(parts: Mapping[str, pl.Expr]) -> pl.Expr:
    total = pl.lit(0, pl.Int64).cast(pl.Decimal(18, 2))
    for part in parts.values():
        total = total + part
    return total.cast(pl.Decimal(18, 2), strict=False)


def _usual_sign(name: str) -> pl.Expr:
    size = pl.col(f"{name}_read").abs()
    return -size if name in _NEGATIVE else size


def _deposit_faults() -> list[tuple[pl.Expr, str, pl.Expr, pl.Expr]]:
    unread = pl.lit("the amount is no whole number of the currency's smallest unit, or has parts of a cent")
    parts = [(pl.col(f"{name}_read").is_null(), name, pl.col(name), unread) for name in _BUCKETS]
    adds = pl.format("the deposit's parts sum to {}, not to its amount {}", "parts", "net")
    strange = pl.lit("this status is not known, so nobody can tell whether it was paid out")
    return [
        (pl.col("deposit_id").is_null(), "id", pl.col("deposit_id"), pl.lit("the deposit has no id")),
        (~_said("status").is_in([*_PAID_OUT, *_HELD_BACK]), "status", pl.col("status"), strange),
        (pl.col("merchant_id").is_null(), "system.mid", pl.col("merchant_id"), pl.lit("no merchant is named")),
        (pl.col("deposit_date").is_null(), "time_created", pl.col("deposited"), pl.lit("the day cannot be read")),
        (pl.col("whole").is_null(), "amount", pl.col("amount"), unread),
        *parts,
        (pl.col("parts") != pl.col("net"), "amount", pl.col("amount"), adds),
    ]


def _grouped(good: pl.DataFrame, settled: Raw) -> pl.DataFrame:
    """Deposits with the batch, batch date and funding group that their settled records agree on."""
    records = _settled(settled).filter(pl.col("deposit_id").is_not_null())
    amex = (pl.col("brand").str.to_lowercase() == "amex").fill_null(value=False)
    agreed = records.group_by("deposit_id").agg(
        pl.col("batch_id").unique().alias("batches"),
        day(pl.col("batched")).unique().alias("days"),
        amex.all().alias("only_amex"),
    )
    joined = good.join(agreed, on="deposit_id", how="left")
    disputed = (pl.col("chargebacks_read") != 0) | (pl.col("reversals_read") != 0)
    others = {name: pl.col(f"{name}_read") == 0 for name in _BUCKETS}
    only_fees = (pl.col("fees_read") != 0) & ~disputed & others["sales"] & others["refunds"]
    only_disputes = disputed & others["sales"] & others["refunds"]
    group = (
        pl.when(_said("status").is_in(_HELD_BACK))
        .then(pl.lit("reserve"))
        .when(pl.col("only_amex"))
        .then(pl.lit("amex"))
        .when(pl.col("only_amex").is_not_null())
        .then(pl.lit("card"))
        .when(only_fees)
        .then(pl.lit("fees"))
        .when(only_disputes)
        .then(pl.lit("chargeback"))
    )
    return joined.with_columns(
        group=group,
        batch_id=pl.when(pl.col("batches").list.len() == 1).then(pl.col("batches").list.first()),
        batch_date=pl.when(pl.col("days").list.len() == 1).then(pl.col("days").list.first()),
        status=pl.col("status").str.to_lowercase(),
        bank_last4=last4(pl.col("bank")),
        sales=pl.col("sales_read"),
        refunds=pl.col("refunds_read"),
        chargebacks=pl.col("chargebacks_read"),
        reversals=pl.col("reversals_read"),
        # The vendor's "discount" is the merchant's discount rate: a fee.
        fees=pl.col("fees_read") + pl.col("discounts_read"),
        adjustments=pl.col("tax_read"),
    )
