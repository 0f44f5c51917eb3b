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
