"""Two human beings: whoever made an entry, under whatever name, never approves it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from make_corrections import ANN, BOB, CARLA, PEOPLE, correction

from recon.errors import ConfigError, NotAllowed, SamePerson
from recon.lifecycle import Control, Delegation, People, Person
from recon.policy import ApprovalPolicy

TODAY = dt.date(2026, 10, 2)


def control(people: People = PEOPLE, *, four_eyes: bool = True, material_above: str = "0.00") -> Control:
    limits = {"approver": Decimal("5000.00"), "controller": Decimal("1000000.00")}
    return Control(people, ApprovalPolicy(four_eyes=four_eyes, limits=limits), Decimal(material_above))


def approve(one: Control, entry: object, login: str) -> None:
    one.check_approve(entry, one.people.acting(login), TODAY)  # type: ignore[arg-type]


def test_another_person_with_the_role_approves() -> None:
    approve(control(), correction(), "bob")
    approve(control(), correction(), "Robert ")


@pytest.mark.parametrize("login", ["ann", "ANN", "ann@example.com", "corp\\Ann", "\uff41nn"])
def test_nobody_approves_their_own_entry_under_any_of_their_names(login: str) -> None:
    everything = replace(ANN, roles=frozenset({"preparer", "approver", "controller"}))

    with pytest.raises(SamePerson, match="ann prepared this entry"):
        approve(control(People((everything, BOB, CARLA))), correction(), login)


def test_what_a_service_account_prepared_was_prepared_by_its_person() -> None:
    everything = replace(ANN, roles=frozenset({"controller"}))

    with pytest.raises(SamePerson):
        approve(control(People((everything, BOB))), correction(prepared_by="svc-close"), "ann")


def test_a_service_account_decides_nothing() -> None:
    robot = replace(BOB, service_accounts=("svc-post",))

    with pytest.raises(NotAllowed, match="svc-post is a service account: bob must approve in person"):
        approve(control(People((ANN, robot))), correction(), "svc-post")


def test_a_rule_by_somebody_whom_the_users_file_does_not_know_hides_a_person() -> None:
    with pytest.raises(NotAllowed, match="the entry was made by a rule by 'Bob Jones', who stands in no row"):
        approve(control(), correction(rule_authors=("Bob Jones",)), "bob")


def test_who_edited_an_entry_or_wrote_its_rule_does_not_approve_it() -> None:
    with pytest.raises(SamePerson, match="prepared"):
        approve(control(), correction(edited_by=("robert",)), "bob")
    with pytest.raises(SamePerson, match="wrote a rule"):
        approve(control(), correction(rule_authors=("bob",)), "bob")


def test_each_role_has_its_limit() -> None:
    approve(control(), correction("5000.00"), "bob")
    with pytest.raises(NotAllowed, match=r"bob may approve up to 5,000.00; this entry is 5,000.01"):
        approve(control(), correction("5000.01"), "bob")
    approve(control(), correction("5000.01"), "carla")


def test_a_material_entry_takes_a_controller() -> None:
    with pytest.raises(NotAllowed, match="bob may not approve this: it is material, which takes the role controller"):
        approve(control(material_above="1000.00"), correction("1000.01"), "bob")
    approve(control(material_above="1000.00"), correction("1000.00"), "bob")


def test_a_delegate_approves_with_the_limit_of_the_giver_on_its_days_only() -> None:
    lent = Delegation("carla", "bob", TODAY, TODAY)
    approve(control(People((ANN, BOB, CARLA), (lent,))), correction("9000.00"), "bob")

    over = replace(lent, start=TODAY - dt.timedelta(days=9), end=TODAY - dt.timedelta(days=1))
    with pytest.raises(NotAllowed):
        approve(control(People((ANN, BOB, CARLA), (over,))), correction("9000.00"), "bob")


def test_nobody_approves_their_own_entry_through_a_delegate() -> None:
    lent = Delegation("carla", "bob", TODAY, TODAY)

    with pytest.raises((SamePerson, NotAllowed)):
        approve(control(People((ANN, BOB, CARLA), (lent,))), correction("9000.00", prepared_by="carla"), "bob")


# Ann closed as uid-7001; she writes her row anew, as another person who may approve.
EVE = Person("Eve", frozenset({"controller"}), ("uid-7001",))


def test_whoever_has_the_login_that_prepared_an_entry_approves_it_under_no_name() -> None:
    entry = correction(logins=("uid-7001",))

    with pytest.raises(NotAllowed, match=r"prepared by 'ann', who stands in no row of users.csv any more"):
        approve(control(People((EVE, BOB))), entry, "uid-7001")
    with pytest.raises(SamePerson, match="Eve prepared this entry"):
        approve(control(People((ANN, EVE, BOB))), entry, "uid-7001")
    with pytest.raises(SamePerson, match="Eve prepared this entry"):
        approve(control(People((ANN, replace(EVE, aliases=("uid-7001", "uid-7009")), BOB))), entry, "uid-7009")


def test_whose_login_it_was_when_the_entry_was_prepared_does_not_approve_it_either() -> None:
    moved = replace(ANN, roles=frozenset({"controller"}))

    with pytest.raises(SamePerson, match="ann prepared this entry"):
        approve(control(People((moved, EVE, BOB))), correction(logins=("uid-7001",)), "ann@example.com")


def test_a_login_that_stands_in_no_row_any_more_hides_a_person() -> None:
    prepared, reviewed = correction(logins=("uid-7001",)), correction(reviewed_by="bob", reviewed_login="uid-7002")

    with pytest.raises(NotAllowed, match=r"prepared by 'uid-7001'.*add it to its person's aliases"):
        approve(control(), prepared, "carla")
    with pytest.raises(NotAllowed, match="prepared by 'uid-7001'"):
        control().check_review(prepared, PEOPLE.acting("bob"))
    with pytest.raises(NotAllowed, match="reviewed by 'uid-7002'"):
        approve(control(), reviewed, "carla")


def test_nobody_approves_what_its_preparer_reviewed_as_somebody_else() -> None:
    entry = correction(logins=("uid-7001",), reviewed_by="Eve", reviewed_login="uid-7001")

    with pytest.raises(SamePerson, match="Eve reviewed this entry and is one of those who prepared it"):
        approve(control(People((ANN, EVE, CARLA))), entry, "carla")


def test_an_unknown_or_inactive_login_acts_for_nobody() -> None:
    with pytest.raises(NotAllowed, match="'mallory' stands in no row"):
        PEOPLE.acting("mallory")
    with pytest.raises(NotAllowed, match="not active"):
        People((replace(BOB, is_active=False),)).acting("robert")


def test_one_login_is_one_person() -> None:
    with pytest.raises(ConfigError) as fault:
        People((ANN, Person("ben", frozenset({"approver"}), ("Ann@Example.com", "SVC-CLOSE"))))

    assert fault.value.problems == (
        "users.csv: the login 'ann@example.com' is of ann and of ben: leave it in one place",
        "users.csv: the login 'svc-close' is of ann and of ben: leave it in one place",
    )


def test_the_control_cannot_be_off_where_books_are_real() -> None:
    control(four_eyes=False).check_production(is_production=False)
    with pytest.raises(ConfigError, match="four_eyes is off"):
        control(four_eyes=False).check_production(is_production=True)


def test_only_small_entries_of_a_bulk_cause_are_approved_together() -> None:
    assert list(control().bulk_problems(correction("500.00"))) == []
    (above,) = control().bulk_problems(correction("500.01"))
    (single,) = control().bulk_problems(correction(approval="single", cause="missing"))
    assert "above the bulk limit of 500.00" in above
    assert "is approved singly: it is missing" in single


def test_many_small_entries_do_not_pass_together_where_one_of_their_sum_would_not() -> None:
    bob, carla = PEOPLE.acting("bob"), PEOPLE.acting("carla")

    assert control().bulk_sum_problem(Decimal("5000.00"), bob, TODAY) == ""
    assert control().bulk_sum_problem(Decimal("5000.01"), bob, TODAY) == (
        "bob may approve up to 5,000.00 in bulk on one day, "
        "with this and what they approved on it before it is 5,000.01"
    )
    assert "up to 1,000.00" in control(material_above="1000.00").bulk_sum_problem(Decimal("1000.01"), bob, TODAY)
    assert control(material_above="1000.00").bulk_sum_problem(Decimal("9000.00"), carla, TODAY) == ""
    assert "up to 0.00" in control().bulk_sum_problem(Decimal("0.01"), PEOPLE.acting("ann"), TODAY)


def test_what_was_sent_is_ended_by_one_who_could_have_approved_it() -> None:
    four_eyes = control()

    four_eyes.check_abandon(correction(), PEOPLE.acting("bob"), TODAY)
    with pytest.raises(SamePerson):
        four_eyes.check_abandon(correction(), PEOPLE.acting("ann"), TODAY)
    with pytest.raises(NotAllowed, match="up to 5,000"):
        four_eyes.check_abandon(correction("6000.00"), PEOPLE.acting("bob"), TODAY)
