"""Texts typed in the mini-program that wait until somebody of the office has looked at them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "held_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column(
            "place",
            sa.Enum(
                "leave.reason",
                "leave.note",
                "makeup.content",
                "mark.reason",
                name="heldplace",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_by_id", sa.Integer(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shown", sa.Boolean(), nullable=True),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_held_text_said")),
        sa.CheckConstraint(
            "(looked_at IS NULL) = (looked_by_id IS NULL) AND (looked_at IS NULL) = (shown IS NULL)",
            name=op.f("ck_held_text_looked"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name="fk_held_text_by_id_member"),
        sa.ForeignKeyConstraint(["looked_by_id"], ["member.id"], name="fk_held_text_looked_by_id_member"),
        sa.PrimaryKeyConstraint("id", name="pk_held_text"),
        sa.UniqueConstraint("public_id", name="uq_held_text_public_id"),
    )
    with op.batch_alter_table("held_text", schema=None) as batch_op:
        batch_op.create_index("ix_held_text_looked_at_id", ["looked_at", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("held_text", schema=None) as batch_op:
        batch_op.drop_index("ix_held_text_looked_at_id")
    op.drop_table("held_text")
