"""Correcting, in an open period, an error of one that was signed: a person drafts it, others review and approve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from recon.adjustments import Tagging
from recon.errors import NotAllowed
from recon.identity import correction_fields, digest_fields
from recon.lifecycle import Acting, Content, ContentLine, Correction, Revised
from recon.money import ZERO, from_cents, to_cents
from recon.period import Period
from recon.posting.books import basis_of, group_of, keys_in
from recon.posting.overlap import seen_of
from recon.posting.registering import authors_by_rule, rule_authors_of, rule_by_line
from recon.posting.titles import shortened, title_of
from recon.reporting.model import RunRecord
from recon.signoff.elsewhere import Later, Reading, read_later, searched, with_later
from recon.signoff.gate import Subject
from recon.signoff.kept import signatures
from recon.signoff.signing import Books, Signing, open_signing
from recon.variances.signed import PRIOR, cause_before, id_before

_OVER = ("withdrawn", "reversed")  # of an entry that books nothing


def correct_prior(
    books: Books, period: str, variance_id: str, into: Period, who: Acting, *, read: Reading | None = None
) -> Correction:
    """The proposal, on record, that corrects in an open period what a signed period got wrong or waived.

    It takes the way of every correction: review, approval by another person, posting. The days since the signed period
    are searched before, as `read_later` reads them with `read`.

    Raises: NotAllowed where the person may not prepare entries, the period is not signed or the other one is, another
        entry for the same error is on record, the ledger holds one, and as `draft_prior` and `read_later`; DataError,
        DigestDiffers for the run; RemoteError; Stale.
    """
    books.control.check_prepare(who)
    signing = open_signing(books, period)
    drafted = draft_prior(signing.record, variance_id, into, prepared_by=who.person.name)
    drafted = replace(drafted, logins=(who.login,), rule_authors=_authors(signing.record, variance_id, books))
    _check_signed(books, signing, drafted, into)
    others = [one for one in books.store.all() if set(one.variance_ids) & set(drafted.variance_ids)]
    for one in others:
        if one.state not in _OVER and one.identity != drafted.identity:
            raise NotAllowed(f"an entry for this error is on record and {one.state}", key=one.key)
    kept = books.store.get(drafted.identity)
    if kept is None or kept.state == "withdrawn":
        later = read_later(books, drafted, signing.record.found.period, into, read)
        drafted = _over_later_books(books, signing, drafted, later)
    if kept is None:
        return books.store.add(drafted, actor=who.person.name)
    if kept.state != "withdrawn":
        raise NotAllowed(f"this correction is on record and {kept.state}", key=kept.key)
    again = Revised(
        who.person.name, drafted.content, drafted.run_id, drafted.explanation, drafted.variance_ids, "single",
        basis=drafted.basis, seen=drafted.seen, prepared_login=who.login, rule_authors=drafted.rule_authors,
    )  # fmt: skip
    return books.store.apply(kept, again, actor=who.person.name)


def _over_later_books(books: Books, signing: Signing, drafted: Correction, later: Later) -> Correction:
    """The correction as it stands over the books of the days since. Raises: NotAllowed where they hold it already."""
    every, record = books.store.all(), signing.record
    known = frozenset(key for one in every if one.identity != drafted.identity for key in one.keys)
    row, _ = _finding(record, drafted.variance_ids[0])
    held = searched(drafted, row["document"], record, later, known)
    if held:
        raise NotAllowed(
            f"the ledger may hold this correction already: {held} Nothing is proposed: if it is something else, "
            "let it name its own document in Intacct, or book this one by hand",
            variance=drafted.variance_ids[0],
        )
    keys = keys_in(record.found.ledger) | keys_in(later.ledger)
    return replace(with_later(drafted, later), seen=seen_of(drafted, every, keys))


def _authors(record: RunRecord, variance_id: str, books: Books) -> tuple[str, ...]:
    """Who wrote the rules by which the lines of the error are expected: none of them approves it."""
    row, _ = _finding(record, variance_id)
    written = authors_by_rule(record.policy.rules, books.control.people)
    return rule_authors_of(row["expected_line_ids"], rule_by_line(record.found.frames["expected"]), written)


def _check_signed(books: Books, signing: Signing, drafted: Correction, into: Period) -> None:
    """Raises: NotAllowed unless the period of the error is signed and the one that takes the correction is not."""
    accounts = {Subject("account", line.account) for line in drafted.content.lines}
    concerned = {Subject("reconciliation", drafted.reconciliation or ""), *accounts}
    period = signing.record.found.period.name
    if not any(one in concerned and act.is_signature for one, act in signing.acts.items()):
        raise NotAllowed(f"{drafted.reconciliation} of {period} is not signed: approve the entry that its run proposes")
    for one, act in signatures(books.store, signing.company, into.name).items():
        if one in concerned:
            raise NotAllowed(f"{one} of {into.name} is signed by {act.actor}: name a period that is open")


def draft_prior(record: RunRecord, variance_id: str, into: Period, *, prepared_by: str) -> Correction:
    """The entry that corrects an error of the run's period on the first day of a later one; its title names the period.

    Raises: NotAllowed for a variance that asks for no entry, or whose lines do not balance, and for a period that does
        not come after.
    """
    period, company = record.found.period, record.policy.company
    row, lines = _finding(record, variance_id)
    if into.start <= period.end:
        raise NotAllowed(f"an error of {period.name} is corrected in a later period, not in {into.name}")
    cause = cause_before(row)
    title = f"Correction of {title_of(period.name, row['reconciliation'], cause, [row['document']])}"
    journal = _journal(record, row["reconciliation"])
    content = Content("correction", journal, into.start, None, company.currency, shortened(title), lines)
    fields = correction_fields(
        company.name, company.entity, row["reconciliation"], period=into.name, cause=PRIOR,
        line_ids=(*row["expected_line_ids"], *row["actual_line_ids"]),
    )  # fmt: skip
    # Whether the error still stands is read where it was made: around its own day, in its own period.
    around = replace(content, posting_date=row["posting_date"] or period.end)
    return Correction(
        digest_fields(fields).hex(),
        company.name,
        company.entity,
        into.name,
        row["reconciliation"],
        PRIOR,
        "single",
        content,
        row["explanation"],
        tuple(dict.fromkeys((variance_id, id_before(row)))),
        record.run_id,
        prepared_by,
        basis=basis_of(record.found.ledger, group_of(around, period, record.policy.tolerances.window_days)),
        line_ids=tuple(sorted({*row["expected_line_ids"], *row["actual_line_ids"]})),
    )


def _finding(record: RunRecord, variance_id: str) -> tuple[Mapping[str, Any], tuple[ContentLine, ...]]:
    frames = record.found.frames
    is_error = ((pl.col("cause") == PRIOR) & (pl.col("status") == "ask")) | (pl.col("status") == "book")
    rows = frames["variances"].filter(pl.col("variance_id") == variance_id, is_error).to_dicts()
    if not rows:
        raise NotAllowed("this run has no error of that name that an entry could correct", variance=variance_id)
    cells = frames["variance_lines"].filter(pl.col("variance_id") == variance_id)
    lines = _lines(cells, rows[0], record)
    if len(lines) < 2 or sum((line.amount for line in lines), ZERO) != ZERO:
        raise NotAllowed("the lines of this error do not balance: no entry can be drafted", variance=variance_id)
    return rows[0], lines


def _lines(cells: pl.DataFrame, row: Mapping[str, Any], record: RunRecord) -> tuple[ContentLine, ...]:
    """The cells of a variance as they are booked, with class, project and customer as proposals say them."""
    wanted, standing = row["expected_line_ids"], row["actual_line_ids"]
    tagging = Tagging.of(record.found.frames["expected"], record.found.ledger, wanted, standing)
    places = cells.select("account", "location", "department", to_cents("amount"))
    booked = (((account, location, department), cents) for account, location, department, cents in places.iter_rows())
    tagged = tagging.lines(booked, wanted, standing)
    return tuple(ContentLine(line.cell[0], from_cents(line.cents), *line.cell[1:], *line.tags) for line in tagged.lines)


def _journal(record: RunRecord, reconciliation: str) -> str:
    policy = record.policy
    own: dict[str, str] = {name: one.journals[0] for name, one in policy.reconciliations.items()}
    return policy.adjustments.journal or own[reconciliation]
