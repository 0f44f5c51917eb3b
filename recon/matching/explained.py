"""Why a line stands where it stands, as a sentence for a controller."""

from __future__ import annotations

from typing import Literal

import polars as pl

from recon.errors import DataError
from recon.matching.chosen import DECIDED
from recon.matching.odds import odds
from recon.matching.wording import amount_said

_KINDS = {
    "match": "is matched with",
    "suggestion": "may belong with",
    "ambiguous": "cannot be told apart among the readings of",
}
_SIDES = ("left", "right")


def explain_line(
    matches: pl.DataFrame,
    groups: pl.DataFrame,
    residue: tuple[pl.DataFrame, pl.DataFrame],
    line_id: object,
    side: Literal["left", "right"] | None,
) -> str:
    """The group of a line with the lines of both sides and its evidence, or why the line stands alone.

    Raises: DataError for an id that no side has, or that both have where `side` is not given.
    """
    # The two sides may have ids of two types; the answer holds both as text then.
    named = pl.col("id").cast(pl.String) == str(line_id)
    grouped = matches.filter(named).select("side", "match_id", "amount")
    places = {str(row[0]): row for row in grouped.iter_rows()}
    alone = {
        name: mine.row(0, named=True)
        for name, frame in zip(_SIDES, residue, strict=True)
        if (mine := frame.filter(named)).height
    }
    found = [name for name in _SIDES if name in places or name in alone]
    if side is not None:
        found = [name for name in found if name == side]
    if not found:
        raise DataError("no line has this id", id=line_id, side=side or "either")
    if len(found) > 1:
        raise DataError("both sides have a line with this id: name the side", id=line_id, sides=", ".join(found))
    [name] = found
    if name in alone:
        row = alone[name]
        return f"{line_id} ({name}, {amount_said(row['amount'])}) stands alone: {row['counterfactual']}."
    _, match_id, amount = places[name]
    group = groups.filter(pl.col("match_id") == match_id).row(0, named=True)
    lines = matches.filter((pl.col("match_id") == match_id) & ~(named & (pl.col("side") == name)))
    others = "; ".join(
        f"{one}: " + ", ".join(f"{row['id']} {amount_said(row['amount'])}" for row in mine.iter_rows(named=True))
        for one in _SIDES
        if (mine := lines.filter(pl.col("side") == one)).height
    )
    stands = f"{_KINDS[group['kind']]} {others}" if others else "is a group by itself"
    why = f"{group['explanation']}{_by_chance(group['chance'], group['explanation'])}"
    return f"{line_id} ({name}, {amount_said(amount)}) {stands}{_by(group['pass'])}: {why}."


def _by(name: str) -> str:
    """The pass that formed a group; a group of a person says so itself."""
    return "" if name == DECIDED else f", by the pass {name}"


def _by_chance(chance: float | None, said: str) -> str:
    """The chance of such a group by accident, where its own words do not tell it."""
    return "" if chance is None or odds(chance) in said else f"; {odds(chance)}"
