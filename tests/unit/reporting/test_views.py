from __future__ import annotations

from decimal import Decimal

import polars as pl
from records import empty_record, run_record

from recon.money import MONEY
from recon.reporting import views


def test_every_ledger_line_is_counted_once_as_compared_or_left_out() -> None:
    record = run_record()

    lines = views.population(record)

    assert lines.read == record.found.ledger.height
    assert lines.read == lines.compared + lines.margin + lines.pending + lines.other_book + lines.statistical
    assert lines.pending == 1


def test_per_source_less_per_ledger_is_what_must_be_booked() -> None:
    effects = views.variance_effects(run_record())

    assert effects.filter(pl.col("per_source") - pl.col("per_ledger") != pl.col("to_book")).is_empty()
    assert effects.height > 0


def test_a_fee_netted_into_clearing_shows_what_stands_on_both_sides() -> None:
    record = run_record()
    variance_id = record.found.frames["variances"].filter(pl.col("cause") == "fee_netted")["variance_id"][0]

    lines = views.variance_effects(record).filter(pl.col("variance_id") == variance_id)

    amounts = {row[0]: row[1:] for row in lines.select("account", "per_ledger", "per_source", "to_book").iter_rows()}
    assert amounts["1250"] == (Decimal("-970.10"), Decimal("-1000.00"), Decimal("-29.90"))
    assert amounts["6510"] == (Decimal("0.00"), Decimal("29.90"), Decimal("29.90"))


def test_the_list_begins_with_what_is_to_be_booked_and_ends_with_what_waits() -> None:
    statuses = views.variance_list(run_record())["status"].unique(maintain_order=True).to_list()

    assert statuses == ["book", "ask", "timing"]


def test_the_causes_sum_to_the_list() -> None:
    listed = views.variance_list(run_record())

    summary = views.cause_summary(listed)

    assert summary["count"].sum() == listed.height
    assert summary["gross"].sum() == listed["gross"].sum()


def test_the_bridge_by_account_is_the_sum_of_its_locations() -> None:
    grid = views.bridge_grid(run_record().found.frames["bridge"])

    accounts = views.bridge_accounts(grid)

    assert accounts["J"].sum() == grid["J"].sum()
    foots = pl.col("E") + pl.col("F") + pl.col("G") + pl.col("H") + pl.col("I") == pl.col("J")
    assert accounts.filter(~foots).is_empty()


def test_an_opening_that_was_not_provided_stays_unknown_in_the_total() -> None:
    bridge = run_record().found.frames["bridge"]
    unknown = bridge.with_columns(pl.when(pl.col("row") != "A").then(pl.col("amount")))

    accounts = views.bridge_accounts(views.bridge_grid(unknown))

    assert accounts["A"].null_count() == accounts.height
    assert accounts["B"].null_count() == 0


def test_the_steps_lead_from_the_ledger_to_the_source_without_a_gap() -> None:
    steps = views.bridge_steps(run_record().found.frames["bridge"], "1250")

    assert steps["row"][0] == "C"
    assert steps["row"][-1] == "J"
    assert (steps["start"][1:] == steps["end"][:-1]).all()
    assert steps["start"].dtype == MONEY


def test_an_entry_on_an_account_without_direct_posting_is_done_by_hand() -> None:
    entries = views.entry_list(run_record())

    assert entries.filter(pl.col("by_hand"))["document"].to_list() == ["DEP-100-0918"]


def test_an_account_that_the_chart_lacks_is_named_so() -> None:
    lines = pl.DataFrame({"account": ["?", "1250"]})

    assert views.titled(lines, run_record().accounts)["title"].to_list() == ["(not in the chart)", "Card clearing"]


def test_an_empty_month_has_empty_views() -> None:
    record = empty_record()

    assert views.variance_detail(record).is_empty()
    assert views.entry_detail(record).is_empty()
    assert views.open_list(record).is_empty()
    assert views.bridge_accounts(views.bridge_grid(record.found.frames["bridge"])).is_empty()


def test_a_leg_is_named_by_its_two_sources() -> None:
    tie_outs = run_record().found.frames["tie_outs"]

    names = views.tie_out_summary(tie_outs).select("source", "against").rows()
    assert names == [("POS card tenders", "Card payments"), ("Card deposits", "Bank statement")]
    assert views.tie_outs_apart(tie_outs)["cause"].to_list() == ["amount"]
