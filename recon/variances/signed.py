"""A period that was signed: what changed of its inputs since, and what it would book as errors of a closed period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from recon.canonical import PriorCorrection, SignedSubject, SourceFileFact
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


def known_corrections(prior: Sequence[PriorCorrection], posted: pl.DataFrame) -> list[PriorCorrection]:
    """Those corrections of earlier periods that stand in the ledger as they were approved, to the cent.

    `posted` are LEDGER lines with cents and posting_key.
    """
    if not prior:
        return []
    cells = ["posting_key", "account", "location", "department"]
    mine = posted.filter(pl.col("posting_key").is_in([one.key for one in prior]))
    sums = mine.group_by(cells).agg(pl.col("cents").sum()).filter(pl.col("cents") != 0).sort(cells, nulls_last=True)
    stands: dict[str, list[tuple[str, str | None, str | None, int]]] = {}
    for key, *cell_and_cents in sums.iter_rows():
        stands.setdefault(key, []).append(tuple(cell_and_cents))
    return [one for one in prior if tuple(stands.get(one.key, ())) == one.cells != ()]


def corrects_earlier(
    findings: Iterable[Finding], known: Sequence[PriorCorrection], posted: pl.DataFrame
) -> list[Finding]:
    """The findings; a known correction of an earlier period needs no document of this one."""
    by_key = {one.key: one for one in known}
    key_of = dict(posted.filter(pl.col("posting_key").is_in([*by_key])).select("line_id", "posting_key").rows())
    return [_corrects(one, by_key.get(_only_key(one, key_of))) for one in findings]


def _only_key(finding: Finding, key_of: Mapping[str, str]) -> str:
    """The posting key that all ledger lines of a finding without a document carry; empty for any other finding."""
    keys = {key_of.get(line, "") for line in finding.actual_line_ids} if finding.cause == "unexpected" else set()
    return keys.pop() if len(keys) == 1 else ""


def _corrects(finding: Finding, prior: PriorCorrection | None) -> Finding:
    if prior is None:
        return finding
    words = f"{prior.title} ({prior.key}), as it was approved. No document of this period asks for it."
    return replace(finding, cause=PRIOR, status="timing", explanation=words)


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
