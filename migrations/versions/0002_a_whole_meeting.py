"""A whole meeting: appointments, leave, marks, make-up, notices, the event log, sign-ins; seats keep who registered."""

import sqlalchemy as sa
from alembic import op
from alembic.operations.base import BatchOperations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


# SQLite rebuilds a table whose constraints change and reads no CHECK back: each rebuild names them all.
KINDS = (
    "kind IN ('branch_meeting', 'committee', 'group_meeting', 'lecture', 'party_day', 'life_meeting', "
    "'volunteer', 'other')"
)
STATES = "state IN ('planned', 'open', 'closed', 'cancelled')"
STATUSES = "status IN ('full', 'probationary', 'candidate', 'activist', 'applicant', 'citizen', 'suspended', 'moved')"
METHODS = "method IN ('scan', 'number')"
MORE_METHODS = "method IN ('scan', 'number', 'place', 'registered')"
ACTIVITY = {
    "ck_activity_activitykind": KINDS,
    "ck_activity_activitystate": STATES,
    "ck_activity_titled": "length(title) > 0",
    "ck_activity_opened": "state <> 'open' OR opened_at IS NOT NULL",
}
MEMBER = {"ck_member_memberstatus": STATUSES, "ck_member_named": "length(name) > 0"}


def _checks(checks: dict[str, str]) -> tuple[sa.CheckConstraint, ...]:
    """The CHECKs that a rebuilt table keeps; PostgreSQL keeps them by itself."""
    if op.get_bind().dialect.name != "sqlite":
        return ()
    return tuple(sa.CheckConstraint(rule, name=op.f(name)) for name, rule in checks.items())


def _retype(batch_op: BatchOperations, table: str, rule: str) -> None:
    """Give a table's `method` another list of codes; a rebuilt SQLite table has lost the old one by itself."""
    if op.get_bind().dialect.name != "sqlite":
        batch_op.drop_constraint(op.f(f"ck_{table}_method"), type_="check")
    batch_op.create_check_constraint(op.f(f"ck_{table}_method"), rule)


def upgrade() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "secretary",
                "deputy",
                "organisation",
                "publicity",
                "discipline",
                "youth",
                "group_leader",
                "leading_head",
                "leading_deputy",
                "leading_member",
                "office",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends IS NULL OR ends >= starts", name=op.f("ck_appointment_in_order")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_appointment_member_id_member"),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_appointment_org_id_org"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
        sa.UniqueConstraint("public_id", name="uq_appointment_public_id"),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index("ix_appointment_member_id_starts", ["member_id", "starts"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name="fk_event_by_id_member"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_subject_subject_id_id", ["subject", "subject_id", "id"], unique=False)

    op.create_table(
        "leave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "leave_class",
            sa.Enum(
                "duty",
                "trip",
                "sick",
                "personal",
                "away",
                "other",
                name="leaveclass",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("by_family", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "approved",
                "refused",
                "withdrawn",
                name="leavestate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=100), nullable=False),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_leave_decided")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name="fk_leave_activity_id_activity"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["member.id"], name="fk_leave_decided_by_id_member"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_leave_member_id_member"),
        sa.PrimaryKeyConstraint("id", name="pk_leave"),
        sa.UniqueConstraint("public_id", name="uq_leave_public_id"),
    )
    with op.batch_alter_table("leave", schema=None) as batch_op:
        batch_op.create_index("ix_leave_member_id", ["member_id"], unique=False)
        batch_op.create_index(
            "uq_leave_standing",
            ["activity_id", "member_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'approved')"),
            postgresql_where=sa.text("state IN ('waiting', 'approved')"),
        )

    op.create_table(
        "makeup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "recording", "study", "told", name="makeupway", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("content", sa.String(length=200), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_id IS NULL)", name=op.f("ck_makeup_confirmed")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name="fk_makeup_activity_id_activity"),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["member.id"], name="fk_makeup_confirmed_by_id_member"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_makeup_member_id_member"),
        sa.PrimaryKeyConstraint("id", name="pk_makeup"),
        sa.UniqueConstraint("public_id", name="uq_makeup_public_id"),
    )
    with op.batch_alter_table("makeup", schema=None) as batch_op:
        batch_op.create_index("ix_makeup_member_id", ["member_id"], unique=False)
        batch_op.create_index("uq_makeup_activity_id_member_id", ["activity_id", "member_id"], unique=True)

    op.create_table(
        "mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "came",
                "not_came",
                "on_leave",
                "absent",
                "not_absent",
                "early",
                "not_early",
                "guest",
                "other_group",
                name="markkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "leave_class",
            sa.Enum(
                "duty",
                "trip",
                "sick",
                "personal",
                "away",
                "other",
                name="leaveclass",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'on_leave') = (leave_class IS NOT NULL)", name=op.f("ck_mark_classed")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name="fk_mark_activity_id_activity"),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name="fk_mark_by_id_member"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_mark_member_id_member"),
        sa.PrimaryKeyConstraint("id", name="pk_mark"),
    )
    with op.batch_alter_table("mark", schema=None) as batch_op:
        batch_op.create_index("ix_mark_activity_id_member_id", ["activity_id", "member_id"], unique=False)
        batch_op.create_index("ix_mark_member_id", ["member_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "moved",
                "cancelled",
                "called",
                "leave_asked",
                "leave_decided",
                name="noticekind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("once", sa.String(length=80), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("useful_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "claimed",
                "sent",
                "failed",
                "unsure",
                "shown",
                "expired",
                name="noticestate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.CheckConstraint("(state = 'claimed') = (claimed_until IS NOT NULL)", name=op.f("ck_notice_leased")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_notice_member_id_member"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("once", name="uq_notice_once"),
        sa.UniqueConstraint("public_id", name="uq_notice_public_id"),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_member_id_state", ["member_id", "state"], unique=False)
        batch_op.create_index("ix_notice_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "standing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("leave", "exempt", name="standingkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "leave_class",
            sa.Enum(
                "duty",
                "trip",
                "sick",
                "personal",
                "away",
                "other",
                name="leaveclass",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'leave') = (leave_class IS NOT NULL)", name=op.f("ck_standing_classed")),
        sa.CheckConstraint("ends IS NULL OR ends >= starts", name=op.f("ck_standing_in_order")),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_standing_reasoned")),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name="fk_standing_by_id_member"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_standing_member_id_member"),
        sa.PrimaryKeyConstraint("id", name="pk_standing"),
        sa.UniqueConstraint("public_id", name="uq_standing_public_id"),
    )
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.create_index("ix_standing_member_id_starts", ["member_id", "starts"], unique=False)

    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=4), nullable=True),
        sa.Column("device", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("member_id IS NULL OR number IS NULL", name=op.f("ck_visit_settled")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_visit_member_id_member"),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
        sa.UniqueConstraint("digest", name="uq_visit_digest"),
        sa.UniqueConstraint("number", name="uq_visit_number"),
        sa.UniqueConstraint("public_id", name="uq_visit_public_id"),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index("ix_visit_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_visit_member_id", ["member_id"], unique=False)
    _widen()


def _widen() -> None:
    """The tables that were there already."""
    with op.batch_alter_table("activity", table_args=_checks(ACTIVITY)) as batch_op:
        batch_op.add_column(sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("host", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("recorder", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("lecturer", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("agenda", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("page", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("moved_from", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.String(length=60), server_default="", nullable=False))
        batch_op.add_column(sa.Column("latitude", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("longitude", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("radius", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("badges_worn", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("badges_of", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_check_constraint(op.f("ck_activity_placed"), "(latitude IS NULL) = (radius IS NULL)")
        batch_op.create_check_constraint(op.f("ck_activity_badges"), "badges_worn <= badges_of")

    with op.batch_alter_table("member", table_args=_checks(MEMBER)) as batch_op:
        batch_op.add_column(sa.Column("ethnicity", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("education", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("post", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("moved_in", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("moved_out", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("note", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_check_constraint(
            op.f("ck_member_moved"), "moved_out IS NULL OR moved_in IS NULL OR moved_out >= moved_in"
        )

    op.add_column("checkin", sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE checkin SET recorded_at = at")
    with op.batch_alter_table("checkin", table_kwargs={"sqlite_with_rowid": False}) as batch_op:
        batch_op.alter_column("recorded_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.add_column(sa.Column("by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.String(length=60), server_default="", nullable=False))
        batch_op.create_foreign_key("fk_checkin_by_id_member", "member", ["by_id"], ["id"])
        _retype(batch_op, "checkin", MORE_METHODS)
    with op.batch_alter_table("held_scan") as batch_op:
        _retype(batch_op, "held_scan", MORE_METHODS)


def downgrade() -> None:
    op.execute("DELETE FROM checkin WHERE method NOT IN ('scan', 'number')")
    with op.batch_alter_table("held_scan") as batch_op:
        _retype(batch_op, "held_scan", METHODS)
    with op.batch_alter_table("checkin", table_kwargs={"sqlite_with_rowid": False}) as batch_op:
        batch_op.drop_constraint("fk_checkin_by_id_member", type_="foreignkey")
        batch_op.drop_column("reason")
        batch_op.drop_column("by_id")
        batch_op.drop_column("recorded_at")
        _retype(batch_op, "checkin", METHODS)
    with op.batch_alter_table("member", table_args=_checks(MEMBER)) as batch_op:
        batch_op.drop_constraint(op.f("ck_member_moved"), type_="check")
        for column in ("version", "note", "moved_out", "moved_in", "post", "education", "ethnicity"):
            batch_op.drop_column(column)
    with op.batch_alter_table("activity", table_args=_checks(ACTIVITY)) as batch_op:
        batch_op.drop_constraint(op.f("ck_activity_badges"), type_="check")
        batch_op.drop_constraint(op.f("ck_activity_placed"), type_="check")
        for column in (
            *("version", "badges_of", "badges_worn", "radius", "longitude", "latitude", "reason", "moved_from"),
            *("page", "agenda", "lecturer", "recorder", "host", "ends_at"),
        ):
            batch_op.drop_column(column)
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index("ix_visit_member_id")
        batch_op.drop_index("ix_visit_expires_at")

    op.drop_table("visit")
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.drop_index("ix_standing_member_id_starts")

    op.drop_table("standing")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index("ix_notice_state_due_at")
        batch_op.drop_index("ix_notice_member_id_state")

    op.drop_table("notice")
    with op.batch_alter_table("mark", schema=None) as batch_op:
        batch_op.drop_index("ix_mark_member_id")
        batch_op.drop_index("ix_mark_activity_id_member_id")

    op.drop_table("mark")
    with op.batch_alter_table("makeup", schema=None) as batch_op:
        batch_op.drop_index("uq_makeup_activity_id_member_id")
        batch_op.drop_index("ix_makeup_member_id")

    op.drop_table("makeup")
    with op.batch_alter_table("leave", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_leave_standing",
            sqlite_where=sa.text("state IN ('waiting', 'approved')"),
            postgresql_where=sa.text("state IN ('waiting', 'approved')"),
        )
        batch_op.drop_index("ix_leave_member_id")

    op.drop_table("leave")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_subject_subject_id_id")

    op.drop_table("event")
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.drop_index("ix_appointment_member_id_starts")

    op.drop_table("appointment")
