"""How likely something is by accident, in words."""

from __future__ import annotations


def odds(chance: float) -> str:
    """How often lines like these hold such a set by accident: once in so many cases."""
    if chance <= 1e-6:
        return "by accident less than once in a million such cases"
    return f"by accident once in {max(round(1 / chance), 1):,} such cases"
