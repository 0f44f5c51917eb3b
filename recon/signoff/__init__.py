"""A period is signed, reopened, and what was not corrected is summed up."""

from __future__ import annotations
