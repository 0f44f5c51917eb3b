"""Entries whose document number is another document's: the amounts say whose they are."""

from __future__ import annotations

from make import compare, expected, ledger, told

TENTH = (
    "E1 1250 540.10 D:SALES-001-20260910 @2026-09-10",
    "E2 2200 -40.10 role:tax",
    "E3 4010 -480.00",
    "E4 4020 -20.00",
)
FIRST = ("F1 1250 432.15 D:SALES-001-20260901 @2026-09-01", "F2 2200 -32.15", "F3 4010 -370.00", "F4 4020 -30.00")
FIRST_BOOKED = (
    "B1 1250 432.15 D:SALES-001-20260901 @2026-09-01",
    "B2 2200 -32.15",
    "B3 4010 -370.00",
    "B4 4020 -30.00",
)
WANTED = expected(*TENTH, *FIRST, journal="SJ")


def test_an_entry_with_the_number_of_a_booked_document_is_the_one_whose_amounts_it_has() -> None:
    typed = ("A1 1250 540.10 D:SALES-001-20260901 @2026-09-10", "A2 2200 -40.10", "A3 4010 -480.00", "A4 4020 -20.00")

    assert told(compare(WANTED, ledger(*typed, *FIRST_BOOKED, journal="SJ"))) == []


def test_a_document_without_an_entry_does_not_take_the_one_that_another_documents_amounts_fill() -> None:
    typed = ("A1 1250 540.10 D:SALES-001-20260901 @2026-09-10", "A2 2200 -40.10", "A3 4010 -480.00", "A4 4020 -20.00")

    assert told(compare(WANTED, ledger(*typed, journal="SJ"))) == [
        "missing book: 1250 432.15, 2200 -32.15, 4010 -370.00, 4020 -30.00"
    ]


def test_with_the_wrong_number_and_the_wrong_sign_an_entry_is_still_known_by_its_amounts() -> None:
    turned = ("A1 1250 -540.10 D:SALES-001-20260901 @2026-09-10", "A2 2200 40.10", "A3 4010 480.00", "A4 4020 20.00")

    assert told(compare(WANTED, ledger(*turned, *FIRST_BOOKED, journal="SJ"))) == [
        "sign_flip book: 1250 1080.20, 2200 -80.20, 4010 -960.00, 4020 -40.00"
    ]


def test_a_number_of_the_series_that_is_nobodys_belongs_to_the_document_that_one_trait_explains() -> None:
    # The tax stands in food, and the day of the number has its digits swapped.
    typed = ("A1 1250 540.10 D:SALES-001-20260901 @2026-09-10", "A2 4010 -520.10", "A3 4020 -20.00")
    nobodys = tuple(line.replace("20260901", "20260901"[:-2] + "91") for line in typed)

    assert told(compare(expected(*TENTH, journal="SJ"), ledger(*nobodys, journal="SJ"))) == [
        "tax_omitted book: 2200 -40.10, 4010 40.10"
    ]


def test_an_entry_whose_own_document_explains_it_is_not_given_to_a_neighbour_of_equal_amounts() -> None:
    # The chargeback of the eleventh was left out; what is booked equals the twelfth by accident.
    wanted = expected(
        "E1 1010 110.27 D:DEP-11 role:net",
        "E2 6520 84.58 role:chargebacks",
        "E3 1250 -194.85",
        "F1 1010 194.85 D:DEP-12",
        "F2 1250 -194.85",
    )
    there = ledger("A1 1010 194.85 D:DEP-11", "A2 1250 -194.85", "B1 1010 194.85 D:-", "B2 1250 -194.85")

    assert told(compare(wanted, there)) == ["chargeback_unbooked book: 1010 -84.58, 6520 84.58"]


def test_a_kiosks_entry_on_the_day_of_the_one_and_with_the_number_of_the_other_is_the_days() -> None:
    thirteenth = ("E1 1250 45.00 D:KIOSK-20260913 @2026-09-13", "E2 4010 -45.00")
    last = ("F1 1250 45.00 D:KIOSK-20260931 @2026-09-30", "F2 4010 -45.00")
    there = (
        "A1 1250 45.00 D:KIOSK-20260931 @2026-09-13",
        "A2 4010 -45.00",
        "B1 1250 45.00 @2026-09-30",
        "B2 4010 -45.00",
    )
    actual = ledger(*there, document="KIOSK-20260931", journal="SJ")

    assert told(compare(expected(*thirteenth, *last, journal="SJ"), actual)) == []


def test_a_kiosks_copy_on_its_own_day_stays_a_copy() -> None:
    wanted = expected(
        *("E1 1250 45.00 D:K-11", "E2 4010 -45.00", "F1 1250 45.00 D:K-12", "F2 4010 -45.00"), journal="SJ"
    )
    there = ledger(
        *("A1 1250 45.00 D:K-11", "A2 4010 -45.00", "B1 1250 45.00 D:K-11", "B2 4010 -45.00"),
        *("C1 1250 45.00 D:-", "C2 4010 -45.00"),
        journal="SJ",
    )

    assert told(compare(wanted, there)) == ["duplicate book: 1250 -45.00, 4010 45.00"]


def test_what_names_nothing_and_stands_before_the_document_is_not_its_entry_with_another_amount() -> None:
    there = ledger("A1 1010 2262.95 D:- @2026-09-02", "A2 1250 -2262.95")

    assert told(compare(expected("E1 1010 216.40 D:DEP-3", "E2 1250 -216.40"), there)) == [
        "missing book: 1010 216.40, 1250 -216.40",
        "unexpected ask: 1010 -2262.95, 1250 2262.95",
    ]


TWO = ("E1 1010 45.10 D:DEP-1", "E2 1250 -45.10", "F1 1010 52.80 D:DEP-2 @2026-09-04", "F2 1250 -52.80")


def test_an_entry_keeps_its_number_where_another_one_fits_the_document_as_well() -> None:
    there = ledger(
        "A1 1010 45.10 D:- @2026-09-04", "A2 1250 -45.10", "B1 1010 45.10 D:DEP-2 @2026-09-04", "B2 1250 -45.10"
    )

    assert told(compare(expected(*TWO), there)) == ["amount_other book: 1010 7.70, 1250 -7.70"]


def test_a_document_booked_in_parts_keeps_them_although_one_of_them_equals_another_document() -> None:
    wanted = expected(
        "E1 1010 100.00 D:DEP-1", "E2 1250 -100.00", "F1 1010 45.00 D:DEP-2 @2026-09-04", "F2 1250 -45.00"
    )
    parts = ("A1 1010 45.00 D:DEP-1", "A2 1250 -45.00", "B1 1010 55.00 D:DEP-1", "B2 1250 -55.00")

    assert told(compare(wanted, ledger(*parts, "C1 1010 45.00 D:- @2026-09-04", "C2 1250 -45.00"))) == []


def test_a_swapped_number_with_other_amounts_is_not_pressed_on_the_document_that_is_missing() -> None:
    there = ledger("A1 1010 1500.00 D:DEP-1034 @2026-09-04", "A2 1250 -1500.00")

    assert told(compare(expected("E1 1010 216.40 D:DEP-1043", "E2 1250 -216.40"), there)) == [
        "missing book: 1010 216.40, 1250 -216.40",
        "unexpected ask: 1010 -1500.00, 1250 1500.00",
    ]


def test_a_run_booked_twice_is_not_the_next_run_with_a_few_cents_wrong() -> None:
    seventh = ("E1 6010 900.00 D:PR-7 @2026-09-04", "E2 2410 -200.00", "E3 2420 -100.00", "E4 1020 -600.00")
    eighth = ("F1 6010 900.03 D:PR-8 @2026-09-08", "F2 2410 -200.00", "F3 2420 -100.00", "F4 1020 -600.03")
    once = ("A1 6010 900.00 D:PR-7 @2026-09-04", "A2 2410 -200.00", "A3 2420 -100.00", "A4 1020 -600.00")
    twice = ("B1 6010 900.00 D:PR-7 @2026-09-05", "B2 2410 -200.00", "B3 2420 -100.00", "B4 1020 -600.00")

    assert told(compare(expected(*seventh, *eighth), ledger(*once, *twice))) == [
        "duplicate book: 1020 600.00, 2410 200.00, 2420 100.00, 6010 -900.00",
        "missing book: 1020 -600.03, 2410 -200.00, 2420 -100.00, 6010 900.03",
    ]
