"""Findings and matches as the published frames."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from recon.frames import RESULT_FRAMES
from recon.identity import digest_fields
from recon.money import from_cents
from recon.variances.explain import order_of
from recon.variances.model import Finding, Matched


def _frame(name: str, rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=RESULT_FRAMES[name].create_empty().schema, orient="row")


def variance_frames(
    findings: Iterable[Finding], sources: Mapping[str, list[str]], first_seen: Mapping[str, dt.date], as_of: dt.date
) -> dict[str, pl.DataFrame]:
    """VARIANCES and VARIANCE_LINES, by reconciliation, precedence of cause, and id.

    `sources` gives the source ids of expected lines; `first_seen` the day on which a line was first
    open, where an earlier period already carried it.
    """
    ordered = sorted(findings, key=lambda one: (one.reconciliation, order_of(one.cause), one.variance_id))
    heads, lines = [], []
    for one in ordered:
        every = (*one.expected_line_ids, *one.actual_line_ids)
        days = [first_seen[line] for line in every if line in first_seen]
        seen = min([*days, one.posting_date]) if one.posting_date else None
        ids = sorted({source for line in one.expected_line_ids for source in sources.get(line, [])})
        heads.append(
            (
                one.variance_id,
                one.reconciliation,
                one.cause,
                list(one.also),
                one.status,
                one.posting_date,
                one.document,
                sorted(one.expected_line_ids),
                sorted(one.actual_line_ids),
                ids,
                sorted(set(one.candidates)),
                one.explanation,
                seen,
                (as_of - seen).days if seen else None,
            )
        )
        lines += [(one.variance_id, *cell, from_cents(cents)) for cell, cents in one.cells]
    return {"variances": _frame("variances", heads), "variance_lines": _frame("variance_lines", lines)}


def match_frames(matched: Iterable[tuple[str, Matched]], cents: Mapping[str, int]) -> dict[str, pl.DataFrame]:
    """MATCHES and MATCH_GROUPS of (reconciliation, match), by match id; `cents` gives every line's amount."""
    groups, lines = [], []
    for reconciliation, (group, expected, actual) in matched:
        # A group that a person formed is told even where none of its lines agree.
        named = (*expected, *actual) or tuple(i for slip in (*group.expected, *group.actual) for i in slip.line_ids)
        match_id = f"M-{digest_fields([reconciliation, *sorted(named)]).hex()[:12]}"
        gap = sum(cents[line] for line in expected) - sum(cents[line] for line in actual)
        groups.append(
            (
                match_id,
                reconciliation,
                group.by,
                group.kind,
                len(expected),
                len(actual),
                from_cents(gap),
                group.days_apart,
                group.alternatives,
                False,  # a lower bound: only candidates of the pass were counted
                None,
                group.decided_by,
                group.explanation,
            )
        )
        lines += [(match_id, "expected", line, from_cents(cents[line])) for line in sorted(expected)]
        lines += [(match_id, "actual", line, from_cents(cents[line])) for line in sorted(actual)]
    return {
        "match_groups": _frame("match_groups", groups).sort("reconciliation", "match_id"),
        "matches": _frame("matches", lines).sort("match_id", "side", "line_id", descending=[False, True, False]),
    }
