"""Whether the ledger holds the correction of a signed period's error already: searched before it is drafted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import polars as pl

from recon.adjustments import search, standing_entries
from recon.canonical.population import populate
from recon.errors import DataError, NotAllowed
from recon.identity import normal_document
from recon.lifecycle import Correction
from recon.period import Period
from recon.posting.books import AND, Group, basis_of, group_around, lines_of
from recon.reporting.model import RunRecord
from recon.reporting.runs import find_run, read_record
from recon.signoff.signing import Books
from recon.variances import Finding

_DAY = dt.timedelta(days=1)
Reading = Callable[[Group], pl.DataFrame]  # LEDGER of a group as it stands in this moment


@dataclass(frozen=True)
class Later:
    """The days after the period of the error, in which its correction is booked, or somebody booked it by hand."""

    into: Period
    group: Group
    ledger: pl.DataFrame  # LEDGER of the group


def read_later(books: Books, drafted: Correction, signed: Period, into: Period, read: Reading | None) -> Later:
    """The accounts and places of the correction from the day after the signed period to this day, or the end of `into`.

    `read` asks the ledger itself; where none is set up, the newest run of `into` tells. Raises: NotAllowed where
    neither does; RemoteError.
    """
    end = max(into.end, books.store.now().date())
    group = group_around(drafted.content, signed.end + _DAY, end)
    if read is not None:
        return Later(into, group, read(group))
    try:
        ledger = read_record(find_run(books.reports, into.name)).found.ledger
    except DataError as cause:
        raise NotAllowed(
            f"no ledger of {into.name} is at hand in which this correction may stand already: close {into.name} first, "
            "or let sources.toml name the interface of Intacct that entries are posted to"
        ) from cause
    return Later(into, group, ledger)


def searched(drafted: Correction, document: str | None, record: RunRecord, later: Later, known: Collection[str]) -> str:
    """What the ledger holds that is, or may be, this correction, in words; empty where it holds nothing.

    It is searched as a close searches. Entries under a posting key of `known` correct something else, and so does an
    entry of an owned journal that names another document.
    """
    policy, content = record.policy, drafted.content
    population = populate(lines_of(later.ledger, later.group), policy, later.into)
    owned = pl.col("journal").is_in(policy.journals_of(*policy.reconciliations))
    lines = pl.concat([population.posted, population.pending]).with_columns(owned=owned)
    lines = lines.filter(~pl.col("posting_key").is_in([*known]).fill_null(value=False))
    wanted = Finding(
        drafted.reconciliation or "", drafted.cause, "book", "", content.posting_date, document,
        cells=tuple(((line.account, line.location, line.department), int(line.amount * 100)) for line in content.lines),
        expected_document=pl.select(normal_document(pl.lit(document, pl.String))).item(),
    )  # fmt: skip
    entries = [
        one
        for one in standing_entries(lines, later.into)
        if not one.owned or not one.documents or wanted.expected_document in one.documents
    ]
    is_blind = all(line.department is None for line in content.lines)
    blind = [wanted.reconciliation] if is_blind else []
    found = search([wanted], entries, lambda _: drafted.key, without_departments=blind).findings
    return "" if found == (wanted,) else found[0].explanation.strip()


def with_later(drafted: Correction, later: Later) -> Correction:
    """The correction with what it saw of the later days: a line of one of its amounts must not come to them."""
    amounts = frozenset(abs(line.amount) for line in drafted.content.lines)
    alike = basis_of(later.ledger, replace(later.group, amounts=amounts))
    return replace(drafted, basis=f"{drafted.basis}{AND}{alike}")
