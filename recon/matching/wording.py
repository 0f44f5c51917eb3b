"""Amounts, days and lines in the words of an accountant, over whole columns at once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.matching.texts import Vocabulary, agreed_texts
from recon.money import from_cents

# What banks call the way of the money; lines that share no more name nobody in common.
CHANNEL_WORDS: Final = (
    "ACH", "AMEX", "ATM", "CARD", "CREDIT", "CRD", "CHECKCARD", "DBT", "DEBIT", "DEP", "DEPOSIT", "DISCOVER", "EFT",
    "MASTERCARD", "MC", "ONLINE", "PAYMENT", "PMT", "POS", "PURCHASE", "TRANSFER", "VISA", "WIRE", "XFER",
)  # fmt: skip
CENTS = 2  # decimal places of an amount in words


def amount_words(units: pl.Expr, *, scale: int) -> pl.Expr:
    """Amounts in units of the last of `scale` decimal places: 1,234.50 for debits, (1,234.50) for credits.

    What `recon.money.accounting` says of one amount; beyond cents the places that are not zero are shown too.
    """
    places = max(scale, CENTS)
    size = units.abs() * 10 ** (places - scale)
    whole, rest = size // 10**places, size % 10**places
    digits = rest.cast(pl.String).str.zfill(places)
    shown = digits.str.head(CENTS) + digits.str.slice(CENTS).str.strip_chars_end("0")
    opens, closes = (pl.when(units < 0).then(pl.lit(sign)).otherwise(pl.lit("")) for sign in "()")
    return pl.concat_str(opens, _grouped(whole), pl.lit("."), shown, closes)


def _grouped(whole: pl.Expr) -> pl.Expr:
    """Whole numbers that are not negative with a comma at each thousand."""
    return whole.cast(pl.String).str.reverse().str.replace_all(r"(\d{3})", "$1,").str.reverse().str.strip_prefix(",")


def amount_said(amount: Decimal | int) -> str:
    """The same of one amount, a Decimal or whole cents."""
    exact = from_cents(amount) if isinstance(amount, int) else amount
    places = max(CENTS, -int(exact.normalize().as_tuple().exponent))
    text = f"{abs(exact):,.{places}f}"
    return f"({text})" if exact < 0 else text


def date_words(date: pl.Expr) -> pl.Expr:
    """Dates as 3 Sep 2026."""
    return date.dt.strftime("%-d %b %Y")


def joined(parts: Sequence[pl.Series], separator: str) -> pl.Series:
    """The words of each line that are there, one after the other; null where none are."""
    said = pl.select(pl.concat_str(parts, separator=separator, ignore_nulls=True)).to_series()
    return said.set(said == "", None)


def nothing_said(lines: int) -> pl.Series:
    """No words for so many lines."""
    return pl.Series([None], dtype=pl.String()).new_from_index(0, lines)


def count_words(count: pl.Expr, thing: str) -> pl.Expr:
    """Counts as "1 day", "2 days"."""
    return pl.when(count == 1).then(pl.lit(f"1 {thing}")).otherwise(pl.format(f"{{}} {thing}s", count))


@cache
def tie_words() -> pl.Expr:
    """What ties (alternatives, alternatives_exact, bounded) say: how many readings fit, at least, or all of them."""
    least = pl.when("alternatives_exact").then(pl.lit("")).otherwise(pl.lit("at least "))
    fit = pl.format("{}{} readings fit equally well", least, _grouped(pl.col("alternatives") + 1))
    return pl.when("bounded").then(pl.lit("search bounded: too many candidates")).otherwise(fit)


def of_channel(
    vocabulary: Vocabulary, texts: tuple[pl.Series, pl.Series], asked: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """True for each pair asked for whose texts share channel words, and neither another word nor a number."""
    at = np.flatnonzero(asked)
    if not len(at):
        return np.zeros(len(asked), dtype=np.bool_)
    words = pl.DataFrame(
        [
            side.gather(at).str.to_uppercase().str.extract_all(r"[\p{L}\p{N}]+").rename(name)
            for side, name in zip(texts, ("one", "other"), strict=True)
        ]
    )
    shared = pl.col("one").list.set_intersection("other")
    only = shared.list.eval(pl.element().is_in(CHANNEL_WORDS)).list.all() & (shared.list.len() > 0)
    at = at[words.select(only.fill_null(False)).to_series().to_numpy()]
    found = np.zeros(len(asked), dtype=np.bool_)
    if len(at):  # a cut word agrees without being equal
        said = agreed_texts(vocabulary, texts[0].gather(at), texts[1].gather(at))
        found[at] = [{*one.split()} <= {*CHANNEL_WORDS} for one in said]
    return found
