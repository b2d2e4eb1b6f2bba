"""Notices (通知推送): something to be told to one person, once for each occurrence."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member


class NoticeKind(StrEnum):
    """What a notice is about."""

    MOVED = "moved"  # 改期
    CANCELLED = "cancelled"  # 取消
    PLANNED = "planned"  # 活动通知
    TOMORROW = "tomorrow"  # 前一天提醒
    SOON = "soon"  # 开始前一小时, off unless somebody turns it on
    CALLED = "called"  # 提醒到会
    LEAVE_ASKED = "leave_asked"  # 请假待批, to the leader
    LEAVE_DECIDED = "leave_decided"  # 请假结果
    HANDLER_DAY = "handler_day"  # 承办人的查看日
    STUDY = "study"  # 学习提醒, to who said yes
    BEHIND = "behind"  # 集中学习学时还差, private
    MAKEUP = "makeup"  # 补课
    BIRTHDAY = "birthday"  # 政治生日, to the member
    BIRTHDAY_LIST = "birthday_list"  # 政治生日名单, to the office
    PROBATION = "probation"  # 预备期将满, to 组织委员
    GAPS = "gaps"  # 本月还差, to the secretary
    SELF_CHECK = "self_check"  # 月末自查, to who said yes
    ASSIGNED = "assigned"  # 意见交办, to whoever is to answer it
    ANSWERED = "answered"  # 意见已答复
    ROUND = "round"  # 征集开始
    ROUND_CLOSING = "round_closing"  # 征集快截止
    ROUND_PUBLISHED = "round_published"  # 采纳情况公布
    BULLETIN = "bulletin"  # 通知公告
    UNREAD = "unread"  # 通知公告没看, once


class NoticeState(StrEnum):
    """waiting -> claimed -> sent -> delivered; or failed, unsure; shown at the next contact, or expired."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"  # WeChat took it
    DELIVERED = "delivered"  # WeChat says that it arrived
    FAILED = "failed"
    UNSURE = "unsure"
    SHOWN = "shown"
    EXPIRED = "expired"


class Channel(StrEnum):
    """The ways by which a notice leaves; a notice read at a contact has none."""

    TEMPLATE = "template"  # 模板消息, with client_msg_id
    SUBSCRIPTION = "subscription"  # 订阅通知 of the official account, one credit each
    MINI = "mini"  # 订阅消息 of the mini-program, one credit each
    SERVICE = "service"  # 客服消息, within the person's window


class Notice(Base):
    """One thing for one person; `once` names the occurrence, so that it is written once whatever is repeated."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[NoticeKind] = mapped_column(code_type(NoticeKind))
    once: Mapped[str] = mapped_column(String(80), unique=True)
    facts: Mapped[str] = mapped_column(Text)  # JSON for texts/notice.py, no wording
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # not before: quiet hours
    useful_until: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[NoticeState] = mapped_column(code_type(NoticeState), default=NoticeState.WAITING)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(60), default="")  # why it failed: a code, never WeChat's sentence
    channel: Mapped[Channel | None] = mapped_column(code_type(Channel))  # by which it left or was about to
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when its message may first have left
    tries: Mapped[int] = mapped_column(default=0, server_default="0")  # so often it may have left
    message_id: Mapped[str] = mapped_column(String(32), default="", server_default="")  # WeChat's msgid

    member: Mapped[Member] = relationship()

    __table_args__ = (
        CheckConstraint("(state = 'claimed') = (claimed_until IS NOT NULL)", name="leased"),
        Index(None, "state", "reason", "due_at"),
        Index(None, "member_id", "state"),
        Index(None, "channel", "message_id"),
    )
