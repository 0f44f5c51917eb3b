"""Rows of one file read through its profile: canonical columns, or the first fault that stops a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Literal

import dataframely as dy
import polars as pl
from rapidfuzz import fuzz, process

from recon.connectors.cells import (
    decimal_type,
    has_card_number,
    mask_all,
    moment_formats,
    read_amounts,
    read_flags,
    read_moments,
)
from recon.connectors.profiles import USUAL, Column, Profile, required_columns
from recon.connectors.tables import EXTRA, ROW, Table, normal_heading
from recon.frames import CANONICAL_FRAMES

FIELD, VALUE, REASON = "__field", "__value", "__reason"
FAULT = (FIELD, VALUE, REASON)
Kind = Literal["text", "amount", "date", "moment", "flag", "number"]
_OPEN_WORDS = ("group", "tender")  # a word nobody mapped is a finding of the core, not a bad row
_NOUN: dict[Kind, str] = {
    "amount": "an amount",
    "date": "a date",
    "moment": "a date and time",
    "flag": "yes or no",
    "number": "a whole number",
    "text": "text",
}


@dataclass(frozen=True)
class Places:
    """What the locations frame says about stores: for translating numbers and local times."""

    store: Mapping[str, str]  # store number in POS and payroll files -> Intacct location
    zone: Mapping[str, str]  # Intacct location -> IANA zone
    merchant_zone: Mapping[str, str]
    usual_zone: str


@dataclass(frozen=True)
class Cell:
    """One value to be read from each row."""

    name: str
    kind: Kind
    spec: Column
    required: bool
    scale: int = 2
    words: tuple[str, ...] = ()

    @property
    def raw(self) -> str:
        """The column that holds the text as it stands in the file."""
        return f"__raw_{self.name}"


def missing_columns(table: Table, profile: Profile, profile_name: str) -> list[str]:
    """One sentence for each mapped heading that the file lacks, with the nearest heading and the mend."""
    sentences = []
    for place, spec in profile.specs():
        for names in spec.wanted() if not spec.optional else ():
            if table.find(names) is None:
                sentences.append(_missing(table, place, names, profile_name))
    return sentences


def _missing(table: Table, place: str, names: tuple[str, ...], profile_name: str) -> str:
    wanted = " or ".join(repr(name) for name in names)
    ranked = process.extractOne(
        normal_heading(names[0]), [normal_heading(one) for one in table.headings], scorer=fuzz.WRatio
    )
    nearest = f"; the nearest heading is {table.headings[ranked[2]]!r}" if ranked and ranked[1] >= 50 else ""
    mend = f"change `{place}` in profiles/{profile_name}.toml" if profile_name else f"add the column {names[0]!r}"
    return f"no column {wanted} for `{place}`{nearest}: {mend}"


def cells_of(profile: Profile) -> list[Cell]:
    """The values to read for one row of the profile's frame."""
    if profile.frame == "tickets":
        return _ticket_cells(profile)
    schema = CANONICAL_FRAMES[profile.frame]
    needed = required_columns(profile.frame)
    return [
        _cell(name, column, _spec(profile, name), required=name in needed)
        for name, column in schema.columns().items()
        if name in profile.columns or name in USUAL.get(profile.frame, {})
    ]


def _spec(profile: Profile, name: str) -> Column:
    """What the profile says of a column; a blank or unmapped one gets its usual value."""
    usual = USUAL.get(profile.frame, {}).get(name)
    spec = profile.columns.get(name)
    if spec is None:
        return Column(value=usual)
    return spec if spec.default is not None or usual is None else spec.model_copy(update={"default": usual})


def _cell(name: str, column: dy.Column, spec: Column, *, required: bool) -> Cell:
    kinds: list[tuple[type[dy.Column], Kind]] = [
        (dy.Decimal, "amount"),
        (dy.Date, "date"),
        (dy.Datetime, "moment"),
        (dy.Bool, "flag"),
        (dy.Int64, "number"),
    ]
    kind: Kind = next((kind for type_, kind in kinds if isinstance(column, type_)), "text")
    scale = column.dtype.scale if isinstance(column.dtype, pl.Decimal) else 2
    words = tuple((column.metadata or {}).get("words", ()))
    return Cell(name, kind, spec, required, scale, words)


def _ticket_cells(profile: Profile) -> list[Cell]:
    """Keys, components, tenders and total of a wide ticket row."""
    sales, tenders = CANONICAL_FRAMES["sales"].columns(), CANONICAL_FRAMES["tenders"].columns()
    needed = ("ticket_id", "location", "business_date")
    specs = {name: _spec(profile, name) for name in sales if name in profile.columns or name == "currency"}
    specs.setdefault("business_date", specs.get("completed_at", Column(value="")))
    cells = [_cell(name, sales[name], spec, required=name in needed) for name, spec in specs.items()]
    for n, one in enumerate(profile.components):
        cells.append(Cell(f"c{n}", "amount", _or_zero(one.amount), required=False))
    for n, paid in enumerate(profile.tenders):
        cells.append(Cell(f"t{n}", "amount", _or_zero(paid.amount), required=False))
        if paid.less:
            cells.append(Cell(f"t{n}_less", "amount", _or_zero(paid.less), required=False))
        parts = ((part, getattr(paid, part)) for part in ("tender", "brand", "payment_id"))
        cells += [_cell(f"t{n}_{part}", tenders["payment_id"], spec, required=False) for part, spec in parts if spec]
    if profile.total:
        cells.append(Cell("total", "amount", profile.total, required=True))
    return cells


def _or_zero(spec: Column) -> Column:
    return spec if spec.default is not None or spec.value is not None else spec.model_copy(update={"default": "0"})


def read_rows(table: Table, profile: Profile, places: Places) -> pl.LazyFrame:
    """Typed rows with ROW and the first fault of each (FIELD, VALUE, REASON; null where there is none)."""
    cells = cells_of(profile)
    raw = table.rows.select(ROW, EXTRA, *[one for cell in cells for one in _raw(cell, table)])
    values = raw.with_columns([_value(cell, profile) for cell in cells])
    if profile.frame in ("tickets", "sales", "tenders", "payroll"):
        values = values.with_columns(_translated("location", places.store))
    values = values.with_columns(_zoned(profile, cells, places))
    guards = [cell.name for cell in cells if cell.kind == "text" and not cell.spec.last4]
    guarded = values.with_columns(_batched(name, has_card_number, pl.Boolean()).alias(_card(name)) for name in guards)
    marked = guarded.with_columns(_first_fault(cells, guards, table))
    masked = marked.with_columns(_batched(name, mask_all, pl.String()) for name in (VALUE, *guards))
    return masked.select(ROW, *FAULT, *[cell.name for cell in cells])


def _batched(name: str, read: Callable[[pl.Series], pl.Series], dtype: pl.DataType) -> pl.Expr:
    """A column read batch by batch: rows do not depend on one another, so files larger than memory stream."""
    return pl.col(name).map_batches(read, return_dtype=dtype, is_elementwise=True)


def _card(name: str) -> str:
    return f"__card_{name}"


def _raw(cell: Cell, table: Table) -> list[pl.Expr]:
    """The text of a cell as it stands in the file; null where it is blank or the column is absent."""
    spec = cell.spec
    if spec.debit:
        sides = [(_found(table, names), side) for names, side in _sides(spec)]
        both = pl.concat_str([text.fill_null("") for text, _ in sides], separator=" / ")
        return [both.alias(cell.raw), *(text.alias(cell.raw + side) for text, side in sides)]
    if spec.value is not None:
        text = pl.lit(spec.value)
    elif spec.join:
        text = pl.concat_str([_found(table, (one,)) for one in spec.join], separator=spec.separator, ignore_nulls=True)
    else:
        text = _found(table, spec.heading)
    if spec.pattern is not None:
        text = text.str.extract(spec.pattern, 1)
    if spec.default is not None:
        text = text.fill_null(spec.default)
    signs = [_found(table, spec.sign_by.heading).alias(cell.raw + "sign")] if spec.sign_by else []
    return [text.alias(cell.raw), *signs]


def _sides(spec: Column) -> tuple[tuple[tuple[str, ...], str], ...]:
    return ((spec.debit, "debit"), (spec.credit, "credit"))


def _found(table: Table, names: Sequence[str]) -> pl.Expr:
    column = table.find(names)
    if column is None:
        return pl.lit(None, pl.String)
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def _value(cell: Cell, profile: Profile) -> pl.Expr:
    """The typed value of a cell; null where its text cannot be read."""
    spec = cell.spec
    if cell.kind == "amount":
        return _amount(cell, profile).alias(cell.name)
    if cell.kind in ("date", "moment"):
        zone = spec.zone or profile.dates.zone
        formats = moment_formats(profile.dates.order, spec.format)
        read = partial(read_moments, formats=formats, to_utc=zone == "UTC")
        return _batched(cell.raw, read, pl.Datetime("us")).alias(cell.name)
    if cell.kind == "flag":
        return _batched(cell.raw, read_flags, pl.Boolean()).alias(cell.name)
    text = _worded(pl.col(cell.raw), spec, cell.words)
    return (text.cast(pl.Int64, strict=False) if cell.kind == "number" else text).alias(cell.name)


def _amount(cell: Cell, profile: Profile) -> pl.Expr:
    """The signed amount of a cell: one column, or debit less credit."""
    spec, scale = cell.spec, cell.scale
    dtype = decimal_type(scale)
    read = partial(read_amounts, style=profile.numbers, scale=0 if spec.minor_units else scale)
    source = decimal_type(0) if spec.minor_units else dtype
    if spec.debit:
        sides = [(pl.col(cell.raw + side), _batched(cell.raw + side, read, source)) for _, side in _sides(spec)]
        unreadable = pl.any_horizontal([text.is_not_null() & value.is_null() for text, value in sides])
        blank = pl.all_horizontal([text.is_null() for text, _ in sides])
        debit, credit = (value.fill_null(pl.lit(0, source)) for _, value in sides)
        amount: pl.Expr = pl.when(~(unreadable | blank)).then(debit - credit)
    else:
        amount = _batched(cell.raw, read, source)
    if spec.minor_units:
        amount = amount.cast(decimal_type(scale)) * pl.lit(Decimal("0.01"))
    amount = amount.abs() if spec.absolute else amount
    if spec.sign_by:
        words = [word.casefold() for word in spec.sign_by.negative]
        negative = pl.col(cell.raw + "sign").str.to_lowercase().is_in(words).fill_null(False)
        amount = pl.when(negative).then(-amount).otherwise(amount)
    return (-amount if spec.sign == "-" else amount).cast(dtype)


def _worded(text: pl.Expr, spec: Column, words: tuple[str, ...]) -> pl.Expr:
    """Text after the profile's small transforms, in their order: last4, map, case, offset, pad, prefix."""
    if spec.last4:
        text = text.str.extract(r"(\d{4})\D*$", 1)
    if spec.map or spec.map_other is not None:
        known = {" ".join(word.casefold().split()): meaning for word, meaning in spec.map.items()}
        plain = text.str.to_lowercase().str.replace_all(r"\s+", " ")
        other = pl.when(text.is_not_null()).then(text if spec.map_other is None else pl.lit(spec.map_other))
        text = plain.replace_strict(known, default=other, return_dtype=pl.String) if known else other
    if words:
        text = text.str.to_lowercase().str.replace_all(r"[\s-]+", "_")
    if spec.case:
        text = text.str.to_lowercase() if spec.case == "lower" else text.str.to_uppercase()
    if spec.offset:
        text = (text.cast(pl.Int64, strict=False) + spec.offset).cast(pl.String)
    if spec.pad:
        text = text.str.zfill(spec.pad)
    if spec.prefix or spec.suffix:
        text = pl.lit(spec.prefix) + text + pl.lit(spec.suffix)
    return text


def _translated(name: str, store: Mapping[str, str]) -> pl.Expr:
    """Intacct's id of a store number, with or without leading zeros; an unknown number stays as it is."""
    if not store:
        return pl.col(name)
    short = {number.lstrip("0") or "0": location for number, location in store.items()}
    exact = pl.col(name).replace_strict(store, default=None, return_dtype=pl.String)
    loose = pl.col(name).str.strip_chars_start("0").replace_strict(short, default=None, return_dtype=pl.String)
    return pl.coalesce(exact, loose, pl.col(name)).alias(name)


def _zoned(profile: Profile, cells: Sequence[Cell], places: Places) -> list[pl.Expr]:
    """Moments in UTC and dates as dates; a business date is the local calendar date less `day_starts`."""
    by = places.merchant_zone if profile.frame == "payments" else places.zone
    key = "merchant_id" if profile.frame == "payments" else "location"
    local = any(cell.name == key for cell in cells)
    zones = _Zones(key if local else None, by, places.usual_zone)
    exprs = []
    for cell in cells:
        zone = cell.spec.zone or profile.dates.zone
        if cell.kind == "moment":
            exprs.append(zones.utc(pl.col(cell.name), zone).alias(cell.name))
        elif cell.kind == "date":
            moment = pl.col(cell.name)
            if cell.name == "business_date":
                # A bare date is the business date already; only a time of day can fall into the night.
                late = zones.wall(moment, zone) - pl.duration(hours=profile.dates.day_starts)
                moment = pl.when(pl.col(cell.raw).str.contains(":")).then(late).otherwise(moment)
            exprs.append(moment.dt.date().alias(cell.name))
    return exprs


@dataclass(frozen=True)
class _Zones:
    """Local time of each row's store."""

    key: str | None  # the column that tells the store, if there is one
    by: Mapping[str, str]
    usual: str

    def utc(self, naive: pl.Expr, zone: str) -> pl.Expr:
        """The instant of a wall-clock time written in the zone, or in the store's."""
        if zone != "location":
            return _instant(naive, zone)
        return self._each(lambda name: _instant(naive, name))

    def wall(self, naive: pl.Expr, zone: str) -> pl.Expr:
        """The store's wall-clock time of a time written in the zone."""
        if zone == "location":
            return naive
        instant = _instant(naive, zone)
        return self._each(lambda name: instant.dt.convert_time_zone(name).dt.replace_time_zone(None))

    def _each(self, convert: Callable[[str], pl.Expr]) -> pl.Expr:
        names = sorted({*self.by.values(), self.usual})
        if len(names) == 1 or self.key is None:
            return convert(self.usual if self.key is None else names[0])
        zone = pl.col(self.key).replace_strict(dict(self.by), default=self.usual, return_dtype=pl.String)
        return pl.coalesce([pl.when(zone == name).then(convert(name)) for name in names])


def _instant(naive: pl.Expr, zone: str) -> pl.Expr:
    """UTC of a wall-clock time; an hour that comes twice is the first, one that DST skips is an hour later."""

    def at(moment: pl.Expr) -> pl.Expr:
        local = moment.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        return local.dt.convert_time_zone("UTC")

    return pl.coalesce(at(naive), at(naive + pl.duration(hours=1)))


def _first_fault(cells: Sequence[Cell], guards: Sequence[str], table: Table) -> list[pl.Expr]:
    """FIELD, VALUE and REASON of the first thing that is wrong in a row; null in a good row."""
    rules = [(pl.col(EXTRA).is_not_null(), "row", pl.col(EXTRA), "has more fields than there are headings")]
    for cell in cells:
        rules += [(wrong, _label(cell, table), pl.col(cell.raw), why) for wrong, why in _faults(cell, guards)]
    facts = {
        FIELD: [pl.when(wrong).then(pl.lit(label)) for wrong, label, _, _ in rules],
        VALUE: [pl.when(wrong).then(text.fill_null("")) for wrong, _, text, _ in rules],
        REASON: [pl.when(wrong).then(pl.lit(sentence)) for wrong, _, _, sentence in rules],
    }
    return [pl.coalesce(texts).alias(name) for name, texts in facts.items()]


def _faults(cell: Cell, guards: Sequence[str]) -> Iterator[tuple[pl.Expr, str]]:
    """The conditions under which a cell stops its row, each with what to tell."""
    value, raw = pl.col(cell.name), pl.col(cell.raw)
    if cell.spec.debit:
        blank = pl.all_horizontal([pl.col(cell.raw + side).is_null() for _, side in _sides(cell.spec)])
        yield ~blank & value.is_null(), "cannot be read as an amount"
        if cell.required:
            yield blank, "has neither debit nor credit"
        return
    if cell.required:
        yield raw.is_null(), "is blank"
    if cell.kind != "text" or cell.spec.offset:
        yield raw.is_not_null() & value.is_null(), f"cannot be read as {_NOUN[cell.kind]}"
    if cell.words and cell.name not in _OPEN_WORDS:
        yield value.is_not_null() & ~value.is_in(cell.words), f"is none of {', '.join(cell.words)}"
    if cell.name in guards:
        yield pl.col(_card(cell.name)), "holds a whole card number, shown masked: remove it at the source"


def _label(cell: Cell, table: Table) -> str:
    """The heading that a person finds in the file."""
    for names in cell.spec.wanted():
        column = table.find(names)
        if column is not None:
            return table.headings[int(column)]
    return cell.name
