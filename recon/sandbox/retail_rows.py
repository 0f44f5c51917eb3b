"""A made month as Heartland Retail reports it: tickets with lines and payments, and what they refer to.

Money is a JSON number of dollars; a ticket's total is without tips, its payments are with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from recon.demo.company import Store
from recon.demo.events import BRANDS, Ticket
from recon.demo.month import MadeMonth
from recon.sandbox.card_rows import first_ticket, portico_number, utc

Row = Mapping[str, Any]
_NUMBER = re.compile(r'"\\u0000(-?[\d.E+-]+)"')
_ITEMS = (
    ("food", "Food", "food"),
    ("beverage", "Beverage", "beverage"),
    ("merchandise", "Merchandise", "merchandise"),
    ("service_charge", "Service charge", "service_charge"),
    ("gift_card_sold", "Gift card", "gift_card_sold"),
)
_TENDERS = (*BRANDS, "cash", "gift_card", "house_account")
_TYPES = {"cash": "Payments::CashPayment", "gift_card": "Payments::GiftCardPayment", "house_account": "CustomPayment"}
_CUSTOMERS = 12


def written(record: Mapping[str, Any]) -> str:
    """The record as JSON; a Decimal is a number with exactly its digits."""
    text = json.dumps(record, separators=(",", ":"), default=lambda amount: f"\0{amount:f}")
    return _NUMBER.sub(r"\1", text)


def dollars(cents: int) -> Decimal:
    """Cents as dollars."""
    return Decimal(cents).scaleb(-2)


def location_id(store: Store) -> int:
    """Retail's own id of a store; its number is the location's public id."""
    return 100_001 + store.index


def _item_id(name: str) -> int:
    return 300_001 + [item[0] for item in _ITEMS].index(name)


def _type_id(tender: str) -> int:
    return 200_001 + _TENDERS.index(tender)


def locations(month: MadeMonth) -> Iterator[Row]:
    """The stores."""
    for store in month.stores:
        yield {
            "id": location_id(store),
            "public_id": store.number,
            "name": store.name.title(),
            "time_zone": store.timezone,
            "active?": True,
        }


def payment_types(_: MadeMonth) -> Iterator[Row]:
    """The ways to pay: a type a card brand, as shops set them up."""
    for tender in _TENDERS:
        kind = _TYPES.get(tender, "Payments::CreditCardPayment")
        yield {"id": _type_id(tender), "name": tender.replace("_", " ").title(), "type": kind, "active?": True}


def items(_: MadeMonth) -> Iterator[Row]:
    """What is sold, each with its category."""
    for name, title, category in _ITEMS:
        custom = {"category": category}
        yield {"id": _item_id(name), "public_id": name.upper(), "description": title, "custom": custom, "active?": True}


def customers(month: MadeMonth) -> Iterator[Row]:
    """The people with a house account."""
    since = f"{month.period.start.isoformat()}T00:00:00Z"
    for n in range(_CUSTOMERS):
        yield {
            "id": n + 1,
            "public_id": f"C{n + 1:05d}",
            "first_name": "Guest",
            "last_name": f"Number {n + 1}",
            "name": f"Guest Number {n + 1}",
            "email": f"guest{n + 1}@juniper.example",
            "created_at": since,
            "updated_at": since,
        }


def gift_cards(month: MadeMonth) -> Iterator[Row]:
    """The gift cards that were sold."""
    for ticket in month.tickets:
        if ticket.gift_card_sold:
            yield {
                "id": ticket.number,
                "number": f"GC-{ticket.number}",
                "balance": dollars(ticket.gift_card_sold),
                "created_at": _utc(ticket),
                "updated_at": _utc(ticket),
            }


def orders(month: MadeMonth) -> Iterator[Row]:
    """The orders that were delivered; each was rung up as a ticket."""
    for ticket in month.tickets:
        if ticket.delivery_fee:
            yield {
                "id": ticket.number,
                "public_id": f"O{ticket.number}",
                "status": "complete",
                "source_location_id": location_id(ticket.store),
                "station_id": 400_001 + ticket.store.index,
                "customer_id": None,
                "shipping_charge": dollars(ticket.delivery_fee),
                "total": dollars(ticket.total - ticket.tips),
                "created_at": _utc(ticket),
                "updated_at": _utc(ticket),
                "completed_at": _utc(ticket),
                "local_completed_at": _local(ticket),
            }


def _utc(ticket: Ticket) -> str:
    return f"{utc(ticket):%Y-%m-%dT%H:%M:%SZ}"


def _local(ticket: Ticket) -> str:
    return f"{ticket.completed_at:%Y-%m-%dT%H:%M:%S}"


def tickets(month: MadeMonth) -> Iterator[Row]:
    """Every ticket, with its lines and its payments."""
    first = first_ticket(month)
    for ticket in month.tickets:
        n = ticket.number - first
        on_account = ticket.tender == "house_account"
        customer = n % _CUSTOMERS + 1 if on_account else None
        yield {
            "id": ticket.number,
            "public_id": str(ticket.number),
            "status": "complete",
            "station_id": 400_001 + ticket.store.index,
            "source_location_id": location_id(ticket.store),
            "customer_id": customer,
            "customer_name": f"Guest Number {customer}" if customer else None,
            "sales_rep": "",
            "total": dollars(ticket.total - ticket.tips),
            "total_tax": dollars(ticket.tax),
            "total_discounts": dollars(ticket.discounts),
            "created_at": _utc(ticket),
            "updated_at": _utc(ticket),
            "completed_at": _utc(ticket),
            "local_completed_at": _local(ticket),
            "completed?": True,
            "voided?": False,
            "lines": _lines(ticket, n),
            "payments": [_payment(ticket, n)],
        }


def _lines(ticket: Ticket, n: int) -> list[Row]:
    """What was sold, at its first price and at the price after discounts; the discount is on the food."""
    found: list[Row] = []
    for name, _, _ in _ITEMS:
        cents = getattr(ticket, name)
        if cents:
            paid = abs(cents) - (ticket.discounts if name == "food" else 0)
            found.append(
                {
                    "id": 8_000_000 + n * 8 + len(found),
                    "type": "ItemLine",
                    "item_id": _item_id(name),
                    "qty": 1 if cents > 0 else -1,
                    "original_unit_price": dollars(abs(cents)),
                    "adjusted_unit_price": dollars(paid),
                    "value": dollars(paid if cents > 0 else -paid),
                }
            )
    if ticket.delivery_fee:
        fee = {"type": "ShippingLine", "description": "Shipping", "value": dollars(ticket.delivery_fee)}
        found.append({"id": 8_000_000 + n * 8 + len(found), **fee})
    if ticket.tax:
        tax = {"type": "TaxLine", "description": "Sales tax", "value": dollars(ticket.tax)}
        found.append({"id": 8_000_000 + n * 8 + len(found), **tax})
    return found


def _payment(ticket: Ticket, n: int) -> Row:
    tender = ticket.brand if ticket.tender == "card" else ticket.tender
    card: Row = {}
    if ticket.tender == "card":
        card = {"tip_amount": dollars(ticket.tips), "custom": {"portico_transaction_id": portico_number(n)}}
    return {
        "id": 9_000_000 + n,
        "type": _TYPES.get(tender, "Payments::CreditCardPayment"),
        "status": "complete",
        "deposit": False,
        "amount": dollars(ticket.total),
        "payment_type_id": _type_id(tender),
        "ticket_id": ticket.number,
        "completed_at": _utc(ticket),
        "updated_at": _utc(ticket),
        "local_completed_at": _local(ticket),
        **card,
    }


def payments(month: MadeMonth) -> Iterator[Row]:
    """Every payment, apart from its ticket."""
    first = first_ticket(month)
    return (_payment(ticket, ticket.number - first) for ticket in month.tickets)
