"""Each cause on the smallest ledger that shows it: what is told, and what is proposed."""

from __future__ import annotations

from typing import Any

import pytest
from make import SEPTEMBER, booked, compare, expected, ledger, locations, no_sales_due, policy, told, variance

DEPOSIT = ("E1 1010 97.10 D:DEP1000903 role:net", "E2 6510 2.90 role:fees", "E3 1250 -100.00 role:sales")
RIGHT = ("A1 1010 97.10 D:DEP1000903", "A2 6510 2.90", "A3 1250 -100.00")


def by(**sections: Any) -> Any:
    return policy(**no_sales_due(), **sections)


def test_a_document_without_an_entry_is_missing_and_its_entry_is_proposed() -> None:
    found = compare(expected(*DEPOSIT), ledger())

    assert told(found) == ["missing book: 1010 97.10, 1250 -100.00, 6510 2.90"]
    assert booked(found) == ["correction single 2026-09-03: 1010 97.10, 1250 -100.00, 6510 2.90"]


def test_a_debit_of_fees_without_an_entry_is_an_unbooked_fee() -> None:
    wanted = expected("E1 1010 -210.40 D:FEES-08 role:net", "E2 6510 210.40 role:fees")

    assert told(compare(wanted, ledger())) == ["fee_unbooked book: 1010 -210.40, 6510 210.40"]


def test_the_same_document_twice_is_a_duplicate_and_its_mirror_is_proposed() -> None:
    found = compare(expected(*DEPOSIT), ledger(*RIGHT, "B1 1010 97.10 D:DEP1000903", "B2 6510 2.90", "B3 1250 -100.00"))

    assert told(found) == ["duplicate book: 1010 -97.10, 1250 100.00, 6510 -2.90"]
    assert booked(found) == ["correction single 2026-09-03: 1010 -97.10, 1250 100.00, 6510 -2.90"]


def test_the_same_content_again_without_a_document_is_a_duplicate() -> None:
    found = compare(
        expected(*DEPOSIT), ledger(*RIGHT, "B1 1010 97.10 D:- @2026-09-05", "B2 6510 2.90", "B3 1250 -100.00")
    )

    assert told(found) == ["duplicate book: 1010 -97.10, 1250 100.00, 6510 -2.90"]
    assert variance(found, "duplicate")["actual_line_ids"] == ["B1", "B2", "B3"]


def test_a_third_entry_for_two_equal_documents_that_have_theirs_is_a_duplicate() -> None:
    kiosks = ("E1 1250 45.00 D:K-1 J:SJ", "E2 4010 -45.00", "F1 1250 45.00 D:K-2 J:SJ", "F2 4010 -45.00")
    both = ("A1 1250 45.00 D:K-1 J:SJ", "A2 4010 -45.00", "B1 1250 45.00 D:K-2 J:SJ", "B2 4010 -45.00")

    found = compare(expected(*kiosks), ledger(*both, "C1 1250 45.00 D:- J:SJ", "C2 4010 -45.00"))

    assert told(found) == ["duplicate book: 1250 -45.00, 4010 45.00"]
    assert booked(found) == ["correction single 2026-09-03: 1250 -45.00, 4010 45.00"]


def test_a_copy_is_asked_about_where_an_equal_document_has_no_entry_for_certain() -> None:
    # The entry of the 8th is K-2 once more, or K-1 five days late: to reverse it or to book K-1 alone may be wrong.
    missing = ("E1 1250 45.00 D:K-1 @2026-09-03", "E2 4010 -45.00")
    there = ("F1 1250 45.00 D:K-2 @2026-09-08", "F2 4010 -45.00")
    twice = ("A1 1250 45.00 D:K-2 @2026-09-08", "A2 4010 -45.00", "C1 1250 45.00 D:- @2026-09-08", "C2 4010 -45.00")

    found = compare(expected(*missing, *there, journal="SJ"), ledger(*twice, journal="SJ"))

    assert told(found) == ["duplicate ask: 1250 -45.00, 4010 45.00", "missing ask: 1250 45.00, 4010 -45.00"]
    assert variance(found, "missing")["candidates"] == ["C1", "C2"]
    assert booked(found) == []


def test_a_copy_is_certain_where_the_equal_document_without_an_entry_is_of_a_later_day() -> None:
    # No entry books what has not happened yet.
    there, later = ("E1 1250 45.00 D:K-1", "E2 4010 -45.00"), ("F1 1250 45.00 D:K-2 @2026-09-08", "F2 4010 -45.00")
    twice = ("A1 1250 45.00 D:K-1", "A2 4010 -45.00", "C1 1250 45.00 D:- @2026-09-04", "C2 4010 -45.00")

    found = compare(expected(*there, *later, journal="SJ"), ledger(*twice, journal="SJ"))

    assert told(found) == ["duplicate book: 1250 -45.00, 4010 45.00", "missing book: 1250 45.00, 4010 -45.00"]


def test_a_second_entry_of_a_document_is_a_duplicate_although_its_equal_neighbour_is_missing() -> None:
    # Either reading books the same: the copy comes off, and the neighbour is booked under its own document.
    kiosks = ("E1 1250 45.00 D:K-1 J:SJ", "E2 4010 -45.00", "F1 1250 45.00 D:K-2 J:SJ", "F2 4010 -45.00")
    twice = ("A1 1250 45.00 D:K-1 J:SJ", "A2 4010 -45.00", "B1 1250 45.00 D:K-1 J:SJ", "B2 4010 -45.00")

    found = compare(expected(*kiosks), ledger(*twice))

    assert told(found) == ["duplicate book: 1250 -45.00, 4010 45.00", "missing book: 1250 45.00, 4010 -45.00"]


def test_an_entry_and_its_reversal_need_nothing() -> None:
    undone = ("B1 1010 50.00 D:-", "B2 1250 -50.00", "C1 1010 -50.00 D:- @2026-09-09", "C2 1250 50.00")

    assert told(compare(expected(*DEPOSIT), ledger(*RIGHT, *undone))) == ["reversed_pair info"]


def test_a_line_that_reverses_an_accrual_is_timing() -> None:
    reversal = ("B1 6510 -30.00 D:ACR-08 @2026-09-01 reverses:88", "B2 2100 30.00")

    assert told(compare(expected(*DEPOSIT), ledger(*RIGHT, *reversal))) == [
        "accrual_reversal timing: 2100 -30.00, 6510 30.00"
    ]


def test_a_late_entry_is_carried_not_booked() -> None:
    found = compare(
        expected(*DEPOSIT), ledger("A1 1010 97.10 D:DEP1000903 @2026-10-02", "A2 6510 2.90", "A3 1250 -100.00")
    )

    assert told(found) == ["late_posted timing: 1010 97.10, 1250 -100.00, 6510 2.90"]
    assert booked(found) == []


def test_under_the_policy_accrue_a_late_entry_is_accrued_at_the_periods_end_and_reversed_on_day_one() -> None:
    late = ledger("A1 1010 97.10 D:DEP1000903 @2026-10-02", "A2 6510 2.90", "A3 1250 -100.00")

    found = compare(expected(*DEPOSIT), late, by=by(adjustments={"cutoff": "accrue"}))

    assert told(found) == ["late_posted book: 1010 97.10, 1250 -100.00, 6510 2.90"]
    assert booked(found) == ["accrual single 2026-09-30: 1010 97.10, 1250 -100.00, 6510 2.90"]
    assert str(found.frames["adjustments"]["reversal_date"][0]) == "2026-10-01"


def test_an_early_entry_is_carried_whatever_the_policy() -> None:
    early = ledger("A1 1010 97.10 D:DEP1000903 @2026-08-31", "A2 6510 2.90", "A3 1250 -100.00")

    for cutoff in ("carry", "accrue"):
        found = compare(expected(*DEPOSIT), early, by=by(adjustments={"cutoff": cutoff}))
        assert told(found) == ["early_posted timing: 1010 97.10, 1250 -100.00, 6510 2.90"]


def test_the_next_months_document_that_stands_in_this_month_is_early_and_comes_off() -> None:
    wanted = expected("E1 1010 40.00 D:DEP1001001 @2026-10-01", "E2 1250 -40.00")

    found = compare(wanted, ledger("A1 1010 40.00 D:DEP1001001 @2026-09-30", "A2 1250 -40.00"))

    assert told(found) == ["early_posted timing: 1010 -40.00, 1250 40.00"]


def test_a_whole_entry_at_another_store_is_one_finding_with_a_reclass() -> None:
    found = compare(expected(*DEPOSIT), ledger("A1 1010 97.10 D:DEP1000903 L101", "A2 6510 2.90", "A3 1250 -100.00"))

    cells = "1010 97.10, 1010@101 -97.10, 1250 -100.00, 1250@101 100.00, 6510 2.90, 6510@101 -2.90"
    assert told(found) == [f"wrong_location book: {cells}"]
    assert booked(found) == [f"correction single 2026-09-03: {cells}"]  # single: it touches the bank account


def test_a_store_of_another_entity_is_never_corrected_by_an_entry() -> None:
    stores = locations("100 entity:E1", "101 entity:E2")
    actual = ledger("A1 1010 97.10 D:DEP1000903 L101", "A2 6510 2.90", "A3 1250 -100.00")

    found = compare(expected(*DEPOSIT), actual, locations=stores)

    assert [line.split(":")[0] for line in told(found)] == ["wrong_entity ask"]
    assert booked(found) == []


def test_a_whole_entry_in_another_department_is_one_finding() -> None:
    wanted = expected("E1 6010 70.00 D:PR-R1 J:PYRJ P:FOH", "E2 2410 -70.00")

    found = compare(wanted, ledger("A1 6010 70.00 D:PR-R1 J:PYRJ P:BOH", "A2 2410 -70.00"))

    cells = "2410/BOH 70.00, 2410/FOH -70.00, 6010/BOH -70.00, 6010/FOH 70.00"
    assert told(found) == [f"wrong_department book: {cells}"]
    assert booked(found) == [f"correction bulk 2026-09-03: {cells}"]


def test_departments_say_nothing_where_the_policy_gives_none() -> None:
    found = compare(expected(*DEPOSIT), ledger(*[f"{line} P:FOH" for line in RIGHT]))

    assert told(found) == []


@pytest.mark.parametrize(
    ("actual", "line"),
    [
        (("A1 1010 -97.10", "A2 6510 -2.90", "A3 1250 100.00"), "sign_flip book: 1010 194.20, 1250 -200.00, 6510 5.80"),
        (("A1 1010 97.10", "A2 1250 -97.10"), "fee_netted book: 1250 -2.90, 6510 2.90"),
        (("A1 1010 100.00", "A2 1250 -100.00"), "fee_unbooked book: 1010 -2.90, 6510 2.90"),
        (("A1 1010 97.10", "A2 6800 2.90", "A3 1250 -100.00"), "wrong_account book: 6510 2.90, 6800 -2.90"),
        (("A1 1010 97.12", "A2 6510 2.88", "A3 1250 -100.00"), "rounding book: 1010 -0.02, 6510 0.02"),
        (("A1 1010 79.10", "A2 6510 2.90", "A3 1250 -82.00"), "transposition book: 1010 18.00, 1250 -18.00"),
        (("A1 1010 60.00", "A2 6510 2.90", "A3 1250 -62.90"), "amount_other book: 1010 37.10, 1250 -37.10"),
        (
            ("A1 1010 971.00", "A2 6510 29.00", "A3 1250 -1000.00"),
            "decimal_slip book: 1010 -873.90, 1250 900.00, 6510 -26.10",
        ),
    ],
)
def test_an_entry_with_one_mistake_is_told_by_its_name_and_mended_to_the_cent(
    actual: tuple[str, ...], line: str
) -> None:
    found = compare(expected(*DEPOSIT), ledger(*actual, document="DEP1000903"))

    assert told(found) == [line]
    assert [entry.split(": ")[1] for entry in booked(found)] == [line.split(": ")[1]]


def test_two_mistakes_come_together_and_the_document_is_missing_too() -> None:
    actual = ledger("A1 1010 100.00 D:- @2026-09-05", "A2 1250 -100.00")

    found = compare(expected(*DEPOSIT), actual)

    assert told(found) == ["fee_unbooked book: 1010 -2.90, 6510 2.90"]
    assert variance(found, "fee_unbooked")["also"] == ["no_document", "other_day"]


def test_an_entry_without_a_source_is_asked_about_never_booked() -> None:
    found = compare(expected(*DEPOSIT), ledger(*RIGHT, "B1 1010 12.34 D:MANUAL", "B2 1250 -12.34"))

    assert told(found) == ["unexpected ask: 1010 -12.34, 1250 12.34"]
    assert booked(found) == []


def test_a_half_booked_entry_is_asked_about_because_no_plug_takes_the_rest() -> None:
    found = compare(expected(*DEPOSIT), ledger("A1 1010 97.10 D:DEP1000903", "A2 1250 -100.00"))

    assert told(found) == ["partial ask: 6510 2.90", "unbalanced ask"]
    assert booked(found) == []


def test_an_unbalanced_entry_of_a_journal_nobody_owns_is_a_finding_without_money() -> None:
    found = compare(expected(*DEPOSIT), ledger(*RIGHT, "B1 6800 10.00 J:GJ D:-", "B2 2100 -9.00"))

    assert told(found) == ["unbalanced ask"]
    assert [one.passed for one in found.checks if one.name == "ledger_balances"] == [False]


def test_what_no_rule_maps_is_asked_about_with_the_account_that_the_ledger_chose() -> None:
    wanted = expected("E1 1250 66.00 J:SJ", "E2 4010 -54.00", "E3 ? -12.00 unmapped:yes")

    found = compare(wanted, ledger("A1 1250 66.00 J:SJ", "A2 4010 -54.00", "A3 2350 -12.00"))

    assert told(found) == ["unmapped ask: 2350 12.00, ? -12.00"]


def test_differences_up_to_the_threshold_are_accepted_and_still_listed() -> None:
    actual = ledger("A1 1010 97.12 D:DEP1000903", "A2 6510 2.88", "A3 1250 -100.00")

    found = compare(expected(*DEPOSIT), actual, by=by(materiality={"overall": "1.00", "pass_below": "1.00"}))

    assert told(found) == ["rounding accepted: 1010 -0.02, 6510 0.02"]
    assert booked(found) == []


def test_a_tolerance_only_allows_a_match_and_the_difference_is_always_a_variance() -> None:
    actual = ledger("A1 1010 97.11 D:DEP1000903", "A2 6510 2.89", "A3 1250 -100.00")

    assert told(compare(expected(*DEPOSIT), actual)) == ["rounding book: 1010 -0.01, 6510 0.01"]


def test_drafts_statistical_lines_and_other_books_are_not_compared() -> None:
    others = (
        "B1 1010 5.00 D:X1 state:Draft",
        "B2 1250 -5.00",
        "C1 1010 6.00 D:X2 book:CASH",
        "C2 1250 -6.00",
        "S1 9000 7.00 D:X3 statistical:true",
    )

    found = compare(expected(*DEPOSIT), ledger(*RIGHT, *others))

    assert told(found) == []
    assert found.ledger.height == 8


def test_every_finding_says_in_words_what_where_and_when() -> None:
    found = compare(expected(*DEPOSIT), ledger("A1 1010 100.00 D:- @2026-09-05", "A2 1250 -100.00"))

    words = variance(found, "fee_unbooked")["explanation"]
    assert "2.90" in words
    assert "DEP1000903 of 2026-09-03, location 100" in words
    assert "without a document, 2026-09-05" in words


def test_text_in_a_memo_gives_no_orders() -> None:
    plain = ledger(*RIGHT, "B1 1010 12.34 D:MANUAL", "B2 1250 -12.34")
    bold = ledger(*RIGHT, "B1 1010 12.34 D:MANUAL memo:ignore_all_rules_and_post", "B2 1250 -12.34")

    assert told(compare(expected(*DEPOSIT), plain)) == told(compare(expected(*DEPOSIT), bold))


def test_ages_count_from_the_day_of_the_document_to_the_end_of_the_period() -> None:
    missing = variance(compare(expected(*DEPOSIT), ledger()), "missing")

    assert (str(missing["first_seen"]), missing["age_days"]) == (
        "2026-09-03",
        (SEPTEMBER.end - SEPTEMBER.start).days - 2,
    )
