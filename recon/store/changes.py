"""What changed in closed books after their window had been read: late, edited and deleted records, as findings."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dataframely as dy
import polars as pl

from recon.frames import blank
from recon.frames.events import moment, one_of, text
from recon.store.closings import NEVER_CLOSED, Closings
from recon.store.content import row_of
from recon.store.days import day_in
from recon.store.versions import SourceStore

_FIELDS_SHOWN = 6
# What the fields of any service are called that say how much a record is, then whose, then what.
_TELLING = (
    re.compile(r"amount|amt$|total|debit|credit|balance", re.IGNORECASE),
    re.compile(r"account|location|merchant|\bmid$", re.IGNORECASE),
    re.compile(r"currency|^type$|tr_?type|txntype|service|docu|invoice", re.IGNORECASE),
)
_EARLIER = {"before": "body", "start_before": "window_start", "end_before": "window_end"}
_WORDS = {
    "late": "appeared after its days had been read in whole and closed",
    "changed": "was changed after its days had been closed",
    "deleted": "was deleted after its days had been closed",
    "returned": "was deleted, and stands again after its days had been closed",
}


class SourceChanges(dy.Schema):
    """One row per version of a record that was seen when its days were closed already; oldest first."""

    source = text()
    row_id = text()
    seen_at = moment()
    change = one_of(*_WORDS)
    window_start = dy.Date()
    window_end = dy.Date()
    closed_through = dy.Date()
    fields = dy.List(dy.String())  # "AMOUNT: 10.00, now 12.00"; "AMOUNT: 10.00" of a late or deleted record
    explanation = text()


@dataclass(frozen=True)
class Whereabouts:
    """The fields of a source's records that hold their day and their place, and the places' own closed books.

    A record that tells of its `whole` window, as a balance does, changes with each of its days: the last one decides.
    """

    day_fields: Sequence[str] = ()
    place_fields: Sequence[str] = ()
    closings: Closings = NEVER_CLOSED
    whole: bool = False

    def closed_through(self, row: Mapping[str, Any]) -> dt.date | None:
        """The last closed day where the record lay in closed books before the change, or lies there after it."""
        own = self.closings.at(row["seen_at"])
        sides: list[tuple[dt.date | None, dt.date | None]] = []
        for body, start, end in (("before", "start_before", "end_before"), ("body", "window_start", "window_end")):
            if row[body]:
                record = row_of(row[body])
                closed = (row["closed_through"], next((own[p] for p in self._places(record) if p in own), None))
                last = max((day for day in closed if day is not None), default=None)
                sides.append((row[end] if self.whole else day_in(record, self.day_fields, row[start], row[end]), last))
        known = [side for side in sides if side[0] is not None] or [(row["window_start"], last) for _, last in sides]
        return max((last for day, last in known if day and last and day <= last), default=None)

    def days_of(self, row: Mapping[str, Any]) -> str:
        """The record's own day, after the change or else before it, in words; those of its window where it has none."""
        for body, start, end in (("body", "window_start", "window_end"), ("before", "start_before", "end_before")):
            day = day_in(row_of(row[body]), self.day_fields, row[start], row[end]) if row[body] else None
            if day is not None:
                return day.isoformat()
        return f"{row['window_start']} to {row['window_end']}"

    def _places(self, record: Mapping[str, Any]) -> Iterator[str]:
        return (str(record[name]) for name in self.place_fields if record.get(name))


def changes_in_closed_books(source: str, store: SourceStore, where: Whereabouts | None = None) -> pl.DataFrame:
    """SOURCE_CHANGES of one source, oldest first; the first reading of a window is the base line and no change.

    A record lies in closed books where its own day does, before or after the change: the first of the day fields that
    it has. Where it has none that can be read, the first day of its window decides. Books are closed through the
    company's day, and further where the record's place is. A record that is gone or came late is told with its
    amounts and what places them: a deleted one can be looked up nowhere else.
    """
    known = where or Whereabouts()
    latest = pl.max_horizontal("closed_through", pl.lit(known.closings.furthest, pl.Date))
    at_fault = ~pl.col("first_reading") & (pl.col("window_start") <= latest)
    versions = store.history()
    if versions.select(at_fault.any()).collect().item() is not True:  # reads no body where all is well
        return blank(SourceChanges)
    found = versions.filter(at_fault).collect()
    mine = versions.join(found.lazy().select("row_id").unique(), on="row_id", how="semi")
    earlier = {name: pl.col(now).shift(1).over("row_id") for name, now in _EARLIER.items()}
    bodies = mine.sort("at").select("at", **earlier, nth=pl.col("at").cum_count().over("row_id"))
    rows = found.join(bodies.collect(), on="at", how="left").sort("at")
    closed = ((row, known.closed_through(row)) for row in rows.iter_rows(named=True))
    told = [_told(source, {**row, "closed_through": day}, known) for row, day in closed if day is not None]
    return SourceChanges.validate(pl.DataFrame(told, schema=blank(SourceChanges).schema), cast=True)


def _told(source: str, row: Mapping[str, Any], where: Whereabouts) -> dict[str, Any]:
    before, now = (row_of(row[name]) if row[name] else None for name in ("before", "body"))
    change = _change(row, before, now)
    fields = _different(before, now) if before is not None and now is not None else _telling(now or before or {})
    more = f": {'; '.join(fields)}" if fields else ""
    closed = f"{_WORDS[change]} through {row['closed_through']}"
    explanation = f"{source} {row['row_id']} of {where.days_of(row)} {closed}{more}"
    kept = {name: row[name] for name in ("row_id", "seen_at", "window_start", "window_end", "closed_through")}
    return {"source": source, **kept, "change": change, "fields": fields, "explanation": explanation}


def _change(row: Mapping[str, Any], before: object, now: object) -> str:
    if now is None:
        return "deleted"
    if before is not None:
        return "changed"
    return "returned" if row["nth"] > 1 else "late"


def _different(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The fields that differ, with both values."""
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    shown = [f"{name}: {_short(before.get(name))}, now {_short(now.get(name))}" for name in names[:_FIELDS_SHOWN]]
    return [*shown, f"and {len(names) - _FIELDS_SHOWN} more fields"] if len(names) > _FIELDS_SHOWN else shown


def _telling(record: Mapping[str, Any]) -> list[str]:
    """The record's amounts that are not zero, then what places them; each with its value."""
    inner = (
        (f"{name}.{at}", one) for name, value in record.items() if isinstance(value, dict) for at, one in value.items()
    )
    flat = {name: value for name, value in [*record.items(), *inner] if value and not isinstance(value, dict | list)}
    ranks = ((rank, name) for name in flat for rank, pattern in enumerate(_TELLING) if pattern.search(name))
    first = {name: rank for rank, name in sorted(ranks, reverse=True)}
    shown = [name for name in sorted(first, key=lambda name: (first[name], name)) if not _is_zero(flat[name])]
    return [f"{name}: {_short(flat[name])}" for name in shown[:_FIELDS_SHOWN]]


def _is_zero(value: object) -> bool:
    return not str(value).strip("-0.")


def _short(value: object) -> str:
    text_of = "nothing" if value is None or value == "" else str(value)
    return text_of if len(text_of) <= 60 else f"{text_of[:57]}..."
