from __future__ import annotations

import dataclasses

import polars as pl
from records import run_record

from recon.reporting.balances import clearing_accounts, clearing_table
from recon.reporting.clearing import NO_CLEARING, clearing_days, clearing_way
from recon.reporting.model import RunRecord


def without_clearing() -> RunRecord:
    """A company whose chart marks no clearing account and whose policy has no rule that would show one."""
    record = run_record()
    return dataclasses.replace(record, accounts=record.accounts.with_columns(clearing=pl.lit(None, pl.Boolean)))


def test_a_company_without_a_clearing_account_reads_a_sentence() -> None:
    record = without_clearing()

    assert clearing_accounts(record) == []
    assert clearing_days(record) is NO_CLEARING
    assert clearing_way(record) is NO_CLEARING
    assert NO_CLEARING._repr_html_().startswith("<p>No clearing account: ")
    assert "Clearing at the end of the period" in clearing_table(record).as_raw_html()


def test_the_largest_clearing_account_is_drawn() -> None:
    assert clearing_days(run_record()).to_dict()["title"] == "Account 1250 by day"
    assert clearing_way(run_record()).to_dict()["title"] == "Account 1250: from ledger to source"
