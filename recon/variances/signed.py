"""A period that was signed: what changed of its inputs since, and what it would book as errors of a closed period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from recon.canonical import SignedSubject, SourceFileFact
from recon.frames import CAUSE
from recon.period import Period
from recon.variances.controls import LEDGER, SOURCE_CHANGED, owner_of
from recon.variances.model import Finding

PRIOR = "prior_period"
_NOT_A_SOURCE = "decisions"  # those of other periods stand in the same list
_SHOWN = 12  # digits of a digest


def changed_inputs(signed: Sequence[SignedSubject], files: Iterable[SourceFileFact]) -> list[Finding]:
    """Files that are not those over which the period was signed: one finding a file, never booked, without money.

    Money is compared as the files stand now. A file concerns what was signed where it feeds what a file of that run
    fed.
    """
    now = {one.name: one for one in files}
    found: dict[str, Finding] = {}
    for subject in signed:
        before = {one.name: one for one in subject.files}
        fed = {owner_of(one.frame) for one in subject.files}
        for name in sorted(before.keys() | now.keys()):
            was, stands = before.get(name), now.get(name)
            frame = (stands or was or _NO_FILE).frame
            owner = owner_of(frame)
            is_same = (was and was.sha256) == (stands and stands.sha256)
            if is_same or owner not in fed or frame == _NOT_A_SOURCE:
                continue
            said = f"The file {name} {_change(was, stands)} since {subject.said}."
            earlier = found.get(name)
            words = f"{earlier.explanation} {said}" if earlier else said
            found[name] = Finding(
                owner, SOURCE_CHANGED, "ask", words, None, name, source_ids=(f"{name}:{_digest(stands)}",)
            )
    return [found[name] for name in sorted(found)]


_NO_FILE = SourceFileFact("", LEDGER, 0, "")


def _change(was: SourceFileFact | None, now: SourceFileFact | None) -> str:
    if was is None:
        return f"is new (digest {_digest(now)})"
    if now is None:
        return f"is gone (its digest was {_digest(was)})"
    rows = "" if was.rows == now.rows else f", {was.rows:,} rows then and {now.rows:,} now"
    return f"was changed (digest {_digest(was)}, now {_digest(now)}{rows})"


def _digest(fact: SourceFileFact | None) -> str:
    return fact.sha256[:_SHOWN] if fact else "none"


def prior_period(findings: Iterable[Finding], signed: Sequence[SignedSubject], period: Period) -> tuple[Finding, ...]:
    """The findings; what a signed period would book is an error of a closed period: asked, never proposed.

    The cause that it would have had stands in `also`, the period in the words.
    """
    return tuple(_prior(one, holder, period) if (holder := _signed(one, signed)) else one for one in findings)


def _signed(finding: Finding, signed: Sequence[SignedSubject]) -> SignedSubject | None:
    """By what a finding's books are closed: its reconciliation, or an account that its entry would touch."""
    if finding.status != "book":
        return None
    accounts = {cell[0] for cell, _ in finding.cells}
    for one in signed:
        if one.name == finding.reconciliation if one.kind == "reconciliation" else one.name in accounts:
            return one
    return None


def _prior(finding: Finding, holder: SignedSubject, period: Period) -> Finding:
    words = (
        f"{CAUSE[finding.cause].title} in {period.name}, which is closed: {holder.said}. "
        f"A correction is drafted in an open period and names {period.name}."
    )
    also = (*finding.also, finding.cause)
    return replace(finding, cause=PRIOR, status="ask", also=also, explanation=f"{finding.explanation} {words}")
