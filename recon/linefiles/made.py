"""By what an answer was made: files with their digests, order of dates, passes as read, and what they tolerate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl

from recon.connectors.cells import moment_formats, read_moments
from recon.digests import digest_file
from recon.linefiles.lines import DateOrder
from recon.matching import Fee, Pass
from recon.matching.config import tables_of
from recon.money import accounting, from_cents

MANIFEST: Final = "manifest.json"
ORDERS: Final[Mapping[str, str]] = {"mdy": "month/day/year", "dmy": "day/month/year", "ymd": "year/month/day"}
_OTHER: Final[Mapping[DateOrder, DateOrder]] = {"mdy": "dmy", "dmy": "mdy"}


def made_of(
    files: Mapping[str, Path | None], passes: Sequence[Pass], *, listed: str, dates: DateOrder
) -> dict[str, Any]:
    """What an answer was made of, for its manifest: no clock and no folder, so that equal inputs say the same.

    `files` are the inputs by what they are (left, right, decided ...), None for one that was not given; `listed` is
    the name of the pass list. Of dates it is told how many cells would be another day in the other order.

    Raises: DataError where a file cannot be read.
    """
    given = {name: path for name, path in files.items() if path is not None}
    return {
        "recon": version("recon"),
        "files": {name: {"name": path.name, "sha256": digest_file(path)} for name, path in given.items()},
        "dates": dates,
        "read_otherwise": {name: other_days(path, dates) for name, path in given.items() if name in ("left", "right")},
        "pass_list": listed,
        "passes": tables_of(passes),
    }


def other_days(path: Path, dates: DateOrder) -> int:
    """How many dates of a CSV or workbook would be another day if day and month stood the other way round.

    Raises: DataError where the file cannot be read.
    """
    if path.suffix.lower() == ".parquet" or dates not in _OTHER:
        return 0
    from recon.linefiles.written import read_texts  # noqa: PLC0415 (Parquet needs none of what reads text)

    cells = read_texts(path, ("date",), number="row")[0]
    if "date" not in cells.columns:
        return 0
    one, other = (read_moments(cells["date"], moment_formats(order)).cast(pl.Date) for order in (dates, _OTHER[dates]))
    return int((one != other).fill_null(False).sum())


def tolerances(one: Pass) -> str:
    """What a pass lets differ, in words: days, money and fees; empty where it lets nothing differ."""
    return ", ".join(_tolerated(one))


def _tolerated(one: Pass) -> Iterator[str]:
    days = getattr(one, "days", 0)
    if hasattr(one, "before"):
        yield f"{-one.before} to {getattr(one, 'after', 0):+} days"
    elif days is None:
        yield "any days"
    elif days:
        yield f"{days} days"
    if cents := getattr(one, "tolerance_cents", 0):
        yield f"off by {accounting(from_cents(cents))}"
    if rate := getattr(one, "tolerance_rate", Decimal(0)):
        yield f"off by {_percent(rate)}"
    fee = getattr(one, "fee", None)
    if isinstance(fee, Fee):
        parts = [_percent(fee.rate)] * bool(fee.rate)
        parts += [f"{accounting(from_cents(fee.per_item_cents))} each"] * bool(fee.per_item_cents)
        yield from [f"fee {' + '.join(parts)}"] * bool(parts)
        yield from [f"fee up to {accounting(from_cents(fee.cap_cents))}"] * bool(fee.cap_cents)
    if getattr(one, "learn_fees", False):
        yield "fees that others show"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %"
