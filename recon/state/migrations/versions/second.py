"""The vouched logins of those who prepared, reviewed and approved, beside the names of the persons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was recorded before has no logins."""
    op.add_column("correction", sa.Column("reviewed_login", sa.Text(), nullable=True))
    op.add_column("correction", sa.Column("approved_login", sa.Text(), nullable=True))
    op.add_column("revision", sa.Column("logins", sa.Text(), nullable=False, server_default="[]"))
