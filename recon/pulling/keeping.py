"""Raw rows as the store keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recon.store import Kept, Source, content_digest, content_text


def keep(source: Source, rows: Sequence[Mapping[str, object]]) -> list[Kept]:
    """The rows with their ids and the digests of their content."""
    return [_kept(source.row_id(row), content_text(row)) for row in rows]


def _kept(row_id: str, body: str) -> Kept:
    return Kept(row_id, content_digest(body), body)
