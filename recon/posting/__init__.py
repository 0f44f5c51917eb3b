"""Approved corrections reach the ledger exactly once: sent under their key, read back, settled and swept."""

from __future__ import annotations
