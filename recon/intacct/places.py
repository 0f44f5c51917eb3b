"""Locations and the entity at the top of each. Pure: rows in, expressions and frames out."""

from __future__ import annotations

import polars as pl

from recon.intacct.cells import RawRows, columns


def placed(rows: RawRows, location: str, parent: str) -> pl.DataFrame:
    """One row per raw row: location and its parent, null at the top."""
    return columns(rows, (location, parent)).select(location=location, parent=parent)


def top_among(places: pl.DataFrame) -> pl.Expr:
    """The location at the top of the column `location`, null for one that is at the top itself or unknown."""
    return _top(pl.col("location"), places)


def top_of(location: pl.Expr, places: RawRows) -> pl.Expr:
    """The location at the top of each location, by raw location rows of the REST API; null where it is unknown."""
    return _top(location, placed(places, "id", "parent.id"))


def entities_of(rows: RawRows, location: str, parent: str) -> dict[str, str]:
    """The location at the top of each location, by raw rows; itself for one that is at the top."""
    places = placed(rows, location, parent)
    return {place: top or place for place, top in _tops(places).items()}


def _top(location: pl.Expr, places: pl.DataFrame) -> pl.Expr:
    return location.replace_strict(_tops(places) or {"": None}, default=None, return_dtype=pl.String)


def _tops(places: pl.DataFrame) -> dict[str, str | None]:
    """The location at the top of each; None for one that is there itself."""
    parents = dict(places.filter(pl.col("location").is_not_null()).rows())

    def top(place: str) -> str | None:
        seen = {place}
        while (parent := parents.get(place)) and parent not in seen:
            seen.add(parent)
            place = parent
        return place if len(seen) > 1 else None

    return {place: top(place) for place in parents}
