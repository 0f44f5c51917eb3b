"""Raw rows as columns of text, and text as amounts and instants: exact, and null where it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import dataframely as dy
import polars as pl

from recon.errors import DataError
from recon.frames import RESULT_FRAMES, blank, complete
from recon.frames.decoding import BODY, Raw, columns, parts
from recon.frames.events import misfits
from recon.money import MONEY

# ISO 4217: currencies whose smallest unit is not a hundredth.
EXPONENTS: Mapping[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0),
    **dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_WIDE = pl.Decimal(38, 12)
_WIDEST = 18  # digits before the point: what money holds, in smallest units, and room for sums
_NUMBER = r"^[-+]?(?:\d+(?:\.\d{0,12}0*)?|\.\d{1,12}0*)$"  # no more places than are kept, but for zeros
_MOMENT = r"^([12]\d{3}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6})\d*)?\s*(Z|z|[-+]\d{2}:?\d{2})?)?$"
_DAY_END, _SECONDS_END = 10, 19  # in a moment, counted in letters


class Mapped(NamedTuple):
    """Rows of a canonical frame, and those that could not be used with the reason."""

    frame: pl.DataFrame
    rejects: pl.DataFrame  # REJECTS, one row per raw row that was left out


def columns_of(raw: Raw, wanted: Mapping[str, str]) -> pl.DataFrame:
    """One column of text for each name, read at its dotted path; null where it is absent, null or "".

    One row per raw row, in order. Numbers are written with their digits, flags as true and false.
    """
    return columns(raw, _paths(wanted))


def parts_of(raw: Raw, part: str, wanted: Mapping[str, str]) -> pl.DataFrame:
    """As `columns_of`, but one row for each element of the list that each row has as `part`; `row` is its number."""
    return parts(raw, part, _paths(wanted))


def has_part(raw: Raw, part: str) -> bool:
    """True if each row carries the list, be it empty; rows without it were pulled apart from their parts."""
    if isinstance(raw, pl.DataFrame):
        return bool(raw[BODY].str.contains(f'"{part}":', literal=True).all())
    return all(part in row for row in raw)


def _paths(wanted: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(path.split(".")) for name, path in wanted.items()}


def once_each(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """One row per key: a page that moved while it was read may bring a record twice, the later one counts.

    Rows without a key all stay: nobody knows that they are one record.
    """
    is_named = pl.col(key).is_not_null()
    if not frame.select((is_named & pl.col(key).is_duplicated()).any()).item():
        return frame
    named = frame.filter(is_named).unique(key, keep="last", maintain_order=True)
    return pl.concat([named, frame.filter(~is_named)])


def number(text: pl.Expr) -> pl.Expr:
    """The number that the text writes, exactly; null for any other text. Thousands commas are left out."""
    plain = text.str.replace_all(",", "", literal=True)
    whole = plain.str.extract(r"^[-+]?(\d*)", 1).str.len_chars()
    readable = plain.str.contains(_NUMBER) & (whole <= _WIDEST)
    return pl.when(readable).then(plain.str.strip_chars_start("+")).cast(_WIDE, strict=False)


def major(minor: pl.Expr, currency: pl.Expr) -> pl.Expr:
    """Whole units of the currency from its smallest ones, by the exponent of ISO 4217 (2 if it is not listed)."""
    exponent = currency.replace_strict(EXPONENTS, default=2, return_dtype=pl.Int64)
    scaled = (
        pl.when(exponent == 2)
        .then(minor * Decimal("0.01"))
        .when(exponent == 0)
        .then(minor)
        .when(exponent == 3)
        .then(minor * Decimal("0.001"))
        .otherwise(minor * Decimal("0.0001"))
    )
    return scaled.cast(_WIDE, strict=False)


def money(amount: pl.Expr) -> pl.Expr:
    """The amount as base-currency money; null where it has parts of a cent."""
    rounded = amount.cast(MONEY, strict=False)
    return pl.when(rounded.cast(_WIDE) == amount).then(rounded)


def moment(text: pl.Expr, *, zone: str = "UTC") -> pl.Expr:
    """The instant in UTC; a text without a zone is on the wall clock of `zone`. A day begins at midnight.

    Two- and three-digit fractions, offsets, days alone and times without a zone may stand in one column, of the years
    1000 to 2999. An hour that the clock repeats is the first of the two; one that it leaves out does not exist, and
    is null.
    """
    readable = pl.when(text.str.contains(_MOMENT)).then(text)
    rest = readable.str.slice(_SECONDS_END)
    fraction, offset = rest.str.extract(r"^\.(\d{1,6})", 1), rest.str.extract(r"(Z|z|[-+]\d{2}:?\d{2})$", 1)
    time = pl.when(readable.str.len_chars() > _DAY_END).then(
        readable.str.slice(_DAY_END + 1, _SECONDS_END - _DAY_END - 1)
    )
    written = pl.concat_str(
        readable.str.head(_DAY_END),
        pl.lit("T"),
        time.fill_null("00:00:00"),
        pl.lit("."),
        fraction.fill_null("0").str.pad_end(6, "0"),
    )
    naive = written.str.to_datetime("%Y-%m-%dT%H:%M:%S%.6f", strict=False, time_unit="us")
    local = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    hours, minutes = offset.str.extract(r"(\d{2}):?\d{2}$", 1), offset.str.extract(r"(\d{2})$", 1)
    ahead = pl.duration(hours=hours.cast(pl.Int64, strict=False), minutes=minutes.cast(pl.Int64, strict=False))
    shifted = pl.when(offset.str.starts_with("-")).then(naive + ahead).otherwise(naive - ahead)
    shown = pl.when(offset.is_null()).then(local).when(offset.str.to_uppercase() == "Z")
    return shown.then(naive.dt.replace_time_zone("UTC")).otherwise(shifted.dt.replace_time_zone("UTC"))


def day(text: pl.Expr) -> pl.Expr:
    """The day that stands at the beginning of the text, whatever follows it; of the years 1000 to 2999."""
    return text.str.extract(r"^([12]\d{3}-\d{2}-\d{2})", 1).str.to_date(strict=False)


def last4(masked: pl.Expr) -> pl.Expr:
    """The last four digits behind a mask of X, x or stars, however long the number is."""
    return masked.str.extract(r"(\d{4})$", 1)


def rejected(
    frame: pl.DataFrame, faults: Sequence[tuple[pl.Expr, str, pl.Expr, pl.Expr]], *, source: str, key: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that none of the faults (condition, field, value, reason) concerns, and the others.

    Those are REJECTS with what is known of their place, merchant, day and document. A row is rejected for the first
    fault that concerns it; the reason names the record by its key.
    """
    which = pl.lit(None, pl.Int32)
    for n in reversed(range(len(faults))):
        which = pl.when(faults[n][0].fill_null(value=False)).then(n).otherwise(which)
    marked = frame.with_columns(which.alias("__fault"))
    present = marked["__fault"].drop_nulls().unique()
    good = (marked.filter(pl.col("__fault").is_null()) if len(present) else marked).drop("__fault")
    day_of = next((name for name in ("business_date", "deposit_date") if name in frame.columns), None)
    known = {
        name: pl.col(name) if name in frame.columns else pl.lit(None, pl.String) for name in ("location", "merchant_id")
    }
    bad = [
        marked.filter(pl.col("__fault") == n).select(
            source=pl.lit(source),
            row=pl.lit(None, pl.Int64),  # an answer has no row numbers: the reason names the record
            field=pl.lit(field),
            value=value.cast(pl.String),
            reason=pl.format("{} {}: {}", pl.lit(source), pl.col(key).fill_null("?"), reason),
            **known,
            date=pl.lit(None, pl.Date) if day_of is None else pl.col(day_of),
            document_id=pl.col(key),
        )
        for n, (_, field, value, reason) in enumerate(faults)
        if n in present
    ]
    return good, pl.concat([no_rejects(), *bad]).sort("reason")


def no_rejects() -> pl.DataFrame:
    """REJECTS without a row, with the columns that say whose they are."""
    more = {name: pl.lit(None, pl.String) for name in ("location", "merchant_id")}
    none = blank(RESULT_FRAMES["rejects"])
    return none.with_columns(**more, date=pl.lit(None, pl.Date), document_id=pl.lit(None, pl.String))


def fitted(frame: pl.DataFrame, bad: pl.DataFrame, schema: type[dy.Schema], *, source: str, key: str) -> Mapped:
    """The rows that the schema takes, in its columns; the others as REJECTS behind the BAD ones."""
    faults = [(one.when, one.field, pl.col(one.field), pl.lit(one.reason)) for one in misfits(schema, frame.columns)]
    good, more = rejected(frame, faults, source=source, key=key)
    return Mapped(shaped(good, schema), pl.concat([bad, more]).sort("reason"))


def shaped(frame: pl.DataFrame, schema: type[dy.Schema]) -> pl.DataFrame:
    """The frame with its schema's columns in order and type.

    Raises: DataError where it does not fit, which is our own doing and not the service's.
    """
    try:
        return complete(frame.lazy(), schema).collect()
    except pl.exceptions.PolarsError as cause:
        raise DataError(f"the raw rows do not make a {schema.__name__.lower()} frame: {cause}") from cause
