"""Who wrote the rule by which an error is one does not approve its correction, in a later month either."""

from __future__ import annotations

import datetime as dt

import pytest
from conftest import StatePlace
from make import SEPTEMBER, expected, ledger, rule
from make_corrections import PEOPLE
from make_signing import ANN, BOB, CARLA, books, closed, rules

from recon.errors import SamePerson
from recon.lifecycle import Declined
from recon.period import parse_period
from recon.signoff.gate import Subject
from recon.signoff.prior import correct_prior
from recon.signoff.signing import open_signing, sign

WANTED = expected("E1 1010 97.10 D:DEP1000904", "E2 6510 2.90", "E3 1250 -100.00")
SHORT = ledger("A1 1010 87.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -90.00")
TODAY = dt.date(2026, 11, 2)


def test_the_author_of_the_rule_is_on_the_correction_of_a_signed_month_and_does_not_approve_it(
    state_place: StatePlace,
) -> None:
    own = rules(SEPTEMBER, "15.00")
    bobs = rule("rule deposits debit 1010").model_copy(update={"author": "Robert"})
    desk = books(state_place.open(), state_place.workspace / "reports", own)
    closed(desk, "0123456789ab", SEPTEMBER, WANTED, SHORT, by=own.model_copy(update={"rules": (*own.rules, bobs)}))
    name = open_signing(desk, "2026-09").record.found.frames["variances"]["variance_id"].item()
    sign(desk, "2026-09", Subject("reconciliation", "deposits"), CARLA, force=True, note="small")

    one = correct_prior(desk, "2026-09", name, parse_period("2026-10"), ANN, read=lambda _: ledger())
    desk.store.apply(one, Declined("ann", "later"), actor="ann")
    again = correct_prior(desk, "2026-09", name, parse_period("2026-10"), ANN, read=lambda _: ledger())

    assert PEOPLE.name_of("Robert") == "bob"
    assert [one.rule_authors, again.rule_authors] == [("bob",), ("bob",)]
    with pytest.raises(SamePerson, match="bob wrote a rule that made this entry: another person must review it"):
        desk.control.check_review(again, BOB)
    with pytest.raises(SamePerson, match="bob wrote a rule that made this entry: another person must approve it"):
        desk.control.check_approve(again, BOB, TODAY)
