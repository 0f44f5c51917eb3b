"""The altair module, imported in a quarter of its usual time."""

from __future__ import annotations

import sys

# Altair imports jsonschema, and that builds a grammar of internationalised web addresses if it finds one:
# one to two seconds for a check that no chart makes. While altair is imported, it is not found.
_GRAMMAR = "rfc3987_syntax"
_is_hidden = _GRAMMAR not in sys.modules
if _is_hidden:
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]
try:
    import altair as alt
finally:
    if _is_hidden:
        del sys.modules[_GRAMMAR]

__all__ = ["alt"]
