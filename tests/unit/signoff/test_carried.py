"""What one signed period hands to the next: open items with their age, differences of the year, the signatures."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from conftest import StatePlace
from make import deposits, expected, ledger, policy
from make_signing import BOB, CARLA, books, closed, rules

from recon.canonical import SignedSubject
from recon.period import Period, parse_period
from recon.policy import Policy
from recon.signoff.carried import Carried, read_carried, signed_elsewhere
from recon.signoff.gate import Subject
from recon.signoff.kept import carried, period_before
from recon.signoff.signing import Books, reopen, sign

DEPOSITS = Subject("reconciliation", "deposits")
AUGUST, SEPTEMBER, OCTOBER, NOVEMBER = (parse_period(f"2026-{month:02}") for month in (8, 9, 10, 11))
OVERALL = "5000.00"


def desk_of(place: StatePlace, period: Period) -> Books:
    return books(place.open(), place.workspace / "reports", rules(period, OVERALL))


def month(desk: Books, period: Period, wanted: pl.DataFrame, actual: pl.DataFrame, *, by: Policy) -> pl.DataFrame:
    """OPEN_ITEMS of a month that took over what the records hand to it, and that Bob signed."""
    before = carried(desk.store, by, period)
    record = closed(
        desk, f"{period.name[-2:]}0000000000", period, wanted, actual, by=by, open_items=before.open_items,
        uncorrected=before.uncorrected, signed=before.signed,
        deposits=deposits(*(f"D{store} card M:M{store} @{period.name}-03" for store in (100, 101, 102))),
    )  # fmt: skip
    sign(desk, period.name, DEPOSITS, BOB, force=True, note="carried on")
    return record.found.frames["open_items"]


def agreeing(day: str, period: Period) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A deposit of the month that is booked as it should be."""
    lines = f"Z1 1010 1.00 D:DEP{day[5:7]}999 @{day}", "Z2 1250 -1.00"
    return expected(*lines, period=period), ledger(*(line.replace("Z", "Y") for line in lines))


def test_an_item_that_stays_open_keeps_its_first_day_over_three_months_and_goes_when_it_is_booked(
    state_place: StatePlace,
) -> None:
    missing = "deposits:F1 1010 750.00 D:DEP1000831 @2026-08-20", "deposits:F2 1250 -750.00"
    ages = []
    for period in (AUGUST, SEPTEMBER, OCTOBER, NOVEMBER):
        desk = desk_of(state_place, period)
        wanted, actual = agreeing(f"{period.name}-03", period)
        if period is AUGUST:
            wanted = pl.concat([wanted, expected(*missing, period=AUGUST)]).sort("line_id")
            actual = pl.concat([actual, ledger("X1 1010 80.00 D:- @2026-08-25", "X2 1250 -80.00")])
        if period is NOVEMBER:
            actual = pl.concat([actual, ledger("P1 1010 750.00 D:DEP1000831 @2026-11-04", "P2 1250 -750.00")])
        items = month(desk, period, wanted, actual, by=rules(period, OVERALL))
        ages.append(
            dict(items.filter(pl.col("line_id").is_in(["deposits:F1", "X1"])).select("line_id", "age_days").rows())
        )
        first = items.filter(pl.col("line_id") == "deposits:F1")["first_seen"].to_list()
        assert first in ([dt.date(2026, 8, 20)], [])

    assert [one.get("X1") for one in ages] == [6, 36, 67, 97]
    assert [one.get("deposits:F1") for one in ages[1:3]] == [41, 72]
    assert "deposits:F1" not in ages[3]


def test_what_was_waived_this_year_comes_back_in_every_later_period_of_the_year(state_place: StatePlace) -> None:
    for period in (AUGUST, SEPTEMBER):
        desk = desk_of(state_place, period)
        day = f"{period.name}-03"
        wanted = expected(f"E1 6510 4.00 D:FEE{period.name[-2:]}99 @{day}", "E2 1250 -4.00", period=period)
        actual = ledger(f"A1 6510 3.00 D:FEE{period.name[-2:]}99 @{day}", "A2 1250 -3.00")
        month(desk, period, wanted, actual, by=rules(period, OVERALL))

    before = carried(desk.store, rules(OCTOBER), OCTOBER).uncorrected

    assert before is not None
    told = before.select("period", "account", "treatment", "amount", "pretax_effect").rows()
    assert [(name, account, how, int(amount), int(effect)) for name, account, how, amount, effect in told] == [
        ("2026-08", "1250", "waived", -1, 0), ("2026-08", "6510", "waived", 1, -1),
        ("2026-09", "1250", "waived", -1, 0), ("2026-09", "6510", "waived", 1, -1),
    ]  # fmt: skip
    january = parse_period("2027-01")
    assert carried(desk.store, rules(january), january).uncorrected is None


def test_what_was_waived_adds_up_within_the_fiscal_year(state_place: StatePlace) -> None:
    """The year begins in September: August is of the year before, and January of the one that September began."""
    fiscal = {"company": {"name": "Small Group", "fiscal_year_start": "09-01"}}
    for period in (AUGUST, SEPTEMBER):
        desk = desk_of(state_place, period)
        day = f"{period.name}-03"
        wanted = expected(f"E1 6510 4.00 D:FEE{period.name[-2:]}99 @{day}", "E2 1250 -4.00", period=period)
        actual = ledger(f"A1 6510 3.00 D:FEE{period.name[-2:]}99 @{day}", "A2 1250 -3.00")
        month(desk, period, wanted, actual, by=rules(period, OVERALL, **fiscal))
    january = parse_period("2027-01")

    october, later = (carried(desk.store, rules(one, **fiscal), one).uncorrected for one in (OCTOBER, january))

    assert october is not None
    assert later is not None
    assert set(october["period"]) == set(later["period"]) == {"2026-09"}


@pytest.mark.parametrize(
    ("start", "first", "last", "year"),
    [
        ("01-01", "2026-12-01", "2026-12-31", 2026),
        ("07-01", "2026-06-01", "2026-06-30", 2025),
        ("07-01", "2026-07-01", "2026-07-31", 2026),
        ("01-01", "2026-11-29", "2027-01-02", 2026),  # the last of a 4-4-5 year
        ("01-01", "2025-12-28", "2026-01-24", 2026),  # and the first of one
    ],
)
def test_a_period_belongs_to_the_fiscal_year_of_its_middle_day(start: str, first: str, last: str, year: int) -> None:
    by = policy(company={"name": "Small Group", "fiscal_year_start": start})
    days = (dt.date.fromisoformat(day) for day in (first, last))

    assert by.fiscal_year(Period("P", *days)) == year


def test_what_stands_signed_is_told_to_a_new_close_until_it_is_opened_again(state_place: StatePlace) -> None:
    desk = desk_of(state_place, SEPTEMBER)
    month(desk, SEPTEMBER, *agreeing("2026-09-03", SEPTEMBER), by=rules(SEPTEMBER, OVERALL))

    [signed] = carried(desk.store, rules(SEPTEMBER), SEPTEMBER).signed
    assert (str(signed), signed.signed_by, [one.title for one in signed.parts]) == (
        "deposits", "bob", ["what the sources ask for", "what stands in the ledger"],
    )  # fmt: skip
    reopen(desk, "2026-09", DEPOSITS, CARLA, note="a deposit came late")
    assert carried(desk.store, rules(SEPTEMBER), SEPTEMBER).signed == ()


def test_a_workspace_without_records_hands_nothing_over(tmp_path: Path) -> None:
    assert read_carried(tmp_path, rules(SEPTEMBER), SEPTEMBER) == Carried()


def subject(name: str, run: str) -> SignedSubject:
    return SignedSubject("reconciliation", name, run, "bob", dt.date(2026, 10, 5), ())


def test_the_close_of_a_signed_period_is_the_run_that_was_signed_and_another_sees_every_signature() -> None:
    sales, deposits = subject("sales", "first"), subject("deposits", "second")
    # The second run was made while sales stood signed over the first.
    names = {(): "first", (sales,): "second"}

    def over(inputs: dict[tuple[SignedSubject, ...], str], signed: tuple[SignedSubject, ...]) -> object:
        return signed_elsewhere(signed, lambda others: inputs.get(tuple(others), "new"))

    assert over(names, (sales,)) == ()
    assert over({(sales,): "second"}, (sales, deposits)) == (sales,)
    assert over({}, (sales, deposits)) == (sales, deposits)


@pytest.mark.parametrize(("period", "before"), [("2026-09", "2026-08"), ("2026-01", "2025-12")])
def test_the_period_before_ends_on_the_day_before(period: str, before: str) -> None:
    assert period_before(parse_period(period), ()) == before


def test_a_company_with_periods_of_its_own_takes_over_from_its_own() -> None:
    first = Period("P01", dt.date(2026, 1, 1), dt.date(2026, 1, 28))
    second = Period("P02", dt.date(2026, 1, 29), dt.date(2026, 2, 25))

    assert period_before(second, (first, second)) == "P01"


def test_what_was_put_off_and_came_late_is_in_no_later_sum_of_the_year(state_place: StatePlace) -> None:
    """August's deposit is booked in September: October's sum is without it, and would be without September's books."""
    missing = "deposits:F1 1010 750.00 D:DEP1000831 @2026-08-20", "deposits:F2 1250 -750.00"
    late = "P1 1010 750.00 D:DEP1000831 @2026-09-04", "P2 1250 -750.00"
    for period in (AUGUST, SEPTEMBER):
        desk = desk_of(state_place, period)
        wanted, actual = agreeing(f"{period.name}-03", period)
        if period is AUGUST:
            wanted = pl.concat([wanted, expected(*missing, period=AUGUST)]).sort("line_id")
        else:
            actual = pl.concat([actual, ledger(*late)])
        month(desk, period, wanted, actual, by=rules(period, OVERALL))
        if period is AUGUST:
            told = carried(desk.store, rules(SEPTEMBER), SEPTEMBER).uncorrected
            assert told is not None
            assert told["waits_for"].to_list() == [["deposits:F1", "deposits:F2"]] * 2

    assert carried(desk.store, rules(OCTOBER), OCTOBER).uncorrected is None
