"""Before an entry is proposed the ledger is searched: booking twice is the worst mistake."""

from __future__ import annotations

from make import booked, compare, decisions, expected, ledger, no_sales_due, policy, told, variance

DEPOSIT = ("E1 1010 97.10 D:DEP1000903 role:net", "E2 6510 2.90 role:fees", "E3 1250 -100.00 role:sales")
ON_ANOTHER_ACCOUNT = ("A1 1010 97.10 D:DEP1000903", "A2 6800 2.90", "A3 1250 -100.00")
RECLASS = ("B1 6510 2.90 J:GJ D:- @2026-09-25", "B2 6800 -2.90")


def key_of_the_proposal() -> str:
    return compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT)).frames["adjustments"]["posting_key"][0]


def test_a_correction_in_the_general_journal_is_found_by_its_amounts() -> None:
    found = compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *RECLASS))

    assert (told(found), booked(found)) == (["corrected_elsewhere info"], [])
    assert variance(found, "corrected_elsewhere")["also"] == ["wrong_account"]


def test_an_entry_is_named_by_its_record_number_as_posting_and_review_name_it() -> None:
    for record, number, named in (("1159", "56", "1159 (no. 56)"), ("1159", "1159", "1159"), ("GJ:X", "56", "56")):
        reclass = (f"{line} entry_id:{record} entry_no:{number}" for line in RECLASS)
        found = compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *reclass))

        assert variance(found, "corrected_elsewhere")["explanation"].startswith(f"Entry {named} already corrects this.")


def test_a_correction_is_found_by_our_key_in_the_reference_or_the_memo() -> None:
    key = key_of_the_proposal()
    for column in ("reference", "memo"):
        keyed = (f"{RECLASS[0]} {column}:{key}", f"{RECLASS[1]} {column}:{key}")
        assert told(compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *keyed))) == ["corrected_elsewhere info"]


def test_a_posted_correction_of_the_own_journal_is_not_mistaken_for_the_entry() -> None:
    wanted = expected("E1 1010 100.00 D:DEP1000903", "E2 1250 -100.00")
    wrong = ("A1 1010 -100.00 D:-", "A2 1250 100.00")
    key = compare(wanted, ledger(*wrong)).frames["adjustments"]["posting_key"][0]

    twice = (f"B1 1010 200.00 D:DEP1000903 reference:{key}", "B2 1250 -200.00")
    found = compare(wanted, ledger(*wrong, *twice))

    assert (told(found), booked(found)) == (["corrected_elsewhere info"], [])


def test_our_key_on_an_entry_with_other_amounts_is_asked_about() -> None:
    key = key_of_the_proposal()
    other = (f"B1 6510 1.00 J:GJ D:- reference:{key}", f"B2 6800 -1.00 reference:{key}")

    found = compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *other))

    assert (told(found), booked(found)) == (["wrong_account ask: 6510 2.90, 6800 -2.90"], [])
    assert variance(found, "wrong_account")["also"] == ["key_reused"]


def test_a_draft_of_the_correction_waits_and_is_not_proposed_again() -> None:
    draft = (f"{RECLASS[0]} state:Draft", RECLASS[1])

    found = compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *draft))

    assert (told(found), booked(found)) == (["draft_pending info: 6510 2.90, 6800 -2.90"], [])


def test_a_draft_of_the_missing_document_waits_whatever_its_amounts() -> None:
    draft = ledger("A1 1010 90.00 D:DEP1000903 state:Submitted", "A2 1250 -90.00")

    found = compare(expected(*DEPOSIT), draft)

    assert (told(found), booked(found)) == (["draft_pending ask: 1010 97.10, 1250 -100.00, 6510 2.90"], [])


def test_a_correction_of_the_next_month_is_timing_not_a_second_booking() -> None:
    later = ("B1 6510 2.90 J:GJ D:- @2026-10-03", "B2 6800 -2.90")

    found = compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *later))

    assert (told(found), booked(found)) == (["corrected_elsewhere timing: 6510 2.90, 6800 -2.90"], [])


def test_one_correction_for_two_equal_mistakes_books_neither() -> None:
    wanted = expected(*DEPOSIT, "F1 1010 97.10 D:DEP1000904 @2026-09-04 role:net", "F2 6510 2.90", "F3 1250 -100.00")
    again = ("C1 1010 97.10 D:DEP1000904 @2026-09-04", "C2 6800 2.90", "C3 1250 -100.00")

    found = compare(wanted, ledger(*ON_ANOTHER_ACCOUNT, *again, *RECLASS))

    assert told(found) == ["wrong_account ask: 6510 2.90, 6800 -2.90"] * 2
    assert booked(found) == []


def test_two_entries_of_one_day_that_sum_to_the_deposit_are_not_booked_again() -> None:
    wanted = expected("E1 1010 88250.00 D:DEP1000903", "E2 1250 -88250.00")
    vouchers = ledger("A1 1010 50000.00 D:-", "A2 1250 -50000.00", "B1 1010 38250.00 D:-", "B2 1250 -38250.00")

    found = compare(wanted, vouchers)

    assert (told(found), booked(found)) == ([], [])


def test_a_foreign_entry_that_is_no_correction_stays_the_business_of_its_journal() -> None:
    found = compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, "B1 6510 2.91 J:GJ D:-", "B2 6800 -2.91"))

    assert told(found) == ["wrong_account book: 6510 2.90, 6800 -2.90"]


def test_a_correction_that_was_posted_twice_is_named_and_its_second_copy_reversed() -> None:
    key = key_of_the_proposal()
    keyed = (f"{RECLASS[0]} reference:{key}", f"{RECLASS[1]} reference:{key}")
    again = (f"C1 6510 2.90 J:GJ D:- @2026-09-26 reference:{key}", f"C2 6800 -2.90 reference:{key}")

    found = compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *keyed, *again))

    assert told(found) == ["corrected_elsewhere info", "duplicate book: 6510 -2.90, 6800 2.90"]
    assert booked(found) == ["correction single 2026-09-03: 6510 -2.90, 6800 2.90"]


def test_a_second_draft_of_one_correction_is_asked_about() -> None:
    key = key_of_the_proposal()
    drafts = [
        line
        for entry in ("B", "C")
        for line in (
            f"{entry}1 6510 2.90 J:GJ D:- state:Draft reference:{key}",
            f"{entry}2 6800 -2.90 state:Draft reference:{key}",
        )
    ]

    found = compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *drafts))

    assert (told(found), booked(found)) == (
        ["draft_pending ask", "draft_pending info: 6510 2.90, 6800 -2.90"],
        [],
    )


def test_a_correction_is_known_by_its_lines_where_a_new_download_changed_the_line_ids() -> None:
    stale = "RCN" + "A" * 20 + "1"
    keyed = (f"{RECLASS[0]} reference:{stale}", f"{RECLASS[1]} reference:{stale}")

    assert told(compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *keyed))) == ["corrected_elsewhere info"]


def test_a_draft_of_a_fee_debit_with_another_amount_stops_the_proposal() -> None:
    fee = expected("E1 1010 -11.00 D:FEE1000903 role:net", "E2 6510 11.00 role:fees")
    draft = ledger("A1 1010 -12.00 D:FEE1000903 state:Draft", "A2 6510 12.00")

    assert booked(compare(fee, draft)) == []


def test_two_corrections_for_two_equal_mistakes_correct_both() -> None:
    wanted = expected(*DEPOSIT, "F1 1010 97.10 D:DEP1000904 @2026-09-04 role:net", "F2 6510 2.90", "F3 1250 -100.00")
    again = ("C1 1010 97.10 D:DEP1000904 @2026-09-04", "C2 6800 2.90", "C3 1250 -100.00")
    second = ("G1 6510 2.90 J:GJ D:- @2026-09-26", "G2 6800 -2.90")

    found = compare(wanted, ledger(*ON_ANOTHER_ACCOUNT, *again, *RECLASS, *second))

    assert (told(found), booked(found)) == (["corrected_elsewhere info", "corrected_elsewhere info"], [])


def test_of_two_equal_documents_the_one_that_the_entry_names_is_corrected() -> None:
    # A kiosk that sells the same on both days, and one of them booked in the general journal.
    wanted = expected(
        "E1 1250 45.00 D:K-1", "E2 4010 -45.00", "F1 1250 45.00 D:K-2 @2026-09-04", "F2 4010 -45.00", journal="SJ"
    )
    elsewhere = ledger("A1 1250 45.00 D:K-1 J:GJ @2026-09-05", "A2 4010 -45.00")

    found = compare(wanted, elsewhere)

    assert told(found) == ["corrected_elsewhere info", "missing book: 1250 45.00, 4010 -45.00"]
    assert (variance(found, "corrected_elsewhere")["document"], variance(found, "missing")["document"]) == (
        "K-1",
        "K-2",
    )


PASSING = {**no_sales_due(), "materiality": {"overall": "5.00", "pass_below": "5.00"}}


def test_what_stands_corrected_is_no_difference_that_passes_below_the_threshold() -> None:
    by = policy(**PASSING)
    keyed = (f"B1 6510 2.90 J:CRJ D:- @2026-09-25 memo:{key_of_the_proposal()}", "B2 6800 -2.90")

    assert told(compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT), by=by)) == [
        "wrong_account accepted: 6510 2.90, 6800 -2.90"
    ]
    for correction in (RECLASS, keyed):
        found = compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *correction), by=by)
        assert told(found) == ["corrected_elsewhere info"]
        assert found.frames["uncorrected"].is_empty()


def test_what_a_person_accepted_and_somebody_booked_is_no_difference_and_the_decision_says_so() -> None:
    accepted = decisions("accept E2 A2 note:small")

    found = compare(expected(*DEPOSIT), ledger(*ON_ANOTHER_ACCOUNT, *RECLASS), decisions=accepted)

    assert told(found) == ["corrected_elsewhere info"]
    assert found.frames["uncorrected"].is_empty()
    (check,) = [one for one in found.checks if one.name == "decisions"]
    assert "D1 accepts DEP1000903, but there is nothing to book" in check.detail
