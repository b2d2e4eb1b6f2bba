"""Activities of the branch (组织生活): what is planned, under way or over."""

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.question import Topic


class ActivityKind(StrEnum):
    """三会一课, 主题党日 and the rest (支部工作条例)."""

    BRANCH_MEETING = "branch_meeting"  # 党员大会
    COMMITTEE = "committee"  # 支委会
    GROUP_MEETING = "group_meeting"  # 党小组会
    LECTURE = "lecture"  # 党课
    PARTY_DAY = "party_day"  # 主题党日
    LIFE_MEETING = "life_meeting"  # 组织生活会
    VOLUNTEER = "volunteer"  # 志愿服务
    OTHER = "other"  # 其他


class ActivityState(StrEnum):
    """planned -> open -> closed; cancelled from planned."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


def _screen_secret() -> str:
    return secrets.token_urlsafe(24)


def _key() -> bytes:
    return secrets.token_bytes(32)


class Activity(Base):
    """One activity; `key` seals its hall codes and never leaves the server, `screen` is its big screen's link."""

    __tablename__ = "activity"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"))  # the branch, or the group whose meeting it is
    kind: Mapped[ActivityKind] = mapped_column(code_type(ActivityKind))
    title: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = mapped_column(String(60), default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)  # when its people may be told
    state: Mapped[ActivityState] = mapped_column(code_type(ActivityState), default=ActivityState.PLANNED)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    host: Mapped[str] = mapped_column(String(40), default="", server_default="")  # 主持人
    recorder: Mapped[str] = mapped_column(String(40), default="", server_default="")  # 记录人
    lecturer: Mapped[str] = mapped_column(String(40), default="", server_default="")  # 主讲人
    agenda: Mapped[str] = mapped_column(Text, default="", server_default="")  # 议题, one a line
    page: Mapped[str] = mapped_column(String(20), default="", server_default="")  # 记录页码
    topic: Mapped[Topic | None] = mapped_column(code_type(Topic))  # what it taught, where it taught something
    tenths: Mapped[int | None]  # 集中学习 in tenths of an hour (学时); empty: by its kind, settings say how many
    moved_from: Mapped[datetime | None] = mapped_column(UtcDateTime)  # 改期: when it was planned for before
    reason: Mapped[str] = mapped_column(String(60), default="", server_default="")  # of moving or cancelling
    latitude: Mapped[float | None]  # of the hall, where checking in by place is allowed
    longitude: Mapped[float | None]
    radius: Mapped[int | None]  # metres around it
    badges_worn: Mapped[int | None]  # 党徽抽查: worn by so many …
    badges_of: Mapped[int | None]  # … of those looked at
    version: Mapped[int] = mapped_column(default=1, server_default="1")  # grows with each edit on a page
    screen: Mapped[str] = mapped_column(String(32), unique=True, default=_screen_secret)
    key: Mapped[bytes] = mapped_column(LargeBinary(32), default=_key)

    __table_args__ = (
        CheckConstraint("length(title) > 0", name="titled"),
        CheckConstraint("state <> 'open' OR opened_at IS NOT NULL", name="opened"),
        CheckConstraint("(latitude IS NULL) = (radius IS NULL)", name="placed"),
        CheckConstraint("badges_worn <= badges_of", name="badges"),
        CheckConstraint("tenths BETWEEN 0 AND 2000", name="long"),
        Index("ix_activity_state", "state"),
        Index("ix_activity_org_id_starts_at", "org_id", "starts_at"),
    )
