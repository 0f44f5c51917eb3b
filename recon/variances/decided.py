"""People's decisions over findings: what is accepted, noted and assigned, and what could not be done, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from recon.found import Check
from recon.matching import Group
from recon.matching.decided import Decision, Effective, Overruled
from recon.variances.model import Finding, Matched

ACCEPTABLE = ("book", "ask", "accepted")  # statuses; never what could not be compared, or a faulty source
_NEVER = {
    "not_compared": "it was not compared: bring its source",
    "unexplained": "nothing explains it",
}
_SHOWN = 3


@dataclass(frozen=True)
class Ruled:
    """The findings after people's decisions, and what was decided but could not be done, in words."""

    findings: tuple[Finding, ...]
    refused: tuple[str, ...]


def rule(findings: Sequence[Finding], decisions: Effective) -> Ruled:
    """The findings with what people accepted, noted and assigned; money, lines and causes stay as they are.

    A decision concerns the finding of which it names a line. An acceptance of what is no difference, waits
    for another period, or could not be compared is refused, in words.
    """
    by_line: dict[str, list[int]] = {}
    for position, finding in enumerate(findings):
        own = (*finding.expected_line_ids, *finding.actual_line_ids)
        for line in own or finding.candidates:
            by_line.setdefault(line, []).append(position)
    result = list(findings)
    refused: list[str] = []
    for one in decisions.of("accept", "note", "assign"):
        positions = sorted({position for line in one.lines for position in by_line.get(line, ())})
        if one.action == "accept":
            refused += [words for position in positions if (words := _refusal(one, result[position]))]
            positions = [position for position in positions if not _refusal(one, result[position])]
        for position in positions:
            result[position] = _DONE[one.action](result[position], one)
    return Ruled(tuple(result), tuple(refused))


def _refusal(one: Decision, finding: Finding) -> str | None:
    """Why a finding cannot be accepted; None where it can."""
    why = _NEVER.get(finding.cause)
    if why is None and "source_incomplete" in finding.also:
        why = "a row of its source was rejected: mend the source"
    if why is None and finding.status not in ACCEPTABLE:
        why = {
            "timing": "it is cut-off and carried to the next period",
            "info": "there is nothing to book",
        }.get(finding.status, "it is to be mended at the source")
    return None if why is None else f"{one.decision_id} accepts {finding.document or finding.variance_id}, but {why}"


def _accepted(finding: Finding, one: Decision) -> Finding:
    return _told(replace(finding, status="accepted"), one.said("Accepted"), "decided")


def _noted(finding: Finding, one: Decision) -> Finding:
    return _told(finding, one.said("Noted"), "noted")


def _assigned(finding: Finding, one: Decision) -> Finding:
    words = f"Assigned to {(one.note or '').strip()} by {one.decided_by} on {one.decided_at:%Y-%m-%d}."
    return _told(finding, words, "assigned")


def _told(finding: Finding, words: str, trait: str) -> Finding:
    also = finding.also if trait in finding.also else (*finding.also, trait)
    return replace(finding, also=also, explanation=f"{finding.explanation} {words}")


_DONE: Mapping[str, Callable[[Finding, Decision], Finding]] = {
    "accept": _accepted,
    "note": _noted,
    "assign": _assigned,
}


def noted_groups(groups: Sequence[Matched], decisions: Effective) -> tuple[Matched, ...]:
    """The matched groups, with what people noted about lines that agree added to their explanation."""
    words: dict[str, list[str]] = {}
    for one in decisions.of("note", "assign"):
        said = one.said("Noted") if one.action == "note" else one.said("Assigned")
        for line in one.lines:
            words.setdefault(line, []).append(said)
    if not words:
        return tuple(groups)
    return tuple((_with_words(group, (*left, *right), words), left, right) for group, left, right in groups)


def _with_words(group: Group, lines: Iterable[str], words: Mapping[str, list[str]]) -> Group:
    told = dict.fromkeys(said for line in lines for said in words.get(line, ()))
    return replace(group, explanation=" ".join([f"{group.explanation.removesuffix('.')}.", *told])) if told else group


@dataclass(frozen=True)
class Reading:
    """What a run read: which lines there are, and to which it was restricted."""

    begins: dt.date  # the first day of the period
    known: AbstractSet[str]  # every expected and ledger line, margin included
    inside: AbstractSet[str]  # those of the period
    matched: AbstractSet[str]  # lines that stand in no finding
    left_out: tuple[str, ...]  # beginnings of ids whose reconciliation was not asked for


def decisions_check(
    decisions: Effective,
    reading: Reading,
    *,
    applied: AbstractSet[str],
    overruled: Sequence[Overruled],
    refused: Sequence[str],
) -> Check | None:
    """The control that tells every decision which was not, or not wholly, carried out; None without decisions.

    It fails for what a person must look at. A decision of which no line was read is another period's; where
    it was made before the period began that is certain, else its lines may have other ids now.
    """
    if not decisions.standing and not decisions.overruled:
        return None
    older = 0
    elsewhere: list[str] = []
    faults = [_overruled(one) for one in (*decisions.overruled, *overruled)]
    for one in decisions.standing:
        if any(line.startswith(reading.left_out) for line in one.lines):
            continue
        absent = sorted(one.lines - reading.known)
        if not one.lines & reading.inside and (absent or one.decision_id not in applied):
            is_older = one.decided_at.date() < reading.begins
            older += is_older
            elsewhere += [] if is_older else [f"{one.decision_id} ({one.action})"]
        elif absent:
            faults.append(f"{one.decision_id} ({one.action}) names {', '.join(absent)}, which no longer exists")
        elif one.action == "match" and one.decision_id not in applied and not _is_told(one, overruled):
            faults.append(f"{one.decision_id} matches lines that are not compared with each other: {_lines(one)}")
        elif one.action == "accept" and one.lines <= reading.matched:
            faults.append(f"{one.decision_id} accepts {_lines(one)}, which agrees")
    faults += refused
    count = len(decisions.standing)
    parts = [f"{count} decision{'s' if count != 1 else ''} of people"]
    if older:
        parts.append(f"{older} of earlier periods")
    if elsewhere:
        shown = ", ".join(elsewhere[:_SHOWN]) + (f" and {len(elsewhere) - _SHOWN} more" if elsewhere[_SHOWN:] else "")
        parts.append(f"{shown}: no line of this period; another period's, or the ids have changed")
    return Check("decisions", False if faults else None if elsewhere else True, None, "; ".join([*parts, *faults]))


def _is_told(one: Decision, overruled: Sequence[Overruled]) -> bool:
    return any(each.earlier == one for each in overruled)


def _lines(one: Decision) -> str:
    return ", ".join((*one.expected, *one.actual))


def _overruled(one: Overruled) -> str:
    earlier, later = one.earlier, one.later
    return (
        f"{earlier.decision_id} ({earlier.action} by {earlier.decided_by}) does not hold, for {later.decision_id} "
        f"({later.action} by {later.decided_by}) is later and names the same lines: undo one of them"
    )
