"""Law: whatever sequence of names, edits, runs, delegations and approvals, nobody approves their own entry, and
nothing can be sent whose digest differs from the approved one."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from make_corrections import correction

from recon.errors import ApprovalError
from recon.lifecycle import (
    Approved,
    Control,
    Correction,
    Delegation,
    Intended,
    People,
    Person,
    Reviewed,
    Revised,
    Sent,
    transition,
)
from recon.policy import ApprovalPolicy

TODAY = dt.date(2026, 10, 2)
NOW = dt.datetime(2026, 10, 2, tzinfo=dt.UTC)
ROLES = ("preparer", "reviewer", "approver", "controller")


def company(chance: random.Random) -> People:
    """Two to five persons with random roles, logins and delegations, some of them to and fro."""
    names = [f"p{n}" for n in range(chance.randint(2, 5))]
    persons = tuple(
        Person(
            name,
            frozenset(chance.sample(ROLES, chance.randint(1, 4))),  # type: ignore[arg-type]
            tuple(f"{name}-alias{k}" for k in range(chance.randint(0, 2))),
            tuple(f"svc-{name}" for _ in range(chance.randint(0, 1))),
            is_active=chance.random() < 0.9,
        )
        for name in names
    )
    pairs = [tuple(chance.sample(names, 2)) for _ in range(chance.randint(0, 3))]
    return People(persons, tuple(Delegation(giver, taker, TODAY, TODAY) for giver, taker in pairs))


def disguised(chance: random.Random, person: Person) -> str:
    """One of the person's logins, in another case and with blanks."""
    login = chance.choice((person.name, *person.aliases, *person.service_accounts))
    return chance.choice((login, login.upper(), f" {login}", f"{login.title()} "))


def person_behind(people: People, login: str) -> str:
    """The oracle: written apart from the product, it knows persons by the shape of their logins."""
    return next(one.name for one in people.persons if one.name in login.strip().lower().removeprefix("svc-").split("-"))


class Life:
    """One entry under a sequence of acts, with an oracle of who had a hand in it and what was approved."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.people = company(chance)
        approval = ApprovalPolicy(limits={"approver": Decimal("50.00"), "controller": Decimal("1000.00")})
        self.control = Control(self.people, approval, Decimal(chance.choice(("0.00", "40.00"))))
        login = self.login()
        self.hands = {person_behind(self.people, login)}
        self.authors = {self.chance.choice(self.people.persons).name} if chance.random() < 0.2 else set()
        self.entry: Correction = correction(prepared_by=login, rule_authors=tuple(self.authors))
        self.approved: str | None = None
        self.approvals = 0
        self.sent = 0

    def login(self) -> str:
        return disguised(self.chance, self.chance.choice(self.people.persons))

    def step(self) -> None:
        often = (self.review, self.review, self.approve, self.approve, self.approve, self.approve, self.send, self.send)
        act = self.chance.choice((self.run_again, self.edit, self.tamper, *often))
        try:
            act()
        except ApprovalError:
            return

    def run_again(self) -> None:
        login = self.login()
        self.revise(login, is_edit=False)
        self.hands = {person_behind(self.people, login)}

    def edit(self) -> None:
        login = self.login()
        self.revise(login, is_edit=True)
        self.hands.add(person_behind(self.people, login))

    def revise(self, login: str, *, is_edit: bool) -> None:
        new = correction(f"{self.chance.randint(1, 120)}.00").content
        self.entry = transition(self.entry, Revised(login, new, "r", "", (), is_edit=is_edit))
        self.approved = None

    def review(self) -> None:
        login = self.login()
        self.control.check_review(self.entry, self.people.acting(login))
        self.entry = transition(self.entry, Reviewed(login, self.entry.digest))

    def approve(self) -> None:
        login = self.login()
        seen = self.entry.digest if self.chance.random() < 0.9 else "00" * 32
        self.control.check_approve(self.entry, self.people.acting(login), TODAY)
        self.entry = transition(self.entry, Approved(login, seen))
        who = person_behind(self.people, login)
        assert who not in self.hands | self.authors, f"{who} approved their own entry as {login!r}"
        assert self.has_authority(who), f"{who} approved beyond every limit that was theirs or lent to them"
        assert seen == self.entry.digest
        self.approved = self.entry.digest
        self.approvals += 1

    def has_authority(self, who: str) -> bool:
        """Whether the approver, or somebody active who lent them the limit and had no hand in it, may approve this."""
        gross = self.entry.content.gross
        lent = {one.giver for one in self.people.delegations if one.taker == who}
        able = [one for one in self.people.persons if one.name == who or (one.name in lent and one.is_active)]
        roles = [one.roles for one in able if one.name not in self.hands | self.authors]
        material = 0 < self.control.material_above < gross
        small = gross <= 50 and not material
        return any("controller" in some or (small and "approver" in some) for some in roles)

    def tamper(self) -> None:
        """Somebody changes the amounts past all acts, as with SQL."""
        if self.chance.random() < 0.2:
            self.entry = replace(self.entry, content=correction(f"{self.chance.randint(1, 999)}.00").content)

    def send(self) -> None:
        self.entry = transition(self.entry, Intended(self.entry.digest))
        self.tamper()
        self.entry = transition(self.entry, Sent(NOW, NOW))
        assert self.entry.digest == self.approved, "an entry was sent that is not what was approved"
        self.sent += 1


def lives(count: int, seed: int) -> tuple[int, int]:
    approvals = sent = 0
    for n in range(count):
        life = Life(random.Random(f"{seed}:{n}"))
        for _ in range(life.chance.randint(8, 32)):
            life.step()
        approvals += life.approvals
        sent += life.sent
    return approvals, sent


def test_nobody_approves_their_own_entry_and_nothing_else_is_sent() -> None:
    approvals, sent = lives(2_000, seed=1)

    assert approvals > 300
    assert sent > 50


@pytest.mark.heavy
def test_a_hundred_thousand_sequences_hold(record_property: Callable[[str, object], None]) -> None:
    approvals, sent = lives(100_000, seed=2)

    record_property("figures", f"seed 2: {approvals} approvals, {sent} sent; none of one's own, none altered")
    assert approvals > 30_000
    assert sent > 8_000
