"""The smallest month of downloads: two stores, three tickets, two deposits, one payroll check."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from recon.canonical import Canonical
from recon.connectors import read_sources
from recon.period import parse_period
from recon.workspace import load_workspace

WORKSPACE = Path(__file__).parent / "workspaces" / "restaurant"
TICKETS = """\
Ticket #,Location #,Completed At,Type,Food,Beverage,Merchandise,Discounts,Tax Total,Tips,Total,Tender,Card Brand
500001,100,09/01/2026 08:01,sale,10.00,2.00,0.00,1.00,0.90,1.10,13.00,card,visa
500002,101,09/01/2026 23:59,sale,20.00,0.00,0.00,0.00,1.60,0.00,21.60,cash,
500003,100,09/02/2026 12:00,return,-5.00,0.00,0.00,0.00,-0.40,0.00,-5.40,card,amex
"""
DEPOSITS = """\
Merchant Number,DBA Name,Deposit Reference Number,Deposit Date,Batch #,Description,Sales,Returns,Chargebacks,Fees,\
Net Deposit
101023947200,STORE 100,DEP0-0901-card,09/02/2026,B0-0901-card,DEPOSIT,13.00,0.00,0.00,-0.30,12.70
101023947200,STORE 100,DEP0-0902-amex,09/04/2026,B0-0902-amex,AMEX DEPOSIT,0.00,-5.40,0.00,0.00,-5.40
"""
PAYROLL = """\
Payroll Run,Check Date,Employee ID,Work Location,Department,Line Type,Code,Amount
RUN1,09/09/2026,E00001,100,FOH,earning,REG,100.00
RUN1,09/09/2026,E00001,100,FOH,employee_tax,FIT,20.00
RUN1,09/09/2026,E00001,100,FOH,deduction,401K,5.00
RUN1,09/09/2026,E00001,100,FOH,employer_tax,FICA-ER,7.65
RUN1,09/09/2026,E00001,100,FOH,net_pay,NET,75.00
"""
LEDGER = """\
RECORDNO,BATCH_NO,LINE_NO,SYMBOL,ENTRY_DATE,ACCOUNTNO,ACCOUNTTITLE,LOCATIONID,DEPARTMENTID,DOCUMENT,DESCRIPTION,\
DEBITAMOUNT,CREDITAMOUNT,CURRENCY,STATE
1,1,1,GJ,09/26/2026,6800,Other expense,100,,ADJ1,,68.33,,USD,Posted
2,1,2,GJ,09/26/2026,2100,Accounts payable,100,,ADJ1,,,68.33,USD,Posted
"""
LOCATIONS = """\
Location #,Merchant Number,LOCATIONID,Fee billing
100,101023947200,100,daily
101,101023947201,101,monthly
"""
_TITLES = """1010 1020 1030 1250 1255 2100 2200 2310 2350 2410 2420 4010 4020 4030 4900 6010 6110 6120 6510 6520 6800"""
ACCOUNTS = "ACCOUNTNO,TITLE,NORMALBALANCE\n" + "".join(
    f"{account},Account {account},{'debit' if account[0] in '16' else 'credit'}\n" for account in _TITLES.split()
)
FILES = {
    "retail_tickets.csv": TICKETS,
    "processor_deposits.csv": DEPOSITS,
    "payroll_register.csv": PAYROLL,
    "intacct_gl_detail.csv": LEDGER,
    "locations.csv": LOCATIONS,
    "chart_of_accounts.csv": ACCOUNTS,
}


def write_downloads(folder: Path, changed: dict[str, str | bytes | None] | None = None) -> Path:
    """The folder with the small month in it; a changed file has other content, or None for not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**FILES, **(changed or {})}.items():
        if content is not None:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def read_month(
    folder: Path,
    changed: dict[str, str | bytes | None] | None = None,
    *,
    workspace: Path = WORKSPACE,
    only: tuple[str, ...] = (),
) -> Canonical:
    """September 2026 as the downloads tell it, read through a workspace."""
    company = load_workspace(workspace)
    sources = write_downloads(folder / "sources", changed)
    period, staging = parse_period("2026-09"), folder / "staging"
    return read_sources(
        company.policy, company.profiles, sources, period, staging, only=only, mappings=company.mappings
    )


def ids(frame: pl.LazyFrame | None, column: str) -> list[str]:
    """The different values of a column, sorted."""
    return [] if frame is None else sorted(frame.collect()[column].unique())
