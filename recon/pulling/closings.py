"""Which places the ledger itself holds closed: asked at the end of a pull, and remembered beside what was pulled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from recon.errors import RemoteError
from recon.intacct.open_books import last_closed_days, with_places_below
from recon.pulling.model import KeepsBooks, Service
from recon.store import row_of
from recon.store.closings import Closings, read_closings, write_closings
from recon.store.port import rows_of

PLACES = {"intacct.location": ("LOCATIONID", "PARENTID"), "intacct.rest_location": ("id", "parent.id")}
_FOLDER = "closings"


def closings_of(home: Path, service: Service) -> Closings:
    """What pulls were told of the service's closed books."""
    return read_closings(_file(home, service))


async def note_closings(home: Path, service: Service, moment: dt.datetime, rows: Mapping[str, pl.DataFrame]) -> None:
    """Ask an open service which books are closed, and remember it as known since the moment at which a pull began.

    `rows` are raw rows by source, with the places below each entity where they are among them. Nothing is noted
    where the service keeps no books, does not tell, or may not be asked. Raises: RemoteError where it may answer
    another time.
    """
    source = service.books() if isinstance(service, KeepsBooks) else None
    if source is None:
        return
    try:
        days = last_closed_days(await rows_of(source))
    except RemoteError as fault:
        if fault.retryable:
            raise
        days = {}
    known = closings_of(home, service)
    now = known.noted(moment, with_places_below(days, dict(_parents(rows))))
    if now != known:
        write_closings(_file(home, service), now)


def _file(home: Path, service: Service) -> Path:
    return home / _FOLDER / f"{service.name}.json"


def _parents(rows: Mapping[str, pl.DataFrame]) -> Iterable[tuple[str, str]]:
    """Each place with the one above it, blank at the top."""
    for source, (place, above) in PLACES.items():
        bodies = rows[source]["body"] if source in rows else ()
        for row in map(row_of, bodies):
            yield str(row.get(place) or ""), str(row.get(above) or "")
