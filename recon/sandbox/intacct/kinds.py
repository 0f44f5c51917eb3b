"""Kinds of fields: how each is shown in XML and in JSON, as SQL, and how a value in a filter is read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_NUMBER = re.compile(r"[+-]?\d+(\.0+)?")


@dataclass(frozen=True)
class Kind:
    """One kind: its names in a description of an object, its SQL faces, and its reader (ValueError: no such value)."""

    xml_type: str
    rest_type: str
    shown_xml: Callable[[str, int], str]  # of the column and the user's hours from UTC
    shown_rest: Callable[[str], str]
    read: Callable[[str], object]
    is_text: bool = False


@dataclass(frozen=True)
class Field:
    """One field of an object: where it stands in SQL, and its kind."""

    sql: str
    kind: Kind


def _escaped(column: str, _hours: int) -> str:
    text = f"coalesce({column}, '')"
    for raw, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = f"replace({text}, '{raw}', '{safe}')"
    return text


def _plain(column: str, _hours: int = 0) -> str:
    return f"coalesce({column}, '')"


def _us_day(column: str, _hours: int) -> str:
    return f"coalesce(substr({column}, 6, 2) || '/' || substr({column}, 9, 2) || '/' || substr({column}, 1, 4), '')"


def _us_moment(column: str, hours: int) -> str:
    return f"coalesce(strftime('%m/%d/%Y %H:%M:%S', {column}, '{hours:+d} hours'), '')"


def _short_money(column: str, _hours: int) -> str:
    """Without the decimals that say nothing: 50000, 12.5 and 0.07."""
    signed = f"iif({column} < 0, '-', '') || (abs({column}) / 100)"
    cents = f"iif(abs({column}) % 100, rtrim(printf('.%02d', abs({column}) % 100), '0'), '')"
    return f"coalesce({signed} || {cents}, '')"


def _full_money(column: str) -> str:
    return f"iif({column} < 0, '-', '') || (abs({column}) / 100) || printf('.%02d', abs({column}) % 100)"


def _iso_moment(column: str) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column})"


def _same(column: str) -> str:
    return column


def _key(column: str) -> str:
    return f"CAST({column} AS TEXT)"


def _whole(text: str) -> int:
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is no whole number")
    return int(text.strip().partition(".")[0])


def _cents(text: str) -> int:
    try:
        cents = Decimal(text.strip()) * 100
        whole = int(cents)
    except (InvalidOperation, OverflowError) as cause:
        raise ValueError(f"{text!r} is no amount") from cause
    if whole != cents:
        raise ValueError(f"{text!r} has more than two decimals")
    return whole


def read_day(text: str) -> str:
    """The ISO day of text as mm/dd/yyyy or yyyy-mm-dd.

    Raises: ValueError for anything else.
    """
    words = text.strip()
    if "/" in words:
        return dt.datetime.strptime(words, "%m/%d/%Y").date().isoformat()  # noqa: DTZ007
    return dt.date.fromisoformat(words).isoformat()


def read_moment(text: str) -> str:
    """The ISO moment of text as mm/dd/yyyy HH:MM:SS, of a day alone, or of ISO, taken as UTC.

    Raises: ValueError for anything else.
    """
    words = text.strip()
    if "/" in words:
        pattern = "%m/%d/%Y %H:%M:%S" if " " in words else "%m/%d/%Y"
        return dt.datetime.strptime(words, pattern).replace(tzinfo=dt.UTC).isoformat()
    moment = dt.datetime.fromisoformat(words)
    return (moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).isoformat()


TEXT = Kind("TEXT", "string", _escaped, _same, str, is_text=True)
WHOLE = Kind("INTEGER", "integer", _plain, _same, _whole)
KEY = Kind("INTEGER", "string", _plain, _key, _whole)
DAY = Kind("DATE", "date", _us_day, _same, read_day)
MOMENT = Kind("TIMESTAMP", "date-time", _us_moment, _iso_moment, read_moment)
MONEY = Kind("CURRENCY", "string", _short_money, _full_money, _cents)
YES_NO = Kind("BOOLEAN", "boolean", _plain, _same, str.lower)
KINDS = {"text": TEXT, "whole": WHOLE, "key": KEY, "day": DAY, "moment": MOMENT, "money": MONEY, "yes_no": YES_NO}


def fields_of(table: str) -> dict[str, Field]:
    """The fields of a listing: a line each of name, kind and SQL."""
    found = {}
    for line in filter(str.strip, table.splitlines()):
        name, kind, sql = line.split(None, 2)
        found[name] = Field(sql, KINDS[kind])
    return found
