"""The query service of REST."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from recon.sandbox.intacct.failures import Failure, Reason, check_may, unknown_field, unknown_object
from recon.sandbox.intacct.kinds import DAY, YES_NO, Field
from recon.sandbox.intacct.objects import BY_REST, Thing
from recon.sandbox.intacct.rest_words import META, RESULT, RestCaller, Told, malformed
from recon.sandbox.intacct.search import (
    EVERYTHING,
    Condition,
    Reader,
    Search,
    both,
    compared,
    found,
    of_entity,
    opposite,
    seen_fields,
)

_KEYS = {"object", "fields", "filters", "filterExpression", "filterParameters", "orderBy", "start", "size"}
_PARAMETERS = {"asOfDate", "includeHierarchyFields", "caseSensitiveComparison", "includePrivate"}
_RELATIONS = {
    "$eq": "eq", "$ne": "ne", "$lt": "lt", "$lte": "lte", "$gt": "gt", "$gte": "gte", "$in": "in", "$notIn": "in",
    "$between": "between", "$notBetween": "between", "$contains": "contains", "$notContains": "contains",
    "$startsWith": "starts", "$notStartsWith": "starts", "$endsWith": "ends", "$notEndsWith": "ends",
    "$has": "contains",  # named in the interface's definition, told nowhere: a list that holds the value
}  # fmt: skip
_MOST = 4000
_TOKEN = re.compile(r"\s*(\(|\)|\d+|and|or)", re.IGNORECASE)


def thing_named(caller: RestCaller, name: str) -> tuple[Thing, Condition]:
    """The object of that path, and what its definition leaves of it (`order-entry/document::Sales Invoice`).

    Raises: Failure if there is none, or the caller may not.
    """
    path, _, definition = name.partition("::")
    if path not in BY_REST:
        raise unknown_object(name)
    check_may(caller.faults, f"on objects of type {path}")
    thing = BY_REST[path]
    if definition and "documentType" in thing.rest_fields:
        return thing, Condition(f"{thing.rest_fields['documentType'].sql} = ?", (definition,))
    return thing, EVERYTHING


def query(caller: RestCaller, asked: Mapping[str, Any]) -> Told:
    """One page of rows, each a flat mapping of dotted names.

    Raises: Failure for a payload, an object, a field or a value that is not known.
    """
    unknown = sorted(asked.keys() - _KEYS)
    if unknown:
        raise malformed(f"Unrecognized key {unknown[0]} in the payload")
    thing, of_definition = thing_named(caller, str(asked.get("object", "")))
    fields = seen_fields(thing, thing.rest_fields, caller.faults)
    names = asked.get("fields") or []
    if not isinstance(names, list) or not names:
        raise malformed("Payload lacks fields")
    parameters = asked.get("filterParameters") or {}
    if parameters.keys() - _PARAMETERS:
        raise malformed(f"Unrecognized key {sorted(parameters.keys() - _PARAMETERS)[0]} in filterParameters")
    reader = Reader(matches_case=bool(parameters.get("caseSensitiveComparison", True)))
    start, size = _bounds(asked)
    conditions = [
        _filtered(caller, fields, asked, reader),
        of_entity(thing, caller.entity, shows_private=bool(parameters.get("includePrivate", False))),
        of_definition,
    ]
    columns = [shown(_field(fields, name)) for name in names]
    order = _ordered(fields, asked.get("orderBy") or [])
    search = Search(thing, columns, both("AND", conditions), order, limit=size, offset=start - 1)
    total, page = found(caller.world, search)
    rows: list[dict[str, Any]] | None = as_rows(names, fields, page)
    if rows and "extra_fields" in caller.faults:
        rows = [{**row, "API_QUERY_ALIAS__25": "1"} for row in rows]
    if not rows and "null_arrays" in caller.faults:
        rows = None
    meta = {
        "totalCount": total,
        "start": start,
        "pageSize": size,
        "next": start + size if start + size <= total else None,
        "previous": max(1, start - size) if start > 1 else None,
    }
    return Told(200, {RESULT: rows, META: meta})


def _bounds(asked: Mapping[str, Any]) -> tuple[int, int]:
    start, size = asked.get("start", 1), asked.get("size", 100)
    if not isinstance(start, int) or start < 1:
        raise malformed("start begins at 1")
    if not isinstance(size, int) or not 1 <= size <= _MOST:
        raise malformed(f"size is 1 to {_MOST}")
    return start, size


def _field(fields: Mapping[str, Field], name: Any) -> Field:
    if name not in fields:
        raise _not_queryable(str(name))
    return fields[name]


def _not_queryable(name: str) -> Failure:
    failure = unknown_field("field", name)
    reason = failure.reasons[0]
    text = f"The field {name} cannot be queried"
    return Failure(Reason(reason.errorno, text, error_id="REST-1106", target=name))


def shown(field: Field) -> str:
    """The field as SQL that gives what JSON shows."""
    return field.kind.shown_rest(field.sql)


def as_rows(names: Sequence[str], fields: Mapping[str, Field], page: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The rows as flat mappings; what is true or false is so in JSON too."""
    rows = [dict(zip(names, row, strict=True)) for row in page]
    for name in names:
        if fields[name].kind is YES_NO:
            for row in rows:
                row[name] = row[name] == "true"
    return rows


def _filtered(caller: RestCaller, fields: Mapping[str, Field], asked: Mapping[str, Any], reader: Reader) -> Condition:
    filters = asked.get("filters") or []
    if not isinstance(filters, list):
        raise malformed("filters is not a list")
    parts = [_condition(caller, fields, one, reader) for one in filters]
    if not parts:
        return EVERYTHING
    expression = str(asked.get("filterExpression") or "and").strip()
    if expression.lower() in ("and", "or"):
        return both(expression.upper(), parts)
    return _Expression(expression, parts).condition()


def _condition(caller: RestCaller, fields: Mapping[str, Field], asked: Any, reader: Reader) -> Condition:
    if not isinstance(asked, dict) or len(asked) != 1:
        raise malformed("a filter is an object with one operator")
    ((operator, operand),) = asked.items()
    if operator not in _RELATIONS or not isinstance(operand, dict) or len(operand) != 1:
        raise malformed(f"The operator {operator} is not known, or does not hold one field")
    ((name, value),) = operand.items()
    field = _field(fields, name)
    if name == "href":
        raise _not_queryable(name)
    relation = _RELATIONS[operator]
    condition = _compared(caller, field, relation, value, reader)
    return opposite(condition) if operator.startswith("$not") else condition


def _compared(caller: RestCaller, field: Field, relation: str, value: Any, reader: Reader) -> Condition:
    if value is None:
        nothing = compared(field, "null", [], reader)
        return opposite(nothing) if relation == "ne" else nothing
    if field.kind is DAY and isinstance(value, str) and value in _MACROS:
        return compared(field, "between", _span(value, caller.world.clock.now().date()), reader)
    values = value if isinstance(value, list) else [value]
    return compared(field, relation, [_text(one) for one in values], reader)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ordered(fields: Mapping[str, Field], asked: list[Any]) -> str:
    parts = []
    for one in asked:
        if not isinstance(one, dict) or len(one) != 1:
            raise malformed("orderBy is a list of objects with one field")
        ((name, direction),) = one.items()
        if direction not in ("asc", "desc"):
            raise malformed("the order of a field is asc or desc")
        parts.append(f"{_field(fields, name).sql} {direction}")
    return ", ".join(parts)


class _Expression:
    """An expression as `(1 and 2) or 3` over numbered conditions; and binds closer than or."""

    def __init__(self, text: str, parts: Sequence[Condition]) -> None:
        self.left = _TOKEN.findall(text)
        self.parts = parts
        if "".join(self.left).lower() != re.sub(r"\s", "", text).lower():
            raise malformed(f"filterExpression cannot be read: {text}")

    def condition(self) -> Condition:
        found = self._either()
        if self.left:
            raise malformed("filterExpression goes on after its end")
        return found

    def _either(self) -> Condition:
        parts = [self._every()]
        while self._takes("or"):
            parts.append(self._every())
        return both("OR", parts)

    def _every(self) -> Condition:
        parts = [self._one()]
        while self._takes("and"):
            parts.append(self._one())
        return both("AND", parts)

    def _one(self) -> Condition:
        if self._takes("("):
            found = self._either()
            if not self._takes(")"):
                raise malformed("filterExpression lacks )")
            return found
        token = self.left.pop(0) if self.left else ""
        if not token.isdigit() or not 1 <= int(token) <= len(self.parts):
            raise malformed(f"filterExpression names no filter: {token}")
        return self.parts[int(token) - 1]

    def _takes(self, word: str) -> bool:
        if self.left and self.left[0].lower() == word:
            self.left.pop(0)
            return True
        return False


_MACROS = (
    "today", "yesterday", "currentWeek", "lastWeek", "currentMonth", "priorMonth", "currentQuarter", "priorQuarter",
    "currentYear", "priorYear",
)  # fmt: skip
_MONTHS = {"Month": 1, "Quarter": 3, "Year": 12}


def _span(macro: str, today: dt.date) -> list[str]:
    """First and last day of the span that a word names, in ISO."""
    one = dt.timedelta(days=1)
    if macro in ("today", "yesterday"):
        first = last = today - one * (macro == "yesterday")
    elif macro.endswith("Week"):
        first = today - one * today.weekday() - 7 * one * (macro == "lastWeek")
        last = first + 6 * one
    else:
        length = next(months for word, months in _MONTHS.items() if macro.endswith(word))
        months = (today.year * 12 + today.month - 1) // length * length - length * macro.startswith("prior")
        first, last = _month(months), _month(months + length) - one
    return [first.isoformat(), last.isoformat()]


def _month(months: int) -> dt.date:
    return dt.date(months // 12, months % 12 + 1, 1)
