"""What a pull is made of: services, their feeds, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import polars as pl

from recon.period import Period
from recon.store import Appended, Source
from recon.workspace.supply import Kind

Clock = Callable[[], dt.datetime]
Tell = Callable[[str, int, int], None]
# The canonical frames of one kind of record.
FRAMES_OF: dict[Kind, tuple[str, ...]] = {
    "tickets": ("sales", "tenders"),
    "payments": ("payments",),
    "deposits": ("deposits",),
    "payroll": ("payroll",),
    "ledger": ("ledger",),
    "balances": ("balances",),
    "accounts": ("accounts",),
    "locations": ("locations",),
}


@dataclass(frozen=True)
class Feed:
    """One source of a service, and over which windows it is read.

    `days`: the thirds of months around the period · `period`: the period as a whole, which has rows of its own ·
    `always`: one window without days, for master data.
    """

    source: Source
    span: Literal["days", "period", "always"] = "days"


@dataclass(frozen=True)
class Given:
    """What a service's rows are made into frames with: the raw rows by source, the period, and the places.

    `places` has one row per location: location, store_ids, merchant_ids, timezone, as far as they are known.
    """

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    period: Period
    places: pl.DataFrame
    currency: str
    timezone: str


class Service(Protocol):
    """A vendor's interface, signed in to: which feeds it has, and what frames their rows make."""

    name: str
    account: str  # whose data it is, so that two companies never share a store

    def open(self) -> AbstractAsyncContextManager[Sequence[Feed]]:
        """The feeds, while the service is signed in to. Raises: RemoteError."""
        ...

    def frames(self, given: Given) -> Mapping[str, pl.DataFrame]:
        """Canonical frames of the rows, by name, in a fixed order of rows."""
        ...


@dataclass(frozen=True)
class Pulled:
    """A finished pull."""

    period: Period
    folder: Path  # what a close of the period reads
    added: Mapping[str, Appended]  # by source
    rows: Mapping[str, int]  # by frame
    copied: tuple[str, ...]  # files that were taken over
    changes: pl.DataFrame  # SOURCE_CHANGES, oldest first
    resumed: bool
