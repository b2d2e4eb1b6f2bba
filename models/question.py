"""Question banks (题库): what is asked, which answers are right, where that stands, and who looked it over."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id


class QuestionKind(StrEnum):
    """How a question is answered."""

    SINGLE = "single"  # 单选
    MULTIPLE = "multiple"  # 多选
    JUDGE = "judge"  # 判断
    BLANK = "blank"  # 填空


class Topic(StrEnum):
    """What a question, an activity or a course is about: the plan's four fields of education, and a branch's own."""

    IDEALS = "ideals"  # 理想信念
    TRADITION = "tradition"  # 革命传统
    SITUATION = "situation"  # 形势任务
    RIGHTS = "rights"  # 权利义务
    ORGANISATION = "organisation"  # 组织制度
    DISCIPLINE = "discipline"  # 纪律规矩
    WORK = "work"  # 业务
    OTHER = "other"  # 其他


class QuestionState(StrEnum):
    """draft -> reviewed -> live -> retired; retired -> draft where it is taken up again."""

    DRAFT = "draft"  # 待审
    REVIEWED = "reviewed"  # 已审
    LIVE = "live"  # 在用
    RETIRED = "retired"  # 停用


ASKED = (QuestionState.LIVE, QuestionState.REVIEWED, QuestionState.DRAFT)  # where drafts go out too, as 【待审】


class Certainty(StrEnum):
    """How sure whoever wrote the question is of its source."""

    CERTAIN = "certain"
    LIKELY = "likely"  # 请核对
    OPEN = "open"  # 未核对


class Bank(Base):
    """A set of questions that came, and are kept, together."""

    __tablename__ = "bank"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("length(name) > 0", name="named"),)


class Question(Base):
    """One question.

    `options` is a JSON list of texts, in order (A, B, C …); empty for JUDGE and BLANK. `key` is JSON: a sorted list
    of option places from 0 for SINGLE and MULTIPLE, true or false for JUDGE, a list of lists of accepted texts, one
    a blank, for BLANK. `digest` is of the stem, and of the options too where the bank has that
    stem with others, so that a bank holds a question once.
    """

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    kind: Mapped[QuestionKind] = mapped_column(code_type(QuestionKind))
    stem: Mapped[str] = mapped_column(Text)
    options: Mapped[str] = mapped_column(Text, default="[]")
    key: Mapped[str] = mapped_column(Text)
    explanation: Mapped[str] = mapped_column(Text, default="")
    document: Mapped[str] = mapped_column(String(60), default="")  # 中国共产党章程
    edition: Mapped[str] = mapped_column(String(20), default="")  # 2022-10-22
    article: Mapped[str] = mapped_column(String(40), default="")  # 第七条
    certainty: Mapped[Certainty] = mapped_column(code_type(Certainty), default=Certainty.OPEN)
    difficulty: Mapped[int] = mapped_column(default=3)  # 1 easy … 5 hard
    topic: Mapped[Topic] = mapped_column(code_type(Topic), default=Topic.OTHER)
    tags: Mapped[str] = mapped_column(String(100), default="")  # as the file had them, for searching
    state: Mapped[QuestionState] = mapped_column(code_type(QuestionState), default=QuestionState.DRAFT)
    reviewed_by: Mapped[str] = mapped_column(String(40), default="")
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)  # grows with each edit

    bank: Mapped[Bank] = relationship()

    __table_args__ = (
        UniqueConstraint("bank_id", "digest"),
        CheckConstraint("length(stem) > 0", name="asked"),
        CheckConstraint("difficulty BETWEEN 1 AND 5", name="graded"),
        CheckConstraint("state IN ('draft', 'retired') OR reviewed_at IS NOT NULL", name="reviewed"),
        Index(None, "state", "topic", "id"),  # the next new one of a topic
        Index(None, "bank_id", "state", "id"),  # … or of a bank
        Index(None, "document", "edition"),  # retired by version of the document
    )
