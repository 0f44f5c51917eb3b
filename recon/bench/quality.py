"""How good the claimed pairs are: precision and recall against the made truth, in all, per pass, per share."""

from __future__ import annotations

import polars as pl

QUALITY = {
    "scope": pl.String(),  # all, pass or share
    "name": pl.String(),
    "claimed": pl.Int64(),  # pairs; null for a share: a wrong pair belongs to none
    "true": pl.Int64(),  # pairs of the truth that could be found
    "right": pl.Int64(),  # claimed pairs that are true
    "precision": pl.Float64(),  # null where nothing was claimed
    "recall": pl.Float64(),  # null where there is nothing to find
}


def pairs_of(matches: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Every left line of a match with every right line of it: left, right, pass; one row per pair.

    Matches and groups as `match` answers them. Suggestions and ambiguous groups claim nothing.
    """
    certain = groups.filter(pl.col("kind") == "match").select("match_id", pl.col("pass").cast(pl.String))
    lines = matches.select("match_id", pl.col("side").cast(pl.String), "id").join(certain, on="match_id")
    left = lines.filter(pl.col("side") == "left").select("match_id", "pass", left="id")
    right = lines.filter(pl.col("side") == "right").select("match_id", right="id")
    return left.join(right, on="match_id").select("left", "right", "pass")


def quality_of_pairs(pairs: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Precision and recall of pairs (left, right, optionally pass) against the truth (left, right, share).

    QUALITY: one row for all, then one per pass and one per share, by name. The recall of a pass is its part
    of all true pairs, so that the passes sum to the whole. A pair claimed twice counts once. Linear in pairs.
    """
    if "pass" not in pairs.columns:
        pairs = pairs.with_columns(pl.lit(None, pl.String).alias("pass"))
    told = pairs.unique(["left", "right"]).join(truth, on=["left", "right"], how="left")
    is_right = pl.col("share").is_not_null().sum().cast(pl.Int64)
    claimed = pl.len().cast(pl.Int64)
    every = told.select(scope=pl.lit("all"), name=pl.lit("all"), claimed=claimed, right=is_right)
    passes = (
        told.drop_nulls("pass")
        .group_by(name=pl.col("pass"))
        .agg(claimed=claimed, right=is_right)
        .select(pl.lit("pass").alias("scope"), "name", "claimed", "right")
        .sort("name")
    )
    found = told.drop_nulls("share").group_by("share").agg(right=claimed)
    shares = (
        truth.group_by("share")
        .agg(pl.len().cast(pl.Int64).alias("true"))
        .join(found, on="share", how="left")
        .select(
            pl.lit("share").alias("scope"),
            pl.col("share").cast(pl.String).alias("name"),
            pl.lit(None, pl.Int64).alias("claimed"),
            pl.col("right").fill_null(0),
            "true",
        )
        .sort("name")
    )
    counted = pl.concat([every, passes]).with_columns(pl.lit(truth.height, pl.Int64).alias("true"))
    rows = pl.concat([counted, shares.select(counted.columns)])
    return rows.with_columns(
        precision=pl.when(pl.col("claimed") > 0).then(pl.col("right") / pl.col("claimed")),
        recall=pl.when(pl.col("true") > 0).then(pl.col("right") / pl.col("true")),
    ).select(*QUALITY)
