"""Posting rules from a table that opens in Excel: one rule a row, the first that fits is used."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from recon.misfilled import field_problems
from recon.policy import MATCHABLE, Rule

_FIELDS = {
    "rule": "name",
    "source": "source",
    "measure": "measure",
    "side": "side",
    "account": "account",
    "offset_account": "offset_account",
    "to_location": "location",
    "to_department": "department",
    "class": "class",
    "project": "project",
    "customer": "customer",
    "author": "author",
}
_NOTE = "note"
MATCH_COLUMNS = tuple(sorted({column for columns in MATCHABLE.values() for column in columns}))


def read_rules(path: Path, file: str, problems: list[str]) -> list[Rule]:
    """The rules of the table in their order; every fault goes to `problems` with its row and column."""
    if not path.is_file():
        problems.append(f"{file}: there is no such file: it holds the posting rules")
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = [(n, cells) for n, cells in enumerate(csv.reader(stream), 1) if any(cell.strip() for cell in cells)]
    except UnicodeDecodeError as cause:
        problems.append(f"{file}: {cause}: save it as CSV UTF-8")
        return []
    lines = [(n, cells) for n, cells in lines if not cells[0].lstrip().startswith("#")]
    if not lines:
        problems.append(f"{file}: the file is empty: it holds the posting rules")
        return []
    headings = [heading.strip() for heading in lines[0][1]]
    problems += _heading_problems(headings, file)
    rules = [_rule(dict(zip(headings, cells, strict=False)), file, n, problems) for n, cells in lines[1:]]
    return [rule for rule in rules if rule is not None]


def _heading_problems(headings: list[str], file: str) -> list[str]:
    known = {*_FIELDS, *MATCH_COLUMNS, _NOTE}
    wrong = [
        f"{file}: unknown column {name!r}; match columns are {', '.join(MATCH_COLUMNS)}"
        for name in headings
        if name not in known
    ]
    needed = ("rule", "source", "side", "account")
    return [*wrong, *(f"{file}: the column {name!r} is missing" for name in needed if name not in headings)]


def _rule(cells: dict[str, str], file: str, n: int, problems: list[str]) -> Rule | None:
    """The rule of one row; None, and the problems, if a cell is wrong."""
    filled = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
    origin = f"{file}, row {n}"
    match = {name: tuple(part.strip() for part in filled[name].split("|")) for name in MATCH_COLUMNS if name in filled}
    fields: dict[str, Any] = {_FIELDS[name]: cell for name, cell in filled.items() if name in _FIELDS}
    found = _match_problems(filled, match, origin)
    try:
        rule = Rule.model_validate({**fields, "match": match, "origin": origin})
    except ValidationError as cause:
        names = {field: name for name, field in _FIELDS.items()}
        for problem in field_problems(cause):
            field, _, rest = problem.partition(": ")
            found.append(f"{origin}: {names.get(field, field)}: {rest}")
        rule = None
    problems += found
    return None if found else rule


def _match_problems(filled: dict[str, str], match: dict[str, tuple[str, ...]], origin: str) -> list[str]:
    """Columns by which events of the rule's source cannot be chosen, and measures it does not have."""
    source = filled.get("source", "")
    allowed = MATCHABLE.get(source)
    if allowed is None:
        return []
    wrong = [f"{origin}: {source} cannot be matched by {name}; leave it blank" for name in match if name not in allowed]
    if source != "deposits" and filled.get("measure", "amount") != "amount":
        wrong.append(f"{origin}: the measure of {source} is amount, not {filled['measure']!r}")
    return wrong
