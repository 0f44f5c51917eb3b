"""Raw rows of GP-API, Portico and Heartland Retail as sales, tenders, payments, deposits and fee statements."""

from __future__ import annotations

from recon.frames.decoding import Raw
from recon.heartland.gateway import gateway_payments
from recon.heartland.monthly_fees import fee_statements
from recon.heartland.prepaid import prepayments
from recon.heartland.raw import Mapped
from recon.heartland.settlement import deposits, payments
from recon.heartland.tickets import Shop, Sold, sales_and_tenders

__all__ = [
    "Mapped",
    "Raw",
    "Shop",
    "Sold",
    "deposits",
    "fee_statements",
    "gateway_payments",
    "payments",
    "prepayments",
    "sales_and_tenders",
]
