"""What `--set` makes of a policy, and what it says of a wrong setting."""

from __future__ import annotations

from decimal import Decimal

import pytest
from make import policy

from recon.backtest.change import changes, lay_over, needs_sources, set_fields
from recon.errors import ConfigError

BEFORE = policy()


def test_a_setting_changes_one_field_and_nothing_else() -> None:
    after = set_fields(BEFORE, ["tolerances.window_days=7", "tolerances.rounding=0.10"])

    assert (after.tolerances.window_days, after.tolerances.rounding) == (7, Decimal("0.10"))
    assert changes(BEFORE, after) == [("tolerances.rounding", "0.05", "0.10"), ("tolerances.window_days", "5", "7")]


def test_an_amount_is_exact_and_a_number_in_a_text_field_stays_text() -> None:
    after = set_fields(BEFORE, ["materiality.overall=1234567890123.45", "company.entity=100"])

    assert after.materiality.overall == Decimal("1234567890123.45")
    assert after.company.entity == "100"


def test_open_tables_take_new_names_and_lists_are_written_as_in_the_policy() -> None:
    after = set_fields(BEFORE, ["funding.lag_days.visa=3", 'reconciliations.sales.journals=["SJ", "GJ"]'])

    assert after.funding.lag_days == {"amex": 2, "visa": 3}
    assert after.reconciliations["sales"].journals == ("SJ", "GJ")


def test_an_unknown_field_is_named_with_near_names_and_their_types() -> None:
    with pytest.raises(ConfigError, match="policy has no such field") as fault:
        set_fields(BEFORE, ["tolerances.window_day=7"])

    assert "tolerances.window_days (a whole number from 0 to 45)" in str(fault.value)
    assert fault.value.exit_code == 2


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("tolerances.window_days=99", "a whole number from 0 to 45"),
        ("tolerances.window_days=soon", "a whole number from 0 to 45"),
        ("tolerances.rounding=-1", "an amount of 0 or more"),
        ("adjustments.cutoff=later", "one of carry, accrue"),
        ("funding.lag_days.visa=300", "a whole number from 0 to 10"),
        ("tolerances.window_days", "write it as tolerances.window_days=7"),
        ("rules.1.account=4020", "give it with --policy"),
    ],
)
def test_a_wrong_value_is_told_with_what_the_field_takes(setting: str, words: str) -> None:
    with pytest.raises(ConfigError) as fault:
        set_fields(BEFORE, [setting])

    assert words in str(fault.value)
    assert setting.partition("=")[0] in str(fault.value)


def test_every_wrong_setting_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as fault:
        set_fields(BEFORE, ["window=7", "tolerance.rounding=1"])

    assert len(fault.value.problems) == 2


def test_tolerances_need_no_downloads_and_rules_do() -> None:
    assert needs_sources(BEFORE, set_fields(BEFORE, ["tolerances.window_days=7"])) == []
    assert needs_sources(BEFORE, set_fields(BEFORE, ["funding.cutoff=22:00"])) == ["funding"]
    assert needs_sources(BEFORE, policy("tips sales credit 2351 component:tip")) == ["rules"]


def test_another_policy_replaces_whole_sections_and_keeps_the_downloads() -> None:
    after = lay_over(BEFORE, {"tolerances": {"window_days": 9}, "sources": [{"files": "x", "profile": "y"}]}, file="p")

    assert (after.tolerances.window_days, after.tolerances.document_edits) == (9, 2)
    assert after.sources == BEFORE.sources


def test_a_wrong_field_of_the_other_policy_is_named_with_its_file() -> None:
    with pytest.raises(ConfigError, match=r"other\.toml: tolerances\.window"):
        lay_over(BEFORE, {"tolerances": {"window": 9}}, file="other.toml")
