"""Groups that people formed, as claims that stand before every pass."""

from __future__ import annotations

import polars as pl

from recon.errors import DataError
from recon.matching.claims import SIDE, Claims, claims_of

DECIDED = "decided"  # how groups and reports call what a person formed
_WORDS = "formed by a person"


def chosen_claims(decided: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> Claims:
    """One set per group of `decided` (match_id, side: left or right, id), in the order of the match ids.

    A group of which a line is not there is left out: half of it is not what was decided.

    Raises: DataError for a line in two groups, or a side that is neither.
    """
    wanted = decided.select("match_id", pl.col("side", "id").cast(pl.String)).unique(maintain_order=True)
    strange = wanted.filter(~pl.col("side").is_in(["left", "right"]))
    if strange.height:
        raise DataError("a decided line stands on no side; say left or right", sides=sorted({*strange["side"]}))
    twice = wanted.filter(pl.struct("side", "id").is_duplicated())
    if twice.height:
        ids = sorted({str(one) for one in twice["id"]})
        raise DataError("people put a line into two groups; decide for one", lines=", ".join(ids))
    there = pl.concat(
        [
            wanted.filter(pl.col("side") == name).join(
                frame.select(pl.col("id").cast(pl.String), "row"), on="id", how="left"
            )
            for name, frame in (("left", left), ("right", right))
        ]
    )
    whole = there.filter(pl.col("row").is_not_null().all().over("match_id"))
    names = whole.select("match_id").unique().sort("match_id").with_row_index("set")
    members = whole.join(names, on="match_id").select("set", pl.col("side").cast(SIDE), "row")
    return claims_of(members=members.sort("set", "side", "row"), sets=names.select("set", words=pl.lit(_WORDS)))
