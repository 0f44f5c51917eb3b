"""Slips: the lines of one document at one place, the unit in which entries are compared.

A ledger entry that holds several stores or several documents is several slips; a document that is
spread over several entries is several slips too. Amounts are integer cents, debit above zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from recon.identity import normal_document

Place = tuple[str | None, str | None]  # location, department
Content = tuple[tuple[str, int], ...]  # account and cents, by account; accounts at zero left out


@dataclass(frozen=True)
class Slip:
    """The lines of one document at one place on one side."""

    key: str
    reconciliation: str
    documents: tuple[str, ...]  # normalised; several where one entry spells its document in several ways
    place: Place
    amounts: tuple[tuple[str, int], ...]  # account and cents, one per line
    line_ids: tuple[str, ...]  # beside amounts
    line_dates: tuple[dt.date, ...]  # beside amounts
    in_period: bool  # at least one line is
    currency: str
    title: str  # the document as people wrote it
    roles: Mapping[str, frozenset[str]] | None = None  # account to roles, expected side only
    unmapped: bool = False
    correction: bool = False  # carries a posting key of ours: it completes an entry, it is not one by itself

    @cached_property
    def content(self) -> Content:
        """What the slip books, per account."""
        return sum_content(self.amounts)

    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        """The distinct days of its lines, in order."""
        return tuple(sorted(set(self.line_dates)))

    @property
    def date(self) -> dt.date:
        """The day of the slip: its earliest line."""
        return self.dates[0]

    @property
    def document(self) -> str | None:
        """The document, where all lines agree on one."""
        return self.documents[0] if len(self.documents) == 1 else None


def sum_content(amounts: Iterable[tuple[str, int]]) -> Content:
    """Cents per account, by account, without the accounts that sum to zero."""
    total: dict[str, int] = {}
    for account, cents in amounts:
        total[account] = total.get(account, 0) + cents
    return tuple(sorted((account, cents) for account, cents in total.items() if cents))


def join_content(slips: Iterable[Slip]) -> Content:
    """What several slips book together."""
    return sum_content(pair for slip in slips for pair in slip.amounts)


def compares_department(lines: pl.DataFrame) -> bool:
    """True where any line has a department: a side that keeps none says nothing about departments."""
    return lines["department"].is_not_null().any()


def expected_slips(expected: pl.DataFrame, *, by_department: bool = True) -> list[Slip]:
    """Expected lines of one reconciliation as slips, one per document and place, by entry id.

    Without `by_department` the place is the location alone, as in a ledger that keeps no departments.
    """
    with_document = expected.with_columns(_document=normal_document("document"))
    grouped = (
        with_document.sort("line_id")
        .group_by("entry_id", maintain_order=True)
        .agg(
            pl.col("reconciliation", "_document", "document", "location", "department", "currency").first(),
            pl.col("posting_date"),
            pl.col("account", "cents", "line_id", "roles"),
            pl.col("in_period", "unmapped").any(),
        )
    )
    return [
        Slip(
            key=row["entry_id"],
            reconciliation=row["reconciliation"],
            documents=(row["_document"],) if row["_document"] else (),
            place=(row["location"], row["department"] if by_department else None),
            amounts=tuple(zip(row["account"], row["cents"], strict=True)),
            line_ids=tuple(row["line_id"]),
            line_dates=tuple(row["posting_date"]),
            in_period=row["in_period"],
            currency=row["currency"],
            title=row["document"],
            roles=_roles(row["account"], row["roles"]),
            unmapped=row["unmapped"],
        )
        for row in grouped.iter_rows(named=True)
    ]


def _roles(accounts: list[str], roles: list[list[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for account, names in zip(accounts, roles, strict=True):
        found[account] = found.get(account, frozenset()) | frozenset(names or ())
    return found


def actual_slips(
    actual: pl.DataFrame, known: frozenset[str], *, reconciliation: str, by_department: bool
) -> list[Slip]:
    """Ledger lines of one reconciliation as slips, one per entry, place and document, by first line.

    `known` are the normalised documents that are expected. Lines of one entry whose documents are
    unknown stay together: one entry often spells its document in several ways.
    """
    cluster = pl.when(pl.col("_document").is_in(list(known))).then(pl.col("_document"))
    lines = actual.with_columns(
        _document=normal_document("document"),
        department=pl.col("department") if by_department else pl.lit(None, pl.String),
    ).with_columns(_cluster=cluster)
    by = ["entry_id", "location", "department", "_cluster"]
    grouped = (
        lines.sort("line_id")
        .group_by(by, maintain_order=True)
        .agg(
            pl.col("_document").drop_nulls().unique().sort(),
            pl.col("document").drop_nulls().first(),
            pl.col("posting_date"),
            pl.col("account", "cents", "line_id"),
            pl.col("in_period").any(),
            pl.col("currency").first(),
            pl.col("posting_key").is_not_null().all().alias("correction"),
        )
    )
    slips = [
        Slip(
            key="|".join(str(row[name] or "") for name in by),
            reconciliation=reconciliation,
            documents=tuple(row["_document"]),
            place=(row["location"], row["department"]),
            amounts=tuple(zip(row["account"], row["cents"], strict=True)),
            line_ids=tuple(row["line_id"]),
            line_dates=tuple(row["posting_date"]),
            in_period=row["in_period"],
            currency=row["currency"],
            title=row["document"] or "",
            correction=row["correction"],
        )
        for row in grouped.iter_rows(named=True)
    ]
    return join_spellings(slips, known)


def join_spellings(slips: list[Slip], known: frozenset[str]) -> list[Slip]:
    """Slips where lines of one entry and place that misspell a document join the ones that spell it.

    Only a misspelling (a truncation of the one document that the entry spells right, or no document
    at all) joins; a line that names another document stays apart.
    """
    groups: dict[tuple[str, Place], list[Slip]] = {}
    for slip in slips:
        groups.setdefault((slip.key.split("|", 1)[0], slip.place), []).append(slip)
    joined: list[Slip] = []
    for group in groups.values():
        right = [slip for slip in group if slip.document in known]
        other = [slip for slip in group if slip.document not in known]
        if len(right) == 1 and other and all(_spells(text, right[0]) for slip in other for text in slip.documents):
            joined.append(_merge(right[0], other))
        else:
            joined += group
    return joined


def _spells(text: str, slip: Slip) -> bool:
    return slip.documents[0].startswith(text)


def _merge(slip: Slip, others: list[Slip]) -> Slip:
    every = [slip, *others]
    return Slip(
        key=slip.key,
        reconciliation=slip.reconciliation,
        documents=slip.documents,
        place=slip.place,
        amounts=tuple(pair for one in every for pair in one.amounts),
        line_ids=tuple(line for one in every for line in one.line_ids),
        line_dates=tuple(day for one in every for day in one.line_dates),
        in_period=any(one.in_period for one in every),
        currency=slip.currency,
        title=slip.title,
        correction=slip.correction,
    )
