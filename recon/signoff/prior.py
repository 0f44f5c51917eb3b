"""Correcting, in an open period, an error of one that was signed: a person drafts it, others review and approve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from recon.errors import NotAllowed
from recon.frames import CAUSE
from recon.identity import correction_fields, digest_fields
from recon.lifecycle import Content, ContentLine, Correction
from recon.money import ZERO
from recon.period import Period
from recon.posting.books import basis_of, group_of
from recon.posting.registering import title_of
from recon.reporting.model import RunRecord
from recon.variances.signed import PRIOR

_LONGEST_TITLE = 80


def draft_prior(record: RunRecord, variance_id: str, into: Period, *, prepared_by: str) -> Correction:
    """The entry that corrects an error of a signed period on the first day of an open one, as a new proposal.

    Its title names the period of the error. It takes the way of every correction: `store.add`, review, approval.

    Raises: NotAllowed for a variance that is no such error, or whose lines do not balance, and for a period that does
        not come after the signed one.
    """
    period = record.found.period
    row, lines = _finding(record, variance_id)
    if into.start <= period.end:
        raise NotAllowed(f"an error of {period.name} is corrected in a later period, not in {into.name}")
    cause = next(one for one in reversed(row["also"]) if one in CAUSE)
    content = Content(
        "correction",
        _journal(record, row["reconciliation"]),
        into.start,
        None,
        record.policy.company.currency,
        f"Correction of {title_of(period.name, row['reconciliation'], cause, [row['document']])}"[:_LONGEST_TITLE],
        lines,
    )
    company = record.policy.company
    ids = (*row["expected_line_ids"], *row["actual_line_ids"])
    fields = correction_fields(
        company.name, company.entity, row["reconciliation"], period=period.name, cause=PRIOR, line_ids=ids
    )
    # Whether the error still stands is read where it was made: around its own day, in its own period.
    around = replace(content, posting_date=row["posting_date"] or period.end)
    return Correction(
        digest_fields(fields).hex(),
        company.name,
        company.entity,
        into.name,
        row["reconciliation"],
        PRIOR,
        "single",
        content,
        row["explanation"],
        (variance_id,),
        record.run_id,
        prepared_by,
        basis=basis_of(record.found.ledger, group_of(around, period, record.policy.tolerances.window_days)),
    )


def _finding(record: RunRecord, variance_id: str) -> tuple[Mapping[str, Any], tuple[ContentLine, ...]]:
    frames = record.found.frames
    rows = frames["variances"].filter(pl.col("variance_id") == variance_id, pl.col("cause") == PRIOR).to_dicts()
    if not rows:
        raise NotAllowed("this run has no error of a signed period of that name", variance=variance_id)
    cells = frames["variance_lines"].filter(pl.col("variance_id") == variance_id)
    lines = tuple(
        ContentLine(row["account"], row["amount"], row["location"], row["department"])
        for row in cells.iter_rows(named=True)
    )
    if len(lines) < 2 or sum((line.amount for line in lines), ZERO) != ZERO:
        raise NotAllowed("the lines of this error do not balance: no entry can be drafted", variance=variance_id)
    return rows[0], lines


def _journal(record: RunRecord, reconciliation: str) -> str:
    policy = record.policy
    own: dict[str, str] = {name: one.journals[0] for name, one in policy.reconciliations.items()}
    return policy.adjustments.journal or own[reconciliation]
