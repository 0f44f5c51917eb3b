"""The pure core, end to end: canonical frames and policy in, result frames out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from recon.adjustments import adjustment_frames, key_of, posting_keys, propose, search, standing_entries
from recon.canonical import Canonical
from recon.canonical.coverage import Coverage, cover
from recon.errors import ConfigError, check
from recon.expected import ExpectedLedger, derive_expected
from recon.frames import RESULT_FRAMES
from recon.matching import Limits, actual_slips, compares_department, expected_slips, match_entries
from recon.money import ZERO, from_cents, to_cents
from recon.period import Period
from recon.policy import RECONCILIATIONS, Policy
from recon.summary import Check, Headline, ReconciliationStatus, checks, headlines, pretax_effect, statuses
from recon.variances import (
    Explained,
    Finding,
    Surroundings,
    bridge,
    bridge_of,
    explain,
    in_transit,
    match_frames,
    open_items,
    tie_outs,
    variance_frames,
)
from recon.variances.model import Cell

__all__ = ["Check", "Headline", "Reconciled", "ReconciliationStatus", "reconcile", "reconcile_expected"]

_POSTED = "posted"
_PENDING = ("draft", "submitted", "partially approved", "approved")


@dataclass(frozen=True)
class Reconciled:
    """All that a run found: the result frames of `recon.frames.RESULT_FRAMES` and the first page."""

    period: Period
    frames: dict[str, pl.DataFrame]
    ledger: pl.DataFrame  # LEDGER: every line that was read, the population compared and the others
    checks: tuple[Check, ...]
    headlines: tuple[Headline, ...]
    statuses: tuple[ReconciliationStatus, ...]
    entries_count: int
    entries_debits: Decimal
    pretax_effect: Decimal  # + raises income
    asked: Decimal
    unexplained: Decimal


@dataclass(frozen=True)
class _Population:
    """The ledger lines by what they are for: compared and shown, searched, or left out."""

    posted: pl.DataFrame  # one book, posted, not statistical; margin included; with cents and in_period
    pending: pl.DataFrame  # drafts and entries that wait for approval


def _population(ledger: pl.DataFrame, policy: Policy, period: Period) -> _Population:
    lines = posting_keys(ledger).with_columns(
        cents=to_cents("amount"), in_period=pl.col("posting_date").is_between(period.start, period.end)
    )
    in_book = pl.col("book").fill_null(policy.company.book) == policy.company.book
    lines = lines.filter(in_book & ~pl.col("statistical").fill_null(value=False))
    state = pl.col("state").fill_null(_POSTED).str.to_lowercase()
    return _Population(
        lines.filter(state == _POSTED).with_columns(pending=pl.lit(value=False)),
        lines.filter(state.is_in(_PENDING)).with_columns(pending=pl.lit(value=True)),
    )


def reconcile(
    canonical: Canonical,
    policy: Policy,
    period: Period,
    *,
    only: Sequence[str] = (),
    as_of: dt.date | None = None,
) -> Reconciled:
    """Everything that differs between the sources and the ledger of one period, explained.

    `only` names the reconciliations to run (empty: all of the policy). `as_of` is the day from which
    ages count (None: the last day of the period).

    Raises: ConfigError for a reconciliation that the policy lacks; InvariantBroken if a line or a cent
    would be lost.
    """
    chosen = _chosen(only, policy)
    derived = derive_expected(canonical, policy, period, only=chosen)
    return reconcile_expected(derived, canonical, policy, period, only=chosen, as_of=as_of)


def reconcile_expected(
    derived: ExpectedLedger,
    canonical: Canonical,
    policy: Policy,
    period: Period,
    *,
    only: Sequence[str] = (),
    as_of: dt.date | None = None,
) -> Reconciled:
    """The same for expected lines that are already made: what ought to stand against what does."""
    chosen = _chosen(only, policy)
    day = as_of or period.end
    ledger = canonical.ledger.collect()
    population = _population(ledger, policy, period)
    coverage = cover(canonical, policy, period, population.posted, only=chosen)
    expected = _with_carried(derived.lines, canonical.open_items)
    within = expected.filter("in_period")
    explained = {
        name: _explain_one(name, expected, population.posted, canonical, policy, period, coverage) for name in chosen
    }
    findings = [finding for one in explained.values() for finding in one.findings]
    findings += _unbalanced(population.posted, policy, period)
    findings += _uncovered_days(coverage, findings, canonical, chosen)
    findings += _unmapped(derived.unmapped, findings, within, period)
    findings = [_booked_only_if_balanced(one) for one in findings]
    searched = search(findings, _standing(population, findings, explained, policy, period), lambda one: key_of(one, policy, period))
    kept = [one for one in searched.findings if one.cause != "unexpected" or not set(one.actual_line_ids) <= searched.adopted]
    compared = _compared(population.posted, policy, chosen, searched.adopted)
    return _assembled(
        canonical, policy, period, chosen, day, ledger, population, coverage, expected, explained, tuple(kept), compared
    )


def _chosen(only: Sequence[str], policy: Policy) -> tuple[str, ...]:
    unknown = [name for name in only if name not in policy.reconciliations]
    if unknown:
        raise ConfigError("the policy has no such reconciliation", wanted=", ".join(unknown), known=", ".join(policy.reconciliations))
    return tuple(name for name in RECONCILIATIONS if name in policy.reconciliations and (not only or name in only))


def _with_carried(lines: pl.DataFrame, carried: pl.DataFrame | None) -> pl.DataFrame:
    """Expected lines plus those that the period before left open, as lines outside the period."""
    if carried is None:
        return lines
    known = lines["line_id"].to_list()
    old = carried.filter((pl.col("side") == "expected") & ~pl.col("line_id").is_in(known))
    if old.is_empty():
        return lines
    added = old.with_columns(
        reconciliation=pl.col("line_id").str.split(":").list.first(),
        rule=pl.lit("carried"),
        source_ids=pl.lit([], pl.List(pl.String)),
        cents=to_cents("amount"),
        roles=pl.lit([], pl.List(pl.String)),
        unmapped=pl.lit(value=False),
        in_period=pl.lit(value=False),
    )
    return pl.concat([lines, added.select(lines.columns)]).sort("line_id")


def _explain_one(
    name: str, expected: pl.DataFrame, posted: pl.DataFrame, canonical: Canonical, policy: Policy, period: Period, coverage: Coverage
) -> Explained:
    """Match and explain one reconciliation: its expected lines against the journals that it owns."""
    journals = list(policy.reconciliations[name].journals)  # type: ignore[index]
    wanted = expected.filter(pl.col("reconciliation") == name)
    lines = posted.filter(pl.col("journal").is_in(journals))
    left = expected_slips(wanted)
    known = frozenset(document for slip in left for document in slip.documents)
    right = actual_slips(lines, known, reconciliation=name, by_department=compares_department(wanted))
    rounding = int(policy.tolerances.rounding * 100)
    limits = Limits(
        policy.tolerances.window_days,
        policy.tolerances.document_edits,
        rounding,
        min(posted["posting_date"].min() or period.start, period.start),  # type: ignore[type-var, arg-type]
        max(posted["posting_date"].max() or period.end, period.end),  # type: ignore[type-var, arg-type]
        coverage.uncovered[name],
    )
    around = Surroundings(
        period=period,
        entities=dict(canonical.locations.select("location", "entity").rows()),
        uncovered=coverage.uncovered[name],
        incomplete=coverage.incomplete[name],
        rejected_documents=coverage.rejected_documents[name],
        missing_source=_lacks_source(name, canonical),
        reversing=frozenset(lines.filter(pl.col("reverses").is_not_null())["line_id"].to_list()),
        window_days=policy.tolerances.window_days,
        rounding_cents=rounding,
        pass_below_cents=int(policy.materiality.pass_below * 100),
        accrue=policy.adjustments.cutoff == "accrue",
    )
    return explain(match_entries(left, right, limits), around)


def _lacks_source(name: str, canonical: Canonical) -> bool:
    return {"sales": canonical.sales, "deposits": canonical.deposits, "payroll": canonical.payroll}[name] is None


def _unbalanced(posted: pl.DataFrame, policy: Policy, period: Period) -> list[Finding]:
    """Ledger entries of the period whose lines do not sum to zero: used as they stand, and asked about."""
    margin = dt.timedelta(days=policy.period.margin_days)
    first, last = pl.col("posting_date").min(), pl.col("posting_date").max()
    entries = posted.group_by("entry_id").agg(
        pl.col("cents").sum(), pl.col("journal", "document", "posting_date").first(), pl.col("line_id").sort(),
        inside=pl.col("in_period").any() & (first > period.start - margin) & (last < period.end + margin),
    )  # fmt: skip
    off = entries.filter(pl.col("inside") & (pl.col("cents") != 0)).sort("entry_id")
    return [
        Finding(
            policy.reconciliation_of(row["journal"]) or "ledger", "unbalanced", "ask",
            f"Entry {row['entry_id']} of journal {row['journal']} is off by {from_cents(row['cents'])}; it was used as it stands.",
            row["posting_date"], row["document"], candidates=tuple(row["line_id"]),
        )
        for row in off.iter_rows(named=True)
    ]  # fmt: skip


def _uncovered_days(coverage: Coverage, findings: Sequence[Finding], canonical: Canonical, chosen: Sequence[str]) -> list[Finding]:
    """Store-days without sales in the source that no ledger line brought up either."""
    if "sales" not in chosen or canonical.sales is None:
        return []
    told = {
        (cell[1], one.posting_date) for one in findings if one.cause == "not_compared" and one.reconciliation == "sales" for cell, _ in one.cells
    }
    return [
        Finding("sales", "not_compared", "ask", f"No sales in the source for location {location} on {day:%Y-%m-%d}.", day, f"{location} {day:%Y-%m-%d}")
        for location, day in sorted(coverage.uncovered["sales"], key=str)
        if (location, day) not in told
    ]


def _unmapped(unmapped: pl.DataFrame, findings: Sequence[Finding], within: pl.DataFrame, period: Period) -> list[Finding]:
    """Documents with an event that no rule maps, where no difference of money has told it already."""
    if unmapped.is_empty():
        return []
    told = {(one.reconciliation, one.document) for one in findings if one.cause == "unmapped"}
    inside = unmapped.filter(pl.col("date").is_between(period.start, period.end))
    lines = within.group_by("reconciliation", "document").agg(pl.col("line_id").sort())
    rows = inside.group_by("reconciliation", "document", maintain_order=True).agg(pl.col("date").first(), pl.col("role").unique().sort())
    rows = rows.join(lines, on=["reconciliation", "document"], how="left").sort("reconciliation", "document")
    return [
        Finding(
            row["reconciliation"], "unmapped", "ask", f"No posting rule maps {', '.join(row['role'])} of {row['document']}; add one to the rules.",
            row["date"], row["document"], candidates=tuple(row["line_id"] or ()),
        )
        for row in rows.iter_rows(named=True)
        if (row["reconciliation"], row["document"]) not in told
    ]  # fmt: skip


def _booked_only_if_balanced(finding: Finding) -> Finding:
    """A correction that would not balance is asked about: no plug account takes the rest."""
    if finding.status not in ("book", "accepted") or not sum(cents for _, cents in finding.cells):
        return finding
    words = "The lines that differ do not balance by themselves, so no entry is proposed."
    return replace(finding, status="ask", also=(*finding.also, "unbalanced"), explanation=f"{finding.explanation} {words}")


def _standing(population: _Population, findings: Sequence[Finding], explained: dict[str, Explained], policy: Policy, period: Period) -> list:  # type: ignore[type-arg]
    """Entries that may already be a correction: foreign, pending, or without a document of their own."""
    used = {line for one in explained.values() for _, left, right in one.matched for line in (*left, *right)}
    used |= {line for one in findings if one.cause != "unexpected" for line in one.actual_line_ids}
    owned = [journal for name in explained for journal in policy.reconciliations[name].journals]  # type: ignore[index]
    # An entry of the next month in an owned journal is that month's business, unless it carries our key.
    stray = ~pl.col("in_period") & pl.col("journal").is_in(owned) & pl.col("posting_key").is_null()
    free = population.posted.filter(~pl.col("line_id").is_in(list(used)) & ~stray)
    return standing_entries(pl.concat([free, population.pending]), period)


def _compared(posted: pl.DataFrame, policy: Policy, chosen: Sequence[str], adopted: frozenset[str]) -> pl.DataFrame:
    """The lines of the period that a reconciliation owns, by journal or as a correction found elsewhere."""
    owner = {journal: name for name in chosen for journal in policy.reconciliations[name].journals}  # type: ignore[index]
    owned = posted.filter("in_period").with_columns(reconciliation=pl.col("journal").replace_strict(owner, default=None, return_dtype=pl.String))
    return owned.filter(pl.col("reconciliation").is_not_null() | pl.col("line_id").is_in(list(adopted)))


def _assembled(
    canonical: Canonical, policy: Policy, period: Period, chosen: tuple[str, ...], as_of: dt.date, ledger: pl.DataFrame,
    population: _Population, coverage: Coverage, expected: pl.DataFrame, explained: dict[str, Explained],
    findings: tuple[Finding, ...], compared: pl.DataFrame,
) -> Reconciled:  # fmt: skip
    """The frames and the first page of everything that was found."""
    within = expected.filter("in_period")
    carried = canonical.open_items
    first_seen = dict(carried.select("line_id", "first_seen").rows()) if carried is not None else {}
    cents = dict(pl.concat([expected.select("line_id", "cents"), population.posted.select("line_id", "cents")]).rows())
    frames = variance_frames(findings, dict(within.select("line_id", "source_ids").rows()), first_seen, as_of)
    frames |= match_frames([(name, match) for name, one in explained.items() for match in one.matched], cents)
    frames["expected"] = within.select(RESULT_FRAMES["expected"].column_names())
    frames["bridge"] = _bridges(population, compared, within, findings, canonical, chosen, policy)
    frames["tie_outs"] = tie_outs(canonical, policy, period)
    modules = dict(population.posted.select("line_id", "module").rows())
    proposals = propose(findings, policy, period, canonical.accounts, modules)
    frames |= adjustment_frames(proposals, _dimensions(within))
    frames["open_items"] = open_items(
        findings, expected, population.posted, _transit(canonical, policy, period, within), carried, as_of=as_of, closed=_closed(findings, carried)
    )
    frames["rejects"] = canonical.rejected.select(RESULT_FRAMES["rejects"].column_names()).sort("source", "row", "field", nulls_last=True)
    ordered = {name: frames[name] for name in RESULT_FRAMES}
    missing = frozenset(name for name in chosen if _lacks_source(name, canonical))
    lines = ordered["adjustment_lines"]
    debits = lines.filter(pl.col("amount") > 0)["amount"].sum()
    gap = ordered["bridge"].filter((pl.col("row") == "I") & pl.col("reconciliation").is_null())["amount"].abs().sum()
    return Reconciled(
        period=period,
        frames=ordered,
        ledger=ledger,
        checks=checks(ordered["bridge"], canonical, coverage, findings, lines, chosen),
        headlines=headlines(within, compared, findings),
        statuses=statuses(chosen, within, explained, findings, missing),
        entries_count=ordered["adjustments"].height,
        entries_debits=Decimal(debits) if debits else ZERO,
        pretax_effect=pretax_effect(lines, canonical.accounts),
        asked=from_cents(sum(one.gross for one in findings if one.status in ("ask", "source"))),
        unexplained=Decimal(gap) if gap else ZERO,
    )


def _bridges(
    population: _Population, compared: pl.DataFrame, within: pl.DataFrame, findings: tuple[Finding, ...], canonical: Canonical,
    chosen: Sequence[str], policy: Policy,
) -> pl.DataFrame:  # fmt: skip
    """The bridge over everything, then one per reconciliation; a cent that no row explains is our bug."""
    activity = population.posted.filter("in_period")
    whole = bridge(activity, frozenset(compared["line_id"].to_list()), within, findings, canonical.balances)
    parts = [whole]
    for name in chosen:
        own = compared.filter(pl.col("journal").is_in(list(policy.reconciliations[name].journals)))  # type: ignore[index]
        adopted = {line for one in findings if one.reconciliation == name for line in one.actual_line_ids}
        ids = frozenset(own["line_id"].to_list()) | (adopted & set(compared["line_id"].to_list()))
        mine = within.filter(pl.col("reconciliation") == name)
        parts.append(bridge_of(name, activity, ids, mine, findings))
    lost = whole.filter((pl.col("row") == "I") & (pl.col("amount") != 0))
    named = sum(one.gross for one in findings if one.cause == "unexplained")
    check(lost.is_empty() or named > 0, "the bridge does not close", cells=lost.select("account", "location", "amount").rows()[:5])
    return pl.concat(parts)


def _dimensions(expected: pl.DataFrame) -> dict[Cell, dict[str, str | None]]:
    """Class, project and customer of the expected lines, where a cell has just one of each."""
    tagged = expected.filter(pl.any_horizontal(pl.col("class", "project", "customer").is_not_null()))
    return {
        (row["account"], row["location"], row["department"]): {name: row[name] for name in ("class", "project", "customer")}
        for row in tagged.unique(["account", "location", "department"], keep="first", maintain_order=True).iter_rows(named=True)
    }


def _transit(canonical: Canonical, policy: Policy, period: Period, within: pl.DataFrame) -> pl.DataFrame:
    """Batches in transit with their clearing account: the one that deposits of their group credit."""
    waiting = in_transit(canonical, policy, period)
    if waiting.is_empty():
        return waiting
    clearing = {
        group: next((r.account for r in policy.rules if r.source == "deposits" and r.measure == "sales" and (not r.match.get("group") or group in r.match["group"])), "?")
        for group in ("card", "amex")
    }
    account = pl.col("group").replace_strict(clearing, default="?", return_dtype=pl.String)
    return waiting.with_columns(account=account, currency=pl.lit(policy.company.currency))


def _closed(findings: Sequence[Finding], carried: pl.DataFrame | None) -> frozenset[str]:
    """Ids of carried lines that this period settled: their document is in the ledger now."""
    if carried is None:
        return frozenset()
    return frozenset(line for one in findings if one.status in ("timing", "info") for line in (*one.candidates, *one.expected_line_ids))
