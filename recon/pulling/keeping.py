"""Raw rows as the store keeps them: without card numbers, and set aside where a card number stands as an id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from recon.frames import RESULT_FRAMES, blank
from recon.pulling.rejects import rejects_of
from recon.store import Source, content_digest, content_digests, content_text, content_texts, ids_of, row_of
from recon.store.port import UNNAMED
from recon.store.reading import DOUBLED, ROWS
from recon.wire.cards import masked, masked_row, with_few_digits, without_cards

QUARANTINED = "quarantined:"  # what the ids of rows begin with that were set aside
SET_ASIDE = (QUARANTINED, DOUBLED)
_REASON = "a whole card number stands in this id: the row is set aside; have the number removed at its source"
_TWICE = (
    "another row has this id and says something else: this one is set aside; have one of them named anew at its source"
)


def keep(source: Source, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """The rows with their ids and the digests of their content; no card number is left in either.

    One row each, in order: row_id, content, body. Most pages hold nothing that could be a card number, which one
    look at their bodies shows; only the other rows are masked value by value. Of several rows of a page with one id
    that their source made up, each gets an id of its own, in order.
    """
    named: Collection[str] = getattr(source, "id_fields", ())
    ids, bodies = ids_of(source, rows), content_texts(rows)
    doubtful = (~(without_cards(bodies) & with_few_digits(ids))).arg_true().to_list()
    if doubtful:
        texts = bodies.to_list()
        for at in doubtful:
            ids[at], texts[at] = _cleaned(ids[at], texts[at], rows[at], named)
        bodies = pl.Series(texts, dtype=pl.String)
    return pl.DataFrame([pl.Series(_numbered(ids), dtype=pl.String), content_digests(bodies), bodies], schema=ROWS)


def _numbered(ids: list[str]) -> list[str]:
    """The ids, made-up ones that came before in the page with their number behind them: the first keeps its own."""
    if not any(one.startswith(UNNAMED) for one in ids):
        return ids
    times: Counter[str] = Counter()
    numbered = []
    for one in ids:
        times[one] += one.startswith(UNNAMED)
        numbered.append(f"{one}:{times[one]}" if times[one] > 1 else one)
    return numbered


def _cleaned(row_id: str, body: str, row: Mapping[str, object], ids: Collection[str]) -> tuple[str, str]:
    """Id and content of a row without card numbers; of one whose ids held some, a made-up id and which they were."""
    clean = masked_row(row, ids)
    if not clean.is_quarantined and masked(row_id) == row_id:
        return row_id, body if clean.row is row else content_text(clean.row)
    fields = sorted(clean.in_ids) or ["id"]
    body = content_text({"fields": fields, "row": clean.row})
    return f"{QUARANTINED}{content_digest(body)[:20]}", body


def parted(source: str, view: pl.DataFrame, frame: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that may be used, and REJECTED_ROWS of those that were set aside: one row for each of their ids."""
    is_aside = pl.any_horizontal(pl.col("row_id").str.starts_with(one) for one in SET_ASIDE)
    told: list[dict[str, Any]] = [
        {"source": source, "row": None, "field": field, "value": row_id, "reason": reason}
        for row_id, body in view.filter(is_aside).select("row_id", "body").rows()
        for field, reason in _why_aside(row_id, body)
    ]
    schema = blank(RESULT_FRAMES["rejects"]).schema
    return view.filter(~is_aside), rejects_of(pl.DataFrame(told, schema=schema), frame)


def _why_aside(row_id: str, body: str) -> list[tuple[str, str]]:
    """The fields for which a row was set aside, each with the reason."""
    return [("id", _TWICE)] if row_id.startswith(DOUBLED) else [(field, _REASON) for field in row_of(body)["fields"]]
