"""From canonical events to the ledger lines that ought to stand, margin included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from recon.canonical import Canonical
from recon.errors import check
from recon.expected.lines import (
    DIMENSIONS,
    collect_sources,
    name_documents,
    sum_postings,
    to_ledger_shape,
    with_line_ids,
)
from recon.expected.movements import (
    DOCUMENT_KEYS,
    RECONCILIATION_OF,
    movement_keys,
    movements,
    prepared_events,
)
from recon.expected.rules import classify, post
from recon.frames import RESULT_FRAMES, blank, complete
from recon.period import Period
from recon.policy import NOT_BOOKED, Policy

# What matching needs of a line beyond the published columns.
WORKING = ("cents", "roles", "unmapped", "in_period")


@dataclass(frozen=True)
class ExpectedLedger:
    """The expected lines of the period and its margin, and the keys that no rule maps."""

    lines: pl.DataFrame  # EXPECTED plus WORKING columns, one row per line, by line_id
    unmapped: pl.DataFrame  # one row per unmapped movement: source, measure, keys, cents, document


def _sources_of(reconciliation: str, canonical: Canonical) -> list[str]:
    return [
        source
        for source, owner in RECONCILIATION_OF.items()
        if owner == reconciliation and getattr(canonical, source) is not None
    ]


def derive_expected(canonical: Canonical, policy: Policy, period: Period, *, only: Sequence[str]) -> ExpectedLedger:
    """Every line that the sources and the policy ask for, debit above zero.

    The lines of one document sum to 0.00. Lines of the margin carry `in_period` false: they are
    candidates for matching, never variances of their own.
    """
    parts = [_derive_one(canonical, policy, period, name) for name in only]
    parts = [part for part in parts if part.lines.height]
    if not parts:
        return ExpectedLedger(_shaped(pl.DataFrame()), pl.DataFrame(schema={"document": pl.String}))
    lines = pl.concat([part.lines for part in parts]).sort("line_id")
    check(lines["line_id"].is_unique().all(), "two expected lines share one id")
    return ExpectedLedger(lines, pl.concat([part.unmapped for part in parts], how="diagonal"))


def _derive_one(canonical: Canonical, policy: Policy, period: Period, reconciliation: str) -> ExpectedLedger:
    """The expected lines of one reconciliation."""
    sources = _sources_of(reconciliation, canonical)
    if not sources:
        return ExpectedLedger(_shaped(pl.DataFrame()), pl.DataFrame())
    events = {source: prepared_events(canonical, policy, period, source) for source in sources}
    postings = []
    for source in sources:
        rules = [rule for rule in policy.rules if rule.source == source]
        found = classify(movements(events[source], source), rules, currency=policy.company.currency)
        postings.append(post(found, rules))
    posted = pl.concat(postings, how="diagonal").with_columns(reconciliation=pl.lit(reconciliation))
    one = policy.reconciliations[reconciliation]  # type: ignore[index]
    documents = list(DOCUMENT_KEYS[reconciliation])
    names = name_documents(
        posted.select(documents).unique().sort(documents, nulls_last=True),
        one,
        canonical.locations,
    )
    posted = posted.join(names, on=documents, how="left", nulls_equal=True)
    # Where a rule moves a line to another place, the event's own place still finds its sources.
    department = pl.col("department") if "department" in posted.columns else pl.lit(None, pl.String)
    posted = posted.with_columns(event_location=pl.col("location"), event_department=department)
    carried = pl.col("event_department") if one.departments else pl.lit(None, pl.String)
    posted = posted.with_columns(
        location=pl.coalesce("to_location", "event_location"),
        department=pl.coalesce("to_department", carried),
        unmapped=pl.col("unmapped") | pl.col("unplaced"),
    )
    booked = posted.filter(pl.col("account") != NOT_BOOKED)
    lines = with_line_ids(sum_postings(booked))
    sourced = lines.join(collect_sources(events, lines, _links(booked, lines, sources)), on="line_id", how="left")
    shaped = _shaped(to_ledger_shape(sourced, policy, period))
    return ExpectedLedger(shaped, _unmapped(posted))


def _links(booked: pl.DataFrame, lines: pl.DataFrame, sources: list[str]) -> dict[str, pl.DataFrame]:
    """Per source, movement keys to line ids, so that each line can list the events behind it."""
    by = ["reconciliation", "document", "date", "location", "department", "account", *DIMENSIONS]
    joined = booked.join(lines.select(*by, "line_id"), on=by, how="inner", nulls_equal=True)
    at_event = joined.with_columns(location=pl.col("event_location"), department=pl.col("event_department"))
    return {
        source: at_event.filter(pl.col("source") == source).select(*movement_keys(source), "line_id").unique()
        for source in sources
    }


def _unmapped(posted: pl.DataFrame) -> pl.DataFrame:
    """One row per movement that no rule maps or whose place is unknown."""
    return posted.filter(pl.col("unmapped")).drop("rule_index")


def _shaped(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with exactly the columns of EXPECTED and the working ones, in order."""
    schema = RESULT_FRAMES["expected"]
    if lines.width == 0:
        empty = blank(schema)
        return empty.with_columns(
            cents=pl.lit(0, pl.Int64),
            roles=pl.lit([], pl.List(pl.String)),
            unmapped=pl.lit(value=False),
            in_period=pl.lit(value=False),
        ).clear()
    published = complete(lines.lazy(), schema).collect()
    return published.with_columns(lines.select(WORKING))
