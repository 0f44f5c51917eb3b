"""What no variance tells is told: account by location by department."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from make import compare, expected, ledger, no_sales_due, policy, told, working
from unit.reporting.records import run_record

from recon.conserved import check_bridge_closes, check_cells_conserved
from recon.errors import InvariantBroken
from recon.pipeline import Reconciled
from recon.reporting.model import RunRecord
from recon.summary import bridge_check
from recon.variances import Finding, unexplained_departments

WANTED = expected("E1 6010 70.00 D:PR-RUN1 J:PYRJ P:FOH", "E2 2410 -70.00")
BOOKED = ledger("A1 6010 70.00 D:PR-RUN1 J:PYRJ P:BOH", "A2 2410 -70.00")
MOVED = (
    (("2410", "100", "BOH"), 7000), (("2410", "100", "FOH"), -7000),
    (("6010", "100", "BOH"), -7000), (("6010", "100", "FOH"), 7000),
)  # fmt: skip


def untold(*findings: Finding) -> list[Finding]:
    return unexplained_departments("payroll", WANTED, working(BOOKED), findings)


def wrong_department(reconciliation: str = "payroll") -> Finding:
    return Finding(reconciliation, "wrong_department", "book", "Booked in another department.", None, "R1", cells=MOVED)


def test_departments_that_differ_without_a_finding_are_unexplained_with_their_amounts() -> None:
    (found,) = untold()

    assert (found.cause, found.status, found.cells) == ("unexplained", "ask", MOVED)
    assert found.explanation == "Departments differ by 140.00 in 4 cells. Nothing explains this."


def test_a_finding_tells_them_for_its_own_reconciliation_only() -> None:
    assert untold(wrong_department()) == []
    assert len(untold(wrong_department("deposits"))) == 1


def test_what_differs_over_all_departments_is_the_bridges_matter() -> None:
    elsewhere = working(ledger("A1 6010 70.01 D:PR-RUN1 J:PYRJ P:FOH", "A2 2410 -70.01"))

    assert unexplained_departments("payroll", WANTED, elsewhere, []) == []


def record_of(found: Reconciled) -> RunRecord:
    return replace(run_record(), found=found, policy=policy(**no_sales_due()))


def without_variance_lines(found: Reconciled) -> Reconciled:
    """The run as it would be had its findings lost their amounts."""
    return replace(found, frames={**found.frames, "variance_lines": found.frames["variance_lines"].clear()})


def test_a_run_whose_variances_do_not_tell_a_department_is_not_conserved_though_its_bridge_closes() -> None:
    found = compare(WANTED, BOOKED)
    check_cells_conserved(record_of(found))
    hidden = without_variance_lines(found)

    check_bridge_closes(hidden.frames["bridge"])
    with pytest.raises(InvariantBroken, match="cells differ that no variance tells"):
        check_cells_conserved(record_of(hidden))


def test_a_ledger_without_departments_is_conserved_by_account_and_location() -> None:
    found = compare(WANTED, ledger("A1 6010 60.00 D:PR-RUN1 J:PYRJ", "A2 2410 -60.00"))

    assert told(found) == ["amount_other book: 2410 -10.00, 6010 10.00"]
    check_cells_conserved(record_of(found))
    with pytest.raises(InvariantBroken, match="cells differ that no variance tells"):
        check_cells_conserved(record_of(without_variance_lines(found)))


def test_unexplained_departments_fail_the_control_of_the_bridge() -> None:
    found = compare(WANTED, BOOKED)
    bridge = found.frames["bridge"]

    assert bridge_check(bridge, [wrong_department()]).passed
    failed = bridge_check(bridge, untold())
    assert (failed.passed, failed.amount) == (False, Decimal("140.00"))
    assert "payroll: Departments differ by 140.00" in failed.detail
