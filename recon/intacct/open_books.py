"""From which day the books of each entity are open, as either API tells it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

_OPEN_FROM = ("openBooksStartDate", "STARTOPEN")
_ENTITY = ("id", "LOCATIONID")
_DAY = dt.timedelta(days=1)
_FORMATS = ("%Y-%m-%d", "%m/%d/%Y")


def open_books(entities: Iterable[Mapping[str, object]]) -> dict[str, dt.date]:
    """The first open day by entity, from raw rows of entities; one that is not active or does not tell is absent."""
    return {_text(row, _ENTITY): day for row in entities if _is_active(row) and (day := _open_from(row))}


def last_closed_days(entities: Iterable[Mapping[str, object]]) -> dict[str, dt.date]:
    """The last closed day by entity, from raw rows of entities; those absent from `open_books` are absent here."""
    return {entity: day - _DAY for entity, day in open_books(entities).items()}


def with_places_below(days: Mapping[str, dt.date], above: Mapping[str, str]) -> dict[str, dt.date]:
    """The day of each entity, and the same for every place below it; `above` names the place above each."""
    found = dict(days)
    for place in above:
        at, seen = place, {place}
        while at not in days and (higher := above.get(at, "")) and higher not in seen:
            seen.add(at := higher)
        if at in days:
            found[place] = days[at]
    return found


def _text(row: Mapping[str, object], names: Iterable[str]) -> str:
    return next((str(row[name]).strip() for name in names if row.get(name)), "")


def _is_active(row: Mapping[str, object]) -> bool:
    return _text(row, ("status", "STATUS")).lower() in ("", "active")


def _open_from(row: Mapping[str, object]) -> dt.date | None:
    text = _text(row, _OPEN_FROM)
    for one in _FORMATS:
        try:
            return dt.datetime.strptime(text[:10], one).date()  # noqa: DTZ007 - a day without a time
        except ValueError:
            continue
    return None
