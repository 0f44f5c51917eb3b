"""What every remote source offers the store: pages of raw rows of a window of days."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Window:
    """The days that are asked for, both included."""

    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class Page:
    """Some rows of a window, as the wire gave them, and where to go on; no cursor: the window is complete."""

    rows: Sequence[Mapping[str, object]]
    cursor: str | None


ANY_DAY = Window(dt.date.min, dt.date.max)
UNNAMED = "unnamed:"  # what an id begins with that a source made up; two records of one answer may then share it


class Source(Protocol):
    """One kind of record of one service."""

    @property
    def name(self) -> str:
        """The service and the kind: "gp_api.deposits", "intacct.gldetail", "retail.tickets" and so on."""
        ...

    def row_id(self, row: Mapping[str, object]) -> str:
        """The service's own id of the record, by which its versions are told to be one record's."""
        ...

    def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:
        """The pages of the window behind the cursor (None: from the start), each with the cursor that follows it.

        Raises: RemoteError where the service cannot be reached, refuses, or does not keep its promises.
        """
        ...


@runtime_checkable
class NamesMany(Protocol):
    """A source that names many rows sooner than one by one."""

    def row_ids(self, rows: Sequence[Mapping[str, object]]) -> list[str]:
        """The id of each row, as `row_id` gives it."""
        ...


def ids_of(source: Source, rows: Sequence[Mapping[str, object]]) -> list[str]:
    """The id of each row."""
    return source.row_ids(rows) if isinstance(source, NamesMany) else [*map(source.row_id, rows)]


async def rows_of(source: Source, window: Window = ANY_DAY) -> list[Mapping[str, object]]:
    """All rows of the window. Raises: RemoteError."""
    return [row async for page in source.pages(window, None) for row in page.rows]


@runtime_checkable
class Lasting(Protocol):
    """A source some of whose records stand though its lists show them no longer, such as a stage that was left."""

    async def standing(self, ids: Sequence[str]) -> frozenset[str]:
        """Those of the records, missing in a reading of their window, that were not deleted. Raises: RemoteError."""
        ...


@runtime_checkable
class Dated(Protocol):
    """A source whose records have a day of their own."""

    @property
    def day_fields(self) -> Sequence[str]:
        """The fields that hold it, the books' own day first; a record may lack some."""
        ...


@runtime_checkable
class Placed(Protocol):
    """A source whose records belong to places with books of their own."""

    @property
    def place_fields(self) -> Sequence[str]:
        """The fields that hold a record's place, the entity first; a record may lack some."""
        ...


@runtime_checkable
class Spare(Protocol):
    """A source that not every customer of the service has, or may read."""

    @property
    def absence(self) -> str:
        """Why the source gave nothing when it was last read; blank where it is there."""
        ...
