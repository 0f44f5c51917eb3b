"""What a pull is made of: services, their feeds, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import polars as pl

from recon.period import Period
from recon.pulling.rejects import no_rejects
from recon.store import Appended, Source
from recon.workspace.supply import ServiceName

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True)
class Feed:
    """One source of a service, and over which windows it is read.

    `days`: the thirds of months around the period · `period`: the period as a whole, which has rows of its own ·
    `always`: one window without days, for master data.
    """

    source: Source
    span: Literal["days", "period", "always"] = "days"
    frame: str = "sales"  # the canonical frame that lacks something without one of its rows


@dataclass(frozen=True)
class Given:
    """What a service's rows are made into frames with: the raw rows by source, the period, and the places.

    A frame of raw rows has `row_id` and `body`, the row as JSON, by id. `places` is LOCATIONS as far as known.
    """

    rows: Mapping[str, pl.DataFrame]
    period: Period
    places: pl.DataFrame
    currency: str
    timezone: str


@dataclass(frozen=True)
class Made:
    """Canonical frames by name, in a fixed order of rows, and REJECTED_ROWS: the raw rows that make none."""

    frames: Mapping[str, pl.DataFrame]
    rejects: pl.DataFrame = field(default_factory=no_rejects)


class Service(Protocol):
    """A vendor's interface, signed in to: which feeds it has, and what frames their rows make."""

    name: ServiceName
    account: str  # whose data it is, so that two companies never share a store

    def open(self) -> AbstractAsyncContextManager[Sequence[Feed]]:
        """The feeds, while the service is signed in to. Raises: RemoteError."""
        ...

    def frames(self, given: Given) -> Made:
        """What the rows make."""
        ...


@runtime_checkable
class KeepsBooks(Protocol):
    """A service that may tell which books it holds closed."""

    def books(self) -> Source | None:
        """Its entities with their open books, while it is open; None where it has none."""
        ...


@dataclass(frozen=True)
class Pulled:
    """A finished pull."""

    period: Period
    folder: Path  # what a close of the period reads
    added: Mapping[str, Appended]  # by source
    rows: Mapping[str, int]  # by frame
    copied: tuple[str, ...]  # files that were taken over
    absent: tuple[str, ...]  # files that a close needs and that are to be downloaded, a sentence each
    changes: pl.DataFrame  # SOURCE_CHANGES, oldest first
    rejects: pl.DataFrame  # REJECTED_ROWS: rows that could not be used
    begun: dt.datetime
    resumed: bool

    @property
    def new_changes(self) -> pl.DataFrame:
        """The changes in closed books that this pull was the first to see."""
        return self.changes.filter(pl.col("seen_at") == self.begun)
