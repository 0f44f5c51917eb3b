"""Why matched slips differ, and what the slips that found no partner mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from recon.frames import CAUSE_NAMES
from recon.frames.causes import Status
from recon.matching import EntryMatches, Group, Slip, compare, diagnose
from recon.matching.traits import negated
from recon.variances.model import CellSum, Explained, Finding, Surroundings, status_of
from recon.variances.nearest import NO_DOCUMENT, Nearest
from recon.variances.words import describe

_PARTIAL_ROLES = {"fees": "fee_unbooked", "chargebacks": "chargeback_unbooked", "reversals": "reversal_unbooked"}


def explain(matches: EntryMatches, around: Surroundings) -> Explained:
    """Findings and agreeing lines of one reconciliation; every line of the period is in one of them."""
    findings: list[Finding] = []
    matched: list[tuple[Group, tuple[str, ...], tuple[str, ...]]] = []
    for group in matches.groups:
        if not any(slip.in_period for slip in (*group.expected, *group.actual)):
            continue  # the next or the last month's own business
        found = explain_decided(group, around) if group.decided_by else explain_group(group, around)
        findings += found
        agreeing = _agreeing(group, found)
        if any(agreeing) or group.decided_by:
            matched.append((group, *agreeing))
    nearest = Nearest(matches, rounding=around.rounding_cents)
    surplus, unexpected, rivals = explain_surplus(matches, around, nearest)
    left = [slip for slip in matches.expected_left if slip.in_period]
    findings += [_and(explain_missing(slip, around, rivals.get(slip.key, ())), nearest.entry(slip)) for slip in left]
    return Explained((*findings, *surplus), tuple(matched), matches.agreed, unexpected)


def _and(finding: Finding, words: str) -> Finding:
    return replace(finding, explanation=f"{finding.explanation} {words}".rstrip())


def _agreeing(group: Group, findings: Iterable[Finding]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Line ids of both sides that no finding names; nothing where one side is outside the period."""
    named = {line for one in findings for line in (*one.expected_line_ids, *one.actual_line_ids, *one.candidates)}
    expected = tuple(i for slip in group.expected if slip.in_period for i in slip.line_ids if i not in named)
    actual = tuple(i for slip in group.actual for i in slip.line_ids if i not in named)
    return (expected, actual) if expected else ((), ())


def explain_group(group: Group, around: Surroundings) -> list[Finding]:
    """The findings of one match, none where both sides agree."""
    if group.kind == "ambiguous":
        return [_ambiguous(group, around)]
    if not any(slip.in_period for slip in group.expected):
        return [_of_other_period(group, around)]
    inside = [part for slip in group.actual if (part := _part(slip, around, inside=True)) is not None]
    if not inside:
        return [_posted_outside(group, around)]
    if group.expected[0].currency != group.actual[0].currency:
        return [_whole(group, inside, "wrong_currency", around)]
    moved = _moved(group.expected[0], inside[0], around)
    if moved is not None:
        # A place that the locations do not know is a hole in the mapping, not an error of the ledger.
        unplaced = any(slip.unmapped and slip.place[0] not in around.entities for slip in group.expected)
        return [_whole(group, inside, "unmapped" if unplaced else moved, around)]
    return _by_account(group, inside, around)


def explain_decided(group: Group, around: Surroundings) -> list[Finding]:
    """The findings of a group that a person formed; what its two sides differ by is a variance still.

    A person may put together what stands at several places: then the group is compared as a whole. Its
    documents of another period are that period's business.
    """
    here = tuple(slip for slip in group.expected if slip.in_period)
    whole = replace(group, expected=here) if here else group
    inside = [part for slip in group.actual if (part := _part(slip, around, inside=True)) is not None]
    one_place = all(len({(slip.place, slip.currency) for slip in side}) == 1 for side in (whole.expected, inside))
    simple = not here or not inside or one_place
    found = explain_group(whole, around) if simple else _as_a_whole(whole, inside, around)
    return [
        replace(one, also=(*one.also, "decided"), explanation=f"{one.explanation} {group.explanation}") for one in found
    ]


def _as_a_whole(group: Group, inside: list[Slip], around: Surroundings) -> list[Finding]:
    """One finding over all places of a group, if any account at any of them differs."""
    sums = CellSum().add(group.expected, 1).add(inside, -1)
    if not sums.cells():
        return []
    return [
        _finding(
            group,
            "amount_other",
            sums,
            around,
            expected_line_ids=_ids(group.expected),
            actual_line_ids=_ids(group.actual),
            also=_also(group, "amount_other"),
        )
    ]


def _part(slip: Slip, around: Surroundings, *, inside: bool) -> Slip | None:
    """The lines of a slip that stand inside (or outside) the period; None where there are none."""
    keep = [i for i, day in enumerate(slip.line_dates) if around.period.has(day) == inside]
    if len(keep) == len(slip.line_dates):
        return slip
    if not keep:
        return None
    return replace(
        slip,
        amounts=tuple(slip.amounts[i] for i in keep),
        line_ids=tuple(slip.line_ids[i] for i in keep),
        line_dates=tuple(slip.line_dates[i] for i in keep),
    )


def _ids(slips: Iterable[Slip], accounts: Iterable[str] | None = None) -> tuple[str, ...]:
    wanted = None if accounts is None else set(accounts)
    return tuple(
        line
        for slip in slips
        for line, (account, _) in zip(slip.line_ids, slip.amounts, strict=True)
        if wanted is None or account in wanted
    )


def _moved(expected: Slip, actual: Slip, around: Surroundings) -> str | None:
    """The cause of a slip at another place, if it is."""
    (wanted, department), (found, other_department) = expected.place, actual.place
    if wanted == found:
        return None if department == other_department else "wrong_department"
    entities = around.entities
    apart = entities.get(wanted or "") != entities.get(found or "") and wanted in entities and found in entities
    return "wrong_entity" if apart else "wrong_location"


def _also(group: Group, cause: str, traits: Iterable[str] = ()) -> tuple[str, ...]:
    """The other traits of a match, in a fixed order."""
    found = [name for name in traits if name != cause]
    if not any(slip.documents for slip in group.actual):
        found.append("no_document")
    elif group.by != "reference" and len(group.expected) == 1:
        found.append("other_document")
    if group.days_apart:
        found.append("other_day")
    return tuple(dict.fromkeys(found))


def _finding(group: Group, cause: str, sums: CellSum, around: Surroundings, **more: object) -> Finding:
    """A finding about one match, with the status of its cause."""
    first = group.expected[0]
    cells = sums.cells()
    finding = Finding(
        reconciliation=first.reconciliation,
        cause=cause,
        status=status_of(cause, around),
        explanation="",
        posting_date=first.date,
        document=", ".join(slip.title for slip in group.expected),
        cells=cells,
        expected_document=first.document,
    )
    finding = replace(finding, **more)  # type: ignore[arg-type]
    if finding.status == "book" and any(is_incomplete(slip, around) for slip in group.expected):
        finding = replace(finding, status="ask", also=(*finding.also, "source_incomplete"))
    return replace(
        finding, explanation=describe(finding, group.expected, group.actual, str(more.get("explanation", "")))
    )


def is_incomplete(slip: Slip, around: Surroundings) -> bool:
    """True where a row of the slip's own source was rejected: its amount cannot be trusted."""
    return (slip.place[0], slip.date) in around.incomplete or any(
        d in around.rejected_documents for d in slip.documents
    )


def _ambiguous(group: Group, around: Surroundings) -> Finding:
    """Several partners fit equally well: what is too many or too few is known, not which."""
    sums = CellSum().add((s for s in group.expected if s.in_period), 1)
    sums.add((part for s in group.actual if (part := _part(s, around, inside=True))), -1)
    cause = "missing" if len(group.expected) > len(group.actual) else "unexpected"
    return _finding(
        group,
        cause,
        sums,
        around,
        status="ask",
        expected_line_ids=_ids(s for s in group.expected if s.in_period),
        actual_line_ids=_ids(group.actual),
        candidates=_ids((*group.expected, *group.actual)),
        also=("ambiguous",),
        explanation=group.explanation,
    )


def _of_other_period(group: Group, around: Surroundings) -> Finding:
    """Lines of this period whose document belongs to the period before or after."""
    here = [part for slip in group.actual if (part := _part(slip, around, inside=True)) is not None]
    early = group.expected[0].date > around.period.end
    return _finding(
        group,
        "early_posted" if early else "late_posted",
        CellSum().add(here, -1),
        around,
        status="timing",
        posting_date=here[0].date,
        actual_line_ids=_ids(here),
        candidates=_ids(group.expected),
        also=_also(group, ""),
    )


def _posted_outside(group: Group, around: Surroundings) -> Finding:
    """A document of this period that stands in another."""
    cause = "late_posted" if group.actual[0].date > around.period.end else "early_posted"
    traits = [trait.cause for trait in diagnose(compare(group.expected, group.actual), rounding=around.rounding_cents)]
    moved = _moved(group.expected[0], group.actual[0], around)
    return _finding(
        group,
        cause,
        CellSum().add(group.expected, 1),
        around,
        expected_line_ids=_ids(group.expected),
        actual_line_ids=_ids(group.actual),
        also=_also(group, cause, ([moved] if moved else []) + traits),
    )


def _whole(group: Group, inside: list[Slip], cause: str, around: Surroundings) -> Finding:
    """A slip that stands at another place as a whole, or in another currency."""
    traits = [trait.cause for trait in diagnose(compare(group.expected, inside), rounding=around.rounding_cents)]
    return _finding(
        group,
        cause,
        CellSum().add(group.expected, 1).add(inside, -1),
        around,
        expected_line_ids=_ids(group.expected),
        actual_line_ids=_ids(group.actual),
        also=_also(group, cause, traits),
    )


def _by_account(group: Group, inside: list[Slip], around: Surroundings) -> list[Finding]:
    """Findings per trait; accounts with a line in another period come first, as cut-off."""
    outside = [part for slip in group.actual if (part := _part(slip, around, inside=False)) is not None]
    cut = frozenset(account for slip in outside for account, _ in slip.amounts)
    findings: list[Finding] = []
    if cut:
        cause = "late_posted" if outside[0].date > around.period.end else "early_posted"
        sums = CellSum().add(group.expected, 1, cut).add(inside, -1, cut)
        findings.append(
            _finding(
                group,
                cause,
                sums,
                around,
                expected_line_ids=_ids(group.expected, cut),
                actual_line_ids=_ids(group.actual, cut),
                also=_also(group, cause),
            )
        )
    both = compare([_without(slip, cut) for slip in group.expected], [_without(slip, cut) for slip in inside])
    unmapped = any(slip.unmapped for slip in group.expected)
    for trait in diagnose(both, rounding=around.rounding_cents):
        accounts = frozenset(trait.accounts)
        cause = "unmapped" if unmapped and trait.cause != "unmapped" else trait.cause
        sums = CellSum().add(group.expected, 1, accounts).add(inside, -1, accounts)
        findings.append(
            _finding(
                group,
                cause,
                sums,
                around,
                expected_line_ids=_ids(group.expected, accounts),
                actual_line_ids=_ids(inside, accounts),
                also=_also(group, cause, [trait.cause]),
                explanation=trait.evidence,
            )
        )
    return findings


def _without(slip: Slip, accounts: frozenset[str]) -> Slip:
    keep = [i for i, (account, _) in enumerate(slip.amounts) if account not in accounts]
    return replace(
        slip,
        amounts=tuple(slip.amounts[i] for i in keep),
        line_ids=tuple(slip.line_ids[i] for i in keep),
        line_dates=tuple(slip.line_dates[i] for i in keep),
    )


def explain_missing(slip: Slip, around: Surroundings, rivals: tuple[Slip, ...] = ()) -> Finding:
    """A document that no ledger entry books; asked about where a `rival`, told as a copy, may be its entry."""
    group = Group("reference", "match", (slip,), (), "")
    names = {name for roles in (slip.roles or {}).values() for name in roles} - {"net"}
    only = next(iter(names)) if len(names) == 1 else ""
    cause = "unmapped" if slip.unmapped else _PARTIAL_ROLES.get(only, "missing")
    sums = CellSum().add([slip], 1)
    if not rivals:
        return _finding(group, cause, sums, around, expected_line_ids=slip.line_ids)
    doubt: dict[str, object] = {"status": "ask", "candidates": _ids(rivals), "also": ("ambiguous",)}
    return _finding(group, cause, sums, around, expected_line_ids=slip.line_ids, **doubt)


def explain_surplus(
    matches: EntryMatches, around: Surroundings, nearest: Nearest
) -> tuple[list[Finding], tuple[Slip, ...], dict[str, tuple[Slip, ...]]]:
    """Findings for ledger slips without a document, the slips that nothing explains yet, and rivals.

    The rivals of a missing document, by its key, are the copies that may be its own entry: such a pair
    is asked about together, for booking one half alone would book twice.
    """
    left = [part for slip in matches.actual_left if (part := _part(slip, around, inside=True)) is not None]
    pairs = _reversed_pairs(left)
    inside = [pair for pair in matches.cancelled if any(slip.in_period for slip in pair)]
    findings = [_pair_finding(first, second, around) for first, second in (*inside, *pairs)]
    paired = {slip.key for pair in pairs for slip in pair}
    alike = _alike(matches, around)
    unexpected: list[Slip] = []
    rivals: dict[str, tuple[Slip, ...]] = {}
    for slip in left:
        if slip.key in paired:
            continue
        equals = alike(slip)
        finding = _surplus_finding(slip, equals, around)
        # A copy names its original already, and what lacks its source waits for that and for nothing else.
        words = "" if equals.original is not None else nearest.document(slip)
        findings.append(finding if finding.cause == "not_compared" and words == NO_DOCUMENT else _and(finding, words))
        if finding.cause == "unexpected":
            unexpected.append(slip)
        if finding.cause == "duplicate" and not equals.is_certain:
            for document in equals.unbooked:
                rivals[document.key] = (*rivals.get(document.key, ()), slip)
    return findings, tuple(unexpected), rivals


def _reversed_pairs(slips: list[Slip]) -> list[tuple[Slip, Slip]]:
    """Pairs that cancel each other at one place; each slip at most once, the first by key."""
    pairs: list[tuple[Slip, Slip]] = []
    waiting: dict[tuple[object, object], list[Slip]] = {}
    for slip in slips:
        partners = waiting.get((slip.place, negated(slip.content)), [])
        if partners:
            pairs.append((partners.pop(0), slip))
        else:
            waiting.setdefault((slip.place, slip.content), []).append(slip)
    return pairs


def _pair_finding(first: Slip, second: Slip, around: Surroundings) -> Finding:
    """Nothing to book; where only one half stands in the period, its amount is cut-off."""
    both = (first, second)
    here = [part for slip in both if (part := _part(slip, around, inside=True)) is not None]
    cells = CellSum().add(here, -1).cells()
    finding = Finding(
        first.reconciliation,
        "reversed_pair",
        "timing" if cells else "info",
        "",
        min(first.date, second.date),
        first.title or second.title or None,
        cells=cells,
        actual_line_ids=_ids(both),
    )
    return replace(finding, explanation=describe(finding, (), both, ""))


@dataclass(frozen=True)
class _Alike:
    """The slips that book the same at the same place near a surplus slip's day."""

    original: Slip | None  # the document that the surplus names once more
    near: tuple[Slip, ...]  # equal slips that are matched
    unbooked: tuple[Slip, ...]  # equal documents of the source, not later, that no entry books for certain

    @property
    def is_certain(self) -> bool:
        """True where the surplus cannot be a document of its own: it names another, or all have their entry."""
        return self.original is not None or not self.unbooked


def _alike(matches: EntryMatches, around: Surroundings) -> Callable[[Slip], _Alike]:
    """A look-up of what is alike, over all matches of the reconciliation."""
    booked: dict[object, list[Slip]] = {}
    wanted: dict[object, list[Slip]] = {}
    for group in matches.groups:
        for slip in (*group.expected, *group.actual):
            booked.setdefault((slip.place, slip.content), []).append(slip)
    uncertain = (slip for group in matches.groups if group.kind == "ambiguous" for slip in group.expected)
    for slip in (*uncertain, *matches.expected_left):
        wanted.setdefault((slip.place, slip.content), []).append(slip)

    def near(slip: Slip, index: dict[object, list[Slip]]) -> tuple[Slip, ...]:
        some = index.get((slip.place, slip.content), [])
        return tuple(one for one in some if abs((slip.date - one.date).days) <= around.window_days)

    def unbooked(slip: Slip) -> tuple[Slip, ...]:
        # No entry books what has not happened yet, nor what a person said it does not.
        some = (one for one in near(slip, wanted) if (one.key, slip.key) not in matches.rejected)
        return tuple(one for one in some if one.in_period and one.date <= slip.dates[-1])

    return lambda slip: _Alike(matches.copies.get(slip.key), near(slip, booked), unbooked(slip))


def _surplus_cause(slip: Slip, alike: _Alike, around: Surroundings) -> tuple[str, Status | None]:
    """What one ledger slip without a document of its own is, and its status where it is not the usual one."""
    location = slip.place[0]
    if slip.correction:
        return "unexpected", None  # until the search finds, by its posting key, what it corrects
    if set(slip.line_ids) <= around.reversing:
        return "accrual_reversal", "timing"
    rejected = any(document in around.rejected_documents for document in slip.documents)
    if around.missing_source or rejected or any((location, day) in around.uncovered for day in slip.dates):
        return "not_compared", None
    if alike.original is not None or alike.near:
        return "duplicate", None if alike.is_certain else "ask"
    if (location, slip.date) in around.incomplete:
        return "not_compared", None
    return "unexpected", None


def _surplus_finding(slip: Slip, alike: _Alike, around: Surroundings) -> Finding:
    """The finding about one ledger slip without a document of its own."""
    cause, status = _surplus_cause(slip, alike, around)
    cells = CellSum().add([slip], -1).cells()
    originals = (alike.original,) if alike.original is not None else ()
    finding = Finding(
        slip.reconciliation,
        cause,
        status or status_of(cause, around),
        "",
        slip.date,
        slip.title or None,
        cells=cells,
        actual_line_ids=slip.line_ids,
        candidates=_ids(originals or alike.near),
        also=() if slip.documents else ("no_document",),
    )
    return replace(finding, explanation=describe(finding, originals, (slip,), ""))


def order_of(cause: str) -> int:
    """The place of a cause in the order of precedence."""
    return CAUSE_NAMES.index(cause)
