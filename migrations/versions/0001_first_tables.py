"""The first tables: people and identities, activities, check-ins, replies given."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "given",
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("talk", sa.String(length=32), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message", name="pk_given"),
        sa.UniqueConstraint("talk", name="uq_given_talk"),
    )
    with op.batch_alter_table("given", schema=None) as batch_op:
        batch_op.create_index("ix_given_at", ["at"], unique=False)

    op.create_table(
        "org",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("branch", "group", name="orgkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["org.id"], name="fk_org_parent_id_org"),
        sa.PrimaryKeyConstraint("id", name="pk_org"),
        sa.UniqueConstraint("parent_id", "name", name="uq_org_parent_id_name"),
        sa.UniqueConstraint("public_id", name="uq_org_public_id"),
    )
    op.create_table(
        "wrong_code",
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message", name="pk_wrong_code"),
    )
    with op.batch_alter_table("wrong_code", schema=None) as batch_op:
        batch_op.create_index("ix_wrong_code_who", ["who"], unique=False)

    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "branch_meeting",
                "committee",
                "group_meeting",
                "lecture",
                "party_day",
                "life_meeting",
                "volunteer",
                "other",
                name="activitykind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "open",
                "closed",
                "cancelled",
                name="activitystate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("screen", sa.String(length=32), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("state <> 'open' OR opened_at IS NOT NULL", name=op.f("ck_activity_opened")),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_activity_titled")),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_activity_org_id_org"),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
        sa.UniqueConstraint("public_id", name="uq_activity_public_id"),
        sa.UniqueConstraint("screen", name="uq_activity_screen"),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index("ix_activity_starts_at", ["starts_at"], unique=False)
        batch_op.create_index("ix_activity_state", ["state"], unique=False)

    op.create_table(
        "member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=30), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "full",
                "probationary",
                "candidate",
                "activist",
                "applicant",
                "citizen",
                "suspended",
                "moved",
                name="memberstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("gender", sa.String(length=1), nullable=True),
        sa.Column("born", sa.String(length=10), nullable=True),
        sa.Column("joined", sa.String(length=10), nullable=True),
        sa.Column("confirmed", sa.String(length=10), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_member_named")),
        sa.ForeignKeyConstraint(["group_id"], ["org.id"], name="fk_member_group_id_org"),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_member_org_id_org"),
        sa.PrimaryKeyConstraint("id", name="pk_member"),
        sa.UniqueConstraint("org_id", "number", name="uq_member_org_id_number"),
        sa.UniqueConstraint("public_id", name="uq_member_public_id"),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index("ix_member_group_id", ["group_id"], unique=False)
        batch_op.create_index("ix_member_name", ["name"], unique=False)

    op.create_table(
        "bind_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("digits", sa.String(length=8), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_bind_code_member_id_member"),
        sa.PrimaryKeyConstraint("id", name="pk_bind_code"),
        sa.UniqueConstraint("digits", name="uq_bind_code_digits"),
        sa.UniqueConstraint("used_by", name="uq_bind_code_used_by"),
    )
    with op.batch_alter_table("bind_code", schema=None) as batch_op:
        batch_op.create_index("ix_bind_code_member_id", ["member_id"], unique=False)

    op.create_table(
        "checkin",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "method",
            sa.Enum("scan", "number", name="method", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name="fk_checkin_activity_id_activity"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_checkin_member_id_member"),
        sa.PrimaryKeyConstraint("activity_id", "member_id", name="pk_checkin"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("checkin", schema=None) as batch_op:
        batch_op.create_index("ix_checkin_member_id_at", ["member_id", "at"], unique=False)

    op.create_table(
        "held_scan",
        sa.Column("app_id", sa.String(length=32), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "method",
            sa.Enum("scan", "number", name="method", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name="fk_held_scan_activity_id_activity"),
        sa.PrimaryKeyConstraint("app_id", "openid", "activity_id", name="pk_held_scan"),
    )
    with op.batch_alter_table("held_scan", schema=None) as batch_op:
        batch_op.create_index("ix_held_scan_at", ["at"], unique=False)

    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("app_id", sa.String(length=32), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("unionid", sa.String(length=64), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("unionid <> ''", name=op.f("ck_identity_unionid")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_identity_member_id_member"),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
        sa.UniqueConstraint("app_id", "member_id", name="uq_identity_app_id_member_id"),
        sa.UniqueConstraint("app_id", "openid", name="uq_identity_app_id_openid"),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index("ix_identity_unasked", ["app_id", "asked_at"], unique=False)
        batch_op.create_index("ix_identity_unionid", ["unionid"], unique=False)

    op.create_table(
        "seat",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "expected", "guest", "exempt", name="seatstate", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name="fk_seat_activity_id_activity"),
        sa.ForeignKeyConstraint(["group_id"], ["org.id"], name="fk_seat_group_id_org"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_seat_member_id_member"),
        sa.PrimaryKeyConstraint("activity_id", "member_id", name="pk_seat"),
    )
    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.create_index("ix_seat_activity_id_group_id", ["activity_id", "group_id"], unique=False)
        batch_op.create_index("ix_seat_member_id", ["member_id"], unique=False)

    op.create_table(
        "login",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name="fk_login_identity_id_identity", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_login"),
        sa.UniqueConstraint("digest", name="uq_login_digest"),
    )
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.create_index("ix_login_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_login_identity_id", ["identity_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.drop_index("ix_login_identity_id")
        batch_op.drop_index("ix_login_expires_at")

    op.drop_table("login")
    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.drop_index("ix_seat_member_id")
        batch_op.drop_index("ix_seat_activity_id_group_id")

    op.drop_table("seat")
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_unionid")
        batch_op.drop_index("ix_identity_unasked")

    op.drop_table("identity")
    with op.batch_alter_table("held_scan", schema=None) as batch_op:
        batch_op.drop_index("ix_held_scan_at")

    op.drop_table("held_scan")
    with op.batch_alter_table("checkin", schema=None) as batch_op:
        batch_op.drop_index("ix_checkin_member_id_at")

    op.drop_table("checkin")
    with op.batch_alter_table("bind_code", schema=None) as batch_op:
        batch_op.drop_index("ix_bind_code_member_id")

    op.drop_table("bind_code")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index("ix_member_name")
        batch_op.drop_index("ix_member_group_id")

    op.drop_table("member")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index("ix_activity_state")
        batch_op.drop_index("ix_activity_starts_at")

    op.drop_table("activity")
    with op.batch_alter_table("wrong_code", schema=None) as batch_op:
        batch_op.drop_index("ix_wrong_code_who")

    op.drop_table("wrong_code")
    op.drop_table("org")
    with op.batch_alter_table("given", schema=None) as batch_op:
        batch_op.drop_index("ix_given_at")

    op.drop_table("given")
