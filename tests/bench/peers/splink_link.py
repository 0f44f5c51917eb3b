"""splink's probabilistic link of two sides on DuckDB, blocked for speed: the fastest rules of those that find the most.

python splink_link.py LEFT RIGHT OUT
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

CERTAIN = 0.9
Rule = Any  # what block_on gives


def linked(
    left: str, right: str, out: str, settings: Callable[[int], SettingsCreator], training: Sequence[Rule]
) -> None:
    """Write the pairs whose match probability is at least 0.9, with their scores; trained on pairs that agree so."""
    logging.getLogger("splink").setLevel(logging.WARNING)
    connection = duckdb.connect()
    sides = [connection.read_parquet(path) for path in (left, right)]
    api = DuckDBAPI(connection=connection)
    registered = [
        api.register(side, dataset_display_name=name)
        for side, name in zip(sides, ("side_left", "side_right"), strict=True)
    ]
    (lines,) = duckdb.sql("SELECT count(*) FROM read_parquet($left)", params={"left": left}).fetchall()[0]
    linker = Linker(registered, settings(lines))
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for agreeing in training:
        linker.training.estimate_parameters_using_expectation_maximisation(agreeing)
    linker.inference.predict(threshold_match_probability=CERTAIN).to_parquet(out, overwrite=True)


def settings(lines: int) -> SettingsCreator:
    """Rules that can bring true pairs together, and the columns that then speak for or against them."""
    return SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        probability_two_random_records_match=1 / lines,
        blocking_rules_to_generate_predictions=[
            block_on("reference"),
            block_on("key_location", "amount"),
        ],
        comparisons=[
            cl.LevenshteinAtThresholds("reference", [1, 2]),
            cl.ExactMatch("amount"),
            cl.ExactMatch("key_location"),
            cl.AbsoluteDateDifferenceAtThresholds(
                "date", input_is_string=False, metrics=["day", "day"], thresholds=[1, 3]
            ),
        ],
    )


if __name__ == "__main__":
    linked(*sys.argv[1:], settings, (block_on("reference"), block_on("key_location", "amount")))
