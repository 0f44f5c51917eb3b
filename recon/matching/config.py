"""Pass lists as tables, the way a TOML file spells them: one `[[pass]]` a table, checked all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from recon.errors import ConfigError
from recon.matching.balance import Balance
from recon.matching.claims import Pass
from recon.matching.equal import Equal
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


def _one(table: Mapping[str, Any], place: str) -> tuple[list[Pass], list[str]]:
    kind = table.get("kind")
    if kind not in KINDS:
        return [], [f"{place}: `kind` is {kind!r}; choose among {', '.join(KINDS)}"]
    fields = {name: value for name, value in table.items() if name != "kind"}
    place = f"{place} ({fields.get('name', kind)})"
    try:
        return [TypeAdapter(KINDS[kind]).validate_python(fields)], []
    except ValidationError as fault:
        return [], [f"{place}: `{_field(error['loc'])}` {error['msg'].lower()}" for error in fault.errors()]


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "the pass"
