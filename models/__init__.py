"""The tables and their codes; no rule lives here, only what must always be true (UNIQUE and CHECK)."""

from models.activity import Activity, ActivityKind, ActivityState
from models.appointment import Appointment, Role
from models.attendance import MakeUp, MakeUpWay, Mark, MarkKind
from models.base import Base
from models.bulletin import (
    Bulletin,
    BulletinAudience,
    BulletinEdition,
    BulletinFile,
    BulletinKind,
    BulletinRead,
    BulletinState,
)
from models.checkin import CheckIn, HeldScan, Method, Seat, SeatState
from models.clock import ClockProgress, Lease, SchedulerJob
from models.credit import CreditEntry, CreditMove, Delivery
from models.event import Event
from models.exam import Paper, PaperState, Sitting, SittingAnswer
from models.given import Given
from models.guest import Guest
from models.handler import HandlerTie
from models.held import HeldPlace, HeldText
from models.hours import Course, CourseForm, CourseSeat
from models.leave import Leave, LeaveClass, LeaveState
from models.login import Login
from models.member import BindCode, Identity, Member, MemberStatus, WrongCode
from models.notice import Channel, Notice, NoticeKind, NoticeState
from models.opinion import Opinion, OpinionCategory, OpinionPicture, OpinionState, Verdict
from models.org import Org, OrgKind
from models.question import Bank, Certainty, Question, QuestionKind, QuestionState, Topic
from models.reminder import (
    CalendarDay,
    DayKind,
    Greeting,
    GreetingChoice,
    OathReading,
    QuietTime,
    ReminderRule,
    SelfCheck,
    StudyWish,
    Wish,
)
from models.round import (
    FormKind,
    Round,
    RoundAnswer,
    RoundAudience,
    RoundLink,
    RoundPurpose,
    RoundQuestion,
    RoundResponse,
    RoundSeat,
    RoundState,
)
from models.standing import Standing, StandingKind
from models.study import Answer, Card, Outcome, PathStep, Progress, Purpose, Reading, TopicTally
from models.visit import Visit

__all__ = [
    "Activity",
    "ActivityKind",
    "ActivityState",
    "Answer",
    "Appointment",
    "Bank",
    "Base",
    "BindCode",
    "Bulletin",
    "BulletinAudience",
    "BulletinEdition",
    "BulletinFile",
    "BulletinKind",
    "BulletinRead",
    "BulletinState",
    "CalendarDay",
    "Card",
    "Certainty",
    "Channel",
    "CheckIn",
    "ClockProgress",
    "Course",
    "CourseForm",
    "CourseSeat",
    "CreditEntry",
    "CreditMove",
    "DayKind",
    "Delivery",
    "Event",
    "FormKind",
    "Given",
    "Greeting",
    "GreetingChoice",
    "Guest",
    "HandlerTie",
    "HeldPlace",
    "HeldScan",
    "HeldText",
    "Identity",
    "Lease",
    "Leave",
    "LeaveClass",
    "LeaveState",
    "Login",
    "MakeUp",
    "MakeUpWay",
    "Mark",
    "MarkKind",
    "Member",
    "MemberStatus",
    "Method",
    "Notice",
    "NoticeKind",
    "NoticeState",
    "OathReading",
    "Opinion",
    "OpinionCategory",
    "OpinionPicture",
    "OpinionState",
    "Org",
    "OrgKind",
    "Outcome",
    "Paper",
    "PaperState",
    "PathStep",
    "Progress",
    "Purpose",
    "Question",
    "QuestionKind",
    "QuestionState",
    "QuietTime",
    "Reading",
    "ReminderRule",
    "Role",
    "Round",
    "RoundAnswer",
    "RoundAudience",
    "RoundLink",
    "RoundPurpose",
    "RoundQuestion",
    "RoundResponse",
    "RoundSeat",
    "RoundState",
    "SchedulerJob",
    "Seat",
    "SeatState",
    "SelfCheck",
    "Sitting",
    "SittingAnswer",
    "Standing",
    "StandingKind",
    "StudyWish",
    "Topic",
    "TopicTally",
    "Verdict",
    "Visit",
    "Wish",
    "WrongCode",
]
