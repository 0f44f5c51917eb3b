"""Raw rows as columns of text, every figure digit by digit: rows as a wire gave them, or kept as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import chain, repeat
from operator import itemgetter
from types import NoneType
from typing import Any

import msgspec
import polars as pl

from recon.frames.records import Records, Row
from recon.frames.shapes import of_one_type, slot_values

BODY = "body"
# Rows; or a frame of them with each as JSON in its column `body`; or one of text columns, each named by its path.
Raw = Sequence[Row] | pl.DataFrame
Path = tuple[str, ...]  # the names that lead to a value, from the outside to the inside
Paths = Mapping[str, Path]  # by column
# Rows that are taken apart at once: memory does not grow with the rows, and what was read still stands in the
# processor's cache when it is put into columns.
_AT_ONCE = 1_000
_ANY = msgspec.json.Decoder(float_hook=Decimal)
_TEXT = {str, NoneType}
_MOST_ZEROS = 1_000  # that a number is written out with: the eleven letters of 1e999999999 would fill the memory


def columns(raw: Raw, paths: Paths) -> pl.DataFrame:
    """One column of text for each path, one row per raw row, in order; null where it is absent, null or blank.

    A number stands with its digits, a flag as true or false, white space around a text is left out. O(values).
    """
    return _blank_as_null(texts(raw, paths))


def texts(raw: Raw, paths: Paths) -> pl.DataFrame:
    """As `columns`, but with texts as they came: blank where they are blank, white space and all."""
    level = _level(paths)
    if isinstance(raw, Records):
        return _selected(raw.frame, paths)
    if not isinstance(raw, pl.DataFrame):
        slices = (raw[at : at + _AT_ONCE] for at in range(0, max(len(raw), 1), _AT_ONCE))
        return pl.concat([_framed(_in_rows(one, level), paths) for one in slices], rechunk=True)
    if BODY not in raw.columns:
        return _selected(raw, paths)
    return pl.concat([_framed(_in_bodies(one, level), paths) for one in _slices(raw)], rechunk=True)


def parts(raw: Raw, part: str, paths: Paths) -> pl.DataFrame:
    """As `columns`, but one row for each element of the list that a row has as `part`; `row` is the row's number.

    The raw rows are not taken from text columns, in which there are no lists.
    """
    level = _level(paths)
    if not isinstance(raw, pl.DataFrame):
        return _blank_as_null(_parted([_elements(row.get(part)) for row in raw], _in_rows, level, paths))
    found = (_parted(*_lists(one, part, level), level, paths) for one in _slices(raw))
    numbered = [one.with_columns(pl.col("row") + at * _AT_ONCE) for at, one in enumerate(found)]
    return _blank_as_null(pl.concat(numbered))


@dataclass(frozen=True)
class _Level:
    """What is wanted of one level of a row: each name with the level below it, None for a value."""

    below: Mapping[str, _Level | None]
    shape: type[msgspec.Struct]  # a record with these names and nothing else


def _level(paths: Paths) -> _Level:
    return _level_of(tuple(dict.fromkeys(paths.values())))


@lru_cache(maxsize=128)
def _level_of(paths: tuple[Path, ...]) -> _Level:
    inner: dict[str, list[Path]] = {}
    for name, *rest in paths:
        inner.setdefault(name, []).extend([tuple(rest)] if rest else [])
    below = {name: _level_of(tuple(rest)) if rest else None for name, rest in inner.items()}
    # The attributes have names of their own, for those of a wire may be no names in Python.
    fields = [(f"f{n}", Any if one is None else one.shape | None, None) for n, one in enumerate(below.values())]
    named = {f"f{n}": name for n, name in enumerate(below)}
    return _Level(below, msgspec.defstruct("Wanted", fields, rename=named, gc=False))


Values = dict[Path, Sequence[Any]]  # by path, one for each row


def _slices(raw: pl.DataFrame) -> Iterator[list[str]]:
    """The bodies, so many at once; one slice at least."""
    return (raw[BODY].slice(at, _AT_ONCE).to_list() for at in range(0, max(raw.height, 1), _AT_ONCE))


def _in_bodies(bodies: Sequence[str], level: _Level) -> Values:
    """The values in rows that are written as JSON. What nobody wants is passed over and never becomes an object."""
    try:
        return _in_records([*map(_decoder(level.shape), bodies)], level)
    except msgspec.DecodeError:  # such as text in place of an object
        return _in_rows([*map(_ANY.decode, bodies)], level)


def _lists(bodies: Sequence[str], part: str, level: _Level) -> tuple[list[Any], Callable[..., Values]]:
    """What each row has as PART, and how values are found in its elements."""
    shape = msgspec.defstruct("Whole", [("parts", list[level.shape] | None, None)], rename={"parts": part}, gc=False)  # type: ignore[name-defined]
    try:
        return [one.parts for one in map(_decoder(shape), bodies)], _in_records
    except msgspec.DecodeError:
        return [_elements(_ANY.decode(one).get(part)) for one in bodies], _in_rows


def _elements(value: object) -> Sequence[Any]:
    """The list; what is none has no elements."""
    return value if isinstance(value, list) else ()


def _decoder(shape: Any) -> Callable[[str], Any]:
    return msgspec.json.Decoder(shape, float_hook=Decimal).decode


def _parted(lists: Sequence[Any], spread: Callable[..., Values], level: _Level, paths: Paths) -> pl.DataFrame:
    numbers = [number for number, one in enumerate(lists) for _ in one or ()]
    elements = [*chain.from_iterable(one or () for one in lists)]
    return _framed(spread(elements, level), paths).select(pl.Series("row", numbers, pl.Int64), pl.all())


def _in_records(records: Sequence[msgspec.Struct], level: _Level, above: Path = ()) -> Values:
    found: Values = {}
    every = zip(*map(msgspec.structs.astuple, records), strict=True) if records else repeat(())
    for (name, below), values in zip(level.below.items(), every, strict=False):
        if below is None:
            found[*above, name] = values
        else:
            empty = below.shape()
            found |= _in_records([empty if one is None else one for one in values], below, (*above, name))
    return found


def _in_rows(rows: Sequence[Any], level: _Level, above: Path = ()) -> Values:
    found: Values = {}
    for (name, below), values in zip(level.below.items(), _under(rows, [*level.below]), strict=True):
        if below is None:
            found[*above, name] = values
        else:
            found |= _in_rows(values, below, (*above, name))
    return found


def _mapping(one: object) -> Row:
    return one if type(one) is dict or (one is not None and isinstance(one, Mapping)) else {}


def _under(rows: Sequence[Any], names: Sequence[str]) -> Iterator[Sequence[Any]]:
    """The values under each name, None where a row has none or is no record."""
    shaped = of_one_type(rows)
    if shaped is not None:
        return slot_values(*shaped, names)
    return _looked_up(rows if {dict}.issuperset(map(type, rows)) else [*map(_mapping, rows)], names)


def _looked_up(rows: Sequence[Row], names: Sequence[str]) -> Iterator[Sequence[Any]]:
    """The values under each name, None where a row has none; at one go under those that all rows have."""
    known = set(names).intersection(chain.from_iterable(rows))
    wanted = [name for name in names if name in known]
    found: dict[str, Sequence[Any]] = {}
    with suppress(KeyError, TypeError):  # a name that some rows lack; no name at all
        # With a name said twice, the getter gives a tuple even where it is the only one.
        found = dict(zip(wanted, zip(*map(itemgetter(*wanted, *wanted[:1]), rows), strict=True), strict=False))
    none = [None] * len(rows)
    for name in names:
        yield (found[name] if name in found else [row.get(name) for row in rows]) if name in known else none


def _selected(raw: pl.DataFrame, paths: Paths) -> pl.DataFrame:
    return raw.select(_named(raw, ".".join(path)).alias(column) for column, path in paths.items())


def _named(raw: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String) if name in raw.columns else pl.repeat(None, pl.len(), dtype=pl.String)


def _framed(values: Values, paths: Paths) -> pl.DataFrame:
    return pl.DataFrame([_series(column, values[path]) for column, path in paths.items()])


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    """The values as text; none but text goes to the frame, which ends where a number has more digits than it keeps."""
    if not _TEXT.issuperset(map(type, values)):
        said = str if {int}.issuperset(map(type, values)) else _text
        values = [*map(said, values)]
    return pl.Series(name, values, pl.String)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}" if abs(value.adjusted()) < _MOST_ZEROS else str(value)
    return str(value) if isinstance(value, int) else None


def _blank_as_null(frame: pl.DataFrame) -> pl.DataFrame:
    stripped = pl.col(pl.String).str.strip_chars()
    return frame.with_columns(pl.when(stripped != "").then(stripped).name.keep())
