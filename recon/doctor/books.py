"""Which books Intacct itself holds closed, against the day that `sources.toml` names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from recon.doctor.findings import TO_MEND, Finding
from recon.intacct.open_books import last_closed_days

_DAY = dt.timedelta(days=1)
_SHOWN = 3


def closed_books_finding(
    service: str, entities: Iterable[Mapping[str, object]], closed_through: dt.date | None
) -> Finding:
    """Whether the entities' last closed days are the one of `sources.toml`; unknown where the service does not tell.

    `entities` are raw rows of the XML gateway or the REST API; an entity that is not active keeps no open books.
    """
    closed = last_closed_days(entities)
    if not closed:
        return untold_books(service, "it names no entity with the first day of its open books")
    first, last = min(closed.values()), max(closed.values())
    said = f"Intacct's books are closed through {first}"
    if first != last:
        ahead = [f"{name} through {day}" for name, day in sorted(closed.items()) if day > first]
        said = f"{said} in every entity, and further in {_some(ahead)}"
    check = _check(service)
    mend = f"write closed_through = {first} under [books] in sources.toml"
    if closed_through is None:
        return Finding(check, "unknown", f"{said}; sources.toml names no day", mend)
    if closed_through < first:
        said = f"{said}, sources.toml says {closed_through}: a change at Heartland in between is not noticed"
        return Finding(check, "wrong", said, mend, TO_MEND)
    if closed_through > first:
        (name, day), *others = [(name, day) for name, day in sorted(closed.items()) if day < closed_through]
        late = [f"{name} can still be booked from {day + _DAY}", *(f"{name} from {day + _DAY}" for name, day in others)]
        said = f"sources.toml says closed through {closed_through}, but {_some(late)}"
        return Finding(check, "wrong", said, f"close the books in Intacct, or {mend}", TO_MEND)
    return Finding(check, "well", f"{said}, as sources.toml says")


def _some(told: Sequence[str]) -> str:
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return f"{', '.join(told[:_SHOWN])}{more}"


def untold_books(service: str, why: str) -> Finding:
    """That the service does not tell which books are closed, so that a person must."""
    mend = "look at Open Books in Intacct, and write closed_through under [books] in sources.toml"
    return Finding(_check(service), "unknown", f"{service} does not tell which books are closed: {why}", mend)


def _check(service: str) -> str:
    return f"{service}: closed books"
