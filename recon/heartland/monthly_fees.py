"""GP-API's monthly fees as canonical fee statements."""

from __future__ import annotations

import polars as pl

from recon.frames.decoding import Raw
from recon.frames.events import FeeStatements
from recon.heartland.raw import Mapped, columns_of, day, major, money, number, rejected, shaped

_PARTS = (
    "interchange", "assessment", "authorization", "chargeback", "supplies", "device", "discount", "other",
)  # fmt: skip
_PASSED_ON = "passthrough"
_KINDS = (*_PARTS, _PASSED_ON)
BILL_FIELDS = {
    "merchant_id": "system.mid",
    "created": "time_created",
    "status": "status",
    "amount": "amount",
    "currency": "currency",
    **{name: f"{name}_amount" for name in _PARTS},
    _PASSED_ON: "passthrough.amount",
}
# The vendor does not say whether a bill bears the last day of its month or a day of the next, on which it is made.
_MADE_WITHIN_DAYS = 15


def fee_statements(billed: Raw = ()) -> Mapped:
    """FEE_STATEMENTS of GP-API's monthly fees, one row per merchant, month, currency and kind of fee, by statement_id.

    A bill's amount is above zero, and its parts are turned with it: the vendor does not say how they are signed.
    What is passed through may stand beside the other parts or be made of them; a bill whose parts sum to its amount
    neither way is rejected, and one without parts is of kind `other`. A final bill takes an estimate's place.
    """
    found = columns_of(billed, BILL_FIELDS)
    currency = pl.col("currency").fill_null("USD").str.to_uppercase()
    read = {f"{name}_read": money(major(number(pl.col(name).fill_null("0")), currency)) for name in _KINDS}
    worked = found.with_columns(
        currency=currency,
        whole=money(major(number(pl.col("amount")), currency)),
        period_end=day(pl.col("created")).dt.offset_by(f"-{_MADE_WITHIN_DAYS}d").dt.month_end(),
        status=pl.col("status").str.to_lowercase(),
        **read,
    ).with_columns(statement_id=_statement_id())
    worked = worked.with_columns(parts=_sum(_PARTS), every=_sum(_KINDS))
    good, bad = rejected(worked, _faults(), source="gp_api.monthly_fees", key="statement_id")
    final = good.sort(pl.col("status") == "finalized", "created", maintain_order=True)
    last = final.unique("statement_id", keep="last", maintain_order=True)
    return Mapped(_long(last).sort("statement_id", "kind"), bad)


def _statement_id() -> pl.Expr:
    """Merchant and month, as downloads name a bill; with the currency where a month was billed in several."""
    plain = pl.format("{}-{}", "merchant_id", pl.col("period_end").dt.strftime("%Y-%m"))
    several = pl.col("currency").n_unique().over("merchant_id", "period_end") > 1
    return pl.when(several).then(pl.format("{}-{}", plain, "currency")).otherwise(plain)


def _sum(kinds: tuple[str, ...]) -> pl.Expr:
    total = pl.lit(0, pl.Int64).cast(pl.Decimal(18, 2))
    for name in kinds:
        total = total + pl.col(f"{name}_read")
    return total.cast(pl.Decimal(18, 2), strict=False)


def _faults() -> list[tuple[pl.Expr, str, pl.Expr, pl.Expr]]:
    unread = pl.lit("the amount is no whole number of the currency's smallest unit, or has parts of a cent")
    named = pl.any_horizontal(pl.col(name).is_not_null() for name in _KINDS)
    adds = pl.format("the fees sum to {}, not to the bill's amount {}", "parts", "whole")
    unlike = named & (pl.col("parts") != pl.col("whole")) & (pl.col("every") != pl.col("whole"))
    words = ("finalized", "estimated")
    return [
        (pl.col("merchant_id").is_null(), "system.mid", pl.col("merchant_id"), pl.lit("no merchant is named")),
        (pl.col("period_end").is_null(), "time_created", pl.col("created"), pl.lit("the day cannot be read")),
        (~pl.col("status").is_in(words), "status", pl.col("status"), pl.lit("neither finalized nor estimated")),
        (pl.col("whole").is_null(), "amount", pl.col("amount"), unread),
        *((pl.col(f"{name}_read").is_null(), name, pl.col(name), unread) for name in _KINDS),
        (unlike, "amount", pl.col("amount"), adds),
    ]


def _long(bills: pl.DataFrame) -> pl.DataFrame:
    """One row per bill and kind of fee that is not zero."""
    unnamed = pl.all_horizontal(pl.col(name).is_null() for name in _KINDS)
    inside = pl.col("parts") == pl.col("whole")
    turned = pl.when(pl.col("whole") < 0).then(-1).otherwise(1)
    amounts = {name: pl.col(f"{name}_read") for name in _KINDS}
    amounts["other"] = pl.when(unnamed).then("whole").otherwise(amounts["other"])
    amounts[_PASSED_ON] = pl.when(~inside).then(amounts[_PASSED_ON])
    wide = bills.select(
        "statement_id", "merchant_id", "period_end", "status", "currency",
        *((amount * turned).cast(pl.Decimal(18, 2)).alias(name) for name, amount in amounts.items()),
    )  # fmt: skip
    index = ("statement_id", "merchant_id", "period_end", "status", "currency")
    long = wide.unpivot(on=list(_KINDS), index=list(index), variable_name="kind", value_name="amount")
    return shaped(long.filter(pl.col("amount") != 0), FeeStatements)
