"""Which entry a document finds, by which pass, and when it finds none for certain."""

from __future__ import annotations

from make import compare, expected, ledger, told, variance

from recon.pipeline import Reconciled

DEPOSIT = ("E1 1010 97.10 D:DEP1000903 role:net", "E2 6510 2.90 role:fees", "E3 1250 -100.00 role:sales")

DEP = {"document": "DEP1000903"}


def passes(found: Reconciled) -> list[str]:
    """Pass, and lines on either side, of every match."""
    groups = found.frames["match_groups"]
    columns = ("pass", "kind", "expected_count", "actual_count")
    return sorted(" ".join(str(value) for value in row) for row in groups.select(columns).iter_rows())


def test_the_same_document_at_the_same_place_matches_whatever_the_day() -> None:
    found = compare(
        expected(*DEPOSIT), ledger("A1 1010 97.10 @2026-09-20 D:dep-100-0903", "A2 6510 2.90", "A3 1250 -100")
    )

    assert (passes(found), told(found)) == (["reference match 3 3"], [])


def test_a_document_over_several_entries_is_one_match() -> None:
    found = compare(
        expected(*DEPOSIT),
        ledger(
            "A1 1010 90.00 D:DEP1000903", "A2 1250 -90.00", "B1 1010 7.10 D:DEP1000903", "B2 6510 2.90", "B3 1250 -10"
        ),
    )

    assert (passes(found), told(found)) == (["reference match 3 5"], [])


def test_a_truncated_document_matches_and_leaves_no_alarm() -> None:
    found = compare(expected(*DEPOSIT), ledger("A1 1010 97.10 D:DEP10009", "A2 6510 2.90", "A3 1250 -100.00"))

    assert (passes(found), told(found)) == (["reference match 3 3"], [])


def test_a_document_with_swapped_letters_is_found_whatever_its_amounts() -> None:
    wanted = expected("E1 1250 45.00 D:SALES-001-20260903", "E2 4010 -45.00", journal="SJ")
    actual = ledger("A1 1250 54.00 D:SLAES-001-20260903", "A2 4010 -54.00", journal="SJ")

    assert told(compare(wanted, actual)) == ["transposition book: 1250 -9.00, 4010 9.00"]


def test_what_misspells_a_booked_document_and_equals_it_is_its_copy_not_another_document() -> None:
    wanted = expected(
        "E1 1010 97.10 D:DEP6-0103-amex",
        "E2 1255 -97.10",
        "F1 1010 88.20 D:DEP6-0109-amex @2026-09-04",
        "F2 1255 -88.20",
    )
    actual = ledger(
        "A1 1010 97.10 D:DEP6-0103-amex", "A2 1255 -97.10", "B1 1010 97.10 D:DEP6-0103-ame", "B2 1255 -97.10"
    )

    found = compare(wanted, actual)

    assert told(found) == ["duplicate book: 1010 -97.10, 1255 97.10", "missing book: 1010 88.20, 1255 -88.20"]
    assert variance(found, "duplicate")["actual_line_ids"] == ["B1", "B2"]


def test_a_misspelt_document_at_another_place_is_not_taken_for_its_neighbour_there() -> None:
    # Two kiosks that sell the same: the number of store 111, cut short, on store 110, which has its own entry.
    wanted = expected(
        "E1 1250 45.00 D:K-110-20260910",
        "E2 4010 -45.00",
        "F1 1250 45.00 D:K-111-20260910 L101",
        "F2 4010 -45.00",
        journal="SJ",
    )
    there = ("A1 1250 45.00 D:K-110-20260910", "A2 4010 -45.00", "B1 1250 45.00 D:K-111-2026091", "B2 4010 -45.00")

    found = compare(wanted, ledger(*there, journal="SJ"))

    assert [line.partition(":")[0] for line in told(found)] == ["wrong_location book"]


def test_a_misspelt_document_is_not_taken_for_a_farther_one_because_it_stands_on_that_place() -> None:
    # The number of store 8, cut short, on store 5: from that of store 5 it is two edits away.
    eighth = ("1250 90.00 D:S-008-20260914", "4010 -90.00")
    wanted = expected(
        f"E1 {eighth[0]} L101 @2026-09-14",
        f"E2 {eighth[1]}",
        "F1 1250 45.00 D:S-005-20260919 @2026-09-19",
        "F2 4010 -45.00",
        journal="SJ",
    )
    there = ("A1 1250 90.00 D:S-008-2026091 @2026-09-16", "A2 4010 -90.00")

    found = compare(wanted, ledger(*there, journal="SJ"))

    assert [line.partition(":")[0] for line in told(found)] == ["missing book", "wrong_location book"]
    assert variance(found, "missing")["document"] == "S-005-20260919"


def test_a_misspelt_document_is_no_copy_where_an_equal_one_that_it_may_mean_is_missing() -> None:
    # A kiosk: cut short, the number may be that of any day from the 10th to the 19th.
    wanted = expected(
        "E1 1250 45.00 D:K-100-20260910 @2026-09-10",
        "E2 4010 -45.00",
        "F1 1250 45.00 D:K-100-20260912 @2026-09-12",
        "F2 4010 -45.00",
        journal="SJ",
    )
    actual = ledger(
        "A1 1250 45.00 D:K-100-20260910 @2026-09-10",
        "A2 4010 -45.00",
        "B1 1250 45.00 D:K-100-2026091 @2026-09-12",
        "B2 4010 -45.00",
        journal="SJ",
    )

    assert told(compare(wanted, actual)) == []


def test_without_a_document_amounts_and_day_match() -> None:
    found = compare(expected(*DEPOSIT), ledger("A1 1010 97.10 D:-", "A2 6510 2.90", "A3 1250 -100.00"))

    assert (passes(found), told(found)) == (["key match 3 3"], [])


def test_without_a_document_two_days_apart_match() -> None:
    wanted = expected("E1 1010 750.00 D:DEP1000903", "E2 1250 -750.00")

    found = compare(wanted, ledger("A1 1010 750.00 D:- @2026-09-05", "A2 1250 -750.00"))

    assert (passes(found), told(found)) == (["window match 2 2"], [])


def test_weeks_apart_an_equal_entry_is_no_match_but_keeps_the_amount_from_being_booked_again() -> None:
    wanted = expected("E1 1010 750.00 D:DEP1000903", "E2 1250 -750.00")

    found = compare(wanted, ledger("A1 1010 750.00 D:- @2026-09-28", "A2 1250 -750.00"))

    assert (passes(found), told(found)) == ([], ["corrected_elsewhere info"])


def test_of_three_equal_lines_the_nearest_day_is_taken() -> None:
    wanted = expected("E1 1020 -37500.00 D:PR-1 @2026-09-02", "E2 6010 37500.00", journal="PYRJ")
    rent = ("1020 -37500.00", "6010 37500.00")
    days = {"A": "2026-09-12", "B": "2026-09-10", "C": "2026-09-03"}
    lines = [f"{entry}{n} {rent[n - 1]} @{day} D:- J:PYRJ" for entry, day in days.items() for n in (1, 2)]

    found = compare(wanted, ledger(*lines))

    matched = found.frames["matches"]
    assert sorted(matched.filter(matched["side"] == "actual")["line_id"]) == ["C1", "C2"]


def test_a_day_early_is_less_likely_than_two_days_late() -> None:
    wanted = expected("E1 1010 75.00 D:DEP-A @2026-09-25", "E2 1250 -75.00")
    days = {"A": "2026-09-24", "B": "2026-09-27"}
    lines = [f"{name}{line} D:- @{day}" for name, day in days.items() for line in ("1 1010 75.00", "2 1250 -75.00")]

    found = compare(wanted, ledger(*lines))

    matched = found.frames["matches"]
    assert passes(found) == ["window match 2 2"]
    assert sorted(matched.filter(matched["side"] == "actual")["line_id"]) == ["B1", "B2"]


def test_two_candidates_that_differ_in_nothing_but_their_words_are_asked_about() -> None:
    wanted = expected(
        "E1 1010 70.00 D:DEP-A @2026-09-10", "E2 1250 -70.00", "F1 1010 70.00 D:DEP-B @2026-09-10", "F2 1250 -70.00"
    )
    actual = ledger("A1 1010 70.00 D:- @2026-09-10", "A2 1250 -70.00")

    found = compare(wanted, actual)

    (line,) = told(found)
    assert line == "missing ask: 1010 70.00, 1250 -70.00"
    assert set(found.frames["variances"]["candidates"][0]) == {"E1", "E2", "F1", "F2", "A1", "A2"}


def test_equal_twins_on_both_sides_meet_in_order_and_leave_nothing() -> None:
    wanted = expected("E1 1250 45.00 D:K-1", "E2 4010 -45.00", "F1 1250 45.00 D:K-2", "F2 4010 -45.00", journal="SJ")
    actual = ledger("A1 1250 45.00", "A2 4010 -45.00", "B1 1250 45.00", "B2 4010 -45.00", document=None, journal="SJ")

    found = compare(wanted, actual)

    assert (passes(found), told(found)) == (["key match 2 2", "key match 2 2"], [])


def test_equal_documents_pair_by_amount_not_by_the_order_of_rows() -> None:
    # The same document stands on two departments: 10 and 20 against 20 and 30.
    wanted = expected(
        "E1 6010 10.00 P:FOH D:PR-R1", "E2 1020 -10.00", "F1 6010 20.00 P:BOH D:PR-R1", "F2 1020 -20.00", journal="PYRJ"
    )
    actual = ledger(
        "A1 6010 20.00 P:BOH D:PR-R1", "A2 1020 -20.00", "B1 6010 30.00 P:FOH D:PR-R1", "B2 1020 -30.00", journal="PYRJ"
    )

    assert told(compare(wanted, actual)) == ["amount_other book: 1020/FOH 20.00, 6010/FOH -20.00"]


def test_one_entry_for_two_deposits_of_a_day_is_one_match() -> None:
    wanted = expected("E1 1010 40.00 D:DEP-A", "E2 1250 -40.00", "F1 1010 60.00 D:DEP-B", "F2 1250 -60.00")

    found = compare(wanted, ledger("A1 1010 100.00 D:-", "A2 1250 -100.00"))

    assert (passes(found), told(found)) == (["grouped match 4 2"], [])


def test_one_entry_over_two_stores_matches_the_documents_of_both() -> None:
    wanted = expected("E1 1010 40.00 D:DEP-A", "E2 1250 -40.00", "F1 1010 60.00 D:DEP-B L101", "F2 1250 -60.00")
    actual = ledger(
        "A1 1010 40.00 D:DEP-A", "A2 1250 -40.00 D:DEP-A", "A3 1010 60.00 D:DEP-B L101", "A4 1250 -60.00 D:DEP-B L101"
    )

    assert told(compare(wanted, actual)) == []


def test_an_exact_amount_wins_over_a_sum() -> None:
    lines = ("1010 100", "1010 200", "1010 300")
    wanted = expected("E1 1010 300.00 D:DEP-X", "E2 1250 -300.00")
    pairs = [(f"{name}1 {line} D:-", f"{name}2 1250 -{line[5:]}") for name, line in zip("ABC", lines, strict=True)]

    found = compare(wanted, ledger(*(line for pair in pairs for line in pair)))

    matched = found.frames["matches"]
    assert sorted(matched.filter(matched["side"] == "actual")["line_id"]) == ["C1", "C2"]


def test_near_amounts_without_a_document_are_no_match() -> None:
    wanted = expected("E1 1010 149.00 D:DEP-A", "E2 1250 -149.00", "F1 1010 125.50 L101 D:DEP-B", "F2 1250 -125.50")
    actual = ledger(
        "A1 1010 199.00 D:- @2026-09-07", "A2 1250 -199.00", "B1 1010 89.75 D:- L101 @2026-09-07", "B2 1250 -89.75"
    )

    causes = [line.split(":")[0] for line in told(compare(wanted, actual))]

    assert causes == ["missing book", "missing book", "unexpected ask", "unexpected ask"]


def test_a_near_amount_with_the_document_is_the_document_with_another_amount() -> None:
    wanted = expected("E1 1010 100.00 D:DEP1000903", "E2 1250 -100.00")

    found = compare(wanted, ledger("A1 1010 82.50 D:DEP1000903 @2026-09-09", "A2 1250 -82.50"))

    assert told(found) == ["amount_other book: 1010 17.50, 1250 -17.50"]


def test_a_credit_never_takes_a_debit_of_the_same_size_without_a_document() -> None:
    wanted = expected("E1 1010 1000.00 D:DEP1000903", "E2 1250 -1000.00")

    found = compare(wanted, ledger("A1 1010 -1000.00 D:- @2026-09-20", "A2 1250 1000.00"))

    assert [line.split(":")[0] for line in told(found)] == ["missing book", "unexpected ask"]


def test_another_currency_is_never_taken_for_the_same_amount() -> None:
    wanted = expected("E1 1010 100.00 D:DEP1000903", "E2 1250 -100.00")

    found = compare(wanted, ledger("A1 1010 100.00 D:DEP1000903 currency:CAD", "A2 1250 -100.00"))

    assert [line.split(":")[0] for line in told(found)] == ["wrong_currency ask"]


def test_a_recurring_amount_of_another_period_is_not_taken() -> None:
    # A fee of 149.00 every month end: the August entry must not answer for September's document.
    wanted = expected("E1 6510 149.00 D:FEE-09 @2026-09-30", "E2 1010 -149.00")
    actual = ledger("A1 6510 149.00 D:FEE-08 @2026-08-31", "A2 1010 -149.00")

    assert told(compare(wanted, actual)) == ["missing book: 1010 -149.00, 6510 149.00"]


def test_an_entry_that_names_another_expected_document_is_not_pressed_into_service() -> None:
    third, fifth = (
        ("E1 1250 45.00 D:KIOSK-100-20260903", "E2 4010 -45.00"),
        ("F1 1250 45.00 @2026-09-05", "F2 4010 -45.00"),
    )
    wanted = expected(*third, *fifth, document="KIOSK-100-20260905", journal="SJ")
    actual = ledger("A1 1250 45.00 D:KIOSK-100-20260905 @2026-09-05 J:SJ", "A2 4010 -45.00")

    assert told(compare(wanted, actual)) == ["missing book: 1250 45.00, 4010 -45.00"]


def test_a_document_of_the_series_that_nobody_expects_stands_for_its_neighbour_of_equal_amount() -> None:
    wanted = expected("E1 1250 45.00 D:KIOSK-100-20260903", "E2 4010 -45.00", journal="SJ")
    actual = ledger("A1 1250 45.00 D:KIOSK-100-20260904 J:SJ", "A2 4010 -45.00")

    assert (told(compare(wanted, actual)), passes(compare(wanted, actual))) == ([], ["key match 2 2"])


def test_on_its_own_day_a_document_takes_the_entry_that_might_also_be_a_copy() -> None:
    # A kiosk: the entry of the 4th equals that of the 3rd, but it is the 4th's own, and the 5th's slipped digits
    # are not pressed on the 4th to shorten the delays.
    days = ("E1 1250 45.00 D:K-3", "E2 4010 -45.00"), ("F1 1250 45.00 D:K-4 @2026-09-04", "F2 4010 -45.00")
    there = ("A1 1250 45.00 D:K-3", "A2 4010 -45.00", "B1 1250 45.00 D:- @2026-09-04", "B2 4010 -45.00")
    wanted = expected(*days[0], *days[1], "G1 1250 45.00 D:K-5 @2026-09-05", "G2 4010 -45.00", journal="SJ")
    late = ("C1 1250 450.00 D:- @2026-09-07", "C2 4010 -450.00")

    found = compare(wanted, ledger(*there, *late, journal="SJ"))

    assert passes(found) == ["key match 2 2", "reference match 2 2"]
    assert told(found) == ["decimal_slip book: 1250 -405.00, 4010 405.00"]


def test_an_entry_that_repeats_a_wrong_amount_is_the_same_mistake_made_twice() -> None:
    # A kiosk: 138.00 on both days, with its digits swapped on both, and once without the document.
    days = ("E1 1250 138.00 D:K-3", "E2 4010 -138.00"), ("F1 1250 138.00 D:K-4 @2026-09-04", "F2 4010 -138.00")
    there = ("A1 1250 130.80 D:-", "A2 4010 -130.80", "B1 1250 130.80 D:K-4 @2026-09-04", "B2 4010 -130.80")

    found = compare(expected(*days[0], *days[1], journal="SJ"), ledger(*there, journal="SJ"))

    assert told(found) == ["transposition book: 1250 7.20, 4010 -7.20"] * 2


def test_weeks_apart_amounts_that_recur_every_day_say_nothing() -> None:
    # A kiosk sells the same each day: the second entry of the 21st is a copy, not the missing sale of the 2nd.
    kiosk = ("1250 108.25", "2200 -8.25", "4010 -100.00")
    wanted = [
        f"{entry}{n} {line} D:K-{day} @2026-09-{day}"
        for entry, day in (("E", "02"), ("F", "21"))
        for n, line in enumerate(kiosk, 1)
    ]
    there = [
        f"{entry}{n} {line} D:{name} @2026-09-{day}"
        for entry, name, day in (("A", "K-21", 21), ("B", "-", 23))
        for n, line in enumerate(kiosk, 1)
    ]

    found = compare(expected(*wanted, journal="SJ"), ledger(*there, journal="SJ"))

    assert [line.split(":")[0] for line in told(found)] == ["duplicate book", "missing book"]


def test_of_two_equal_documents_of_a_day_the_one_without_an_entry_goes_on_to_the_later_passes() -> None:
    wanted = expected("E1 1010 45.00 D:DEP-1", "E2 1250 -45.00", "F1 1010 45.00 D:DEP-2", "F2 1250 -45.00")
    actual = ledger("A1 1010 45.00 D:-", "A2 1250 -45.00", "B1 1010 45.01 D:- @2026-09-06", "B2 1250 -45.01")

    found = compare(wanted, actual)

    assert told(found) == ["rounding book: 1010 -0.01, 1250 0.01"]


def test_three_equal_documents_and_two_entries_are_asked_about_together() -> None:
    wanted = [
        f"{entry}{n} {line} D:DEP-{entry}" for entry in "EFG" for n, line in enumerate(("1010 45", "1250 -45"), 1)
    ]
    actual = ledger("A1 1010 45.00 D:-", "A2 1250 -45.00", "B1 1010 45.00 D:-", "B2 1250 -45.00")

    found = compare(expected(*wanted), actual)

    assert told(found) == ["missing ask: 1010 45.00, 1250 -45.00"]
    assert len(variance(found, "missing")["candidates"]) == 10
