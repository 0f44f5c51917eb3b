"""The content of a raw row as text: equal content is equal text, whatever order the wire gave its fields in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from recon.errors import DataError

_MARK = "\u0000decimal:"  # no vendor's text begins so: XML has no such character
_MARKED = re.compile(r'"\\u0000decimal:(-?\d+\.?\d*(?:E[+-]\d+)?)"')


def content_text(row: Mapping[str, object]) -> str:
    """The row as JSON, fields in order of name; a Decimal stands as the number that the wire gave.

    Raises: DataError for a value that no wire gives: a number that is none, an object.
    """
    try:
        text = _ENCODER.encode(row)
    except (TypeError, ValueError) as cause:
        raise DataError(f"a row cannot be kept as it is: {cause}") from cause
    return _MARKED.sub(r"\1", text) if "\\u0000decimal:" in text else text


def content_digest(text: str) -> str:
    """SHA-256 of the content, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


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
