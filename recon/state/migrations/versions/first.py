"""Corrections with their contents, keys and attempts; the trail; decisions; what is kept of a period.

It says again what `tables` says: tables go on, a step stays as it was released.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = ("revision", "posting_key", "attempt", "trail", "decision", "sign_off")
_OWNER = sa.ForeignKeyConstraint
_SQLITE_GUARD = (
    "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
)
_POSTGRES_REFUSAL = """
CREATE FUNCTION recon_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME; END $$
"""
_POSTGRES_GUARD = (
    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION recon_append_only()"
)


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _number(name: str, kind: type[sa.Integer] = sa.Integer) -> sa.Column[Any]:
    return sa.Column(name, kind(), autoincrement=False, nullable=False)


def _key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=f"pk_{table}")


def upgrade() -> None:
    """Make every table, and let nobody change what is only ever appended."""
    _make_corrections()
    _make_trail()
    _make_periods()
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(_SQLITE_GUARD.format(table=table, verb=verb))
        return
    op.execute(_POSTGRES_REFUSAL)
    for table in _APPEND_ONLY:
        op.execute(_POSTGRES_GUARD.format(table=table))


def _make_corrections() -> None:
    op.create_table(
        "correction",
        *_texts(
            "identity", "company", "period", "cause", "run_id", "basis", "state", "rule_authors", "line_ids", "seen"
        ),
        *_texts("entity", "reconciliation", "reverses", "reviewed_by", "approved_by", nullable=True),
        *_texts("approved_digest", "chosen", "record_no", "hold_kind", "hold_reason", "reason", nullable=True),
        *(_number(name) for name in ("generation", "revision", "version")),
        _key("correction", "identity"),
    )
    op.create_index("ix_correction_period", "correction", ["period", "state"])
    op.create_table(
        "revision",
        *_texts("identity", "approval", "content", "digest", "explanation", "variance_ids", "prepared_by"),
        *_texts("edited_by"),
        *_texts("edited_from", nullable=True),
        *_texts("at"),
        _number("revision"),
        _OWNER(["identity"], ["correction.identity"], name="fk_revision_identity"),
        _key("revision", "identity", "revision"),
    )
    op.create_table(
        "posting_key",
        *_texts("key", "identity"),
        _number("generation"),
        _OWNER(["identity"], ["correction.identity"], name="fk_posting_key_identity"),
        _key("posting_key", "key"),
        sa.UniqueConstraint("identity", "generation", name="uq_posting_key_identity"),
    )
    op.create_table(
        "attempt",
        *_texts("identity", "key", "sent_at", "deadline", "asks"),
        _number("number"),
        _OWNER(["identity"], ["correction.identity"], name="fk_attempt_identity"),
        _key("attempt", "identity", "number"),
    )


def _make_trail() -> None:
    op.create_table(
        "trail",
        _number("sequence", sa.BigInteger),
        *_texts("at", "actor", "act", "subject", "details", "previous", "hash"),
        _key("trail", "sequence"),
        sa.UniqueConstraint("previous", name="uq_trail_previous"),
        sa.UniqueConstraint("hash", name="uq_trail_hash"),
    )
    op.create_index("ix_trail_subject", "trail", ["subject"])
    op.create_table(
        "decision",
        _number("position"),
        *_texts("decision_id", "decided_at", "decided_by", "action", "expected_line_ids", "actual_line_ids"),
        *_texts("note", "undoes", nullable=True),
        _key("decision", "position"),
        sa.UniqueConstraint("decision_id", name="uq_decision_decision_id"),
    )


def _make_periods() -> None:
    op.create_table(
        "sign_off",
        _number("position"),
        *_texts("company", "period", "kind", "subject", "act", "actor", "at", "run_id", "manifest_digest"),
        *_texts("exceptions"),
        *_texts("preparer", "note", "inputs", nullable=True),
        _key("sign_off", "position"),
    )
    op.create_index("ix_sign_off_period", "sign_off", ["period", "kind", "subject"])
    for table in ("uncorrected", "open_item"):
        op.create_table(
            table,
            *_texts("company", "period", "subject", "item_id", "run_id", "account", "cause", "row"),
            _number("amount_cents", sa.BigInteger),
            _key(table, "company", "period", "subject", "item_id"),
        )
