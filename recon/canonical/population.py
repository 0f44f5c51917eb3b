"""The ledger lines by what they are for: compared and shown, searched before a proposal, or left out."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from recon.errors import DataError
from recon.identity import posting_key_in
from recon.money import to_cents
from recon.period import Period
from recon.policy import Policy

# Intacct's words for the state of an entry and the letters of `readByQuery` for the same. An entry that is
# reversed, or about to be, still stands: its reversal is an entry of its own.
_STANDS = ("posted", "p", "reversal pending", "l", "reversed", "z")
_PENDING = ("draft", "i", "submitted", "s", "partially approved", "x", "approved", "a")
_LEFT_OUT = ("declined", "r")


@dataclass(frozen=True)
class Population:
    """LEDGER lines of one book and entity, statistical ones aside, with cents, in_period, pending, posting_key."""

    posted: pl.DataFrame  # margin included
    pending: pl.DataFrame  # drafts and entries that wait for approval


def populate(ledger: pl.DataFrame, policy: Policy, period: Period) -> Population:
    """The compared population of the ledger: one book, posted, not statistical; and what is pending.

    Raises: DataError for a state that nobody knows: a line must not vanish for a word.
    """
    state = pl.col("state").fill_null(_STANDS[0]).str.strip_chars().str.to_lowercase()
    _refuse_unknown(ledger.filter(~state.is_in([*_STANDS, *_PENDING, *_LEFT_OUT])))
    texts = pl.concat_str("reference", "document", "memo", "entry_id", separator=" ", ignore_nulls=True)
    lines = ledger.with_columns(
        cents=to_cents("amount"),
        in_period=pl.col("posting_date").is_between(period.start, period.end),
        posting_key=posting_key_in(texts),
    )
    in_book = pl.col("book").fill_null(policy.company.book) == policy.company.book
    entity = pl.lit(policy.company.entity, pl.String)
    in_entity = (pl.col("entity") == entity).fill_null(value=True)
    lines = lines.filter(in_book & in_entity & ~pl.col("statistical").fill_null(value=False))
    return Population(
        lines.filter(state.is_in(_STANDS)).with_columns(pending=pl.lit(value=False)),
        lines.filter(state.is_in(_PENDING)).with_columns(pending=pl.lit(value=True)),
    )


def _refuse_unknown(lines: pl.DataFrame) -> None:
    if lines.is_empty():
        return
    first = lines.sort("line_id").row(0, named=True)
    raise DataError(
        f"the ledger has lines in the state {first['state']!r}, which is none of Intacct's: give its meaning "
        "(Posted, Draft, …) under values of the column `state` in the ledger's profile",
        line=first["line_id"],
        lines=lines.height,
        states=", ".join(sorted({str(word) for word in lines["state"].to_list()})),
    )
