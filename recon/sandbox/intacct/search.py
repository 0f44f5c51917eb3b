"""Searches in the books: conditions and pages as SQL, the same for every way of asking."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from recon.sandbox.intacct.failures import bad_request
from recon.sandbox.intacct.kinds import MOMENT, Field
from recon.sandbox.intacct.objects import Thing
from recon.sandbox.world import World

_COMPARISONS = {"eq": "=", "ne": "IS NOT", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_ONE_IN = 7  # so many rows lose their time of change, if a fault says so
_MOST_VALUES = 1000
_JOIN = " LEFT JOIN "


class Condition(NamedTuple):
    """A condition in SQL and the values of its marks."""

    sql: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True)
class Reader:
    """How the one who asks sees values: hours from UTC, and whether upper case matters."""

    hours: int = 0
    matches_case: bool = True


EVERYTHING = Condition("1")


def both(word: str, conditions: Sequence[Condition]) -> Condition:
    """The conditions joined by AND or OR."""
    sql = f" {word} ".join(f"({one.sql})" for one in conditions)
    return Condition(sql or "1", tuple(value for one in conditions for value in one.values))


def opposite(condition: Condition) -> Condition:
    """What the condition does not find."""
    return Condition(f"NOT coalesce(({condition.sql}), 0)", condition.values)


def compared(field: Field, relation: str, values: Sequence[str], reader: Reader) -> Condition:
    """The condition that a field stands in a relation to values, which are text as the wire brings it.

    Relations: eq ne lt lte gt gte between in like null, and starts, ends, contains.

    Raises: Failure for a value that the field cannot have.
    """
    if relation == "null" or (relation in ("eq", "ne") and values[0] == ""):
        return Condition(f"coalesce({field.sql}, '') {'<>' if relation == 'ne' else '='} ''")
    column = f"lower({field.sql})" if field.kind.is_text and not reader.matches_case else field.sql
    if relation in _PATTERNS:
        glob = _PATTERNS[relation](values[0])
        return Condition(f"{column} GLOB ?", (glob if reader.matches_case else glob.lower(),))
    read = tuple(_value(field, value, reader) for value in values)
    if relation == "between":
        if len(read) != 2:
            raise bad_request("between takes two values, the lower one first")
        return Condition(f"{column} BETWEEN ? AND ?", read)
    if relation == "in":
        if not 1 <= len(read) <= _MOST_VALUES:
            raise bad_request(f"in takes 1 to {_MOST_VALUES} values")
        return Condition(f"{column} IN ({', '.join('?' * len(read))})", read)
    return Condition(f"{column} {_COMPARISONS[relation]} ?", read)


def _value(field: Field, text: str, reader: Reader) -> object:
    if text == "":
        return ""
    try:
        value = field.kind.read(text)
    except ValueError as cause:
        raise bad_request(f"The value '{text}' does not fit the field") from cause
    if field.kind is MOMENT and reader.hours:
        return (dt.datetime.fromisoformat(str(value)) - dt.timedelta(hours=reader.hours)).isoformat()
    return str(value).lower() if field.kind.is_text and not reader.matches_case else value


def _glob(like: str) -> str:
    """The pattern of LIKE as a GLOB, which tells upper from lower case."""
    return _literal(like).replace("%", "*").replace("_", "?")


def _literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


_PATTERNS: Mapping[str, Callable[[str], str]] = {
    "like": _glob,
    "starts": lambda text: f"{_literal(text)}*",
    "ends": lambda text: f"*{_literal(text)}",
    "contains": lambda text: f"*{_literal(text)}*",
}


def seen_fields(thing: Thing, fields: Mapping[str, Field], faults: Collection[str]) -> Mapping[str, Field]:
    """The fields as this call sees them: a fault may take the time of the last change from some rows."""
    lost = {"null_modified": "NULL", "epoch_modified": "'1970-01-01T00:00:00+00:00'"}
    word = next((lost[fault] for fault in lost if fault in faults), None)
    if word is None:
        return fields
    spoilt = f"iif({thing.key} % {_ONE_IN} = 0, {word}, {thing.modified})"
    return {
        name: replace(field, sql=spoilt) if field.sql == thing.modified else field for name, field in fields.items()
    }


def of_entity(thing: Thing, entity: str, *, shows_private: bool) -> Condition:
    """What somebody may see who signed in at the entity, or at the top (an empty entity)."""
    if entity and thing.scope:
        return Condition(thing.scope, (entity,))
    if entity and thing.private:
        return Condition(f"coalesce({thing.private}, ?) = ?", (entity, entity))
    if thing.private and not shows_private:
        return Condition(f"coalesce({thing.private}, '') = ''")
    return EVERYTHING


@dataclass(frozen=True)
class Search:
    """One page that is wanted: columns in SQL, the condition, the order and the place."""

    thing: Thing
    columns: Sequence[str]
    condition: Condition
    order: str = ""
    group: str = ""
    limit: int = 100
    offset: int = 0


def found(world: World, search: Search) -> tuple[int, list[tuple[Any, ...]]]:
    """How many rows there are in all, and those of the page. Without an order the record number decides."""
    thing, condition = search.thing, search.condition
    order = search.order or ("1" if search.group else thing.key)
    where = f"WHERE {condition.sql}"
    columns = ", ".join(search.columns)
    if search.group:
        body = f"FROM {thing.source} {where} GROUP BY {search.group}"
        count = f"SELECT count(*) FROM (SELECT 1 {body})"  # noqa: S608
        page = f"SELECT {columns} {body} ORDER BY {order} LIMIT ? OFFSET ?"
    else:
        count = f"SELECT count(*) FROM {_sought_in(thing.source, where)} {where}"  # noqa: S608
        # The keys are sought first: rows before the page are then stepped over without looking at other tables.
        sought = f"{_sought_in(thing.source, where, order, thing.key)} {where}"
        keys = f"SELECT {thing.key} FROM {sought} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
        page = f"SELECT {columns} FROM {thing.source} WHERE {thing.key} IN ({keys}) ORDER BY {order}"  # noqa: S608
    counted = world.one(count, condition.values)
    return counted[0] if counted else 0, world.query(page, (*condition.values, search.limit, search.offset))


def _sought_in(source: str, *words: str) -> str:
    """The tables of the source that the words name, and those by which these are reached.

    What stands to the right of a LEFT JOIN is found by its key: a table that nobody names neither adds rows nor takes
    any away, and SQLite would look into it for each row.
    """
    first, *joins = source.split(_JOIN)
    kept: list[str] = []
    for join in reversed(joins):
        alias = join.split()[1]
        if any(re.search(rf"\b{alias}\.", one) for one in (*words, *kept)):
            kept.append(join)
    return _JOIN.join([first, *reversed(kept)])
