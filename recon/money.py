"""Money is Decimal or integer cents, debit above zero; never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MONEY = pl.Decimal(18, 2)


def round_cents(amount: Decimal) -> Decimal:
    """The amount to the cent, halves to the even cent."""
    return amount.quantize(CENT, ROUND_HALF_EVEN)


def to_cents(column: str | pl.Expr) -> pl.Expr:
    """Integer cents of a MONEY column, for hot kernels."""
    expr = pl.col(column) if isinstance(column, str) else column
    return (expr.cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64)


def to_money(column: str | pl.Expr) -> pl.Expr:
    """MONEY of a column of integer cents, exactly."""
    expr = pl.col(column) if isinstance(column, str) else column
    return (expr.cast(pl.Decimal(20, 2)) * Decimal("0.01")).cast(MONEY)


def from_cents(cents: int) -> Decimal:
    """Decimal of integer cents, exactly."""
    return Decimal(cents).scaleb(-2)


def accounting(amount: Decimal) -> str:
    """The amount as accountants write it: 1,234.50 for debits, (1,234.50) for credits."""
    exact = round_cents(amount)
    text = f"{abs(exact):,.2f}"
    return f"({text})" if exact < 0 else text
