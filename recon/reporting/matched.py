"""Tables of what the matcher found between any two sides: the groups, and the lines left over with their reason."""

from __future__ import annotations

import polars as pl
from great_tables import GT

from recon.matching import Matched
from recon.reporting.tables import LIMIT, money_text, reader_table

_KINDS = {"match": "matched", "suggestion": "suggested", "ambiguous": "several readings"}


def groups_table(matched: Matched, *, limit: int = LIMIT) -> GT:
    """One row per group: both sides' lines, the difference, the pass and why; what asks for a person first."""
    lines = matched.matches.with_columns(
        line=pl.concat_str(pl.col("id").cast(pl.String), money_text("amount"), separator="  ")
    )
    sides = lines.group_by("match_id").agg(
        pl.col("line").filter(pl.col("side") == side).str.join("; ").alias(side) for side in ("left", "right")
    )
    shown = (
        matched.groups.join(sides, on="match_id", maintain_order="left")
        .with_columns(kind_title=pl.col("kind").cast(pl.String).replace(_KINDS), asks=pl.col("kind") != "match")
        .sort("asks", descending=True, maintain_order=True)
    )
    headings = {
        "left": "Left",
        "right": "Right",
        "difference": "Difference",
        "kind_title": "Standing",
        "pass": "Pass",
        "explanation": "Why",
    }
    return reader_table(shown.head(limit), "groups", "What belongs together", headings, _more(shown.height, limit))


def residue_table(matched: Matched, side: str, *, limit: int = LIMIT) -> GT:
    """One row per open line of a side (left or right): the line, its cause, and what stands nearest."""
    residue = matched.residue_left if side == "left" else matched.residue_right
    names = {
        "id": "Line",
        "date": "Date",
        "amount": "Amount",
        "text": "Text",
        "cause": "Cause",
        "counterfactual": "Why",
    }
    headings = {name: title for name, title in names.items() if name in residue.columns}
    shown = residue.with_columns(pl.col("cause").str.replace_all("_", " "))
    return reader_table(
        shown.head(limit), f"open_{side}", f"Open on the {side}", headings, _more(residue.height, limit)
    )


def passes_table(matched: Matched) -> GT:
    """One row per pass: its groups by standing, and the lines that they hold on each side."""
    counted = matched.groups.group_by("pass", maintain_order=True).agg(
        *((pl.col("kind") == kind).sum().cast(pl.Int64).alias(kind) for kind in _KINDS),
        pl.col("left_count", "right_count").sum().cast(pl.Int64),
    )
    headings = {"pass": "Pass", "match": "Matched", "suggestion": "Suggested", "ambiguous": "Several readings"}
    headings |= {"left_count": "Left lines", "right_count": "Right lines"}
    return reader_table(counted, "passes", "Which pass found what", headings)


def _more(count: int, limit: int) -> str:
    return f"{count - limit:,} more rows are not shown." if count > limit else ""
