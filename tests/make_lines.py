"""Small sides for the matcher, as an accountant would jot them down."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl

from recon.matching import Matched

SCHEMA = {
    "id": pl.String,
    "amount": pl.Decimal(18, 2),
    "date": pl.Date,
    "reference": pl.String,
    "text": pl.String,
    "currency": pl.String,
}


def lines(*jotted: str, currency: str | None = None) -> pl.DataFrame:
    """One line each: `id amount day reference text`, as in "b1 -149.00 2026-01-31 - Spotify"; - is nothing.

    The day is ISO, or a day of July 2026 by its number.
    """
    rows = []
    for one in jotted:
        name, amount, day, reference, text = (*one.split(maxsplit=4), *["-"] * 5)[:5]
        date = None if day == "-" else dt.date(2026, 7, int(day)) if day.isdigit() else dt.date.fromisoformat(day)
        empty = (None if word == "-" else word for word in (reference, text))
        rows.append((name, Decimal(amount.replace(",", "")), date, *empty, currency))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def groups(matched: Matched) -> dict[str, tuple[str, str]]:
    """Every group as people write it: "b1 b2 = g1" to (kind, explanation)."""
    found = {}
    sides = matched.matches.group_by("match_id", maintain_order=True).agg(
        left=pl.col("id").filter(pl.col("side") == "left").sort(),
        right=pl.col("id").filter(pl.col("side") == "right").sort(),
    )
    for row in sides.join(matched.groups, on="match_id", maintain_order="left").iter_rows(named=True):
        found[f"{' '.join(row['left'])} = {' '.join(row['right'])}".strip()] = row["kind"], row["explanation"]
    return found


def pairs(matched: Matched) -> dict[str, str]:
    """Every group to its kind alone."""
    return {name: kind for name, (kind, _) in groups(matched).items()}


def left_over(matched: Matched) -> list[str]:
    """The ids that stand in no group, left then right."""
    return [*matched.residue_left["id"].to_list(), *matched.residue_right["id"].to_list()]
