"""Canonical frames: what Heartland and Intacct say, in one shape whatever the download looked like.

Money is Decimal(18, 2) in base currency, dates are dates, timestamps are UTC, the business date is the
location's local date. Nullable columns may be absent in a file and then read as null.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import dataframely as dy
import polars as pl


def text(*, nullable: bool = False) -> dy.String:
    """A text column."""
    return dy.String(nullable=nullable)


def money(*, nullable: bool = False) -> dy.Decimal:
    """A column of base-currency money."""
    return dy.Decimal(18, 2, nullable=nullable)


def moment(*, nullable: bool = False) -> dy.Datetime:
    """A column of UTC timestamps."""
    return dy.Datetime(time_zone="UTC", time_unit="us", nullable=nullable)


def one_of(*words: str, nullable: bool = False) -> dy.String:
    """A text column that holds only these words."""
    return dy.String(nullable=nullable, check=lambda value: value.is_in(list(words)), metadata={"words": words})


def words_of(column: dy.Column) -> tuple[str, ...]:
    """The only words that the column may hold; none if it may hold any."""
    return tuple((column.metadata or {}).get("words", ()))


class Misfit(NamedTuple):
    """Which rows a column's schema refuses, and why."""

    when: pl.Expr
    field: str
    reason: str


def misfits(schema: type[dy.Schema], present: Collection[str]) -> Iterator[Misfit]:
    """What a row would break of the schema: a value that is missing or too large, a word that must be one of some.

    `present` are the columns that there are; one that is not nullable must be among them.
    """
    for name, column in schema.columns().items():
        if column.nullable and name not in present:
            continue
        value, words = pl.col(name).cast(column.dtype, strict=False), words_of(column)
        if not column.nullable:
            yield Misfit(value.is_null(), name, "is missing, or cannot be read")
        else:
            yield Misfit(pl.col(name).is_not_null() & value.is_null(), name, "cannot be read, or is too large")
        if words:
            yield Misfit(value.is_not_null() & ~value.is_in(words), name, f"is none of {', '.join(words)}")


class Sales(dy.Schema):
    """One row per ticket component; revenue, tax, tip +, discount and comp -, a return negative."""

    ticket_id = text()
    location = text()
    station = text(nullable=True)
    business_date = dy.Date()
    completed_at = moment(nullable=True)
    kind = one_of("sale", "return")
    component = one_of(
        "revenue", "discount", "comp", "employee_meal", "service_charge", "delivery_fee", "tip", "tax",
        "donation", "gift_card_sold", "customer_deposit", "deposit_applied",
    )  # fmt: skip
    category = text(nullable=True)
    tax_code = text(nullable=True)
    channel = text(nullable=True)
    collected_by = one_of("us", "marketplace", nullable=True)
    amount = money()
    currency = text()
    customer_id = text(nullable=True)


class Tenders(dy.Schema):
    """One row per ticket tender; a sale +, a refund -."""

    ticket_id = text()
    location = text()
    business_date = dy.Date()
    tender = one_of("card", "cash", "gift_card", "house_account", "check", "delivery", "loyalty", "deposit", "other")
    brand = text(nullable=True)
    amount = money()
    currency = text()
    payment_id = text(nullable=True)


class Payments(dy.Schema):
    """One row per processor transaction; sale and chargeback_reversal +, refund, void, chargeback -."""

    payment_id = text()
    merchant_id = text()
    kind = one_of("sale", "refund", "void", "chargeback", "chargeback_reversal")
    status = text()
    brand = text()
    card_last4 = text(nullable=True)
    amount = money()
    tip = money(nullable=True)
    fee = dy.Decimal(18, 6, nullable=True)
    currency = text()
    created_at = moment()
    batch_id = text(nullable=True)
    batch_date = dy.Date(nullable=True)
    deposit_id = text(nullable=True)
    reference = text(nullable=True)


class Deposits(dy.Schema):
    """One row per funding; sales + refunds + chargebacks + reversals + fees + adjustments = net."""

    deposit_id = text()
    merchant_id = text()
    deposit_date = dy.Date()
    batch_id = text(nullable=True)
    batch_date = dy.Date(nullable=True)
    status = text()
    group = one_of("card", "amex", "fees", "chargeback", "reserve", nullable=True)
    sales = money()
    refunds = money()
    chargebacks = money()
    reversals = money()
    fees = money()
    adjustments = money()
    net = money()
    currency = text()
    bank_last4 = text(nullable=True)


class FeeStatements(dy.Schema):
    """One row per merchant, month and fee, as on the processor's bill; what is charged +, what is given back -.

    `period_end` is the last day of the month that is billed; the debit follows in the next one.
    """

    statement_id = text()
    merchant_id = text()
    period_end = dy.Date()
    status = one_of("finalized", "estimated", nullable=True)
    kind = one_of(
        "interchange", "assessment", "authorization", "chargeback", "supplies", "device", "discount", "passthrough",
        "other",
    )  # fmt: skip
    description = text(nullable=True)
    amount = money()
    currency = text()


class Payroll(dy.Schema):
    """One row per run, check and code, as on the register; a correction or void is negative."""

    run_id = text()
    check_date = dy.Date()
    period_start = dy.Date(nullable=True)
    period_end = dy.Date(nullable=True)
    check_no = text(nullable=True)
    check_type = one_of("regular", "manual", "void", "adjustment", nullable=True)
    employee_id = text()
    location = text()
    department = text(nullable=True)
    kind = one_of(
        "earning", "memo_earning", "reimbursement", "employee_tax", "employer_tax", "deduction",
        "garnishment", "employer_contribution", "net_pay",
    )  # fmt: skip
    code = text()
    hours = dy.Decimal(18, 2, nullable=True)
    amount = money()
    currency = text()


class Ledger(dy.Schema):
    """One row per general-ledger line; debit above zero, credit below."""

    line_id = text()
    entry_id = text()
    entry_no = text(nullable=True)
    line_no = dy.Int64(nullable=True)
    book = text(nullable=True)
    entity = text(nullable=True)
    journal = text()
    posting_date = dy.Date()
    account = text()
    location = text(nullable=True)
    department = text(nullable=True)
    class_ = dy.String(nullable=True, alias="class")
    customer = text(nullable=True)
    vendor = text(nullable=True)
    project = text(nullable=True)
    employee = text(nullable=True)
    item = text(nullable=True)
    amount = money()
    currency = text()
    txn_amount = dy.Decimal(20, 4, nullable=True)
    txn_currency = text(nullable=True)
    exchange_rate = dy.Decimal(20, 10, nullable=True)
    document = text(nullable=True)
    reference = text(nullable=True)
    memo = text(nullable=True)
    module = text(nullable=True)
    state = text(nullable=True)
    statistical = dy.Bool(nullable=True)
    reverses = text(nullable=True)
    created_by = text(nullable=True)
    created_at = moment(nullable=True)
    modified_at = moment(nullable=True)


class Balances(dy.Schema):
    """One row per account and location of the trial balance; Dr/(Cr), debits and credits unsigned."""

    entity = text(nullable=True)
    account = text()
    location = text(nullable=True)
    period = text()
    opening = money()
    debits = money()
    credits = money()
    closing = money()


class Accounts(dy.Schema):
    """One row per general-ledger account."""

    account = text()
    title = text()
    normal_balance = one_of("debit", "credit")
    type = one_of("balancesheet", "incomestatement", nullable=True)
    control = one_of("bank", "ar", "ap", "inventory", "intercompany", nullable=True)
    clearing = dy.Bool(nullable=True)
    direct_posting = dy.Bool(nullable=True)
    statistical = dy.Bool(nullable=True)
    required_dimensions = text(nullable=True)
    status = text(nullable=True)


def dimensions_in(listed: str | None) -> frozenset[str]:
    """The dimensions that `required_dimensions` of an account lists, separated by | or a comma."""
    return frozenset(one.strip() for one in (listed or "").replace(",", "|").split("|") if one.strip())


class Locations(dy.Schema):
    """One row per store and Intacct location; several merchant or store numbers are separated by `|`.

    `location` is Intacct's id; `store_ids` are the numbers that POS and payroll files call the place.
    """

    location = text()
    store_ids = text(nullable=True)
    doc_code = text(nullable=True)
    merchant_ids = text()
    entity = text(nullable=True)
    timezone = text(nullable=True)
    fee_billing = one_of("daily", "monthly", nullable=True)
    amex = one_of("optblue", "direct", nullable=True)
    cutoff = text(nullable=True)


class Decisions(dy.Schema):
    """One row per decision of a person."""

    decision_id = text()
    decided_at = moment()
    decided_by = text()
    action = one_of("match", "unmatch", "reject", "accept", "note", "assign")
    expected_line_ids = dy.List(dy.String(), nullable=True)
    actual_line_ids = dy.List(dy.String(), nullable=True)
    note = text(nullable=True)
    undoes = text(nullable=True)


EVENT_FRAMES: dict[str, type[dy.Schema]] = {
    "sales": Sales,
    "tenders": Tenders,
    "payments": Payments,
    "deposits": Deposits,
    "fee_statements": FeeStatements,
    "payroll": Payroll,
}
CANONICAL_FRAMES: dict[str, type[dy.Schema]] = {
    **EVENT_FRAMES,
    "ledger": Ledger,
    "balances": Balances,
    "accounts": Accounts,
    "locations": Locations,
    "decisions": Decisions,
}


def complete(frame: pl.LazyFrame, schema: type[dy.Schema], *, strict: bool = True) -> pl.LazyFrame:
    """The frame with its schema's columns in order and type; an absent nullable column is null.

    Columns that the schema does not know are left out; a missing required one fails on collect. So does a value that
    its column cannot hold, which becomes null where not `strict`.
    """
    present = frame.collect_schema().names()
    columns = [
        pl.col(name).cast(column.dtype, strict=strict) if name in present else pl.lit(None, column.dtype).alias(name)
        for name, column in schema.columns().items()
        if name in present or column.nullable
    ]
    return frame.select(columns)
