"""Rows on their way into a canonical frame: the good ones checked, the others told with what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from recon.canonical import RejectedRows
from recon.frames import CANONICAL_FRAMES
from recon.frames.events import complete, misfits
from recon.intacct.cells import EXACT, RawRows

SOURCE = "intacct"
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Mapped:
    """A canonical frame, and the rows that are not in it with the first reason of each."""

    frame: pl.DataFrame
    rejected: pl.DataFrame  # RejectedRows


@dataclass(frozen=True)
class Flaw:
    """One thing that keeps a row out of its frame."""

    when: pl.Expr
    field: str
    reason: str


def mapped(rows: pl.DataFrame, name: str, flaws: Sequence[Flaw], *, key: str, place: str | None = None) -> Mapped:
    """The rows without a flaw in the frame of that name; each of the others with its first flaw.

    Behind the flaws stands what the frame itself asks of its columns, so that no row keeps the others out.
    """
    schema = CANONICAL_FRAMES[name]
    every = [*flaws, *(Flaw(*one) for one in misfits(schema, rows.columns))]
    marked = rows.with_columns(
        __field=pl.coalesce([pl.when(flaw.when).then(pl.lit(flaw.field)) for flaw in every]),
        __reason=pl.coalesce([pl.when(flaw.when).then(pl.lit(flaw.reason)) for flaw in every]),
        __row=pl.int_range(1, pl.len() + 1),
    )
    bad = marked.filter(pl.col("__reason").is_not_null())
    told = [name for name in bad["__field"].unique(maintain_order=True) if name in rows.columns]
    values = [pl.when(pl.col("__field") == name).then(pl.col(name).cast(pl.String)) for name in told]
    rejected = bad.select(
        source=pl.lit(f"{SOURCE}.{name}"),
        row=pl.col("__row"),
        field=pl.col("__field"),
        value=pl.coalesce(values) if values else pl.lit(None, pl.String),
        reason=pl.col("__reason"),
        frame=pl.lit(name),
        location=pl.col(place) if place else pl.lit(None, pl.String),
        merchant_id=pl.lit(None, pl.String),
        date=pl.col("posting_date") if "posting_date" in rows.columns else pl.lit(None, pl.Date),
        document_id=pl.col(key),
        duplicate=pl.lit(value=False),
    )
    good = complete(marked.filter(pl.col("__reason").is_null()).lazy(), schema, strict=False).collect()
    return Mapped(schema.validate(good, cast=True), RejectedRows.validate(rejected, cast=True))


def in_slices(rows: RawRows, made: Callable[[RawRows], Mapped]) -> Mapped:
    """What MADE makes of so many rows at once, all joined, where each row is told by itself: memory stays bounded."""
    frames, rejected = [], []
    for at in range(0, max(len(rows), 1), _AT_ONCE):
        part = made(rows[at : at + _AT_ONCE])
        frames.append(part.frame)
        rejected.append(part.rejected.with_columns(pl.col("row") + at))
    return Mapped(pl.concat(frames), pl.concat(rejected))


def or_zero(expr: pl.Expr) -> pl.Expr:
    """The decimals, a null as zero."""
    return expr.fill_null(pl.lit("0").cast(EXACT))


def blank(*pairs: tuple[str, str]) -> list[Flaw]:
    """A flaw for each canonical column that is null, told by the raw field."""
    return [Flaw(pl.col(column).is_null(), field, "is blank") for field, column in pairs]
