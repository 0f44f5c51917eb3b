"""How the tables of the state database came to be, one step a file; run at opening."""

from __future__ import annotations
