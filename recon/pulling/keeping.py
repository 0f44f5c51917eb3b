"""Raw rows as the store keeps them: without card numbers, and set aside where a card number stands as an id."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from recon.frames import RESULT_FRAMES
from recon.pulling.rejects import rejects_of
from recon.store import Kept, Source, content_digest, content_text, row_of
from recon.wire.cards import masked, masked_row

QUARANTINED = "quarantined:"  # what the ids of rows begin with that were set aside
_REASON = "a whole card number stands in this id: the row is set aside; have the number removed at its source"


def keep(source: Source, rows: Sequence[Mapping[str, object]]) -> list[Kept]:
    """The rows with their ids and the digests of their content; no card number is left in either."""
    ids: Collection[str] = getattr(source, "id_fields", ())
    return [_kept(source, row, ids) for row in rows]


def _kept(source: Source, row: Mapping[str, object], ids: Collection[str]) -> Kept:
    clean = masked_row(row, ids)
    row_id = source.row_id(row)
    if not clean.is_quarantined and masked(row_id) == row_id:
        body = content_text(clean.row)
        return Kept(row_id, content_digest(body), body)
    fields = sorted(clean.in_ids) or ["id"]
    body = content_text({"fields": fields, "row": clean.row})
    digest = content_digest(body)
    return Kept(f"{QUARANTINED}{digest[:20]}", digest, body)


def parted(source: str, view: pl.DataFrame, frame: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that may be used, and REJECTED_ROWS of those that were set aside: one row for each of their ids."""
    is_aside = pl.col("row_id").str.starts_with(QUARANTINED)
    told: list[dict[str, Any]] = [
        {"source": source, "row": None, "field": field, "value": row_id, "reason": _REASON}
        for row_id, body in view.filter(is_aside).select("row_id", "body").rows()
        for field in row_of(body)["fields"]
    ]
    schema = RESULT_FRAMES["rejects"].create_empty().schema
    return view.filter(~is_aside), rejects_of(pl.DataFrame(told, schema=schema), frame)
