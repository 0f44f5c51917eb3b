"""Time zones by the names that companies and their systems give them."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

# Shops that were made with Rails may write its names in place of those of the IANA; of America the usual ones.
_OF_RAILS = {
    "alaska": "America/Juneau",
    "american samoa": "Pacific/Pago_Pago",
    "arizona": "America/Phoenix",
    "atlantic time (canada)": "America/Halifax",
    "central time (us & canada)": "America/Chicago",
    "eastern time (us & canada)": "America/New_York",
    "hawaii": "Pacific/Honolulu",
    "indiana (east)": "America/Indiana/Indianapolis",
    "mountain time (us & canada)": "America/Denver",
    "newfoundland": "America/St_Johns",
    "pacific time (us & canada)": "America/Los_Angeles",
    "puerto rico": "America/Puerto_Rico",
    "saskatchewan": "America/Regina",
}


@lru_cache(maxsize=1024)
def zone_named(text: str) -> str | None:
    """The zone's name as clocks are read by it, such as America/Chicago; None where the text names no zone."""
    name = text.strip()
    name = _OF_RAILS.get(name.casefold(), name)
    try:
        pl.select(pl.datetime(2000, 1, 1, time_zone="UTC").dt.convert_time_zone(name))
    except pl.exceptions.ComputeError:
        return None
    return name
