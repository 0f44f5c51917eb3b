"""Column profiles: the short forms, and faults that name their place."""

from __future__ import annotations

import pytest

from recon.connectors.profiles import parse_profile
from recon.errors import ConfigError

BALANCES = (
    'frame = "balances"\n[columns]\naccount = "Acct"\nlocation = ["Store", "Unit"]\ndebits = "Dr"\ncredits = "Cr"\n'
)


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as fault:
        parse_profile(text, "profiles/x.toml")
    return "\n".join(fault.value.problems)


def test_a_heading_may_be_a_text_a_list_or_a_table() -> None:
    profile = parse_profile(BALANCES + 'opening = { heading = "Opening", sign = "-" }\n', "x.toml")

    assert profile.columns["account"].heading == ("Acct",)
    assert profile.columns["location"].heading == ("Store", "Unit")
    assert profile.columns["opening"].sign == "-"


def test_every_fault_of_a_profile_is_named_with_its_file_and_field() -> None:
    told = problems(BALANCES + 'account_name = "X"\nopening = { heading = "A", value = "B" }\n')

    assert "profiles/x.toml: columns.opening: say exactly one of heading, value, join, or debit with credit" in told


def test_a_column_the_frame_does_not_have_is_named() -> None:
    assert "columns.account_name: balances has no such column" in problems(BALANCES + 'account_name = "X"\n')


def test_a_required_column_that_is_not_mapped_is_named() -> None:
    assert "columns.account is required" in problems(BALANCES.replace('account = "Acct"\n', ""))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('pattern = "("', "not a regular expression"),
        ('pattern = "abc"', "needs one group"),
        ('sgin = "-"', "there is no such field"),
    ],
)
def test_wrong_settings_of_a_column_are_named(line: str, fault: str) -> None:
    assert fault in problems(BALANCES + f'opening = {{ heading = "A", {line} }}\n')


def test_an_unknown_encoding_is_named() -> None:
    assert "unknown encoding 'klingon'" in problems(BALANCES + '[file]\nencoding = "klingon"\n')


def test_tickets_need_components_and_tenders() -> None:
    told = problems('frame = "tickets"\n[columns]\nticket_id = "T"\nlocation = "L"\nbusiness_date = "D"\n')

    assert "needs [[components]]" in told
    assert "needs [[tenders]]" in told


def test_broken_toml_is_named() -> None:
    assert "profiles/x.toml" in problems("frame = ")
