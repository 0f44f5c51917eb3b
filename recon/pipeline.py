"""The pure core, end to end: canonical frames and policy in, result frames out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from recon.adjustments import (
    Proposal,
    Standing,
    adjustment_frames,
    key_of,
    propose,
    search,
    standing_entries,
)
from recon.canonical import Canonical
from recon.canonical.coverage import Coverage, cover
from recon.canonical.population import Population, populate
from recon.errors import ConfigError, check
from recon.expected import ExpectedLedger, derive_expected
from recon.found import Check, Headline, Reconciled, ReconciliationStatus
from recon.frames import RESULT_FRAMES
from recon.matching import Limits, Runner, Slips, actual_slips, compares_department, expected_slips, match_entries
from recon.matching.decided import Effective, decide_slips, effective
from recon.money import ZERO, from_cents
from recon.period import Period
from recon.policy import RECONCILIATIONS, Policy, proved_accounts
from recon.summary import checks, headlines, pretax_effect, statuses
from recon.variances import (
    Explained,
    Finding,
    Surroundings,
    booked_only_if_balanced,
    bridge,
    bridge_of,
    carried_postings,
    carry_in,
    changed_records,
    changed_since,
    compared_by_subject,
    corrects_earlier,
    days_without_sales,
    earlier_errors,
    explain,
    in_transit,
    known_corrections,
    match_frames,
    open_items,
    passed_below,
    passed_over,
    prior_period,
    proofs,
    still_uncorrected,
    tie_outs,
    unbalanced_entries,
    uncorrected_of,
    unexplained_departments,
    unmapped_documents,
    variance_frames,
)
from recon.variances.decided import Reading, decisions_check, noted_groups, rule

__all__ = ["Check", "Headline", "Reconciled", "ReconciliationStatus", "reconcile", "reconcile_expected"]


@dataclass(frozen=True)
class _Case:
    """What one run compares: the same for every step after the expected ledger is made."""

    canonical: Canonical
    policy: Policy
    period: Period
    chosen: tuple[str, ...]
    as_of: dt.date
    ledger: pl.DataFrame
    population: Population
    coverage: Coverage
    expected: pl.DataFrame  # EXPECTED plus working columns, margin and carried lines included
    decisions: Effective  # what people decided and nobody took back
    runner: Runner | None = None  # runs what is matched part by part; None: this process

    @property
    def within(self) -> pl.DataFrame:
        """The expected lines of the period itself."""
        return self.expected.filter("in_period")

    def lacks_source(self, name: str) -> bool:
        """True where nothing at all was read for a reconciliation: no file, or none with a row near the period."""
        frames = self.canonical
        source = {"sales": frames.sales, "deposits": frames.deposits, "payroll": frames.payroll}[name]
        return source is None or source.limit(1).collect().is_empty()


def reconcile(
    canonical: Canonical,
    policy: Policy,
    period: Period,
    *,
    only: Sequence[str] = (),
    as_of: dt.date | None = None,
    runner: Runner | None = None,
) -> Reconciled:
    """Everything that differs between the sources and the ledger of one period, explained.

    `only` names the reconciliations to run (empty: all of the policy). `as_of` is the day from which
    ages count (None: the last day of the period). `runner` runs the parts of a match (None: this process).

    Raises: ConfigError for a reconciliation that the policy lacks; InvariantBroken if a line or a cent
    would be lost.
    """
    derived = derive_expected(canonical, policy, period, only=_chosen(only, policy))
    return reconcile_expected(derived, canonical, policy, period, only=only, as_of=as_of, runner=runner)


def reconcile_expected(
    derived: ExpectedLedger,
    canonical: Canonical,
    policy: Policy,
    period: Period,
    *,
    only: Sequence[str] = (),
    as_of: dt.date | None = None,
    runner: Runner | None = None,
) -> Reconciled:
    """The same for expected lines that are already made: what ought to stand against what does."""
    case = replace(_case(derived, canonical, policy, period, _chosen(only, policy), as_of or period.end), runner=runner)
    explained = {name: _explain_one(name, case) for name in case.chosen}
    found = [finding for one in explained.values() for finding in one.findings]
    found += unbalanced_entries(case.population.posted, policy, period)
    if "sales" in case.chosen and not case.lacks_source("sales"):
        found += days_without_sales(case.coverage.uncovered["sales"], found)
    found += changed_records(canonical.changed, case.within, case.population.posted, case.chosen)
    transit = _with_clearing(in_transit(canonical, policy, period), policy)
    activity = case.population.posted.filter("in_period")
    subjects = compared_by_subject(case.chosen, case.within, activity, canonical, policy, waiting=transit)
    found += changed_since(canonical.signed, subjects)
    found += unmapped_documents(derived.unmapped, found, case.within, period)
    known = known_corrections(canonical.prior, case.population.posted)
    found = corrects_earlier(found, known, case.population.posted)
    found = [booked_only_if_balanced(one) for one in found]
    searched = search(
        found,
        _standing(case, found, explained),
        lambda one: key_of(one, policy, period),
        without_departments=[name for name, one in explained.items() if not one.by_department],
        is_apart=_told_apart(case),
    )
    compared = _compared(case, searched.adopted, explained)
    left = [
        one
        for one in searched.findings
        if one.cause != "unexpected" or not set(one.actual_line_ids) <= searched.adopted
    ]
    threshold = int(policy.materiality.pass_below * 100)
    left = [passed_below(one, threshold) for one in left]
    ruled = rule([*left, *_departments(case, explained, left, compared)], case.decisions)
    findings = prior_period(ruled.findings, canonical.signed, period)
    explained = {
        name: replace(one, matched=noted_groups(one.matched, case.decisions)) for name, one in explained.items()
    }
    posted = case.population.posted
    proposals = propose(findings, policy, period, canonical.accounts, expected=case.within, posted=posted)
    frames = _frames(case, explained, findings, compared, proposals, transit=transit)
    page = replace(_first_page(case, explained, findings, compared, frames), compared=subjects)
    decided = _decisions_check(case, explained, ruled.refused, frames["matches"])
    return page if decided is None else replace(page, checks=(*page.checks, decided))


def _chosen(only: Sequence[str], policy: Policy) -> tuple[str, ...]:
    unknown = [name for name in only if name not in policy.reconciliations]
    if unknown:
        raise ConfigError(
            "the policy has no such reconciliation", wanted=", ".join(unknown), known=", ".join(policy.reconciliations)
        )
    return tuple(name for name in RECONCILIATIONS if name in policy.reconciliations and (not only or name in only))


def _case(  # noqa: PLR0917
    derived: ExpectedLedger,
    canonical: Canonical,
    policy: Policy,
    period: Period,
    chosen: tuple[str, ...],
    as_of: dt.date,
) -> _Case:
    ledger = canonical.ledger.collect()
    # A posting that came too early was read last period: its document is still to come.
    population = populate(pl.concat([ledger, carried_postings(canonical.open_items, ledger)]), policy, period)
    coverage = cover(canonical, policy, period, population.posted, only=chosen)
    expected = carry_in(derived.lines, canonical.open_items)
    decisions = effective(canonical.decisions)
    return _Case(canonical, policy, period, chosen, as_of, ledger, population, coverage, expected, decisions)


def _explain_one(name: str, case: _Case) -> Explained:
    """Match and explain one reconciliation: its expected lines against the journals that it owns."""
    policy, period, posted = case.policy, case.period, case.population.posted
    wanted = case.expected.filter(pl.col("reconciliation") == name)
    lines = posted.filter(pl.col("journal").is_in(policy.journals_of(name)))
    by_department = compares_department(wanted) and compares_department(lines)
    left = expected_slips(wanted, by_department=by_department)
    known = frozenset(left.frame["document"].drop_nulls().to_list())
    foreign = _chosen_elsewhere(case, wanted)
    right = actual_slips(pl.concat([lines, foreign]), known, reconciliation=name, by_department=by_department)
    decided = decide_slips(case.decisions, left, right)
    right = _without_bystanders(right, foreign, {slip.key for group in decided.forced for slip in group.actual})
    limits = limits_of(policy, period, posted, case.coverage.uncovered[name])
    around = Surroundings(
        period=period,
        entities=dict(case.canonical.locations.select("location", "entity").rows()),
        uncovered=case.coverage.uncovered[name],
        incomplete=case.coverage.incomplete[name],
        rejected_documents=case.coverage.rejected_documents[name],
        missing_source=case.lacks_source(name),
        reversing=frozenset(lines.filter(pl.col("reverses").is_not_null())["line_id"].to_list()),
        window_days=policy.tolerances.window_days,
        rounding_cents=limits.rounding_cents,
        accrue=policy.adjustments.cutoff == "accrue",
    )
    noted = frozenset(line for one in case.decisions.of("note", "assign") for line in one.lines)
    matches = match_entries(left, right, limits, decided=decided, noted=noted, runner=case.runner)
    return replace(explain(matches, around), decided=decided, by_department=by_department)


def limits_of(
    policy: Policy, period: Period, posted: pl.DataFrame, uncovered: frozenset[tuple[str | None, dt.date]]
) -> Limits:
    """How far apart the policy lets two slips be, over the days for which ledger lines were read."""
    days = [period.start, period.end, *posted["posting_date"].unique().to_list()]
    tolerances = policy.tolerances
    rounding = int(tolerances.rounding * 100)
    return Limits(tolerances.window_days, tolerances.document_edits, rounding, min(days), max(days), uncovered)


def _chosen_elsewhere(case: _Case, wanted: pl.DataFrame) -> pl.DataFrame:
    """Posted entries of journals that no reconciliation owns, of which a person matched a line with these documents."""
    ids = frozenset(wanted["line_id"].to_list()) if case.decisions.of("match") else frozenset()
    named = [line for one in case.decisions.of("match") if ids.issuperset(one.expected) for line in one.actual]
    posted = case.population.posted
    free = posted.filter(~pl.col("journal").is_in(case.policy.journals_of(*case.policy.reconciliations)))
    entries = free.filter(pl.col("line_id").is_in(named))["entry_id"].unique()
    return free.filter(pl.col("entry_id").is_in(entries.implode()))


def _without_bystanders(slips: Slips, foreign: pl.DataFrame, chosen: set[str]) -> Slips:
    """The slips without those parts of foreign entries that nobody chose."""
    if foreign.is_empty():
        return slips
    bystanders = slips.holding(foreign["line_id"]).filter(~pl.col("key").is_in(chosen))["key"]
    return slips.only(~slips.frame["key"].is_in(bystanders.implode()))


def _told_apart(case: _Case) -> Callable[[Finding, Standing], bool]:
    """Whether a person said that an entry of the ledger has nothing to do with the documents of a finding."""
    rejected = case.decisions.rejected()
    left, right = [wanted for wanted, _ in rejected], [found for _, found in rejected]
    documents = dict(case.expected.filter(pl.col("line_id").is_in(left)).select("line_id", "entry_id").rows())
    entries = dict(case.ledger.filter(pl.col("line_id").is_in(right)).select("line_id", "entry_id").rows())
    apart = frozenset((documents.get(wanted), entries.get(found)) for wanted, found in rejected)
    mine = case.expected.filter(pl.col("entry_id").is_in([*documents.values()]))
    document_of = dict(mine.select("line_id", "entry_id").rows())
    return lambda finding, entry: any(
        line in document_of and (document_of[line], entry.entry_id) in apart for line in finding.expected_line_ids
    )


def _decisions_check(
    case: _Case, explained: dict[str, Explained], refused: Sequence[str], matches: pl.DataFrame
) -> Check | None:
    """The control of people's decisions: all carried out, or which were not and why; None without any."""
    if not case.decisions.standing and not case.decisions.overruled:
        return None
    lines = [case.expected.select("line_id", "in_period")]
    days = pl.col("posting_date").is_between(case.period.start, case.period.end)
    lines.append(case.ledger.select("line_id", in_period=days))
    every = pl.concat(lines)
    others = (name for name in RECONCILIATIONS if name not in case.chosen)
    reading = Reading(
        begins=case.period.start,
        known=frozenset(every["line_id"].to_list()),
        inside=frozenset(every.filter("in_period")["line_id"].to_list()),
        matched=frozenset(matches["line_id"].to_list()),
        left_out=tuple(f"{name}:" for name in others),
    )
    return decisions_check(
        case.decisions,
        reading,
        applied=frozenset(one for each in explained.values() for one in each.decided.applied),
        overruled=[one for each in explained.values() for one in each.decided.overruled],
        refused=refused,
    )


def _standing(case: _Case, findings: Sequence[Finding], explained: dict[str, Explained]) -> list[Standing]:
    """Entries that may already be a correction: foreign, pending, or without a document of their own."""
    used = {line for one in explained.values() for _, left, right in one.matched for line in (*left, *right)}
    used |= {line for one in findings if one.cause != "unexpected" for line in one.actual_line_ids}
    agreed = pl.concat([one.agreed.select(line_id=pl.col("actual_ids").explode()) for one in explained.values()])
    owned = pl.col("journal").is_in(case.policy.journals_of(*case.chosen))
    # An entry of the next month in an owned journal is that month's business, unless it carries our key.
    stray = ~pl.col("in_period") & owned & pl.col("posting_key").is_null()
    free = case.population.posted.filter(~pl.col("line_id").is_in(list(used)) & ~stray)
    free = free.join(agreed, on="line_id", how="anti", maintain_order="left")
    # What corrects an earlier period corrects nothing of this one.
    free = free.filter(~pl.col("posting_key").is_in([one.key for one in case.canonical.prior]).fill_null(value=False))
    return standing_entries(pl.concat([free, case.population.pending]).with_columns(owned=owned), case.period)


def _compared(case: _Case, adopted: frozenset[str], explained: dict[str, Explained]) -> pl.DataFrame:
    """The lines of the period that a reconciliation owns: by journal, by a person's choice, or as a correction."""
    owner = {journal: name for name in case.chosen for journal in case.policy.journals_of(name)}
    name = pl.col("journal").replace_strict(owner, default=None, return_dtype=pl.String)
    for reconciliation, one in explained.items():
        if one.chosen:
            name = pl.when(pl.col("line_id").is_in([*one.chosen])).then(pl.lit(reconciliation)).otherwise(name)
    lines = case.population.posted.filter("in_period").with_columns(reconciliation=name)
    return lines.filter(pl.col("reconciliation").is_not_null() | pl.col("line_id").is_in(list(adopted)))


def _owned(name: str, compared: pl.DataFrame, findings: Sequence[Finding]) -> pl.DataFrame:
    """Those of the compared lines that one reconciliation owns, the corrections that its findings name included."""
    adopted = {line for one in findings if one.reconciliation == name for line in one.actual_line_ids}
    return compared.filter((pl.col("reconciliation") == name) | pl.col("line_id").is_in(list(adopted)))


def _departments(
    case: _Case, explained: dict[str, Explained], findings: Sequence[Finding], compared: pl.DataFrame
) -> list[Finding]:
    """What differs between departments and no finding tells, of reconciliations that compare them."""
    found = []
    for name in (name for name, one in explained.items() if one.by_department):
        mine = case.within.filter(pl.col("reconciliation") == name)
        found += unexplained_departments(name, mine, _owned(name, compared, findings), findings)
    return found


def _frames(
    case: _Case,
    explained: dict[str, Explained],
    findings: tuple[Finding, ...],
    compared: pl.DataFrame,
    proposals: Sequence[Proposal],
    *,
    transit: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """The published frames, in the order of their contract."""
    canonical, posted, within = case.canonical, case.population.posted, case.within
    carried = canonical.open_items
    first_seen = dict(carried.select("line_id", "first_seen").rows()) if carried is not None else {}
    cents = pl.concat([case.expected.select("line_id", "cents"), posted.select("line_id", "cents")])
    told = [line for one in findings for line in one.expected_line_ids]
    sources = dict(within.filter(pl.col("line_id").is_in(told)).select("line_id", "source_ids").rows())
    rejects = canonical.rejected.select(RESULT_FRAMES["rejects"].column_names())
    items = open_items(
        findings, case.expected, posted, transit, carried, as_of=case.as_of, funded=_funded(canonical, case.period),
        corrected=[line for one in known_corrections(canonical.prior, posted) for line in one.settles],
    )  # fmt: skip
    frames = {
        "expected": within.select(RESULT_FRAMES["expected"].column_names()),
        "bridge": _bridges(case, compared, findings, items),
        "tie_outs": tie_outs(canonical, case.policy, case.period),
        "open_items": items,
        "rejects": rejects.sort("source", "row", "field", nulls_last=True),
    }
    frames |= variance_frames(findings, sources, first_seen, case.as_of)
    frames["uncorrected"] = _uncorrected(case, frames)
    frames |= match_frames(explained, cents)
    frames |= adjustment_frames(proposals)
    return {name: frames[name] for name in RESULT_FRAMES}


def _uncorrected(case: _Case, frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """UNCORRECTED: what earlier periods of the year left and nothing settled, then what this one lets pass."""
    variances, lines = frames["variances"], frames["variance_lines"]
    own = uncorrected_of(passed_over(variances), variances, lines, case.canonical.accounts, case.period)
    before, items = case.canonical.uncorrected, case.canonical.open_items
    if before is None:
        return own
    settled = [] if items is None else items.join(frames["open_items"], on="line_id", how="anti")["line_id"].to_list()
    return pl.concat([still_uncorrected(before, settled).sort("period_end", maintain_order=True), own])


def _funded(canonical: Canonical, period: Period) -> list[str]:
    """The batches whose deposit arrived by the end of the period; what the processor holds back did not arrive."""
    if canonical.deposits is None:
        return []
    paid = (pl.col("group") != "reserve").fill_null(value=True)
    by_then = canonical.deposits.filter(paid & (pl.col("deposit_date") <= period.end))
    arrived = by_then.select("batch_id").unique().collect()
    return arrived["batch_id"].drop_nulls().sort().to_list()


def _bridges(case: _Case, compared: pl.DataFrame, findings: tuple[Finding, ...], items: pl.DataFrame) -> pl.DataFrame:
    """The bridge over everything with its proofs, then one per reconciliation; a cent that no row explains is our bug.

    `items` are the OPEN_ITEMS of the period.
    """
    activity = case.population.posted.filter("in_period")
    ids = frozenset(compared["line_id"].to_list())
    whole = bridge(activity, ids, case.within, findings, case.canonical.balances)
    lost = whole.filter((pl.col("row") == "I") & (pl.col("amount") != 0))
    check(lost.is_empty(), "the bridge does not close", cells=lost.select("account", "location").rows()[:5])
    parts = [whole, _proofs(case, whole, items, findings)]
    for name in case.chosen:
        owned = _owned(name, compared, findings)
        mine = case.within.filter(pl.col("reconciliation") == name)
        parts.append(bridge_of(name, activity, frozenset(owned["line_id"].to_list()), mine, findings))
    return pl.concat(parts)


def _proofs(case: _Case, whole: pl.DataFrame, items: pl.DataFrame, findings: tuple[Finding, ...]) -> pl.DataFrame:
    """The rows of the bridge that prove what the sources say of an account by documents outside the ledger."""
    canonical = case.canonical
    return proofs(
        whole,
        items,
        earlier_errors(canonical.open_items, canonical.uncorrected, findings),
        proved_accounts(case.policy, canonical.accounts),
        last_in_time=case.as_of - dt.timedelta(days=case.policy.funding.past_due_days),
        has_opening=canonical.balances is not None,
    )


def _with_clearing(transit: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Batches in transit with their clearing account: the one that deposits of their group credit."""
    if transit.is_empty():
        return transit
    rules = [rule for rule in policy.rules if rule.source == "deposits" and rule.measure == "sales"]
    clearing = {
        group: next((rule.account for rule in rules if group in rule.match.get("group", (group,))), "?")
        for group in ("card", "amex")
    }
    account = pl.col("group").replace_strict(clearing, default="?", return_dtype=pl.String)
    return transit.with_columns(account=account, currency=pl.lit(policy.company.currency))


def _first_page(
    case: _Case,
    explained: dict[str, Explained],
    findings: tuple[Finding, ...],
    compared: pl.DataFrame,
    frames: dict[str, pl.DataFrame],
) -> Reconciled:
    """The run with its controls, measures and statuses."""
    lines = frames["adjustment_lines"]
    debits = lines.filter(pl.col("amount") > 0)["amount"].sum()
    gaps = frames["bridge"].filter((pl.col("row") == "I") & pl.col("reconciliation").is_null())["amount"].abs().sum()
    missing = frozenset(name for name in case.chosen if case.lacks_source(name))
    return Reconciled(
        period=case.period,
        frames=frames,
        ledger=case.ledger,
        checks=checks(case.canonical, case.coverage, findings, frames, only=case.chosen, period=case.period),
        headlines=headlines(case.within, compared, findings),
        statuses=statuses(case.chosen, case.within, explained, findings, missing),
        entries_count=frames["adjustments"].height,
        entries_debits=Decimal(debits) if debits else ZERO,
        pretax_effect=pretax_effect(lines, case.canonical.accounts),
        asked=from_cents(sum(one.gross for one in findings if one.status in ("ask", "source"))),
        unexplained=Decimal(gaps) if gaps else ZERO,
    )
