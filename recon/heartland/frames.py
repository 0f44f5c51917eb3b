"""Raw rows of GP-API, Portico and Heartland Retail as the canonical frames sales, tenders, payments, deposits."""

from __future__ import annotations

from recon.heartland.gateway import gateway_payments
from recon.heartland.prepaid import prepayments
from recon.heartland.raw import Mapped, Raw
from recon.heartland.settlement import deposits, payments
from recon.heartland.tickets import Shop, Sold, sales_and_tenders

__all__ = [
    "Mapped",
    "Raw",
    "Shop",
    "Sold",
    "deposits",
    "gateway_payments",
    "payments",
    "prepayments",
    "sales_and_tenders",
]
