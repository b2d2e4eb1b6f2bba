"""Plans, moves and cancellations that wait as a whole until somebody of the office has looked at their texts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OF_RECORDS = "'leave.reason', 'leave.note', 'makeup.content', 'mark.reason'"
OF_DEEDS = "'activity.plan', 'activity.move', 'activity.cancel'"
PLACE, DEED = "ck_held_text_heldplace", "ck_held_text_deed"


def _without_checks_of_places() -> sa.Table:
    """The table as it is but for what changes; a table that SQLite rebuilds is built from this."""
    return sa.Table(
        "held_text",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
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
        sa.Index("ix_held_text_looked_at_id", "looked_at", "id"),
    )


def upgrade() -> None:
    with op.batch_alter_table("held_text", copy_from=_without_checks_of_places()) as batch_op:
        batch_op.add_column(sa.Column("asked", sa.Text(), nullable=True))
        if op.get_bind().dialect.name != "sqlite":
            batch_op.drop_constraint(op.f(PLACE), type_="check")
        batch_op.create_check_constraint(op.f(PLACE), f"place IN ({OF_RECORDS}, {OF_DEEDS})")
        batch_op.create_check_constraint(op.f(DEED), f"(place IN ({OF_DEEDS})) = (asked IS NOT NULL)")


def downgrade() -> None:
    op.execute(f"DELETE FROM held_text WHERE place IN ({OF_DEEDS})")  # noqa: S608 - our own words
    if op.get_bind().dialect.name != "sqlite":
        with op.batch_alter_table("held_text") as batch_op:
            batch_op.drop_constraint(op.f(DEED), type_="check")
            batch_op.drop_constraint(op.f(PLACE), type_="check")
            batch_op.drop_column("asked")
            batch_op.create_check_constraint(op.f(PLACE), f"place IN ({OF_RECORDS})")
        return
    table = _without_checks_of_places()
    table.append_column(sa.Column("asked", sa.Text(), nullable=True))
    with op.batch_alter_table("held_text", copy_from=table) as batch_op:
        batch_op.drop_column("asked")
        batch_op.create_check_constraint(op.f(PLACE), f"place IN ({OF_RECORDS})")
