"""What the processor holds back is in no bank: a deposit is expected there once it is paid out, and once only."""

from __future__ import annotations

from typing import Any

import pytest
from make import SEPTEMBER, canonical, ledger, locations

from recon.expected import derive_expected
from recon.heartland.frames import deposits
from recon.policy import Policy
from recon.workspace import init_workspace, load_workspace

BANK, CLEARING = "1010", "1250"


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """The policy that `recon init` writes."""
    folder = tmp_path_factory.mktemp("shipped") / "company"
    init_workspace(folder)
    return load_workspace(folder).policy


def deposit(name: str, day: str, status: str) -> dict[str, Any]:
    """Sales of 124.00 as GP-API's report of deposits tells them."""
    return {
        "id": name, "time_created": day, "status": status, "funding_type": "CREDIT", "amount": "12400",
        "currency": "USD", "system": {"mid": "M100"}, "sales": {"count": 4, "amount": "12400"},
    }  # fmt: skip


def expected(policy: Policy, *rows: dict[str, Any]) -> list[str]:
    """The expected lines as "deposit account amount"."""
    books = canonical(ledger(), deposits=deposits(rows).frame, locations=locations())
    found = derive_expected(books, policy, SEPTEMBER, only=("deposits",))
    assert found.unmapped.is_empty()
    return [" ".join(map(str, row)) for row in found.lines.select("document", "account", "amount").iter_rows()]


@pytest.mark.parametrize("status", ["FUNDED", "RELEASED", "Funded"])
def test_what_was_paid_out_is_in_the_bank(policy: Policy, status: str) -> None:
    assert expected(policy, deposit("DEP_1", "2026-09-03", status)) == [
        f"DEP_1 {BANK} 124.00", f"DEP_1 {CLEARING} -124.00",
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["RESERVED", "DELAYED", "IRREG"])
def test_what_is_held_back_stays_in_clearing(policy: Policy, status: str) -> None:
    assert expected(policy, deposit("DEP_1", "2026-09-03", status)) == []


@pytest.mark.parametrize("status", ["RESERVED", "DELAYED", "IRREG"])
def test_what_was_held_back_and_released_later_counts_once(policy: Policy, status: str) -> None:
    held, released = deposit("DEP_1", "2026-09-03", status), deposit("DEP_2", "2026-09-21", "RELEASED")

    assert expected(policy, held, released) == [f"DEP_2 {BANK} 124.00", f"DEP_2 {CLEARING} -124.00"]


@pytest.mark.parametrize("status", ["", "SPLIT_FUNDING", "ON_ITS_WAY"])
def test_a_deposit_of_a_status_that_nobody_knows_is_told_and_not_booked(policy: Policy, status: str) -> None:
    row = deposit("DEP_1", "2026-09-03", status)

    assert deposits([row]).rejects.select("field", "value").rows() == [("status", status or None)]
    assert expected(policy, row) == []
