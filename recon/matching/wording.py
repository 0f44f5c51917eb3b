"""Amounts, days and lines in the words of an accountant, over whole columns at once."""

from __future__ import annotations

import polars as pl

CENTS = 2  # decimal places of an amount in words


def amount_words(units: pl.Expr, *, scale: int) -> pl.Expr:
    """Amounts in units of the last of `scale` decimal places: 1,234.50 for debits, (1,234.50) for credits.

    What `recon.money.accounting` says of one amount; beyond cents every place is shown.
    """
    places = max(scale, CENTS)
    size = units.abs() * 10 ** (places - scale)
    whole, rest = size // 10**places, size % 10**places
    grouped = whole.cast(pl.String).str.reverse().str.replace_all(r"(\d{3})", "$1,").str.reverse()
    text = grouped.str.strip_prefix(",") + "." + rest.cast(pl.String).str.zfill(places)
    return pl.when(units < 0).then("(" + text + ")").otherwise(text)


def date_words(date: pl.Expr) -> pl.Expr:
    """Dates as 3 Sep 2026."""
    return date.dt.strftime("%-d %b %Y")


def count_words(count: pl.Expr, thing: str) -> pl.Expr:
    """Counts as "1 day", "2 days"."""
    return pl.when(count == 1).then(pl.lit(f"1 {thing}")).otherwise(pl.format(f"{{}} {thing}s", count))
