"""The first page of a run: statuses, controls with amounts, headline measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import polars as pl

from recon.canonical import Canonical
from recon.canonical.coverage import Coverage
from recon.found import Check, Headline, ReconciliationStatus
from recon.money import ZERO, from_cents, to_cents
from recon.variances import Explained, Finding

_INCOME_FIRST_DIGIT = "4"  # accounts from 4000 on are income statement where the chart does not say

# Roles of expected lines that make up a measure, the reconciliation they belong to, and the natural side.
_MEASURES: dict[str, tuple[str, tuple[str, ...], int]] = {
    "net_sales": ("sales", ("revenue", "discount", "comp", "employee_meal", "service_charge", "delivery_fee"), -1),
    "card": ("sales", ("card",), 1),
    "cash": ("sales", ("cash",), 1),
    "tax": ("sales", ("tax",), -1),
    "gross_pay": ("payroll", ("earning",), 1),
}


def headlines(expected: pl.DataFrame, actual: pl.DataFrame, findings: Sequence[Finding]) -> tuple[Headline, ...]:
    """The measures of page one over the accounts that the expected lines use for them.

    `expected` are the lines of the period with cents and roles, `actual` the compared ledger lines with
    cents and reconciliation.
    """
    found = []
    for measure, (reconciliation, roles, sign) in _MEASURES.items():
        mine = expected.filter(pl.col("reconciliation") == reconciliation)
        plays = pl.col("roles").list.eval(pl.element().is_in(list(roles))).list.any()
        accounts = mine.filter(plays)["account"].unique().to_list()
        source = mine.filter(pl.col("account").is_in(accounts))["cents"].sum()
        own = (pl.col("reconciliation") == reconciliation) & pl.col("account").is_in(accounts)
        ledger = actual.filter(own)["cents"].sum()
        book = sum(
            cents
            for one in findings
            if one.status == "book" and one.reconciliation == reconciliation
            for (account, _, _), cents in one.cells
            if account in accounts
        )
        found.append(Headline(measure, *(from_cents(sign * int(value)) for value in (source, ledger, book))))
    return tuple(found)


def statuses(
    only: Iterable[str],
    expected: pl.DataFrame,
    explained: dict[str, Explained],
    findings: Sequence[Finding],
    missing: frozenset[str],
) -> tuple[ReconciliationStatus, ...]:
    """One status per reconciliation: *explained* asks nobody anything; *open* does."""
    result = []
    for name in only:
        mine = [one for one in findings if one.reconciliation == name]
        asked = sum(one.gross for one in mine if one.status in ("ask", "source"))
        unexplained = sum(one.gross for one in mine if one.cause == "unexplained")
        is_open = any(one.status in ("ask", "source") for one in mine)
        result.append(
            ReconciliationStatus(
                name,
                "not compared" if name in missing else "open" if is_open else "explained",
                expected.filter(pl.col("reconciliation") == name)["entry_id"].n_unique(),
                len({slip.key for group, _, _ in explained[name].matched for slip in group.expected}),
                len(mine),
                from_cents(sum(one.gross for one in mine if one.status == "book")),
                from_cents(asked),
                from_cents(unexplained),
            )
        )
    return tuple(result)


def pretax_effect(lines: pl.DataFrame, accounts: pl.DataFrame) -> Decimal:
    """What the entries add to pre-tax income: credits to income-statement accounts less debits."""
    joined = lines.join(accounts.select("account", "type"), on="account", how="left")
    by_number = pl.col("account").str.slice(0, 1) >= _INCOME_FIRST_DIGIT
    is_income = pl.when(pl.col("type").is_null()).then(by_number).otherwise(pl.col("type") == "incomestatement")
    total = joined.filter(is_income)["amount"].sum()
    return -Decimal(total) if total else ZERO


def trial_balance_check(bridge: pl.DataFrame, balances: pl.DataFrame | None) -> Check:
    """Row C against the closing balance, per account and location; the amount is the sum of the gaps."""
    if balances is None:
        return Check("trial_balance", None, None, "Trial balance not provided: opening and closing are not proved")
    cells = ["account", "location"]
    ledger = (
        bridge.filter((pl.col("row") == "C") & pl.col("reconciliation").is_null())
        .group_by(cells)
        .agg(to_cents("amount").sum().alias("ledger"))
    )
    closing = balances.group_by(cells).agg(to_cents("closing").sum().alias("closing"))
    both = ledger.join(closing, on=cells, how="full", coalesce=True, nulls_equal=True).with_columns(
        pl.col("ledger", "closing").fill_null(0)
    )
    gap = both.with_columns(gap=pl.col("ledger") - pl.col("closing")).filter(pl.col("gap") != 0)
    worst = gap.sort(pl.col("gap").abs(), descending=True).head(3)
    where = ", ".join(
        f"{row['account']} at {row['location']}: {from_cents(row['gap'])}" for row in worst.iter_rows(named=True)
    )
    detail = (
        f"{both.height} account balances agree"
        if gap.is_empty()
        else f"{gap.height} of {both.height} account balances differ: {where}"
    )
    return Check("trial_balance", gap.is_empty(), from_cents(int(gap["gap"].abs().sum())), detail)


def checks(
    canonical: Canonical,
    coverage: Coverage,
    findings: Sequence[Finding],
    frames: Mapping[str, pl.DataFrame],
    *,
    sales_due: bool,
) -> tuple[Check, ...]:
    """The controls that every pack prints, each with its amount."""
    bridge, lines = frames["bridge"], frames["adjustment_lines"]
    unexplained = bridge.filter((pl.col("row") == "I") & (pl.col("amount") != 0))
    gap = sum((abs(amount) for amount in unexplained["amount"].to_list()), ZERO)
    rejects = canonical.rejected.height
    outside = sum(file.rows_outside for file in canonical.files)
    off = lines.group_by("posting_key").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    unbalanced = [one for one in findings if one.cause == "unbalanced"]
    found = [
        trial_balance_check(bridge, canonical.balances),
        Check("rejects", rejects == 0, None, f"{rejects} source rows could not be used"),
        Check("bridge_unexplained", unexplained.is_empty(), gap, f"{unexplained.height} bridge rows are unexplained"),
        Check(
            "entries_balance",
            off.is_empty(),
            sum((abs(a) for a in off["amount"].to_list()), ZERO),
            f"{off.height} proposed entries do not balance",
        ),
        Check("ledger_balances", not unbalanced, None, f"{len(unbalanced)} ledger entries do not balance"),
        Check(
            "rows_outside", True, None, f"{outside} source rows lie beyond the period and its margin and were not used"
        ),
    ]
    if sales_due:
        complete, due = coverage.days_complete, coverage.days_expected
        found.insert(
            1, Check("days_complete", complete == due and due > 0, None, f"{complete} of {due} store-days have sales")
        )
    return tuple(found)
