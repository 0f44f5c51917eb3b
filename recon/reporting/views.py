"""The frames of a run as people read them: per ledger, per source, to book, with titles.

Pure: every function takes a record or its frames and gives a new frame. Page, PDF, workbook and
notebooks show the same views.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from recon.frames import CAUSE, CAUSES
from recon.money import MONEY, ZERO
from recon.reporting.model import RunRecord
from recon.reporting.words import BALANCE_ROWS, BRIDGE_ROWS, STATUSES, misstatement, tied_sources

PLACE = ("account", "location", "department")
NO_MONEY = pl.lit(None, MONEY)
DRAFT = CAUSE["draft_pending"]
_MOVING_ROWS = [row for row in BRIDGE_ROWS if row not in ("A", "B", *BALANCE_ROWS)]
_CAUSE_ORDER = {cause.name: number for number, cause in enumerate(CAUSES)}


@dataclass(frozen=True)
class Population:
    """How many ledger lines were read, compared and left out, and why."""

    read: int
    compared: int
    margin: int
    pending: int
    other_book: int
    statistical: int


def population(record: RunRecord) -> Population:
    """The ledger lines of the run by what was done with them: each line counts once."""
    book = record.policy.company.book
    period = record.found.period
    foreign = pl.col("book").fill_null(book) != book
    statistical = pl.col("statistical").fill_null(False)
    pending = ~_is_posted()
    inside = pl.col("posting_date").is_between(period.start, period.end)
    part = (
        pl.when(foreign).then(pl.lit("other_book"))
        .when(statistical).then(pl.lit("statistical"))
        .when(pending).then(pl.lit("pending"))
        .when(inside).then(pl.lit("compared"))
        .otherwise(pl.lit("margin"))
    )  # fmt: skip
    parts = dict(record.found.ledger.group_by(part.alias("part")).len().iter_rows())
    names = ("compared", "margin", "pending", "other_book", "statistical")
    return Population(read=record.found.ledger.height, **{name: parts.get(name, 0) for name in names})


def population_filter() -> pl.Expr:
    """True for ledger lines that are compared whatever the book: posted, and not statistical."""
    return _is_posted() & ~pl.col("statistical").fill_null(False)


def _is_posted() -> pl.Expr:
    return pl.col("state").fill_null("posted").str.to_lowercase() == "posted"


def summed(column: str) -> pl.Expr:
    """The sum of a money column, as money."""
    return pl.col(column).sum().cast(MONEY)


def titled(lines: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """The lines with `title` and `normal_balance` of their account; an account not in the chart is named so."""
    chart = accounts.select("account", "title", "normal_balance").unique("account", keep="first")
    return lines.join(chart, on="account", how="left", maintain_order="left").with_columns(
        pl.col("title").fill_null("(not in the chart)"), pl.col("normal_balance").fill_null("debit")
    )


def variance_effects(record: RunRecord) -> pl.DataFrame:
    """Per ledger, per source and to book of every variance, Dr/(Cr).

    One row per variance, account, location and department that moves, with the account's title, by
    variance_id. Lines outside the period stand in neither column, so that to book = source - ledger.
    """
    found, frames = record.found, record.found.frames
    inside = pl.col("posting_date").is_between(found.period.start, found.period.end)
    variances = frames["variances"]
    ledger = _sides(variances, "actual_line_ids", found.ledger.filter(inside), "per_ledger")
    source = _sides(variances, "expected_line_ids", frames["expected"].filter(inside), "per_source")
    to_book = frames["variance_lines"].group_by("variance_id", *PLACE).agg(summed("amount").alias("to_book"))
    keys = ["variance_id", *PLACE]
    both = ledger.join(source, on=keys, how="full", coalesce=True, nulls_equal=True)
    rows = both.join(to_book, on=keys, how="full", coalesce=True, nulls_equal=True)
    amounts = [pl.col(name).fill_null(0).cast(MONEY) for name in ("per_ledger", "per_source", "to_book")]
    moved = rows.with_columns(amounts).filter(pl.any_horizontal(pl.col("per_ledger", "per_source", "to_book") != 0))
    return titled(moved.sort(keys, nulls_last=False), record.accounts)


def _sides(variances: pl.DataFrame, ids: str, lines: pl.DataFrame, name: str) -> pl.DataFrame:
    """What the named lines of each variance sum to per place."""
    named = variances.select("variance_id", line_id=ids).explode("line_id").drop_nulls("line_id")
    return (
        named.join(lines.select("line_id", *PLACE, "amount"), on="line_id")
        .group_by("variance_id", *PLACE)
        .agg(summed("amount").alias(name))
    )


def gross_amounts(lines: pl.DataFrame) -> pl.DataFrame:
    """The size of each variance: the larger of its debits and its credits, with its locations as text."""
    amount = pl.col("amount")
    debits, credits = amount.filter(amount > 0).sum(), -amount.filter(amount < 0).sum()
    return lines.group_by("variance_id").agg(
        pl.max_horizontal(debits, credits).cast(MONEY).alias("gross"),
        pl.col("location").drop_nulls().unique().sort().str.join(", ").alias("locations"),
    )


def variance_list(record: RunRecord) -> pl.DataFrame:
    """The variances with title, gross amount and locations, as a reader goes through them.

    One row per variance, by status (to book first), cause in order of precedence, gross amount falling.
    Gross is the larger of its debits and its credits.
    """
    gross = gross_amounts(record.found.frames["variance_lines"])
    order = {status: number for number, status in enumerate(STATUSES)}
    return (
        record.found.frames["variances"]
        .join(gross, on="variance_id", how="left")
        .with_columns(
            pl.col("gross").fill_null(0).cast(MONEY),
            pl.col("locations").fill_null(""),
            title=_title("cause"),
            status_order=pl.col("status").replace_strict(order, return_dtype=pl.Int8),
            cause_order=pl.col("cause").replace_strict(_CAUSE_ORDER, return_dtype=pl.Int16),
        )
        .sort(
            "status_order", "cause_order", "gross", "posting_date", "variance_id",
            descending=[False, False, True, False, False],
        )
        .drop("status_order", "cause_order")
    )  # fmt: skip


def variance_detail(record: RunRecord) -> pl.DataFrame:
    """One row per line of a variance, in the order of the list, with everything a reader asks.

    VARIANCES with cause_title, status_title, locations, gross and, per account and place: title, per_ledger,
    per_source, to_book, in_words. A variance that moves nothing has one row without an account.
    """
    listed = variance_list(record).rename({"title": "cause_title"}).with_row_index("order")
    lines = listed.join(variance_effects(record), on="variance_id", how="left").sort("order", maintain_order=True)
    in_words = [
        misstatement(title, normal, to_book) if title is not None else None
        for title, normal, to_book in lines.select("title", "normal_balance", "to_book").iter_rows()
    ]
    return lines.drop("order").with_columns(
        pl.Series("in_words", in_words, dtype=pl.String), status_title=pl.col("status").replace_strict(STATUSES)
    )


def drafts(record: RunRecord) -> tuple[int, Decimal]:
    """How many findings wait in the ledger as a draft entry, and their gross amount."""
    listed = variance_list(record).filter(
        (pl.col("cause") == DRAFT.name) & (pl.col("status") == DRAFT.status) & (pl.col("gross") > 0)
    )
    return listed.height, sum(listed["gross"], ZERO)


def _title(column: str) -> pl.Expr:
    """The controller's words for a column of causes."""
    return pl.col(column).replace({cause.name: cause.title for cause in CAUSES})


def cause_summary(listed: pl.DataFrame) -> pl.DataFrame:
    """Count and gross amount by cause, in the order of the variance list.

    From `variance_list`: status, cause, title, count, gross.
    """
    return listed.group_by("status", "cause", "title", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("count"), summed("gross")
    )


def bridge_part(bridge: pl.DataFrame, reconciliation: str | None = None) -> pl.DataFrame:
    """The bridge of one reconciliation, or (None) the one over all, as `words.BRIDGE_ROWS` names its rows.

    Row D comes apart: D1 is what the proposed entries book, D2 what waits in the ledger as a draft entry.
    """
    named = pl.when(pl.col("label") == DRAFT.title).then(pl.lit("D2")).otherwise(pl.lit("D1"))
    part = bridge.filter(pl.col("reconciliation").eq_missing(pl.lit(reconciliation, pl.String)))
    return part.with_columns(row=pl.when(pl.col("row") == "D").then(named).otherwise("row"))


def bridge_grid(bridge: pl.DataFrame, reconciliation: str | None = None) -> pl.DataFrame:
    """The bridge with one column per row letter, Dr/(Cr).

    One row per account and location, by both; A, C, E and J are null where no opening was provided.
    """
    part = bridge_part(bridge, reconciliation)
    cells = [
        pl.col("amount").filter(pl.col("row") == row).sum().cast(MONEY).alias(row)
        if row != "A" and row not in BALANCE_ROWS
        else pl.col("amount").filter(pl.col("row") == row).first().alias(row)
        for row in BRIDGE_ROWS
    ]
    return part.group_by("account", "location").agg(cells).sort("account", "location", nulls_last=False)


def bridge_accounts(grid: pl.DataFrame) -> pl.DataFrame:
    """The grid summed over locations: one row per account; null where a location has no amount."""
    totals = [
        pl.when(pl.col(row).null_count() == 0).then(pl.col(row).sum().cast(MONEY)).otherwise(NO_MONEY).alias(row)
        for row in BRIDGE_ROWS
    ]
    return grid.group_by("account").agg(totals).sort("account")


def bridge_steps(bridge: pl.DataFrame, account: str, reconciliation: str | None = None) -> pl.DataFrame:
    """The way from ledger to source of one account, over its locations.

    row, label, count, amount, start, end; one row per step from C to J, a step without an amount left
    out. Where no opening was provided, C is the activity alone.
    """
    part = bridge_part(bridge, reconciliation).filter(pl.col("account") == account)
    activity = part.filter(pl.col("row").is_in(["A", "B"]))["amount"].fill_null(0).sum()
    steps = (
        part.filter(pl.col("row").is_in(_MOVING_ROWS))
        .group_by("row", "label")
        .agg(pl.col("count").sum(), summed("amount"))
        .filter((pl.col("amount") != 0) | (pl.col("row") == "I"))
        .sort("row", "amount", "label")
    )
    return _walk(steps, activity)


def _walk(steps: pl.DataFrame, balance: Any) -> pl.DataFrame:
    """The steps between the balances C, E and J, each with where it starts and ends."""
    rows = []
    level = pl.Series([balance], dtype=MONEY)[0]
    pending = list(steps.iter_rows(named=True))
    for letter in (row for row in BRIDGE_ROWS if row not in ("A", "B")):
        if letter in BALANCE_ROWS:
            balance_row = {"row": letter, "label": BRIDGE_ROWS[letter], "count": 0, "amount": level}
            rows.append({**balance_row, "start": level, "end": level})
            continue
        for step in (one for one in pending if one["row"] == letter):
            rows.append({**step, "start": level, "end": level + step["amount"]})
            level += step["amount"]
    schema = {"row": pl.String, "label": pl.String, "count": pl.Int64}
    return pl.DataFrame(rows, schema={**schema, "amount": MONEY, "start": MONEY, "end": MONEY})


def most_moved(bridge: pl.DataFrame, limit: int, reconciliation: str | None = None) -> list[str]:
    """The accounts with most on their way from ledger to source, the largest first."""
    moving = bridge_part(bridge, reconciliation).filter(pl.col("row").is_in(_MOVING_ROWS))
    sums = moving.group_by("account").agg(pl.col("amount").abs().sum().alias("moved"))
    return (
        sums.filter(pl.col("moved") > 0)
        .sort(["moved", "account"], descending=[True, False])
        .head(limit)["account"]
        .to_list()
    )


def entry_lines(record: RunRecord) -> pl.DataFrame:
    """The lines of the proposed entries with account titles, by posting key and line number."""
    return titled(record.found.frames["adjustment_lines"].sort("posting_key", "line_no"), record.accounts)


def instructions(record: RunRecord) -> set[str]:
    """The posting keys of entries that touch an account without direct posting: to be done by hand."""
    closed = record.accounts.filter(~pl.col("direct_posting").fill_null(True))["account"].implode()
    lines = record.found.frames["adjustment_lines"]
    return set(lines.filter(pl.col("account").is_in(closed))["posting_key"])


def entry_list(record: RunRecord) -> pl.DataFrame:
    """The proposed entries with title, debits and source document, by date and key.

    ADJUSTMENTS plus title, debits, document and by_hand (true: an instruction, not for import).
    """
    frames = record.found.frames
    debits = (
        frames["adjustment_lines"]
        .group_by("posting_key")
        .agg(pl.col("amount").filter(pl.col("amount") > 0).sum().cast(MONEY).alias("debits"))
    )
    documents = (
        frames["adjustments"].select("posting_key", variance_id="variance_ids").explode("variance_id")
        .join(frames["variances"].select("variance_id", "document"), on="variance_id", how="left")
        .group_by("posting_key").agg(pl.col("document").drop_nulls().unique().sort().first())
    )  # fmt: skip
    return (
        frames["adjustments"]
        .join(debits, on="posting_key", how="left")
        .join(documents, on="posting_key", how="left")
        .with_columns(
            pl.col("debits").fill_null(0).cast(MONEY),
            title=_title("cause"),
            by_hand=pl.col("posting_key").is_in(sorted(instructions(record))),
        )
        .sort("posting_date", "posting_key")
    )


def entry_detail(record: RunRecord) -> pl.DataFrame:
    """One row per line of a proposed entry, in the order of the entries, with debit and credit apart.

    The entry's own columns with cause_title, document and by_hand, then the line's with title, debit, credit.
    """
    entries = entry_list(record).rename({"title": "cause_title"}).with_row_index("order")
    lines = entries.join(entry_lines(record).drop("class"), on="posting_key").sort("order", "line_no").drop("order")
    amount = pl.col("amount")
    return lines.with_columns(
        debit=pl.when(amount >= 0).then(amount),
        credit=pl.when(amount < 0).then(-amount).cast(MONEY),
        booked_by=pl.when("by_hand").then(pl.lit("by hand")).otherwise(pl.lit("import")),
    )


def open_list(record: RunRecord) -> pl.DataFrame:
    """Open items with account title and cause in words, the oldest first."""
    items = record.found.frames["open_items"].with_columns(cause_title=_title("cause"))
    return titled(items.sort(["age_days", "posting_date", "line_id"], descending=[True, False, False]), record.accounts)


def tie_out_summary(tie_outs: pl.DataFrame) -> pl.DataFrame:
    """One row per leg: source and what it is held against, rows, agreed, apart, not compared, and both totals.

    left_amount less right_amount is apart_amount.
    """
    compared = pl.col("difference").is_not_null()
    return (
        tie_outs.group_by("leg", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            (compared & (pl.col("difference") == 0)).sum().cast(pl.Int64).alias("agreed"),
            (compared & (pl.col("difference") != 0)).sum().cast(pl.Int64).alias("apart"),
            (~compared).sum().cast(pl.Int64).alias("not_compared"),
            summed("left_amount"),
            summed("right_amount"),
            pl.col("difference").sum().cast(MONEY).alias("apart_amount"),
        )
        .with_columns(*source_names())
    )


def source_names() -> tuple[pl.Expr, pl.Expr]:
    """`source` and `against`: the names of the two sources of a column `leg`."""
    leg = pl.col("leg")
    return (
        leg.map_elements(lambda name: tied_sources(name)[0], pl.String).alias("source"),
        leg.map_elements(lambda name: tied_sources(name)[1], pl.String).alias("against"),
    )


def tie_outs_apart(tie_outs: pl.DataFrame) -> pl.DataFrame:
    """The tie-outs that do not agree, the largest first; what has no source at all stands in the summary."""
    told = pl.col("cause").is_not_null() & pl.any_horizontal(pl.col("left_amount", "right_amount").is_not_null())
    apart = tie_outs.filter(pl.col("difference").ne_missing(0) & (pl.col("difference").is_not_null() | told))
    size = pl.col("difference").abs()
    return apart.sort(size, "leg", "location", "business_date", descending=[True, False, False, False], nulls_last=True)
