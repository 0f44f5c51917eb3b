"""The tables of the state database; `migrations` makes them, a test holds the two together.

Money is whole cents, or text within JSON; times are text in UTC to the microsecond; no column holds a float.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

REVISION = "0002"  # the migration that this program was written for

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, primary_key=primary_key)


correction = Table(
    "correction",
    metadata,
    _text("identity", primary_key=True),
    _text("company"),
    _text("entity", nullable=True),
    _text("period"),
    _text("reconciliation", nullable=True),
    _text("cause"),
    _text("reverses", nullable=True),
    _text("run_id"),
    _text("basis"),
    _text("rule_authors"),  # JSON list
    _text("line_ids"),  # JSON list
    _text("seen"),  # JSON list
    Column("generation", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    _text("state"),
    _text("reviewed_by", nullable=True),
    _text("reviewed_login", nullable=True),
    _text("approved_by", nullable=True),
    _text("approved_login", nullable=True),
    _text("approved_digest", nullable=True),
    _text("chosen", nullable=True),
    _text("record_no", nullable=True),
    _text("hold_kind", nullable=True),
    _text("hold_reason", nullable=True),
    _text("reason", nullable=True),
    Column("version", Integer, nullable=False),
    Index("ix_correction_period", "period", "state"),
)

# Every content that a correction ever had: appended, never changed.
revision = Table(
    "revision",
    metadata,
    Column("identity", ForeignKey("correction.identity"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    _text("approval"),
    _text("content"),  # JSON; amounts are text
    _text("digest"),
    _text("explanation"),
    _text("variance_ids"),  # JSON list
    _text("prepared_by"),
    _text("edited_by"),  # JSON list
    Column("logins", Text, nullable=False, server_default="[]"),  # JSON list
    _text("edited_from", nullable=True),
    _text("at"),
)

# The key of every generation: one entry in the ledger each, on any machine.
posting_key = Table(
    "posting_key",
    metadata,
    _text("key", primary_key=True),
    Column("identity", ForeignKey("correction.identity"), nullable=False),
    Column("generation", Integer, nullable=False),
    UniqueConstraint("identity", "generation"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("identity", ForeignKey("correction.identity"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("key"),
    _text("sent_at"),
    _text("deadline"),
    _text("asks"),  # create | post_draft
)

# `previous` is unique: the chain cannot fork, whoever writes.
trail = Table(
    "trail",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    _text("at"),
    _text("actor"),
    _text("act"),
    _text("subject"),
    _text("details"),  # JSON object
    _text("previous"),
    _text("hash"),
    UniqueConstraint("previous"),
    UniqueConstraint("hash"),
    Index("ix_trail_subject", "subject"),
)

decision = Table(
    "decision",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    _text("decision_id"),
    _text("decided_at"),
    _text("decided_by"),
    _text("action"),
    _text("expected_line_ids"),  # JSON list
    _text("actual_line_ids"),  # JSON list
    _text("note", nullable=True),
    _text("undoes", nullable=True),
    UniqueConstraint("decision_id"),
)

# Signing and reopening, in order; the last row of a subject says how it stands.
sign_off = Table(
    "sign_off",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    _text("company"),
    _text("period"),
    _text("kind"),  # reconciliation or account
    _text("subject"),
    _text("act"),  # signed, signed with exceptions, reopened
    _text("preparer", nullable=True),
    _text("actor"),
    _text("at"),
    _text("run_id"),
    _text("manifest_digest"),
    _text("note", nullable=True),
    _text("exceptions"),  # JSON list
    _text("inputs", nullable=True),  # JSON: what the run read, so that a later change of it shows
    Index("ix_sign_off_period", "period", "kind", "subject"),
)


def _of_period(name: str) -> Table:
    """Rows that the newest sign-off of a subject says of its period; a newer one replaces them."""
    return Table(
        name,
        metadata,
        *(_text(key, primary_key=True) for key in ("company", "period", "subject", "item_id")),
        _text("run_id"),
        _text("account"),
        _text("cause"),
        Column("amount_cents", BigInteger, nullable=False),  # debit above zero
        _text("row"),  # JSON: the whole row of the frame, money as text
    )


uncorrected = _of_period("uncorrected")  # what is known to be wrong and was not booked
open_item = _of_period("open_item")  # what the next period takes over
