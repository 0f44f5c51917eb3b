"""Frames without rows, made once for each schema: to make one takes longer than most uses of it."""

from __future__ import annotations

from functools import cache

import dataframely as dy
import polars as pl


@cache
def blank(schema: type[dy.Schema]) -> pl.DataFrame:
    """The frame of the schema without a row; shared, so never changed in place."""
    return schema.create_empty()
