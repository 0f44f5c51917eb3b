"""Which places' books their own service calls closed, and since which pull that is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.store.durable import read_json, write_json


@dataclass(frozen=True)
class Closings:
    """The last closed day by place, as pulls were told it, oldest first; blank where no pull was told any."""

    told: tuple[tuple[dt.datetime, Mapping[str, dt.date]], ...] = ()

    def at(self, moment: dt.datetime) -> Mapping[str, dt.date]:
        """The last closed day by place as it was known at the moment."""
        return next((days for since, days in reversed(self.told) if since <= moment), {})

    @property
    def furthest(self) -> dt.date | None:
        """The last day that was ever closed anywhere."""
        return max((day for _, days in self.told for day in days.values()), default=None)

    def noted(self, moment: dt.datetime, days: Mapping[str, dt.date]) -> Closings:
        """These with what a pull was told that began at the moment; the same where it is nothing, or nothing new."""
        earlier = Closings(tuple(one for one in self.told if one[0] < moment))
        return earlier if not days or earlier.at(moment) == days else Closings((*earlier.told, (moment, days)))


NEVER_CLOSED = Closings()


def read_closings(path: Path) -> Closings:
    """What stands in the file; nothing where there is none."""
    found = read_json(path) or {}
    told = (
        (dt.datetime.fromisoformat(one["since"]), {p: dt.date.fromisoformat(day) for p, day in one["closed"].items()})
        for one in found.get("told", ())
    )
    return Closings(tuple(told))


def write_closings(path: Path, closings: Closings) -> None:
    """Keep them; on return they survive a power cut."""
    told = [
        {
            "since": since.isoformat(timespec="microseconds"),
            "closed": {place: day.isoformat() for place, day in sorted(days.items())},
        }
        for since, days in closings.told
    ]
    write_json(path, {"told": told})
