"""Proposed entries: for each variance that asks for booking, the balanced lines that remove it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from recon.errors import check
from recon.frames import CAUSE, RESULT_FRAMES, blank
from recon.identity import correction_fields, posting_key
from recon.money import from_cents
from recon.period import Period
from recon.policy import Policy
from recon.variances.model import Cell, Finding

PROPOSED = "proposed"
INSTRUCTION = "instruction"  # for a person in the owning module: the account takes no direct entries


@dataclass(frozen=True)
class Proposal:
    """One balanced entry and the finding it removes."""

    key: str
    finding: Finding
    kind: str
    journal: str
    posting_date: dt.date
    reversal_date: dt.date | None
    approval: str
    state: str
    notes: tuple[str, ...]


def key_of(finding: Finding, policy: Policy, period: Period) -> str:
    """The posting key of the entry that would remove the finding: the same on every machine and run."""
    company = policy.company
    lines = (*finding.expected_line_ids, *finding.actual_line_ids)
    fields = correction_fields(
        company.name,
        company.entity,
        finding.reconciliation,
        period=period.name,
        cause=finding.cause,
        line_ids=lines,
    )
    return posting_key(fields)


def propose(
    findings: Iterable[Finding], policy: Policy, period: Period, accounts: pl.DataFrame, modules: dict[str, str | None]
) -> list[Proposal]:
    """One proposal per finding with status `book`, by posting key.

    `modules` gives the Intacct module of ledger lines: what another module booked is approved singly.
    """
    facts = {row["account"]: row for row in accounts.iter_rows(named=True)}
    found = [_proposal(finding, policy, period, facts, modules) for finding in findings if finding.status == "book"]
    return sorted(found, key=lambda proposal: proposal.key)


def _proposal(
    finding: Finding,
    policy: Policy,
    period: Period,
    facts: dict[str, dict[str, object]],
    modules: dict[str, str | None],
) -> Proposal:
    check(
        sum(cents for _, cents in finding.cells) == 0, "a proposed entry does not balance", variance=finding.variance_id
    )
    touched = sorted({cell[0] for cell, _ in finding.cells})
    controls = [a for a in touched if facts.get(a, {}).get("control")]
    barred = [a for a in touched if facts.get(a, {}).get("direct_posting") is False]
    foreign = sorted({str(m) for i in finding.actual_line_ids if (m := modules.get(i)) and not _is_gl(m)})
    notes = [f"touches the control account {account}" for account in controls]
    notes += [f"account {account} takes no direct entries: make this change in its own module" for account in barred]
    notes += [f"the entry was made by module {module}" for module in foreign]
    accrual = finding.cause == "late_posted"
    own = finding.posting_date if finding.posting_date and period.has(finding.posting_date) else period.end
    reconciliation = policy.reconciliations[finding.reconciliation]  # type: ignore[index]
    return Proposal(
        key=key_of(finding, policy, period),
        finding=finding,
        kind="accrual" if accrual else "correction",
        journal=policy.adjustments.journal or reconciliation.journals[0],
        posting_date=period.end if accrual else own,
        reversal_date=period.end + dt.timedelta(days=1) if accrual else None,
        approval="single" if controls or foreign or barred else CAUSE[finding.cause].approval,
        state=INSTRUCTION if barred else PROPOSED,
        notes=tuple(notes),
    )


def _is_gl(module: str) -> bool:
    """True for the general ledger itself; Intacct writes it as `2.GL`."""
    return module.upper().removeprefix("2.") == "GL"


def dimensions_of(expected: pl.DataFrame) -> dict[Cell, dict[str, str | None]]:
    """Class, project and customer of the expected lines that carry any, per account and place."""
    names = ("class", "project", "customer")
    tagged = expected.filter(pl.any_horizontal(pl.col(names).is_not_null()))
    first = tagged.unique(["account", "location", "department"], keep="first", maintain_order=True)
    return {
        (row["account"], row["location"], row["department"]): {name: row[name] for name in names}
        for row in first.iter_rows(named=True)
    }


def adjustment_frames(
    proposals: Iterable[Proposal], dimensions: dict[Cell, dict[str, str | None]]
) -> dict[str, pl.DataFrame]:
    """ADJUSTMENTS and ADJUSTMENT_LINES of the proposals; `dimensions` are the source's own per cell."""
    heads, lines = [], []
    for proposal in proposals:
        finding = proposal.finding
        words = "; ".join(proposal.notes)
        heads.append(
            (
                proposal.key,
                proposal.kind,
                finding.cause,
                proposal.journal,
                proposal.posting_date,
                proposal.reversal_date,
                proposal.approval,
                proposal.state,
                [finding.variance_id],
                f"{finding.explanation} Note: {words}." if words else finding.explanation,
            )
        )
        for number, (cell, cents) in enumerate(finding.cells, start=1):
            more = dimensions.get(cell, {})
            lines.append(
                (
                    proposal.key,
                    number,
                    *cell,
                    more.get("class"),
                    more.get("project"),
                    more.get("customer"),
                    from_cents(cents),
                )
            )
    return {
        name: pl.DataFrame(rows, schema=blank(RESULT_FRAMES[name]).schema, orient="row")
        for name, rows in (("adjustments", heads), ("adjustment_lines", lines))
    }
