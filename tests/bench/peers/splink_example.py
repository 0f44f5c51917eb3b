"""splink as its documentation links bank transactions: the example's rules, comparisons and training, our columns.

Its rule on the known id stands for ours on the reference, which is compared besides; it is trained on that instead of
on the memo, since no two of our texts are equal. `splink_link` is what remains if one blocks for speed.

python splink_example.py LEFT RIGHT OUT
"""

from __future__ import annotations

import sys

import splink.comparison_level_library as levels
import splink.comparison_library as cl
from splink import SettingsCreator, block_on
from splink_link import linked

ALIKE = "substr(l.text, 1, 3) = substr(r.text, 1, 3) and l.amount / r.amount > 0.7 and l.amount / r.amount < 1.3"
SAME_MONTH = "strftime(l.date, '%Y%m') = strftime(r.date, '%Y%m')"
NEXT_MONTH = "strftime(l.date + 15, '%Y%m') = strftime(r.date, '%Y%m')"
SAME_WEEK = "round(l.amount / 2, 0) * 2 = round(r.amount / 2, 0) * 2 and yearweek(r.date) = yearweek(l.date)"
NEXT_WEEK = "round(l.amount / 2, 0) * 2 = round((r.amount + 1) / 2, 0) * 2 and yearweek(r.date) = yearweek(l.date + 4)"


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
    linked(*sys.argv[1:], settings, (block_on("reference"), block_on("amount")))
