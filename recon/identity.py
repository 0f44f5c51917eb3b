"""Digests and identifiers: the same content always has the same name."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

import polars as pl

POSTING_KEY_PREFIX = "RCN"
_KEY_LENGTH = 20


def digest_fields(fields: Iterable[str]) -> bytes:
    """SHA-256 over length-prefixed fields, so that no two lists of fields collide by joining."""
    digest = hashlib.sha256()
    for field in fields:
        data = field.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


def run_id(fields: Iterable[str]) -> str:
    """12 hex digits of the digest of inputs, policy, parameters and version."""
    return digest_fields(fields).hex()[:12]


def correction_fields(
    company: str, entity: str | None, reconciliation: str | None, *, period: str, cause: str, line_ids: Iterable[str]
) -> list[str]:
    """What makes a correction this one and no other, for its identity and its posting key."""
    return [company, entity or "", reconciliation or "", period, cause, *sorted(line_ids)]


def posting_key(fields: Iterable[str], generation: int = 1) -> str:
    """The queryable name of one correction: prefix, 20 base32 digits of its identity, generation.

    The identity is company, entity, reconciliation, period, cause and the sorted source ids: two
    machines that find the same mistake make the same key.
    """
    return key_of_identity(digest_fields(fields).hex(), generation)


def key_of_identity(identity: str, generation: int) -> str:
    """The posting key of a correction whose identity is given as 64 hex digits."""
    text = base64.b32encode(bytes.fromhex(identity)).decode()[:_KEY_LENGTH]
    return f"{POSTING_KEY_PREFIX}{text}{generation}"


def posting_key_in(texts: pl.Expr) -> pl.Expr:
    """The first posting key in a text, wherever the import or a person put it, or null."""
    return texts.str.to_uppercase().str.extract(rf"({POSTING_KEY_PREFIX}[A-Z2-7]{{{_KEY_LENGTH}}}\d+)")


def normal_document(column: str | pl.Expr) -> pl.Expr:
    """A document number as matching compares it: letters and digits only, upper case.

    Empty text becomes null: a line without a document has none, not an equal one.
    """
    expr = pl.col(column) if isinstance(column, str) else column
    text = expr.str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    return pl.when(text != "").then(text)
