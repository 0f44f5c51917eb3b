"""What an examination found: one sentence a check, and how to mend what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from recon.errors import ConfigError, ReconError, RemoteError
from recon.frames import dimensions_in
from recon.policy import Policy
from recon.policy.model import NOT_BOOKED, SOURCE_RECONCILIATION, PostingPolicy, Rule
from recon.wire import redacted
from recon.workspace.supply import Supply

State = Literal["well", "wrong", "unknown"]
CLOCK_MAY_DIFFER = dt.timedelta(seconds=60)
TO_MEND = 1  # exit code of what no service refused, and a person mends
NOBODY_ASKED = "services"  # the check that a workspace takes nothing from any service


@dataclass(frozen=True)
class Finding:
    """One check: what was found, and what to do about it where it is wrong."""

    check: str
    state: State
    said: str
    mend: str = ""
    exit_code: int = 0


def of_fault(check: str, fault: ReconError) -> Iterator[Finding]:
    """A fault as findings: one for each of its problems."""
    if isinstance(fault, ConfigError) and fault.problems:
        yield from (Finding(check, "wrong", one, exit_code=fault.exit_code) for one in fault.problems)
        return
    # A fault's sentence ends with its mend.
    said, _, mend = fault.message.rpartition("; ")
    facts = str(fault).removeprefix(fault.message)
    yield Finding(
        check, "wrong", redacted((said or fault.message) + facts), redacted(mend if said else ""), fault.exit_code
    )


def summed_up(findings: Sequence[Finding]) -> str:
    """The last sentence of an examination: how much is wrong, what is not known, and whether anybody was asked."""
    wrong = sum(one.state == "wrong" for one in findings)
    unknown = sum(one.state == "unknown" for one in findings)
    said = f"{wrong} of {len(findings)} checks found something" if wrong else "Nothing is wrong"
    if unknown:
        said += f"; {unknown} {'thing is' if unknown == 1 else 'things are'} not known"
    if any(one.check == NOBODY_ASKED for one in findings):
        said += "; no service was asked"
    return f"{said}."


def clock_finding(service: str, skew: dt.timedelta | None) -> Finding:
    """How far this machine's clock is from the service's."""
    check = f"{service}: clock"
    if skew is None:
        return Finding(check, "unknown", "the service does not tell its time")
    seconds = round(abs(skew.total_seconds()))
    if abs(skew) <= CLOCK_MAY_DIFFER:
        return Finding(check, "well", f"this machine's clock is {seconds} s from the service's")
    way = "behind" if skew > dt.timedelta(0) else "ahead of"
    mend = "set the clock of this machine by NTP: sign-ins and expiry times depend on it"
    return Finding(
        check, "wrong", f"this machine's clock is {seconds} s {way} the service's", mend, RemoteError.exit_code
    )


def balances_findings(supply: Supply) -> Iterator[Finding]:
    """That the REST API tells no balances, where the ledger comes from it and the balances from no API."""
    if supply.of("ledger").service != "intacct_rest" or supply.of("balances").from_ == "api":
        return
    said = "Intacct's REST API documents no trial balance that a program can read: opening and closing are not pulled"
    mend = "name intacct_xml under sources.balances, or put the month's trial balance beside the other downloads"
    yield Finding("balances", "unknown", said, mend)


def posting_findings(supply: Supply, posting: PostingPolicy) -> Iterator[Finding]:
    """That nobody can know beforehand whether the REST API posts a draft, where entries are posted so."""
    if supply.posted_to != "intacct_rest" or posting.mode != "draft":
        return
    said = "whether Intacct posts a draft by REST is not documented, and only a draft that is posted would tell"
    mend = (
        'post one small entry first; if its draft stays, post that in Intacct and write mode = "direct" under '
        '[posting] in policy.toml, or service = "intacct_xml" under [posting] in sources.toml'
    )
    yield Finding("posting", "unknown", said, mend)


def books_finding(closed_through: dt.date | None, today: dt.date) -> Finding:
    """Whether a change in closed books would be noticed."""
    check = "closed periods"
    if closed_through is None:
        said = "nobody said through which day the books are closed, so a change in a closed period is not noticed"
        return Finding(check, "unknown", said, "write closed_through under [books] in sources.toml")
    if closed_through > today:
        said = f"closed_through = {closed_through} lies in the future"
        return Finding(
            check, "wrong", said, "write the last day of closed books into sources.toml", ConfigError.exit_code
        )
    return Finding(check, "well", f"the books are closed through {closed_through}; changes up to it are findings")


def chart_findings(policy: Policy, accounts: pl.DataFrame) -> Iterator[Finding]:
    """What the chart of accounts will refuse of the entries that the policy proposes."""
    check = "chart of accounts"
    chart = {row["account"]: row for row in accounts.iter_rows(named=True)}
    wrong = [*_chart_faults(policy, chart)]
    mend = "mend the rule in mappings/rules.csv, or the account in Intacct"
    yield from (Finding(check, "wrong", said, mend, TO_MEND) for said in dict.fromkeys(wrong))
    if not wrong:
        used = {account for rule in policy.rules for account in _accounts(rule)}
        yield Finding(check, "well", f"the {len(used)} accounts of the rules are active and get their dimensions")


def _chart_faults(policy: Policy, chart: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for rule in policy.rules:
        given = _dimensions(policy, rule)
        for account in _accounts(rule):
            row = chart.get(account)
            if row is None:
                yield f"{rule.origin}: account {account} is not in the chart of accounts"
                continue
            if str(row["status"] or "active").lower() != "active":
                yield f"{rule.origin}: account {account} is {row['status']} in Intacct"
            if row["statistical"]:
                yield f"{rule.origin}: account {account} is statistical: it takes no money"
            for lacking in sorted(dimensions_in(row["required_dimensions"]) - given):
                yield f"{rule.origin}: account {account} requires a {lacking}, and the rule gives none"


def _accounts(rule: Rule) -> list[str]:
    return [one for one in (rule.account, rule.offset_account) if one and one != NOT_BOOKED]


def _dimensions(policy: Policy, rule: Rule) -> set[str]:
    """The dimensions of the lines that the rule makes."""
    reconciliation = policy.reconciliations.get(SOURCE_RECONCILIATION[rule.source])
    with_department = rule.department is not None or (reconciliation is not None and reconciliation.departments)
    named = {"class": rule.class_, "project": rule.project, "customer": rule.customer}
    return {"location", *(["department"] if with_department else []), *(name for name, value in named.items() if value)}
