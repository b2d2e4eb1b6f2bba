"""Study: question banks, answers and what is remembered, the path, papers and sittings, courses; hours."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# SQLite rebuilds a table whose constraints change and reads no CHECK back: the rebuild names them all.
ACTIVITY = {
    "ck_activity_activitykind": "kind IN ('branch_meeting', 'committee', 'group_meeting', 'lecture', 'party_day', "
    "'life_meeting', 'volunteer', 'other')",
    "ck_activity_activitystate": "state IN ('planned', 'open', 'closed', 'cancelled')",
    "ck_activity_titled": "length(title) > 0",
    "ck_activity_opened": "state <> 'open' OR opened_at IS NOT NULL",
    "ck_activity_placed": "(latitude IS NULL) = (radius IS NULL)",
    "ck_activity_badges": "badges_worn <= badges_of",
}
TOPIC = "topic IN ('ideals', 'tradition', 'situation', 'rights', 'organisation', 'discipline', 'work', 'other')"


def _checks() -> tuple[sa.CheckConstraint, ...]:
    """The CHECKs that a rebuilt activity table keeps; PostgreSQL keeps them by itself."""
    if op.get_bind().dialect.name != "sqlite":
        return ()
    return tuple(sa.CheckConstraint(rule, name=op.f(name)) for name, rule in ACTIVITY.items())


def upgrade() -> None:
    op.create_table(
        "bank",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_bank_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank")),
        sa.UniqueConstraint("name", name=op.f("uq_bank_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bank_public_id")),
    )
    op.create_table(
        "paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=True),
        sa.Column("blueprint", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("pass_mark", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("wait_hours", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("draft", "open", "closed", name="paperstate", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_paper_in_order")),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_paper_titled")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 600", name=op.f("ck_paper_timed")),
        sa.CheckConstraint("pass_mark BETWEEN 0 AND 100", name=op.f("ck_paper_marked")),
        sa.CheckConstraint("tries BETWEEN 1 AND 20", name=op.f("ck_paper_tried")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_paper_bank_id_bank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
        sa.UniqueConstraint("public_id", name=op.f("uq_paper_public_id")),
    )
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_state_closes_at"), ["state", "closes_at"], unique=False)

    op.create_table(
        "path_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=True),
        sa.Column(
            "topic",
            sa.Enum(
                "ideals",
                "tradition",
                "situation",
                "rights",
                "organisation",
                "discipline",
                "work",
                "other",
                name="topic",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_path_step_titled")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_path_step_bank_id_bank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path_step")),
        sa.UniqueConstraint("public_id", name=op.f("uq_path_step_public_id")),
    )
    with op.batch_alter_table("path_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_path_step_closed_at_place"), ["closed_at", "place"], unique=False)

    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "single",
                "multiple",
                "judge",
                "blank",
                name="questionkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("edition", sa.String(length=20), nullable=False),
        sa.Column("article", sa.String(length=40), nullable=False),
        sa.Column(
            "certainty",
            sa.Enum(
                "certain", "likely", "open", name="certainty", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("difficulty", sa.Integer(), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(
                "ideals",
                "tradition",
                "situation",
                "rights",
                "organisation",
                "discipline",
                "work",
                "other",
                name="topic",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("tags", sa.String(length=100), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "reviewed",
                "live",
                "retired",
                name="questionstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("reviewed_by", sa.String(length=40), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'retired') OR reviewed_at IS NOT NULL", name=op.f("ck_question_reviewed")
        ),
        sa.CheckConstraint("difficulty BETWEEN 1 AND 5", name=op.f("ck_question_graded")),
        sa.CheckConstraint("length(stem) > 0", name=op.f("ck_question_asked")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_question_bank_id_bank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("bank_id", "digest", name=op.f("uq_question_bank_id_digest")),
        sa.UniqueConstraint("public_id", name=op.f("uq_question_public_id")),
    )
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_question_bank_id_state_id"), ["bank_id", "state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_question_document_edition"), ["document", "edition"], unique=False)
        batch_op.create_index(batch_op.f("ix_question_state_topic_id"), ["state", "topic", "id"], unique=False)

    op.create_table(
        "answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum("today", "wrong", "topic", name="purpose", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum("right", "wrong", "unknown", name="outcome", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took", sa.Integer(), nullable=True),
        sa.Column("days", sa.Double(), nullable=True),
        sa.Column("expected", sa.Double(), nullable=True),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_answer_member_id_member")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_answer_question_id_question")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint("message", name=op.f("uq_answer_message")),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answer_member_id_at"), ["member_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_answer_question_id"), ["question_id"], unique=False)

    op.create_table(
        "card",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("stability", sa.Double(), nullable=False),
        sa.Column("difficulty", sa.Double(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("lapses", sa.Integer(), nullable=False),
        sa.Column("right_in_row", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_card_member_id_member")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_card_question_id_question")),
        sa.PrimaryKeyConstraint("member_id", "question_id", name=op.f("pk_card")),
    )
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_member_id_due"), ["member_id", "due"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_card_member_id_wrong_answered_at"), ["member_id", "wrong", "answered_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_card_question_id"), ["question_id"], unique=False)

    op.create_table(
        "course",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("organiser", sa.String(length=60), nullable=False),
        sa.Column(
            "form",
            sa.Enum(
                "together",
                "lecture",
                "online",
                "brought",
                name="courseform",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "topic",
            sa.Enum(
                "ideals",
                "tradition",
                "situation",
                "rights",
                "organisation",
                "discipline",
                "work",
                "other",
                name="topic",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("tenths", sa.Integer(), nullable=False),
        sa.Column("proof", sa.String(length=100), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("form NOT IN ('together', 'lecture') OR proof <> ''", name=op.f("ck_course_proven")),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_course_titled")),
        sa.CheckConstraint("tenths BETWEEN 1 AND 2000", name=op.f("ck_course_long")),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_course_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("public_id", name=op.f("uq_course_public_id")),
    )
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_held_on"), ["held_on"], unique=False)

    op.create_table(
        "progress",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(length=24), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_progress_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", "lane", name=op.f("pk_progress")),
    )
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_reading_member_id_member")),
        sa.ForeignKeyConstraint(["step_id"], ["path_step.id"], name=op.f("fk_reading_step_id_path_step")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
        sa.UniqueConstraint("member_id", "step_id", name=op.f("uq_reading_member_id_step_id")),
    )
    op.create_table(
        "sitting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=10), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.CheckConstraint("(handed_in_at IS NULL) = (score IS NULL)", name=op.f("ck_sitting_scored")),
        sa.CheckConstraint("ends_at > started_at", name=op.f("ck_sitting_in_order")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_sitting_member_id_member")),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_sitting_paper_id_paper")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting")),
        sa.UniqueConstraint("paper_id", "member_id", "number", name=op.f("uq_sitting_paper_id_member_id_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_sitting_public_id")),
    )
    with op.batch_alter_table("sitting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sitting_member_id"), ["member_id"], unique=False)

    op.create_table(
        "topic_tally",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(
                "ideals",
                "tradition",
                "situation",
                "rights",
                "organisation",
                "discipline",
                "work",
                "other",
                name="topic",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.CheckConstraint('"right" <= asked', name=op.f("ck_topic_tally_counted")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_topic_tally_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", "topic", name=op.f("pk_topic_tally")),
    )
    op.create_table(
        "course_seat",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_seat_course_id_course")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_course_seat_member_id_member")),
        sa.PrimaryKeyConstraint("course_id", "member_id", name=op.f("pk_course_seat")),
    )
    with op.batch_alter_table("course_seat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_seat_member_id"), ["member_id"], unique=False)

    op.create_table(
        "sitting_answer",
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_sitting_answer_question_id_question")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_answer_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("sitting_id", "question_id", name=op.f("pk_sitting_answer")),
        sa.UniqueConstraint("message", name=op.f("uq_sitting_answer_message")),
    )

    with op.batch_alter_table("activity", table_args=_checks()) as batch_op:
        batch_op.add_column(sa.Column("topic", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("tenths", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_activity_topic"), TOPIC)
        batch_op.create_check_constraint(op.f("ck_activity_long"), "tenths BETWEEN 0 AND 2000")


def downgrade() -> None:
    with op.batch_alter_table("activity", table_args=_checks()) as batch_op:
        batch_op.drop_constraint(op.f("ck_activity_long"), type_="check")
        batch_op.drop_constraint(op.f("ck_activity_topic"), type_="check")
        batch_op.drop_column("tenths")
        batch_op.drop_column("topic")
    op.drop_table("sitting_answer")
    with op.batch_alter_table("course_seat", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_seat_member_id"))

    op.drop_table("course_seat")
    op.drop_table("topic_tally")
    with op.batch_alter_table("sitting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sitting_member_id"))

    op.drop_table("sitting")
    op.drop_table("reading")
    op.drop_table("progress")
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_held_on"))

    op.drop_table("course")
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_question_id"))
        batch_op.drop_index(batch_op.f("ix_card_member_id_wrong_answered_at"))
        batch_op.drop_index(batch_op.f("ix_card_member_id_due"))

    op.drop_table("card")
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_answer_question_id"))
        batch_op.drop_index(batch_op.f("ix_answer_member_id_at"))

    op.drop_table("answer")
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_question_state_topic_id"))
        batch_op.drop_index(batch_op.f("ix_question_document_edition"))
        batch_op.drop_index(batch_op.f("ix_question_bank_id_state_id"))

    op.drop_table("question")
    with op.batch_alter_table("path_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_path_step_closed_at_place"))

    op.drop_table("path_step")
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paper_state_closes_at"))

    op.drop_table("paper")
    op.drop_table("bank")
