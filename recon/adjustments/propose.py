"""Proposed entries: for each variance that asks for booking, the balanced lines that remove it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from recon.adjustments.tags import TaggedLine, Tagging
from recon.errors import check
from recon.frames import CAUSE, RESULT_FRAMES, blank
from recon.identity import correction_fields, posting_key
from recon.money import from_cents
from recon.period import Period
from recon.policy import Policy
from recon.variances.model import Finding

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
    lines: tuple[TaggedLine, ...]
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


@dataclass(frozen=True)
class _Books:
    """What the proposals of a run are made by."""

    policy: Policy
    period: Period
    accounts: Mapping[str, Mapping[str, Any]]  # rows of ACCOUNTS by account
    modules: Mapping[str, str]  # which module made a ledger line
    tagging: Tagging


def propose(
    findings: Iterable[Finding],
    policy: Policy,
    period: Period,
    accounts: pl.DataFrame,
    *,
    expected: pl.DataFrame,
    posted: pl.DataFrame,
) -> list[Proposal]:
    """One proposal per finding with status `book`, by posting key.

    `accounts` is ACCOUNTS, `expected` EXPECTED, `posted` LEDGER: their lines say class, project and customer, and
    which Intacct module made them. What another module booked is approved singly.
    """
    booked = [finding for finding in findings if finding.status == "book"]
    wanted = [line for one in booked for line in one.expected_line_ids]
    standing = [line for one in booked for line in one.actual_line_ids]
    made = posted.filter(pl.col("line_id").is_in(standing) & pl.col("module").is_not_null())
    books = _Books(
        policy,
        period,
        {row["account"]: row for row in accounts.iter_rows(named=True)},
        dict(made.select("line_id", "module").iter_rows()),
        Tagging.of(expected, posted, wanted, standing),
    )
    return sorted((_proposal(finding, books) for finding in booked), key=lambda proposal: proposal.key)


def _proposal(finding: Finding, books: _Books) -> Proposal:
    policy, period = books.policy, books.period
    check(
        sum(cents for _, cents in finding.cells) == 0, "a proposed entry does not balance", variance=finding.variance_id
    )
    touched = sorted({cell[0] for cell, _ in finding.cells})
    controls = [a for a in touched if books.accounts.get(a, {}).get("control")]
    barred = [a for a in touched if books.accounts.get(a, {}).get("direct_posting") is False]
    foreign = sorted({m for i in finding.actual_line_ids if (m := books.modules.get(i)) and not _is_gl(m)})
    tagged = books.tagging.lines(finding.cells, finding.expected_line_ids, finding.actual_line_ids)
    notes = [f"touches the control account {account}" for account in controls]
    notes += [f"account {account} takes no direct entries: make this change in its own module" for account in barred]
    notes += [f"the entry was made by module {module}" for module in foreign]
    notes += tagged.notes
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
        approval="single" if notes else CAUSE[finding.cause].approval,
        state=INSTRUCTION if barred else PROPOSED,
        lines=tagged.lines,
        notes=tuple(notes),
    )


def _is_gl(module: str) -> bool:
    """True for the general ledger itself; Intacct writes it as `2.GL`."""
    return module.upper().removeprefix("2.") == "GL"


def adjustment_frames(proposals: Iterable[Proposal]) -> dict[str, pl.DataFrame]:
    """ADJUSTMENTS and ADJUSTMENT_LINES of the proposals."""
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
        lines += [
            (proposal.key, number, *line.cell, *line.tags, from_cents(line.cents))
            for number, line in enumerate(proposal.lines, start=1)
        ]
    return {
        name: pl.DataFrame(rows, schema=blank(RESULT_FRAMES[name]).schema, orient="row")
        for name, rows in (("adjustments", heads), ("adjustment_lines", lines))
    }
