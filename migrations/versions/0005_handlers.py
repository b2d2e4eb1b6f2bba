"""Handlers of the confidential desk tied to people on record, and the kind of notice that reminds them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = ("moved", "cancelled", "called", "leave_asked", "leave_decided")
STATES = "state IN ('waiting', 'claimed', 'sent', 'failed', 'unsure', 'shown', 'expired')"
LEASED = "(state = 'claimed') = (claimed_until IS NOT NULL)"


def _kinds(*kinds: str) -> None:
    """Give notice.kind this list of codes; a rebuilt SQLite table has lost its CHECKs by itself."""
    rule = f"kind IN ({', '.join(repr(kind) for kind in kinds)})"
    rebuilt = op.get_bind().dialect.name == "sqlite"
    kept = (
        sa.CheckConstraint(STATES, name=op.f("ck_notice_noticestate")),
        sa.CheckConstraint(LEASED, name=op.f("ck_notice_leased")),
    )
    with op.batch_alter_table("notice", table_args=kept if rebuilt else ()) as batch_op:
        if not rebuilt:
            batch_op.drop_constraint(op.f("ck_notice_noticekind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_noticekind"), rule)


def upgrade() -> None:
    op.create_table(
        "handler_tie",
        sa.Column("handler", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(handler) > 0", name=op.f("ck_handler_tie_named")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_handler_tie_member_id_member"),
        sa.PrimaryKeyConstraint("handler", name="pk_handler_tie"),
    )
    with op.batch_alter_table("handler_tie", schema=None) as batch_op:
        batch_op.create_index("ix_handler_tie_member_id", ["member_id"], unique=False)
    _kinds(*KINDS, "handler_day")


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE kind = 'handler_day'")
    _kinds(*KINDS)
    with op.batch_alter_table("handler_tie", schema=None) as batch_op:
        batch_op.drop_index("ix_handler_tie_member_id")
    op.drop_table("handler_tie")
