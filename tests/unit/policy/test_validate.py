"""Policy against the chart of accounts and the locations."""

from __future__ import annotations

import polars as pl

from recon.policy import Policy, Rule
from recon.policy.validate import policy_problems


def policy(*rules: Rule) -> Policy:
    sales = {"journals": ["SJ"], "document": "{date}"}
    return Policy.model_validate({"company": {"name": "X"}, "reconciliations": {"sales": sales}, "rules": rules})


def rule(account: str, **fields: str) -> Rule:
    return Rule.model_validate(
        {
            "name": "food",
            "source": "sales",
            "side": "credit",
            "account": account,
            "origin": "rules.csv, row 2",
            **fields,
        }
    )


ACCOUNTS = pl.DataFrame({"account": ["4010", "2410"]})
LOCATIONS = pl.DataFrame(
    {
        "location": ["A", "B"],
        "store_ids": ["1|2", "3"],
        "merchant_ids": ["m1", "m2"],
        "timezone": ["America/Chicago", None],
    }
)


def test_a_policy_that_fits_has_no_problems() -> None:
    assert (
        policy_problems(policy(rule("4010"), rule("-"), rule("4010", offset_account="2410")), ACCOUNTS, LOCATIONS) == ()
    )


def test_every_account_outside_the_chart_is_named_with_its_row() -> None:
    told = policy_problems(policy(rule("4011"), rule("4010", offset_account="2411")), ACCOUNTS, LOCATIONS)

    assert told == (
        "rules.csv, row 2: account '4011' of rule 'food' is not in the chart of accounts",
        "rules.csv, row 2: offset_account '2411' of rule 'food' is not in the chart of accounts",
    )


def test_a_merchant_or_store_number_of_two_locations_is_named() -> None:
    twice = LOCATIONS.with_columns(store_ids=pl.Series(["1|2", "2"]), merchant_ids=pl.Series(["m1", "m1"]))

    told = policy_problems(policy(), ACCOUNTS, twice)

    assert told == (
        "locations: merchant number 'm1' belongs to A and B: leave it with one of them",
        "locations: store number '2' belongs to A and B: leave it with one of them",
    )


def test_a_time_zone_that_nobody_knows_is_named_with_its_place() -> None:
    told = policy_problems(policy(), ACCOUNTS, LOCATIONS.with_columns(timezone=pl.lit("CST")))

    assert "locations: the timezone 'CST' of A is none; write it as in America/Chicago" in told


def test_a_rule_for_an_unknown_location_is_named() -> None:
    assert "to_location 'Z'" in policy_problems(policy(rule("4010", location="Z")), ACCOUNTS, LOCATIONS)[0]
