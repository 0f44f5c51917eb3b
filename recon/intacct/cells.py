"""Raw columns of Intacct's rows as amounts, dates, moments and flags; what cannot be read becomes null."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from recon.frames import decoding

RawRows = decoding.Raw
EXACT = pl.Decimal(38, 10)
_EPOCH = pl.datetime(1970, 1, 2, time_unit="us")  # old rows carry 1970-01-01 where no time was kept
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
# The words of `query`, and what they are elsewhere: letters in `readByQuery` and on GLDETAIL, one word in REST.
_STATES = {
    "Draft": ("i", "draft"), "Submitted": ("s", "submitted"), "Posted": ("p", "posted"), "Approved": ("a", "approved"),
    "Partially Approved": ("x", "partiallyapproved"), "Declined": ("r", "declined"), "Reversed": ("z", "reversed"),
    "Reversal pending": ("l", "reversalpending"),
}  # fmt: skip
_ORDERS = {"mdy": "%m{s}%d{s}%Y", "dmy": "%d{s}%m{s}%Y", "ymd": "%Y{s}%m{s}%d"}


@dataclass(frozen=True)
class Written:
    """How this user's moments are written."""

    date: str = "%m/%d/%Y"
    hours: int = 24
    offset_minutes: int = 0  # east of Greenwich


def written(rows: RawRows) -> Written:
    """How moments are written, from the raw row of readUserFormatting; the vendor's usual way where it is absent."""
    frame = columns(rows, ("DATEFORMAT", "GMTOFFSET", "CLOCK"))
    if frame.is_empty():
        return Written()
    style, offset, clock = (str(value or "").strip() for value in frame.row(0))
    order = style[1:].lower()
    date = _ORDERS[order].format(s=style[0]) if order in _ORDERS else Written.date
    sign = -1 if offset.startswith("-") else 1
    hours, _, minutes = offset.lstrip("+-").partition(":")
    if not minutes and len(hours) == 4:
        hours, minutes = hours[:2], hours[2:]
    known = hours.isdigit() and (minutes or "0").isdigit()
    return Written(date, 12 if clock == "12" else 24, sign * (int(hours) * 60 + int(minutes or 0)) if known else 0)


def columns(rows: RawRows, names: Sequence[str]) -> pl.DataFrame:
    """The rows as text columns of these names; an absent column, an empty text is null."""
    return decoding.columns(rows, {name: (name,) for name in names})


def exact(name: str) -> pl.Expr:
    """The decimal in a text column, ten places kept; null where it is none. No exponents, no grouped thousands."""
    text = pl.col(name)
    plain = text.str.contains(r"^[+-]?\d{1,18}(\.\d*)?$|^[+-]?\.\d+$")
    return pl.when(plain).then(text).cast(EXACT, strict=False)


def whole_cents(value: pl.Expr) -> pl.Expr:
    """True where nothing is lost in whole cents."""
    return value == value.cast(pl.Decimal(38, 2)).cast(EXACT)


def whole_number(name: str) -> pl.Expr:
    """The integer in a text column, also as 12.0; null where it is none."""
    return pl.col(name).str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)


def date(name: str, how: Written) -> pl.Expr:
    """The date in a text column: mm/dd/yyyy, the user's own way or ISO, a time of day cut off."""
    formats = dict.fromkeys((how.date, "%m/%d/%Y", "%Y-%m-%d"))

    def read(text: pl.Expr) -> pl.Expr:
        day = text.str.extract(r"^(\S+?)(?:[T ].*)?$", 1)
        return pl.coalesce([day.str.to_date(one, strict=False) for one in formats])

    return _each_once(name, read, pl.Date())


def moment(name: str, how: Written) -> pl.Expr:
    """The UTC moment in a text column; a bare date is the midnight it begins with, 1970-01-01 is null."""
    clock = " %I:%M:%S %p" if how.hours == 12 else " %H:%M:%S"
    dates = tuple(dict.fromkeys((how.date, "%m/%d/%Y")))
    formats = [f"{one}{time}" for one in dates for time in dict.fromkeys((clock, " %H:%M:%S", " %I:%M:%S %p"))]

    def read(text: pl.Expr) -> pl.Expr:
        local = pl.coalesce(
            [text.str.to_datetime(one, strict=False, time_unit="us") for one in formats]
            + [text.str.to_date(one, strict=False).cast(pl.Datetime("us")) for one in dates]
        )
        utc = (local - pl.duration(minutes=how.offset_minutes)).dt.replace_time_zone("UTC")
        iso = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", strict=False, time_unit="us", time_zone="UTC")
        iso_day = text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        found = pl.coalesce(utc, iso, iso_day)
        return pl.when(local.fill_null(found.dt.replace_time_zone(None)) >= _EPOCH).then(found)

    return _each_once(name, read, pl.Datetime("us", "UTC"))


def _each_once(name: str, read: Callable[[pl.Expr], pl.Expr], dtype: pl.DataType) -> pl.Expr:
    """What READ makes of a text column, each different text read once: a month of lines has few days and moments."""

    def mapped(texts: pl.Series) -> pl.Series:
        each = pl.DataFrame({"text": texts.drop_nulls().unique()}).with_columns(value=read(pl.col("text")))
        # Beyond these years a clock or a hand went wrong, and Python knows no year 0 or 10,000.
        years = pl.col("value").dt.year().is_between(1000, 2999)
        each = each.with_columns(pl.when(years).then("value"))
        return texts.replace_strict(each["text"], each["value"], default=None, return_dtype=dtype)

    return pl.col(name).map_batches(mapped, return_dtype=dtype, is_elementwise=True)


def flag(name: str) -> pl.Expr:
    """True or false in a text column; null where it says neither, as Intacct does for an empty flag."""
    text = pl.col(name).str.to_lowercase()
    return pl.when(text.is_in(_TRUE)).then(pl.lit(value=True)).when(text.is_in(_FALSE)).then(pl.lit(value=False))


def state(*names: str) -> pl.Expr:
    """The state of an entry in Intacct's words, from the first of the text columns that tells it."""
    words = {said: word for word, ways in _STATES.items() for said in ways}
    text = pl.coalesce(names)
    return text.str.to_lowercase().str.replace_all(" ", "").replace_strict(words, default=text, return_dtype=pl.String)
