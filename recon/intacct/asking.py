"""Conditions on records, written once and said in XML or in JSON."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

Op = Literal[
    "equal",
    "not_equal",
    "less",
    "up_to",
    "greater",
    "from",
    "between",
    "in",
    "not_in",
    "like",
    "starts",
    "null",
    "some",
]
Value = str | dt.date

_XML = {
    "equal": "equalto", "not_equal": "notequalto", "less": "lessthan", "up_to": "lessthanorequalto",
    "greater": "greaterthan", "from": "greaterthanorequalto", "between": "between", "in": "in", "not_in": "notin",
    "like": "like", "starts": "like", "null": "isnull", "some": "isnotnull",
}  # fmt: skip
_REST = {
    "equal": "$eq", "not_equal": "$ne", "less": "$lt", "up_to": "$lte", "greater": "$gt", "from": "$gte",
    "between": "$between", "in": "$in", "not_in": "$notIn", "like": "$contains", "starts": "$startsWith",
    "null": "$eq", "some": "$ne",
}  # fmt: skip
_MOST_VALUES = 1000  # of one `in`, says the vendor
# XML 1.0 cannot hold these at all, not even escaped.
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535, *range(55296, 57344)), " ")


@dataclass(frozen=True)
class Compare:
    """One field compared with values."""

    field: str
    op: Op
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Every:
    """All of the conditions."""

    of: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    """At least one of the conditions."""

    of: tuple[Condition, ...]


Condition = Compare | Every | Either


def both(*conditions: Condition | None) -> Condition | None:
    """All of the conditions that there are; None if there is none."""
    some = tuple(one for one in conditions if one is not None)
    return some[0] if len(some) == 1 else Every(some) if some else None


def node(tag: str, text: str) -> str:
    """An element that holds the text, escaped; what XML cannot hold becomes a space."""
    return f"<{tag}>{escape(text.translate(_NOT_XML))}</{tag}>"


def wrap(tag: str, *inner: str, **attributes: str) -> str:
    """An element around other elements."""
    said = "".join(f" {name}={quoteattr(value.translate(_NOT_XML))}" for name, value in attributes.items())
    return f"<{tag}{said}>{''.join(inner)}</{tag}>"


def xml_date(day: dt.date) -> str:
    """mm/dd/yyyy, as generic functions want it."""
    return f"{day:%m/%d/%Y}"


def legacy_date(tag: str, day: dt.date) -> str:
    """Year, month and day as elements, as the older functions want it."""
    return wrap(tag, node("year", f"{day:%Y}"), node("month", f"{day:%m}"), node("day", f"{day:%d}"))


def as_xml(condition: Condition) -> str:
    """The condition as the one operator that a `filter` holds."""
    if isinstance(condition, Compare):
        if condition.op in ("in", "not_in") and len(condition.values) > _MOST_VALUES:
            return as_xml(_in_portions(condition))
        rest = "%" if condition.op == "starts" else ""
        values = (node("value", one + rest if isinstance(one, str) else xml_date(one)) for one in condition.values)
        return wrap(_XML[condition.op], node("field", condition.field), *values)
    inner = tuple(as_xml(one) for one in condition.of)
    if len(inner) == 1:  # `and` and `or` want two children at least
        return inner[0]
    return wrap("and" if isinstance(condition, Every) else "or", *inner)


def _in_portions(test: Compare) -> Condition:
    portions = tuple(
        Compare(test.field, test.op, test.values[at : at + _MOST_VALUES])
        for at in range(0, len(test.values), _MOST_VALUES)
    )
    return Either(portions) if test.op == "in" else Every(portions)


def as_rest(condition: Condition) -> tuple[list[dict[str, Any]], str]:
    """The condition as filters and the expression over their numbers."""
    filters: list[dict[str, Any]] = []

    def said(one: Condition) -> str:
        if isinstance(one, Compare):
            filters.append({_REST[one.op]: {one.field: _rest_value(one)}})
            return str(len(filters))
        parts = [said(part) for part in one.of]
        word = " and " if isinstance(one, Every) else " or "
        return parts[0] if len(parts) == 1 else f"({word.join(parts)})"

    expression = said(condition)
    # A bare number is no expression in the vendor's examples; "and" over one filter means the filter.
    return filters, "and" if len(filters) == 1 else expression[1:-1]


def _rest_value(test: Compare) -> object:
    values = [one if isinstance(one, str) else one.isoformat() for one in test.values]
    if test.op in ("null", "some"):
        return None
    return values if test.op in ("between", "in", "not_in") else values[0]
