"""Page one: whose books, how each reconciliation stands, what was tested, what is to be booked.

The same facts in the same order open the page, the PDF and the workbook.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from recon.found import Check, Headline, ReconciliationStatus
from recon.money import accounting
from recon.reporting.model import RunRecord
from recon.reporting.views import drafts, population
from recon.reporting.words import EFFECT_LEGEND, count, moment, money, sentence

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FirstPage:
    """What a controller reads before anything else."""

    company: str
    title: str
    conclusion: str
    is_clean: bool
    identity: Pairs
    filters: Pairs
    statuses: tuple[ReconciliationStatus, ...]
    checks: tuple[Check, ...]
    headlines: tuple[Headline, ...]
    entries: Pairs
    policy: Pairs
    judgement: str
    effect_note: str


def first_page(record: RunRecord) -> FirstPage:
    """Page one of the run."""
    period = record.found.period
    company = record.policy.company
    return FirstPage(
        company=company.name,
        title=f"Reconciliation {period.name}",
        conclusion=conclusion(record),
        is_clean=is_clean(record),
        identity=(
            ("Entity", company.entity or company.name),
            ("Period", f"{period.start} to {period.end}"),
            ("Book", f"{company.book}, {company.currency}"),
            ("Prepared by", record.prepared_by),
            ("Prepared at", moment(record.prepared_at)),
            ("Run", record.run_id),
        ),
        filters=filters(record),
        statuses=record.found.statuses,
        checks=record.found.checks,
        headlines=record.found.headlines,
        entries=entries(record),
        policy=policy_used(record),
        judgement=judgement(record),
        effect_note=effect_note(record),
    )


def is_clean(record: RunRecord) -> bool:
    """True if every reconciliation is explained, no control failed and nothing is to be booked, posted or asked."""
    found = record.found
    waiting = found.frames["variances"]["status"].is_in(["book", "ask"]).any()
    explained = all(status.status == "explained" for status in found.statuses)
    held = all(check.passed is not False for check in found.checks)
    return explained and held and not waiting and found.entries_count == 0 and not drafts(record)[0]


def conclusion(record: RunRecord) -> str:
    """How the period stands, in a few sentences."""
    found = record.found
    open_names = [status.name for status in found.statuses if status.status == "open"]
    blind_names = [sentence(status.name) for status in found.statuses if status.status == "not compared"]
    parts = []
    if not open_names and not blind_names:
        parts.append("Every reconciliation is explained.")
    if open_names:
        parts.append(f"Still open: {_listed(open_names)}.")
    if blind_names:
        parts.append(f"{_listed(blind_names)} could not be compared in full: a source is missing.")
    failed = sum(check.passed is False for check in found.checks)
    parts.append(f"{count(failed, 'check')} of {len(found.checks)} failed." if failed else "No check failed.")
    parts.append(
        f"{count(found.entries_count, 'entry', 'entries')} to book, {accounting(found.entries_debits)} in debits."
        if found.entries_count
        else "Nothing is to be booked."
    )
    waiting, amount = drafts(record)
    if waiting:
        noun = count(waiting, "draft entry", "draft entries")
        parts.append(f"{noun} of amount {accounting(amount)} {'waits' if waiting == 1 else 'wait'} to be posted.")
    return " ".join(parts)


def _listed(names: list[str]) -> str:
    """The names as a list in a sentence: a, b and c."""
    head, last = names[:-1], names[-1]
    return f"{', '.join(head)} and {last[0].lower()}{last[1:]}" if head else last


def filters(record: RunRecord) -> Pairs:
    """Which ledger lines were compared and how many were left out, with the reason."""
    lines = population(record)
    company, period = record.policy.company, record.found.period
    outside = sum(file.rows_outside for file in record.files)
    return (
        ("Compared", f"book {company.book}, state Posted, not statistical, dated {period.start} to {period.end}"),
        ("Ledger lines read", f"{lines.read:,}"),
        ("Ledger lines compared", f"{lines.compared:,}"),
        ("In the margin around the period", f"{lines.margin:,} (candidates only, never variances)"),
        ("Draft or submitted", f"{lines.pending:,} (searched before an entry is proposed)"),
        ("In another book", f"{lines.other_book:,}"),
        ("Statistical", f"{lines.statistical:,}"),
        ("Source rows rejected", f"{record.found.frames['rejects'].height:,}"),
        ("Source rows outside the margin", f"{outside:,} (not used)"),
    )


def entries(record: RunRecord) -> Pairs:
    """The proposed entries in figures."""
    found = record.found
    waiting, amount = drafts(record)
    return (
        ("Entries to book", f"{found.entries_count:,}"),
        ("Debits", accounting(found.entries_debits)),
        ("Effect on pre-tax income, +/(−)", accounting(found.pretax_effect)),
        *((("Waits as drafts", accounting(amount)),) if waiting else ()),
        ("Asked", accounting(found.asked)),
        ("Unexplained", accounting(found.unexplained)),
        ("Materiality", accounting(record.policy.materiality.overall)),
    )


def judgement(record: RunRecord) -> str:
    """What is asked and unexplained, held against materiality."""
    found = record.found
    overall = record.policy.materiality.overall
    sums = f"Asked {accounting(found.asked)} and unexplained {accounting(found.unexplained)}"
    if not overall:
        return f"{sums}. Policy sets no materiality, so every cent counts."
    open_amount: Decimal = found.asked + found.unexplained
    side = "exceed" if open_amount > overall else "stay within"
    return f"{sums} together {side} materiality of {accounting(overall)}."


def effect_note(record: RunRecord) -> str:
    """How the effect on pre-tax income reads, and by what its accounts were chosen if the chart does not say."""
    lines = record.found.frames["adjustment_lines"].select("account").unique()
    chart = record.accounts.select("account", "type").drop_nulls()
    if lines.join(chart, on="account", how="anti").is_empty():
        return EFFECT_LEGEND
    return f"{EFFECT_LEGEND} Income accounts by account number (4000 and above): the chart gives no types."


def policy_used(record: RunRecord) -> Pairs:
    """The policy and the tolerances under which the run was made."""
    policy = record.policy
    journals = "; ".join(f"{name}: {', '.join(one.journals)}" for name, one in policy.reconciliations.items())
    lags = ", ".join(f"{brand} {lag}" for brand, lag in sorted(policy.funding.lag_days.items()))
    tolerances, funding = policy.tolerances, policy.funding
    return (
        ("Policy digest", f"{record.policy_digest[:16]}…"),
        ("Posting rules", f"{len(policy.rules):,}"),
        ("Journals", journals),
        ("Date window", f"{count(tolerances.window_days, 'calendar day')}, entries without a document"),
        ("Document numbers", f"up to {count(tolerances.document_edits, 'edit')} apart"),
        ("Rounding", f"up to {money(tolerances.rounding)} a line; always listed, never hidden"),
        ("Passed below", money(policy.materiality.pass_below)),
        ("Late postings", {"carry": "carried: no entry, timing", "accrue": "accrued"}[policy.adjustments.cutoff]),
        ("Margin", count(policy.period.margin_days, "day")),
        (
            "Card batches",
            f"close at {funding.cutoff} store time, arrive after {count(funding.default_lag_days, 'business day')}",
        ),
        ("Other funding lags", lags or "none"),
        ("Bank calendar", policy.calendar.bank),
        ("Version", f"recon {record.version}"),
    )
