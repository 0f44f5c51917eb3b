"""What became of each correction, decision and sign-off, kept in one database with its audit trail."""

from __future__ import annotations
