"""The reading functions of the XML gateway."""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import unescape

from recon.sandbox.intacct.failures import Failure, Reason, bad_request, check_may, unknown_field, unknown_object
from recon.sandbox.intacct.kinds import Field
from recon.sandbox.intacct.objects import BY_XML, Thing
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
from recon.sandbox.intacct.sqlish import condition_of
from recon.sandbox.intacct.xml_words import Caller, data, elements, is_true, needed, number, rows, said

_RELATIONS = {
    "equalto": "eq", "notequalto": "ne", "lessthan": "lt", "lessthanorequalto": "lte", "greaterthan": "gt",
    "greaterthanorequalto": "gte", "between": "between", "in": "in", "notin": "in", "like": "like", "notlike": "like",
    "isnull": "null", "isnotnull": "null",
}  # fmt: skip
_NEGATED = ("notin", "notlike", "isnotnull")
_SUMS = ("count", "avg", "min", "max", "sum")
_MOST, _MOST_LEGACY, _MOST_KEYS = 2000, 1000, 100


class Bare(Exception):
    """An answer that goes out without its envelope: rows as JSON or CSV."""

    def __init__(self, kind: str, body: bytes) -> None:
        self.kind, self.body = kind, body
        super().__init__(kind)


def thing_of(name: str, caller: Caller, what: str = "READ_BY_QUERY") -> Thing:
    """The object of that name.

    Raises: Failure if there is none, or the caller may not.
    """
    if name.upper() not in BY_XML:
        raise unknown_object(name)
    check_may(caller.faults, f"{what} on objects of type {name.lower()}")
    return BY_XML[name.upper()]


def _field(thing: Thing, fields: Mapping[str, Field], name: str) -> Field:
    if name not in fields:
        raise unknown_field(thing.xml, name)
    return fields[name]


def query(caller: Caller, asked: Element) -> str:
    """One page of a query, with what is left behind it."""
    thing = thing_of(needed(asked, "object"), caller)
    fields = seen_fields(thing, thing.fields, caller.faults)
    options = asked.find("options")
    labels, columns, group = _selected(thing, fields, asked.find("select"), caller.hours)
    reader = Reader(caller.hours, matches_case=not is_true(said(options, "caseinsensitive")))
    shows_private = is_true(said(options, "showprivate"))
    conditions = [
        _filtered(thing, fields, asked.find("filter"), reader),
        of_entity(thing, caller.entity, shows_private=shows_private),
        _of_definition(thing, said(asked, "docparid")),
    ]
    search = Search(
        thing,
        columns,
        both("AND", conditions),
        _ordered(thing, fields, asked.find("orderby")),
        group,
        number(said(asked, "pagesize"), 100, 1, _MOST),
        number(said(asked, "offset"), 0, 0, 10**9),
    )
    total, page = found(caller.world, search)
    wanted = said(options, "returnformat", "xml").lower()
    if wanted != "xml":
        raise _bare(wanted, labels, [tuple(unescape(str(value)) for value in row) for row in page])
    left = max(0, total - search.offset - len(page))
    if "extra_fields" in caller.faults:
        labels, page = [*labels, "CUSTOM_BY_NOBODY"], [(*row, "1") for row in page]
    return data(
        rows(thing.xml, labels, page),
        listtype=thing.xml,
        totalcount=total,
        offset=search.offset,
        count=len(page),
        numremaining=left,
    )


def _bare(wanted: str, labels: Sequence[str], page: Sequence[tuple[Any, ...]]) -> Exception:
    if wanted == "json":
        return Bare("application/json", json.dumps([dict(zip(labels, row, strict=True)) for row in page]).encode())
    if wanted != "csv":
        return bad_request(f"returnformat '{wanted}' is not xml, json or csv")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(labels)
    writer.writerows(page)
    return Bare("text/csv", out.getvalue().encode())


def _selected(
    thing: Thing, fields: Mapping[str, Field], select: Element | None, hours: int
) -> tuple[list[str], list[str], str]:
    """Labels and SQL of the columns, and the columns to group by if something is summed up."""
    chosen = [] if select is None else list(select)
    labels, columns, plain = [], [], []
    for one in chosen:
        name = (one.text or "").strip()
        field = _field(thing, fields, name)
        if one.tag == "field":
            labels.append(name)
            columns.append(field.kind.shown_xml(field.sql, hours))
            plain.append(field.sql)
        elif one.tag in _SUMS:
            labels.append(f"{one.tag.upper()}.{name}")
            summed = f"CAST(round(avg({field.sql})) AS INTEGER)" if one.tag == "avg" else f"{one.tag}({field.sql})"
            is_value = one.tag != "count"
            columns.append(field.kind.shown_xml(summed, hours) if is_value else f"CAST({summed} AS TEXT)")
        else:
            raise bad_request(f"select knows no '{one.tag}'")
    if not labels:
        raise bad_request("select names no field")
    has_sums = len(plain) < len(labels)
    return labels, columns, ", ".join(plain or ["NULL"]) if has_sums else ""


def _filtered(thing: Thing, fields: Mapping[str, Field], asked: Element | None, reader: Reader) -> Condition:
    if asked is None or not list(asked):
        return EVERYTHING
    if len(asked) > 1:
        raise bad_request("filter takes exactly one operator at its top")
    return _condition(thing, fields, asked[0], reader)


def _condition(thing: Thing, fields: Mapping[str, Field], asked: Element, reader: Reader) -> Condition:
    if asked.tag in ("and", "or"):
        if len(asked) < 2:
            raise bad_request(f"'{asked.tag}' takes two operators or more")
        return both(asked.tag.upper(), [_condition(thing, fields, one, reader) for one in asked])
    if asked.tag not in _RELATIONS:
        raise bad_request(f"The operator '{asked.tag}' is not expected")
    field = _field(thing, fields, needed(asked, "field"))
    values = [(one.text or "").strip() for one in asked.findall("value")]
    relation = _RELATIONS[asked.tag]
    if not values and relation != "null":
        raise bad_request(f"The operator '{asked.tag}' lacks a value")
    condition = compared(field, relation, values, reader)
    return opposite(condition) if asked.tag in _NEGATED else condition


def _ordered(thing: Thing, fields: Mapping[str, Field], asked: Element | None) -> str:
    parts = []
    for one in [] if asked is None else asked.findall("order"):
        field = _field(thing, fields, needed(one, "field"))
        parts.append(f"{field.sql} {'DESC' if one.find('descending') is not None else 'ASC'}")
    return ", ".join(parts)


def _of_definition(thing: Thing, definition: str) -> Condition:
    """Documents of one definition only, where the object has definitions."""
    if definition and "DOCPARID" in thing.fields:
        return Condition(f"{thing.fields['DOCPARID'].sql} = ?", (definition,))
    return EVERYTHING


def read_by_query(caller: Caller, asked: Element) -> str:
    """The first page of a legacy query; the keys of the others are kept for readMore."""
    thing = thing_of(needed(asked, "object"), caller)
    fields = seen_fields(thing, thing.fields, caller.faults)
    names = _names(thing, fields, said(asked, "fields"))
    size = number(said(asked, "pagesize"), 100, 1, _MOST_LEGACY)
    conditions = [
        condition_of(said(asked, "query"), thing.xml, fields, caller.hours),
        of_entity(thing, caller.entity, shows_private=False),
        _of_definition(thing, said(asked, "docparid")),
    ]
    total, every = found(caller.world, Search(thing, [thing.key], both("AND", conditions), limit=-1))
    keys = [row[0] for row in every]
    result = secrets.token_hex(12) if keys else ""
    if keys:
        row = {"resultid": result, "object": thing.xml, "fields": names, "keys": keys, "pagesize": size, "given": size}
        caller.world.insert("intacct_result", [row])
    return _legacy_page(caller, thing, names, keys[:size], (total, max(0, total - size), result))


def read_more(caller: Caller, asked: Element) -> str:
    """The next page of a legacy query: of the rows found then, those that are still there."""
    result = needed(asked, "resultId")
    row = caller.world.one(
        "SELECT object, fields, keys, pagesize, given FROM intacct_result WHERE resultid = ?", (result,)
    )
    if row is None:
        raise Failure(Reason("XL03000006", f"The result '{result}' is not known or has expired"))
    thing, names, keys, size, given = BY_XML[row[0]], json.loads(row[1]), json.loads(row[2]), row[3], row[4]
    caller.world.write("UPDATE intacct_result SET given = given + pagesize WHERE resultid = ?", (result,))
    left = max(0, len(keys) - given - size)
    return _legacy_page(caller, thing, names, keys[given : given + size], (len(keys), left, result))


def _legacy_page(
    caller: Caller, thing: Thing, names: Sequence[str], keys: Sequence[int], state: tuple[int, int, str]
) -> str:
    page = _by_keys(caller, thing, names, keys)
    total, left, result = state
    facts = {"listtype": thing.xml.lower(), "count": len(page), "totalcount": total, "numremaining": left}
    return data(rows(thing.xml.lower(), names, page), **facts, resultId=result)


def _by_keys(caller: Caller, thing: Thing, names: Sequence[str], keys: Sequence[int]) -> list[tuple[Any, ...]]:
    fields = seen_fields(thing, thing.fields, caller.faults)
    columns = [fields[name].kind.shown_xml(fields[name].sql, caller.hours) for name in names]
    chosen = Condition(f"{thing.key} IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),))  # noqa: S608
    condition = both("AND", [chosen, of_entity(thing, caller.entity, shows_private=True)])
    return found(caller.world, Search(thing, columns, condition, limit=-1))[1]


def _names(thing: Thing, fields: Mapping[str, Field], text: str) -> list[str]:
    if text in ("", "*"):
        return [name for name in fields if "." not in name or name.startswith("USERINFO")]
    names = [name.strip().upper() for name in text.split(",")]
    for name in names:
        _field(thing, fields, name)
    return names


def read(caller: Caller, asked: Element) -> str:
    """The records with the keys, as far as there are any."""
    thing = thing_of(needed(asked, "object"), caller, "READ")
    keys = [key.strip() for key in needed(asked, "keys").split(",")]
    if len(keys) > _MOST_KEYS or not all(key.isdigit() for key in keys):
        raise bad_request(f"keys takes 1 to {_MOST_KEYS} record numbers")
    return _listed(caller, thing, _names(thing, thing.fields, said(asked, "fields")), [int(key) for key in keys])


def read_by_name(caller: Caller, asked: Element) -> str:
    """The records that people know by these names, as far as there are any."""
    thing = thing_of(needed(asked, "object"), caller, "READ_BY_NAME")
    names = [key.strip() for key in needed(asked, "keys").split(",")]
    if len(names) > _MOST_KEYS:
        raise bad_request(f"keys takes 1 to {_MOST_KEYS} names")
    chosen = compared(thing.fields[thing.name], "in", names, Reader())
    every = found(caller.world, Search(thing, [thing.key], chosen, limit=-1))[1]
    return _listed(caller, thing, _names(thing, thing.fields, said(asked, "fields")), [row[0] for row in every])


def _listed(caller: Caller, thing: Thing, names: Sequence[str], keys: Sequence[int]) -> str:
    page = _by_keys(caller, thing, names, keys)
    return data(rows(thing.xml, names, page), listtype=thing.xml.lower(), count=len(page))


def lookup(caller: Caller, asked: Element) -> str:
    """The fields of an object with their types."""
    thing = thing_of(needed(asked, "object"), caller, "LOOKUP")
    described = "".join(
        f"<Field>{elements({'ID': name, 'LABEL': name.title(), 'DESCRIPTION': '', 'REQUIRED': 'false'})}"
        f"{elements({'READONLY': 'false', 'DATATYPE': field.kind.xml_type, 'ISCUSTOM': 'false'})}</Field>"
        for name, field in thing.fields.items()
    )
    return data(
        f'<Type Name="{thing.xml}" DocumentType=""><Fields>{described}</Fields></Type>', listtype="All", count=1
    )


def read_user_formatting(caller: Caller, _asked: Element) -> str:
    """How the one who calls sees dates and times."""
    facts = {"locale": "en_US", "clock": 24, "dateformat": "/mdY", "gmtoffset": caller.hours}
    return data(f"<userformatting>{elements(facts)}</userformatting>", listtype="userformatting", count=1)


READERS: Mapping[str, Callable[[Caller, Element], str]] = {
    "query": query,
    "readByQuery": read_by_query,
    "readMore": read_more,
    "read": read,
    "readByName": read_by_name,
    "lookup": lookup,
    "readUserFormatting": read_user_formatting,
}
