"""What a proposed entry is: balanced, named the same on every machine, and as careful as its accounts."""

from __future__ import annotations

from typing import Any

import polars as pl
from make import booked, chart, compare, expected, ledger, no_sales_due, policy

from recon.identity import posting_key_in
from recon.pipeline import Reconciled

SALES = ("E1 1250 66.00 D:S-1 J:SJ", "E2 4010 -54.00", "E3 2350 -12.00")
WRONG = ("A1 1250 66.00 D:S-1 J:SJ", "A2 4020 -54.00", "A3 2350 -12.00")


def proposal(found: Reconciled) -> dict[str, Any]:
    return found.frames["adjustments"].row(0, named=True)


def test_a_reclass_between_plain_accounts_may_be_approved_in_bulk() -> None:
    assert booked(compare(expected(*SALES), ledger(*WRONG))) == ["correction bulk 2026-09-03: 4010 -54.00, 4020 54.00"]


def test_a_control_account_makes_it_single_and_the_proposal_says_so() -> None:
    found = compare(expected(*SALES), ledger(*WRONG), accounts=chart("1250", "2350", "4010", "4020 ar"))

    assert proposal(found)["class"] == "single"
    assert "touches the control account 4020" in proposal(found)["explanation"]


def test_an_account_without_direct_posting_makes_it_an_instruction() -> None:
    barred = chart("1250", "2350", "4010", "4020 ap direct_posting:no")

    found = compare(expected(*SALES), ledger(*WRONG), accounts=barred)

    assert (proposal(found)["state"], proposal(found)["class"]) == ("instruction", "single")
    assert "takes no direct entries" in proposal(found)["explanation"]


def test_lines_of_another_module_make_it_single() -> None:
    by_module = {
        module: proposal(compare(expected(*SALES), ledger(*[f"{line} module:{module}" for line in WRONG])))["class"]
        for module in ("2.GL", "GL", "3.AP")
    }

    assert by_module == {"2.GL": "bulk", "GL": "bulk", "3.AP": "single"}


def test_the_same_mistake_has_the_same_key_on_every_run_whatever_else_is_found() -> None:
    alone = compare(expected(*SALES), ledger(*WRONG))
    among = compare(expected(*SALES, "F1 1010 5.00 D:DEP-1 J:CRJ", "F2 1250 -5.00"), ledger(*WRONG))

    keys = set(among.frames["adjustments"]["posting_key"])
    assert proposal(alone)["posting_key"] in keys
    assert set(pl.DataFrame({"memo": sorted(keys)}).select(posting_key_in(pl.col("memo"))).to_series()) == keys
    assert len(keys) == 2


def test_another_company_has_another_key() -> None:
    keys = {
        proposal(compare(expected(*SALES), ledger(*WRONG), by=policy(**no_sales_due(), company={"name": name})))[
            "posting_key"
        ]
        for name in ("One", "Two")
    }

    assert len(keys) == 2


def test_the_entry_goes_to_the_journal_of_its_reconciliation_or_to_that_of_the_policy() -> None:
    plain = compare(expected(*SALES), ledger(*WRONG))
    special = compare(expected(*SALES), ledger(*WRONG), by=policy(**no_sales_due(), adjustments={"journal": "RECON"}))

    assert (proposal(plain)["journal"], proposal(special)["journal"]) == ("SJ", "RECON")


def test_project_and_customer_of_the_source_are_kept_on_the_lines_of_the_entry() -> None:
    tagged = expected("E1 1250 66.00 D:S-1 J:SJ class:DINE project:P7 customer:C9", "E2 4010 -66.00")

    lines = compare(tagged, ledger()).frames["adjustment_lines"]

    assert lines.select("account", "class", "project", "customer").rows() == [
        ("1250", "DINE", "P7", "C9"),
        ("4010", "DINE", "P7", "C9"),
    ]


def test_every_proposed_line_belongs_to_its_variance_to_the_cent() -> None:
    found = compare(expected(*SALES, "F1 1010 5.00 D:DEP-1 J:CRJ", "F2 1250 -5.00"), ledger(*WRONG))

    heads = found.frames["adjustments"].select("posting_key", variance_id=pl.col("variance_ids").list.first())
    lines = found.frames["adjustment_lines"].join(heads, on="posting_key")
    columns = ["variance_id", "account", "location", "amount"]
    assert lines.select(columns).sort(columns).equals(found.frames["variance_lines"].select(columns).sort(columns))


def tagged(found: Reconciled) -> list[str]:
    lines = found.frames["adjustment_lines"].sort("posting_key", "line_no")
    names = ("account", "class", "project", "customer", "amount")
    return [" ".join(str(value) for value in row if value is not None) for row in lines.select(names).iter_rows()]


TICKETS = (
    "E1 1250 66.00 D:S-1 J:SJ",
    "E2 4010 -40.00 class:DINE-IN",
    "E3 4010 -14.00 class:DELIVERY project:P7",
    "E4 2350 -12.00",
)


def test_a_missing_entry_is_proposed_with_the_class_and_the_project_of_each_of_its_lines() -> None:
    found = compare(expected(*TICKETS, "F1 1250 1.00 D:S-2", "F2 4010 -1.00 class:DINE-IN"),
                    ledger("B1 1250 1.00 D:S-2 J:SJ", "B2 4010 -1.00"))  # fmt: skip

    assert tagged(found) == ["1250 66.00", "2350 -12.00", "4010 DELIVERY P7 -14.00", "4010 DINE-IN -40.00"]
    assert proposal(found)["class"] == "single"  # as every missing entry is


def test_the_mirror_of_an_extra_copy_takes_back_the_classes_of_the_ledger() -> None:
    booked_once = ("A1 1250 66.00 D:S-1 J:SJ", "A2 4010 -54.00 class:OTHER", "A3 2350 -12.00")
    again = [line.replace("A", "C", 1) for line in booked_once]

    found = compare(expected(*SALES), ledger(*booked_once, *again))

    assert booked(found)[0].startswith("correction single")
    assert tagged(found) == ["1250 -66.00", "2350 12.00", "4010 OTHER 54.00"]


def test_a_reclass_leaves_the_class_of_the_wrong_line_and_brings_that_of_the_right_one() -> None:
    wanted = (SALES[0], f"{SALES[1]} class:DINE-IN", SALES[2])
    wrong = (WRONG[0], f"{WRONG[1]} class:OTHER", WRONG[2])

    assert tagged(compare(expected(*wanted), ledger(*wrong))) == ["4010 DINE-IN -54.00", "4020 OTHER 54.00"]


def test_a_difference_between_lines_of_two_classes_names_none_and_says_so() -> None:
    short = ("A1 1250 56.00 D:S-1 J:SJ", "A2 4010 -44.00", "A3 2350 -12.00")

    found = compare(expected(*TICKETS), ledger(*short))

    assert tagged(found) == ["1250 10.00", "4010 -10.00"]
    assert proposal(found)["class"] == "single"
    assert "lines on 4010 at 100 name different classes (DELIVERY, DINE-IN)" in proposal(found)["explanation"]
    assert "name different projects (P7, none)" in proposal(found)["explanation"]
