"""splink as its documentation links bank transactions: the example's rules, comparisons and training, our columns.

Its rule on the known id stands for ours on the reference, which is compared besides; it is trained on that instead of
on the memo, since no two of our texts are equal. `splink_link` is what remains if one blocks for speed.

python splink_example.py LEFT RIGHT OUT
"""

from __future__ import annotations

import logging
import sys

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

CERTAIN = 0.9
ALIKE = "substr(l.text, 1, 3) = substr(r.text, 1, 3) and l.amount / r.amount > 0.7 and l.amount / r.amount < 1.3"
SAME_MONTH = "strftime(l.date, '%Y%m') = strftime(r.date, '%Y%m')"
NEXT_MONTH = "strftime(l.date + 15, '%Y%m') = strftime(r.date, '%Y%m')"
SAME_WEEK = "round(l.amount / 2, 0) * 2 = round(r.amount / 2, 0) * 2 and yearweek(r.date) = yearweek(l.date)"
NEXT_WEEK = "round(l.amount / 2, 0) * 2 = round((r.amount + 1) / 2, 0) * 2 and yearweek(r.date) = yearweek(l.date + 4)"


def main(left: str, right: str, out: str) -> None:
    """Write the pairs whose match probability is at least 0.9, with their scores."""
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
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("reference"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("amount"))
    linker.inference.predict(threshold_match_probability=CERTAIN).to_parquet(out, overwrite=True)


def settings(lines: int) -> SettingsCreator:
    """The example's rules and comparisons."""
    near = [levels.PercentageDifferenceLevel("amount", share) for share in (0.01, 0.03, 0.1, 0.3)]
    later = [
        {"sql_condition": f"date_r - date_l <= {days} and date_r >= date_l", "label_for_charts": f"{days} days"}
        for days in (1, 4, 10, 30)
    ]
    return SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        probability_two_random_records_match=1 / lines,
        blocking_rules_to_generate_predictions=[
            f"{SAME_MONTH} and {ALIKE}",
            f"{NEXT_MONTH} and {ALIKE}",
            block_on("substr(text, 1, 9)"),
            SAME_WEEK,
            NEXT_WEEK,
            block_on("reference"),
        ],
        comparisons=[
            {
                "output_column_name": "amount",
                "comparison_levels": [
                    levels.NullLevel("amount"), levels.ExactMatchLevel("amount"), *near, levels.ElseLevel(),
                ],
            },
            cl.LevenshteinAtThresholds("text", [2, 6, 10]),
            {"output_column_name": "date", "comparison_levels": [levels.NullLevel("date"), *later, levels.ElseLevel()]},
            cl.LevenshteinAtThresholds("reference", [1, 2]),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
