"""The ledger lines by what they are for: compared and shown, searched before a proposal, or left out."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from recon.identity import posting_key_in
from recon.money import to_cents
from recon.period import Period
from recon.policy import Policy

_POSTED = "posted"
_PENDING = ("draft", "submitted", "partially approved", "approved")


@dataclass(frozen=True)
class Population:
    """LEDGER lines of one book, statistical ones aside, with cents, in_period, pending, posting_key."""

    posted: pl.DataFrame  # margin included
    pending: pl.DataFrame  # drafts and entries that wait for approval


def populate(ledger: pl.DataFrame, policy: Policy, period: Period) -> Population:
    """The compared population of the ledger: one book, posted, not statistical; and what is pending."""
    texts = pl.concat_str("reference", "document", "memo", "entry_id", separator=" ", ignore_nulls=True)
    lines = ledger.with_columns(
        cents=to_cents("amount"),
        in_period=pl.col("posting_date").is_between(period.start, period.end),
        posting_key=posting_key_in(texts),
    )
    in_book = pl.col("book").fill_null(policy.company.book) == policy.company.book
    lines = lines.filter(in_book & ~pl.col("statistical").fill_null(value=False))
    state = pl.col("state").fill_null(_POSTED).str.to_lowercase()
    return Population(
        lines.filter(state == _POSTED).with_columns(pending=pl.lit(value=False)),
        lines.filter(state.is_in(_PENDING)).with_columns(pending=pl.lit(value=True)),
    )
