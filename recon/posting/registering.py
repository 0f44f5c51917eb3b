"""What the newest run proposes goes into the records: new, changed, the same over newer books, or no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import polars as pl

from recon.adjustments.propose import PROPOSED
from recon.errors import Stale, check
from recon.identity import correction_fields, digest_fields, key_of_identity
from recon.lifecycle import (
    Act,
    Content,
    ContentLine,
    Correction,
    People,
    Reaffirmed,
    Revised,
    Withdrawn,
    allowed_from,
    name_of,
)
from recon.period import Period
from recon.policy import Rule
from recon.posting.books import basis_of, group_of, keys_in
from recon.posting.overlap import seen_of
from recon.posting.titles import title_of
from recon.state.port import CorrectionStore
from recon.variances.signed import PRIOR

DECLINED = "declined"
_TAKEN_OUT = (DECLINED, "withdrawn", "abandoned")
_BECAME = ("added", "revised", "edits_lost", "reaffirmed", "withdrawn", "approvals_lost", "kept")
_TRIES = 5


@dataclass(frozen=True)
class Proposed:
    """What one run proposes for one period, as its frames tell it."""

    run_id: str
    company: str
    entity: str | None
    period: Period
    currency: str
    prepared_by: str  # a person of the users file
    frames: Mapping[str, pl.DataFrame]  # ADJUSTMENTS, ADJUSTMENT_LINES, VARIANCES, EXPECTED by their names
    ledger: pl.DataFrame  # LEDGER of the run
    window_days: int  # of the policy's tolerances: around an entry's day, its accounts are read again before it is sent
    rule_authors: Mapping[str, str] = field(default_factory=dict)  # person by posting rule
    prepared_login: str = ""  # under which the system vouched for the preparer
    compared: frozenset[str] | None = None  # reconciliations; of others the run says nothing. None: it compared all


@dataclass(frozen=True)
class Registered:
    """What became of the proposals of a run, as they stand now."""

    added: tuple[Correction, ...] = ()
    revised: tuple[Correction, ...] = ()  # what was approved is approved no more
    edits_lost: tuple[Correction, ...] = ()  # of the revised: a person had changed them by hand, as they were before
    reaffirmed: tuple[Correction, ...] = ()  # the same lines over newer books
    withdrawn: tuple[Correction, ...] = ()
    approvals_lost: tuple[Correction, ...] = ()  # of the revised and withdrawn: were approved, as they were before
    kept: tuple[Correction, ...] = ()  # untouched: the same, declined, undone, or on their way already
    refused: str = ""  # why nothing of the run was taken in; empty where it was

    @property
    def undone(self) -> tuple[Correction, ...]:
        """Of the kept: a person took them back, and the run proposes them again. Only a person renews them."""
        return tuple(one for one in self.kept if one.state == "reversed")


def register(store: CorrectionStore, run: Proposed, *, actor: str) -> Registered:
    """Take the proposals of the newest run into the records.

    An entry for a person in another module (`instruction`) is not one to be posted. What a person declined stays
    declined while its lines are the same; what a person changed by hand stays changed while the run says the same.

    What somebody else changes meanwhile, who looks at the same run perhaps, is read and judged again.

    Raises: Stale where others change one without a pause.
    """
    found: dict[str, list[Correction]] = {name: [] for name in _BECAME}
    others, keys = store.all(), keys_in(run.ledger)
    proposed = {one.identity: replace(one, seen=seen_of(one, others, keys)) for one in corrections_of(run)}
    for one in proposed.values():
        _despite_others(partial(_take, store, one, run, actor, found))
    for before in _gone(store.all(period=run.period.name), run, proposed.keys()):
        _despite_others(partial(_withdraw, store, before.identity, run, actor, found))
    became: dict[str, Any] = {name: tuple(ones) for name, ones in found.items()}
    return Registered(**became)


def _despite_others(work: Callable[[], None]) -> None:
    """Do the work, again where somebody else was quicker."""
    for _ in range(_TRIES):
        try:
            work()
        except Stale:
            continue
        return
    work()


def _take(
    store: CorrectionStore, one: Correction, run: Proposed, actor: str, found: dict[str, list[Correction]]
) -> None:
    """Take one proposal in, and tell in `found` what became of it."""
    before = store.get(one.identity)
    if before is None:
        found["added"].append(store.add(one, actor=actor))
        return
    act = _act(store, before, one, run)
    if act is None:
        found["kept"].append(before)
        return
    lost = isinstance(act, Revised) and before.is_edited and not act.keeps_edits
    details = {"edit_lost": f"what {', '.join(before.edited_by)} changed by hand"} if lost else None
    found[name_of(act)].append(store.apply(before, act, actor=actor, details=details))
    if isinstance(act, Revised) and before.approved_by:
        found["approvals_lost"].append(before)
    if lost:
        found["edits_lost"].append(before)


def _withdraw(
    store: CorrectionStore, identity: str, run: Proposed, actor: str, found: dict[str, list[Correction]]
) -> None:
    """Withdraw what the run does not propose any more, as far as it can still be withdrawn."""
    now = store.get(identity)
    for before in _gone([now] if now else [], run, ()):
        act = Withdrawn(run.run_id, "the newest run proposes it no more")
        found["withdrawn"].append(store.apply(before, act, actor=actor))
        if before.approved_by:
            found["approvals_lost"].append(before)


def _act(store: CorrectionStore, before: Correction, proposed: Correction, run: Proposed) -> Act | None:
    """What the newest run means for a correction that is on record; None where it changes nothing."""
    same = before.is_what_the_run_said(proposed.content)
    content = before.content if same else proposed.content
    basis = _basis(content, run)
    if same and before.state in allowed_from(Reaffirmed) and not _decided_own_rule(before, proposed.rule_authors):
        newer = Reaffirmed(proposed.run_id, basis, proposed.rule_authors, proposed.seen)
        return None if newer == Reaffirmed(before.run_id, before.basis, before.rule_authors, before.seen) else newer
    if before.state not in allowed_from(Revised) or before.frozen:
        return None
    if same and (before.state == "rejected" or _was_declined(store, before)):
        return None
    return Revised(
        proposed.prepared_by,
        content,
        proposed.run_id,
        proposed.explanation,
        proposed.variance_ids,
        proposed.approval,
        keeps_edits=same and bool(before.edited_by),
        rule_authors=proposed.rule_authors,
        basis=basis,
        seen=proposed.seen,
        prepared_login=run.prepared_login,
    )


def _decided_own_rule(before: Correction, authors: Iterable[str]) -> bool:
    """True where who looked at it or approved it wrote, as the newer run knows, a rule that made it."""
    decided = (before.reviewed_by, before.approved_by)
    return not before.frozen and any(one in decided for one in authors)


def _basis(content: Content, run: Proposed) -> str:
    return basis_of(run.ledger, group_of(content, run.period, run.window_days))


def _was_declined(store: CorrectionStore, correction: Correction) -> bool:
    """True where a person took it out, not a run."""
    ended = [event.act for event in store.events(subject=correction.identity) if event.act in _TAKEN_OUT]
    return bool(ended) and ended[-1] == DECLINED


def _gone(kept: Iterable[Correction], run: Proposed, proposed: Iterable[str]) -> Iterator[Correction]:
    """Corrections of the company that the run does not propose any more and that can still be withdrawn.

    Of a reconciliation that it did not compare, a run cannot say that an entry is not due any more. What is frozen
    stands until a person has looked at the ledger.
    """
    still = frozenset(proposed)
    for one in kept:
        is_ours = (one.company, one.entity) == (run.company, run.entity) and not is_drafted(one)
        is_judged = run.compared is None or one.reconciliation in run.compared
        may_end = one.state in allowed_from(Withdrawn) and not one.frozen
        if is_ours and is_judged and may_end and one.identity not in still:
            yield one


def is_drafted(one: Correction) -> bool:
    """True for what a person drafted and no run proposes: an entry taken back, or an error of a signed period."""
    return one.content.kind == "reversal" or one.cause == PRIOR


def corrections_of(run: Proposed) -> list[Correction]:
    """The corrections that the run proposes, by posting key."""
    heads = run.frames["adjustments"].filter(pl.col("state") == PROPOSED).sort("posting_key")
    lines = run.frames["adjustment_lines"].sort("posting_key", "line_no")
    of_key = {str(key[0]): rows.to_dicts() for key, rows in lines.group_by("posting_key", maintain_order=True)}
    findings = {row["variance_id"]: row for row in run.frames["variances"].iter_rows(named=True)}
    rules = rule_by_line(run.frames["expected"])
    return [
        _correction(head, [findings[one] for one in head["variance_ids"]], of_key[head["posting_key"]], run, rules)
        for head in heads.iter_rows(named=True)
    ]


def _correction(
    head: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]],
    lines: Sequence[Mapping[str, Any]],
    run: Proposed,
    rules: Mapping[str, str],
) -> Correction:
    expected = [line for one in findings for line in one["expected_line_ids"]]
    actual = [line for one in findings for line in one["actual_line_ids"]]
    reconciliation = findings[0]["reconciliation"]
    fields = correction_fields(
        run.company,
        run.entity,
        reconciliation,
        period=run.period.name,
        cause=head["cause"],
        line_ids=(*expected, *actual),
    )
    identity = digest_fields(fields).hex()
    check(key_of_identity(identity, 1) == head["posting_key"], "a correction has another identity than its key")
    content = Content(
        head["kind"],
        head["journal"],
        head["posting_date"],
        head["reversal_date"],
        run.currency,
        title_of(run.period.name, reconciliation, head["cause"], [one["document"] for one in findings]),
        tuple(_line(one) for one in lines),
    )
    return Correction(
        identity,
        run.company,
        run.entity,
        run.period.name,
        reconciliation,
        head["cause"],
        head["class"],
        content,
        head["explanation"],
        tuple(head["variance_ids"]),
        run.run_id,
        run.prepared_by,
        logins=(run.prepared_login,) if run.prepared_login else (),
        rule_authors=rule_authors_of(expected, rules, run.rule_authors),
        basis=_basis(content, run),
        line_ids=tuple(sorted({*expected, *actual})),
    )


def rule_by_line(expected: pl.DataFrame) -> dict[str, str]:
    """Which posting rule made each line of EXPECTED."""
    return dict(expected.select("line_id", "rule").iter_rows())


def authors_by_rule(rules: Iterable[Rule], people: People) -> dict[str, str]:
    """The person who wrote each rule that names one; a name that the users file does not know as it stands."""
    return {rule.name: people.name_of(rule.author) for rule in rules if rule.author}


def rule_authors_of(lines: Iterable[str], rules: Mapping[str, str], authors: Mapping[str, str]) -> tuple[str, ...]:
    """The persons who wrote the rules by which these lines are expected, by name."""
    return tuple(sorted({authors[rule] for line in lines if (rule := rules.get(line, "")) in authors}))


def _line(row: Mapping[str, Any]) -> ContentLine:
    return ContentLine(
        row["account"],
        row["amount"],
        row["location"],
        row["department"],
        row["class"],
        row["project"],
        row["customer"],
    )
