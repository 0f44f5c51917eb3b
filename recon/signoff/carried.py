"""What a close takes over from the records of signed periods; light enough to ask where there are none."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recon.canonical import PriorCorrection, SignedSubject
from recon.identity import digest_fields
from recon.period import Period
from recon.policy import Policy
from recon.state.place import has_state


@dataclass(frozen=True)
class Carried:
    """What a close takes over from the records: part of its identity."""

    signed: tuple[SignedSubject, ...] = ()  # subjects of this period that stand signed
    open_items: pl.DataFrame | None = None  # OPEN_ITEMS of the period before, as it was signed
    items_name: str = ""  # how the pack names them
    uncorrected: pl.DataFrame | None = None  # UNCORRECTED of earlier periods of the year
    prior: tuple[PriorCorrection, ...] = ()  # dated in this period

    @property
    def items_digest(self) -> str:
        """SHA-256 in hex over the open items; empty if none are taken over."""
        return frame_digest(self.open_items) if self.open_items is not None else ""

    def fields(self, signed: Sequence[SignedSubject], *, with_items: bool) -> list[str]:
        """What of it tells one run from another, given the subjects that stand signed over other runs."""
        subjects = [text for one in signed for text in (str(one), one.run_id, *(f.sha256 for f in one.parts))]
        before = frame_digest(self.uncorrected) if self.uncorrected is not None else ""
        prior = [text for one in self.prior for text in one.fields()]
        return [str(len(subjects)), *subjects, self.items_digest if with_items else "", before, *prior]


NOTHING = Carried()


def read_carried(workspace: Path, policy: Policy, period: Period) -> Carried:
    """What the records of the workspace say to a close of the period; nothing where it has no state database.

    Raises: ConfigError, DataError or RemoteError where the database cannot be read.
    """
    if not has_state(workspace):
        return NOTHING
    from recon.signoff.kept import carried  # noqa: PLC0415 - a workspace without records does without a database
    from recon.state.store import open_state  # noqa: PLC0415

    store = open_state(workspace)
    try:
        return carried(store, policy, period)
    finally:
        store.close()


def signed_elsewhere(
    signed: Sequence[SignedSubject], named: Callable[[Sequence[SignedSubject]], str]
) -> tuple[SignedSubject, ...]:
    """The subjects that stand signed over another run than the one that is asked for; `named` gives a run's id by them.

    A run is made under the signatures that stood then. So the close of a signed period over the same inputs is
    answered from the run that was signed, and any other close of it sees the signatures as they stand.
    """
    for run in dict.fromkeys(one.run_id for one in signed):
        others = tuple(one for one in signed if one.run_id != run)
        if named(others) == run:
            return others
    return tuple(signed)


def company_of(policy: Policy) -> str:
    """The books whose periods are signed: the company, and its entity where the workspace is one entity's."""
    return books_name(policy.company.name, policy.company.entity)


def books_name(company: str, entity: str | None) -> str:
    """The same of a company and an entity."""
    return f"{company} / {entity}" if entity else company


def frame_digest(frame: pl.DataFrame) -> str:
    """SHA-256 in hex over the values of a frame, whatever the order of its rows."""
    rows = (digest_fields("" if one is None else f"={text_of(one)}" for one in row).hex() for row in frame.iter_rows())
    return digest_fields([*frame.columns, *sorted(rows)]).hex()


def text_of(value: object) -> str:
    """A value as it is kept and hashed: dates and times in ISO, money to the cent, lists in JSON."""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if isinstance(value, dt.date) else str(value)
