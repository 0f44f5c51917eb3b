"""The content of a raw row as text: equal content is equal text, whatever order the wire gave its fields in."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from itertools import chain, compress
from operator import is_
from types import NoneType
from typing import Any

import msgspec
import polars as pl

from recon.errors import DataError
from recon.frames.records import Records
from recon.frames.shapes import are_records
from recon.store.port import UNNAMED

# What a Decimal is written with until its quotes are taken off; drawn anew in each process, so no text can begin so.
_MARK = f"decimal {secrets.token_hex(16)}:"

_PLAIN = {str, int, bool, NoneType, dict, list}  # what both encoders write with the same letters
_FAST = msgspec.json.Encoder(order="sorted")
_MARKED = re.compile(rf'"{_MARK}(-?\d+\.?\d*(?:E[+-]\d+)?)"')


def content_text(row: Mapping[str, object]) -> str:
    """The row as JSON, fields in order of name; a Decimal stands as the number that the wire gave.

    Raises: DataError for a value that no wire gives: a number that is none, an object.
    """
    try:
        text = _ENCODER.encode(row)
    except (TypeError, ValueError) as cause:
        raise DataError(f"a row cannot be kept as it is: {cause}") from cause
    return _MARKED.sub(r"\1", text) if _MARK in text else text


def content_texts(rows: Sequence[Mapping[str, object]]) -> pl.Series:
    """The content of each row, as `content_text` gives it; a page of text is written in a sixth of the time.

    Raises: DataError as `content_text` does.
    """
    if isinstance(rows, Records):
        return _written(rows)
    if are_records(rows) or _is_plain(rows):
        with suppress(TypeError, ValueError, OverflowError, RecursionError):
            return pl.Series([*map(_FAST.encode, rows)], dtype=pl.Binary).cast(pl.String)
        # Such as a number beyond 64 bits: the slow way takes it, or says what is wrong.
    return pl.Series([*map(content_text, rows)], dtype=pl.String)


def _written(rows: Records) -> pl.Series:
    if not rows.frame.width:
        return pl.Series([], dtype=pl.String)  # nor has it rows
    in_order = rows.frame.select(sorted(rows.frame.columns))
    return in_order.select(pl.struct(pl.all()).struct.json_encode()).to_series()


def _is_plain(rows: Iterable[object]) -> bool:
    """True where all that stands in the rows, at any depth, is text, whole numbers, flags and nulls.

    One level at a time: this is asked of every value that is ever pulled.
    """
    mappings: Sequence[Any] = [*rows]
    if not {dict}.issuperset(map(type, mappings)):
        return False
    lists: Sequence[Any] = ()
    while mappings or lists:
        values = [*chain.from_iterable(map(dict.values, mappings)), *chain.from_iterable(lists)]
        kinds = [*map(type, values)]
        known = set(kinds)
        if not known <= _PLAIN:
            return False
        mappings = _of_kind(dict, values, kinds) if dict in known else ()
        lists = _of_kind(list, values, kinds) if list in known else ()
    return True


def _of_kind(kind: type, values: Sequence[Any], kinds: Sequence[type]) -> list[Any]:
    return [*compress(values, map(partial(is_, kind), kinds))]


def content_digests(texts: pl.Series) -> pl.Series:
    """The digest of each content, as `content_digest` gives it."""
    return pl.Series([hashlib.sha256(one).hexdigest() for one in texts.cast(pl.Binary)], dtype=pl.String)


def content_digest(text: str) -> str:
    """SHA-256 of the content, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def made_up_id(row: Mapping[str, object]) -> str:
    """An id for a row that its source does not name: the digest of its content."""
    return f"{UNNAMED}{content_digest(content_text(row))[:24]}"


def row_of(text: str) -> dict[str, Any]:
    """The row again: numbers with a point are Decimal, whole ones int."""
    row: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return row


def _plain(value: object) -> object:
    if isinstance(value, Decimal) and value.is_finite():
        digits = str(value)
        return f"{_MARK}{digits if '.' in digits or 'E' in digits else digits + '.0'}"
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is no value of a wire")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)
