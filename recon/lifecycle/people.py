"""Who is who: logins, aliases and service accounts resolved to persons, and what one person may decide for another."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from recon.errors import ConfigError, NotAllowed

Role = Literal["preparer", "reviewer", "approver", "controller"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Person:
    """A human being of the users file, under all the names by which machines know them."""

    name: str
    roles: frozenset[Role]
    aliases: tuple[str, ...] = ()  # other logins of the same person
    service_accounts: tuple[str, ...] = ()  # accounts that act on the person's behalf, but decide nothing
    is_active: bool = True


@dataclass(frozen=True)
class Delegation:
    """From one day to another, both included, one person may approve with another's limit."""

    giver: str
    taker: str
    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class Acting:
    """The person behind a login, and whether a person or a service account is at the keyboard."""

    person: Person
    login: str
    is_service: bool


def folded(login: str) -> str:
    """A login as it is compared: `Ann`, `ann ` and `ＡＮＮ` are one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login).casefold()).strip()


@dataclass(frozen=True)
class People:
    """Everybody who may act on corrections. Raises: ConfigError if one login would mean two persons."""

    persons: tuple[Person, ...]
    delegations: tuple[Delegation, ...] = ()
    _by_login: Mapping[str, tuple[Person, bool]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        problems = tuple(people_problems(self.persons, self.delegations))
        if problems:
            raise ConfigError("the users file cannot be used", problems)
        logins = {login: (person, is_service) for person in self.persons for login, is_service in _logins(person)}
        object.__setattr__(self, "_by_login", logins)

    def told(self, logins: Iterable[str], approver: str) -> Iterator[str]:
        """Who these logins are and who may decide for the approver, as a digest reads it: whatever the order of rows.

        Of others nothing is said: a new colleague changes none of it.
        """
        behind = self.limits_of(approver)
        for login in sorted({*logins, *(one.name for one in behind)}):
            yield from ("login", login, self.name_of(login))
            one = next((one for one in self.persons if one.name == self.name_of(login)), None)
            if one is not None:
                yield from ("person", str(one.is_active))
                for names in (one.roles, one.aliases, one.service_accounts):
                    yield from (str(len(names)), *sorted(names))
        given = [one for one in self.delegations if self.same(one.taker, approver)]
        for day in sorted((one.giver, str(one.start), str(one.end)) for one in given):
            yield from ("delegation", *day)

    def limits_of(self, approver: str) -> tuple[Person, ...]:
        """The approver, and the persons with whose limits they may approve on some day."""
        givers = [one.giver for one in self.delegations if self.same(one.taker, approver)]
        names = {self.name_of(name) for name in (approver, *givers)}
        return tuple(one for one in self.persons if one.name in names)

    def acting(self, login: str) -> Acting:
        """The person behind the login. Raises: NotAllowed for a login that the users file does not know."""
        found = self._by_login.get(folded(login))
        if found is None:
            raise NotAllowed(f"{login!r} stands in no row of users.csv: add it to its person's aliases")
        person, is_service = found
        if not person.is_active:
            raise NotAllowed(f"{person.name} is not active in users.csv any more")
        return Acting(person, login, is_service)

    def same(self, one: str, other: str) -> bool:
        """Whether two logins or names are one human being; a name that nobody knows is compared as it stands."""
        return self._who(one) == self._who(other)

    def name_of(self, login: str) -> str:
        """The person's name; a login that the users file does not know as it stands."""
        found = self._by_login.get(folded(login))
        return found[0].name if found else login

    def knows(self, name: str) -> bool:
        """True for a login or name of the users file, active or not."""
        return folded(name) in self._by_login

    def givers(self, taker: Person, day: dt.date) -> tuple[Person, ...]:
        """The persons with whose limits `taker` may approve on the day; a delegation is not passed on."""
        names = [
            one.giver for one in self.delegations if self.same(one.taker, taker.name) and one.start <= day <= one.end
        ]
        found = [self._by_login[folded(name)][0] for name in names]
        return tuple(person for person in found if person.is_active)

    def _who(self, name: str) -> str:
        return folded(self.name_of(name))


def _logins(person: Person) -> Iterator[tuple[str, bool]]:
    for login in (person.name, *person.aliases):
        yield folded(login), False
    for login in person.service_accounts:
        yield folded(login), True


def people_problems(persons: Iterable[Person], delegations: Iterable[Delegation] = ()) -> Iterator[str]:
    """One sentence for each login that means two persons, or a person and a service account, and what else is wrong."""
    owners: dict[str, tuple[str, bool]] = {}
    for person in persons:
        if not folded(person.name):
            yield "users.csv: a person has no name"
        for login, is_service in dict.fromkeys(_logins(person)):
            if login in owners:
                other, _ = owners[login]
                whose = f"twice of {other}" if other == person.name else f"of {other} and of {person.name}"
                yield f"users.csv: the login {login!r} is {whose}: leave it in one place"
            owners[login] = (person.name, is_service)
    for one in delegations:
        for name in (one.giver, one.taker):
            if owners.get(folded(name), ("", True))[1]:
                yield f"delegations.csv: {name!r} is no person of users.csv"
        if folded(one.giver) == folded(one.taker):
            yield f"delegations.csv: {one.giver!r} delegates to themselves"
        if one.end < one.start:
            yield f"delegations.csv: the delegation of {one.giver!r} ends on {one.end}, before it starts on {one.start}"
