"""A period that was signed: what is compared otherwise since, and what it would book as errors of a closed period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from recon.canonical import PriorCorrection, SignedSubject
from recon.found import Compared, ComparedPart
from recon.frames import CAUSE
from recon.period import Period
from recon.variances.controls import LEDGER, SOURCE_CHANGED
from recon.variances.model import Finding

PRIOR = "prior_period"
_SHOWN = 12  # digits of a digest


def changed_since(signed: Iterable[SignedSubject], compared: Iterable[Compared]) -> list[Finding]:
    """What was signed and is compared otherwise now: one finding a subject, its own, never booked, without money.

    Money is compared as it stands now. A subject that this run does not compare is not judged.
    """
    now = {(one.kind, one.name): one for one in compared}
    pairs = ((one, now[one.kind, one.name]) for one in signed if (one.kind, one.name) in now)
    found = ((one, stands, [*_changes(one.parts, stands.parts)]) for one, stands in pairs)
    return [_changed(one, stands, changes) for one, stands, changes in found if changes]


def _changed(subject: SignedSubject, now: Compared, changes: Sequence[str]) -> Finding:
    owner = subject.name if subject.kind == "reconciliation" else LEDGER
    words = (
        f"{subject.said}, and since then changed: {'; '.join(changes)}. Look at it; to sign what stands now: "
        f"recon reopen {subject.name} --note WHY, and close again."
    )
    # The same change is the same finding in every run, another one is another.
    digests = ":".join(part.sha256[:_SHOWN] for part in now.parts)
    source = f"{subject}:{digests}"
    return Finding(owner, SOURCE_CHANGED, "ask", words, None, str(subject), source_ids=(source,))


def _changes(then: Iterable[ComparedPart], now: Iterable[ComparedPart]) -> Iterator[str]:
    """In words, the parts that are not what they were."""
    stands = {one.title: one for one in now}
    for was in then:
        part = stands.get(was.title)
        if part is None:
            yield f"{was.title} is not given any more"
        elif part.sha256 != was.sha256:
            same = part.said == was.said
            yield f"{was.title}: {'other ' if same else f'{was.said} then, '}{part.said}{'' if same else ' now'}"


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


def cause_before(row: Mapping[str, Any]) -> str:
    """The cause that a row of VARIANCES had before its period was signed; it may still have it."""
    return str(row["cause"] if row["cause"] != PRIOR else next(one for one in reversed(row["also"]) if one in CAUSE))


def id_before(row: Mapping[str, Any]) -> str:
    """The id that a row of VARIANCES had before its period was signed."""
    return Finding(
        row["reconciliation"],
        cause_before(row),
        "ask",
        "",
        row["posting_date"],
        row["document"],
        expected_line_ids=tuple(row["expected_line_ids"]),
        actual_line_ids=tuple(row["actual_line_ids"]),
        candidates=tuple(row["candidates"]),
    ).variance_id
