"""What stands in the way of signing a reconciliation, or an account that is proved: pure, from one run's frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from recon.canonical import SourceFileFact
from recon.errors import ConfigError
from recon.found import Reconciled
from recon.frames import CAUSE
from recon.lifecycle import ON_THE_WAY, Correction
from recon.money import ZERO, accounting
from recon.policy import Policy, Rule, proved_accounts
from recon.variances.controls import LEDGER, SOURCE_CHANGED, owner_of

SubjectKind = Literal["reconciliation", "account"]
ObstacleKind = Literal[
    "rejected", "not compared", "trial balance", "run", "decision", "on the way", "unexplained", "asked", "to book",
    "not supported", "accepted",
]  # fmt: skip
_COVERAGE = {"days_complete": "sales", "deposit_days": "deposits", "pay_runs": "payroll"}
_OF_THE_RUN = ("rows_outside", "entries_balance")
_LOOKED_AT = ("reviewed", "approved")
_WAITING: dict[str, ObstacleKind] = {"ask": "asked", "source": "asked", "book": "to book"}


@dataclass(frozen=True)
class Subject:
    """What is signed: one reconciliation, or one balance-sheet account that the run proves."""

    kind: SubjectKind
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "reconciliation" else f"account {self.name}"


@dataclass(frozen=True)
class Obstacle:
    """One reason against signing; the amount above zero in base currency, None where no amount can be told."""

    kind: ObstacleKind
    words: str
    amount: Decimal | None
    is_forcible: bool
    item_id: str  # variance id, posting key, or the name of the check or cell


@dataclass(frozen=True)
class Left:
    """A difference that stays uncorrected under a signature: forced, accepted by a second person, or passed."""

    item_id: str
    amount: Decimal  # above zero
    words: str


@dataclass(frozen=True)
class Case:
    """One run as the gate reads it, with the corrections of its period as they stand in the records."""

    found: Reconciled
    policy: Policy
    accounts: pl.DataFrame  # ACCOUNTS
    files: Sequence[SourceFileFact]
    corrections: Sequence[Correction]
    declined: Mapping[str, str]  # by variance id: why a person decided not to book it
    accepted: Mapping[str, str] = field(default_factory=dict)  # by variance id: why it is no second person's
    drafted: Sequence[Correction] = ()  # by persons, for days of the period: no run proposes them again


def subjects_of(found: Reconciled, policy: Policy, accounts: pl.DataFrame) -> tuple[Subject, ...]:
    """What can be signed of a run: its reconciliations, then the accounts for which it has a proof."""
    bridge = found.frames["bridge"]
    proved = bridge.filter(pl.col("row") == "Q")["account"].unique().sort().to_list()
    ours = proved_accounts(policy, accounts)
    return (
        *(Subject("reconciliation", one.name) for one in found.statuses),
        *(Subject("account", account) for account in proved if account in ours),
    )


def parse_subject(name: str, subjects: Iterable[Subject]) -> Subject:
    """The subject of that name, such as `deposits` or `1250`. Raises: ConfigError if the run has none."""
    known = {one.name: one for one in subjects}
    if name not in known:
        raise ConfigError(f"this run has nothing to sign that is named {name!r}", known=", ".join(known) or "none")
    return known[name]


def obstacles(subject: Subject, case: Case) -> tuple[Obstacle, ...]:
    """Everything against signing the subject, what can never be forced first; empty if it may be signed."""
    return tuple(sorted(_obstacles(subject, case), key=lambda one: one.is_forcible))


def passed_of(subject: Subject, case: Case) -> tuple[Left, ...]:
    """What of the subject was accepted by a second person, or passed; of an account what there is on it."""
    movers = reconciliations_of(subject, case.policy)
    lines = case.found.frames["variance_lines"]
    if subject.kind == "account":
        lines = lines.filter(pl.col("account") == subject.name)
    gross = gross_by_variance(lines)
    rows = case.found.frames["variances"].filter(
        pl.col("status") == "accepted",
        ~pl.col("variance_id").is_in([*case.accepted]),
        pl.col("variance_id").is_in([*gross]),
        pl.col("reconciliation").is_in([*movers, LEDGER]),
    )
    return tuple(
        Left(name, gross[name], f"{document or name}, {CAUSE[cause].title.lower()}: {words}")
        for name, document, cause, words in rows.select("variance_id", "document", "cause", "explanation").iter_rows()
    )


def too_much_passed(
    passed: Sequence[Left], elsewhere: Iterable[tuple[str, Decimal]], overall: Decimal
) -> Obstacle | None:
    """What stops a signature where all that was accepted or passed comes to materiality, if policy sets one.

    `elsewhere` is what standing signatures of the period left uncorrected, by item id.
    """
    total = forced_total((), [*((one.item_id, one.amount) for one in passed), *elsewhere])
    if not passed or not 0 < overall <= total:
        return None
    words = (
        f"What was accepted or passed comes to {accounting(total)} in the period, not below materiality of "
        f"{accounting(overall)}: book some of it (recon decide undo takes an acceptance back), and close again."
    )
    return _final("accepted", words, "materiality")


def reconciliations_of(subject: Subject, policy: Policy) -> tuple[str, ...]:
    """The reconciliation itself, or those whose rules move the account."""
    if subject.kind == "reconciliation":
        return (subject.name,)
    return policy.reconciliations_moving(subject.name)


def forced_total(found: Iterable[Obstacle], left: Iterable[tuple[str, Decimal]] = ()) -> Decimal:
    """The amount of all that would be forced, each finding once, with what else of the period stays uncorrected."""
    amounts: dict[str, Decimal] = {}
    for name, amount in (*((one.item_id, one.amount or ZERO) for one in found if one.is_forcible), *left):
        amounts[name] = max(amount, amounts.get(name, ZERO))
    return sum(amounts.values(), ZERO)


def _obstacles(subject: Subject, case: Case) -> Iterator[Obstacle]:
    movers = reconciliations_of(subject, case.policy)
    yield from _never_compared(subject, movers, case)
    yield from _rejected(movers, case)
    yield from _failed(subject, case)
    yield from _on_the_way(subject, movers, case.corrections)
    yield from _drafted(subject, movers, case.drafted)
    yield from _variances(subject, movers, case)
    yield from _open_bridge(subject, case)
    if subject.kind == "account":
        yield from _untied(subject, case)
        yield from _unsupported(subject, case)


def _final(kind: ObstacleKind, words: str, item_id: str) -> Obstacle:
    return Obstacle(kind, words, None, is_forcible=False, item_id=item_id)


def _never_compared(subject: Subject, movers: Sequence[str], case: Case) -> Iterator[Obstacle]:
    """Reconciliations without a source, or that the run left out, and days without one."""
    standing = {one.name: one.status for one in case.found.statuses}
    for name in movers:
        if name not in standing:
            yield _final("not compared", f"This run does not compare {name}, which moves {subject}.", name)
        elif standing[name] == "not compared":
            yield _final("not compared", f"The source of {name} is missing: nothing was compared.", name)
    for check in case.found.checks:
        if _COVERAGE.get(check.name) in movers and check.passed is not True:
            yield _final("not compared", f"A source is not complete: {check.detail}.", check.name)


def _rejected(movers: Sequence[str], case: Case) -> Iterator[Obstacle]:
    """Rows that could not be used, file by file; of a file whose kind is not known they concern everything."""
    owners = {one.name: owner_of(one.frame) for one in case.files}
    counts = case.found.frames["rejects"].group_by("source").len().sort("source")
    for source, count in counts.iter_rows():
        if owners.get(source, LEDGER) in (LEDGER, *movers):
            rows = "1 row" if count == 1 else f"{count:,} rows"
            yield _final("rejected", f"{rows} of {source} could not be used; mend them at the source.", source)


def _failed(subject: Subject, case: Case) -> Iterator[Obstacle]:
    """Controls of the whole run that do not hold."""
    for check in case.found.checks:
        if check.name == "trial_balance" and (check.passed is False or _lacks_proof(subject, check.passed)):
            yield _final("trial balance", f"{check.detail}.", check.name)
        elif check.name in _OF_THE_RUN and check.passed is False:
            yield _final("run", f"{check.detail}.", check.name)
        elif check.name == "decisions" and check.passed is False:
            yield _final("decision", f"A decision was not carried out; undo or mend it: {check.detail}.", check.name)


def _lacks_proof(subject: Subject, passed: bool | None) -> bool:
    return subject.kind == "account" and passed is not True


def _on_the_way(subject: Subject, movers: Sequence[str], corrections: Iterable[Correction]) -> Iterator[Obstacle]:
    """Entries of the period that may or may not be booked."""
    for one in _concerning(subject, movers, corrections):
        if one.frozen:
            yield _final("on the way", f"The entry {one.key} is frozen: {one.frozen}", one.key)
        elif one.state in ON_THE_WAY:
            words = f"The entry {one.key} is {one.state}: whether it is booked is not certain yet; run recon settle."
            yield _final("on the way", words, one.key)


def _drafted(subject: Subject, movers: Sequence[str], drafted: Iterable[Correction]) -> Iterator[Obstacle]:
    """What persons drafted for the period and others have looked at: a signature does not end it by the way."""
    for one in _concerning(subject, movers, drafted):
        if one.state in _LOOKED_AT:
            words = f"The entry {one.key} ({one.content.memo}) is {one.state} for {one.content.posting_date}"
            mend = f"post it, or decline it: recon reject {one.key} --note WHY."
            yield _final("on the way", f"{words}: {mend}", one.key)


def _concerning(subject: Subject, movers: Sequence[str], corrections: Iterable[Correction]) -> Iterator[Correction]:
    for one in corrections:
        touches = subject.name in {line.account for line in one.content.lines}
        if touches if subject.kind == "account" else (one.reconciliation or LEDGER) in (*movers, LEDGER):
            yield one


def _variances(subject: Subject, movers: Sequence[str], case: Case) -> Iterator[Obstacle]:
    """Findings that ask a person, or ask for booking; of an account those with money on it, or without any."""
    frames = case.found.frames
    lines = frames["variance_lines"]
    elsewhere: frozenset[str] = frozenset()
    if subject.kind == "account":
        mine = lines.filter(pl.col("account") == subject.name)
        elsewhere = frozenset(lines["variance_id"].to_list()) - frozenset(mine["variance_id"].to_list())
        lines = mine
    gross = gross_by_variance(lines)
    waiting = frames["variances"].filter(
        pl.col("status").is_in([*_WAITING]) | pl.col("variance_id").is_in([*case.accepted]),
        pl.col("reconciliation").is_in([*movers, LEDGER]),
        ~pl.col("variance_id").is_in([*elsewhere]),
        ~_changed_elsewhere(subject, case),
    )
    for row in waiting.iter_rows(named=True):
        name = row["variance_id"]
        if name in case.accepted:
            yield _accepted(row, gross.get(name, ZERO), case.accepted[name])
        else:
            yield _variance(row, gross.get(name), case.declined.get(name))


def _changed_elsewhere(subject: Subject, case: Case) -> pl.Expr:
    """Of VARIANCES, what changed since another subject was signed: it is in the way of that one's signature alone."""
    others = [str(one) for one in subjects_of(case.found, case.policy, case.accounts) if one != subject]
    return (pl.col("cause") == SOURCE_CHANGED) & pl.col("document").is_in(others).fill_null(value=False)


def _variance(row: Mapping[str, Any], gross: Decimal | None, declined: str | None) -> Obstacle:
    name, cause = row["variance_id"], row["cause"]
    words = f"{row['document'] or name}, {CAUSE[cause].title.lower()}: {row['explanation']}"
    if cause == "not_compared":
        return _final("not compared", words, name)
    # Of a changed source the money is compared as it stands now; any other finding without money has one unknown.
    amount = ZERO if gross is None and cause == SOURCE_CHANGED else gross
    kind: ObstacleKind = "unexplained" if cause == "unexplained" else _WAITING[row["status"]]
    if declined is not None:
        words = f"{words} It was declined and stays uncorrected: {declined}"
    return Obstacle(kind, words, amount, is_forcible=amount is not None, item_id=name)


def _accepted(row: Mapping[str, Any], gross: Decimal, why: str) -> Obstacle:
    """A difference that was accepted by nobody but its preparer: it is signed over like any other that is left."""
    words = f"{row['document'] or row['variance_id']}: {row['explanation']} It counts as open: {why}."
    return Obstacle("accepted", words, gross, is_forcible=True, item_id=row["variance_id"])


def gross_by_variance(lines: pl.DataFrame) -> dict[str, Decimal]:
    """The larger of debits and credits of VARIANCE_LINES by variance id, above zero."""
    amount = pl.col("amount")
    debits, credits = amount.filter(amount > 0).sum(), amount.filter(amount < 0).sum().abs()
    summed = lines.group_by("variance_id", maintain_order=True).agg(gross=pl.max_horizontal(debits, credits))
    return dict(summed.iter_rows())


def _open_bridge(subject: Subject, case: Case) -> Iterator[Obstacle]:
    """Cells of the bridge that stay unexplained beyond the findings that say so by name."""
    frames = case.found.frames
    whole = pl.col("reconciliation").is_null() & (pl.col("account") == subject.name)
    mine = whole if subject.kind == "account" else pl.col("reconciliation") == subject.name
    cells = ["account", "location"]
    named = frames["variances"].filter(pl.col("cause") == "unexplained")
    if subject.kind == "reconciliation":
        named = named.filter(pl.col("reconciliation") == subject.name)
    listed = frames["variance_lines"].join(named.select("variance_id"), on="variance_id", how="semi")
    rows = frames["bridge"].filter(pl.col("row") == "I", mine).group_by(cells).agg(pl.col("amount").sum())
    left = rows.join(listed.group_by(cells).agg(told=pl.col("amount").sum()), on=cells, how="left", nulls_equal=True)
    left = left.with_columns(pl.col("amount") - pl.col("told").fill_null(0)).filter(pl.col("amount") != 0)
    for account, location, amount, _ in left.sort(cells, nulls_last=True).iter_rows():
        words = f"Account {account} at {location or 'no location'}: {accounting(amount)} is not explained."
        yield Obstacle("unexplained", words, abs(amount), is_forcible=True, item_id=f"I:{account}:{location or ''}")


def _untied(subject: Subject, case: Case) -> Iterator[Obstacle]:
    """Legs of the source ties that prove the account and have no source."""
    legs = {leg for rule in case.policy.rules if rule.account == subject.name for leg in _legs(rule)}
    without = case.found.frames["tie_outs"].filter(pl.col("cause") == "not_compared")["leg"].unique().to_list()
    for leg in sorted(legs.intersection(without)):
        first, _, second = leg.partition("-")
        yield _final("not compared", f"{first.capitalize()} are not compared with {second}: a source is missing.", leg)


def _legs(rule: Rule) -> tuple[str, ...]:
    """The ties between sources that speak for what a rule books on its account."""
    if rule.source == "tenders":
        return ("cash-counted", "cash-bank") if rule.match.get("tender") == ("cash",) else ("tenders-payments",)
    if rule.source == "deposits":
        return ("deposits-bank",) if rule.measure == "net" else ("batches-deposits",)
    return ("register-debits",) if rule.match.get("kind") == ("net_pay",) else ()


def _unsupported(subject: Subject, case: Case) -> Iterator[Obstacle]:
    """Places at which documents outside the ledger do not support the account's balance per source."""
    proof = case.found.frames["bridge"].filter(pl.col("row") == "Q", pl.col("account") == subject.name)
    if proof.is_empty() or proof["amount"].null_count():
        yield _final("not supported", f"Nothing proves account {subject.name}: its opening is not provided.", "Q")
        return
    for location, amount in proof.filter(pl.col("amount") != 0).select("location", "amount").iter_rows():
        words = f"{accounting(amount)} of account {subject.name} at {location or 'no location'} has no support."
        name = f"Q:{subject.name}:{location or ''}"
        yield Obstacle("not supported", words, abs(amount), is_forcible=True, item_id=name)
