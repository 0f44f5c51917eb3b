"""What GP-API's reports are kept in: a table each, with the columns that its filters and orders ask for."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from recon.demo import MadeMonth
from recon.sandbox import card_rows
from recon.sandbox.world import Row, Rows, Table

_CARD = "payment_method.card"
_SYSTEM = {"mid": "system.mid", "hierarchy": "system.hierarchy"}
_SOLD = {
    "type": "type",
    "status": "status",
    "amount": "amount",
    "reference": "reference",
    "order_reference": "order.reference",
    "brand": f"{_CARD}.brand",
    "brand_reference": f"{_CARD}.brand_reference",
    "authcode": f"{_CARD}.authcode",
    "masked": f"{_CARD}.masked_number_first6last4",
    **_SYSTEM,
}
_DISPUTED = {
    "status": "status",
    "stage": "stage",
    "reason": "reason_code",
    "deposit_id": "deposit_id",
    **_SYSTEM,
}
# Per table: its columns of text and where they stand in a record; `created` is the time of the record itself.
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "gp_transactions": {
        **_SOLD,
        "channel": "channel",
        "currency": "currency",
        "country": "country",
        "batch_id": "batch_id",
        "entry_mode": "payment_method.entry_mode",
        "name": "payment_method.name",
        "site_reference": "site_reference",
    },
    "gp_settled": {
        **_SOLD,
        "deposit_id": "deposit_id",
        "deposit_status": "deposit_status",
        "deposited": "deposit_time_created",
        "batched": "batch_time_created",
        "arn": f"{_CARD}.arn",
        "dba": "system.dba",
        "charge_type": "fees.charge_type",
        "str": "settlement_transaction_reference",
    },
    "gp_deposits": {
        "status": "status",
        "type": "funding_type",
        "amount": "amount",
        "bank": "bank_transfer.masked_account_number_last4",
        **_SYSTEM,
    },
    "gp_disputes": {
        **_DISPUTED,
        "deposited": "deposit_time_created",
        "arn": "transaction.payment_method.card.arn",
        "brand": "transaction.payment_method.card.brand",
        "order_reference": "order.reference",
    },
    "gp_cases": {**_DISPUTED, "arn": f"{_CARD}.arn", "brand": f"{_CARD}.brand"},
    "gp_monthly_fees": {"status": "status", **_SYSTEM},
}
_CREATED = {"gp_disputes": "stage_time_created", "gp_cases": "stage_time_created"}
_TIMES = ("deposited", "batched")
_MADE: Mapping[str, Callable[[MadeMonth], Iterator[card_rows.Row]]] = {
    "gp_transactions": card_rows.gp_transactions,
    "gp_settled": card_rows.gp_settled,
    "gp_deposits": card_rows.gp_deposits,
    "gp_disputes": card_rows.gp_disputes,
    "gp_cases": card_rows.gp_cases,
    "gp_monthly_fees": card_rows.gp_monthly_fees,
}
NAMES = {
    "gp_transactions": "Transactions", "gp_settled": "Transactions", "gp_deposits": "Deposits",
    "gp_disputes": "Disputes", "gp_cases": "Disputes", "gp_monthly_fees": "Reports",
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """One list: where its rows are, what may be asked of it and how its answer is called."""

    table: str
    array: str
    action: str
    filters: Mapping[str, str]  # query field: column
    windows: Mapping[str, str]  # from_…, to_…: column
    usual_start: str  # the window that a list without a start gets
    account: str = "DAA_"
    usual: Mapping[str, str] = field(default_factory=dict)  # what a filter means that is not sent
    ignored: frozenset[str] = frozenset()  # fields of the vendor's own SDKs that change nothing here
    sorts: Mapping[str, str] = field(default_factory=lambda: {"TIME_CREATED": "created"})
    needs_account: bool = False
    by_id: bool = True


_CREATION = {"from_time_created": "created", "to_time_created": "created"}
_NUMBERS = {"number_first6": "first6", "number_last4": "last4"}
_SOLD_FILTERS = {
    **_NUMBERS, "type": "type", "amount": "amount", "brand": "brand", "brand_reference": "brand_reference",
    "authcode": "authcode", "reference": "reference", "status": "status", "order.reference": "order_reference",
    "system.mid": "mid", "system.hierarchy": "hierarchy",
}  # fmt: skip
_STAGED = {
    "from_stage_time_created": "created",
    "to_stage_time_created": "created",
    "from": "created",  # so the vendor's Python SDK calls them
    "to": "created",
}
_DISPUTE_FILTERS = {
    "arn": "arn", "brand": "brand", "status": "status", "stage": "stage", "reason": "reason", "id": "id",
    "system.mid": "mid", "system.hierarchy": "hierarchy",
}  # fmt: skip
REPORTS: Mapping[str, Report] = {
    "transactions": Report(
        "gp_transactions",
        "transactions",
        "TRANSACTION_LIST",
        {
            **_SOLD_FILTERS,
            "id": "id",
            "channel": "channel",
            "currency": "currency",
            "country": "country",
            "batch_id": "batch_id",
            "entry_mode": "entry_mode",
            "name": "name",
            "site_reference": "site_reference",
        },
        _CREATION,
        "from_time_created",
        account="TRA_",
        usual={"type": "SALE"},
        ignored=frozenset({"payment_method", "token_first6", "token_last4", "payer.reference", "fingerprint"}),
        sorts={"TIME_CREATED": "created", "ID": "id", "STATUS": "status", "TYPE": "type"},
    ),
    "settlement/transactions": Report(
        "gp_settled",
        "transactions",
        "TRANSACTION_LIST",
        {
            **_SOLD_FILTERS,
            "deposit_id": "deposit_id",
            "deposit_status": "deposit_status",
            "arn": "arn",
            "dba": "dba",
            "fees.charge_type": "charge_type",
            "settlement_transaction_reference": "str",
        },
        {
            **_CREATION,
            "from_deposit_time_created": "deposited",
            "to_deposit_time_created": "deposited",
            "from_batch_time_created": "batched",
            "to_batch_time_created": "batched",
        },
        "from_time_created",
        usual={"type": "SALE"},
        by_id=False,
        sorts={
            "TIME_CREATED": "created",
            "STATUS": "status",
            "TYPE": "type",
            "DEPOSIT_ID": "deposit_id",
        },
    ),
    "settlement/deposits": Report(
        "gp_deposits",
        "deposits",
        "DEPOSIT_LIST",
        {
            "id": "id",
            "status": "status",
            "amount": "amount",
            "masked_account_number_last4": "bank",
            "system.mid": "mid",
            "system.hierarchy": "hierarchy",
        },
        _CREATION,
        "from_time_created",
        needs_account=True,
        sorts={"TIME_CREATED": "created", "STATUS": "status", "TYPE": "type", "DEPOSIT_ID": "id"},
    ),
    "settlement/disputes": Report(
        "gp_disputes",
        "disputes",
        "DISPUTE_LIST",
        {**_DISPUTE_FILTERS, "deposit_id": "deposit_id", "order.reference": "order_reference"},
        {**_STAGED, "from_deposit_time_created": "deposited", "to_deposit_time_created": "deposited"},
        "from_stage_time_created",
        sorts={"TIME_CREATED": "created", "ID": "id", "ARN": "arn", "BRAND": "brand", "STATUS": "status"},
    ),
    "disputes": Report(
        "gp_cases",
        "disputes",
        "DISPUTE_LIST",
        _DISPUTE_FILTERS,
        _STAGED,
        "from_stage_time_created",
        account="DIA_",
        sorts={"TIME_CREATED": "created", "ID": "id", "ARN": "arn", "BRAND": "brand", "STATUS": "status"},
    ),
    "settlement/reports/monthly-fees": Report(
        "gp_monthly_fees",
        "monthly_fees",
        "MONTHLY_FEES_LIST",
        {"status": "status", "system.mid": "mid", "system.hierarchy": "hierarchy"},
        _CREATION,
        "from_time_created",
        needs_account=True,
        by_id=False,
    ),
}


def tables() -> list[Table]:
    """The tables of every report, and of the nonces that were seen."""
    found = [Table("gp_nonces", {"nonce": "TEXT"}, "nonce")]
    for name, columns in _COLUMNS.items():
        more = ("first6", "last4") if "masked" in columns else ()
        names = {"id": "TEXT", "created": "TEXT", **dict.fromkeys((*columns, *more), "TEXT"), "body": "TEXT"}
        names.pop("masked", None)
        indexes = [("created", "id"), *([("type", "created", "id")] if "type" in columns else [])]
        indexes += [("deposit_id",)] if "deposit_id" in columns else []
        found.append(Table(name, names, "id", tuple(indexes)))
    return found


def made(month: MadeMonth) -> Rows:
    """The rows of every report over a made month."""
    return {name: kept(name, rows(month)) for name, rows in _MADE.items()}


def kept(table: str, records: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Records of a report, as its answers carry them, as rows of its table."""
    return [_kept(table, record) for record in records]


def _kept(table: str, record: Mapping[str, Any]) -> Row:
    row = {name: _at(record, path) for name, path in _COLUMNS[table].items()}
    masked = row.pop("masked", None)
    if masked:
        row["first6"], row["last4"] = masked[:6], masked[-4:]
    row |= {name: text[-4:] for name, text in row.items() if name == "bank" and text}
    row |= {name: instant(text) for name, text in row.items() if name in _TIMES and text}
    if row.get("order_reference", "") is None:
        row["order_reference"] = _at(record, "order_reference")
    created = _at(record, _CREATED.get(table, "time_created"))
    rest = {name: value for name, value in record.items() if name != "id"}
    return {
        **row,
        "id": record["id"],
        "created": instant(created) if created else None,
        "body": json.dumps(rest, separators=(",", ":"), ensure_ascii=False),
    }


def _at(record: Mapping[str, Any], path: str) -> str | None:
    found: Any = record
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return None if found is None else str(found)


def instant(text: str, *, end: bool = False) -> str | None:
    """The moment in UTC with six digits of a second, which sorts as text; None if the text is no moment.

    A bare day begins at midnight, or for an end lasts until just before the next.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == 10 and end:
        moment += dt.timedelta(days=1, microseconds=-1)
    moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}"
