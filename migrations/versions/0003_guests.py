"""Guests from outside (列席): a name and a unit for one activity."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_guest_named")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name="fk_guest_activity_id_activity"),
        sa.PrimaryKeyConstraint("id", name="pk_guest"),
        sa.UniqueConstraint("activity_id", "name", "unit", name="uq_guest_activity_id_name_unit"),
        sa.UniqueConstraint("public_id", name="uq_guest_public_id"),
    )


def downgrade() -> None:
    op.drop_table("guest")
