"""Who may act, from `users.csv` and `delegations.csv` of the workspace: tables that open in Excel."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from recon.errors import ConfigError
from recon.lifecycle import ROLES, Delegation, People, Person, Role, people_problems
from recon.policy import Policy

USERS_FILE = "users.csv"
DELEGATIONS_FILE = "delegations.csv"
_USERS = ("person", "roles", "aliases", "service_accounts", "active", "note")
_DELEGATIONS = ("giver", "taker", "start", "end", "note")
_YES, _NO = ("yes", "true", "1", ""), ("no", "false", "0")


def load_people(folder: Path) -> People:
    """Everybody of the workspace who may act; nobody where it has no users file.

    Raises: ConfigError with every fault of both files at once: file, row, field, value and the mend.
    """
    problems: list[str] = []
    persons = [
        person for n, row in _rows(folder, USERS_FILE, _USERS, 2, problems) if (person := _person(n, row, problems))
    ]
    delegations = [
        one
        for n, row in _rows(folder, DELEGATIONS_FILE, _DELEGATIONS, 4, problems)
        if (one := _delegation(n, row, problems))
    ]
    problems += people_problems(persons, delegations)
    if problems:
        raise ConfigError(f"who may act in {folder} cannot be told", tuple(problems))
    return People(tuple(persons), tuple(delegations))


def people_or_nobody(folder: Path) -> People:
    """Who stands in the users file; nobody where it cannot be read, which whoever sits down to the records is told."""
    try:
        return load_people(folder)
    except ConfigError:
        return People(())


def author_problems(folder: Path, policy: Policy) -> Iterator[str]:
    """One sentence for each author of a posting rule whom the users file does not know, where it names anybody."""
    people = people_or_nobody(folder)
    for rule in policy.rules:
        if people.persons and rule.author and not people.knows(rule.author):
            yield (
                f"{rule.origin}: author {rule.author!r} of rule {rule.name!r} stands in no row of {USERS_FILE}, so "
                "nobody can tell that another person approves what the rule makes: write the person's login there, "
                f"or add the name to the person's aliases in {USERS_FILE}"
            )


def _rows(
    folder: Path, name: str, known: tuple[str, ...], needed: int, problems: list[str]
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a table with their numbers; lines that begin with # say nothing."""
    path = folder / name
    if not path.is_file():
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = [(n, cells) for n, cells in enumerate(csv.reader(stream), 1) if any(cell.strip() for cell in cells)]
    except UnicodeDecodeError as cause:
        problems.append(f"{name}: {cause}: save it as CSV UTF-8")
        return
    lines = [(n, [cell.strip() for cell in cells]) for n, cells in lines if not cells[0].lstrip().startswith("#")]
    headings = lines[0][1] if lines else []
    problems += [
        f"{name}: unknown column {one!r}; known are {', '.join(known)}" for one in headings if one not in known
    ]
    missing = [one for one in known[:needed] if lines and one not in headings]
    problems += [f"{name}: the column {one!r} is missing" for one in missing]
    if not missing:
        yield from ((n, dict(zip(headings, cells, strict=False))) for n, cells in lines[1:])


def _person(n: int, row: Mapping[str, str], problems: list[str]) -> Person | None:
    place = f"{USERS_FILE}, row {n}"
    roles = _parts(row.get("roles", ""))
    wrong = [
        f"{place}: role {one!r} is none of {', '.join(ROLES)}; several are separated by |"
        for one in roles
        if one not in get_args(Role)
    ]
    active = row.get("active", "").casefold()
    if active not in (*_YES, *_NO):
        wrong.append(f"{place}: active {row['active']!r} is neither yes nor no")
    if not row.get("person"):
        wrong.append(f"{place}: person is empty: write the login of the person")
    problems += wrong
    if wrong:
        return None
    chosen = frozenset(role for role in ROLES if role in roles)
    logins = (_parts(row.get("aliases", "")), _parts(row.get("service_accounts", "")))
    return Person(row["person"], chosen, *logins, is_active=active in _YES)


def _delegation(n: int, row: Mapping[str, str], problems: list[str]) -> Delegation | None:
    try:
        start, end = (dt.date.fromisoformat(row.get(name, "")) for name in ("start", "end"))
    except ValueError as cause:
        problems.append(f"{DELEGATIONS_FILE}, row {n}: start and end are dates as YYYY-MM-DD ({cause})")
        return None
    return Delegation(row.get("giver", ""), row.get("taker", ""), start, end)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())
