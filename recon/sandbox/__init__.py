"""Look-alikes of every vendor interface over the made-up company, on loopback only."""

from __future__ import annotations

DEFAULT_PORT = 8926
