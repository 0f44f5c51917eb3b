"""Faults of policy that show only against the chart of accounts and the locations."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from recon.policy.model import NOT_BOOKED, Policy
from recon.zones import zone_named


def policy_problems(policy: Policy, accounts: pl.DataFrame, locations: pl.DataFrame) -> tuple[str, ...]:
    """One sentence for each rule or mapping that points at nothing, or at two things at once; none if all is well."""
    of_places = (*_claimed_twice(locations), *_unknown_zones(locations))
    return (*_unknown_accounts(policy, accounts), *of_places, *_unknown_locations(policy, locations))


def _unknown_accounts(policy: Policy, accounts: pl.DataFrame) -> Iterator[str]:
    chart = set(accounts["account"])
    for rule in policy.rules:
        for field, account in (("account", rule.account), ("offset_account", rule.offset_account)):
            if account is not None and account != NOT_BOOKED and account not in chart:
                where = rule.origin or "rules"
                yield f"{where}: {field} {account!r} of rule {rule.name!r} is not in the chart of accounts"


def _claimed_twice(locations: pl.DataFrame) -> Iterator[str]:
    for column, noun in (("merchant_ids", "merchant number"), ("store_ids", "store number")):
        owners: dict[str, list[str]] = {}
        for location, numbers in locations.select("location", column).iter_rows():
            for number in (numbers or "").split("|"):
                if number.strip():
                    owners.setdefault(number.strip(), []).append(location)
        for number, names in owners.items():
            if len(names) > 1:
                yield f"locations: {noun} {number!r} belongs to {' and '.join(names)}: leave it with one of them"


def _unknown_zones(locations: pl.DataFrame) -> Iterator[str]:
    for location, zone in locations.select("location", "timezone").drop_nulls("timezone").iter_rows():
        if zone_named(zone) != zone:
            yield f"locations: the timezone {zone!r} of {location} is none; write it as in America/Chicago"


def _unknown_locations(policy: Policy, locations: pl.DataFrame) -> Iterator[str]:
    known = set(locations["location"])
    for rule in policy.rules:
        if rule.location is not None and known and rule.location not in known:
            yield f"{rule.origin or 'rules'}: to_location {rule.location!r} of rule {rule.name!r} is no known location"
