"""Expected ledger lines: postings summed per document, place and account, with their sources."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon.expected.movements import SOURCE_ID
from recon.money import to_money
from recon.period import Period
from recon.policy import Policy, Reconciliation

# So many ids are listed in all, the shortest lists first; longer ones name their day instead of every ticket.
SOURCE_IDS_LIMIT = 2_000_000
DIMENSIONS = ("class", "customer", "project")
_BLANK = dict.fromkeys(("deposit_id", "batch_id", "merchant_id", "run_id", "department", "doc_code"), "")
ENTRY_KEY = ("document", "location", "department")


def name_documents(keys: pl.DataFrame, one: Reconciliation, locations: pl.DataFrame) -> pl.DataFrame:
    """One row per document key with its document number and memo, from the policy's templates.

    `keys` holds location, date and whatever else identifies a source document.
    """
    codes = locations.select("location", "doc_code")
    rows = keys.join(codes, on="location", how="left").with_columns(pl.col("doc_code").fill_null(pl.col("location")))
    filled = [{**_BLANK, **_without_nulls(row)} for row in rows.iter_rows(named=True)]
    documents = [one.document.format(**row) for row in filled]
    memos = [one.memo.format(**row, document=name) for row, name in zip(filled, documents, strict=True)]
    return keys.with_columns(
        pl.Series("document", documents, dtype=pl.String), pl.Series("memo", memos, dtype=pl.String)
    )


def _without_nulls(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None}


def sum_postings(postings: pl.DataFrame) -> pl.DataFrame:
    """Postings as lines: one row per reconciliation, document, place, account and dimensions.

    `department` of a line is the rule's, else the event's; lines that sum to zero are left out.
    """
    by = ["reconciliation", "document", "date", "location", "department", "account", *DIMENSIONS]
    lines = postings.group_by(by).agg(
        pl.col("cents").sum(),
        pl.col("rule").unique().sort().str.join(", "),
        pl.col("role").unique().sort().alias("roles"),
        pl.col("unmapped").any(),
        pl.col("events_count").sum(),
        pl.col("memo").first(),
    )
    return lines.filter((pl.col("cents") != 0) | pl.col("unmapped")).sort(by, nulls_last=True)


def with_line_ids(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with `line_id` = reconciliation:document:location:department:account[:n] and `entry_id`.

    Nothing of an amount, an order or a run is in the name: a line has the same id in every run.
    """
    place = [pl.col(name).fill_null("") for name in ENTRY_KEY]
    base = pl.concat_str("reconciliation", *place, "account", separator=":")
    nth = pl.int_range(pl.len()).over("reconciliation", *ENTRY_KEY, "account")
    suffix = pl.when(nth > 0).then(pl.format(":{}", nth + 1)).otherwise(pl.lit(""))
    return lines.with_columns(line_id=base + suffix, entry_id=pl.concat_str("reconciliation", *place, separator=":"))


def collect_sources(
    events: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, links: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """One row per expected line with the sorted ids of the events behind it.

    `links` ties, per source, the movement keys to `line_id`. Lines beyond SOURCE_IDS_LIMIT ids in all
    name their location and day instead: a list of millions helps nobody and fits no memory.
    """
    lines = lines.sort("events_count", "line_id")
    is_small = pl.col("events_count").cum_sum() <= SOURCE_IDS_LIMIT
    small = lines.filter(is_small).select("line_id")
    whole_day = pl.concat_list(pl.format("{}:{}:{}", "reconciliation", "location", "date"))
    large = lines.filter(~is_small).select("line_id", source_ids=whole_day)
    found = [
        _ids_of(events[source], SOURCE_ID[source], link.join(small, on="line_id", how="semi"))
        for source, link in links.items()
    ]
    listed = pl.concat(found).group_by("line_id").agg(pl.col("id").unique().sort().alias("source_ids"))
    return pl.concat([listed, large])


def _ids_of(events: pl.LazyFrame, source_id: str, links: pl.DataFrame) -> pl.DataFrame:
    """One row per line and event id."""
    keys = [name for name in links.columns if name != "line_id"]
    joined = events.join(links.lazy(), on=keys, how="inner", nulls_equal=True)
    return joined.select("line_id", pl.col(source_id).alias("id")).unique().collect(engine="streaming")


def to_ledger_shape(lines: pl.DataFrame, policy: Policy, period: Period) -> pl.DataFrame:
    """Lines with the columns of EXPECTED, plus cents, roles, unmapped and `in_period` for matching."""
    journals = {name: one.journals[0] for name, one in policy.reconciliations.items()}
    return lines.with_columns(
        journal=pl.col("reconciliation").replace_strict(journals, return_dtype=pl.String),
        posting_date=pl.col("date"),
        amount=to_money("cents"),
        currency=pl.lit(policy.company.currency),
        book=pl.lit(policy.company.book),
        entity=pl.lit(policy.company.entity, pl.String),
        in_period=pl.col("date").is_between(period.start, period.end),
    )
