"""Raw rows that are kept as JSON, decoded into columns: by columns where no figure can change on the way."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

BODY = "body"
_AT_ONCE = 5_000
# Polars reads a number without quotes in binary, which keeps 15 digits whatever they are; an exponent it writes out.
_INEXACT = r'":-?(?:[0-9.]{17}|[0-9.]+[eE])'


def decoded(rows: pl.DataFrame, shape: pl.Struct, read: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame | None:
    """What READ makes of the rows with `body` decoded into a struct of that shape, whose leaves are text.

    A number stands as its digits, a flag as true or false. None where some row has another shape, such as text in
    place of an object, or a number of more digits than are surely kept: such rows are to be read one by one.
    """
    if rows[BODY].str.contains(_INEXACT).any():
        return None
    try:
        # Polars builds a tree of each text that it decodes: in slices, so that memory does not grow with the rows.
        return pl.concat(
            read(rows.slice(at, _AT_ONCE).with_columns(pl.col(BODY).str.json_decode(shape)))
            for at in range(0, max(rows.height, 1), _AT_ONCE)
        )
    except pl.exceptions.PolarsError:
        return None
