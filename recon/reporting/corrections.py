"""Corrections as people look at them: per ledger, per source, to book, with the evidence of the run that found them.

Pure: corrections and a run's record in, frames out. The terminal and the notebook show the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from recon.lifecycle import STATES, Correction
from recon.money import MONEY, ZERO
from recon.reporting.model import RunRecord
from recon.reporting.views import PLACE, summed, titled, variance_effects
from recon.reporting.words import cause_title
from recon.summary import pretax_effect
from recon.trail import Event

_Schema = dict[str, pl.DataType | type[pl.DataType]]
_LINES: _Schema = {"account": pl.String, "location": pl.String, "department": pl.String, "to_book": MONEY}
_PLACED: _Schema = {
    **dict.fromkeys(("account", "title", "location", "department"), pl.String),
    **dict.fromkeys(("per_ledger", "per_source", "to_book"), MONEY),
}
_EVIDENCE: _Schema = {
    "side": pl.String, "line_id": pl.String, "document": pl.String, "posting_date": pl.Date, "account": pl.String,
    "location": pl.String, "amount": MONEY, "memo": pl.String,
}  # fmt: skip
_NO_AMOUNT = pl.lit(ZERO, MONEY)


@dataclass(frozen=True)
class Evidence:
    """What stands behind one correction, as the run that is shown knows it."""

    lines: pl.DataFrame  # account, title, location, department, per_ledger, per_source, to_book; one row a place
    behind: pl.DataFrame  # expected and ledger lines that differ, with document and date; one row a line
    source_ids: tuple[str, ...]  # records of Heartland behind the expected lines
    effect: Decimal  # on pre-tax income, + raises it


def evidence(corrections: Sequence[Correction], record: RunRecord, others: Sequence[RunRecord] = ()) -> list[Evidence]:
    """Each correction side by side: what stands in the ledger, what the sources say, what would be booked, Dr/(Cr).

    The sides are those of the run that proposed it last: the record's, or one of the others; where that run is not
    at hand, they are null. Of a reversal the ledger holds what it takes back, and no source speaks.
    """
    runs = {one.run_id: (one, variance_effects(one)) for one in (*others, record)}
    return [_evidence(one, record, runs.get(one.run_id)) for one in corrections]


def _evidence(correction: Correction, record: RunRecord, run: tuple[RunRecord, pl.DataFrame] | None) -> Evidence:
    booked = _booked(correction)
    effect = _effect(booked, record)
    if run is None or correction.content.kind == "reversal":
        undone = -pl.col("to_book") if correction.content.kind == "reversal" else pl.lit(None, MONEY)
        sides = booked.with_columns(per_ledger=undone.cast(MONEY), per_source=pl.lit(None, MONEY))
        lines = titled(sides.sort(PLACE, nulls_last=False), record.accounts)
        return Evidence(lines, pl.DataFrame(schema=_EVIDENCE), (), effect)
    own, effects = run
    mine = pl.col("variance_id").is_in(correction.variance_ids)
    known = effects.filter(mine).group_by(PLACE).agg(summed("per_ledger"), summed("per_source"))
    both = booked.join(known, on=PLACE, how="full", coalesce=True, nulls_equal=True)
    amounts = [pl.col(name).fill_null(_NO_AMOUNT).cast(MONEY) for name in ("per_ledger", "per_source", "to_book")]
    lines = titled(both.with_columns(amounts).sort(PLACE, nulls_last=False), record.accounts)
    variances = own.found.frames["variances"].filter(mine)
    sources = variances["source_ids"].explode().drop_nulls().unique().sort().to_list()
    return Evidence(lines, _behind(variances, own), tuple(sources), effect)


def _effect(booked: pl.DataFrame, record: RunRecord) -> Decimal:
    return pretax_effect(booked.rename({"to_book": "amount"}), record.accounts)


def _booked(correction: Correction) -> pl.DataFrame:
    rows = [(one.account, one.location, one.department, one.amount) for one in correction.content.lines]
    lines = pl.DataFrame(rows, schema=_LINES, orient="row")
    return lines.group_by(PLACE).agg(pl.col("to_book").sum().cast(MONEY))


def _behind(variances: pl.DataFrame, record: RunRecord) -> pl.DataFrame:
    """The lines that the variances name, the source's first."""
    parts = [pl.DataFrame(schema=_EVIDENCE)]
    sides = (
        ("source", "expected_line_ids", record.found.frames["expected"]),
        ("ledger", "actual_line_ids", record.found.ledger),
    )
    for side, ids, lines in sides:
        named = variances[ids].explode().drop_nulls().unique()
        found = lines.filter(pl.col("line_id").is_in(named.implode())).sort("posting_date", "line_id")
        parts.append(found.select(pl.lit(side).alias("side"), *list(_EVIDENCE)[1:]))
    return pl.concat(parts)


def correction_list(corrections: Sequence[Correction], record: RunRecord) -> pl.DataFrame:
    """One row per correction with state, cause, debits, effect on pre-tax income, and who did what; by state and date.

    Effect: + raises income. `held` says why nothing is sent, empty where nothing holds it.
    """
    rows = [_row(one, record) for one in sorted(corrections, key=_order)]
    return pl.DataFrame(rows, schema=_LISTED, orient="row", infer_schema_length=None)


_LISTED: _Schema = {
    "key": pl.String, "state": pl.String, "period": pl.String, "reconciliation": pl.String, "cause": pl.String,
    "class": pl.String, "journal": pl.String, "posting_date": pl.Date, "reversal_date": pl.Date, "title": pl.String,
    "debits": MONEY, "effect": MONEY, "prepared_by": pl.String, "reviewed_by": pl.String, "approved_by": pl.String,
    "record_no": pl.String, "held": pl.String, "run_id": pl.String, "explanation": pl.String,
}  # fmt: skip


def _row(one: Correction, record: RunRecord) -> tuple[Any, ...]:
    content = one.content
    effect = _effect(_booked(one), record)
    return (
        one.key, one.state, one.period, one.reconciliation, cause_title(one.cause), one.approval, content.journal,
        content.posting_date, content.reversal_date, content.memo, content.gross, effect, one.prepared_by,
        one.reviewed_by, one.approved_by, one.record_no, f"{one.hold.kind}: {one.hold.reason}" if one.hold else "",
        one.run_id, one.explanation,
    )  # fmt: skip


def _order(one: Correction) -> tuple[Any, ...]:
    return (STATES.index(one.state), one.content.posting_date, one.key)


def correction_lines(
    corrections: Sequence[Correction], record: RunRecord, others: Sequence[RunRecord] = ()
) -> pl.DataFrame:
    """One row per correction and place: key, state, cause, account, title, per ledger, per source, to book, Dr/(Cr)."""
    ordered = sorted(corrections, key=_order)
    parts = [
        behind.lines.select(
            pl.lit(one.key).alias("key"),
            pl.lit(one.state).alias("state"),
            pl.lit(cause_title(one.cause)).alias("cause"),
            *_PLACED,
        )
        for one, behind in zip(ordered, evidence(ordered, record, others), strict=True)
    ]
    schema: _Schema = {**dict.fromkeys(("key", "state", "cause"), pl.String), **_PLACED}
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def correction_evidence(
    corrections: Sequence[Correction], record: RunRecord, others: Sequence[RunRecord] = ()
) -> pl.DataFrame:
    """One row per line behind a correction: key, cause, side, line, document, date, account, amount Dr/(Cr)."""
    ordered = sorted(corrections, key=_order)
    named = [
        behind.behind.select(pl.lit(one.key).alias("key"), pl.lit(cause_title(one.cause)).alias("cause"), *_EVIDENCE)
        for one, behind in zip(ordered, evidence(ordered, record, others), strict=True)
    ]
    return pl.concat([pl.DataFrame(schema={"key": pl.String, "cause": pl.String, **_EVIDENCE}), *named])


def by_state(listed: pl.DataFrame) -> pl.DataFrame:
    """One row per state of what `correction_list` lists, in the order of a life: entries, debits, effect on income."""
    sums = [
        pl.len().cast(pl.Int64).alias("entries"),
        *(pl.col(name).sum().cast(MONEY) for name in ("debits", "effect")),
    ]
    return listed.group_by("state", maintain_order=True).agg(*sums)


def trail_list(events: Sequence[Event], corrections: Sequence[Correction]) -> pl.DataFrame:
    """One row per act on one of the corrections: sequence, at (UTC), actor, act, key, state, record_no, note."""
    keys = {one.identity: one.key for one in corrections}
    rows = [
        (one.sequence, f"{one.at:%Y-%m-%d %H:%M:%S}", one.actor, one.act, keys[one.subject], one.details.get("state"),
         one.details.get("record_no"), one.details.get("note") or one.details.get("reason"))
        for one in events
        if one.subject in keys
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=_ACTS, orient="row")


_ACTS: _Schema = {
    "sequence": pl.Int64,
    **dict.fromkeys(("at", "actor", "act", "key", "state", "record_no", "note"), pl.String),
}
