"""Which balance-sheet accounts a close proves from documents outside the ledger."""

from __future__ import annotations

import polars as pl

from recon.policy.model import Policy


def proved_accounts(policy: Policy, accounts: pl.DataFrame) -> frozenset[str]:
    """Clearing accounts: sales fill them, deposits empty them, deposits in transit prove them.

    The chart's own mark in ACCOUNTS counts; without any mark they are the accounts to which the policy posts both card
    tenders and deposits.
    """
    filled = {rule.account for rule in policy.rules if rule.source == "tenders"}
    emptied = {rule.account for rule in policy.rules if rule.source == "deposits"}
    marked = accounts.filter(pl.col("clearing").fill_null(value=False))["account"].to_list()
    return frozenset(marked) or frozenset(filled & emptied)
