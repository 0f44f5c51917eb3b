"""Why a line stands where it stands, as a sentence for a controller."""

from __future__ import annotations

from typing import Literal

import polars as pl

from recon.errors import DataError
from recon.matching.evidence import written

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
    grouped = matches.filter(pl.col("id") == line_id).select("side", "match_id", "amount")
    places = {str(row[0]): row for row in grouped.iter_rows()}
    alone = {
        name: frame.row(index=int(at[0]), named=True)
        for name, frame in zip(_SIDES, residue, strict=True)
        if len(at := (frame["id"] == line_id).arg_true())
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
        return f"{line_id} ({name}, {written(row['amount'])}) stands alone: {row['counterfactual']}."
    _, match_id, amount = places[name]
    group = groups.filter(pl.col("match_id") == match_id).row(0, named=True)
    lines = matches.filter(
        (pl.col("match_id") == match_id) & ~((pl.col("id") == line_id) & (pl.col("side") == name))
    )  # fmt: skip
    others = "; ".join(
        f"{one}: " + ", ".join(f"{row['id']} {written(row['amount'])}" for row in mine.iter_rows(named=True))
        for one in _SIDES
        if (mine := lines.filter(pl.col("side") == one)).height
    )
    said = f"{line_id} ({name}, {written(amount)}) {_KINDS[group['kind']]} {others}"
    return f"{said}, by the pass {group['pass']}: {group['explanation']}{_by_chance(group['chance'])}."


def _by_chance(chance: float | None) -> str:
    return "" if chance is None else f"; by chance in {chance:.2%} of such searches"
