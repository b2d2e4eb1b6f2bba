"""Speaking up: opinions, rounds with their response tables, bulletins with read marks, and their notices."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KINDS_BEFORE = (
    *("moved", "cancelled", "planned", "tomorrow", "soon", "called", "leave_asked", "leave_decided", "handler_day"),
    *("study", "behind", "makeup", "birthday", "birthday_list", "probation", "gaps", "self_check"),
)
KINDS = (*KINDS_BEFORE, "assigned", "answered", "round", "round_closing", "round_published", "bulletin", "unread")


def _kinds(table: str, kinds: tuple[str, ...]) -> None:
    """Give the table's column `kind` this list of codes."""
    name = op.f(f"ck_{table}_noticekind")
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"kind IN ({', '.join(repr(kind) for kind in kinds)})")


def upgrade() -> None:
    op.create_table(
        "bulletin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "notice",
                "briefing",
                "openness",
                "display",
                "rule",
                name="bulletinkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "members",
                "group",
                "everyone",
                "outside",
                name="bulletinaudience",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.String(length=100), nullable=False),
        sa.Column("contact", sa.String(length=100), nullable=False),
        sa.Column("duty", sa.String(length=40), nullable=False),
        sa.Column("feedback", sa.String(length=200), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("working_days", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "published",
                "withdrawn",
                name="bulletinstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=32), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(audience = 'group') = (group_id IS NOT NULL)", name=op.f("ck_bulletin_grouped")),
        sa.CheckConstraint("(kind = 'display') = (working_days IS NOT NULL)", name=op.f("ck_bulletin_counted")),
        sa.CheckConstraint("(state = 'draft') = (published_at IS NULL)", name=op.f("ck_bulletin_published")),
        sa.CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("ck_bulletin_withdrawn")),
        sa.CheckConstraint("audience <> 'outside' OR length(decision) > 0", name=op.f("ck_bulletin_decided")),
        sa.CheckConstraint(
            "kind <> 'display' OR state = 'draft' OR length(contact) > 0", name=op.f("ck_bulletin_contact")
        ),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_bulletin_titled")),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_bulletin_by_id_member")),
        sa.ForeignKeyConstraint(["group_id"], ["org.id"], name=op.f("fk_bulletin_group_id_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bulletin_public_id")),
        sa.UniqueConstraint("secret", name=op.f("uq_bulletin_secret")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("bulletin", schema=None) as batch_op:
        batch_op.create_index("ix_bulletin_state_published_at", ["state", "published_at"], unique=False)

    op.create_table(
        "opinion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "branch",
                "study",
                "conduct",
                "care",
                "work",
                "system",
                "other",
                name="opinioncategory",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("once", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new", "assigned", "answered", name="opinionstate", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("assigned_to_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "adopted", "partly", "declined", name="verdict", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_public", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'answered') = (answered_at IS NOT NULL) AND (answered_at IS NULL) = (verdict IS NULL)",
            name=op.f("ck_opinion_answered"),
        ),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_opinion_said")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["member.id"], name=op.f("fk_opinion_answered_by_id_member")),
        sa.ForeignKeyConstraint(["assigned_to_id"], ["member.id"], name=op.f("fk_opinion_assigned_to_id_member")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_opinion_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
        sa.UniqueConstraint("once", name=op.f("uq_opinion_once")),
        sa.UniqueConstraint("public_id", name=op.f("uq_opinion_public_id")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_opinion_year_number")),
    )
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.create_index("ix_opinion_member_id", ["member_id"], unique=False)
        batch_op.create_index("ix_opinion_state_due_on", ["state", "due_on"], unique=False)

    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "survey",
                "decision",
                "rating",
                "supervision",
                name="roundpurpose",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("unnamed", sa.Boolean(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "members",
                "group",
                "everyone",
                "outside",
                "both",
                name="roundaudience",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "open",
                "closed",
                "published",
                name="roundstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(audience = 'group') = (group_id IS NOT NULL)", name=op.f("ck_round_grouped")),
        sa.CheckConstraint("(state = 'draft') = (opened_at IS NULL)", name=op.f("ck_round_opened")),
        sa.CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name=op.f("ck_round_published")),
        sa.CheckConstraint(
            "(state IN ('closed', 'published')) = (closed_at IS NOT NULL)", name=op.f("ck_round_closed")
        ),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_round_titled")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_round_activity_id_activity")),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_round_by_id_member")),
        sa.ForeignKeyConstraint(["group_id"], ["org.id"], name=op.f("fk_round_group_id_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("public_id", name=op.f("uq_round_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.create_index("ix_round_state_closes_at", ["state", "closes_at"], unique=False)

    op.create_table(
        "bulletin_edition",
        sa.Column("bulletin_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bulletin_id"], ["bulletin.id"], name=op.f("fk_bulletin_edition_bulletin_id_bulletin")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_bulletin_edition_by_id_member")),
        sa.PrimaryKeyConstraint("bulletin_id", "number", name=op.f("pk_bulletin_edition")),
    )
    op.create_table(
        "bulletin_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("bulletin_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_bulletin_file_named")),
        sa.ForeignKeyConstraint(["bulletin_id"], ["bulletin.id"], name=op.f("fk_bulletin_file_bulletin_id_bulletin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bulletin_file_public_id")),
    )
    with op.batch_alter_table("bulletin_file", schema=None) as batch_op:
        batch_op.create_index("ix_bulletin_file_bulletin_id", ["bulletin_id"], unique=False)

    op.create_table(
        "opinion_picture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.String(length=128), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("content_type", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("once", sa.String(length=64), nullable=False),
        sa.Column("failed", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["opinion_id"], ["opinion.id"], name=op.f("fk_opinion_picture_opinion_id_opinion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion_picture")),
        sa.UniqueConstraint("once", name=op.f("uq_opinion_picture_once")),
        sa.UniqueConstraint("public_id", name=op.f("uq_opinion_picture_public_id")),
    )
    with op.batch_alter_table("opinion_picture", schema=None) as batch_op:
        batch_op.create_index("ix_opinion_picture_opinion_id", ["opinion_id"], unique=False)

    op.create_table(
        "round_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_round_link_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_round_link_digest")),
        sa.UniqueConstraint("public_id", name=op.f("uq_round_link_public_id")),
    )
    with op.batch_alter_table("round_link", schema=None) as batch_op:
        batch_op.create_index("ix_round_link_round_id", ["round_id"], unique=False)

    op.create_table(
        "round_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "text",
                "single",
                "multiple",
                "scale",
                name="formkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("stem", sa.String(length=200), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(stem) > 0", name=op.f("ck_round_question_asked")),
        sa.CheckConstraint("position BETWEEN 1 AND 30", name=op.f("ck_round_question_few")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_round_question_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_question")),
        sa.UniqueConstraint("round_id", "position", name=op.f("uq_round_question_round_id_position")),
    )
    op.create_table(
        "round_response",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("voices", sa.Integer(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "adopted", "partly", "declined", name="verdict", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint("length(summary) > 0 AND length(reason) > 0", name=op.f("ck_round_response_reasoned")),
        sa.CheckConstraint("voices > 0", name=op.f("ck_round_response_heard")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_round_response_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_response")),
        sa.UniqueConstraint("public_id", name=op.f("uq_round_response_public_id")),
        sa.UniqueConstraint("round_id", "position", name=op.f("uq_round_response_round_id_position")),
    )
    op.create_table(
        "round_seat",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["org.id"], name=op.f("fk_round_seat_group_id_org")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_round_seat_member_id_member")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_round_seat_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", "member_id", name=op.f("pk_round_seat")),
    )
    with op.batch_alter_table("round_seat", schema=None) as batch_op:
        batch_op.create_index("ix_round_seat_member_id", ["member_id"], unique=False)

    op.create_table(
        "bulletin_read",
        sa.Column("bulletin_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bulletin_id", "edition"],
            ["bulletin_edition.bulletin_id", "bulletin_edition.number"],
            name=op.f("fk_bulletin_read_bulletin_id_bulletin_edition"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_bulletin_read_member_id_member")),
        sa.PrimaryKeyConstraint("bulletin_id", "edition", "member_id", name=op.f("pk_bulletin_read")),
    )
    with op.batch_alter_table("bulletin_read", schema=None) as batch_op:
        batch_op.create_index("ix_bulletin_read_member_id", ["member_id"], unique=False)

    op.create_table(
        "round_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("once", sa.String(length=64), nullable=False),
        sa.CheckConstraint("(member_id IS NULL) <> (link_id IS NULL)", name=op.f("ck_round_answer_somebody")),
        sa.ForeignKeyConstraint(["link_id"], ["round_link.id"], name=op.f("fk_round_answer_link_id_round_link")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_round_answer_member_id_member")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_round_answer_round_id_round")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_answer")),
        sa.UniqueConstraint("round_id", "link_id", name=op.f("uq_round_answer_round_id_link_id")),
        sa.UniqueConstraint("round_id", "member_id", name=op.f("uq_round_answer_round_id_member_id")),
    )
    with op.batch_alter_table("round_answer", schema=None) as batch_op:
        batch_op.create_index("ix_round_answer_member_id", ["member_id"], unique=False)
    op.add_column("wish", sa.Column("unread", sa.Boolean(), server_default=sa.true(), nullable=False))
    _kinds("notice", KINDS)
    _kinds("reminder_rule", KINDS)


def downgrade() -> None:
    for table in ("notice", "reminder_rule"):
        rows = sa.table(table, sa.column("kind", sa.String()))
        op.execute(rows.delete().where(rows.c.kind.not_in(KINDS_BEFORE)))
    _kinds("notice", KINDS_BEFORE)
    _kinds("reminder_rule", KINDS_BEFORE)
    op.drop_column("wish", "unread")
    with op.batch_alter_table("round_answer", schema=None) as batch_op:
        batch_op.drop_index("ix_round_answer_member_id")

    op.drop_table("round_answer")
    with op.batch_alter_table("bulletin_read", schema=None) as batch_op:
        batch_op.drop_index("ix_bulletin_read_member_id")

    op.drop_table("bulletin_read")
    with op.batch_alter_table("round_seat", schema=None) as batch_op:
        batch_op.drop_index("ix_round_seat_member_id")

    op.drop_table("round_seat")
    op.drop_table("round_response")
    op.drop_table("round_question")
    with op.batch_alter_table("round_link", schema=None) as batch_op:
        batch_op.drop_index("ix_round_link_round_id")

    op.drop_table("round_link")
    with op.batch_alter_table("opinion_picture", schema=None) as batch_op:
        batch_op.drop_index("ix_opinion_picture_opinion_id")

    op.drop_table("opinion_picture")
    with op.batch_alter_table("bulletin_file", schema=None) as batch_op:
        batch_op.drop_index("ix_bulletin_file_bulletin_id")

    op.drop_table("bulletin_file")
    op.drop_table("bulletin_edition")
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_index("ix_round_state_closes_at")

    op.drop_table("round")
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.drop_index("ix_opinion_state_due_on")
        batch_op.drop_index("ix_opinion_member_id")

    op.drop_table("opinion")
    with op.batch_alter_table("bulletin", schema=None) as batch_op:
        batch_op.drop_index("ix_bulletin_state_published_at")

    op.drop_table("bulletin")
