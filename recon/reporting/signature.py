"""Who signed a pack: files beside the manifest, written when it is signed, so that the pack itself stays as it was."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from recon.reporting.model import RunRecord
from recon.reporting.page import render_template
from recon.reporting.passed import uncorrected_by_account, uncorrected_list
from recon.reporting.words import moment

_LINE, _WIDTH = 22, 900  # pixels
_COLOURS = {"signed": "#23693f", "signed with exceptions": "#8a4b08", "reopened": "#a3231c"}
_NONE = "#5b6675"
_OTHER = "#8a4b08"


@dataclass(frozen=True)
class Signature:
    """One act on one subject of the run."""

    subject: str
    act: str  # signed, signed with exceptions, reopened
    by: str
    at: dt.datetime
    note: str | None
    exceptions: tuple[tuple[str, str], ...] = ()  # words and amount of what was forced

    @property
    def said(self) -> str:
        """The act in words: `deposits: signed with exceptions by bob, 2026-10-05 09:30 UTC`."""
        return f"{self.subject}: {self.act} by {self.by}, {moment(self.at)}"


@dataclass(frozen=True)
class Stamp:
    """How a run stands: what can be signed of it, the newest act on each, every act in order."""

    subjects: tuple[str, ...]
    newest: tuple[Signature, ...]
    history: tuple[Signature, ...]
    elsewhere: tuple[tuple[str, Signature], ...] = ()  # run ids with signatures of the period that stand over them

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """One line of words and its colour per act that holds, then what is not signed."""
        told = [(one.said, _COLOURS[one.act]) for one in self.newest]
        told += [(f"over another run, {run}: {one.said}", _OTHER) for run, one in self.elsewhere]
        known = {one.subject for one in (*self.newest, *(other for _, other in self.elsewhere))}
        left = [name for name in self.subjects if name not in known]
        if left:
            told.append((f"not signed: {', '.join(left)}", _NONE))
        return tuple(told)


def render_mark(stamp: Stamp) -> str:
    """The stamp as an SVG image that the pack's page shows."""
    lines = stamp.lines
    height = _LINE * len(lines) + 8
    texts = "".join(
        f'<circle cx="8" cy="{_LINE * n + 15}" r="5" fill="{colour}"/>'
        f'<text x="22" y="{_LINE * n + 20}" font-family="system-ui, sans-serif" font-size="15" fill="#1b2430">'
        f"{html.escape(words)}</text>"
        for n, (words, colour) in enumerate(lines)
    )
    said = html.escape("; ".join(words for words, _ in lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" role="img">'
        f"<title>{said}</title>{texts}</svg>\n"
    )


def render_signature(record: RunRecord, stamp: Stamp, uncorrected: pl.DataFrame) -> str:
    """The page of signatures: how each subject stands, every act with its note, and what was not corrected."""
    period = record.found.period.name
    context: dict[str, Any] = {
        "record": record,
        "title": f"Sign-off {period}",
        "stamp": stamp,
        "by_account": uncorrected_by_account(uncorrected, record.accounts, period).to_dicts(),
        "uncorrected": uncorrected_list(uncorrected, record.accounts).to_dicts(),
    }
    return render_template("signoff.html.j2", context)


def as_json(stamp: Stamp) -> Sequence[dict[str, Any]]:
    """Every act in order, amounts as text."""
    return [
        {
            "subject": one.subject, "act": one.act, "by": one.by, "at": one.at.isoformat(), "note": one.note,
            "exceptions": [{"words": words, "amount": amount} for words, amount in one.exceptions],
        }
        for one in stamp.history
    ]  # fmt: skip
