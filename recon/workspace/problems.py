"""Faults that show only when policy and profiles are looked at together."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping

from recon.canonical.calendar import is_calendar
from recon.connectors.profiles import Profile
from recon.policy import Policy
from recon.policy.model import SOURCE_RECONCILIATION

PLACEHOLDERS = ("location", "doc_code", "date", "deposit_id", "batch_id", "run_id", "department")


def workspace_problems(policy: Policy, profiles: Mapping[str, Profile]) -> list[str]:
    """One sentence for each fault, with its file and field and the mend; empty if all is well."""
    return [*_sources(policy, profiles), *_templates(policy), *_reconciliations(policy), *_calendar(policy)]


def _sources(policy: Policy, profiles: Mapping[str, Profile]) -> Iterator[str]:
    for n, source in enumerate(policy.sources, 1):
        if source.profile not in profiles:
            known = ", ".join(profiles) or "none"
            yield f"policy.toml: sources.{n}.profile {source.profile!r} is no file in profiles/; there are {known}"


def _templates(policy: Policy) -> Iterator[str]:
    for name, one in policy.reconciliations.items():
        for field in ("document", "memo"):
            yield from _template(
                f"policy.toml: reconciliations.{name}.{field}", getattr(one, field), memo=field == "memo"
            )


def _template(place: str, text: str, *, memo: bool) -> Iterator[str]:
    known = (*PLACEHOLDERS, "document") if memo else PLACEHOLDERS
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError as cause:
        yield f"{place} {text!r} is no template: {cause}"
        return
    for name in names:
        if name not in known:
            yield f"{place}: unknown placeholder {{{name}}}; known are {', '.join(known)}"


def _reconciliations(policy: Policy) -> Iterator[str]:
    needed = {SOURCE_RECONCILIATION[rule.source]: rule.origin for rule in reversed(policy.rules)}
    for name, origin in needed.items():
        if name not in policy.reconciliations:
            yield f"policy.toml: [reconciliations.{name}] is missing, but {origin} books {name}"
    owners: dict[str, str] = {}
    for name, one in policy.reconciliations.items():
        for journal in one.journals:
            if journal in owners:
                yield f"policy.toml: journal {journal!r} belongs to {owners[journal]} and {name}: leave it with one"
            owners[journal] = name


def _calendar(policy: Policy) -> Iterator[str]:
    bank = policy.calendar.bank
    if not is_calendar(bank):
        mend = "XFED is the Federal Reserve's, US the country's"
        yield f"policy.toml: calendar.bank {bank!r} is no holiday calendar; {mend}"
