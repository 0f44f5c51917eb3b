"""Findings and matches as the published frames."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from recon.frames import RESULT_FRAMES, blank
from recon.identity import digest_fields
from recon.matching.passes import SAME_DOCUMENT
from recon.money import from_cents, to_money
from recon.variances.explain import order_of
from recon.variances.model import Explained, Finding, Matched

_LINES = pl.DataFrame(schema={"match_id": pl.String, "side": pl.String, "line_id": pl.String, "cents": pl.Int64})


def _frame(name: str, rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=blank(RESULT_FRAMES[name]).schema, orient="row")


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
        told = {source for line in one.expected_line_ids for source in sources.get(line, [])}
        ids = sorted(told.union(one.source_ids))
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


def match_frames(explained: Mapping[str, Explained], cents: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """MATCHES and MATCH_GROUPS of the reconciliations by name, by match id; `cents` (line_id, cents) of every line."""
    groups, lines = [_empty("match_groups")], [_LINES.clear()]
    for name, one in explained.items():
        for some_groups, some_lines in (_agreed(name, one.agreed), _looked_at(name, one.matched, cents)):
            groups.append(some_groups)
            lines.append(some_lines)
    matches = pl.concat(lines).select("match_id", "side", "line_id", amount=to_money("cents"))
    return {
        "match_groups": pl.concat(groups).sort("reconciliation", "match_id"),
        "matches": matches.sort("match_id", "side", "line_id", descending=[False, True, False]),
    }


def match_id_of(reconciliation: str, lines: Iterable[str]) -> str:
    """The name of a match, made from its lines: the same in every run."""
    return f"M-{digest_fields([reconciliation, *sorted(lines)]).hex()[:12]}"


def _empty(name: str) -> pl.DataFrame:
    return blank(RESULT_FRAMES[name])


def _agreed(name: str, agreed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Groups and lines of the documents that agree wholly with their one entry."""
    both = agreed.select(pl.concat_list("expected_ids", "actual_ids")).to_series()
    named = agreed.with_columns(match_id=pl.Series([match_id_of(name, ids) for ids in both], dtype=pl.String))
    said = {
        "reconciliation": name,
        "pass": "reference",
        "kind": "match",
        "difference": 0,
        "alternatives": 0,
        "alternatives_exact": True,  # no other slip of either side has the document at that place
        "chance": None,
        "decided_by": None,
        "explanation": SAME_DOCUMENT,
    }
    groups = named.select(
        "match_id",
        "days_apart",
        expected_count=pl.col("expected_ids").list.len(),
        actual_count=pl.col("actual_ids").list.len(),
        **{column: pl.lit(value) for column, value in said.items()},
    )
    lines = [
        named.select("match_id", pl.lit(side).alias("side"), line_id=f"{side}_ids", cents=f"{side}_cents").explode(
            "line_id", "cents"
        )
        for side in ("expected", "actual")
    ]
    schema = _empty("match_groups").schema
    return groups.select(pl.col(column).cast(kind) for column, kind in schema.items()), pl.concat(lines)


def _looked_at(name: str, matched: Iterable[Matched], cents: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Groups and lines of the matches of which some line may differ."""
    groups: list[tuple[object, ...]] = []
    rows: list[tuple[str, str, str]] = []
    for group, expected, actual in matched:
        # A group that a person formed is told even where none of its lines agree.
        named = (*expected, *actual) or tuple(i for slip in (*group.expected, *group.actual) for i in slip.line_ids)
        match_id = match_id_of(name, named)
        rows += [(match_id, "expected", line) for line in expected] + [(match_id, "actual", line) for line in actual]
        groups.append(
            (
                match_id,
                name,
                group.by,
                group.kind,
                len(expected),
                len(actual),
                None,
                group.days_apart,
                group.alternatives,
                group.alternatives_exact,
                None,
                group.decided_by,
                group.explanation,
            )
        )
    frame = pl.DataFrame(rows, schema=_LINES.drop("cents").schema, orient="row")
    lines = frame.join(cents, on="line_id", how="left")
    sign = pl.when(pl.col("side") == "expected").then(1).otherwise(-1)
    gaps = lines.group_by("match_id").agg(difference=to_money((pl.col("cents") * sign).sum()))
    shown = _frame("match_groups", groups)
    shown = shown.drop("difference").join(gaps, on="match_id", how="left").select(shown.columns)
    return shown.with_columns(pl.col("difference").fill_null(0)), lines
