"""Errors of earlier periods that were corrected later, from the corrections on record: pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import polars as pl

from recon.canonical import PriorCorrection
from recon.lifecycle import IN_BOOKS, Correction, State
from recon.period import Period
from recon.signoff.carried import books_name
from recon.variances.signed import PRIOR

_BOOKED: tuple[State, ...] = (*IN_BOOKS, "reversed")
_SENT: tuple[State, ...] = ("sent", "uncertain", *_BOOKED)


def prior_corrections(
    corrections: Iterable[Correction], company: str, period: Period, uncorrected: pl.DataFrame
) -> tuple[PriorCorrection, ...]:
    """The corrections of earlier periods, and what takes them back, that are dated in the period and may stand there.

    `uncorrected` is UNCORRECTED of earlier periods: the lines for which a row waits are settled with it.
    """
    ours = _of_earlier(corrections, company)
    waits = dict(uncorrected.select("variance_id", "waits_for").unique("variance_id").rows())
    chosen = [one for one in ours if one.state in _SENT and period.has(one.content.posting_date)]
    return tuple(
        PriorCorrection(
            one.key,
            one.content.memo,
            _cells(one),
            tuple(line for name in one.variance_ids for line in waits.get(name, ()) if one.reverses is None),
        )
        for one in sorted(chosen, key=lambda one: one.key)
    )


def corrected_variances(corrections: Iterable[Correction], company: str, by: dt.date) -> frozenset[str]:
    """Ids of the variances of earlier periods whose correction is booked by the day, and not taken back by then."""
    ours = [one for one in _of_earlier(corrections, company) if one.state in _BOOKED and one.content.posting_date <= by]
    taken_back = {one.reverses for one in ours if one.reverses is not None}
    return frozenset(
        name for one in ours if one.reverses is None and one.identity not in taken_back for name in one.variance_ids
    )


def _of_earlier(corrections: Iterable[Correction], company: str) -> list[Correction]:
    """Corrections of errors of earlier periods and the reversals of them."""
    mine = [one for one in corrections if books_name(one.company, one.entity) == company]
    known = {one.identity for one in mine if one.cause == PRIOR}
    return [one for one in mine if one.cause == PRIOR or one.reverses in known]


def _cells(one: Correction) -> tuple[tuple[str, str | None, str | None, int], ...]:
    sums: dict[tuple[str, str | None, str | None], int] = {}
    for line in one.content.lines:
        cell = (line.account, line.location, line.department)
        sums[cell] = sums.get(cell, 0) + int(line.amount * 100)
    cells = [(*cell, cents) for cell, cents in sums.items() if cents]
    return tuple(sorted(cells, key=lambda cell: [(part is None, part or "") for part in cell[:3]]))
