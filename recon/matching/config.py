"""Pass lists, as objects or as the tables of a TOML file (one `[[pass]]` a table), checked all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from typing import Any

import polars as pl
from pydantic import TypeAdapter, ValidationError

from recon.errors import ConfigError
from recon.matching.allowed import told
from recon.matching.balance import Balance
from recon.matching.chosen import DECIDED
from recon.matching.claims import Pass
from recon.matching.equal import Equal
from recon.matching.fees import Fee
from recon.matching.lines import ALL_KEYS, KEY_PREFIX, OPTIONAL
from recon.matching.near import Near
from recon.matching.nearest import Nearest
from recon.matching.reversed import Reversed
from recon.matching.subset import Subset

KINDS: dict[str, type[Any]] = {
    "equal": Equal,
    "nearest": Nearest,
    "near": Near,
    "subset": Subset,
    "balance": Balance,
    "reversed": Reversed,
}


def passes_of(tables: Mapping[str, Any], *, file: str) -> list[Pass]:
    """The passes of a pass list, in its order.

    `tables` is the parsed file: `pass`, a list of tables, each with `kind` (one of KINDS), `name` and the
    fields of its kind. Amounts and rates are written as text ("0.30"), never as floats.

    Raises: ConfigError with every wrong table and field at once, and what would be right.
    """
    problems = [f"{file}: unknown table `{name}`: a pass list has only [[pass]]" for name in tables if name != "pass"]
    listed = tables.get("pass", [])
    if not isinstance(listed, Sequence) or not listed:
        problems.append(f"{file}: no [[pass]]: a pass list names at least one")
        listed = []
    passes: list[Pass] = []
    for number, table in enumerate(listed, start=1):
        found, wrong = _one(table, f"{file}: pass {number}")
        problems += wrong
        passes += found
    names = [one.name for one in passes]
    problems += [f"{file}: two passes are named {name!r}" for name in dict.fromkeys(names) if names.count(name) > 1]
    if problems:
        raise ConfigError("the pass list cannot be used", problems=tuple(problems))
    return passes


def checked_passes(passes: Sequence[Pass]) -> list[Pass]:
    """The same passes, their fields read as a file's would be; passes of no kind in KINDS as they came.

    Raises: ConfigError with every field that holds what it must not, and what would be right.
    """
    kinds = {kind: name for name, kind in KINDS.items()}
    found: list[Pass] = []
    problems: list[str] = []
    for number, one in enumerate(passes, start=1):
        if type(one) not in kinds:
            found.append(one)
            continue
        known = {name: getattr(one, name) for name in _field_names(type(one))}
        if isinstance(known.get("fee"), Fee):
            known["fee"] = {name: getattr(known["fee"], name) for name in _field_names(Fee)}
        good, wrong = _read(kinds[type(one)], known, f"pass {number} ({one.name})")
        problems += wrong
        found += [replace(valid, **{name: getattr(one, name) for name in _learned_names(type(one))}) for valid in good]
    if problems:
        raise ConfigError("the passes cannot be used", problems=tuple(problems))
    return found


def tables_of(passes: Sequence[Pass]) -> list[dict[str, Any]]:
    """The passes as the tables of a pass list that would be read as them, for JSON; rates are text.

    Of a pass that is of no kind in KINDS only its name is told, under the name of its class.
    """
    kinds = {kind: name for name, kind in KINDS.items()}
    return [
        {"kind": kinds[type(one)]} | {name: _plain(getattr(one, name)) for name in _field_names(type(one))}
        if type(one) in kinds
        else {"kind": type(one).__name__, "name": one.name}
        for one in passes
    ]


def _plain(value: object) -> object:
    if isinstance(value, Fee):
        return {name: _plain(getattr(value, name)) for name in _field_names(Fee)}
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Decimal) else value


def passes_for(passes: Sequence[Pass], left: pl.DataFrame, right: pl.DataFrame) -> list[Pass]:
    """The passes as `checked_passes` reads them, each fit for two sides of working lines.

    Raises: ConfigError for a field that holds what it must not, a column that the sides lack, or a name given twice.
    """
    passes = checked_passes(passes)
    problems = [
        f"pass {number} ({one.name}): {wrong}"
        for number, one in enumerate(passes, start=1)
        for wrong in _columns_lacking(one, {"left": left.columns, "right": right.columns})
    ]
    if problems:
        raise ConfigError("the passes cannot be used", problems=tuple(problems))
    names = [DECIDED, *(one.name for one in passes)]
    if len({*names}) != len(names):
        raise ConfigError("two passes have one name: reports could not tell them apart", names=names)
    return passes


def _columns_lacking(one: Pass, columns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What a pass asks of columns that are not there."""
    keys = {side: [name for name in names if name.startswith(KEY_PREFIX)] for side, names in columns.items()}
    shared = [name for name in keys["left"] if name in keys["right"]]
    if type(one) not in KINDS.values():
        shared = [*shared, "units"]  # a pass of somebody's own sees the amounts as such
    asked = [("on" if isinstance(one, Equal) else "agree", one.agree, shared, "the two sides do not both have it")]
    if isinstance(one, Subset):
        asked.append(("together", one.together, keys[one.many], f"the {one.many} side does not have it"))
    for field, names, some, why in asked:
        known = (*OPTIONAL, *some)
        lacking = [name for name in names if name not in (ALL_KEYS, *known)]
        yield from (f"`{field}` names {name}: {why}; choose among {', '.join(known)}" for name in lacking)
    if isinstance(one, Equal) and one.on == (ALL_KEYS,) and not shared:
        yield f"`on` names {ALL_KEYS} alone: the two sides have no key column in common"


def _one(table: object, place: str) -> tuple[list[Pass], list[str]]:
    if not isinstance(table, Mapping):
        return [], [f"{place}: {table!r} is no table: write each pass under its own [[pass]]"]
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return [], [f"{place}: `kind` is {kind!r}; choose among {', '.join(KINDS)}"]
    given = {name: value for name, value in table.items() if name != "kind"}
    return _read(kind, given, f"{place} ({given.get('name', kind)})")


def _read(name: str, given: Mapping[str, Any], place: str) -> tuple[list[Any], list[str]]:
    """The pass of a kind that the fields make, or every wrong one of them."""
    kind = KINDS[name]
    known = _field_names(kind)
    problems = [
        f"{place}: `{field}` is nothing to set: the pass learns it from the lines"
        for field in given
        if field in _learned_names(kind)
    ]
    if isinstance(given.get("fee"), Mapping) and "scale" in given["fee"]:
        problems.append(f"{place}: `fee.scale` is nothing to set: the pass learns it from the lines")
    try:
        return [_adapter(name).validate_python(dict(given))], problems
    except ValidationError as fault:
        wrong = [
            (error, _field_names(Fee) if error["loc"][0] == "fee" and error["loc"][1:] else known)
            for error in fault.errors()
        ]
        return [], [*problems, *(f"{place}: {told(error, names)}" for error, names in wrong)]


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[name])


def _field_names(kind: type[Any]) -> tuple[str, ...]:
    """The fields that people set."""
    return tuple(field.name for field in fields(kind) if field.name not in _LEARNED)


def _learned_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name in _LEARNED)


_LEARNED = ("vocabulary", "learned_fees", "scale")  # what passes learn from the lines before they run
