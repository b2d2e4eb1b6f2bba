"""Reminders: what is due and when, by which way it leaves, what members wish, and what WeChat says became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KINDS_BEFORE = ("moved", "cancelled", "called", "leave_asked", "leave_decided", "handler_day")
KINDS = (
    *("moved", "cancelled", "planned", "tomorrow", "soon", "called", "leave_asked", "leave_decided", "handler_day"),
    *("study", "behind", "makeup", "birthday", "birthday_list", "probation", "gaps", "self_check"),
)
STATES_BEFORE = ("waiting", "claimed", "sent", "failed", "unsure", "shown", "expired")
STATES = ("waiting", "claimed", "sent", "delivered", "failed", "unsure", "shown", "expired")
STATUSES_BEFORE = ("full", "probationary", "candidate", "activist", "applicant", "citizen", "suspended", "moved")
STATUSES = (*STATUSES_BEFORE, "deceased")
CHANNELS = ("template", "subscription", "mini", "service")


def _one_of(column: str, codes: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(code) for code in codes)})"


def _notices(kinds: tuple[str, ...], states: tuple[str, ...]) -> None:
    """Give notice its lists of codes."""
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_noticekind"), type_="check")
        batch_op.drop_constraint(op.f("ck_notice_noticestate"), type_="check")
        batch_op.create_check_constraint(op.f("ck_notice_noticekind"), _one_of("kind", kinds))
        batch_op.create_check_constraint(op.f("ck_notice_noticestate"), _one_of("state", states))


def _statuses(statuses: tuple[str, ...]) -> None:
    """Give member.status this list of codes."""
    with op.batch_alter_table("member") as batch_op:
        batch_op.drop_constraint(op.f("ck_member_memberstatus"), type_="check")
        batch_op.create_check_constraint(op.f("ck_member_memberstatus"), _one_of("status", statuses))


def upgrade() -> None:
    op.create_table(
        "clock_progress",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_clock_progress")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "scheduler_job",
        sa.Column("id", sa.Unicode(length=191), nullable=False),
        sa.Column("next_run_time", sa.Float(precision=25), nullable=True),
        sa.Column("job_state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduler_job")),
    )
    with op.batch_alter_table("scheduler_job", schema=None) as batch_op:
        batch_op.create_index("ix_scheduler_job_next_run_time", ["next_run_time"], unique=False)

    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("work", "rest", "spring", name="daykind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_calendar_day_by_id_member")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "greeting",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "choice",
            sa.Enum(
                "send", "visit", "skip", name="greetingchoice", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_greeting_by_id_member")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_greeting_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", "year", name=op.f("pk_greeting")),
    )
    op.create_table(
        "oath_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("once", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_oath_reading_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oath_reading")),
        sa.UniqueConstraint("once", name=op.f("uq_oath_reading_once")),
    )
    with op.batch_alter_table("oath_reading", schema=None) as batch_op:
        batch_op.create_index("ix_oath_reading_member_id", ["member_id"], unique=False)

    op.create_table(
        "quiet_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("evening", sa.String(length=5), nullable=False),
        sa.Column("morning", sa.String(length=5), nullable=False),
        sa.Column("a_day", sa.Integer(), nullable=False),
        sa.Column("a_week", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("a_day BETWEEN 1 AND 9 AND a_week BETWEEN 1 AND 60", name=op.f("ck_quiet_time_bounded")),
        sa.CheckConstraint("id = 1", name=op.f("ck_quiet_time_single")),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_quiet_time_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiet_time")),
    )
    op.create_table(
        "reminder_rule",
        sa.Column(
            "kind",
            sa.Enum(
                "moved",
                "cancelled",
                "planned",
                "tomorrow",
                "soon",
                "called",
                "leave_asked",
                "leave_decided",
                "handler_day",
                "study",
                "behind",
                "makeup",
                "birthday",
                "birthday_list",
                "probation",
                "gaps",
                "self_check",
                name="noticekind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("at", sa.String(length=5), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_reminder_rule_by_id_member")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_reminder_rule")),
    )
    op.create_table(
        "self_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("once", sa.String(length=32), nullable=False),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_self_check_said")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_self_check_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_check")),
        sa.UniqueConstraint("once", name=op.f("uq_self_check_once")),
        sa.UniqueConstraint("public_id", name=op.f("uq_self_check_public_id")),
    )
    with op.batch_alter_table("self_check", schema=None) as batch_op:
        batch_op.create_index("ix_self_check_member_id", ["member_id"], unique=False)

    op.create_table(
        "wish",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "study",
            sa.Enum("never", "twice", "daily", name="studywish", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("self_check", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_wish_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_wish")),
    )
    op.create_table(
        "credit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column(
            "move",
            sa.Enum(
                "accepted",
                "spent",
                "returned",
                "zeroed",
                name="creditmove",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("once", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_credit_entry_identity_id_identity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entry")),
        sa.UniqueConstraint("once", name=op.f("uq_credit_entry_once")),
    )
    with op.batch_alter_table("credit_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_credit_entry_identity_id_template_id_at", ["identity_id", "template_id", "at"], unique=False
        )

    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("app_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("arrived", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_delivery_identity_id_identity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_at", ["at"], unique=False)
        batch_op.create_index("ix_delivery_identity_id", ["identity_id"], unique=False)
        batch_op.create_index("uq_delivery_app_id_message_id", ["app_id", "message_id"], unique=True)

    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_activity_published_at", ["published_at"], unique=False)

    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("spoke_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("answered", sa.Integer(), server_default="0", nullable=False))

    op.add_column("notice", sa.Column("channel", sa.String(length=24), nullable=True))
    op.add_column("notice", sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notice", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("notice", sa.Column("message_id", sa.String(length=32), server_default="", nullable=False))
    op.create_index("ix_notice_channel_message_id", "notice", ["channel", "message_id"], unique=False)
    op.drop_index("ix_notice_state_due_at", table_name="notice")
    op.create_index("ix_notice_state_reason_due_at", "notice", ["state", "reason", "due_at"], unique=False)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.create_check_constraint(op.f("ck_notice_channel"), _one_of("channel", CHANNELS))
    _notices(KINDS, STATES)
    _statuses(STATUSES)


def downgrade() -> None:
    op.execute("UPDATE member SET status = 'moved' WHERE status = 'deceased'")
    _statuses(STATUSES_BEFORE)
    op.execute(
        "DELETE FROM notice WHERE kind NOT IN"
        " ('moved', 'cancelled', 'called', 'leave_asked', 'leave_decided', 'handler_day')"
    )
    op.execute("UPDATE notice SET state = 'sent' WHERE state = 'delivered'")
    op.drop_index("ix_notice_state_reason_due_at", table_name="notice")
    op.create_index("ix_notice_state_due_at", "notice", ["state", "due_at"], unique=False)
    op.drop_index("ix_notice_channel_message_id", table_name="notice")
    _notices(KINDS_BEFORE, STATES_BEFORE)
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint(op.f("ck_notice_channel"), type_="check")
        for column in ("message_id", "tries", "begun_at", "channel"):
            batch_op.drop_column(column)
    op.drop_column("identity", "answered")
    op.drop_column("identity", "spoke_at")

    op.drop_index("ix_activity_published_at", table_name="activity")
    op.drop_column("activity", "published_at")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index("uq_delivery_app_id_message_id")
        batch_op.drop_index("ix_delivery_identity_id")
        batch_op.drop_index("ix_delivery_at")

    op.drop_table("delivery")
    with op.batch_alter_table("credit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_credit_entry_identity_id_template_id_at")

    op.drop_table("credit_entry")
    op.drop_table("wish")
    with op.batch_alter_table("self_check", schema=None) as batch_op:
        batch_op.drop_index("ix_self_check_member_id")

    op.drop_table("self_check")
    op.drop_table("reminder_rule")
    op.drop_table("quiet_time")
    with op.batch_alter_table("oath_reading", schema=None) as batch_op:
        batch_op.drop_index("ix_oath_reading_member_id")

    op.drop_table("oath_reading")
    op.drop_table("greeting")
    op.drop_table("calendar_day")
    with op.batch_alter_table("scheduler_job", schema=None) as batch_op:
        batch_op.drop_index("ix_scheduler_job_next_run_time")

    op.drop_table("scheduler_job")
    op.drop_table("lease")
    op.drop_table("clock_progress")
