"""Which entry reverses which, where either half of a pair may name the other. Pure: frames in, frame out."""

from __future__ import annotations

import polars as pl


def reversing(known: pl.DataFrame) -> pl.DataFrame:
    """One row per entry that reverses another: entry_id, reverses; the later of a pair, or of one day the newer.

    `known` has entry_id, `day` and `other`, the half that the entry names, or null.
    """
    named = known.filter(pl.col("other").is_not_null())
    pairs = named.join(known.select(other="entry_id", other_day="day"), on="other")
    newer = pl.col("entry_id").cast(pl.Int64, strict=False) > pl.col("other").cast(pl.Int64, strict=False)
    later = (pl.col("day") > pl.col("other_day")) | ((pl.col("day") == pl.col("other_day")) & newer)
    both = [
        pairs.filter(later).select("entry_id", reverses="other"),
        pairs.filter(~later).select(entry_id="other", reverses="entry_id"),
    ]
    return pl.concat(both).unique("entry_id", keep="first", maintain_order=True)
