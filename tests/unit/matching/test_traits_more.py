"""What each trait says in words: the sentence that the reader of a variance sees."""

from __future__ import annotations

import pytest
from make import expected, ledger, working

from recon.matching import actual_slips, compare, diagnose, expected_slips
from recon.matching.traits import negated

FOOTED = ("E1 1010 97.10 role:net", "E2 6510 2.90 role:fees", "E3 1250 -100.00 role:sales")
SOLD = ("E1 1250 66.00 role:card", "E2 4010 -50.00 role:revenue", "E3 2200 -4.00 role:tax", "E4 2350 -12.00 role:tip")


def words(wanted: tuple[str, ...], *actual: str) -> list[str]:
    """The evidence of every trait between expected lines and a ledger."""
    lines = working(ledger(*actual))
    right = actual_slips(lines, frozenset({"DOC1"}), reconciliation="deposits", by_department=False)
    return [one.evidence for one in diagnose(compare(expected_slips(expected(*wanted)), right), rounding=5)]


@pytest.mark.parametrize(
    ("wanted", "actual", "said"),
    [
        (FOOTED, ("A1 1010 97.10", "A2 1250 -100.00"), "these lines are not in the ledger"),
        (FOOTED, ("A1 1010 117.10", "A2 6510 2.90", "A3 1250 -120.00"), "the ledger has another amount"),
        (FOOTED, ("A1 1010 97.15", "A2 6510 2.90", "A3 1250 -100.05"), "off by at most 0.05"),
        (
            FOOTED,
            ("A1 1010 -97.10", "A2 6510 -2.90", "A3 1250 100.00"),
            "every amount stands with the opposite sign",
        ),
        (FOOTED, ("A1 1010 97.10", "A2 6599 2.90", "A3 1250 -100.00"), "2.90 stands on 6599 instead of 6510"),
        (FOOTED, ("A1 1010 100.00", "A2 1250 -100.00"), "2.90 for 6510 is inside the line on 1010"),
        (FOOTED, ("A1 1010 79.10", "A2 6510 2.90", "A3 1250 -82.00"), "1010: 79.10 instead of 97.10"),
        (FOOTED, ("A1 1010 971.00", "A2 6510 29.00", "A3 1250 -1000.00"), "1010: 971.00 instead of 97.10"),
        (
            SOLD,
            ("A1 1250 66.00", "A2 4010 -66.00"),
            "(4.00) for 2200 and (12.00) for 2350 are inside the line on 4010",
        ),
        (
            ("E1 1250 66.00", "E2 4010 -54.00", "E3 ? -12.00 unmapped:yes"),
            ("A1 1250 66.00", "A2 4010 -54.00", "A3 2350 -12.00"),
            "no account is mapped for (12.00)",
        ),
    ],
)
def test_a_trait_says_what_it_saw(wanted: tuple[str, ...], actual: tuple[str, ...], said: str) -> None:
    assert words(wanted, *actual) == [said]


def test_a_sign_flip_takes_two_accounts_that_balance() -> None:
    wanted = ("E1 1250 66.00", "E2 4010 -54.00", "E3 2200 -12.00")
    assert words(wanted, "A1 1250 66.00", "A2 4010 54.00", "A3 2200 -12.00") == ["the ledger has another amount"]


def test_the_opposite_of_an_entry_has_its_accounts_and_the_other_signs() -> None:
    assert negated((("1010", 97_10), ("1250", -97_10))) == (("1010", -97_10), ("1250", 97_10))
