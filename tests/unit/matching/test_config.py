"""Pass lists as people write them: every mistake is told at once, with its place and what would be right."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest

from recon.errors import ConfigError
from recon.matching import Equal, Fee, Near, Nearest
from recon.matching.config import KINDS, passes_of


def read(text: str):
    return passes_of(tomllib.loads(text), file="mine.toml")


def test_a_list_is_read_in_its_order():
    passes = read("""
        [[pass]]
        kind = "equal"
        name = "reference"
        on = ["reference"]
        days = 30

        [[pass]]
        kind = "nearest"
        name = "window"
        agree = ["key_*"]
        after = 3

        [[pass]]
        kind = "near"
        name = "fee"
        causes = ["fee_netted"]
        before = 3
        after = 0
        fee = { rate = "0.029", per_item_cents = 30, cap_cents = 0 }
    """)
    assert passes[0] == Equal("reference", ("reference",), days=30)
    assert passes[1] == Nearest("window", agree=("key_*",), after=3)
    assert isinstance(passes[2], Near)
    assert passes[2].fee == Fee(Decimal("0.029"), 30, 0)


def test_every_mistake_is_told_with_its_place():
    with pytest.raises(ConfigError) as fault:
        read("""
            [settings]
            [[pass]]
            kind = "equals"
            name = "a"
            [[pass]]
            kind = "equal"
            name = "b"
            on = "reference"
            day = 3
            [[pass]]
            kind = "nearest"
            name = "c"
            after = "soon"
            [[pass]]
            kind = "nearest"
            name = "d"
            [[pass]]
            kind = "nearest"
            name = "d"
        """)
    assert [problem.split(":")[1].strip() for problem in fault.value.problems] == [
        "unknown table `settings`",
        "pass 1",
        "pass 2 (b)",
        "pass 2 (b)",
        "pass 3 (c)",
        "two passes are named 'd'",
    ]
    assert all(problem.startswith("mine.toml") for problem in fault.value.problems)
    assert ", ".join(KINDS) in fault.value.problems[1]
    assert "`on`" in fault.value.problems[2] or "`on`" in fault.value.problems[3]


def test_an_empty_list_is_refused():
    with pytest.raises(ConfigError, match="at least one"):
        read("")
