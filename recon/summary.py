"""The first page of a run: statuses, controls with amounts, headline measures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import polars as pl

from recon.canonical import Canonical, SourceFileFact
from recon.canonical.coverage import Coverage, StoreDay
from recon.found import Check, Headline, ReconciliationStatus
from recon.money import ZERO, from_cents, to_cents
from recon.period import Period
from recon.variances import Explained, Finding, with_income
from recon.variances.controls import SOURCE_CHANGED

_CELL = ("account", "location")
_SHOWN = 3  # examples of one fault; the others are counted
_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")

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
        amounts = [from_cents(sign * int(value)) for value in (source, ledger, book)]
        found.append(Headline(measure, amounts[0], amounts[1], amounts[2], tuple(sorted(accounts))))
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
                _matched_count(explained[name]),
                len(mine),
                from_cents(sum(one.gross for one in mine if one.status == "book")),
                from_cents(asked),
                from_cents(unexplained),
            )
        )
    return tuple(result)


def _matched_count(explained: Explained) -> int:
    """The documents of which some line found its counterpart."""
    return explained.agreed.height + len({slip.key for group, _, _ in explained.matched for slip in group.expected})


def pretax_effect(lines: pl.DataFrame, accounts: pl.DataFrame) -> Decimal:
    """What the entries add to pre-tax income: credits to income-statement accounts less debits."""
    total = with_income(lines, accounts).filter("is_income")["amount"].sum()
    return -Decimal(total) if total else ZERO


def checks(
    canonical: Canonical,
    coverage: Coverage,
    findings: Sequence[Finding],
    frames: Mapping[str, pl.DataFrame],
    *,
    only: Sequence[str],
    period: Period,
) -> tuple[Check, ...]:
    """The controls that every pack prints, each with its amount."""
    bridge, lines = frames["bridge"], frames["adjustment_lines"]
    rejects = canonical.rejected.height
    off = lines.group_by("posting_key").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    unbalanced = [one for one in findings if one.cause == "unbalanced"]
    return (
        trial_balance_check(bridge, canonical.balances, canonical.accounts, period),
        *coverage_checks(coverage, findings, only=only),
        Check("rejects", rejects == 0, None, f"{rejects} source rows could not be used"),
        bridge_check(bridge, findings),
        Check(
            "entries_balance",
            off.is_empty(),
            sum((abs(a) for a in off["amount"].to_list()), ZERO),
            f"{off.height} proposed entries do not balance",
        ),
        Check("ledger_balances", not unbalanced, None, f"{len(unbalanced)} ledger entries do not balance"),
        rows_outside_check(canonical.files),
        *unchanged_check(canonical, findings),
    )


def unchanged_check(canonical: Canonical, findings: Sequence[Finding]) -> Iterator[Check]:
    """Whether what was signed, or closed, is as it was; nothing where nothing was."""
    if not canonical.signed and canonical.changed.is_empty():
        return
    changed = [one for one in findings if one.cause == SOURCE_CHANGED]
    shown = [f"{one.document}: {one.explanation}" for one in changed[:_SHOWN]]
    more = [f"and {len(changed) - _SHOWN} more, in the list of variances"] if len(changed) > _SHOWN else []
    same = "what was signed or closed is as it was"
    detail = " ".join([f"{len(changed)} changed after they were signed or closed.", *shown, *more]) if changed else same
    yield Check("inputs_unchanged", not changed, None, detail)


def bridge_check(bridge: pl.DataFrame, findings: Sequence[Finding]) -> Check:
    """Whether every cent is explained: of the bridge's accounts and locations, and of their departments."""
    rows = bridge.filter((pl.col("row") == "I") & (pl.col("amount") != 0))
    named = [one for one in findings if one.cause == "unexplained"]
    gap = sum((abs(amount) for amount in rows["amount"].to_list()), from_cents(sum(one.gross for one in named)))
    words = f"{rows.height} bridge rows are unexplained"
    words = " ".join([f"{words}.", *(f"{one.reconciliation}: {one.explanation}" for one in named)]) if named else words
    return Check("bridge_unexplained", rows.is_empty() and not named, gap, words)


def trial_balance_check(
    bridge: pl.DataFrame, balances: pl.DataFrame | None, accounts: pl.DataFrame, period: Period
) -> Check:
    """Whether the trial balance is this period's, foots, and agrees with the ledger; the amount is the sum of gaps.

    Tested are row C against the closing balance, row B against debits less credits, and each row's own
    footing. An account that the chart lacks is most often a total row.
    """
    if balances is None:
        return Check("trial_balance", None, None, "Trial balance not provided: opening and closing are not proved")
    whole = bridge.filter(pl.col("reconciliation").is_null())
    cents = balances.select(
        *_CELL, *(to_cents(name).alias(name) for name in ("opening", "debits", "credits", "closing"))
    )
    turnover = pl.col("debits") - pl.col("credits")
    footing = cents.select(*_CELL, gap=pl.col("opening") + turnover - pl.col("closing"))
    known = balances.select(_CELL).unique()
    closing = _gaps(_row(whole, "C"), cents.select(*_CELL, cents="closing"))
    activity = _gaps(_row(whole, "B"), cents.select(*_CELL, cents=turnover))
    activity = activity.join(known, on=_CELL, how="semi", nulls_equal=True)
    faults = [
        *_foreign(balances, accounts, period),
        *_listed("account balances differ from the ledger", closing),
        *_listed("rows do not foot: opening + debits - credits is not the closing", footing),
        *_listed("rows have a turnover that differs from the ledger's activity", activity),
    ]
    gap = next((total for one in (closing, footing, activity) if (total := int(one["gap"].abs().sum()))), 0)
    agree = f"{closing.height} account balances agree"
    return Check("trial_balance", not faults, from_cents(gap), "; ".join(faults) or agree)


def _row(bridge: pl.DataFrame, row: str) -> pl.DataFrame:
    return bridge.filter(pl.col("row") == row).select(*_CELL, cents=to_cents("amount"))


def _gaps(ledger: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """One row per account and location: what the ledger has less what the trial balance states, in cents."""
    both = pl.concat([ledger, stated.with_columns(-pl.col("cents"))])
    return both.group_by(_CELL).agg(gap=pl.col("cents").sum())


def _listed(words: str, gaps: pl.DataFrame) -> list[str]:
    """One sentence that counts the gaps and names the largest by account, location and amount."""
    off = gaps.filter(pl.col("gap") != 0).sort(pl.col("gap").abs(), *_CELL, descending=[True, False, False])
    if off.is_empty():
        return []
    shown = ", ".join(
        f"{account} at {location or 'no location'}: {from_cents(gap)}"
        for account, location, gap in off.head(_SHOWN).rows()
    )
    return [f"{off.height} of {gaps.height} {words}: {shown}"]


def _foreign(balances: pl.DataFrame, accounts: pl.DataFrame, period: Period) -> list[str]:
    """Sentences about rows that do not belong: of another period, or of an account that the chart lacks."""
    faults = []
    others = sorted({name for name in balances["period"].unique().to_list() if _is_other(name, period)})
    if others:
        faults.append(f"it is of {', '.join(others)}, not of {period.name}: download the trial balance of the period")
    unknown = balances.join(accounts, on="account", how="anti").sort(_CELL)
    if unknown.height:
        shown = ", ".join(
            f"{account} at {location or 'no location'}: {closing}"
            for account, location, closing in unknown.select(*_CELL, "closing").head(_SHOWN).rows()
        )
        faults.append(
            f"{unknown.height} rows name an account that the chart lacks: {shown}; a total row is left out by "
            "[[file.skip]] in its profile"
        )
    return faults


def _is_other(name: str | None, period: Period) -> bool:
    return bool(name) and name != period.name and _MONTH.match(name or "") is not None


def coverage_checks(coverage: Coverage, findings: Sequence[Finding], *, only: Sequence[str]) -> list[Check]:
    """Whether the sources speak for every day: store-days with sales, with deposits, and pay runs."""
    found = []
    if "sales" in only:
        complete, due = coverage.days_complete, coverage.days_expected
        missing = _missing(coverage.uncovered["sales"])
        idle = f"; idle: {', '.join(coverage.idle)}" if coverage.idle else ""
        found.append(
            Check(
                "days_complete",
                complete == due and due > 0,
                None,
                f"{complete} of {due} store-days have sales{missing}{idle}",
            )
        )
    if "deposits" in only:
        banking = coverage.deposit_days.banking
        holes = banking & coverage.uncovered["deposits"]
        detail = f"{len(banking) - len(holes)} of {len(banking)} banking store-days have deposits or none due"
        found.append(Check("deposit_days", not holes and bool(banking), None, detail + _missing(holes)))
    if "payroll" in only:
        found.append(_pay_runs(findings))
    return found


def _pay_runs(findings: Sequence[Finding]) -> Check:
    """Payroll in the ledger that the register does not speak for; how many runs are due nobody can know."""
    days = {
        (cell[1] or "no location", one.posting_date)
        for one in findings
        if one.reconciliation == "payroll" and one.cause == "not_compared"
        for cell, _ in one.cells
    }
    shown = ", ".join(f"{location} {day}" for location, day in sorted(days, key=str)[:_SHOWN])
    more = f" and {len(days) - _SHOWN} more" if len(days) > _SHOWN else ""
    detail = f"the register has no run for ledger entries at {shown}{more}"
    return Check("pay_runs", not days, None, detail if days else "every payroll entry of the ledger has a run near it")


def _missing(holes: Iterable[StoreDay]) -> str:
    """Which stores lack how many days: "; missing: 104 on 2 days"; empty if none does."""
    counts = Counter(location or "no location" for location, _ in holes)
    shown = [f"{store} on {count} day{'s' if count > 1 else ''}" for store, count in sorted(counts.items())]
    more = f" and {len(shown) - _SHOWN} more stores" if len(shown) > _SHOWN else ""
    return f"; missing: {', '.join(shown[:_SHOWN])}{more}" if shown else ""


def rows_outside_check(files: Iterable[SourceFileFact]) -> Check:
    """Whether each file is mostly of this period: one with half of its rows beyond the margin is the wrong one."""
    files = tuple(files)
    outside = sum(file.rows_outside for file in files)
    wrong = [file for file in files if file.rows_outside * 2 >= file.rows > 0]
    named = "".join(f"; {file.name}: {file.rows_outside} of {file.rows}, the wrong month?" for file in wrong)
    detail = f"{outside} source rows lie beyond the period and its margin and were not used{named}"
    return Check("rows_outside", not wrong, None, detail)
