"""Faults speak to a person, bugs to us; both say what they know."""

from __future__ import annotations

import pytest

from recon.errors import (
    ApprovalError,
    ConfigError,
    DataError,
    InvariantBroken,
    LockHeld,
    NotebookFailed,
    PostingError,
    ReconError,
    TrailBroken,
    check,
)


def test_a_fault_reads_as_a_sentence_with_its_context_in_order() -> None:
    assert str(DataError("the file is empty", row=3, file="a.csv")) == "the file is empty (file=a.csv row=3)"


def test_a_fault_of_policy_lists_every_problem_at_once() -> None:
    fault = ConfigError("the policy is wrong", problems=("rules row 3: no account", "locations: M1 twice"))

    assert str(fault) == "the policy is wrong\n  - rules row 3: no account\n  - locations: M1 twice"


def test_a_condition_that_holds_says_nothing_and_one_that_does_not_is_our_bug() -> None:
    check(True, "a cent was lost")
    with pytest.raises(InvariantBroken, match=r"a cent was lost \(lines=2\)"):
        check(False, "a cent was lost", lines=2)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ReconError, 70),
        (InvariantBroken, 70),
        (ConfigError, 2),
        (DataError, 4),
        (ApprovalError, 5),
        (PostingError, 6),
        (TrailBroken, 7),
        (NotebookFailed, 8),
        (LockHeld, 75),
    ],
)
def test_each_fault_ends_the_command_with_its_own_code(fault: type[ReconError], code: int) -> None:
    assert fault.exit_code == code
