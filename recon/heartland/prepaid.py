"""What customers pay down on orders of Heartland Retail: a liability of its own day, as SALES and TENDERS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from recon.frames.decoding import BODY, Raw
from recon.heartland.tickets import UNPAID, Shop, Sold, sales_and_tenders

SOURCE = "retail.prepayments"
_PLACES = ("source_location_id", "location_id")
_ORDERS = ("order_id", "sales_order_id")
_KEPT = ("completed_at", "local_completed_at", "station_id", "customer_id")
_TIPS = ("tip", "tip_amount", "gratuity", "deposit")


def prepayments(payments: Raw, orders: Raw, shop: Shop) -> Sold:
    """SALES and TENDERS of the payments marked as deposits: `customer_deposit` and what it was paid with.

    Each is a document of its own, named deposit- and the payment's id, on the store's own day; money given back is
    below zero. A payment that stands on a ticket and on no order uses a deposit up: the ticket tells it already.
    One that names no place takes its order's; where neither does it is rejected.
    """
    known = {str(order["id"]): order for order in _rows(orders) if order.get("id")}
    made = [_as_ticket(row, known) for row in _rows(payments) if is_prepayment(row) and not _is_unpaid(row)]
    return sales_and_tenders(made, shop, source=SOURCE)


def is_prepayment(row: Mapping[str, Any]) -> bool:
    """True for a payment that is marked as a deposit and does not merely use one up on a ticket."""
    marked = str(row.get("deposit")).lower() == "true"
    return marked and (_order(row) is not None or not row.get("ticket_id"))


def _is_unpaid(row: Mapping[str, Any]) -> bool:
    return str(row.get("status") or "").lower() in UNPAID


def _order(row: Mapping[str, Any]) -> str | None:
    return next((str(row[name]) for name in _ORDERS if row.get(name)), None)


def _as_ticket(row: Mapping[str, Any], orders: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The payment as a ticket that sells nothing but the deposit."""
    order = orders.get(_order(row) or "", {})
    place = next((one[name] for one in (row, order) for name in _PLACES if one.get(name)), None)
    number = row.get("id")
    return {
        **{name: row.get(name) for name in _KEPT},
        "id": number,
        "public_id": f"deposit-{number}" if number else None,
        "customer_id": row.get("customer_id") or order.get("customer_id"),
        "source_location_id": place,
        "lines": [{"type": "DepositLine", "qty": 1, "value": row.get("amount")}],
        "payments": [{name: value for name, value in row.items() if name not in _TIPS}],
    }


def _rows(raw: Raw) -> Iterator[Mapping[str, Any]]:
    if not isinstance(raw, pl.DataFrame):
        yield from raw
        return
    for body in raw[BODY]:
        yield json.loads(body, parse_float=Decimal)
