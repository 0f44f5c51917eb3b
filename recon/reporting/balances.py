"""What the notebooks ask beyond the pack: both sides of a reconciliation, and what clearing is made of."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import polars as pl

from recon.money import MONEY, ZERO
from recon.policy import proved_accounts
from recon.reporting.model import RunRecord
from recon.reporting.tables import LIMIT, limited, reader_table
from recon.reporting.views import bridge_part, population_filter, titled
from recon.reporting.words import sentence

if TYPE_CHECKING:
    from great_tables import GT

CLEARING_PARTS = {
    "per_ledger": "Per ledger",
    "to_book": "To book",
    "drafts": "Drafts",
    "asked_or_carried": "Asked or carried",
    "per_source": "Per source",
    "in_transit": "In transit",
    "past_due": "Past due",
    "carried": "Open before",
    "not_supported": "Not supported",
}


def compared_lines(record: RunRecord, reconciliation: str) -> pl.DataFrame:
    """LEDGER lines that the reconciliation owns in the period: posted, of the book, not statistical.

    It owns its journals, and the corrections in other journals that its variances name.
    """
    company, period = record.policy.company, record.found.period
    journals = [
        name for key, one in record.policy.reconciliations.items() if key == reconciliation for name in one.journals
    ]
    variances = record.found.frames["variances"].filter(pl.col("reconciliation") == reconciliation)
    named = variances["actual_line_ids"].explode().drop_nulls()
    return record.found.ledger.filter(
        population_filter(),
        pl.col("book").fill_null(company.book) == company.book,
        pl.col("posting_date").is_between(period.start, period.end),
        pl.col("journal").is_in(journals) | pl.col("line_id").is_in(named.implode()),
    )


def both_sides(record: RunRecord, reconciliation: str, by: Sequence[str]) -> pl.DataFrame:
    """Debits per ledger and per source, and what is to be booked between them, in the order of the columns `by`."""
    sides = (
        ("per_ledger", compared_lines(record, reconciliation)),
        ("per_source", record.found.frames["expected"].filter(pl.col("reconciliation") == reconciliation)),
    )
    parts = [
        lines.filter(pl.col("amount") > 0).select(*by, pl.lit(name).alias("side"), "amount") for name, lines in sides
    ]
    sums = [pl.col("amount").filter(pl.col("side") == name).sum().cast(MONEY).alias(name) for name, _ in sides]
    return (
        pl.concat(parts)
        .group_by(by)
        .agg(sums)
        .with_columns(to_book=(pl.col("per_source") - pl.col("per_ledger")).cast(MONEY))
        .sort(by, nulls_last=True)
    )


def clearing_accounts(record: RunRecord) -> list[str]:
    """Accounts that sales fill and deposits empty, by the gross amount that moved, the largest first.

    The chart's own mark counts; without any mark they are the accounts to which the policy posts both
    card tenders and deposits.
    """
    moved = record.found.frames["expected"].group_by("account").agg(pl.col("amount").abs().sum())
    amounts = dict(moved.rows())
    proved = proved_accounts(record.policy, record.accounts)
    return sorted(proved, key=lambda account: (-amounts.get(account, 0), account))


def clearing_composition(record: RunRecord) -> pl.DataFrame:
    """What each clearing account is made of at the end of the period, Dr/(Cr).

    One row per account: its balance per ledger, what is still to be booked, waits as drafts, is asked or
    carried, its balance per source, the deposits in transit and past due that support it, and what no
    document supports.
    """
    accounts = clearing_accounts(record)
    bridge = bridge_part(record.found.frames["bridge"])
    rows = [{"account": account, **_composed(bridge.filter(pl.col("account") == account))} for account in accounts]
    schema: dict[str, pl.DataType] = {"account": pl.String(), **dict.fromkeys(CLEARING_PARTS, MONEY)}
    return titled(pl.DataFrame(rows, schema=schema), record.accounts)


def sides_table(record: RunRecord, reconciliation: str, by: Sequence[str], *, limit: int = LIMIT) -> GT:
    """Debits per ledger, per source and to book, one row for each value of the columns `by`."""
    shown, note = limited(both_sides(record, reconciliation, by), limit)
    headings = {name: sentence(name) for name in by}
    headings |= {"per_ledger": "Per ledger", "per_source": "Per source", "to_book": "To book"}
    return reader_table(shown, f"sides-{reconciliation}", f"{sentence(reconciliation)}, debits", headings, note)


def clearing_table(record: RunRecord) -> GT:
    """What each clearing account is made of at the end of the period, Dr/(Cr)."""
    headings = {"account": "Account", "title": "Title", **CLEARING_PARTS}
    note = (
        "Per source = per ledger + to book + drafts + asked or carried; "
        "not supported = per source − in transit − past due − open before."
    )
    title = "Clearing at the end of the period, Dr/(Cr)"
    return reader_table(clearing_composition(record), "clearing", title, headings, note, proved=["not_supported"])


def _composed(bridge: pl.DataFrame) -> dict[str, Decimal | None]:
    def of(*rows: str) -> Decimal | None:
        named = bridge.filter(pl.col("row").is_in(rows))
        return None if named["amount"].null_count() else _total(named)

    return {
        "per_ledger": of("C"),
        "to_book": of("D1"),
        "drafts": of("D2"),
        "asked_or_carried": of("F", "G", "H", "I"),
        "per_source": of("J"),
        "in_transit": of("K"),
        "past_due": of("L"),
        "carried": of("O"),
        "not_supported": of("Q"),
    }


def _total(lines: pl.DataFrame) -> Decimal:
    return cast("Decimal", lines["amount"].sum() or ZERO)
